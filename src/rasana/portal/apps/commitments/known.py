"""What other apps ask of this one: search results, threads of plots and estates, agenda points, related records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from rasana.portal.apps.commitments.models import OPEN_STATES, Commitment, CommitmentLink, State
from rasana.portal.apps.commitments.selectors import outcome_of, overdue, visible
from rasana.portal.apps.estates.models import Plot
from rasana.portal.apps.estates.search import EACH_MAX, Result, has_words
from rasana.portal.apps.estates.threads import Thread
from rasana.portal.apps.meetings.models import Meeting
from rasana.portal.apps.problems.models import Problem, ProblemPlot
from rasana.portal.base import clock
from rasana.portal.base.actor import Actor
from rasana.portal.base.people import Estate
from rasana.portal.base.persian import format_date, format_number
from rasana.portal.base.record import Record
from rasana.portal.base.registries import Related, Suggestion

SUGGESTED_MAX = 20
WAITING = (*OPEN_STATES, State.DELIVERED, State.PROPOSED)


def found(actor: Actor, key: str) -> list[Result]:
    """Commitments with these words, or of this number, newest first. One statement."""
    wanted = has_words(key)
    if key.isdecimal() and len(key) <= 9:
        wanted |= Q(number=int(key))
    today = clock.today()
    rows = visible(actor).filter(wanted).select_related("estate", "debtor").order_by("-pk")[:EACH_MAX]
    return [_result(each, today) for each in rows]


def _result(commitment: Commitment, today: date) -> Result:
    outcome = outcome_of(commitment, today)
    return Result(
        title=commitment.title,
        url=commitment.get_absolute_url(),
        detail=_("%(estate)s, owed by %(debtor)s")
        % {"estate": commitment.estate.name, "debtor": commitment.debtor.short},
        tone=outcome.tone,
        word=outcome.word,
        invented=commitment.invented,
    )


def threads_of_plot(actor: Actor, plot: Plot) -> list[Thread]:
    """Promises that a plot waits for, by itself or through a problem that holds it up. One statement."""
    through = ProblemPlot.objects.filter(plot=plot).values("problem")
    own = Q(subject_type=Plot._meta.label, subject_id=plot.pk)
    of_problem = Q(subject_type=Problem._meta.label, subject_id__in=through)
    links = CommitmentLink.objects.filter(own | of_problem, commitment=OuterRef("pk"), ended=False)
    waited = visible(actor).filter(Exists(links), estate=plot.estate_id, state__in=WAITING)
    today = clock.today()
    return [_thread(each, today, 0) for each in waited.select_related("holder", "debtor")]


def threads_of_estates(actor: Actor, estates: list[int]) -> list[tuple[int, Thread]]:
    """Promises that hold estates up, with the number of plots that were linked to each. One statement."""
    behind = Count("links", filter=Q(links__subject_type=Plot._meta.label, links__ended=False))
    open_ones = visible(actor).filter(estate__in=estates, state__in=WAITING).annotate(plots=behind)
    today = clock.today()
    rows = open_ones.select_related("holder", "debtor").order_by("first_due")[: EACH_MAX * max(len(estates), 1)]
    return [(each.estate_id, _thread(each, today, each.plots)) for each in rows]


def _thread(commitment: Commitment, today: date, plots: int) -> Thread:
    outcome, late = outcome_of(commitment, today), commitment.days_late(today)
    return Thread(
        heading=_("commitment"),
        title=commitment.title,
        url=commitment.get_absolute_url(),
        holder=commitment.holder or commitment.debtor,
        tone=outcome.tone,
        word=_days_late(late) if late else outcome.word,
        due=commitment.first_due,
        since=commitment.holder_since,
        plots=plots,
        invented=commitment.invented,
    )


def _days_late(days: int) -> str:
    shown = format_number(days, get_language() or "fa")
    return ngettext("%(days)s day late", "%(days)s days late", days) % {"days": shown}


def suggestions(actor: Actor, estate: Estate) -> list[Suggestion]:
    """Overdue and broken promises of an estate as points for its next meeting, the oldest first. One statement."""
    if not actor.is_system and estate.pk not in actor.estate_ids:
        return []
    today = clock.today()
    rows = overdue(estate, today)[:SUGGESTED_MAX]
    return [_suggestion(each, today) for each in rows]


def _suggestion(commitment: Commitment, today: date) -> Suggestion:
    late = commitment.days_late(today)
    why = _("%(debtor)s owes it since %(day)s; %(late)s.") % {
        "debtor": commitment.debtor.short,
        "day": format_date(commitment.first_due, get_language() or "fa"),
        "late": _days_late(late),
    }
    return Suggestion(subject=commitment, title=commitment.title, why=why, weight=float(late))


def related(actor: Actor, record: Record) -> Iterable[Related]:
    """Promises beside a problem or plot that they name, and beside the meeting whose decisions they are."""
    if isinstance(record, Meeting):
        rows: Any = visible(actor).filter(decision__meeting=record)
    elif isinstance(record, Problem | Plot):
        links = CommitmentLink.objects.filter(
            commitment=OuterRef("pk"), subject_type=record._meta.label, subject_id=record.pk, ended=False
        )
        rows = visible(actor).filter(Exists(links))
    else:
        return []
    today = clock.today()
    return [_beside(each, today) for each in rows.select_related("debtor").order_by("number")]


def _beside(commitment: Commitment, today: date) -> Related:
    outcome = outcome_of(commitment, today)
    due = format_date(commitment.due, get_language() or "fa")
    return Related(
        heading=_("Commitments"),
        title=commitment.title,
        address=commitment.get_absolute_url(),
        status=outcome.tone,
        word=str(outcome.word),
        detail=_("%(debtor)s, due %(day)s") % {"debtor": commitment.debtor.short, "day": due},
        invented=commitment.invented,
        part=commitment.decision_id or 0,
    )
