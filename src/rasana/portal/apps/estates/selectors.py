"""Questions about estates, plots, units and figures: each with a bounded number of SQL statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from rasana.portal.apps.estates import search, threads
from rasana.portal.apps.estates.data import properties
from rasana.portal.apps.estates.models import Block, Figure, Plot, PlotChange, PlotStatus, Unit
from rasana.portal.base import persian
from rasana.portal.base.actor import Actor
from rasana.portal.base.people import Estate

TONE_OF_STATUS = {
    PlotStatus.ENERGISED: "live",
    PlotStatus.ACTIVE: "risk",
    PlotStatus.BUILT: "wait",
    PlotStatus.PLANNED: "wait",
    PlotStatus.UNAUTHORISED: "late",
}
"""The chip of each status of a plot."""
STATUS_ORDER = (
    PlotStatus.ENERGISED,
    PlotStatus.ACTIVE,
    PlotStatus.UNAUTHORISED,
    PlotStatus.BUILT,
    PlotStatus.PLANNED,
)
"""From supplied to not built."""
HEADLINE = ("units", "active", "ready", "area_m2", "power_published_kw", "iron_moved", "prepared")
"""Figures that stand at the top of an estate's page, as far as they are known."""


@dataclass
class Supply:
    """Plots by status."""

    counts: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All plots."""
        return sum(self.counts.values())

    @property
    def supplied(self) -> int:
        """Plots with regular supply."""
        return self.counts[PlotStatus.ENERGISED]

    @property
    def percent(self) -> float:
        """Share of plots with regular supply."""
        return 100 * self.supplied / self.total if self.total else 0.0

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Status, its word, chip and count, from supplied to not built; statuses that no plot has are left out."""
        return [
            {
                "status": status.value,
                "word": status.label,
                "tone": TONE_OF_STATUS[status],
                "count": self.counts[status],
                "percent": 100 * self.counts[status] / self.total,
            }
            for status in STATUS_ORDER
            if self.counts[status]
        ]


@dataclass
class EstateRow:
    """An estate in the list: how many plots have supply, and what holds most of the others up."""

    estate: Estate
    supply: Supply
    threads: list[threads.Thread]

    @property
    def first(self) -> threads.Thread | None:
        """The most pressing thread."""
        return self.threads[0] if self.threads else None


def estates_of(actor: Actor) -> QuerySet[Estate]:
    """The estates that the actor may see."""
    return Estate.objects.filter(pk__in=actor.estate_ids)


def overview(actor: Actor) -> list[EstateRow]:
    """The estates with their supply and threads. One statement, and one a provider of threads."""
    estates = actor.estates
    keys = [estate.pk for estate in estates]
    supply = {key: Supply() for key in keys}
    counted = Plot.objects.filter(estate__in=keys).order_by().values_list("estate", "status").annotate(Count("pk"))
    for key, status, count in counted:
        supply[key].counts[status] = count
    held = threads.of_estates(actor, keys)
    return [EstateRow(estate, supply[estate.pk], held[estate.pk]) for estate in estates]


@dataclass
class BlockRow:
    """A block with its plots by status."""

    block: Block | None
    supply: Supply
    columns: list[dict[str, Any]] = field(default_factory=list)
    """Word and count of each status that any plot of the estate has."""


def blocks_of(estate: Estate) -> tuple[Supply, list[BlockRow]]:
    """Plots by status, of the estate and of each block in order. Two statements."""
    whole, by_block = Supply(), {}
    counted = Plot.objects.filter(estate=estate).order_by().values_list("block", "status").annotate(Count("pk"))
    for key, status, count in counted:
        whole.counts[status] += count
        by_block.setdefault(key, Supply()).counts[status] = count
    blocks = Block.objects.filter(estate=estate).select_related("phase")
    rows = [BlockRow(block, by_block.pop(block.pk, Supply())) for block in blocks]
    if None in by_block:
        rows.append(BlockRow(None, by_block[None]))
    for row in rows:
        row.columns = [{**each, "count": row.supply.counts[each["status"]]} for each in whole.rows]
    return whole, rows


# --------------------------------------------------------------------------------------------------------------- plots


def plots_of(estate: Estate, wishes: Mapping[str, Any]) -> QuerySet[Plot]:
    """Plots with block and trade, without outlines. ``wishes``: status, block, trade (keys), text."""
    plots = Plot.objects.filter(estate=estate).select_related("block", "trade__guild").defer("outline")
    for name in ("status", "block", "trade"):
        if wishes.get(name):
            plots = plots.filter(**{name: wishes[name]})
    key = search.key_of(wishes.get("text") or "")
    return plots.filter(search.has_words(key)) if key else plots


def units_of(estate: Estate, text: str) -> QuerySet[Unit]:
    """Units with plot and trade whose name or code has every word of the text, in the order of the alphabet."""
    key = search.key_of(text)
    units = Unit.objects.filter(estate=estate).select_related("plot__block", "trade")
    return units.filter(search.has_words(key)) if key else units


def with_surroundings(plot: Plot) -> Plot:
    """The plot with its block, phase and trade read. One statement."""
    told = Plot.objects.select_related("block__phase", "trade").defer("outline").get(pk=plot.pk)
    plot.block, plot.trade = told.block, told.trade
    return plot


def units_on(plot: Plot) -> list[Unit]:
    """The units of one plot."""
    return list(Unit.objects.filter(plot=plot).select_related("trade")[:200])


def changes_of(plot: Plot) -> list[PlotChange]:
    """How a plot's status changed, newest first."""
    return list(PlotChange.objects.filter(plot=plot).select_related("organisation", "person")[:50])


# ------------------------------------------------------------------------------------------------------------- figures


def _says(figure: Figure) -> object:
    """What a figure says: its number, else its words."""
    return figure.said_en or figure.said_fa if figure.value is None else figure.value


@dataclass
class FigureGroup:
    """The figures of one property."""

    key: str
    figures: list[Figure]

    @property
    def name(self) -> str:
        """Name of the property."""
        return self.figures[0].property_name

    @property
    def adopted(self) -> Figure | None:
        """The one that is used."""
        return next((figure for figure in self.figures if figure.adopted), None)

    @property
    def shown(self) -> Figure:
        """The adopted one, else the first."""
        return self.adopted or self.figures[0]

    @property
    def others(self) -> list[Figure]:
        """Those that say something else than the shown one."""
        shown = self.shown
        return [figure for figure in self.figures if figure != shown and _says(figure) != _says(shown)]

    @property
    def is_conflict(self) -> bool:
        """Whether two figures differ."""
        return bool(self.others)


def figure_groups(actor: Actor, estate: Estate) -> list[FigureGroup]:
    """Figures that the actor may read, by property, conflicts first. One statement."""
    figures = Figure.objects.filter(estate=estate, field_class__in=actor.classes(estate))
    groups: dict[str, FigureGroup] = {}
    for figure in figures.select_related("adopted_by", "adopted_for", "given_for"):
        groups.setdefault(figure.key, FigureGroup(figure.key, [])).figures.append(figure)
    return sorted(groups.values(), key=lambda group: not group.is_conflict)


def headline(groups: Iterable[FigureGroup]) -> list[FigureGroup]:
    """At most five figures for the top of the estate's page."""
    known = {group.key: group for group in groups}
    return [known[key] for key in HEADLINE if key in known][:5]


def property_choices() -> list[tuple[str, str]]:
    """Properties that a figure may be given of, by key: those of the table."""
    is_english = (get_language() or "fa").startswith("en")
    return [(key, each.name.en if is_english else each.name.fa) for key, each in properties().items()]


# -------------------------------------------------------------------------------------------------------------- search


def found_estates(actor: Actor, key: str) -> list[search.Result]:
    """Estates by name. No statement."""
    words = key.split()
    return [
        search.Result(estate.name, reverse("estates:estate", args=(estate.code,)), estate.label)
        for estate in actor.estates
        if all(word in persian.search_key(estate.name_fa, estate.name_en, estate.code) for word in words)
    ]


def found_plots(actor: Actor, key: str) -> list[search.Result]:
    """Plots by number and block. One statement."""
    plots = Plot.objects.filter(search.has_words(key), estate__in=actor.estate_ids)
    plots = plots.select_related("estate", "block", "trade").defer("outline")[: search.EACH_MAX]
    return [
        search.Result(
            plot.plot_id,
            plot.get_absolute_url(),
            joined(plot.trade and plot.trade.name, plot.block and plot.block.name, plot.estate.name),
            TONE_OF_STATUS[PlotStatus(plot.status)],
            plot.get_status_display(),
        )
        for plot in plots
    ]


def found_units(actor: Actor, key: str) -> list[search.Result]:
    """Units by name, trade and number. One statement."""
    units = Unit.objects.filter(search.has_words(key), estate__in=actor.estate_ids)
    units = units.select_related("estate", "plot__block", "trade").defer("plot__outline")[: search.EACH_MAX]
    return [
        search.Result(
            f"{unit.name} {unit.code}",
            unit.plot.get_absolute_url(),
            joined(unit.plot.block and unit.plot.block.name, unit.estate.name),
            TONE_OF_STATUS[PlotStatus(unit.plot.status)],
            unit.plot.get_status_display(),
        )
        for unit in units
    ]


def joined(*parts: str | None) -> str:
    """What is known, with a dot between."""
    return " · ".join(str(part) for part in parts if part)


HEADINGS = {"estates": _("Estates"), "plots": _("Plots"), "units": _("Trade units")}
"""Headings of this app's results."""
PROVIDERS = {"estates": found_estates, "plots": found_plots, "units": found_units}
"""What this app tells the search."""
