"""Questions of the desk: what I wait for, this week's dates, coming meetings, what changed, the story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, QuerySet, Window

from rasana.portal.apps.commitments.models import OPEN_STATES as OWED
from rasana.portal.apps.desk.matters import Matters, gather, week_start
from rasana.portal.apps.desk.models import EventKind, StoryEvent, Visit
from rasana.portal.apps.desk.tasks import standing
from rasana.portal.apps.meetings.models import Meeting, MeetingState
from rasana.portal.base import clock
from rasana.portal.base.actor import Actor
from rasana.portal.base.notify import Notice
from rasana.portal.base.people import Organisation

WAITING_MAX = 12
MEETINGS_SHOWN = 3
NEWS_SHOWN = 6
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


def waiting(actor: Actor, matters: Matters | None = None) -> list[Waiting]:
    """What the organisation waits for, the longest overdue first."""
    matters, mine = matters or gather(actor), actor.organisation.pk
    found = [
        Waiting(each.debtor, each.title, each.get_absolute_url(), each.promised_on, each.last_day, each.invented)
        for each in matters.commitments
        if each.creditor_id == mine and each.state in OWED
    ]
    found += [
        Waiting(each.holder, each.title, each.get_absolute_url(), clock.day_of(each.state_since), None, each.invented)
        for each in matters.problems
        if each.reporter_id == mine and each.holder_id != mine
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


def week(actor: Actor, is_off: set[date], matters: Matters | None = None) -> list[Day]:
    """This week from Saturday to Friday, with the organisation's due dates and the meetings."""
    matters, today = matters or gather(actor), clock.today()
    days = [week_start(today) + timedelta(days=number) for number in range(7)]
    entries: dict[date, list[Dated]] = {day: [] for day in days}
    for each in matters.commitments:
        if each.last_day in entries and each.state in OWED:
            entries[each.last_day].append(Dated(each.title, each.get_absolute_url(), standing(each.last_day)))
    for meeting in matters.meetings:
        day = clock.day_of(meeting.starts_at)
        if day in entries and meeting.state != MeetingState.DRAFT:
            entries[day].append(Dated(meeting.title, meeting.get_absolute_url(), "plan"))
    return [Day(day, day == today, day in is_off, tuple(entries[day])) for day in days]


def coming_meetings(matters: Matters) -> list[Meeting]:
    """The next meetings."""
    start = clock.start_of(clock.today())
    coming = [each for each in matters.meetings if each.starts_at >= start and each.state != MeetingState.DRAFT]
    return coming[:MEETINGS_SHOWN]


def notices(actor: Actor) -> QuerySet[Notice]:
    """The person's own notices, newest first."""
    return Notice.objects.filter(person=actor.person).select_related("estate")


def news(actor: Actor) -> tuple[list[Notice], int]:
    """The newest notices and how many are unread. One statement."""
    unread = Window(Count("pk", filter=Q(read_at__isnull=True)))
    shown = list(notices(actor).annotate(unread=unread)[:NEWS_SHOWN])
    return shown, shown[0].unread if shown else 0


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
