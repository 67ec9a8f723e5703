"""Demand of every plot: connected load, peak after diversity, power factor, service and energy, all in arrays."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from rasana.planning.catalogue import Catalogue, Trades
from rasana.planning.estate import Estate
from rasana.planning.finding import Assumption, Finding, Refused, Severity, Status
from rasana.planning.hourly import hourly_shapes
from rasana.planning.standard import Standard

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
_T = TypeVar("_T")

GENERAL = "general"
"""The trade whose figures a plot has where its demand is given and its trade is not."""


@dataclass(frozen=True)
class Demand:
    """One row a plot, in the order of ``estate.plots``; figures hold for the standard's horizon.

    Coincidence: a unit of peak p has the parts a = g p and b = (1 - g) p with g of its class; a group peaks at
    P = sum(a) + sqrt(sum(b^2)), and so for kvar. ``a_*`` and ``b_*`` are the plot's own parts, so that a plot with n
    equal units is the group of its units and ``peak_kw = a_kw + b_kw``.

    ``phases`` is 1 or 3; ``shape`` the row of ``shapes`` (peak 1 in each of 8,760 hours), ``class_row`` the row of
    ``class_names``. The mean load of a plot in hour t is ``a_kw * shapes[shape, t]``; ``energy_mwh`` is its sum.
    ``yearly_peak_kw`` is the estate's coincident peak from now to the horizon.
    """

    trade: tuple[str, ...]
    units: Floats
    connected_kw: Floats
    unit_peak_kw: Floats
    peak_kw: Floats
    peak_kvar: Floats
    a_kw: Floats
    b_kw: Floats
    a_kvar: Floats
    b_kvar: Floats
    power_factor: Floats
    phases: Ints
    demand_given: Flags
    connected_given: Flags
    shape: Ints
    shapes: Floats
    class_row: Ints
    class_names: tuple[str, ...]
    energy_mwh: Floats
    yearly_peak_kw: Floats
    assumptions: tuple[Assumption, ...]
    """Figures of trades that stood in for what the plan does not give; the standard's stand in its rows."""
    findings: tuple[Finding, ...]


def coincident(a: Floats, b: Floats, axis: int = -1) -> Floats:
    """Peak of a group from the parts of its members along ``axis``: sum(a) + sqrt(sum(b^2)) (Rusck's form for any mix).

    Monotone in the set of members, never above the sum of their peaks, never below the largest of them.
    """
    return np.asarray(a.sum(axis=axis) + np.sqrt((b**2).sum(axis=axis)), dtype=np.float64)


def rusck_factor(g_inf: float, units: float) -> float:
    """Coincidence of equal units: g_inf + (1 - g_inf) / sqrt(n) (Rusck 1956)."""
    return float(g_inf + (1.0 - g_inf) / np.sqrt(units))


def estimate(estate: Estate, standard: Standard, catalogue: Catalogue) -> Demand:
    """Demand of every plot of ``estate`` at the standard's horizon, with all units taken up.

    A given ``demand_kw`` is the plot's peak at its meter and is kept; else a given ``connected_kw`` times the trade's
    demand factor; else the trade's usual unit, scaled by the floor area where the trade scales with it. Units grow
    until their connected load is reached. A plot with neither trade nor figures has no demand. Raises ``Refused`` with
    ``demand_trade_unknown``, a finding a plot.
    """
    trades = catalogue.trades
    plots = _Plots.of(estate.plots, trades)
    connected_kw = _connected_kw(plots, trades, standard)
    unit_peak_kw = _unit_peak_kw(plots, connected_kw, trades, standard, standard.horizon_years)
    a_kw, b_kw = _parts(plots.units, trades.g_inf[plots.row], unit_peak_kw)
    peak_kw = a_kw + b_kw
    power_factor = trades.power_factor[plots.row]
    tangent = np.sqrt(1.0 / power_factor**2 - 1.0)
    kinds, shape = _numbered(tuple(zip(trades.shape, trades.cooling_per_k.tolist(), strict=True)), plots.row)
    class_names, class_row = _numbered(trades.coincidence_class, plots.row)
    shapes = hourly_shapes(kinds, standard)
    return Demand(
        trade=tuple(plots.trade),
        units=plots.units,
        connected_kw=connected_kw,
        unit_peak_kw=unit_peak_kw,
        peak_kw=peak_kw,
        peak_kvar=peak_kw * tangent,
        a_kw=a_kw,
        b_kw=b_kw,
        a_kvar=a_kw * tangent,
        b_kvar=b_kw * tangent,
        power_factor=power_factor,
        phases=_phases(plots, peak_kw, trades, standard),
        demand_given=plots.demand_given,
        connected_given=plots.connected_given,
        shape=shape,
        shapes=shapes,
        class_row=class_row,
        class_names=class_names,
        energy_mwh=a_kw * shapes.sum(axis=1)[shape] / 1000.0,
        yearly_peak_kw=_yearly_peak_kw(plots, connected_kw, trades, standard),
        assumptions=_assumptions(plots, catalogue),
        findings=_findings(plots, trades, standard),
    )


@dataclass(frozen=True)
class _Plots:
    """The plots' columns as arrays; ``row`` is that of the trade, the general one where none is given."""

    trade: tuple[str, ...]
    row: Ints
    named: Flags
    units: Floats
    units_given: Flags
    floor_area_m2: Floats
    connected_kw: Floats
    connected_given: Flags
    demand_kw: Floats
    demand_given: Flags
    phases: Floats

    @classmethod
    def of(cls, plots: gpd.GeoDataFrame, trades: Trades) -> _Plots:
        """Read the columns; refuse trades that the catalogue has not."""
        codes = plots["trade"].fillna("").astype(str).str.strip()
        rows = trades.row_of()
        found = codes.map(rows)
        unknown = found.isna() & (codes != "")
        if unknown.any():
            pairs = zip(plots.loc[unknown, "plot_id"], codes[unknown], strict=True)
            raise Refused([_unknown_trade(str(plot), code, trades.code) for plot, code in pairs])
        columns = {
            name: plots[name].to_numpy(dtype=np.float64, na_value=np.nan)
            for name in ("units", "floor_area_m2", "connected_kw", "demand_kw", "phases")
        }
        connected_given, demand_given = ~np.isnan(columns["connected_kw"]), ~np.isnan(columns["demand_kw"])
        units_given = ~np.isnan(columns["units"])
        columns["units"] = np.where(units_given, columns["units"], 1.0)
        # A figure that is given belongs to at least one unit.
        columns["units"] = np.maximum(columns["units"], (connected_given | demand_given).astype(np.float64))
        return cls(
            trade=tuple(codes),
            row=found.fillna(rows[GENERAL]).to_numpy(dtype=np.int64),
            named=(codes != "").to_numpy(),
            units_given=units_given,
            connected_given=connected_given,
            demand_given=demand_given,
            **columns,
        )

    @property
    def estimated(self) -> Flags:
        """Plots whose connected load comes from their trade alone."""
        return self.named & ~self.connected_given & ~self.demand_given


def _numbered(values: tuple[_T, ...], row: Ints) -> tuple[tuple[_T, ...], Ints]:
    """Of ``values`` by trade those that the plots have, each once, and the row among them of every plot."""
    known = list(dict.fromkeys(values))
    number = np.array([known.index(value) for value in values], dtype=np.int64)
    used, place = np.unique(number[row], return_inverse=True)
    return tuple(known[index] for index in used), place.astype(np.int64)


def _unknown_trade(plot_id: str, code: str, known: tuple[str, ...]) -> Finding:
    right = ", ".join(get_close_matches(code, known, n=3)) or ", ".join(known)
    return Finding("demand_trade_unknown", Severity.ERROR, plot_id, details={"given": code, "right": right})


def _area_ratio(plots: _Plots, trades: Trades) -> Floats:
    """Floor area of one unit over that of its trade's usual unit; NaN where the load does not scale with it."""
    usual = trades.unit_m2[plots.row] * np.maximum(plots.units, 1.0)
    scales = plots.estimated & (trades.floor_scaled[plots.row] == 1.0) & (plots.floor_area_m2 > 0.0)
    return np.where(scales, plots.floor_area_m2 / usual, np.nan)


def _connected_kw(plots: _Plots, trades: Trades, standard: Standard) -> Floats:
    """Connected load of each plot: given, or behind a given demand, or that of the trade's usual unit."""
    ratio = np.clip(_area_ratio(plots, trades), standard.floor_area_scale_min, standard.floor_area_scale_max)
    usual = plots.units * trades.connected_kw[plots.row] * np.where(np.isnan(ratio), 1.0, ratio)
    behind_demand = plots.demand_kw / trades.demand_factor[plots.row]
    cases = [plots.connected_given, plots.demand_given, plots.named]
    return np.select(cases, [plots.connected_kw, behind_demand, usual], 0.0)


def _parts(units: Floats, g: Floats, unit_peak_kw: Floats) -> tuple[Floats, Floats]:
    """The coincident part a and the independent part b of plots with so many equal units."""
    return units * g * unit_peak_kw, np.sqrt(units) * (1.0 - g) * unit_peak_kw


def _unit_peak_kw(plots: _Plots, connected_kw: Floats, trades: Trades, standard: Standard, years: float) -> Floats:
    """Peak of one unit after some years: grown to its connected load at most; a given demand of the plot is kept."""
    unit_connected = connected_kw / np.maximum(plots.units, 1.0)
    growth = (1.0 + standard.demand_growth_pct_per_year / 100.0) ** years
    grown = np.minimum(unit_connected * trades.demand_factor[plots.row] * growth, unit_connected)
    g = trades.g_inf[plots.row]
    units = np.maximum(plots.units, 1.0)
    share_of_plot = plots.demand_kw / (units * g + np.sqrt(units) * (1.0 - g))
    return np.where(plots.demand_given, share_of_plot, grown)


def take_up(standard: Standard) -> Floats:
    """Share of the units taken up in each year from now to the horizon, where all count: a logistic curve."""
    years = np.arange(standard.horizon_years + 1, dtype=np.float64)
    taken = 1.0 / (1.0 + np.exp(-standard.take_up_rate_per_year * (years - standard.take_up_midpoint_years)))
    return np.asarray(taken / taken[-1], dtype=np.float64)


def _yearly_peak_kw(plots: _Plots, connected_kw: Floats, trades: Trades, standard: Standard) -> Floats:
    """The estate's coincident peak from now to the horizon, as units are taken up and grow."""
    peaks = []
    for year, share in enumerate(take_up(standard)):
        unit_peak_kw = _unit_peak_kw(plots, connected_kw, trades, standard, float(year))
        peaks.append(float(coincident(*_parts(plots.units * share, trades.g_inf[plots.row], unit_peak_kw))))
    return np.array(peaks, dtype=np.float64)


def _phases(plots: _Plots, peak_kw: Floats, trades: Trades, standard: Standard) -> Ints:
    """Service of each plot: given; else three-phase above the standard's limit, and by the trade's share below it.

    The share is dealt out in the plots' order, so that the running count never strays from it by a whole plot.
    """
    phases = np.where(np.isnan(plots.phases), 3.0, plots.phases)
    open_ = np.isnan(plots.phases) & (peak_kw > 0.0)
    for row in np.unique(plots.row[open_]):
        among = np.flatnonzero(open_ & (plots.row == row))
        large = peak_kw[among] > standard.single_phase_limit_kw
        left = among[~large]
        if len(left):
            wanted = trades.three_phase_share[row] * len(among) - large.sum()
            share = np.clip(wanted / len(left), 0.0, 1.0)
            steps = np.floor(np.arange(len(left) + 1) * share + 0.5)
            phases[left] = np.where(np.diff(steps) > 0.0, 3.0, 1.0)
    return phases.astype(np.int64)


def _assumptions(plots: _Plots, catalogue: Catalogue) -> tuple[Assumption, ...]:
    """One line a trade and property that was used, and one a property that the plan gives or leaves out."""
    rows = {row.key: row for row in catalogue.rows}
    has_load = plots.named | plots.connected_given | plots.demand_given
    scaled = ~np.isnan(_area_ratio(plots, catalogue.trades))
    uses = {
        "connected_kw": plots.estimated,
        "demand_factor": has_load & ~plots.demand_given,
        "unit_m2": scaled,
        "power_factor": has_load,
        "three_phase_share": has_load & np.isnan(plots.phases),
        "coincidence_class": has_load,
        "shape": has_load,
        "cooling_per_k": has_load,
    }
    lines = []
    for row in np.unique(plots.row[has_load]):
        code = catalogue.trades.code[row]
        of_trade = plots.row == row
        lines += [
            rows[f"trades/{code}/{key}"].assumption(f"trade {code}", key)
            for key, used in uses.items()
            if (used & of_trade).any()
        ]
    classes = dict.fromkeys(catalogue.trades.coincidence_class[row] for row in np.unique(plots.row[has_load]))
    lines += [rows[f"coincidence/{name}/g_inf"].assumption(f"coincidence {name}", "g_inf") for name in classes]
    return (*lines, *_counts(plots, has_load, scaled))


def _counts(plots: _Plots, has_load: Flags, scaled: Flags) -> list[Assumption]:
    """How many plots have a figure of the plan, and how many one that was put in its place."""
    plan, without = "plan", "not in the plan"
    lines = [
        ("demand_kw given", plots.demand_given, plan, Status.GIVEN),
        ("connected_kw given", plots.connected_given & ~plots.demand_given, plan, Status.GIVEN),
        ("connected_kw by trade", plots.estimated & ~scaled, without, Status.DEFAULT),
        ("connected_kw by trade and floor area", scaled, without, Status.DERIVED),
        ("one unit a plot", has_load & ~plots.units_given, without, Status.DEFAULT),
        ("service by trade", has_load & np.isnan(plots.phases), without, Status.DEFAULT),
        ("no demand", ~has_load, without, Status.DEFAULT),
    ]
    return [
        Assumption("plots", name, str(int(flags.sum())), "plots", source, status)
        for name, flags, source, status in lines
        if flags.any()
    ]


def _findings(plots: _Plots, trades: Trades, standard: Standard) -> tuple[Finding, ...]:
    """Notes on plots without demand and on floor areas that are far from their trade's usual unit."""
    ratio = _area_ratio(plots, trades)
    outside = (ratio < standard.floor_area_scale_min) | (ratio > standard.floor_area_scale_max)
    findings = [
        Finding(
            "demand_area_unusual",
            Severity.NOTE,
            trades.code[row],
            float((outside & (plots.row == row)).sum()),
            unit="plots",
            details={"least": f"{standard.floor_area_scale_min:g}", "most": f"{standard.floor_area_scale_max:g}"},
        )
        for row in np.unique(plots.row[outside])
    ]
    empty = ~(plots.named | plots.connected_given | plots.demand_given)
    if empty.any():
        findings.append(Finding("demand_none", Severity.NOTE, "plots", float(empty.sum()), unit="plots"))
    return tuple(findings)
