"""Questions about meetings: who sees which, what waits for whom, each page in a fixed number of SQL statements."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rasana.portal.apps.estates.search import EACH_MAX, Result, has_words
from rasana.portal.apps.meetings import minutes, states
from rasana.portal.apps.meetings.models import (
    AgendaItem,
    Attendance,
    Countersignature,
    Decision,
    Invitation,
    Meeting,
    MeetingState,
)
from rasana.portal.apps.problems.models import Problem
from rasana.portal.base import clock, persian
from rasana.portal.base.access import can
from rasana.portal.base.actor import Actor
from rasana.portal.base.people import Estate
from rasana.portal.base.record import Record
from rasana.portal.base.registries import Related


def visible(actor: Actor) -> QuerySet[Meeting]:
    """The meetings of the actor's estates."""
    return Meeting.objects.filter(estate__in=actor.estate_ids)


def listed(actor: Actor, wishes: dict[str, Any]) -> QuerySet[Meeting]:
    """The list by what is asked for, newest first, with everything a row shows."""
    found = visible(actor).select_related("estate", "convener")
    for name in ("estate", "state"):
        if name in wishes:
            found = found.filter(**{name: wishes[name]})
    if "q" in wishes:
        found = found.filter(has_words(persian.search_key(wishes["q"])))
    found = found.annotate(decisions_count=Count("decisions", filter=Q(decisions__dropped=False)))
    return found.order_by("-starts_at", "-id")


def usual_place(actor: Actor, estate: Estate) -> str:
    """Where the organisation met last."""
    last = Meeting.objects.filter(estate=estate, convener=actor.organisation).order_by("-id")
    return last.values_list("place", flat=True).first() or ""


@dataclass(frozen=True)
class Word:
    """What an organisation that was there says to the minutes: nothing yet, agreed, or an objection."""

    organisation: Any
    signature: Countersignature | None


@dataclass(frozen=True)
class Point:
    """A point of the agenda as it is shown, the same before and after the seal."""

    number: int
    title: str
    said: str
    decisions: tuple[dict[str, Any], ...]


def points_of(meeting: Meeting, content: dict[str, Any] | None, rows: Iterable[Decision]) -> list[Point]:
    """The agenda with its decisions: from the sealed content where there is one, so that nothing else can be shown."""
    keys = {each.order: each for each in rows}
    agenda = content["agenda"] if content else _agenda(meeting, keys.values())
    return [
        Point(
            point["number"],
            point["title"],
            point["minutes"],
            tuple(_shown(each, keys.get(each["number"])) for each in point["decisions"]),
        )
        for point in agenda
    ]


def _agenda(meeting: Meeting, rows: Iterable[Decision]) -> list[dict[str, Any]]:
    under: dict[int, list[dict[str, Any]]] = {}
    for each in rows:
        under.setdefault(each.item_id, []).append(
            {"number": each.order, "text": each.text, "due": each.due, "invented": each.invented}
        )
    items = meeting.items.filter(dropped=False)
    return [
        {"number": number, "title": item.title, "minutes": item.minutes, "decisions": under.get(item.pk, [])}
        for number, item in enumerate(items, 1)
    ]


def _shown(decision: dict[str, Any], row: Decision | None) -> dict[str, Any]:
    due = decision["due"]
    due = date.fromisoformat(due) if isinstance(due, str) else due
    complete = row is not None and row.responsible_id is not None and row.due is not None
    return decision | {"due": due, "pk": row.pk if row else None, "row": row, "complete": complete}


def decisions_of(meeting: Meeting) -> list[Decision]:
    """The decisions that stand. One statement."""
    return list(meeting.decisions.filter(dropped=False).select_related("responsible"))


def words_of(meeting: Meeting, invitations: Iterable[Invitation]) -> list[Word]:
    """Each organisation that was there with its word on the edition that is out. One statement."""
    given = {each.organisation_id: each for each in minutes.signatures(meeting)}
    return [
        Word(each.organisation, given.get(each.organisation_id))
        for each in invitations
        if each.attendance == Attendance.PRESENT and not each.withdrawn
    ]


def content_of(meeting: Meeting) -> dict[str, Any] | None:
    """What was sealed, None before. ``meeting.seal`` has been read with the meeting."""
    if meeting.state != MeetingState.SEALED:
        return None
    content: dict[str, Any] = json.loads(meeting.seal.content)
    return content


def possible(actor: Actor, meeting: Meeting) -> set[str]:
    """Steps that follow from the state and are the actor's to do."""
    return {
        action
        for action, move in states.MOVES.items()
        if meeting.state in move.sources and can(actor, f"meeting.{action}", meeting)
    }


def relate(actor: Actor, record: Record) -> list[Related]:
    """The meetings that talked, or will talk, about a record. One statement; problems tell it in their own history."""
    if isinstance(record, Meeting | Decision | Problem):
        return []
    items = AgendaItem.objects.filter(subject_type=record._meta.label, subject_id=record.pk, dropped=False)
    found = visible(actor).filter(pk__in=items.values("meeting")).order_by("-starts_at")[:EACH_MAX]
    return [
        Related(
            heading=_("Meeting"),
            title=each.title,
            address=each.get_absolute_url(),
            status=states.TONES[each.state],
            word=each.get_state_display(),
            detail=persian.format_date(clock.day_of(each.starts_at), get_language() or "fa"),
            invented=each.invented,
        )
        for each in found
    ]


def find(actor: Actor, key: str) -> list[Result]:
    """Meetings for the search."""
    found = visible(actor).filter(has_words(key)).select_related("estate")[:EACH_MAX]
    return [
        Result(
            title=each.title,
            url=each.get_absolute_url(),
            detail=persian.format_date(clock.day_of(each.starts_at), get_language() or "fa"),
            tone=states.TONES[each.state],
            word=each.get_state_display(),
            invented=each.invented,
        )
        for each in found
    ]
