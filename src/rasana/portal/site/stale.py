"""A save on an old version: both versions side by side, to choose from. Nothing was saved, nothing is lost."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Field
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from rasana.portal.apps.parties.history import field_name
from rasana.portal.base.clock import day_of
from rasana.portal.base.persian import format_date
from rasana.portal.base.record import Record

MACHINERY = frozenset({"csrfmiddlewaretoken", "version", "next"})


class Side(NamedTuple):
    """One field: what it is called, what was typed, what stands now (None: the record has no such field)."""

    label: str
    typed: str
    now: str | None


def conflict(request: HttpRequest, record: Record) -> HttpResponse:
    """409: what was typed beside what stands now; one button keeps that, the other saves what was typed over it."""
    typed = [(name, values) for name, values in request.POST.lists() if name not in MACHINERY]
    fields = {field.name: field for field in record._meta.concrete_fields}
    sides = []
    for name, values in typed:
        plain = name.rpartition("-")[2]  # forms that stand together on a page have prefixes
        sides.append(Side(field_name(plain), ", ".join(values), _now(record, fields.get(plain))))
    context = {
        "sides": [side for side in sides if side.typed or side.now],
        "again": [] if request.FILES else [(name, value) for name, values in typed for value in values],
        "record": record,
        "address": request.META.get("HTTP_REFERER", "/"),
    }
    return render(request, "409.html", context, status=409)


def _now(record: Record, field: Field[Any, Any] | None) -> str | None:
    if field is None:
        return None
    if field.choices:
        return str(getattr(record, f"get_{field.name}_display")())
    value = getattr(record, field.name)
    if isinstance(value, date):
        return format_date(day_of(value) if isinstance(value, datetime) else value, get_language() or "fa")
    return "" if value is None else str(value)
