"""Pages of studies, their maps and files."""

from __future__ import annotations

import gzip
from typing import Any

from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from rasana.exchange.result_folder import KINDS
from rasana.portal.apps.studies import classes, selectors
from rasana.portal.apps.studies.models import FileKind, Study, StudyFile
from rasana.portal.base.access import NotThere, page
from rasana.portal.base.people import Estate
from rasana.portal.base.tables import Column, export

PER_PAGE = 20
ASSUMPTIONS_PER_PAGE = 50
ASSUMPTIONS_SHOWN = 8
STATUSES = ("given", "verified", "derived", "default")
KIND_NAMES = {
    "plan": _("the estate's plan"),
    "trade": _("trades"),
    "coincidence": _("coincidence"),
    "standard": _("limits of the standard"),
    "catalogue": _("equipment and prices"),
}
FILE_NAMES = {
    "report.html": (_("Report"), _("all figures, prints well")),
    "design.gpkg": ("GeoPackage", _("layers with styles, for QGIS")),
    "bill_of_quantities.xlsx": ("Excel", _("bill of quantities")),
    "network.pandapower.json": ("pandapower", _("network for power flow")),
    "summary.json": ("JSON", _("headline figures")),
}


STUDY_COLUMNS = (
    Column(_("Study"), "title"),
    Column(_("Estate"), "estate.name"),
    Column(_("Cost of the whole life"), lambda study: study.figures["cost"]["total"]),
    Column(_("Currency"), "currency"),
    Column(_("Coincident peak, kW"), lambda study: study.figures["peak_kw"]),
    Column(_("Substations"), lambda study: sum(study.figures["transformers"].values())),
    Column(_("Brought in"), "created_at"),
    Column(_("Fingerprint of the input"), "fingerprint"),
)


@page("study.view")
def study_list(request: HttpRequest) -> HttpResponse:
    """Studies of all estates of the actor, or of one."""
    studies = selectors.studies_of(request.actor)
    estate = None
    if code := request.GET.get("estate", ""):
        estate = Estate.objects.filter(code=code, pk__in=request.actor.estate_ids).first()
        if estate is None:
            raise NotThere
        studies = studies.filter(estate=estate)
    if (file := export(request, studies, STUDY_COLUMNS, "studies")) is not None:
        return file
    listed = Paginator(studies, PER_PAGE).get_page(request.GET.get("page"))
    for study in listed:
        _with_counts(study)
    return render(request, "studies/list.html", {"page": listed, "estate": estate})


def _with_counts(study: Study) -> None:
    """What tables show of a study beside its own columns."""
    figures = study.figures
    study.stations = sum(figures["transformers"].values())
    study.cost_rials = selectors.rials(study, figures["cost"]["total"])
    study.cable_km = (figures["length_m"]["lv"] + figures["length_m"]["mv"] + figures["length_m"]["service"]) / 1000


@page("study.view", Study)
def study_page(request: HttpRequest, study: Study) -> HttpResponse:
    """One study: what it costs, what it builds, and whether it is sound, as far as the actor may read."""
    actor = request.actor
    _with_counts(study)
    company = selectors.is_company(actor, study)
    findings = selectors.findings_of(actor, study)
    assumptions = selectors.assumptions_of(actor, study)
    before = selectors.previous_of(study)
    rows, rest = selectors.substations_of(actor, study)
    context: dict[str, Any] = {
        "estate": study.estate,
        "study": study,
        "is_company": company,
        "figures": study.figures,
        "ratings": list(study.figures["transformers"].items()),
        "cost_each": study.cost_rials and study.cost_rials / max(1, study.figures["plots_demanding"]),
        "saidi_minutes": 60 * study.figures["saidi_h"] if study.figures["saidi_h"] is not None else None,
        "km": {name: metres / 1000 for name, metres in study.figures["length_m"].items()},
        "company": study.company_figures if company else None,
        "lowest_pct": 100 * (study.company_figures["voltage_min_pu"] or 0) if company else None,
        "findings": findings,
        "errors": sum(each["severity"] == "error" for each in findings),
        "warnings": sum(each["severity"] == "warning" for each in findings),
        "notes": sum(each["severity"] == "note" for each in findings),
        "substations": rows,
        "substations_more": rest,
        "bars": selectors.cost_bars(study),
        "before": before,
        "compared": selectors.comparison(actor, study, before) if before else [],
        "assumptions": [each for each in assumptions if each["kind"] == "plan"][:ASSUMPTIONS_SHOWN],
        "assumptions_count": len(assumptions),
        "assumptions_default": sum(each["status"] == "default" for each in assumptions),
        "files": [(file, *FILE_NAMES.get(file.name, (file.name, ""))) for file in selectors.files_of(actor, study)],
    }
    return render(request, "studies/study.html", context)


ASSUMPTION_COLUMNS = (
    Column(_("Assumption"), lambda row: row["name"]),
    Column(_("Value"), lambda row: row["value_shown"]),
    Column(_("Unit"), lambda row: row["unit_shown"]),
    Column(_("Status"), lambda row: row["status_shown"]),
    Column(_("Source"), lambda row: row["source"]),
)


@page("study.view", Study)
def assumptions_page(request: HttpRequest, study: Study) -> HttpResponse:
    """All assumptions of a study that the actor may read, by kind and status."""
    kind, status = request.GET.get("kind", ""), request.GET.get("status", "")
    kind = kind if kind in ("plan", *KINDS) else ""
    status = status if status in STATUSES else ""
    rows = selectors.assumptions_of(request.actor, study, kind, status)
    if (file := export(request, rows, ASSUMPTION_COLUMNS, f"study-{study.number}-assumptions")) is not None:
        return file
    context = {
        "estate": study.estate,
        "study": study,
        "page": Paginator(rows, ASSUMPTIONS_PER_PAGE).get_page(request.GET.get("page")),
        "kinds": KIND_NAMES.items(),
        "statuses": [(each, selectors.term(f"status.{each}", _language())) for each in STATUSES],
        "kind": kind,
        "status": status,
        "is_filtered": bool(kind or status),
    }
    return render(request, "studies/assumptions.html", context)


def _language() -> Any:
    return "en" if (get_language() or "fa").startswith("en") else "fa"


@page("study.view", Study)
def map_partner(request: HttpRequest, study: Study) -> HttpResponse:
    """The map without loading, voltage and switching states (P2)."""
    return _map(request, study, classes.PARTNER)


@page("study.view", Study)
def map_company(request: HttpRequest, study: Study) -> HttpResponse:
    """The map with loading, voltage and open points (P3)."""
    return _map(request, study, classes.COMPANY)


def _map(request: HttpRequest, study: Study, field_class: str) -> HttpResponse:
    """The stored file of one class in the language of the page, or 304; 404 for whom the class is not."""
    if field_class not in request.actor.classes(study.estate):
        raise NotThere
    kind = FileKind.MAP_EN if _language() == "en" else FileKind.MAP_FA
    file = StudyFile.objects.filter(study=study, kind=kind, field_class=field_class).first()
    if file is None:
        raise NotThere
    tag = f'"{file.sha256[:32]}"'
    if tag in [each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")]:
        response: HttpResponse = HttpResponseNotModified()
    else:
        with file.file.open("rb") as stored:
            content = stored.read()
        takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
        body = content if takes_gzip else gzip.decompress(content)
        response = HttpResponse(body, content_type="application/geo+json; charset=utf-8")
        if takes_gzip:
            response["Content-Encoding"] = "gzip"
    response["ETag"] = tag
    response["Vary"] = "Accept-Encoding, Cookie"
    response["Cache-Control"] = "private, no-cache"
    return response


@page("study.view", Study)
def study_file(request: HttpRequest, study: Study, name: str) -> HttpResponse | FileResponse:
    """A file of the result folder, as a download; 404 for whom its class is not."""
    file = StudyFile.objects.filter(study=study, kind=FileKind.RESULT, name=name).first()
    if file is None or file.field_class not in request.actor.classes(study.estate):
        raise NotThere
    shown = f"{study.estate.code}-study-{study.number}-{file.name}"
    response = FileResponse(file.file.open("rb"), as_attachment=True, filename=shown)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
