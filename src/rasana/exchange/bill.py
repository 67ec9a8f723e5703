"""The bill of quantities as an Excel workbook: a sheet in Persian, right to left, and one in English."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from rasana.exchange.words import Language, has_term, term, unit_word
from rasana.planning.result import Study

SHEETS: dict[Language, str] = {"fa": "فهرست مقادیر", "en": "Bill of quantities"}
WIDTHS = (6, 34, 26, 10, 14, 16, 18)
COLUMNS = ("row", "item", "type", "unit", "quantity", "unit_price", "amount")
FIGURES = ("quantity", "unit_price", "amount")
LEFT_TO_RIGHT, RIGHT_TO_LEFT = 1, 2
"""Reading orders of Excel."""
FIXED_TIME = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
"""Stands as the time of creation: the same study gives the same bytes."""
WHOLE: dict[Language, str] = {"fa": "[$-3000429]#,##0", "en": "#,##0"}
FINE: dict[Language, str] = {"fa": "[$-3000429]#,##0.00", "en": "#,##0.00"}
"""Number formats; the Persian ones ask for Persian digits."""


def write_bill(study: Study, path: Path) -> None:
    """Write ``bill_of_quantities.xlsx``; amounts and sums are formulas, so that a changed price carries through."""
    book = Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties(
        {"title": SHEETS["en"], "subject": study.estate.name, "created": FIXED_TIME.replace(tzinfo=None)}
    )
    for language in ("fa", "en"):
        _write_sheet(book, study, language)
    book.close()


def _write_sheet(book: Workbook, study: Study, language: Language) -> None:
    sheet = book.add_worksheet(SHEETS[language])
    if language == "fa":
        sheet.right_to_left()
    font: dict[str, Any] = {
        "font_name": "Vazirmatn" if language == "fa" else "Calibri",
        "font_size": 10,
        "valign": "vcenter",
    }
    font["reading_order"] = RIGHT_TO_LEFT if language == "fa" else LEFT_TO_RIGHT
    title = book.add_format({**font, "bold": True, "font_size": 14})
    note = book.add_format({**font, "font_color": "#46505E"})
    head = book.add_format({**font, "bold": True, "bg_color": "#E7EEF8", "bottom": 1, "text_wrap": True})
    figure_head = book.add_format({**font, "bold": True, "bg_color": "#E7EEF8", "bottom": 1, "align": "right"})
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    estate = term(f"estate.{study.estate.name}", language, study.estate.name)
    sheet.write_string(0, 0, f"{SHEETS[language]} · {estate}", title)
    currency = unit_word(study.cost.currency, language)
    notes = [f"{term('column.currency', language)}: {currency}"]
    notes += [term(f"label.{text}", language, text) for text in (study.estate.label, study.estate.attribution) if text]
    notes.append(term("bill.note", language))
    for row, text in enumerate(notes, start=1):
        sheet.write_string(row, 0, text, note)
    first = 2 + len(notes)
    for column, name in enumerate(COLUMNS):
        sheet.write_string(first, column, term(f"column.{name}", language), figure_head if name in FIGURES else head)
    last = _write_rows(book, sheet, study.bill, first + 1, font, language)
    strong = book.add_format({**font, "bold": True, "top": 1, "num_format": WHOLE[language]})
    for column in range(len(COLUMNS)):
        sheet.write_blank(last + 1, column, None, strong)
    sheet.write_string(last + 1, 1, term("column.total", language), strong)
    sheet.write_formula(
        last + 1, len(COLUMNS) - 1, f"=SUM(G{first + 2}:G{last + 1})", strong, float(study.bill["amount"].sum())
    )
    sheet.freeze_panes(first + 1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(first)


def _write_rows(
    book: Workbook, sheet: Worksheet, bill: pd.DataFrame, first: int, font: dict[str, Any], language: Language
) -> int:
    """Write the bill from row ``first`` on; returns the last row written (rows count from 0)."""
    ruled = {**font, "bottom": 4, "bottom_color": "#DEDAD1"}
    text = book.add_format(ruled)
    count = book.add_format({**ruled, "align": "center", "num_format": WHOLE[language]})
    whole = book.add_format({**ruled, "align": "right", "num_format": WHOLE[language]})
    fine = book.add_format({**ruled, "align": "right", "num_format": FINE[language]})
    for number, line in enumerate(bill.to_dict("records")):
        row = first + number
        sheet.write_number(row, 0, number + 1, count)
        sheet.write_string(row, 1, item_name(line["item"], language), text)
        sheet.write_string(row, 2, str(line["type"]), text)
        sheet.write_string(row, 3, unit_word(str(line["unit"]), language), text)
        sheet.write_number(row, 4, float(line["quantity"]), whole if float(line["quantity"]).is_integer() else fine)
        sheet.write_number(row, 5, float(line["unit_price"]), fine)
        sheet.write_formula(row, 6, f"=E{row + 1}*F{row + 1}", fine, float(line["amount"]))
    return first + len(bill) - 1


def item_name(item: str, language: Language) -> str:
    """An item of the bill in words; an item without a term shows its own name with spaces."""
    code = f"item.{item}"
    return term(code, language) if has_term(code) else item.replace("_", " ")
