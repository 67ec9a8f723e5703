"""The only place that reads the clock. ``RASANA_NOW`` freezes it, for tests and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

TEHRAN = ZoneInfo("Asia/Tehran")
"""The office's time zone: a day begins and ends there."""


_told: ContextVar[datetime | None] = ContextVar("told", default=None)


def now() -> datetime:
    """This moment, aware, in UTC."""
    frozen: datetime | None = _told.get() or settings.RASANA_NOW
    return frozen if frozen is not None else datetime.now(UTC)


def machine_now() -> datetime:
    """This moment by the machine's clock, never frozen: for leases and back-offs, not for what the office records."""
    return datetime.now(UTC)


def today() -> date:
    """This day in Tehran."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """The day in Tehran on which a moment falls."""
    return moment.astimezone(TEHRAN).date()


def start_of(day: date) -> datetime:
    """The moment at which a day begins in Tehran."""
    return datetime(day.year, day.month, day.day, tzinfo=TEHRAN)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Tell the example's story as if it were this moment. For the loader of examples and for tests only."""
    token = _told.set(moment)
    try:
        yield
    finally:
        _told.reset(token)
