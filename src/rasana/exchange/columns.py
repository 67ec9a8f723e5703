"""Columns of a table from outside: texts, numbers, choices and flags, in any digits, each fault named by feature."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rasana.exchange.intake import Layer, feature_id
from rasana.planning.finding import Finding, Severity

Floats = NDArray[np.float64]

_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
_LETTERS = str.maketrans("يك", "یک")
_SIGNS = str.maketrans({"٫": ".", "٬": ",", "−": "-", "\u2019": ","})
_INVISIBLE = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?([eE][+-]?\d+)?|[+-]?\.\d+")
_TRUE = frozenset({"1", "true", "yes", "t", "y", "بله", "دارد"})
_FALSE = frozenset({"0", "false", "no", "f", "n", "خیر", "ندارد"})


def folded(text: str) -> str:
    """A code or id with ASCII digits and Persian ی and ک, without marks that nobody sees."""
    return _INVISIBLE.sub("", text).translate(_DIGITS).translate(_LETTERS).strip()


def number_of(text: str) -> float | None:
    """The number that a text shows in any of the three digit sets, with . or ٫ and grouped by , or ٬; None if none.

    ``۱۲٫۵`` is 12.5 and ``۱٬۲۵۰`` is 1250; ``12,5`` could be either and is no number.
    """
    plain = folded(text).translate(_SIGNS).replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    return float(plain.replace(",", "")) if _NUMBER.fullmatch(plain) else None


@dataclass
class TableReader:
    """Reads the columns of one layer and collects what is wrong with them."""

    layer: Layer
    file: str
    names: dict[str, str] = field(default_factory=dict)
    """Name of the file's column by the contract's name, where they differ."""
    faults: list[Finding] = field(default_factory=list)

    def fault(self, code: str, row: int, column: str, *, wrong: str = "", right: str = "") -> None:
        """Note that a value can't be worked with."""
        details = {"file": self.file, "layer": self.layer.name, "field": column, "wrong": wrong, "right": right}
        self.faults.append(Finding(code, Severity.ERROR, feature_id(self.layer, row), details=details))

    def raw(self, name: str) -> NDArray[Any] | None:
        """The file's column behind a name of the contract, None where there is none."""
        return self.layer.columns.get(self.names.get(name, name))

    def texts(self, name: str) -> list[str]:
        """A column of codes or names, folded; "" where nothing is given. Whole numbers are texts without decimals."""
        values = self.raw(name)
        if values is None:
            return [""] * len(self.layer.fid)
        return [_text(value) for value in values]

    def whole_texts(self, name: str) -> list[str]:
        """A column of texts as they are; "" where nothing is given."""
        values = self.raw(name)
        return ["" if value is None else str(value) for value in values] if values is not None else self.texts(name)

    def ids(self, name: str, *, unique: bool = True) -> list[str]:
        """A required column of ids: each given and, where ``unique``, each once."""
        found = self.texts(name)
        if self.raw(name) is None:
            details = {"file": self.file, "layer": self.layer.name, "field": self.names.get(name, name)}
            details["right"] = ", ".join(sorted(self.layer.columns))
            self.faults.append(Finding("column_missing", Severity.ERROR, self.layer.name, details=details))
            return found
        first: dict[str, int] = {}
        for row, identity in enumerate(found):
            if not identity:
                self.fault("id_missing", row, name)
            elif unique and identity in first:
                self.fault("id_doubled", row, name, wrong=identity, right=f"fid {self.layer.fid[first[identity]]}")
            first.setdefault(identity, row)
        return found

    def numbers(self, name: str, *, positive: bool = False, whole: bool = False) -> Floats:
        """A column of numbers, none below 0 and, where asked, all above 0 or whole; NaN where nothing is given."""
        values = self.raw(name)
        found = np.full(len(self.layer.fid), np.nan)
        if values is None:
            return found
        for row, value in enumerate(values):
            if _is_missing(value):
                continue
            number = number_of(value) if isinstance(value, str) else float(value)
            if number is None or not np.isfinite(number):
                self.fault("number_wrong", row, name, wrong=str(value)[:60], right="12.5")
            elif number < 0 or (positive and number == 0):
                self.fault("number_too_small", row, name, wrong=f"{number:g}", right="> 0" if positive else "≥ 0")
            elif whole and not number.is_integer():
                self.fault("number_not_whole", row, name, wrong=f"{number:g}", right=f"{round(number)}")
            else:
                found[row] = number
        return found

    def choices(self, name: str, allowed: Collection[str], code: str = "choice_unknown") -> list[str]:
        """A column of codes out of ``allowed``; "" where nothing is given."""
        found = self.texts(name)
        for row, value in enumerate(found):
            if value and value not in allowed:
                near: Sequence[str] = get_close_matches(value, allowed, n=3) or sorted(allowed)
                self.fault(code, row, name, wrong=value, right=", ".join(near))
        return found

    def flags(self, name: str) -> NDArray[np.bool_]:
        """A column of yes or no; no where nothing is given."""
        found = np.zeros(len(self.layer.fid), bool)
        for row, text in enumerate(self.texts(name)):
            if text.lower() in _TRUE:
                found[row] = True
            elif text and text.lower() not in _FALSE:
                self.fault("flag_wrong", row, name, wrong=text, right="1, 0")
        return found


def _is_missing(value: object) -> bool:
    if isinstance(value, str):
        return not folded(value)
    return value is None or (isinstance(value, float | np.floating) and bool(np.isnan(value)))


def _text(value: object) -> str:
    if _is_missing(value):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    return folded(str(value))
