"""The ball clock against a table of whole cases worked by hand, and what must hold for every case."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasana.portal.base import clock
from rasana.portal.base.ball import (
    APPLICANT,
    BallEvent,
    ball_events,
    ball_shares,
    calendars,
    effective,
    holder_now,
    pass_ball,
    spans,
    time_by_party,
    times_by_party,
)
from rasana.portal.base.calendar import WorkCalendar, work_calendar, working_days_between

TABLE = Path(__file__).with_name("cases") / "ball_clock.csv"
CASES = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
WEEKS = {
    "O": "thursday_friday",
    "R": "thursday_friday",
    "G": "thursday_friday",
    "D": "friday",
    "B": "friday",
    "C": "friday",
}
KEYS = {letter: number for number, letter in enumerate(WEEKS, start=1)} | {"U": APPLICANT}
EVENT = re.compile(r"([A-Z]) (\S+)(?: @(\S+))?(?: !(\d+))?")
NOON = timedelta(hours=12)


@dataclass(frozen=True)
class Passed:
    """An event as the clock reads it."""

    id: int
    holder_key: int | None
    happened_at: datetime
    recorded_at: datetime
    corrects_id: int | None = None


@dataclass(frozen=True)
class Decree:
    """A row of the office's table of holidays."""

    date: date
    cancelled: bool
    confirmed: bool = True
    name_fa: str = "تعطیل"
    name_en: str = "day off"
    source: str = "decree"


def moment(text: str) -> datetime:
    """A moment by Tehran's clock unless it says Z; noon where no hour is given."""
    if "T" not in text:
        return clock.start_of(date.fromisoformat(text)) + NOON
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=clock.TEHRAN)


def events_of(text: str) -> list[Passed]:
    found = []
    for number, part in enumerate(text.split("; "), start=1):
        letter, happened, recorded, corrects = EVENT.fullmatch(part).groups()
        key = None if letter == "X" else KEYS[letter]
        at = moment(happened)
        found.append(Passed(number, key, at, moment(recorded) if recorded else at, int(corrects) if corrects else None))
    return found


def calendars_of(changes: str) -> dict[int, WorkCalendar]:
    decrees = [Decree(date.fromisoformat(each[1:]), each[0] == "-") for each in changes.split()]
    return {key: work_calendar(WEEKS.get(letter, "friday"), decrees) for letter, key in KEYS.items()}


def expected_of(text: str) -> dict[int, int]:
    return {KEYS[part[0]]: int(part[2:]) for part in text.split("; ")}


def test_the_table_has_at_least_forty_whole_cases():
    assert len(CASES) >= 40
    assert [int(row["case"]) for row in CASES] == list(range(1, len(CASES) + 1))


@pytest.mark.parametrize("row", CASES, ids=lambda row: row["case"])
def test_a_case_worked_by_hand(row):
    events = events_of(row["events"])
    if row["known_at"]:
        known = clock.start_of(date.fromisoformat(row["known_at"])) + timedelta(days=1)
        events = [event for event in events if event.recorded_at < known]
    found = time_by_party(events, date.fromisoformat(row["until"]), calendars_of(row["changes"]))
    assert found == expected_of(row["expected"]), row["reasoning"]


def test_many_cases_at_once_give_what_each_gives_alone():
    plain = [row for row in CASES if not row["known_at"] and not row["changes"] and row["until"] == "2025-11-09"]
    cases = {row["case"]: events_of(row["events"]) for row in plain}
    together = times_by_party(cases, date(2025, 11, 9), calendars_of(""))
    assert together == {row["case"]: expected_of(row["expected"]) for row in plain}


DAY = st.dates(date(2021, 4, 1), date(2027, 3, 1))
PASSES = st.lists(st.tuples(DAY, st.sampled_from([1, 2, 3, 4, 5, 6]), st.integers(0, 23)), min_size=1, max_size=12)


def made_of(passes: list[tuple[date, int | None, int]]) -> list[Passed]:
    return [
        Passed(number, key, clock.start_of(day) + timedelta(hours=hour), clock.start_of(day) + timedelta(hours=hour))
        for number, (day, key, hour) in enumerate(passes, start=1)
    ]


@given(PASSES, st.sampled_from(["friday", "thursday_friday"]))
def test_with_one_calendar_the_parts_add_up_to_the_whole(passes, week):
    calendar = work_calendar(week)
    events = made_of(passes)
    until = date(2027, 3, 10)
    first = min(day for day, _key, _hour in passes)
    total = sum(time_by_party(events, until, dict.fromkeys(KEYS.values(), calendar)).values())
    assert total == working_days_between(first, until, calendar)


@given(PASSES, st.randoms())
def test_the_order_of_recording_does_not_matter(passes, chance):
    unlike = [
        (day, key, hour) for place, (day, key, hour) in enumerate(passes) if day not in {p[0] for p in passes[:place]}
    ]
    events = made_of(unlike)
    shuffled = list(events)
    chance.shuffle(shuffled)
    until = date(2027, 3, 10)
    assert time_by_party(shuffled, until, calendars_of("")) == time_by_party(events, until, calendars_of(""))


@given(PASSES, DAY)
def test_time_only_grows_and_never_is_negative(passes, until):
    events = made_of(passes)
    now = time_by_party(events, until, calendars_of(""))
    later = time_by_party(events, until + timedelta(days=9), calendars_of(""))
    assert all(0 <= days <= later[key] for key, days in now.items())


@given(PASSES)
def test_a_corrected_event_leaves_no_trace_in_the_times(passes):
    events = made_of(passes)
    wrong = Passed(90, 1, events[-1].happened_at + NOON, events[-1].recorded_at + NOON)
    right = Passed(91, 6, events[-1].happened_at + NOON, events[-1].recorded_at + NOON * 3, corrects_id=90)
    only_right = Passed(90, 6, right.happened_at, right.recorded_at)
    until = date(2027, 3, 10)
    corrected = time_by_party([*events, wrong, right], until, calendars_of(""))
    assert corrected == time_by_party([*events, only_right], until, calendars_of(""))


def test_spans_name_who_holds_it_now():
    parts = spans(events_of("D 2025-11-01; O 2025-11-05"), date(2025, 11, 9))
    assert [(part.holder, part.is_now) for part in parts] == [(KEYS["D"], False), (KEYS["O"], True)]
    closed = spans(events_of("D 2025-11-01; X 2025-11-05"), date(2025, 11, 9))
    assert [part.is_now for part in closed] == [False]


@pytest.mark.django_db
def test_events_of_a_record_are_kept_and_late_entries_show(world, settings):
    from rasana.portal.apps.problems.actions import report
    from rasana.portal.base.actor import SYSTEM, actor_of
    from rasana.portal.base.audit import act
    from rasana.portal.base.record import OutsideAct

    settings.RASANA_NOW = datetime(2025, 11, 1, 9, tzinfo=UTC)
    problem = report(actor_of(world.people["board", "officer"]), world.khodro, title="پست پر است", kind="line")
    settings.RASANA_NOW = datetime(2025, 11, 9, 9, tzinfo=UTC)
    regional, distribution = world.organisations["regional"], world.organisations["distribution"]
    with act(SYSTEM, "problem.assign", problem):
        pass_ball(
            problem,
            regional,
            reason_fa="فرستاده شد",
            reason_en="sent",
            happened_at=datetime(2025, 11, 5, 9, tzinfo=UTC),
        )
    events = ball_events(problem)
    assert [event.is_late_entry for event in events] == [False, True]
    assert holder_now(problem) == regional
    assert ball_events(problem, datetime(2025, 11, 8, tzinfo=UTC)) == events[:1]
    with act(SYSTEM, "problem.assign", problem):
        pass_ball(problem, distribution, reason_fa="اصلاح", reason_en="corrected", corrects=events[1])
    assert holder_now(problem) == distribution
    assert BallEvent.objects.count() == 3
    with pytest.raises(OutsideAct), act(SYSTEM, "problem.assign", problem):
        events[1].save()
    by_key = calendars()
    shares = ball_shares(ball_events(problem), date(2025, 11, 9), by_key)
    assert [(holder.code, days, now) for holder, days, now in shares] == [
        ("operator", 6, False),
        ("distribution", 0, True),
    ]
    assert len(effective(ball_events(problem))) == 2


@pytest.mark.django_db
def test_the_offices_calendars_follow_its_decrees(world):
    from rasana.portal.base.actor import SYSTEM
    from rasana.portal.base.audit import act
    from rasana.portal.base.people import Holiday

    day = date(2025, 11, 12)
    keys = {code: organisation.pk for code, organisation in world.organisations.items()}
    assert calendars()[keys["operator"]].is_working(day)
    assert not calendars()[keys["operator"]].is_working(date(2025, 11, 13))
    assert calendars()[keys["distribution"]].is_working(date(2025, 11, 13))
    assert calendars()[APPLICANT].is_working(date(2025, 11, 13))
    with act(SYSTEM, "calendar.add"):
        Holiday(date=day, name_fa="تعطیل", name_en="day off", confirmed=True).save()
    assert not any(calendar.is_working(day) for calendar in calendars().values())
