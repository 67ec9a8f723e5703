"""What people do about meetings before they are sealed: call, invite, answer, hold, write, circulate, countersign."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from rasana.portal.apps.meetings import minutes, states
from rasana.portal.apps.meetings.models import (
    AgendaItem,
    Attendance,
    Countersignature,
    Decision,
    Invitation,
    Meeting,
    MeetingState,
    Reply,
    Verdict,
)
from rasana.portal.apps.problems.actions import next_number, talked_about
from rasana.portal.apps.problems.models import Problem
from rasana.portal.base import clock, persian
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import act, current
from rasana.portal.base.notify import notify
from rasana.portal.base.people import Estate, Organisation
from rasana.portal.base.record import Record


@dataclass(frozen=True)
class Point:
    """A point for the agenda, perhaps about a record."""

    title: str
    subject: Record | None = None


@dataclass(frozen=True)
class DecisionDraft:
    """A decision as written: under which point, in which words, who owes it, by when. Empty words strike it out."""

    item: int
    text: str
    responsible: Organisation | None = None
    due: date | None = None
    pk: int | None = None


@dataclass(frozen=True)
class MinutesDraft:
    """Everything that the minutes' form holds; what it leaves out stays as it is."""

    attendance: dict[int, tuple[str, str]] = field(default_factory=dict)
    """By invitation: Attendance, and the delegates' offices."""
    said: dict[int, str] = field(default_factory=dict)
    """By point of the agenda."""
    decisions: Sequence[DecisionDraft] = ()
    new_points: Sequence[str] = ()


def call(
    actor: Actor,
    estate: Estate,
    *,
    title: str,
    place: str,
    starts_at: datetime,
    parties: Iterable[Organisation],
    points: Iterable[Point] = (),
    chair: str = "",
    invite: bool = False,
    convener: Organisation | None = None,
    happened_at: datetime | None = None,
    invented: bool = False,
    source: str = "",
) -> Meeting:
    """Call a meeting, as a draft or with its invitations sent.

    Raises:
        ValidationError: an organisation that is no party in the estate, nobody to invite.
    """
    convener = convener or actor.organisation
    invited = _check_parties(estate, [*parties, convener])
    with act(actor, "meeting.create", None, estate=estate, happened_at=happened_at):
        meeting = Meeting(
            estate=estate,
            number=next_number(Meeting, estate),
            title=title,
            place=place,
            starts_at=starts_at,
            chair=chair,
            convener=convener,
            state=MeetingState.INVITED if invite else MeetingState.DRAFT,
            search_key=persian.search_key(title, place)[:500],
            invented=invented,
            source=source,
        )
        meeting.save()
        for organisation in invited:
            Invitation(meeting=meeting, organisation=organisation).save()
        _add_points(meeting, points, 0)
        if invite:
            _tell(meeting, invited, "به جلسه دعوت شدید", "You are invited")
    return meeting


def change(
    actor: Actor,
    meeting: Meeting,
    *,
    version: int | None = None,
    title: str,
    place: str,
    starts_at: datetime,
    parties: Iterable[Organisation],
    chair: str = "",
    titles: dict[int, str] | None = None,
    points: Iterable[Point] = (),
) -> Meeting:
    """Change a meeting that has not been held: ``titles`` are the agenda's points, an empty one is dropped.

    Raises:
        ValidationError: as for ``call``; held already.
    """
    invited = _check_parties(meeting.estate, [*parties, meeting.convener])
    with act(actor, "meeting.change", meeting, version=version) as fresh:
        states.check(fresh, "change")
        fresh.title, fresh.place, fresh.starts_at, fresh.chair = title, place, starts_at, chair
        fresh.search_key = persian.search_key(title, place)[:500]
        fresh.save()
        _keep_invited(fresh, invited)
        items = list(fresh.items.filter(dropped=False))
        for item in items:
            wanted = (titles or {}).get(item.pk, item.title)
            if wanted != item.title:
                item.title, item.dropped = wanted or item.title, not wanted
                item.save()
        _add_points(fresh, points, max((item.order for item in items), default=0))
        if fresh.state == MeetingState.INVITED:
            _tell(fresh, invited, "جلسه تغییر کرد", "A meeting has changed")
    return fresh


def invite(
    actor: Actor, meeting: Meeting, *, version: int | None = None, happened_at: datetime | None = None
) -> Meeting:
    """Send the invitations of a draft."""
    with act(actor, "meeting.invite", meeting, version=version, happened_at=happened_at) as fresh:
        fresh.state = states.check(fresh, "invite").target
        fresh.save()
        invited = [each.organisation for each in _invitations(fresh)]
        _tell(fresh, invited, "به جلسه دعوت شدید", "You are invited")
    return fresh


def reply(
    actor: Actor, meeting: Meeting, answer: str, *, delegates: str = "", happened_at: datetime | None = None
) -> None:
    """Say whether the actor's organisation comes, and which offices it sends."""
    with act(actor, "meeting.reply", meeting, happened_at=happened_at) as fresh:
        states.check(fresh, "reply")
        invitation = fresh.invitations.get(organisation=actor.organisation)
        invitation.reply, invitation.delegates = answer, delegates
        invitation.save()


def hold(actor: Actor, meeting: Meeting, *, version: int | None = None, happened_at: datetime | None = None) -> Meeting:
    """Open the meeting. Whoever did not decline is taken as present until the minutes say otherwise.

    Raises:
        ValidationError: its day has not come, or it has been held.
    """
    with act(actor, "meeting.hold", meeting, version=version, happened_at=happened_at) as fresh:
        fresh.state = states.check(fresh, "hold").target
        if clock.day_of(fresh.starts_at) > clock.day_of(current().at):
            raise ValidationError(
                _("The day of this meeting has not come yet. If it was held earlier, change its date.")
            )
        fresh.save()
        for invitation in _invitations(fresh):
            declined = invitation.reply == Reply.DECLINED
            invitation.attendance = Attendance.ABSENT if declined else Attendance.PRESENT
            invitation.save()
        if not fresh.items.filter(dropped=False).exists():
            _add_points(fresh, [Point(fresh.title)], 0)
    return fresh


def save_minutes(
    actor: Actor,
    meeting: Meeting,
    draft: MinutesDraft,
    *,
    version: int | None = None,
    happened_at: datetime | None = None,
) -> Meeting:
    """Write the minutes as far as they are: attendance, what was said, decisions. All of it or, when refused, nothing.

    Raises:
        ValidationError: see ``check_decision``; minutes that are out or sealed.
    """
    with act(actor, "meeting.minutes", meeting, version=version, happened_at=happened_at) as fresh:
        fresh.state = states.check(fresh, "minutes").target
        fresh.save()
        for invitation in _invitations(fresh):
            wanted = draft.attendance.get(invitation.pk)
            if wanted and wanted != (invitation.attendance, invitation.delegates):
                invitation.attendance, invitation.delegates = wanted
                invitation.save()
        items = {item.pk: item for item in fresh.items.filter(dropped=False)}
        for pk, text in draft.said.items():
            if pk in items and items[pk].minutes != text:
                items[pk].minutes = text
                items[pk].save()
        last = max((item.order for item in items.values()), default=0)
        _add_points(fresh, [Point(title) for title in draft.new_points], last)
        _write_decisions(fresh, items, draft.decisions)
    return fresh


def check_decision(meeting: Meeting, parties: Iterable[int], written: DecisionDraft) -> None:
    """Whether a decision can stand.

    Raises:
        ValidationError: due before the meeting, an organisation that is no party, a debtor or date without words.
    """
    faults: dict[str, Any] = {}
    if written.due and written.due < clock.day_of(meeting.starts_at):
        faults["due"] = _("The due date is before the meeting.")
    if written.responsible and written.responsible.pk not in set(parties):
        faults["responsible"] = _("This organisation is not a party in this estate.")
    if not written.text and not written.pk and (written.responsible or written.due):
        faults["text"] = _("Write what was decided.")
    if faults:
        raise ValidationError(faults)


def circulate(
    actor: Actor, meeting: Meeting, *, version: int | None = None, happened_at: datetime | None = None
) -> Meeting:
    """Send the minutes to those who were there, to countersign or object.

    Raises:
        ValidationError: nothing written, or fewer than two organisations present.
    """
    with act(actor, "meeting.circulate", meeting, version=version, happened_at=happened_at) as fresh:
        fresh.state = states.check(fresh, "circulate").target
        present = [each.organisation for each in _invitations(fresh) if each.attendance == Attendance.PRESENT]
        if len(present) < 2:
            raise ValidationError(_("Minutes need at least two organisations that were there."))
        written = fresh.decisions.filter(dropped=False).exists() or fresh.items.exclude(minutes="").exists()
        if not written:
            raise ValidationError(_("The minutes are empty. Write what was said or decided first."))
        fresh.edition += 1
        fresh.save()
        _tell(fresh, present, "صورت‌جلسه منتظر امضای شماست", "Minutes wait for your countersignature")
    return fresh


def correct(
    actor: Actor, meeting: Meeting, *, version: int | None = None, happened_at: datetime | None = None
) -> Meeting:
    """Take circulated minutes back; they go out again as a new edition, to be countersigned anew."""
    with act(actor, "meeting.correct", meeting, version=version, happened_at=happened_at) as fresh:
        fresh.state = states.check(fresh, "correct").target
        fresh.save()
        present = [each.organisation for each in _invitations(fresh) if each.attendance == Attendance.PRESENT]
        _tell(fresh, present, "صورت‌جلسه برای اصلاح پس گرفته شد", "Minutes were taken back for correction")
    return fresh


def countersign(
    actor: Actor,
    meeting: Meeting,
    verdict: str,
    *,
    objection: str = "",
    version: int | None = None,
    happened_at: datetime | None = None,
) -> Countersignature:
    """The word of the actor's organisation on the edition that is out: agreed, or an objection that is printed.

    Raises:
        ValidationError: given already, an objection without words.
    """
    with act(actor, "meeting.countersign", meeting, version=version, happened_at=happened_at) as fresh:
        states.check(fresh, "countersign")
        if verdict == Verdict.OBJECTED and not objection:
            raise ValidationError({"objection": _("Write what you object to. It is printed with the minutes.")})
        if fresh.signatures.filter(edition=fresh.edition, organisation=actor.organisation).exists():
            raise ValidationError(_("Your organisation has already given its word on these minutes."), code="twice")
        signature = Countersignature(
            meeting=fresh,
            edition=fresh.edition,
            organisation=actor.organisation,
            person=actor.person,
            verdict=verdict,
            objection=objection if verdict == Verdict.OBJECTED else "",
            sha256=minutes.signed_hash(fresh),
            happened_at=happened_at or current().at,
        )
        signature.save()
        if not waiting_for(fresh):
            _tell(
                fresh,
                [fresh.convener],
                "همه نظر داده‌اند؛ صورت‌جلسه آماده قطعی شدن است",
                "All have answered; ready to be sealed",
            )
    return signature


def waiting_for(meeting: Meeting) -> list[Organisation]:
    """Organisations that were there and have not given their word on the edition that is out."""
    given = meeting.signatures.filter(edition=meeting.edition).values("organisation")
    left = meeting.invitations.filter(withdrawn=False, attendance=Attendance.PRESENT).exclude(organisation__in=given)
    return [each.organisation for each in left.select_related("organisation")]


def _check_parties(estate: Estate, organisations: Iterable[Organisation | None]) -> list[Organisation]:
    wanted = {each.pk: each for each in organisations if each is not None}
    known = set(estate.party_rows.values_list("organisation", flat=True))
    if not set(wanted) <= known:
        raise ValidationError({"parties": _("This organisation is not a party in this estate.")})
    if len(wanted) < 2:
        raise ValidationError({"parties": _("Invite at least one other organisation.")})
    return list(wanted.values())


def _invitations(meeting: Meeting) -> list[Invitation]:
    return list(meeting.invitations.filter(withdrawn=False).select_related("organisation"))


def _keep_invited(meeting: Meeting, invited: list[Organisation]) -> None:
    wanted = {each.pk for each in invited}
    there = {each.organisation_id: each for each in meeting.invitations.all()}
    for pk, invitation in there.items():
        if invitation.withdrawn == (pk in wanted):
            invitation.withdrawn = pk not in wanted
            invitation.save()
    for organisation in invited:
        if organisation.pk not in there:
            Invitation(meeting=meeting, organisation=organisation).save()


def _add_points(meeting: Meeting, points: Iterable[Point], last: int) -> None:
    for order, point in enumerate(points, last + 1):
        subject = point.subject
        if subject is not None and (subject.estate_of() is None or subject.estate_of() != meeting.estate):
            raise ValidationError({"suggested": _("This point belongs to another estate.")})
        AgendaItem(
            meeting=meeting,
            order=order,
            title=point.title[:200],
            subject_type=subject._meta.label if subject is not None else "",
            subject_id=subject.pk if subject is not None else None,
        ).save()
        if isinstance(subject, Problem):
            talked_about(subject, meeting.title, meeting.get_absolute_url())


def _write_decisions(meeting: Meeting, items: dict[int, AgendaItem], written: Sequence[DecisionDraft]) -> None:
    """Decisions in the order of the agenda; each with words gets the next number."""
    parties = set(meeting.estate.party_rows.values_list("organisation", flat=True))
    there = {each.pk: each for each in meeting.decisions.all()}
    place = {pk: place for place, pk in enumerate(items)}
    named = [each for each in written if each.item in items and (each.pk is None or each.pk in there)]
    number = 0
    for each in sorted(named, key=lambda each: place[each.item]):
        check_decision(meeting, parties, each)
        decision = there.get(each.pk or 0)
        if not each.text:
            if decision is not None and not decision.dropped:
                decision.dropped = True
                decision.save()
            continue
        number += 1
        decision = decision or Decision(estate=meeting.estate, meeting=meeting, invented=meeting.invented)
        wanted = (each.item, number, each.text, each.responsible and each.responsible.pk, each.due, False)
        stands = (
            decision.item_id,
            decision.order,
            decision.text,
            decision.responsible_id,
            decision.due,
            decision.dropped,
        )
        if wanted != stands:
            decision.item, decision.order, decision.text = items[each.item], number, each.text
            decision.responsible, decision.due, decision.dropped = each.responsible, each.due, False
            decision.save()


def _tell(meeting: Meeting, organisations: Iterable[Organisation], text_fa: str, text_en: str) -> None:
    day = clock.day_of(meeting.starts_at)
    notify(
        organisations,
        meeting,
        address=meeting.get_absolute_url(),
        text_fa=f"{text_fa}: {meeting.title[:160]} ({persian.format_date(day, 'fa')})",
        text_en=f"{text_en}: {meeting.title[:160]} ({persian.format_date(day, 'en')})",
    )
