"""Figures with their units, in the language of the page."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rasana.portal.apps.estates.models import Figure
from rasana.portal.base.persian import format_number

register = template.Library()


@register.filter
def unit_word(unit: str) -> str:
    """A unit as it stands behind a number; nothing for counts whose property says what is counted."""
    words = {
        "ha": _("ha"),
        "MW": _("MW"),
        "m2": _("m²"),
        "applicant": _("applicants"),
        "plot": _("plots"),
    }
    return words.get(unit, "")


@register.filter
def figure_value(figure: Figure) -> str:
    """The source's own words, else the number with its unit."""
    if figure.said:
        return figure.said
    number = "" if figure.value is None else format_number(figure.value, get_language() or "fa")
    return f"{number} {unit_word(figure.unit)}".strip()
