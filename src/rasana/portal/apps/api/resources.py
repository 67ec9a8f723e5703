"""What the API says of records: one schema and one function for each kind, and who may see which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy
from ninja import Schema

from rasana.portal.apps.commitments import selectors as commitments
from rasana.portal.apps.commitments.models import Commitment
from rasana.portal.apps.connections import selectors as connections
from rasana.portal.apps.connections.models import Request, sees_applicant
from rasana.portal.apps.estates import selectors as estates
from rasana.portal.apps.estates.models import Figure, Plot
from rasana.portal.apps.meetings import selectors as meetings
from rasana.portal.apps.meetings.models import Decision, Meeting, MeetingState
from rasana.portal.apps.problems import selectors as problems
from rasana.portal.apps.problems.models import Problem
from rasana.portal.apps.studies.models import Study
from rasana.portal.base.actor import Actor
from rasana.portal.base.people import Estate
from rasana.portal.base.record import Record

BASE = "/api/v1"
DECIDED = (MeetingState.CIRCULATED, MeetingState.SEALED)
"""States of a meeting in which its decisions are known to all its parties."""


class Common(Schema):
    """What every record has: key, version (its ETag), estate by code, its address here and its page."""

    id: int
    version: int
    estate: str
    href: str
    page: str | None = None


class EstateOut(Common):
    """A trade estate."""

    name_fa: str
    name_en: str
    label_fa: str
    label_en: str


class PlotOut(Common):
    """A plot; place in WGS 84."""

    plot_id: str
    block: str | None
    trade: str | None
    status: str
    units: int
    area_m2: float | None
    longitude: float | None
    latitude: float | None


class FigureOut(Common):
    """One figure of one property, with its source."""

    key: str
    value: float | None
    unit: str
    source: str
    source_date: date | None
    status: str
    field_class: str
    adopted: bool


class ProblemOut(Common):
    """A problem."""

    number: int
    title: str
    description: str
    kind: str
    severity: int
    effect: str
    state: str
    reporter: str
    assigned: str | None
    holder: str | None
    reported_at: datetime
    plots_count: int
    invented: bool


class MeetingOut(Common):
    """A meeting."""

    number: int
    title: str
    place: str
    starts_at: datetime
    convener: str
    state: str
    invented: bool


class DecisionOut(Common):
    """A decision of circulated or sealed minutes."""

    meeting: int
    order: int
    text: str
    responsible: str | None
    due: date | None
    invented: bool


class CommitmentOut(Common):
    """A commitment. ``first_due`` never changes."""

    number: int
    text: str
    debtor: str
    creditor: str
    deliverable: str
    evidence_rule: str
    promised_on: date
    first_due: date
    due: date
    state: str
    delivered_on: date | None
    closed_on: date | None
    decision: int | None
    invented: bool


class RequestOut(Common):
    """A connection request. Who the applicant is, only for those with a counter (null for others)."""

    number: int
    plot: str
    supply_class: str
    power_kw: float | None
    amperes: int | None
    phases: int
    use: str
    delivery: str
    builder: str
    inside_limits: bool
    registered_on: date
    completed_on: date | None
    stage: str
    stage_since: datetime
    holder: str | None
    with_applicant: bool
    energised_on: date | None
    study: int | None
    applicant_name: str | None
    phone: str | None
    national_id: str | None
    invented: bool


class StudyOut(Common):
    """Summary of a study; ``company_figures`` only for the electric companies (null for others)."""

    number: int
    fingerprint: str
    effort: str
    standard: str
    catalogue: str
    engine_version: str
    currency: str
    figures: Any
    company_figures: Any


@dataclass(frozen=True)
class Resource:
    """A kind of record in the API."""

    name: str
    title: str | Promise
    kind: type[Record]
    out: type[Schema]
    list_action: str
    view_action: str
    visible: Callable[[Actor], QuerySet[Any]]
    say: Callable[[Any, Actor], dict[str, Any]]
    related: tuple[str, ...] = ("estate",)
    filters: dict[str, str] = field(default_factory=dict)
    """Names of query parameters with the lookup that each stands for."""


def _code(organisation: Any) -> str | None:
    return organisation.code if organisation else None


def _common(name: str, record: Any, estate: str) -> dict[str, Any]:
    address = record.get_absolute_url() if hasattr(record, "get_absolute_url") else None
    return {
        "id": record.pk, "version": record.version, "estate": estate, "href": f"{BASE}/{name}/{record.pk}",
        "page": address,
    }  # fmt: skip


def _fields(record: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def say_estate(estate: Estate, _actor: Actor) -> dict[str, Any]:
    """An estate."""
    names = _fields(estate, "name_fa", "name_en", "label_fa", "label_en")
    return _common("estates", estate, estate.code) | names


def say_plot(plot: Plot, _actor: Actor) -> dict[str, Any]:
    """A plot."""
    said = _fields(plot, "plot_id", "status", "area_m2", "longitude", "latitude")
    said |= {"block": plot.block.code if plot.block else None, "trade": plot.trade.code if plot.trade else None}
    return _common("plots", plot, plot.estate.code) | said | {"units": plot.units_count}


def say_figure(figure: Figure, _actor: Actor) -> dict[str, Any]:
    """A figure."""
    said = _fields(figure, "key", "value", "unit", "source", "source_date", "status", "field_class", "adopted")
    return _common("figures", figure, figure.estate.code) | said


def say_problem(problem: Problem, _actor: Actor) -> dict[str, Any]:
    """A problem."""
    said = _fields(
        problem, "number", "title", "description", "kind", "severity", "effect", "state", "reported_at", "plots_count",
        "invented",
    )  # fmt: skip
    parties = {name: _code(getattr(problem, name)) for name in ("reporter", "assigned", "holder")}
    return _common("problems", problem, problem.estate.code) | said | parties


def say_meeting(meeting: Meeting, _actor: Actor) -> dict[str, Any]:
    """A meeting."""
    said = _fields(meeting, "number", "title", "place", "starts_at", "state", "invented")
    return _common("meetings", meeting, meeting.estate.code) | said | {"convener": meeting.convener.code}


def say_decision(decision: Decision, _actor: Actor) -> dict[str, Any]:
    """A decision."""
    said = _fields(decision, "order", "text", "due", "invented")
    said |= {"meeting": decision.meeting_id, "responsible": _code(decision.responsible)}
    return _common("decisions", decision, decision.estate.code) | said


def say_commitment(commitment: Commitment, _actor: Actor) -> dict[str, Any]:
    """A commitment."""
    said = _fields(
        commitment, "number", "text", "deliverable", "evidence_rule", "promised_on", "first_due", "due", "state",
        "delivered_on", "closed_on", "invented",
    )  # fmt: skip
    said |= {"debtor": commitment.debtor.code, "creditor": commitment.creditor.code, "decision": commitment.decision_id}
    return _common("commitments", commitment, commitment.estate.code) | said


def say_request(request: Request, actor: Actor) -> dict[str, Any]:
    """A connection request."""
    said = _fields(
        request, "number", "supply_class", "power_kw", "amperes", "phases", "use", "delivery", "builder",
        "inside_limits", "registered_on", "completed_on", "stage", "stage_since", "with_applicant", "energised_on",
        "invented",
    )  # fmt: skip
    counter = sees_applicant(actor, request.estate_id)
    said |= {name: getattr(request, name) if counter else None for name in ("applicant_name", "phone", "national_id")}
    said |= {"plot": request.plot.plot_id, "holder": _code(request.holder), "study": request.study_id}
    return _common("requests", request, request.estate.code) | said


def say_study(study: Study, actor: Actor) -> dict[str, Any]:
    """A study's summary."""
    said = _fields(study, "number", "fingerprint", "effort", "standard", "catalogue", "engine_version", "currency")
    classes = actor.classes(study.estate)
    said["figures"] = study.figures if "P2" in classes else None
    said["company_figures"] = study.company_figures if "P3" in classes else None
    return _common("studies", study, study.estate.code) | said


def _figures(actor: Actor) -> QuerySet[Figure]:
    allowed = Q(pk=None)
    for estate in actor.estate_ids:
        allowed |= Q(estate=estate, field_class__in=actor.classes(estate))
    return Figure.objects.filter(allowed)


def _of_estates(kind: type[Record]) -> Callable[[Actor], QuerySet[Any]]:
    return lambda actor: kind.objects.filter(estate__in=actor.estate_ids)


def _decisions(actor: Actor) -> QuerySet[Decision]:
    return Decision.objects.filter(estate__in=actor.estate_ids, meeting__state__in=DECIDED, dropped=False)


RESOURCES = (
    Resource(
        "estates",
        pgettext_lazy("api", "estates"),
        Estate,
        EstateOut,
        "estate.list",
        "estate.view",
        estates.estates_of,
        say_estate,
        (),
    ),
    Resource(
        "plots",
        pgettext_lazy("api", "plots"),
        Plot,
        PlotOut,
        "estate.list",
        "estate.view",
        _of_estates(Plot),
        say_plot,
        ("estate", "block", "trade"),
        {"estate": "estate__code", "status": "status", "block": "block__code"},
    ),
    Resource(
        "figures",
        pgettext_lazy("api", "figures"),
        Figure,
        FigureOut,
        "estate.list",
        "estate.view",
        _figures,
        say_figure,
        ("estate",),
        {"estate": "estate__code", "key": "key"},
    ),
    Resource(
        "problems",
        pgettext_lazy("api", "problems"),
        Problem,
        ProblemOut,
        "problem.list",
        "problem.view",
        problems.visible,
        say_problem,
        ("estate", "reporter", "assigned", "holder"),
        {"estate": "estate__code", "state": "state", "holder": "holder__code"},
    ),
    Resource(
        "meetings",
        pgettext_lazy("api", "meetings"),
        Meeting,
        MeetingOut,
        "meeting.list",
        "meeting.view",
        meetings.visible,
        say_meeting,
        ("estate", "convener"),
        {"estate": "estate__code", "state": "state"},
    ),
    Resource(
        "decisions",
        pgettext_lazy("api", "decisions"),
        Decision,
        DecisionOut,
        "meeting.list",
        "meeting.view",
        _decisions,
        say_decision,
        ("estate", "meeting__estate", "responsible"),
        {"estate": "estate__code", "responsible": "responsible__code"},
    ),
    Resource(
        "commitments",
        pgettext_lazy("api", "commitments"),
        Commitment,
        CommitmentOut,
        "commitment.list",
        "commitment.view",
        commitments.visible,
        say_commitment,
        ("estate", "debtor", "creditor"),
        {"estate": "estate__code", "state": "state", "debtor": "debtor__code", "creditor": "creditor__code"},
    ),
    Resource(
        "requests",
        pgettext_lazy("api", "connection requests"),
        Request,
        RequestOut,
        "request.list",
        "request.view",
        connections.visible,
        say_request,
        ("estate", "plot", "holder"),
        {
            "estate": "estate__code",
            "stage": "stage",
            "supply_class": "supply_class",
            "holder": "holder__code",
            "plot": "plot__plot_id",
        },
    ),
    Resource(
        "studies",
        pgettext_lazy("api", "summaries of studies"),
        Study,
        StudyOut,
        "estate.list",
        "study.view",
        _of_estates(Study),
        say_study,
        ("estate",),
        {"estate": "estate__code"},
    ),
)
BY_KIND = {resource.kind: resource for resource in RESOURCES}


def say_any(record: Record, actor: Actor) -> dict[str, Any]:
    """A record in the words of its resource."""
    return BY_KIND[type(record)].say(record, actor)
