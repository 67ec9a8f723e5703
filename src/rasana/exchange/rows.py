"""A user's own figures: rows of a CSV file, with their numbers."""

from __future__ import annotations

import csv
from pathlib import Path

from rasana.planning.finding import Finding, Refused, Severity

SIZE_MAX = 2_000_000
"""Bytes; a table of figures is far smaller."""


def read_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Rows of a CSV file with headings, as (row number, text by column); the heading is row 1.

    Raises ``Refused`` where the file is missing, too large, empty or not text in UTF-8.
    """
    try:
        if path.stat().st_size > SIZE_MAX:
            raise Refused([_fault(path, "rows_too_large")])
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused([_fault(path, "rows_unreadable")]) from error
    reader = csv.DictReader(text.splitlines())
    rows = [
        (number, {key: value or "" for key, value in row.items() if key is not None})
        for number, row in enumerate(reader, 2)
    ]
    if not rows:
        raise Refused([_fault(path, "rows_empty")])
    return rows


def _fault(path: Path, code: str) -> Finding:
    return Finding(code, Severity.ERROR, path.name, details={"file": path.name})
