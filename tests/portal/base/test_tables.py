"""Lists as files."""

from __future__ import annotations

import csv
import datetime as dt
import io
from types import SimpleNamespace

import pytest
from django.http import Http404
from django.test import RequestFactory
from django.utils import translation
from openpyxl import load_workbook  # noqa: TID251 - to read what was written

from rasana.portal.base.tables import Column, export

ROWS = [
    SimpleNamespace(
        code="0012", title="=1+1", kw=12.5, due=dt.date(2025, 11, 9), plot=SimpleNamespace(plot_id="B5-17")
    ),
    SimpleNamespace(code="+98912", title="تابلو، برق", kw=-3, due=None, plot=None),
]
COLUMNS = (
    Column("کد", "code"),
    Column("عنوان", lambda row: row.title),
    Column("kW", "kw"),
    Column("مهلت", "due"),
    Column("قطعه", "plot.plot_id"),
)


def ask(kind: str, language: str = "fa"):
    with translation.override(language):
        return export(RequestFactory().get("/", {"format": kind}), ROWS, COLUMNS, "list")


def test_without_a_format_the_page_is_shown() -> None:
    assert export(RequestFactory().get("/"), ROWS, COLUMNS, "list") is None


def test_an_unknown_format_is_not_there() -> None:
    with pytest.raises(Http404):
        ask("pdf")


def test_csv_keeps_zeros_and_defuses_formulas() -> None:
    response = ask("csv")
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert response["Content-Disposition"].startswith('attachment; filename="list-')
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0] == ["کد", "عنوان", "kW", "مهلت", "قطعه"]
    assert rows[1] == ["0012", "'=1+1", "12.5", "2025-11-09", "B5-17"]
    assert rows[2] == ["'+98912", "تابلو، برق", "-3", "", ""]


@pytest.mark.parametrize(
    ("language", "rtl", "due"),
    [("fa", True, "1404/08/18"), ("en", None, dt.datetime(2025, 11, 9))],  # noqa: DTZ001 - a cell
)
def test_the_workbook_reads_in_its_language(language: str, rtl: bool | None, due: object) -> None:
    sheet = load_workbook(io.BytesIO(ask("xlsx", language).content)).active
    assert bool(sheet.sheet_view.rightToLeft) is bool(rtl)
    assert [cell.value for cell in sheet[2]] == ["0012", "=1+1", 12.5, due, "B5-17"]
    assert sheet["B2"].data_type == "s", "a text, not a formula"
    assert sheet["B2"].quotePrefix
    assert sheet["A2"].number_format == "@"
    assert sheet["C3"].value == -3
