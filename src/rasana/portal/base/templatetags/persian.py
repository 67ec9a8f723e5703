"""Filters: figures, dates and money in the reader's language. Each gives "" for None and plain text, escaped later."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from rasana.portal.base import clock
from rasana.portal.base import persian as words

register = template.Library()

PERSIAN_RUN = re.compile(r"[«(]?[\u0600-\u06ff](?:.*[\u0600-\u06ff])?(?:[»).\u200c]|\s*…)*", re.DOTALL)
"""From the first Persian letter of a text to its last, with the marks that close it."""


def _language() -> str:
    return get_language() or "fa"


def _day(value: date) -> date:
    """A moment's day in Tehran; a date as it is."""
    return clock.day_of(value) if isinstance(value, datetime) else value


@register.filter
def number(value: float | Decimal | None, decimals: int | None = None) -> str:
    """A number with the language's digits and separators; `|number:1` fixes the decimals."""
    return "" if value is None or value == "" else words.format_number(value, _language(), decimals)


@register.filter
def digits(value: object) -> str:
    """A text, code or number with the language's digits and nothing else changed."""
    return "" if value is None else words.local_digits(str(value), _language())


@register.filter
def money(value: float | Decimal | None) -> str:
    """An amount in rials, in the unit it is said in: ۲۶۶٫۶ میلیارد ریال."""
    return "" if value is None or value == "" else words.format_money(value, _language())


@register.filter
def jdate(value: date | None, style: str = "long") -> str:
    """A date in a sentence: ۱۸ آبان ۱۴۰۴, or 9 Nov 2025 in English; `|jdate:"full"` with its weekday."""
    return words.format_date(_day(value), _language(), style) if value else ""


@register.filter
def jdate_short(value: date | None) -> str:
    """A date in a table: ۱۴۰۴/۰۸/۱۸, or 2025-11-09 in English."""
    return words.format_date(_day(value), _language(), "short") if value else ""


@register.filter
def jdatetime(value: datetime | None) -> str:
    """A moment by Tehran's clock: ۱۸ آبان ۱۴۰۴، ۱۴:۰۵."""
    if not value:
        return ""
    language = _language()
    comma = "،" if words.is_persian(language) else ","
    time = value.astimezone(clock.TEHRAN).strftime("%H:%M")
    return f"{words.format_date(_day(value), language)}{comma} {words.local_digits(time, language)}"


@register.filter
def weekday(value: date | None) -> str:
    """Name of the day of the week."""
    return words.weekday(_day(value), _language()) if value else ""


@register.filter
def jday(value: date | None) -> str:
    """The day's number in its month: ۱۸."""
    return _part(value, 2) if value else ""


@register.filter
def jmonth(value: date | None) -> str:
    """The month's name: آبان."""
    if not value:
        return ""
    day = _day(value)
    if words.is_persian(_language()):
        return words.MONTHS_FA[words.jalali(day)[1] - 1]
    return words.MONTHS_EN[day.month - 1]


@register.filter
def jyear(value: date | None) -> str:
    """The year: ۱۴۰۴."""
    return _part(value, 0) if value else ""


@register.filter
def jtime(value: datetime | None) -> str:
    """Hour and minute by Tehran's clock: ۱۴:۰۵."""
    return words.local_digits(value.astimezone(clock.TEHRAN).strftime("%H:%M"), _language()) if value else ""


def _part(value: date, place: int) -> str:
    day = _day(value)
    parts = words.jalali(day) if words.is_persian(_language()) else (day.year, day.month, day.day)
    return words.local_digits(str(parts[place]), _language())


@register.filter
def days_left(value: date | None) -> str:
    """Calendar days from today to a due date: «۱۲ روز دیگر», «امروز», «۱۲ روز دیرکرد»."""
    return words.days_left(_day(value), clock.today(), _language()) if value else ""


@register.filter
def working_days(count: int | None) -> str:
    """A count of working days with its unit: ۸ روز کاری."""
    if count is None or count == "":
        return ""
    language = _language()
    unit = "روز کاری" if words.is_persian(language) else "working day" if count == 1 else "working days"
    return f"{words.format_number(count, language)} {unit}"


@register.filter
def ltr(value: object) -> SafeString | str:
    """A Latin run, code or number with unit, kept from left to right inside Persian: <bdi dir="ltr">…</bdi>."""
    return "" if value is None or value == "" else format_html('<bdi dir="ltr">{}</bdi>', value)


@register.filter
def written(value: object) -> SafeString | str:
    """What people wrote in Persian, marked as Persian on a page in English: <bdi lang="fa" dir="rtl">…</bdi>."""
    text = "" if value is None else value if isinstance(value, str) else str(value)
    run = None if words.is_persian(_language()) else PERSIAN_RUN.search(text)
    if run is None:
        return text
    safe = mark_safe if isinstance(text, SafeString) else str
    before, said, after = (safe(part) for part in (text[: run.start()], run.group(), text[run.end() :]))
    return format_html('{}<bdi lang="fa" dir="rtl">{}</bdi>{}', before, said, after)


@register.filter
def language(value: object) -> SafeString | str:
    """The attribute of an element with Persian words on a page in English: `<p dir="auto"{{ text|language }}>`."""
    is_foreign = not words.is_persian(_language()) and PERSIAN_RUN.search(str(value or ""))
    return mark_safe(' lang="fa"') if is_foreign else ""
