"""Holidays: what is certain, what is estimated, and who confirmed it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from rasana.portal.apps.parties import actions, selectors
from rasana.portal.apps.parties.forms import ConfirmForm, HolidayForm
from rasana.portal.base import clock
from rasana.portal.base.access import can, page
from rasana.portal.base.calendar import SOLAR_RULE
from rasana.portal.base.people import Holiday
from rasana.portal.base.persian import ascii_digits, jalali


@page("calendar.view")
def holidays(request: HttpRequest) -> HttpResponse:
    """The holidays of a Jalali year."""
    return _page(request, _year(request.GET.get("year", "")))


def _year(text: str) -> int:
    first, last = selectors.years_with_holidays()
    text = ascii_digits(text)
    year = int(text) if text.isdecimal() and len(text) == 4 else jalali(clock.today())[0]
    return min(max(year, first), last)


def _page(
    request: HttpRequest,
    year: int,
    *,
    form: HolidayForm | None = None,
    confirming: tuple[int, ConfirmForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = selectors.holidays_of_year(year)
    kept = next((each for each in rows if each.pk), None)
    for each in rows:
        each.form = confirming[1] if confirming and confirming[0] == each.pk else _confirm_form(each)
        each.said = _source(each.source)
        each.is_open = confirming is not None and confirming[0] == each.pk
    first, last = selectors.years_with_holidays()
    actor = request.actor
    keeps = bool(actor.organisation and "keeper" in Holiday().standing(actor.organisation))
    context: dict[str, Any] = {
        "year": year,
        "years": range(first, last + 1),
        "days": rows,
        "estimated": sum(not each.confirmed for each in rows),
        "kept": kept,
        "calendar": selectors.calendar_of(actor.organisation),
        "may_change": keeps and can(actor, "calendar.add"),
        "form": form or HolidayForm(),
    }
    return render(request, "parties/holidays.html", context, status=status)


def _source(text: str) -> str:
    """Where a day of the program's list is from, in words; what people wrote stays as it is."""
    if text == SOLAR_RULE:
        return _("fixed in the solar calendar")
    return _("published list of Iran's holidays") if text.startswith("holidays ") else text


def _confirm_form(holiday: Holiday, data: Any = None) -> ConfirmForm:
    initial = {"date": holiday.date, "source": _source(holiday.source), "is_cancelled": holiday.cancelled}
    return ConfirmForm(data, initial=initial, auto_id=f"id_{holiday.pk}_%s")


@page("calendar.confirm", Holiday, methods=("POST",))
def confirm(request: HttpRequest, holiday: Holiday) -> HttpResponse:
    """A holiday is kept, moved or none."""
    form = _confirm_form(holiday, request.POST)
    year = jalali(holiday.date)[0]
    if form.is_valid():
        values = form.cleaned_data
        version = request.POST.get("version", "")
        try:
            actions.confirm_holiday(
                request.actor,
                holiday,
                int(version) if version.isascii() and version.isdecimal() else None,
                day=values["date"],
                source=values["source"],
                is_cancelled=values["is_cancelled"],
            )
        except ValidationError as fault:
            form.add_error(None, fault)
        else:
            messages.success(request, _("Recorded. Deadlines and working days are computed with it from now on."))
            return redirect(f"{reverse('parties:calendar')}?year={year}")
    return _page(request, year, confirming=(holiday.pk, form), status=422)


@page("calendar.add", methods=("POST",))
def add(request: HttpRequest) -> HttpResponse:
    """A day off by decree."""
    form = HolidayForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        day = values.pop("date")
        try:
            actions.add_holiday(request.actor, day=day, **values)
        except ValidationError as fault:
            form.add_error(None, fault)
        else:
            messages.success(request, _("Recorded. Deadlines and working days are computed with it from now on."))
            return redirect(f"{reverse('parties:calendar')}?year={jalali(day)[0]}")
    return _page(request, _year(""), form=form, status=422)


@page("calendar.add", methods=("POST",))
def take_over(request: HttpRequest) -> HttpResponse:
    """The list that comes with the program becomes the office's own, to be confirmed day by day."""
    try:
        actions.load_holidays(request.actor)
    except ValidationError as fault:
        messages.error(request, " ".join(fault.messages))
        return _page(request, _year(""), status=422)
    messages.success(request, _("The list is the office's own now. Confirm each estimated day when it is announced."))
    return redirect("parties:calendar")


@page("calendar.view")
def names(request: HttpRequest) -> HttpResponse:
    """Names of holidays by date, for the date fields."""
    response = JsonResponse(selectors.holiday_names(), json_dumps_params={"ensure_ascii": False})
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response
