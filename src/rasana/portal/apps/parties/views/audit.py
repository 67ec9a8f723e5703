"""What was done: to one record, in an estate; a record as it was known on a past day; the lines as a file."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from rasana.portal.apps.parties import history
from rasana.portal.apps.parties.forms import DayForm, PeriodForm
from rasana.portal.base import clock
from rasana.portal.base.access import NotThere, page, require
from rasana.portal.base.audit import AuditLine, act, touching
from rasana.portal.base.people import Estate, Organisation
from rasana.portal.base.record import Record

LINES_A_PAGE = 20
ONE_DAY = timedelta(days=1)


@page("audit.view")
def of_record(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Everything that was done to a record, and the record as it was known on a past day."""
    record = _record(kind, pk)
    require(request.actor, "audit.view", record)
    form = DayForm(request.GET)
    day = form.cleaned_data.get("on") if form.is_valid() else None
    paginator = Paginator(touching(record).order_by("-number"), LINES_A_PAGE)
    shown = paginator.get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "record": record,
        "kind": history.kind_name(type(record)),
        "estate": record.estate_of(),
        "page": shown,
        "entries": history.Reader(request.actor, list(shown), about=record, estate=record.estate_of()).entries(),
        "form": form,
        "day": day,
    }
    if day is not None and history.allowed(request.actor, type(record), record):
        then = history.known_then(request.actor, record, clock.start_of(day + ONE_DAY))
        context["then"] = history.as_rows(request.actor, record, then) if then else []
        context["is_unborn"] = not then
    return render(request, "parties/history.html", context, status=200 if form.is_valid() else 422)


of_record.names_its_kind = True
"""The address says which kind of record is meant; the view asks the table about it."""


def _record(label: str, pk: int) -> Record:
    kind = history.kind_of(label)
    if kind is None or kind._meta.label in history.PAGELESS:
        raise NotThere
    related = ["estate"] if any(each.name == "estate" for each in kind._meta.fields) else []
    record = kind.objects.select_related(*related).filter(pk=pk).first()
    if record is None:
        raise NotThere
    return record


@page("audit.view", Estate)
def of_estate(request: HttpRequest, estate: Estate) -> HttpResponse:
    """Everything that was done in an estate, newest first."""
    form = PeriodForm(request.GET, Organisation.objects.filter(party_rows__estate=estate))
    is_valid = form.is_valid()
    lines = _lines(estate, form.cleaned_data if is_valid else {})
    shown = Paginator(lines.order_by("-number"), LINES_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "estate": estate,
        "form": form,
        "page": shown,
        "entries": history.Reader(request.actor, list(shown), estate=estate).entries(),
    }
    return render(request, "parties/audit.html", context, status=200 if is_valid else 422)


def _lines(estate: Estate, values: dict[str, Any]) -> QuerySet[AuditLine]:
    lines = AuditLine.objects.filter(estate=estate.code)
    since: date | None = values.get("since")
    until: date | None = values.get("until")
    if since:
        lines = lines.filter(at__gte=clock.start_of(since))
    if until:
        lines = lines.filter(at__lt=clock.start_of(until + ONE_DAY))
    if values.get("organisation"):
        lines = lines.filter(organisation=values["organisation"].code)
    return lines


@page("audit.export", Estate, methods=("POST",))
def export(request: HttpRequest, estate: Estate) -> HttpResponse:
    """The lines as a file, one JSON object a line. The export itself is written down."""
    form = PeriodForm(request.POST, Organisation.objects.filter(party_rows__estate=estate))
    if not form.is_valid():
        context = {"estate": estate, "form": form, "page": None, "entries": []}
        return render(request, "parties/audit.html", context, status=422)
    with act(request.actor, "audit.export", estate):
        pass
    lines = _lines(estate, form.cleaned_data).order_by("number").iterator(chunk_size=500)
    response = StreamingHttpResponse(
        history.exported(request.actor, lines), content_type="application/jsonl; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{estate.code}.jsonl"'
    return response
