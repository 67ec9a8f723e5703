"""Pages of estates, plots, units and figures, and the search."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rasana.portal.apps.estates import actions, forms, maps, search, selectors, threads
from rasana.portal.apps.estates.models import Block, Figure, Plot, PlotStatus
from rasana.portal.apps.estates.templatetags.figures import unit_word
from rasana.portal.base.access import NotThere, can, page
from rasana.portal.base.people import Estate
from rasana.portal.base.tables import Column, export

PER_PAGE = 50
THREADS_SHOWN = 6
PUBLIC, PARTNER = ("P0",), ("P0", "P1", "P2")


@page("estate.list")
def estate_list(request: HttpRequest) -> HttpResponse:
    """All estates of the actor."""
    rows = selectors.overview(request.actor)
    if (file := export(request, rows, ESTATE_COLUMNS, "estates")) is not None:
        return file
    total = sum(row.supply.total for row in rows)
    supplied = sum(row.supply.supplied for row in rows)
    return render(request, "estates/list.html", {"rows": rows, "total": total, "supplied": supplied})


@page("estate.view", Estate)
def estate_page(request: HttpRequest, estate: Estate) -> HttpResponse:
    """One estate: how many plots have supply, what holds the others up, its map and blocks."""
    supply, blocks = selectors.blocks_of(estate)
    groups = selectors.figure_groups(request.actor, estate)
    held = threads.of_estates(request.actor, [estate.pk])[estate.pk]
    context = {
        "estate": estate,
        "supply": supply,
        "blocks": blocks,
        "figures": selectors.headline(groups),
        "conflicts": sum(group.is_conflict for group in groups),
        "threads": held[:THREADS_SHOWN],
        "threads_count": len(held),
        "first": held[0] if held else None,
        "is_partner": "P2" in request.actor.classes(estate),
    }
    return render(request, "estates/estate.html", context)


def _map(request: HttpRequest, estate: Estate, classes: tuple[str, ...]) -> HttpResponse:
    return geojson(request, maps.version_of(estate, classes), lambda: maps.plan(estate, classes))


def geojson(request: HttpRequest, version: str, make: Callable[[], dict[str, Any]]) -> HttpResponse:
    """A map's file, or 304 where the browser has this version; ``make`` is asked only when it is needed."""
    tag = f'"{hashlib.sha256(version.encode()).hexdigest()[:32]}"'
    if tag in [each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")]:
        response: HttpResponse = HttpResponseNotModified()
    else:
        content = json.dumps(make(), ensure_ascii=False, separators=(",", ":")).encode()
        takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
        body = gzip.compress(content, 5, mtime=0) if takes_gzip else content
        response = HttpResponse(body, content_type="application/geo+json; charset=utf-8")
        if takes_gzip:
            response["Content-Encoding"] = "gzip"
    response["ETag"] = tag
    response["Vary"] = "Accept-Encoding, Cookie"
    response["Cache-Control"] = "private, no-cache"
    return response


@page("estate.view", Estate)
def map_public(request: HttpRequest, estate: Estate) -> HttpResponse:
    """The map without what is for partners."""
    return _map(request, estate, PUBLIC)


@page("estate.view", Estate)
def map_partner(request: HttpRequest, estate: Estate) -> HttpResponse:
    """The map with supply points (P2)."""
    if "P2" not in request.actor.classes(estate):
        raise NotThere
    return _map(request, estate, PARTNER)


# --------------------------------------------------------------------------------------------------------------- plots

PLOT_COLUMNS = (
    Column(gettext_lazy("Plot"), "plot_id"),
    Column(gettext_lazy("Block"), "block.name"),
    Column(gettext_lazy("Trade"), "trade.name"),
    Column(gettext_lazy("Status"), "get_status_display"),
    Column(gettext_lazy("Units"), "units_count"),
    Column(gettext_lazy("Area, m²"), "area_m2"),
)
ESTATE_COLUMNS = (
    Column(gettext_lazy("Estate"), "estate.name"),
    Column(gettext_lazy("Plots"), lambda row: row.supply.total),
    Column(gettext_lazy("With regular supply"), lambda row: row.supply.supplied),
    Column(gettext_lazy("Who holds it now"), lambda row: row.first and row.first.holder and row.first.holder.name),
    Column(gettext_lazy("Case"), lambda row: row.first and row.first.title),
)
FIGURE_COLUMNS = (
    Column(gettext_lazy("Property"), "property_name"),
    Column(gettext_lazy("Value"), "value"),
    Column(gettext_lazy("Unit of measurement"), lambda figure: unit_word(figure.unit)),
    Column(gettext_lazy("In words"), "said"),
    Column(gettext_lazy("Source"), "source_name"),
    Column(gettext_lazy("Date of the source"), "source_date"),
    Column(gettext_lazy("How well it is known"), "get_status_display"),
    Column(gettext_lazy("in use"), lambda figure: _("Yes") if figure.adopted else _("No")),
    Column(gettext_lazy("Why"), "reason"),
)
UNIT_COLUMNS = (
    Column(gettext_lazy("Unit"), "code"),
    Column(gettext_lazy("Name"), "name"),
    Column(gettext_lazy("Plot"), "plot.plot_id"),
    Column(gettext_lazy("Block"), "plot.block.name"),
)


@page("estate.view", Estate)
def plot_list(request: HttpRequest, estate: Estate) -> HttpResponse:
    """Plots of an estate, filtered by status, block and text."""
    wishes = _wishes(request)
    plots = selectors.plots_of(estate, wishes)
    if (file := export(request, plots, PLOT_COLUMNS, f"{estate.code}-plots")) is not None:
        return file
    context = {
        "estate": estate,
        "page": Paginator(plots, PER_PAGE).get_page(request.GET.get("page")),
        "blocks": Block.objects.filter(estate=estate),
        "statuses": PlotStatus.choices,
        "wishes": wishes,
        "is_filtered": any(wishes.values()),
    }
    return render(request, "estates/plots.html", context)


def _wishes(request: HttpRequest) -> dict[str, Any]:
    """The filter in the address; what it can't be is left out."""
    status, block = request.GET.get("status", ""), request.GET.get("block", "")
    return {
        "status": status if status in PlotStatus.values else "",
        "block": int(block) if block.isascii() and block.isdigit() and len(block) < 12 else "",
        "text": request.GET.get("q", "").strip()[:100],
    }


@page("estate.view", Estate)
def unit_list(request: HttpRequest, estate: Estate) -> HttpResponse:
    """Units of an estate, by name or number."""
    text = request.GET.get("q", "").strip()[:100]
    units = selectors.units_of(estate, text)
    if (file := export(request, units, UNIT_COLUMNS, f"{estate.code}-units")) is not None:
        return file
    context = {"estate": estate, "page": Paginator(units, PER_PAGE).get_page(request.GET.get("page")), "text": text}
    return render(request, "estates/units.html", context)


@page("estate.view", Plot)
def plot_page(request: HttpRequest, plot: Plot) -> HttpResponse:
    """One plot: whether it has supply, and what holds it up."""
    return _plot(request, plot)


def _plot(request: HttpRequest, plot: Plot, form: Form | None = None, status: int = 200) -> HttpResponse:
    actor = request.actor
    may_change = can(actor, "plot.status", plot)
    if may_change and form is None:
        form = forms.StatusForm(
            initial={"version": plot.version, "status": ""}, is_supplier="supplier" in plot.standing(actor.organisation)
        )
    held = threads.of_plot(actor, plot)
    context = {
        "estate": plot.estate,
        "plot": selectors.with_surroundings(plot),
        "tone": selectors.TONE_OF_STATUS[PlotStatus(plot.status)],
        "units": selectors.units_on(plot),
        "changes": selectors.changes_of(plot),
        "threads": held,
        "first": held[0] if held else None,
        "form": form if may_change else None,
    }
    return render(request, "estates/plot.html", context, status=status)


@page("plot.status", Plot, methods=("POST",))
def plot_status(request: HttpRequest, plot: Plot) -> HttpResponse:
    """Change the status of a plot."""
    form = forms.StatusForm(request.POST, is_supplier="supplier" in plot.standing(request.actor.organisation))
    if form.is_valid():
        typed = form.cleaned_data
        try:
            actions.change_status(
                request.actor, plot, typed["status"], typed["reason"], typed["happened_on"], version=typed["version"]
            )
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("Saved."))
            return redirect(plot)
    return _plot(request, plot, form, status=422)


# ------------------------------------------------------------------------------------------------------------- figures


@page("estate.view", Estate)
def figures_page(request: HttpRequest, estate: Estate) -> HttpResponse:
    """Figures of an estate, those that disagree side by side."""
    if "format" not in request.GET:
        return _figures(request, estate)
    listed = [figure for group in selectors.figure_groups(request.actor, estate) for figure in group.figures]
    return export(request, listed, FIGURE_COLUMNS, f"{estate.code}-figures") or _figures(request, estate)


def _figures(
    request: HttpRequest,
    estate: Estate,
    form: Form | None = None,
    adopt: tuple[int, Form] | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = request.actor
    groups = selectors.figure_groups(actor, estate)
    may_add, may_adopt = can(actor, "figure.add", estate), can(actor, "figure.adopt", estate)
    if may_adopt:
        for figure in (each for group in groups for each in group.figures if not each.adopted):
            is_bound = adopt is not None and adopt[0] == figure.pk
            figure.form = (
                adopt[1]
                if is_bound
                else forms.AdoptForm(initial={"version": figure.version}, auto_id=f"id_{figure.pk}_%s")
            )
            figure.is_open = is_bound
    context = {
        "estate": estate,
        "groups": groups,
        "conflicts": sum(group.is_conflict for group in groups),
        "form": (form or forms.FigureForm(classes=actor.classes(estate))) if may_add else None,
        "may_adopt": may_adopt,
    }
    return render(request, "estates/figures.html", context, status=status)


@page("figure.add", Estate, methods=("POST",))
def figure_add(request: HttpRequest, estate: Estate) -> HttpResponse:
    """Give a figure with its source."""
    form = forms.FigureForm(request.POST, classes=request.actor.classes(estate))
    if form.is_valid():
        typed = form.cleaned_data
        value = typed.pop("value")
        try:
            actions.add_figure(request.actor, estate, value=None if value is None else float(value), **typed)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("estates:figures", estate=estate.code)
    return _figures(request, estate, form, status=422)


@page("figure.adopt", Figure, methods=("POST",))
def figure_adopt(request: HttpRequest, figure: Figure) -> HttpResponse:
    """Choose the figure that is used."""
    form = forms.AdoptForm(request.POST, auto_id=f"id_{figure.pk}_%s")
    if form.is_valid():
        try:
            actions.adopt_figure(
                request.actor, figure, form.cleaned_data["reason"], version=form.cleaned_data["version"]
            )
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("estates:figures", estate=figure.estate.code)
    elif figure.field_class not in request.actor.classes(figure.estate):
        raise NotThere
    return _figures(request, figure.estate, adopt=(figure.pk, form), status=422)


# -------------------------------------------------------------------------------------------------------------- search


@page("search")
def search_page(request: HttpRequest) -> HttpResponse:
    """What the actor may see of what was typed, by kind."""
    text = request.GET.get("q", "").strip()[:200]
    groups = search.find(request.actor, text)
    context = {
        "text": text,
        "groups": groups,
        "count": sum(len(group.results) for group in groups),
        "is_short": bool(text) and len(search.key_of(text)) < search.KEY_MIN,
    }
    return render(request, "estates/search.html", context)
