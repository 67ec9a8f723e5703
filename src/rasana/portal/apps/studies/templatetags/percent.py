"""Percent in the language of the page."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language

from rasana.portal.base.persian import format_number, is_persian

register = template.Library()


@register.filter
def percent(value: float | None, decimals: int = 0) -> str:
    """A number with the sign of percent behind it: ۸۸٪ or 88%."""
    if value is None:
        return ""
    language = get_language() or "fa"
    return format_number(value, language, decimals) + ("٪" if is_persian(language) else "%")
