"""Working days, holidays and deadlines, against a table worked by hand."""

from __future__ import annotations

import csv
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasana.portal.base.calendar import (
    CALENDAR_DAYS,
    DAYS_OFF,
    SOLAR_RULE,
    Clock,
    Holiday,
    WorkCalendar,
    add_working_days,
    deadline,
    decreed,
    known_holidays,
    solar_holidays,
    tabled_holidays,
    tabled_years,
    work_calendar,
    working_days_between,
    working_days_between_all,
)
from rasana.portal.base.persian import gregorian, jalali

TABLE = Path(__file__).with_name("cases") / "working_days.csv"
CASES = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
FRIDAY = work_calendar("friday")
DAYS = st.dates(date(2021, 3, 21), date(2028, 3, 18))
WEEKS = st.sampled_from(["friday", "thursday_friday"])


@dataclass
class Decision:
    """A row of the office's table of holidays."""

    date: date
    cancelled: bool = False
    confirmed: bool = True
    name_fa: str = "تعطیل"
    name_en: str = "Holiday"
    source: str = "test"


def calendar_of(week, changes=""):
    """`-date` calls a holiday off, `+date` decrees one."""
    if week == "monday_to_friday":
        return WorkCalendar(frozenset({5, 6}), ())
    return work_calendar(week, [Decision(date.fromisoformat(day[1:]), day[0] == "-") for day in changes.split()])


def moment(text):
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def charged(case):
    """Working days by holder: each pass holds until the next, the last until the end."""
    calendars = {holder: calendar_of(week) for holder, week in (each.split(":") for each in case["week"].split())}
    passes = [(each.split("@")[0], moment(each.split("@")[1])) for each in case["start"].split()]
    ends = [start for _, start in passes[1:]] + [moment(case["end_or_count"])]
    days = Counter(dict.fromkeys(sorted(calendars), 0))
    for (holder, start), end in zip(passes, ends, strict=True):
        days[holder] += working_days_between(start, end, calendars[holder])
    return " ".join(f"{holder}={count}" for holder, count in days.items())


@pytest.mark.parametrize("case", CASES, ids=[f"{case['case']}-{case['kind']}" for case in CASES])
def test_the_table_worked_by_hand(case):
    if case["kind"] == "passes":
        assert charged(case) == case["expected"]
        return
    calendar, start = calendar_of(case["week"], case["changes"]), moment(case["start"])
    if case["kind"] == "add":
        assert add_working_days(start, int(case["end_or_count"]), calendar).isoformat() == case["expected"]
    else:
        assert working_days_between(start, moment(case["end_or_count"]), calendar) == int(case["expected"])


def test_fifteen_working_days_over_nowruz_1406():
    passed = gregorian(1405, 12, 20)
    assert jalali(add_working_days(passed, 15, FRIDAY)) == (1406, 1, 17)
    assert jalali(add_working_days(passed, 15, WorkCalendar(frozenset({5, 6}), ()))) == (1406, 1, 12)


@given(DAYS, DAYS, DAYS, WEEKS)
def test_the_parts_of_a_chain_of_passes_add_up(first, second, third, week):
    calendar = work_calendar(week)
    parts = working_days_between(first, second, calendar) + working_days_between(second, third, calendar)
    assert parts == working_days_between(first, third, calendar)


@given(DAYS, st.integers(1, 300), WEEKS)
def test_adding_and_counting_agree(start, count, week):
    calendar = work_calendar(week)
    due = add_working_days(start, count, calendar)
    assert calendar.is_working(due)
    assert working_days_between(start, due, calendar) == count
    assert working_days_between(start, due - timedelta(days=1), calendar) == count - 1
    assert add_working_days(add_working_days(start, 1, calendar), -1, calendar) <= start


@given(DAYS, st.integers(0, 400), WEEKS)
def test_counting_is_counting_one_by_one(start, length, week):
    calendar = work_calendar(week)
    days = [start + timedelta(days=number) for number in range(1, length + 1)]
    holidays = {holiday.date for holiday in calendar.holidays}
    worked = [day for day in days if day.weekday() not in DAYS_OFF[week] and day not in holidays]
    assert working_days_between(start, start + timedelta(days=length), calendar) == len(worked)


@given(DAYS, DAYS)
def test_thursday_off_never_means_more_working_days(first, second):
    first, second = min(first, second), max(first, second)
    assert working_days_between(first, second, work_calendar("thursday_friday")) <= working_days_between(
        first, second, FRIDAY
    )


def test_many_cases_are_counted_at_once_and_quickly():
    starts = np.datetime64("2021-04-01") + np.arange(20_000) % 1_900
    ends = starts + np.arange(20_000) % 500 - 100
    begun = time.perf_counter()
    counts = working_days_between_all(starts, ends, FRIDAY)
    assert time.perf_counter() - begun < 0.5
    for place in range(0, 20_000, 997):
        assert counts[place] == working_days_between(starts[place].item(), ends[place].item(), FRIDAY)
    assert working_days_between_all([date(2025, 11, 8)], [date(2025, 11, 9)], FRIDAY).tolist() == [1]


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        working_days_between(datetime(2025, 11, 9, 10), date(2025, 11, 10), FRIDAY)  # noqa: DTZ001


def test_an_unknown_week_is_refused():
    with pytest.raises(KeyError):
        work_calendar("sunday")


# ------------------------------------------------------------------------------------------------------------ deadlines


def test_a_deadline_names_its_clock():
    start = datetime(2027, 3, 10, 21, 0, tzinfo=UTC)  # 20 Esfand 1405 in Tehran
    assert deadline(CALENDAR_DAYS, start, 15).due == date(2027, 3, 26)
    assert deadline(Clock(FRIDAY), start, 15).due == date(2027, 4, 6)
    assert deadline(Clock(work_calendar("thursday_friday")), start, 15).due == date(2027, 4, 10)


def test_a_deadline_names_the_estimates_it_rests_on_and_is_computed_again():
    start = date(2027, 3, 13)
    before = deadline(Clock(FRIDAY), start, 12)
    assert before.due == date(2027, 4, 4)
    assert [holiday.date for holiday in before.rests_on] == [date(2027, 4, 3)]
    assert not before.is_certain
    confirmed = work_calendar("friday", [Decision(date(2027, 4, 3), True), Decision(date(2027, 4, 4))])
    after = deadline(Clock(confirmed), start, 12)
    assert after.due == date(2027, 4, 3)
    assert after.is_certain


def test_a_deadline_of_the_past_is_certain():
    assert deadline(Clock(FRIDAY), date(2025, 3, 18), 15).is_certain
    assert deadline(CALENDAR_DAYS, date(2035, 1, 1), 15).is_certain


def test_a_deadline_in_a_year_whose_lunar_holidays_are_unknown_says_so():
    assert deadline(Clock(FRIDAY), date(2028, 3, 10), 15).lunar_unknown
    assert not deadline(Clock(FRIDAY), date(2027, 3, 10), 15).lunar_unknown


# ------------------------------------------------------------------------------------------------------------- holidays


def test_the_table_holds_every_holiday_of_1400_to_1406():
    assert tabled_years() == range(1400, 1407)
    lunar = Counter(holiday.name_en for holiday in tabled_holidays() if "cabinet" not in holiday.name_en)
    solar = {holiday.name_en for year in tabled_years() for holiday in solar_holidays(year)}
    for name, count in lunar.items():
        if name not in solar:
            assert count in (7, 8), name  # a lunar year is eleven days shorter: once in 33 years a feast comes twice
    assert len([name for name in lunar if name not in solar]) == 17


def test_solar_holidays_of_the_table_are_those_of_the_rule():
    tabled = [holiday for holiday in tabled_holidays() if holiday.source == SOLAR_RULE]
    assert tabled == [holiday for year in tabled_years() for holiday in solar_holidays(year)]
    assert all(holiday.confirmed for holiday in tabled)


@pytest.mark.parametrize(("year", "leap"), [(1399, True), (1400, False), (1403, True), (1404, False), (1408, True)])
def test_a_leap_year_has_one_solar_holiday_more(year, leap):
    assert len(solar_holidays(year)) == 10 + leap
    assert (jalali(solar_holidays(year)[-1].date)[2] == 30) is leap


def test_the_counts_of_2026_and_2027_are_the_measured_ones():
    dates = {
        year: {holiday.date for holiday in tabled_holidays() if holiday.date.year == year} for year in (2026, 2027)
    }
    assert (len(dates[2026]), len(dates[2027])) == (32, 28)
    assert len({h.date for h in tabled_holidays() if h.date.year == 2027 and not h.confirmed}) == 18


def tabular_hijri(day):
    """(year, month, day) of the arithmetic lunar calendar (30-year cycle, epoch 16 July 622 Julian)."""
    number = day.toordinal() + 1_721_424 - 1_948_440 + 10_632
    cycle = (number - 1) // 10_631
    number = number - 10_631 * cycle + 354
    part = ((10_985 - number) // 5_316) * ((50 * number) // 17_719) + (number // 5_670) * ((43 * number) // 15_238)
    number = number - ((30 - part) // 15) * ((17_719 * part) // 50) - (part // 16) * ((15_238 * part) // 43) + 29
    month = (24 * number) // 709
    return 30 * cycle + part - 30, month, number - (709 * month) // 24


LUNAR = {
    "Tasua": (1, 9),
    "Ashura": (1, 10),
    "Arbaeen": (2, 20),
    "Death of the Prophet and martyrdom of Imam Hasan": (2, 28),
    "Martyrdom of Imam Rida": (2, 30),
    "Martyrdom of Imam Hasan Askari": (3, 8),
    "Birthday of the Prophet and of Imam Sadiq": (3, 17),
    "Martyrdom of Fatima": (6, 3),
    "Birthday of Imam Ali": (7, 13),
    "Mission of the Prophet": (7, 27),
    "Birthday of the Mahdi": (8, 15),
    "Martyrdom of Imam Ali": (9, 21),
    "Eid al-Fitr": (10, 1),
    "Eid al-Fitr, second day": (10, 2),
    "Martyrdom of Imam Sadiq": (10, 25),
    "Eid al-Adha": (12, 10),
    "Eid al-Ghadir": (12, 18),
}


def test_lunar_holidays_fall_where_the_moon_does():
    """Sighting and arithmetic differ by two days at most, whatever the source of the dates."""
    checked = 0
    for holiday in tabled_holidays():
        if holiday.name_en in LUNAR:
            near = {tabular_hijri(holiday.date + timedelta(days=shift))[1:] for shift in (-2, -1, 0, 1, 2)}
            month, day = LUNAR[holiday.name_en]
            assert (month, day) in near or (month, day - 1) in near, holiday
            checked += 1
    assert checked == sum(
        holiday.source != SOLAR_RULE and "cabinet" not in holiday.name_en for holiday in tabled_holidays()
    )


def test_a_lunar_holiday_comes_again_after_a_lunar_year():
    for name in LUNAR:
        dates = [holiday.date for holiday in tabled_holidays() if holiday.name_en == name]
        assert {(later - earlier).days for earlier, later in pairwise(dates)} <= {
            353,
            354,
            355,
            356,
        }


def test_a_lunar_date_after_the_table_was_made_is_an_estimate():
    for holiday in tabled_holidays():
        expected = holiday.date <= date(2026, 11, 24) or holiday.source == SOLAR_RULE
        assert holiday.confirmed is expected, holiday


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (gregorian(1401, 2, 13), "Eid al-Fitr"),
        (gregorian(1402, 5, 6), "Ashura"),
        (gregorian(1403, 6, 4), "Arbaeen"),
        (gregorian(1403, 11, 9), "Mission of the Prophet"),
        (gregorian(1404, 1, 2), "Martyrdom of Imam Ali"),
        (gregorian(1404, 3, 16), "Eid al-Adha"),
        (gregorian(1404, 4, 15), "Ashura"),
        (gregorian(1404, 9, 3), "Martyrdom of Fatima"),
    ],
)
def test_known_days_of_the_printed_calendars(day, name):
    assert name in [holiday.name_en for holiday in FRIDAY.holidays_of(day)]


def test_the_cabinets_extra_days_are_there():
    extra = {holiday.date for holiday in tabled_holidays() if "cabinet" in holiday.name_en}
    assert extra == {date(2023, 8, 2), date(2023, 8, 3), date(2024, 5, 22)} | {
        date(2026, 3, day) for day in range(1, 8)
    }


def test_two_holidays_of_one_day_are_both_named():
    assert len(FRIDAY.holidays_of(date(2026, 6, 4))) == 2


def test_a_decree_replaces_what_was_known_of_its_date():
    day = date(2027, 4, 3)
    changed = decreed(known_holidays(), [Decision(day)])
    assert [holiday.confirmed for holiday in changed if holiday.date == day] == [True]
    assert not [holiday for holiday in decreed(known_holidays(), [Decision(day, True)]) if holiday.date == day]


def test_a_lunar_holiday_that_leaves_nowruz_leaves_nowruz_a_holiday():
    nowruz = gregorian(1407, 1, 3)
    lunar = Holiday(nowruz, "شهادت امام صادق", "Martyrdom of Imam Sadiq", False, "sighting")
    left = decreed([*solar_holidays(1407), lunar], [Decision(nowruz, True)])
    assert [holiday.name_en for holiday in left if holiday.date == nowruz] == ["Nowruz holiday"]
    assert not [
        holiday for holiday in decreed(left, [Decision(nowruz, True, source=SOLAR_RULE)]) if holiday.date == nowruz
    ]
