"""Rules: facts about a designed network in, findings out. One function a rule; what is over its limit is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rasana.planning.finding import Finding, Severity
from rasana.planning.standard import Standard

TOLERANCE = 1e-9
"""Relative: what is over its limit by more is over it; less is rounding."""


@dataclass(frozen=True)
class Facts:
    """What verification found, as tables; a figure that does not apply is NaN, a text "".

    - ``cables`` (rows of ``Network.cables``): ``id``, ``level``, ``parallel``, ``nominal_a`` (peak at nominal
      voltage), ``ring_id``, ``feeder_id``, ``rating_a``, ``peak_a`` (larger of coincident sums and AC),
      ``loading_pct``, ``fuse_a``, ``is_head`` (leaves an LV board), ``fault_min_ka`` and ``clearing_s`` at its far
      end, ``thermal_ka`` (the fault current that heats it as much in 1 s), ``withstand_ka``; MV: ``outage_a`` with
      ``outage_element`` out.
    - ``transformers`` (rows of ``Network.transformers``): ``id``, ``rating_kva``, ``peak_kva``, ``loading_pct``,
      ``drop_pct`` (MV, from the supply point), ``drop_outage_pct`` and its ``outage_element``, ``ways`` of its board,
      ``on_ring``.
    - ``plots`` (rows of ``estate.plots``): ``plot_id``, ``supplied``, ``demand_kva``, ``load_kw``, ``load_kvar``
      (every transformer at its own peak), ``voltage_min_pu``, ``voltage_max_pu``, ``drop_pct`` (busbar to meter),
      ``voltage_outage_pu`` and its ``outage_element``, ``fault_min_ka``, ``clearing_s`` (service fuse), ``phase``.
    - ``feeders``: ``id``, ``clearing_s`` of its fuse at the pillar where that is longest, ``node``, ``fault_min_ka``,
      ``fuse_a``.
    - ``supplies``: ``id``, ``capacity_kva``, ``peak_kva``, ``outage_kva``, ``outage_element``.
    - ``rings``: ``id``, ``supply_points`` (how many different ones), ``transformers``, ``peak_kva`` (coincident).
    - ``outages``: a row a state, columns of ``Study.n1`` and ``drop_max_pct``, ``supply_loading_pct``.
    - ``busbars``: ``id``, ``level``, ``fault_max_ka``, ``rating_ka``.
    - ``unbalance``: ``id`` of the node, ``unbalance_pct``; empty without single-phase services.
    - ``unsolved``: names of the states for which AC power flow has no solution.
    """

    cables: pd.DataFrame
    transformers: pd.DataFrame
    plots: pd.DataFrame
    feeders: pd.DataFrame
    supplies: pd.DataFrame
    rings: pd.DataFrame
    outages: pd.DataFrame
    busbars: pd.DataFrame
    unbalance: pd.DataFrame
    unsolved: tuple[str, ...]


def find_breaches(facts: Facts, standard: Standard) -> tuple[Finding, ...]:
    """Findings of every rule, in the order of ``RULES``, each rule's in the order of its table."""
    return tuple(finding for rule in RULES for finding in rule(facts, standard))


def _breaches(
    code: str,
    table: pd.DataFrame,
    value: str,
    limit: float | pd.Series,
    unit: str,
    *,
    below: bool = False,
    subject: str = "id",
    severity: Severity = Severity.ERROR,
    details: tuple[str, ...] = (),
) -> Iterator[Finding]:
    """A finding for every row of ``table`` whose ``value`` is over (or ``below``) its ``limit``; NaN breaks no rule."""
    values = table[value].to_numpy(np.float64)
    limits = np.broadcast_to(np.asarray(limit, dtype=np.float64), values.shape)
    margin = TOLERANCE * np.abs(limits)
    broken = values < limits - margin if below else values > limits + margin
    for row in np.flatnonzero(broken):
        record = table.iloc[row]
        number = float(values[row])
        yield Finding(
            code,
            severity,
            str(record[subject]),
            number if np.isfinite(number) else None,
            float(limits[row]),
            unit,
            {name: str(record[name]) for name in details},
        )


def plot_not_supplied(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """A plot with demand that no supply point feeds."""
    dead = facts.plots[~facts.plots["supplied"]]
    yield from _breaches("plot_not_supplied", dead, "demand_kva", 0.0, "kVA", subject="plot_id")


def power_flow_unsolved(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """States beyond any solution of AC power flow; their figures are those of a linear model."""
    for state in facts.unsolved:
        yield Finding("power_flow_unsolved", Severity.ERROR, state)


def voltage_low(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Meters below the lowest voltage."""
    yield from _breaches(
        "voltage_low", facts.plots, "voltage_min_pu", standard.lv_voltage_min_pu, "pu", below=True, subject="plot_id"
    )


def voltage_high(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Meters above the highest voltage, at light load."""
    yield from _breaches(
        "voltage_high", facts.plots, "voltage_max_pu", standard.lv_voltage_max_pu, "pu", subject="plot_id"
    )


def voltage_low_n1(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Meters below the lowest voltage allowed with one MV element out."""
    yield from _breaches(
        "voltage_low_n1", facts.plots, "voltage_outage_pu", standard.lv_voltage_min_n1_pu, "pu",
        below=True, subject="plot_id", details=("outage_element",),
    )  # fmt: skip


def lv_drop(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Drop from the transformer to the meter."""
    yield from _breaches("lv_drop", facts.plots, "drop_pct", standard.lv_drop_limit_pct, "%", subject="plot_id")


def _overload(facts: Facts, code: str, level: str, limit_pct: float) -> Iterator[Finding]:
    cables = facts.cables[facts.cables["level"] == level]
    yield from _breaches(code, cables, "peak_a", cables["rating_a"] * (limit_pct / 100.0), "A")


def lv_overload(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Coincident current of LV mains over their derated rating."""
    yield from _overload(facts, "lv_overload", "lv", standard.lv_loading_limit_pct)


def service_overload(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Peak current of service cables over their derated rating."""
    yield from _overload(facts, "service_overload", "service", standard.lv_loading_limit_pct)


def mv_overload(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Current of MV cables in the normal state."""
    yield from _overload(facts, "mv_overload", "mv", standard.mv_loading_limit_pct)


def mv_overload_n1(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Current of MV cables with one section or supply point out."""
    limit = facts.cables["rating_a"] * (standard.mv_loading_n1_limit_pct / 100.0)
    yield from _breaches("mv_overload_n1", facts.cables, "outage_a", limit, "A", details=("outage_element",))


def transformer_overload(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Coincident peak of transformers, losses included."""
    limit = facts.transformers["rating_kva"] * (standard.transformer_loading_limit_pct / 100.0)
    yield from _breaches("transformer_overload", facts.transformers, "peak_kva", limit, "kVA")


def mv_drop(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """MV drop to each transformer in the normal state."""
    yield from _breaches("mv_drop", facts.transformers, "drop_pct", standard.mv_drop_limit_pct, "%")


def mv_drop_n1(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """MV drop to each transformer with one element out."""
    yield from _breaches(
        "mv_drop_n1", facts.transformers, "drop_outage_pct", standard.mv_drop_n1_limit_pct, "%",
        details=("outage_element",),
    )  # fmt: skip


def feeders_too_many(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Outgoing ways of each transformer's LV board."""
    limit = float(standard.feeders_per_transformer_max)
    yield from _breaches("feeders_too_many", facts.transformers, "ways", limit, "count")


def clearing_time(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Feeder fuses at the farthest pillar, service fuses at the meter; no value where the fuse would never operate."""
    limit = standard.clearing_time_limit_s
    yield from _breaches("clearing_time", facts.feeders, "clearing_s", limit, "s", details=("node",))
    services = facts.cables[facts.cables["level"] == "service"].assign(node="")
    yield from _breaches("clearing_time", services, "clearing_s", limit, "s", details=("node",))


def fuse_missing(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Fuses that are none of the catalogue's, carry less than the load, or (at boards and pillars) more than the cable.

    By each of several parallel cables. The load is that at nominal voltage: a fuse bears a quarter more than its
    rating.
    """
    cables = facts.cables[facts.cables["level"] != "mv"]
    parallel = cables["parallel"].to_numpy(np.float64)
    fuse = cables["fuse_a"].to_numpy(np.float64)
    load, rating = (cables[name].to_numpy(np.float64) / parallel for name in ("nominal_a", "rating_a"))
    rating = np.where((cables["level"] == "lv").to_numpy(), np.minimum(rating, standard.fuse_max_a), rating)
    starts = cables["is_head"].to_numpy(bool) | (cables["level"] == "service").to_numpy()
    fits = cables["fuse_known"].to_numpy(bool) & (fuse * (1.0 + TOLERANCE) >= load)
    fits &= (fuse <= rating * (1.0 + TOLERANCE)) | ~starts
    for row in np.flatnonzero(~fits).tolist():
        given = {"fuse": f"{fuse[row]:g}" if np.isfinite(fuse[row]) else "-"}
        subject = str(cables["id"].iat[row])
        yield Finding("fuse_missing", Severity.ERROR, subject, float(load[row]), float(rating[row]), "A", given)


def cable_withstand(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Heating of cables by a fault until it is cleared, as the current of 1 s that heats them as much."""
    yield from _breaches("cable_withstand", facts.cables, "thermal_ka", facts.cables["withstand_ka"], "kA")


def fault_level_high(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Largest fault current over what switchgear withstands."""
    yield from _breaches("fault_level_high", facts.busbars, "fault_max_ka", facts.busbars["rating_ka"], "kA")


def unbalance(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Negative-sequence voltage over positive-sequence voltage."""
    yield from _breaches("unbalance", facts.unbalance, "unbalance_pct", standard.unbalance_limit_pct, "%")


def supply_capacity(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Coincident peak of each supply point in the normal state."""
    yield from _breaches("supply_capacity", facts.supplies, "peak_kva", facts.supplies["capacity_kva"], "kVA")


def supply_capacity_n1(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """The same with one section or another supply point out."""
    yield from _breaches(
        "supply_capacity_n1", facts.supplies, "outage_kva", facts.supplies["capacity_kva"], "kVA",
        details=("outage_element",),
    )  # fmt: skip


def ring_missing(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Transformers that are on no MV ring, so that one section out leaves them dead."""
    for name in facts.transformers["id"][~facts.transformers["on_ring"]]:
        yield Finding("ring_missing", Severity.ERROR, str(name))


def ring_single_supply(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Rings that begin and end at the same supply point and can't survive its loss."""
    yield from _breaches(
        "ring_single_supply", facts.rings, "supply_points", 2.0, "count", below=True, severity=Severity.WARNING
    )


def ring_too_large(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Rings with more transformers than the standard admits."""
    yield from _breaches("ring_too_large", facts.rings, "transformers", standard.ring_transformers_max, "count")


def ring_load_too_large(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Rings with a larger coincident peak than the standard admits."""
    yield from _breaches("ring_load_too_large", facts.rings, "peak_kva", standard.ring_kva_max, "kVA")


def n1_unsupplied(facts: Facts, standard: Standard) -> Iterator[Finding]:
    """Ring sections whose outage leaves load dead; the loss of a supply point is for ``ring_single_supply`` to name."""
    sections = facts.outages[facts.outages["kind"] == "section"]
    yield from _breaches("n1_unsupplied", sections, "unsupplied_kva", 0.0, "kVA", subject="element")


RULES: tuple[Callable[[Facts, Standard], Iterator[Finding]], ...] = (
    plot_not_supplied,
    power_flow_unsolved,
    transformer_overload,
    lv_overload,
    service_overload,
    lv_drop,
    voltage_low,
    voltage_high,
    fuse_missing,
    clearing_time,
    cable_withstand,
    feeders_too_many,
    mv_overload,
    mv_drop,
    supply_capacity,
    mv_overload_n1,
    mv_drop_n1,
    voltage_low_n1,
    supply_capacity_n1,
    n1_unsupplied,
    ring_missing,
    ring_single_supply,
    ring_too_large,
    ring_load_too_large,
    fault_level_high,
    unbalance,
)
