"""Every list as a file: ``?format=csv`` or ``?format=xlsx`` on the list's own address, with its filters.

A view calls ``export`` with what it is about to list::

    if (file := export(request, problems, COLUMNS, "problems")) is not None:
        return file
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from rasana.portal.base import clock, persian

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ROWS_MAX = 100_000
CHUNK = 1000
BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel reads a CSV in the machine's own code page, and Persian becomes noise."""
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is taken for a formula by spreadsheets."""


@dataclass(frozen=True)
class Column:
    """One column of a list: its head in the reader's language and where its value comes from.

    ``value`` is a function of the row, or a path of attributes (``"plot.plot_id"``; a None on the way gives an empty
    cell; what can be called without arguments is called, as ``get_status_display``).
    """

    head: str | Promise
    value: Callable[[Any], Any] | str

    def of(self, row: Any) -> Any:
        """The row's value in this column: a number, date, moment, text or None."""
        if callable(self.value):
            return self.value(row)
        found = row
        for name in self.value.split("."):
            found = found.get(name) if isinstance(found, dict) else getattr(found, name)
            found = found() if callable(found) else found
            if found is None:
                return None
        return found


INVENTED = Column(_("mark"), lambda row: _("invented") if row.invented else "")
"""The column that marks invented rows of the story; every export of such a list ends with it."""


def export(request: HttpRequest, rows: Iterable[Any], columns: Sequence[Column], name: str) -> HttpResponse | None:
    """The rows as a file when the address asks for one (``format``), else None.

    A queryset is read in chunks. CSV is for machines: UTF-8 with byte order mark, ASCII digits, ISO dates, moments with
    zone. A workbook is for people: a sheet from right to left in Persian, Jalali dates as text, codes kept as text.

    Raises:
        Http404: a format that is not made.
    """
    kind = request.GET.get("format")
    if kind is None:
        return None
    if kind not in FORMATS:
        raise Http404
    if isinstance(rows, QuerySet):
        rows = rows[:ROWS_MAX].iterator(chunk_size=CHUNK)
    make = _csv if kind == "csv" else _workbook
    response = make(rows, columns)
    filename = f"{name}-{clock.today():%Y%m%d}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Content-Type"] = FORMATS[kind]
    return response


def _csv(rows: Iterable[Any], columns: Sequence[Column]) -> HttpResponse:
    response = HttpResponse()
    response.write(BYTE_ORDER_MARK)
    writer = csv.writer(response)
    writer.writerow([harmless(str(column.head)) for column in columns])
    writer.writerows([_csv_cell(column.of(row)) for column in columns] for row in rows)
    return response


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(clock.TEHRAN).isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return str(value)
    return harmless(str(value))


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe before = + - @ and control characters."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _workbook(rows: Iterable[Any], columns: Sequence[Column]) -> HttpResponse:
    buffer = io.BytesIO()
    options = {"in_memory": True, "constant_memory": False, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet()
        if persian.is_persian(get_language()):
            sheet.right_to_left()
        styles = {
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
            "text": book.add_format({"num_format": "@"}),
            "quoted": book.add_format({"num_format": "@", "quote_prefix": True}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        last, widths = 0, [len(str(column.head)) for column in columns]
        for place, column in enumerate(columns):
            sheet.write_string(0, place, str(column.head), styles["head"])
        for last, row in enumerate(rows, 1):
            for place, column in enumerate(columns):
                widths[place] = max(widths[place], _write(sheet, last, place, column.of(row), styles))
        for place, width in enumerate(widths):
            sheet.set_column(place, place, min(60, max(8, width + 2)))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(last, 1), max(len(columns) - 1, 0))
    return HttpResponse(buffer.getvalue())


def _write(sheet: Any, row: int, place: int, value: Any, styles: dict[str, Any]) -> int:
    """Write one cell; the number of characters it shows."""
    if value is None or value == "":
        return 0
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        sheet.write_number(row, place, value)
        return len(str(value))
    if isinstance(value, date) and not persian.is_persian(get_language()):
        sheet.write_datetime(row, place, clock.day_of(value) if isinstance(value, datetime) else value, styles["date"])
        return 10
    text = _said(value)
    sheet.write_string(row, place, text, styles["quoted" if text.startswith(DANGEROUS) else "text"])
    return len(text)


def _said(value: Any) -> str:
    """A value as text for people, with digits that a spreadsheet can search."""
    if isinstance(value, bool):
        return "✓" if value else ""
    if isinstance(value, date):
        day = clock.day_of(value) if isinstance(value, datetime) else value
        return persian.ascii_digits(persian.format_date(day, "fa", "short"))
    return str(value)
