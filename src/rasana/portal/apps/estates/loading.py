"""Estates from their files: whole or not at all, and again without doing anything twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import get_language

from rasana.exchange.plan import Feature, Plan, read_plan
from rasana.exchange.words import sentence
from rasana.planning.catalogue import load_catalogue
from rasana.planning.finding import Refused, Severity
from rasana.planning.standard import load_standard
from rasana.portal.apps.estates.data import guild_names
from rasana.portal.apps.estates.models import (
    Block,
    Guild,
    Phase,
    PlanLayer,
    Plot,
    PlotStatus,
    Trade,
    Unit,
)
from rasana.portal.base import persian
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import act, current
from rasana.portal.base.people import Estate, EstateParty, Organisation
from rasana.portal.base.record import Record

PARTNER_LAYERS = frozenset({"supply_point"})
"""Layers of an estate's file that partners may see and the public may not (P2)."""
UNITS_MAX = 500
FILE_FAULTS_SHOWN = 20


@dataclass
class Loaded:
    """What became of a file: how many records of each kind were new, changed or had been there already."""

    estate: Estate
    new: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    missing_plots: list[str] = field(default_factory=list)
    """Plots of the office that the file has no longer; they stay, as nothing is deleted."""

    def count(self, kind: type[Record], new: int, changed: int = 0) -> None:
        """Add to the counts."""
        name = kind._meta.model_name or ""
        self.new[name] = self.new.get(name, 0) + new
        self.changed[name] = self.changed.get(name, 0) + changed


def load_estate(
    actor: Actor,
    path: Path,
    code: str,
    parties: Iterable[Organisation],
    *,
    name_fa: str = "",
    name_en: str = "",
    standard: str = "iran",
    catalogue: str = "iran",
) -> Loaded:
    """Bring in an estate, or what is new in its file: phases, blocks, plots, units, trades, guilds, its map.

    ``path``: an estate file (contract, section 3), let in by the intake alone. Plots are known by ``plot_id``: what
    the office has already is changed where the file differs, but for the status, which the office keeps. ``parties``
    are added to the estate's. Names are those of the file unless given.

    Raises:
        ValidationError: with the file's faults, a sentence each; nothing was written.
    """
    plan = _plan(path, standard, catalogue)
    with transaction.atomic():
        estate = Estate.objects.filter(code=code).first()
        with act(actor, "estate.manage" if estate else "estate.create", estate):
            loaded = Loaded(estate or _create(code, plan, (name_fa or name_en or code, name_en or name_fa or code)))
            _add_parties(loaded, parties)
            _save_label(loaded.estate, plan)
            _save_layers(loaded, plan.layers)
            trades = _save_trades(loaded, plan, catalogue)
            blocks = _save_blocks(loaded, plan)
            _save_plots(loaded, plan, blocks, trades)
    return loaded


def _plan(path: Path, standard: str, catalogue: str) -> Plan:
    try:
        return read_plan(Path(path), load_standard(standard), load_catalogue(catalogue).trades.code)
    except Refused as refused:
        faults = [fault for fault in refused.faults if fault.severity is Severity.ERROR]
        language = "en" if (get_language() or "fa").startswith("en") else "fa"
        told = [sentence(fault, language) for fault in faults[:FILE_FAULTS_SHOWN]]
        raise ValidationError({"file": told}) from refused


def _create(code: str, plan: Plan, fallback: tuple[str, str]) -> Estate:
    estate = Estate(
        code=code,
        name_fa=plan.about.get("name_fa") or fallback[0],
        name_en=plan.about.get("name") or fallback[1],
    )
    estate.save()
    current().estate = estate
    return estate


def _save_label(estate: Estate, plan: Plan) -> None:
    """What the file says that its plan is, wherever it is shown."""
    english = plan.about.get("label", "")
    persian_label = plan.about.get("label_fa") or english
    if (estate.label_fa, estate.label_en) != (persian_label, english):
        estate.label_fa, estate.label_en = persian_label, english
        estate.save()


def _add_parties(loaded: Loaded, parties: Iterable[Organisation]) -> None:
    there = set(EstateParty.objects.filter(estate=loaded.estate).values_list("organisation_id", flat=True))
    new = [party for party in parties if party.pk not in there]
    for party in new:
        EstateParty(estate=loaded.estate, organisation=party).save()
    loaded.count(EstateParty, len(new))


def _save_layers(loaded: Loaded, layers: Mapping[str, tuple[Feature, ...]]) -> None:
    there = {layer.kind: layer for layer in PlanLayer.objects.filter(estate=loaded.estate)}
    for kind, features in layers.items():
        layer = there.get(kind) or PlanLayer(
            estate=loaded.estate, kind=kind, field_class="P2" if kind in PARTNER_LAYERS else "P0", features=None
        )
        _keep(loaded, layer, {"features": list(features)})


def _keep(loaded: Loaded, record: Record, values: Mapping[str, Any]) -> None:
    """Save the record if it is new or a value differs."""
    new = record.pk is None
    if not new and all(getattr(record, name) == value for name, value in values.items()):
        loaded.count(type(record), 0)
        return
    for name, value in values.items():
        setattr(record, name, value)
    record.save()
    loaded.count(type(record), int(new), int(not new))


def _save_trades(loaded: Loaded, plan: Plan, catalogue: str) -> dict[str, Trade]:
    """The trades that the file names, with the guild that their plots' ``group`` says."""
    known = load_catalogue(catalogue).trades
    names = {code: (fa, en) for code, fa, en in zip(known.code, known.name_fa, known.name_en, strict=True)}
    group_of: dict[str, str] = {}
    for row in plan.plots:
        if row["trade"]:
            group_of.setdefault(str(row["trade"]), str(row.get("group") or ""))
    guilds = {guild.code: guild for guild in Guild.objects.all()}
    for group in sorted(set(group_of.values()) - {""} - set(guilds)):
        name = guild_names().get(group)
        guilds[group] = Guild(code=group[:60], name_fa=name.fa if name else group, name_en=name.en if name else group)
        guilds[group].save()
        loaded.count(Guild, 1)
    trades = {trade.code: trade for trade in Trade.objects.filter(code__in=group_of)}
    for code, group in sorted(group_of.items()):
        fa, en = names.get(code, (code, code))
        trade = trades.setdefault(code, Trade(code=code))
        _keep(loaded, trade, {"name_fa": fa, "name_en": en, "guild": trade.guild or guilds.get(group)})
    return trades


def _save_blocks(loaded: Loaded, plan: Plan) -> dict[str, Block]:
    """Phases and blocks that the file's plots name in the columns ``phase`` and ``block``."""
    estate = loaded.estate
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for row in plan.plots:
        if row.get("block") not in (None, ""):
            rows.setdefault(str(row["block"]), []).append(row)
    phase_of = {code: _number(str(plots[0].get("phase") or "")) for code, plots in rows.items()}
    phases = {phase.number: phase for phase in Phase.objects.filter(estate=estate)}
    for number in sorted({each for each in phase_of.values() if each}):
        phase = phases.setdefault(number, Phase(estate=estate, number=number))
        fa = f"فاز {persian.persian_digits(str(number))}"
        _keep(loaded, phase, {"name_fa": fa, "name_en": f"Phase {number}"})
    blocks = {block.code: block for block in Block.objects.filter(estate=estate)}
    for code, plots in rows.items():
        places = [(row["longitude"], row["latitude"]) for row in plots]
        middle = [round(sum(axis) / len(places), 6) for axis in zip(*places, strict=True)]
        block = blocks.setdefault(code, Block(estate=estate, code=code))
        values = {
            "name_fa": f"بلوک {persian.persian_digits(code)}",
            "name_en": f"Block {code}",
            "number": _number(code),
            "phase": phases.get(phase_of[code]),
            "longitude": middle[0],
            "latitude": middle[1],
        }
        _keep(loaded, block, values)
    return blocks


def _number(code: str) -> int:
    """The first number in a code, 0 where there is none."""
    found = re.search(r"\d+", persian.ascii_digits(code))
    return int(found[0]) if found else 0


def _save_plots(loaded: Loaded, plan: Plan, blocks: Mapping[str, Block], trades: Mapping[str, Trade]) -> None:
    estate = loaded.estate
    there = {plot.plot_id: plot for plot in Plot.objects.filter(estate=estate)}
    new = []
    for row in plan.plots:
        plot_id = str(row["plot_id"])[:60]
        block = blocks.get(str(row.get("block")))
        values = {
            "block": block,
            "trade": trades.get(str(row["trade"])),
            "units_count": max(0, int(row["units"] if row["units"] is not None else 1)),
            "area_m2": row["area_m2"],
            "longitude": row["longitude"],
            "latitude": row["latitude"],
            "outline": row["outline"],
            "search_key": plot_key(plot_id, block),
        }
        if plot_id in there:
            _keep(loaded, there.pop(plot_id), values)
        else:
            status = row["status"] or PlotStatus.PLANNED
            new.append(Plot(estate=estate, plot_id=plot_id, status=status, created_at=current().at, **values))
    loaded.count(Plot, len(new))
    loaded.missing_plots = sorted(there)
    made = Plot.objects.load(new)
    units = [unit for plot in made for unit in _units(plot)]
    Unit.objects.load(units)
    loaded.count(Unit, len(units))


def _units(plot: Plot) -> list[Unit]:
    """The units of a new plot; a file knows their number and trade, not their names."""
    count = min(plot.units_count, UNITS_MAX)
    fa, en = (plot.trade.name_fa, plot.trade.name_en) if plot.trade else ("واحد صنفی", "Trade unit")
    names = {"name_fa": fa, "name_en": en, "sort_key": persian.sort_key(fa)[:500], "trade": plot.trade}
    codes = [plot.plot_id] if count == 1 else [f"{plot.plot_id}/{number}"[:60] for number in range(1, count + 1)]
    common = {"estate": plot.estate, "plot": plot, "created_at": current().at, **names}
    return [Unit(code=code, search_key=persian.search_key(fa, en, code)[:500], **common) for code in codes]


def plot_key(plot_id: str, block: Block | None) -> str:
    """What a plot is found by: its id, as it stands and without zeros and dashes, and its block's names."""
    plain = re.sub(r"0*(\d+)", r"\1", persian.ascii_digits(plot_id))
    forms = dict.fromkeys((plot_id, plain, re.sub(r"[^\w]", "", plot_id), re.sub(r"[^\w]", "", plain)))
    names = (block.name_fa, block.name_en) if block else ()
    return persian.search_key(*forms, *names)[:200]
