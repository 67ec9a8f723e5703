"""Writing: the main verbs, through the same forms and actions as the pages."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_noop
from ninja import Schema

from rasana.portal.apps.api.gate import cleaned, estate_of, found, one, operation, version_of
from rasana.portal.apps.api.reading import FAULTS, Problem, records_of, router
from rasana.portal.apps.api.resources import (
    BY_KIND,
    CommitmentOut,
    FigureOut,
    PlotOut,
    ProblemOut,
    RequestOut,
    say_any,
)
from rasana.portal.apps.commitments import actions as commitments
from rasana.portal.apps.commitments.forms import DeliveryForm
from rasana.portal.apps.commitments.models import Commitment
from rasana.portal.apps.connections import actions as connections
from rasana.portal.apps.connections import counter
from rasana.portal.apps.connections.forms import NewRequestForm, PaperForm, StepForm
from rasana.portal.apps.connections.models import CLERKS, Request
from rasana.portal.apps.estates import actions as estates
from rasana.portal.apps.estates.forms import FigureForm, StatusForm
from rasana.portal.apps.estates.models import Figure, Plot
from rasana.portal.apps.problems import actions as problems
from rasana.portal.apps.problems.forms import ProblemForm
from rasana.portal.apps.problems.models import Problem as ProblemRecord
from rasana.portal.base.people import Estate
from rasana.portal.base.record import Record

CHANGED = FAULTS | {412: Problem, 428: Problem}


class ProblemIn(Schema):
    """A problem to be reported."""

    estate: str
    title: str
    kind: str
    severity: int = 2
    effect: str = ""
    description: str = ""
    plots: list[str] = []
    longitude: float | None = None
    latitude: float | None = None


class NoteIn(Schema):
    """What there is to say."""

    note: str = ""


class DeliveryIn(Schema):
    """What was delivered, and the letter that proves it."""

    delivered_on: date
    text: str
    letter_number: str = ""
    letter_date: date | None = None


class RequestIn(Schema):
    """A connection request as a counter enters it. ``supply``: 1x25, 1x32, 3x15, 3x25, 3x32, or kw with power_kw."""

    estate: str
    plot: str
    applicant_name: str
    national_id: str = ""
    phone: str = ""
    use: str = "trade"
    supply: str
    power_kw: float | None = None
    delivery: str = "secondary"
    builder: str = "company"
    inside_limits: bool = True
    registered_on: date
    papers: list[str] = []


class StepIn(Schema):
    """The open step was done. ``facts``: what it asks for, by key; ``happened_on`` where none of them is its day."""

    happened_on: date | None = None
    facts: dict[str, str | int | float | None] = {}
    note: str = ""


class PaperIn(Schema):
    """A paper came in."""

    kind: str
    number: str = ""
    received_on: date


class StatusIn(Schema):
    """A plot's new status."""

    status: str
    happened_on: date
    reason: str


class FigureIn(Schema):
    """What a source says of a property."""

    estate: str
    key: str
    value: float | None = None
    said: str = ""
    source: str
    source_date: date | None = None
    status: str = "verified"
    field_class: str = "P0"
    note: str = ""


def typed(value: Any) -> Any:
    """A value as a form takes it: dates in ISO, numbers in plain decimals, nothing as an empty text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool | list):
        return value
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def _form_data(given: Schema, *without: str) -> dict[str, Any]:
    return {name: typed(value) for name, value in given.dict().items() if name not in without}


def _read(request: HttpRequest, kind: type[Record], pk: int, action: str) -> Any:
    """The record that is to be changed; a stale save will say it in the words of its resource."""
    request.say_record = lambda record: say_any(record, request.actor)  # type: ignore[attr-defined]
    resource = BY_KIND[kind]
    return found(request, records_of(resource, request.actor), pk, action)  # type: ignore[attr-defined]


def _said(request: HttpRequest, record: Record, status: int = 200) -> HttpResponse:
    """The record as it stands after the act."""
    resource = BY_KIND[type(record)]
    fresh = type(record).objects.select_related(*resource.related).get(pk=record.pk)
    return one(request, resource.say(fresh, request.actor), status)  # type: ignore[attr-defined]


@router.post(
    "/problems", response={201: ProblemOut} | FAULTS, operation_id="report_problem",
    summary=gettext_noop("Report a problem"), tags=["problems"],
)  # fmt: skip
@operation("problem.report")
def report_problem(request: HttpRequest, given: ProblemIn) -> HttpResponse:
    """Put a problem on the register."""
    estate = estate_of(request, given.estate, "problem.report")
    data = _form_data(given, "estate", "plots") | {"plots": "،".join(given.plots)}
    values = cleaned(ProblemForm(data, estate=estate))
    values.pop("file", None)
    made = problems.report(request.actor, estate, **values)  # type: ignore[attr-defined]
    return _said(request, made, 201)


@router.post(
    "/problems/{pk}/fix", response={200: ProblemOut} | CHANGED, operation_id="fix_problem",
    summary=gettext_noop("Say that a problem is solved"), tags=["problems"],
)  # fmt: skip
@operation("problem.fix", ProblemRecord)
def fix_problem(request: HttpRequest, pk: int, given: NoteIn) -> HttpResponse:
    """Say that it is solved, and how."""
    record = _read(request, ProblemRecord, pk, "problem.fix")
    return _said(request, problems.fix(request.actor, record, given.note, version=version_of(request)))  # type: ignore[attr-defined]


@router.post(
    "/problems/{pk}/confirm", response={200: ProblemOut} | CHANGED, operation_id="confirm_problem",
    summary=gettext_noop("Confirm that a problem is solved"), tags=["problems"],
)  # fmt: skip
@operation("problem.confirm", ProblemRecord)
def confirm_problem(request: HttpRequest, pk: int, given: NoteIn) -> HttpResponse:
    """The reporter's organisation confirms."""
    record = _read(request, ProblemRecord, pk, "problem.confirm")
    done = problems.confirm(request.actor, record, note=given.note, version=version_of(request))  # type: ignore[attr-defined]
    return _said(request, done)


@router.post(
    "/commitments/{pk}/deliver", response={200: CommitmentOut} | CHANGED, operation_id="deliver_commitment",
    summary=gettext_noop("Deliver a commitment with its evidence"), tags=["commitments"],
)  # fmt: skip
@operation("commitment.deliver", Commitment)
def deliver_commitment(request: HttpRequest, pk: int, given: DeliveryIn) -> HttpResponse:
    """The debtor says that it is done; the proof is a letter (files are given on the page)."""
    record = _read(request, Commitment, pk, "commitment.deliver")
    values = cleaned(DeliveryForm(_form_data(given), commitment=record))
    wanted = {name: values[name] for name in ("delivered_on", "text", "letter_number", "letter_date")}
    commitments.deliver(request.actor, record, **wanted, version=version_of(request))  # type: ignore[attr-defined]
    return _said(request, record)


@router.post(
    "/requests", response={201: RequestOut} | FAULTS, operation_id="register_request",
    summary=gettext_noop("Enter a connection request"), tags=["requests"],
)  # fmt: skip
@operation("request.create")
def register_request(request: HttpRequest, given: RequestIn) -> HttpResponse:
    """A counter enters a request for an applicant."""
    counter.only(request.actor, CLERKS)  # type: ignore[attr-defined]
    estate = estate_of(request, given.estate, "request.create")
    data = _form_data(given, "estate") | {"estate": estate.pk, "inside_limits": "on" if given.inside_limits else ""}
    form = NewRequestForm(data, estates=Estate.objects.filter(pk=estate.pk))
    values = cleaned(form)
    made = counter.register(
        request.actor,  # type: ignore[attr-defined]
        values["plot"],
        applicant=form.applicant,
        power=form.power,
        registered_on=values["registered_on"],
        papers=values["papers"],
    )
    return _said(request, made, 201)


def _advance(request: HttpRequest, pk: int, given: StepIn, action: str) -> HttpResponse:
    record = _read(request, Request, pk, action)
    data = {name: typed(value) for name, value in given.facts.items()}
    form = StepForm(
        data | {"happened_on": typed(given.happened_on), "note": given.note, "version": record.version},
        stage=record.state,
    )
    values = cleaned(form)
    done = connections.advance(
        request.actor,  # type: ignore[attr-defined]
        record,
        facts=form.facts,
        happened_on=form.day,
        note=values["note"],
        version=version_of(request),
    )
    return _said(request, done)


@router.post(
    "/requests/{pk}/advance", response={200: RequestOut} | CHANGED, operation_id="advance_request",
    summary=gettext_noop("Write down the open step as done, by the company"), tags=["requests"],
)  # fmt: skip
@operation("request.advance", Request)
def advance_request(request: HttpRequest, pk: int, given: StepIn) -> HttpResponse:
    """A step of the company."""
    return _advance(request, pk, given, "request.advance")


@router.post(
    "/requests/{pk}/record", response={200: RequestOut} | CHANGED, operation_id="record_request",
    summary=gettext_noop("Write down the applicant's step, at a counter"), tags=["requests"],
)  # fmt: skip
@operation("request.record", Request)
def record_request(request: HttpRequest, pk: int, given: StepIn) -> HttpResponse:
    """A step of the applicant."""
    return _advance(request, pk, given, "request.record")


@router.post(
    "/requests/{pk}/papers", response={200: RequestOut} | CHANGED, operation_id="give_paper",
    summary=gettext_noop("A paper came in"), tags=["requests"],
)  # fmt: skip
@operation("request.record", Request)
def give_paper(request: HttpRequest, pk: int, given: PaperIn) -> HttpResponse:
    """A paper came in at a counter."""
    record = _read(request, Request, pk, "request.record")
    values = cleaned(PaperForm(_form_data(given) | {"version": record.version}))
    wanted = {name: values[name] for name in ("kind", "number", "received_on")}
    return _said(request, counter.give_paper(request.actor, record, **wanted, version=version_of(request)))  # type: ignore[attr-defined]


@router.post(
    "/plots/{pk}/status", response={200: PlotOut} | CHANGED, operation_id="change_plot_status",
    summary=gettext_noop("Change a plot's supply status"), tags=["plots"],
)  # fmt: skip
@operation("plot.status", Plot)
def change_plot_status(request: HttpRequest, pk: int, given: StatusIn) -> HttpResponse:
    """Say that a plot's status is another one, since when and why."""
    record = _read(request, Plot, pk, "plot.status")
    values = cleaned(StatusForm(_form_data(given) | {"version": record.version}))
    done = estates.change_status(
        request.actor,  # type: ignore[attr-defined]
        record,
        values["status"],
        values["reason"],
        values["happened_on"],
        version=version_of(request),
    )
    return _said(request, done)


@router.post(
    "/figures", response={201: FigureOut} | FAULTS, operation_id="add_figure",
    summary=gettext_noop("Give a figure with its source"), tags=["figures"],
)  # fmt: skip
@operation("figure.add")
def add_figure(request: HttpRequest, given: FigureIn) -> HttpResponse:
    """Write down what a source says of a property."""
    estate = estate_of(request, given.estate, "figure.add")
    classes = request.actor.classes(estate)  # type: ignore[attr-defined]
    values = cleaned(FigureForm(_form_data(given, "estate"), classes=classes))
    made: Figure = estates.add_figure(request.actor, estate, **values)  # type: ignore[attr-defined]
    return _said(request, made, 201)
