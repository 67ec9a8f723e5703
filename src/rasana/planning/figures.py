"""Figures in rows: read as numbers with their unit, source and status, and refused by file, row and field."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rasana.planning.finding import Assumption, Finding, Severity, Status

NumberedRows = Sequence[tuple[int, Mapping[str, str]]]
"""Rows of a table as text, each with its number in the file (the heading is row 1)."""

_LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩٫", "01234567890123456789.", "٬,_\u00a0\u200c")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure with where it came from. ``value`` is text as it stands in its table."""

    key: str
    value: str
    unit: str
    source: str
    status: Status

    def assumption(self, subject: str, name: str = "") -> Assumption:
        """The figure as a line of a study's assumptions, under ``name`` or its own key."""
        return Assumption(subject, name or self.key, self.value, self.unit, self.source, self.status)


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What a figure may be: its unit ("text" where it is a word) and its range."""

    unit: str
    least: float
    most: float

    @property
    def is_text(self) -> bool:
        """Whether the field holds a word."""
        return self.unit == "text"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a figure stands: for the sentence that refuses it."""

    file: str
    row: int
    field: str


def fault(code: str, place: Place, given: str = "", right: str = "") -> Finding:
    """A finding that refuses one field: what stands there and what would be right."""
    details = {"file": place.file, "row": str(place.row), "field": place.field, "given": given, "right": right}
    return Finding(code, Severity.ERROR, f"{place.file}:{place.row}", details=details)


def number_of(text: str) -> float | None:
    """A number written with Latin, Persian or Arabic digits and separators; None if it is not a finite number."""
    try:
        value = float(text.strip().translate(_LATIN))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def checked_number(text: str, rule: FieldRule, place: Place) -> tuple[float, list[Finding]]:
    """The number in ``text`` and the faults it has against ``rule`` (NaN where it can't be read)."""
    if not text.strip():
        return math.nan, [fault("figure_missing", place, right=rule.unit)]
    value = number_of(text)
    if value is None:
        return math.nan, [fault("figure_not_a_number", place, text, rule.unit)]
    if not rule.least <= value <= rule.most:
        return value, [fault("figure_out_of_range", place, text, f"{rule.least:g} … {rule.most:g} {rule.unit}")]
    return value, []


def checked_status(text: str, place: Place) -> tuple[Status, list[Finding]]:
    """The status in ``text``; an empty one means that the user gave the figure."""
    if not text.strip():
        return Status.GIVEN, []
    try:
        return Status(text.strip()), []
    except ValueError:
        return Status.DEFAULT, [fault("figure_status_unknown", place, text, ", ".join(Status))]


def missing_columns(rows: NumberedRows, columns: Iterable[str], file: str) -> list[Finding]:
    """A fault for each column that the table must have and has not."""
    if not rows:
        return []
    present = rows[0][1]
    return [fault("figure_column_missing", Place(file, 1, column)) for column in columns if column not in present]
