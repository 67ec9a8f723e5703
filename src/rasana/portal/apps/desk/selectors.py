"""Questions of the desk: what I wait for, this week's dates, coming meetings, what changed, the story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from rasana.portal.apps.commitments.models import Commitment, State
from rasana.portal.apps.desk.models import EventKind, StoryEvent, Visit
from rasana.portal.apps.desk.tasks import standing
from rasana.portal.apps.meetings.models import Meeting, MeetingState
from rasana.portal.apps.problems.models import Problem, ProblemState
from rasana.portal.base import clock
from rasana.portal.base.actor import Actor
from rasana.portal.base.notify import Notice
from rasana.portal.base.people import Organisation

WAITING_MAX = 12
SATURDAY = 5
VISIT_GAP = timedelta(hours=1)
"""A pause after which coming back counts as a new visit."""


@dataclass(frozen=True)
class Waiting:
    """Something another organisation must do for us."""

    holder: Organisation
    title: str
    url: str
    since: date
    due: date | None
    invented: bool

    @property
    def days(self) -> int:
        """Calendar days since it passed to them."""
        return (clock.today() - self.since).days

    @property
    def status(self) -> str:
        """By the due date."""
        return standing(self.due)


def waiting(actor: Actor) -> list[Waiting]:
    """What the organisation waits for, the longest overdue first. Two statements."""
    mine = actor.organisation
    promises = (
        Commitment.objects.filter(creditor=mine, state__in=(State.ACTIVE, State.DISPUTED), estate__in=actor.estate_ids)
        .select_related("debtor")
        .order_by("last_day")[:WAITING_MAX]
    )
    found = [
        Waiting(each.debtor, each.title, each.get_absolute_url(), each.promised_on, each.last_day, each.invented)
        for each in promises
    ]
    over = (ProblemState.CONFIRMED, ProblemState.DUPLICATE, ProblemState.REFERRED)
    problems = (
        Problem.objects.filter(reporter=mine, estate__in=actor.estate_ids)
        .exclude(Q(holder=mine) | Q(holder__isnull=True) | Q(state__in=over))
        .select_related("holder")
        .order_by("state_since")[:WAITING_MAX]
    )
    found += [
        Waiting(each.holder, each.title, each.get_absolute_url(), clock.day_of(each.state_since), None, each.invented)
        for each in problems
    ]
    return sorted(found, key=lambda each: (each.due is None, each.due or each.since))[:WAITING_MAX]


@dataclass(frozen=True)
class Dated:
    """One entry in the week: a due date or a meeting."""

    title: str
    url: str
    status: str


@dataclass(frozen=True)
class Day:
    """A day of the week's strip."""

    date: date
    is_today: bool
    is_off: bool
    entries: tuple[Dated, ...]


def week(actor: Actor, is_off: set[date]) -> list[Day]:
    """This week from Saturday to Friday, with the organisation's due dates and the meetings. Two statements."""
    today = clock.today()
    first = today - timedelta(days=(today.weekday() - SATURDAY) % 7)
    days = [first + timedelta(days=number) for number in range(7)]
    entries: dict[date, list[Dated]] = {day: [] for day in days}
    due = Commitment.objects.filter(
        Q(debtor=actor.organisation) | Q(creditor=actor.organisation),
        estate__in=actor.estate_ids,
        state__in=(State.ACTIVE, State.DISPUTED),
        last_day__range=(days[0], days[-1]),
    ).order_by("last_day", "pk")
    for each in due[:20]:
        entries[each.last_day].append(Dated(each.title, each.get_absolute_url(), standing(each.last_day)))
    for each in meetings(actor, days[0], days[-1]):
        entries[clock.day_of(each.starts_at)].append(Dated(each.title, each.get_absolute_url(), "plan"))
    return [Day(day, day == today, day in is_off, tuple(entries[day])) for day in days]


def meetings(actor: Actor, first: date, last: date) -> QuerySet[Meeting]:
    """Meetings of the actor's estates between two days."""
    span = (clock.start_of(first), clock.start_of(last + timedelta(days=1)))
    return (
        Meeting.objects.filter(estate__in=actor.estate_ids, starts_at__gte=span[0], starts_at__lt=span[1])
        .exclude(state=MeetingState.DRAFT)
        .select_related("estate")
        .order_by("starts_at")[:20]
    )


def coming_meetings(actor: Actor) -> QuerySet[Meeting]:
    """The next meetings within three months."""
    today = clock.today()
    return meetings(actor, today, today + timedelta(days=92))[:3]


def notices(actor: Actor) -> QuerySet[Notice]:
    """The person's own notices, newest first."""
    return Notice.objects.filter(person=actor.person).select_related("estate")


def seen_until(actor: Actor, moment: datetime) -> datetime | None:
    """Write down this visit; returns the end of the one before, None on the first visit."""
    visit, is_first = Visit.objects.get_or_create(person=actor.person, defaults={"began_at": moment, "last_at": moment})
    if is_first:
        return None
    if moment - visit.last_at > VISIT_GAP:
        visit.previous_at, visit.began_at = visit.last_at, moment
    if moment - visit.last_at > VISIT_GAP / 12:
        visit.last_at = moment
        visit.save()
    return visit.previous_at


@dataclass(frozen=True)
class Story:
    """The case in a minute: the promise, how late it is, and what is documented around it."""

    promise: StoryEvent | None
    events: list[StoryEvent]

    @property
    def days_late(self) -> int:
        """Calendar days since the promised date."""
        return max(0, (clock.today() - self.promise.due).days) if self.promise and self.promise.due else 0

    @property
    def days_late_at_meeting(self) -> int:
        """The same on the day of the last documented meeting after it."""
        meeting = [event for event in self.events if event.kind == EventKind.MEETING]
        if not meeting or not self.promise or not self.promise.due:
            return 0
        return (meeting[-1].date - self.promise.due).days


def story() -> Story:
    """The documented events, oldest first, each once though it bears on several estates. One statement."""
    seen: dict[tuple[date, str], StoryEvent] = {}
    for event in StoryEvent.objects.filter(invented=False).select_related("estate"):
        seen.setdefault((event.date, event.text_en), event)
    events = list(seen.values())
    promise = next((event for event in events if event.kind == EventKind.PROMISE), None)
    return Story(promise, events)
