"""Words for people, in Persian and English: sentences of findings, numbers, units, money and dates."""

from __future__ import annotations

import csv
import datetime
import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Literal, TypeAlias

from persiantools.jdatetime import JalaliDate

from rasana.planning.finding import Finding

Language: TypeAlias = Literal["fa", "en"]
LANGUAGES: tuple[Language, Language] = ("fa", "en")

MISSING = "–"
"""Stands where there is no figure."""

_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_PERSIAN_NUMBER = str.maketrans("0123456789.,%", "۰۱۲۳۴۵۶۷۸۹٫٬٪")
_DECIMALS = {"pu": 3, "%": 1, "%/a": 1, "count": 0, "plots": 0, "K.m/W": 1}
_DECIMALS_MAX = 6
_SYMBOLS = {
    "kW", "kvar", "kVA", "MVA", "MW", "kWh", "MWh", "V", "kV", "A", "kA", "s", "h", "m", "km", "ha", "°C", "K", "pu",
    "1/K", "m2", "mm2", "K.m/W", "Ohm", "Ohm/km", "nF/km",
}  # fmt: skip
_MONTHS_FA = ("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند")
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NUMBER = re.compile(r"[-+]?[\d,]+(\.\d+)?%?")
_MILLION = 1e6
_THOUSAND = 1e3


@cache
def phrases() -> dict[str, dict[Language, str]]:
    """Every sentence and term by its code, from all tables in ``sentences/`` (columns code, en, fa)."""
    found: dict[str, dict[Language, str]] = {}
    folder = resources.files("rasana.exchange").joinpath("sentences")
    for table in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if table.name.endswith(".csv"):
            for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines()):
                found[row["code"]] = {"en": row["en"], "fa": row["fa"]}
    return found


def term(code: str, language: Language, fallback: str | None = None) -> str:
    """The term with this code, such as ``item.pillar``; where there is none, ``fallback`` or the code's last part."""
    known = phrases().get(code)
    if known is not None:
        return known[language]
    return code.rsplit(".", 1)[-1] if fallback is None else fallback


def has_term(code: str) -> bool:
    """Whether a term or sentence with this code is there."""
    return code in phrases()


def digits(text: str, language: Language) -> str:
    """``text`` with the digits of the language; everything else stays."""
    return text.translate(_PERSIAN_DIGITS) if language == "fa" else text


def number(value: float | None, language: Language, decimals: int = 0) -> str:
    """A number with separators: 1,250.5 or ۱٬۲۵۰٫۵; ``MISSING`` for None, NaN and infinity."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0.0:
        text = text.removeprefix("-")
    return text.translate(_PERSIAN_NUMBER) if language == "fa" else text


def fitting_decimals(value: float | None, unit: str = "") -> int:
    """How many decimals a figure is shown with: by its unit, else about three digits that count."""
    if unit in _DECIMALS:
        return _DECIMALS[unit]
    if value is None or not math.isfinite(value) or value == 0.0 or float(value).is_integer():
        return 0
    return min(max(0, 2 - math.floor(math.log10(abs(value)))), _DECIMALS_MAX)


def figure(value: float | None, language: Language, unit: str = "") -> str:
    """A number with as many decimals as suit it, without its unit."""
    return number(value, language, fitting_decimals(value, unit))


def unit_word(unit: str, language: Language) -> str:
    """The unit as it stands in a sentence: kW, or کیلووات."""
    return term(f"unit.{unit}", language, fallback=unit)


def unit_sign(unit: str, language: Language) -> str:
    """The unit as it stands in a table: symbols stay as they are, words are in the language."""
    return unit if unit in _SYMBOLS else unit_word(unit, language)


def with_unit(text: str, unit: str, language: Language) -> str:
    """A number's text with its unit behind it; a percent sign sticks to the number."""
    if not unit or unit == "-" or text == MISSING:
        return text
    word = unit_word(unit, language)
    return f"{text}{word}" if word in ("%", "٪") else f"{text} {word}"


def quantity(value: float | None, unit: str, language: Language, decimals: int | None = None) -> str:
    """A number and its unit: 12.5 kW, ۱۲٫۵ کیلووات, 95.2%, ۹۵٫۲٪."""
    places = fitting_decimals(value, unit) if decimals is None else decimals
    return with_unit(number(value, language, places), unit, language)


def percent(value: float | None, language: Language, decimals: int = 1) -> str:
    """A percentage: 95.2% or ۹۵٫۲٪."""
    return quantity(value, "%", language, decimals)


def money_parts(value: float, currency: str, language: Language) -> tuple[str, str]:
    """An amount in the largest word of the currency that keeps it readable: its number, and that word."""
    if currency == "million rial":
        billions = abs(value) >= _THOUSAND
        shown = number(value / _THOUSAND, language, 1) if billions else figure(value, language)
        return shown, unit_word("billion rial" if billions else currency, language)
    if abs(value) < _MILLION:
        return number(value, language, 0), unit_word(currency, language)
    return number(value / _MILLION, language, 2), f"{unit_word('million', language)} {unit_word(currency, language)}"


def money(value: float | None, currency: str, language: Language) -> str:
    """An amount in words for a sentence: ۲۶۶٫۶ میلیارد ریال, 1.23 million EUR."""
    if value is None or not math.isfinite(value):
        return MISSING
    return " ".join(money_parts(value, currency, language))


def _jalali(day: datetime.date) -> JalaliDate:
    return JalaliDate(day)  # type: ignore[no-untyped-call]


def date_in_words(day: datetime.date, language: Language) -> str:
    """The date in a sentence: ۳ آذر ۱۴۰۵, or 24 November 2026."""
    if language == "en":
        return f"{day.day} {_MONTHS_EN[day.month - 1]} {day.year}"
    jalali = _jalali(day)
    return digits(f"{jalali.day} {_MONTHS_FA[jalali.month - 1]} {jalali.year}", "fa")


def date_in_figures(day: datetime.date, language: Language) -> str:
    """The date in a table: ۱۴۰۵/۰۹/۰۳, or 2026-11-24."""
    if language == "en":
        return day.isoformat()
    jalali = _jalali(day)
    return digits(f"{jalali.year}/{jalali.month:02d}/{jalali.day:02d}", "fa")


def told_apart(value: float | None, limit: float | None, unit: str, language: Language) -> tuple[str, str]:
    """Value and limit with as many decimals as it takes to see which is larger: 95.04 and 95.00, not 95.0 twice."""
    if value is None or limit is None or not (math.isfinite(value) and math.isfinite(limit)):
        return figure(value, language, unit), figure(limit, language, unit)
    for decimals in range(max(fitting_decimals(value, unit), fitting_decimals(limit, unit)), _DECIMALS_MAX):
        shown = number(value, language, decimals), number(limit, language, decimals)
        if value == limit or shown[0] != shown[1]:
            return shown
    return number(value, language, _DECIMALS_MAX), number(limit, language, _DECIMALS_MAX)


def _detail(text: str, language: Language) -> str:
    """A word of a sentence; where it is nothing but a number it has the digits of the language."""
    return text.translate(_PERSIAN_NUMBER) if language == "fa" and _NUMBER.fullmatch(text) else text


class _Details(dict[str, str]):
    """Words of a sentence by name; a word that nobody gave shows as missing and breaks nothing."""

    def __missing__(self, key: str) -> str:
        return MISSING


def sentence(
    finding: Finding,
    language: Language,
    isolate: Callable[[str], str] = str,
    names: Mapping[str, str] | None = None,
) -> str:
    """The finding as one sentence for a person.

    ``isolate`` marks ids, file names and other foreign words, for example with ``<bdi>`` in a page; it gets plain text
    and its result is used as it is. ``names`` holds better words for some subjects, such as the names of trades. A code
    without a sentence is told with its code, value and limit.
    """
    value, limit = told_apart(finding.value, finding.limit, finding.unit, language)
    unit = unit_word(finding.unit, language)
    words = _Details({name: isolate(_detail(text, language)) for name, text in finding.details.items()})
    subject = (names or {}).get(finding.subject_id, finding.subject_id)
    words.update(subject_id=isolate(subject), code=isolate(finding.code), value=value, limit=limit, unit=unit)
    template = term(finding.code, language, fallback="")
    if not template:
        template = term("sentence.plain" if finding.limit is None else "sentence.limit", language)
    text = template.format_map(words)
    if language == "fa":
        text = text.replace(" ٪", "٪")
    return text.replace(" %", "%").strip()
