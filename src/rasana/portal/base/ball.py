"""The ball clock: to whom a case passed, when it happened, when it was recorded, why; and what time each party had it.

Times are never stored. They are recomputed from the events by the rule of base/calendar.py: a working day is charged
whole to whoever held the case when the day began, by the holder's own calendar. So a late entry, a correction or a
holiday that moved changes the sums of every case at once, and the events themselves stay as they were written.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from django.db import models
from django.utils.translation import gettext as _

from rasana.portal.base import clock
from rasana.portal.base.audit import current
from rasana.portal.base.calendar import WorkCalendar, tehran_day, work_calendar, working_days_between_all
from rasana.portal.base.people import Estate, Holiday, Organisation, WorkWeek
from rasana.portal.base.record import AppendOnly, Record

APPLICANT = 0
"""Key of the applicant among holders: no organisation has it."""


class BallEvent(AppendOnly):
    """A case passes to an organisation, to the applicant (who is no organisation), or to nobody: it is closed.

    A wrong event is not changed: a new one names it (``corrects``) and stands in its place.
    """

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="+")
    case_type = models.CharField(max_length=60)
    case_id = models.BigIntegerField()
    holder = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    applicant = models.BooleanField(default=False)
    """The applicant of a connection request has it: ``holder`` is empty then, and the case is not closed."""
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    reason_fa = models.CharField(max_length=300)
    reason_en = models.CharField(max_length=300)
    evidence = models.CharField(max_length=300, blank=True)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")

    class Meta:
        ordering = ("happened_at", "id")
        indexes = (models.Index(fields=("case_type", "case_id"), name="ball_case"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(applicant=False) | models.Q(holder__isnull=True), name="ball_one_holder"
            ),
        )

    @property
    def holder_key(self) -> int | None:
        """Key of the organisation, APPLICANT, or None: closed."""
        return APPLICANT if self.applicant else self.holder_id

    @property
    def is_late_entry(self) -> bool:
        """Whether it was recorded on a later day than it happened."""
        return tehran_day(self.recorded_at) > tehran_day(self.happened_at)


# ---------------------------------------------------------------------------------------------- pure: time by party

Case = TypeVar("Case", bound=Hashable)


class Pass(Protocol):
    """What the clock reads of an event."""

    id: int
    holder_key: int | None
    happened_at: datetime
    recorded_at: datetime
    corrects_id: int | None


@dataclass(frozen=True)
class Span:
    """A stretch in which one party held a case: working days d with start < d <= end count for it."""

    holder: int
    start: date
    end: date
    event: Any
    """The pass that began it."""
    is_now: bool


def effective(events: Iterable[Pass]) -> list[Pass]:
    """The events that stand, by the time they happened: without those that another one corrects."""
    known = list(events)
    corrected = {event.corrects_id for event in known if event.corrects_id is not None}
    return sorted((event for event in known if event.id not in corrected), key=lambda each: (each.happened_at, each.id))


def spans(events: Iterable[Pass], until: date) -> list[Span]:
    """Who held the case when, up to a day (or moment); what happened later is left out, closed times have no span."""
    end = tehran_day(until)
    standing = [(event, tehran_day(event.happened_at)) for event in effective(events)]
    standing = [(event, day) for event, day in standing if day <= end]
    found = []
    for place, (event, start) in enumerate(standing):
        if event.holder_key is None:
            continue
        is_last = place + 1 == len(standing)
        stop = end if is_last else standing[place + 1][1]
        found.append(Span(event.holder_key, start, stop, event, is_last))
    return found


def days_of(parts: Sequence[Span], calendars: Mapping[int, WorkCalendar]) -> list[int]:
    """Working days of each span by its holder's calendar; one sweep for each calendar, however many spans."""
    days = [0] * len(parts)
    rows: dict[int, list[int]] = {}
    by_identity: dict[int, WorkCalendar] = {}
    for row, part in enumerate(parts):
        calendar = calendars[part.holder]
        by_identity[id(calendar)] = calendar
        rows.setdefault(id(calendar), []).append(row)
    for identity, members in rows.items():
        starts, ends = [parts[row].start for row in members], [parts[row].end for row in members]
        counted = working_days_between_all(starts, ends, by_identity[identity])
        for row, count in zip(members, counted.tolist(), strict=True):
            days[row] = count
    return days


def time_by_party(events: Iterable[Pass], until: date, calendars: Mapping[int, WorkCalendar]) -> dict[int, int]:
    """Working days that each party held a case, by its key (APPLICANT for the applicant), up to a day or moment."""
    return times_by_party({0: events}, until, calendars)[0]


def times_by_party(
    cases: Mapping[Case, Iterable[Pass]], until: date, calendars: Mapping[int, WorkCalendar]
) -> dict[Case, dict[int, int]]:
    """The same for many cases at once."""
    found: dict[Case, dict[int, int]] = {case: {} for case in cases}
    owned = [(case, part) for case, events in cases.items() for part in spans(events, until)]
    for (case, part), count in zip(owned, days_of([part for _case, part in owned], calendars), strict=True):
        found[case][part.holder] = found[case].get(part.holder, 0) + count
    return found


# ------------------------------------------------------------------------------------------------ the office's own


@dataclass(frozen=True)
class Applicant:
    """How the applicant stands among the organisations on a page."""

    pk: int = APPLICANT
    kind: str = "applicant"
    monogram: str = "مت"

    @property
    def name(self) -> str:
        """In the language of the page."""
        return _("applicant")

    short = name


def calendars() -> dict[int, WorkCalendar]:
    """The calendar of every organisation by its key, and the applicant's (Friday off). Two statements."""
    decrees = list(Holiday.objects.all())
    weeks = dict(Organisation.objects.values_list("pk", "work_week")) | {APPLICANT: WorkWeek.FRIDAY}
    by_week = {week: work_calendar(str(week), decrees) for week in set(weeks.values())}
    return {pk: by_week[week] for pk, week in weeks.items()}


def pass_ball(
    case: Record,
    holder: Organisation | None,
    *,
    reason_fa: str,
    reason_en: str,
    happened_at: datetime | None = None,
    evidence: str = "",
    applicant: bool = False,
    corrects: BallEvent | None = None,
) -> BallEvent:
    """The case passes to ``holder``, within the act that is going on; perhaps recorded later than it happened.

    With ``applicant`` (and no holder) it passes to the applicant of a connection request. With ``corrects`` it stands
    in the place of an event that was wrong.
    """
    moment = current().at
    event = BallEvent(
        estate=case.estate_of(),
        case_type=case._meta.label,
        case_id=case.pk,
        holder=holder,
        applicant=applicant,
        happened_at=happened_at or moment,
        recorded_at=moment,
        reason_fa=reason_fa,
        reason_en=reason_en,
        evidence=evidence,
        corrects=corrects,
    )
    event.save()
    return event


def ball_events(case: Record, until: datetime | None = None) -> list[BallEvent]:
    """The events of a case by the time they happened, as recorded until a moment (now)."""
    known = BallEvent.objects.filter(
        case_type=case._meta.label, case_id=case.pk, recorded_at__lte=until or clock.now()
    ).select_related("holder")
    return list(known)


def holder_now(case: Record) -> Organisation | None:
    """Who holds a case now; None when it is closed, was never passed, or is with the applicant."""
    standing = effective(ball_events(case))
    return standing[-1].holder if standing else None


def ball_shares(
    events: Sequence[BallEvent], until: date, by_key: Mapping[int, WorkCalendar]
) -> list[tuple[Organisation | Applicant, int, bool]]:
    """What ``{% ball shares %}`` draws: (holder, working days, holds it now) in the order of time."""
    parts = spans(events, until)
    shares: list[tuple[Organisation | Applicant, int, bool]] = []
    for part, count in zip(parts, days_of(parts, by_key), strict=True):
        holder = part.event.holder or Applicant()
        if shares and shares[-1][0].pk == holder.pk:
            shares[-1] = (holder, shares[-1][1] + count, part.is_now)
        else:
            shares.append((holder, count, part.is_now))
    return shares
