"""The dates of a promise on a line, to scale: where each stands in percent, and the late part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import get_language

from rasana.portal.base.persian import format_date, is_persian

NARROW = 30.0
"""Percent of the line that a label takes; nearer ones stand above and below it in turn, at most two at a place."""


@dataclass(frozen=True)
class Point:
    """A date on the line."""

    percent: float
    word: str
    up: bool


@dataclass(frozen=True)
class Stretch:
    """The late part of the line."""

    start: float
    length: float


@dataclass(frozen=True)
class Axis:
    """Points in the order of time and, where the promise is late, the stretch of lateness."""

    points: tuple[Point, ...]
    late: Stretch | None
    sentence: str


def axis_of(dates: Sequence[tuple[date, str]], late_from: date, late_until: date | None) -> Axis:
    """Dates with their words on a line from the first to the last."""
    language = get_language() or "fa"
    ordered = sorted(dates, key=lambda pair: pair[0])
    first, last = ordered[0][0], ordered[-1][0]
    days = max((last - first).days, 1)

    def place(day: date) -> float:
        return 4 + 92 * (day - first).days / days

    points: list[Point] = []
    free = {False: -NARROW, True: -NARROW}
    for day, word in ordered:
        percent = place(day)
        up = percent - free[False] < NARROW and free[True] <= free[False]
        label = f"{word} {format_date(day, language, 'short')}" if percent - free[up] >= NARROW else ""
        if label:
            free[up] = percent
        points.append(Point(percent, label, up))
    late = None
    if late_until is not None and late_until > late_from:
        late = Stretch(place(late_from), place(late_until) - place(late_from))
    comma = "، " if is_persian(language) else ", "
    return Axis(tuple(points), late, comma.join(f"{word} {format_date(day, language)}" for day, word in ordered))
