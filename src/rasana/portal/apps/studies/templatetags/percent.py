"""Percent and large amounts in the language of the page."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language

from rasana.portal.base.persian import format_money, format_number, is_persian

register = template.Library()


@register.filter
def percent(value: float | None, decimals: int = 0) -> str:
    """A number with the sign of percent behind it: ۸۸٪ or 88%."""
    if value is None:
        return ""
    language = get_language() or "fa"
    return format_number(value, language, decimals) + ("٪" if is_persian(language) else "%")


@register.filter
def money_number(rials: float) -> str:
    """The number of an amount in the unit it is said in: ۱٬۷۹۹٫۷ of ۱٬۷۹۹٫۷ میلیارد ریال."""
    return format_money(rials, get_language() or "fa").partition(" ")[0]


@register.filter
def money_unit(rials: float) -> str:
    """The unit of an amount: میلیارد ریال."""
    return format_money(rials, get_language() or "fa").partition(" ")[2]
