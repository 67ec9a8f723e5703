"""Working days: each organisation's week, Iran's holidays, deadlines and the ball clock. Pure functions of data.

Rule: between two moments lie the working days d with day(start) < d <= day(end), days by Tehran's clock. The day a case
is passed does not count for who receives it, the day of arrival does: a working day is charged whole to whoever held
the case when it began. So the parts of a chain of passes add up to the whole, a case sent to and fro within a day is
charged to nobody twice, and the n-th working day after a day is the one up to which n working days have passed.

Lunar holidays of the future are estimates of a day or two. A deadline names those it rests on, and is computed again
from its start when one is confirmed or a holiday is decreed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from rasana.portal.base.clock import day_of
from rasana.portal.base.persian import gregorian, jalali, month_days

THURSDAY, FRIDAY = 3, 4  # as date.weekday() counts
DAYS_OFF = {"friday": frozenset({FRIDAY}), "thursday_friday": frozenset({THURSDAY, FRIDAY})}
"""Weekly days off by the name that an organisation carries (`work_week`)."""

ONE_DAY = timedelta(days=1)
SOLAR_RULE = "solar rule"
SOLAR_YEARS = range(1368, 1500)
"""Jalali years for which the fixed holidays are known; 1368 is the first in which all of them were kept."""

_SOLAR = (
    (1, 1, "نوروز", "Nowruz"),
    (1, 2, "تعطیلات نوروز", "Nowruz holiday"),
    (1, 3, "تعطیلات نوروز", "Nowruz holiday"),
    (1, 4, "تعطیلات نوروز", "Nowruz holiday"),
    (1, 12, "روز جمهوری اسلامی", "Islamic Republic Day"),
    (1, 13, "روز طبیعت", "Nature Day"),
    (3, 14, "رحلت امام خمینی", "Death of Imam Khomeini"),
    (3, 15, "قیام ۱۵ خرداد", "Uprising of 15 Khordad"),
    (11, 22, "پیروزی انقلاب اسلامی", "Victory of the Islamic Revolution"),
    (12, 29, "ملی شدن صنعت نفت", "Nationalisation of the oil industry"),
    (12, 30, "آخرین روز سال کبیسه", "Last day of a leap year"),
)


@dataclass(frozen=True)
class Holiday:
    """A day off of the whole country, and how sure its date is."""

    date: date
    name_fa: str
    name_en: str
    confirmed: bool
    source: str


class Decree(Protocol):
    """What the office's own table of holidays says of a date; it goes before the list that comes with the program."""

    date: date
    name_fa: str
    name_en: str
    confirmed: bool
    cancelled: bool
    source: str


def solar_holidays(year: int) -> tuple[Holiday, ...]:
    """The holidays of a Jalali year that follow the sun, 30 Esfand of a leap year among them."""
    return tuple(
        Holiday(gregorian(year, month, day), name_fa, name_en, True, SOLAR_RULE)
        for month, day, name_fa, name_en in _SOLAR
        if day <= month_days(year, month)
    )


@cache
def tabled_holidays() -> tuple[Holiday, ...]:
    """The table that comes with the program: every holiday, solar and lunar, of the Jalali years 1400 to 1406."""
    text = files("rasana.portal.base").joinpath("data/holidays.csv").read_text(encoding="utf-8")
    return tuple(
        Holiday(
            date.fromisoformat(row["date"]),
            row["name_fa"],
            row["name_en"],
            {"confirmed": True, "estimated": False}[row["status"]],
            row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    )


@cache
def tabled_years() -> range:
    """The Jalali years whose lunar holidays are in the table; outside them only the solar ones are known."""
    years = [jalali(holiday.date)[0] for holiday in tabled_holidays()]
    return range(min(years), max(years) + 1)


@cache
def known_holidays() -> tuple[Holiday, ...]:
    """The table, and the solar holidays of the years around it."""
    others = (year for year in SOLAR_YEARS if year not in tabled_years())
    return (*tabled_holidays(), *(holiday for year in others for holiday in solar_holidays(year)))


def decreed(holidays: Iterable[Holiday], decrees: Iterable[Decree]) -> tuple[Holiday, ...]:
    """Holidays after what the office decided: a decree replaces what was known of its date, or cancels it.

    A lunar holiday that moves is two decrees: its old date cancelled, its new one confirmed. A solar holiday of the
    same date stays, for only a decree that is itself about the solar one (by its source) speaks of it.
    """
    decided = {decree.date: decree for decree in decrees}
    kept = (
        holiday
        for holiday in holidays
        if (decree := decided.get(holiday.date)) is None or holiday.source == SOLAR_RULE != decree.source
    )
    own = (
        Holiday(decree.date, decree.name_fa, decree.name_en, decree.confirmed, decree.source)
        for decree in decided.values()
        if not decree.cancelled
    )
    return (*kept, *own)


@dataclass(frozen=True, eq=False)
class WorkCalendar:
    """The working days of an organisation: its weekly days off (0 is Monday) and the country's holidays."""

    days_off: frozenset[int]
    holidays: tuple[Holiday, ...]

    @cached_property
    def business_days(self) -> np.busdaycalendar:
        """The same as numpy counts with."""
        week = [day not in self.days_off for day in range(7)]
        return np.busdaycalendar(week, np.array([holiday.date for holiday in self.holidays], dtype="datetime64[D]"))

    @cached_property
    def estimates(self) -> tuple[Holiday, ...]:
        """The holidays whose date is not confirmed, in order; on a day off too, for they may come to a working one."""
        return tuple(sorted((each for each in self.holidays if not each.confirmed), key=lambda each: each.date))

    def holidays_of(self, day: date) -> tuple[Holiday, ...]:
        """What is kept on a day; two holidays may fall on one."""
        return tuple(holiday for holiday in self.holidays if holiday.date == day)

    def is_working(self, day: date) -> bool:
        """Whether people of the organisation work on a day."""
        return bool(np.is_busday(day, busdaycal=self.business_days))


@cache
def _undecreed(week: str) -> WorkCalendar:
    return WorkCalendar(DAYS_OFF[week], known_holidays())


def work_calendar(week: str, decrees: Sequence[Decree] = ()) -> WorkCalendar:
    """The calendar of an organisation by the name of its week, `friday` or `thursday_friday`, after the decrees.

    Without decrees it is made once; with them it takes some milliseconds, so make one for all cases of a page.

    Raises:
        KeyError: for a week of another name.
    """
    return WorkCalendar(DAYS_OFF[week], decreed(known_holidays(), decrees)) if decrees else _undecreed(week)


def tehran_day(moment: date) -> date:
    """The day of an aware moment by Tehran's clock; a plain date is its own day.

    Raises:
        ValueError: for a moment without a time zone.
    """
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        raise ValueError("A moment needs a time zone.")
    return day_of(moment)


def working_days_between(start: date, end: date, calendar: WorkCalendar) -> int:
    """Working days d with day(start) < d <= day(end); negative, and the same number, when the end comes first."""
    first, last = tehran_day(start), tehran_day(end)
    if last < first:
        return -working_days_between(last, first, calendar)
    return int(np.busday_count(first + ONE_DAY, last + ONE_DAY, busdaycal=calendar.business_days))


def working_days_between_all(
    starts: Sequence[date] | NDArray[np.datetime64],
    ends: Sequence[date] | NDArray[np.datetime64],
    calendar: WorkCalendar,
) -> NDArray[np.int64]:
    """Working days of many pairs of Tehran days at once (dates or datetime64[D], equal lengths)."""
    first, last = np.asarray(starts, dtype="datetime64[D]"), np.asarray(ends, dtype="datetime64[D]")
    low, high = np.minimum(first, last), np.maximum(first, last)
    counts = np.busday_count(low + 1, high + 1, busdaycal=calendar.business_days)
    signed: NDArray[np.int64] = np.where(first <= last, counts, -counts).astype(np.int64)
    return signed


def add_working_days(day: date, count: int, calendar: WorkCalendar) -> date:
    """The `count`-th working day after a day (before it when negative); the day itself for 0.

    So 15 working days from 20 Esfand 1405 end on 17 Farvardin 1406 with Friday off and Iran's holidays.
    """
    start = tehran_day(day)
    if count == 0:
        return start
    roll: Literal["backward", "forward"] = "backward" if count > 0 else "forward"
    found: Any = np.busday_offset(start, count, roll, busdaycal=calendar.business_days)
    return date.fromisoformat(str(found))


@dataclass(frozen=True)
class Clock:
    """What the days of a deadline are: working days of a calendar, or (with none) calendar days."""

    calendar: WorkCalendar | None = None


CALENDAR_DAYS = Clock()


@dataclass(frozen=True)
class Deadline:
    """A due date and the estimated holidays that could still move it."""

    due: date
    rests_on: tuple[Holiday, ...]
    lunar_unknown: bool
    """Whether it reaches into a year whose lunar holidays are not in the table."""

    @property
    def is_certain(self) -> bool:
        """Whether no estimate can move it (a decree still can)."""
        return not self.rests_on and not self.lunar_unknown


def deadline(clock: Clock, start: date, count: int) -> Deadline:
    """The due date `count` days of a clock after a start (a date or an aware moment).

    A deadline in calendar days stays where it falls, on a holiday too. An estimated lunar holiday may come a day
    earlier or later, so those beside the edges count among what the due date rests on.
    """
    begin = tehran_day(start)
    calendar = clock.calendar
    if calendar is None:
        return Deadline(begin + timedelta(days=count), (), False)
    due = add_working_days(begin, count, calendar)
    rests_on = tuple(each for each in calendar.estimates if begin - ONE_DAY < each.date <= due + ONE_DAY)
    return Deadline(due, rests_on, any(jalali(day)[0] not in tabled_years() for day in (begin, due)))
