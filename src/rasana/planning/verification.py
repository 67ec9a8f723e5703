"""Verification of a designed network: AC power flow, outages, fault levels, unbalance, and every rule they break.

``verify`` looks at the network as it is and changes nothing in it. The state of ``load_kw`` and ``load_kvar``, which
exporters write, is the one in which every transformer is at its own coincident peak at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rasana.planning.catalogue import Catalogue
from rasana.planning.demand import Demand
from rasana.planning.diversity import Bools, Floats, Ints, coincident_power
from rasana.planning.estate import Estate
from rasana.planning.faults import FaultLevels, fault_levels, fuse_rows
from rasana.planning.finding import Finding
from rasana.planning.grid_model import Grid, make_grid, secondary_voltage_pu
from rasana.planning.network import Network
from rasana.planning.outages import Outages, run_outages, state_table, switch_states
from rasana.planning.peaks import Flow, Peaks, ac_states, coincident_currents, find_peaks, network_tree
from rasana.planning.rules import Facts, find_breaches
from rasana.planning.standard import Standard
from rasana.planning.unbalance import Unbalance, assign_phases, run_unbalance

OWN_PEAK, RING_PEAK, LIGHT = 0, 1, 2
"""Rows of ``peaks.Flow``."""
TAP_MARGIN_PU = 2e-4
"""Taps are chosen with all transformers on the same one; what other taps do to the MV side stays below this."""


@dataclass(frozen=True)
class Verification:
    """What verification found: ``facts`` as tables, ``findings``, and figures of the whole.

    ``losses_kw`` are those of the state in which every transformer is at its own peak; ``peak_kva`` by supply point
    and what else there is stand in ``facts``. ``loading_max_pct`` is over transformers and cables, each against its
    rating.
    """

    facts: Facts
    findings: tuple[Finding, ...]
    losses_kw: float
    voltage_min_pu: float
    loading_max_pct: float


@dataclass(frozen=True)
class _Case:
    """One network made ready: columns, peaks, AC states and MV states."""

    grid: Grid
    peaks: Peaks
    flow: Flow
    outages: Outages


def verify(estate: Estate, standard: Standard, catalogue: Catalogue, demand: Demand, network: Network) -> Verification:
    """Every check of ``network``. Raises ValueError where it is not radial in its normal state."""
    case = _make_case(estate, standard, catalogue, demand, network)
    fuse_row = fuse_rows(catalogue.fuses, network.cables["fuse_a"].to_numpy(np.float64))
    faults = fault_levels(case.grid, standard, catalogue.fuses, case.outages, case.peaks, fuse_row)
    phases = _unbalance(case)
    plots = _plot_table(case, demand, network, faults, phases)
    cables = _cable_table(case, network, faults, phases, fuse_row)
    transformers = _transformer_table(case, network)
    meter_drop = _worst_by_transformer(case.peaks, case.peaks.drop_pct, case.grid)
    limits = {
        "loading_pct": standard.mv_loading_n1_limit_pct,
        "drop_pct": standard.mv_drop_n1_limit_pct,
        "voltage_pu": standard.lv_voltage_min_n1_pu,
    }
    rating = network.cables["rating_a"].to_numpy(np.float64)[case.outages.switching.cable]
    facts = Facts(
        cables=cables,
        transformers=transformers,
        plots=plots,
        feeders=_feeder_table(cables),
        supplies=_supply_table(case, _supply_ids(estate, network)),
        rings=_ring_table(case, network),
        outages=state_table(case.outages, rating, meter_drop, case.grid.supply_capacity_kva, limits),
        busbars=_busbar_table(case.grid, standard, network, faults),
        unbalance=_unbalance_table(case, network, phases),
        unsolved=_unsolved(case, phases),
    )
    loading = np.concatenate([cables["loading_pct"].to_numpy(), transformers["loading_pct"].to_numpy()])
    return Verification(
        facts=facts,
        findings=find_breaches(facts, standard),
        losses_kw=float(case.flow.losses_kw[OWN_PEAK]),
        voltage_min_pu=float(plots["voltage_min_pu"].min()),
        loading_max_pct=float(loading.max(initial=0.0)),
    )


def choose_taps(estate: Estate, standard: Standard, catalogue: Catalogue, demand: Demand, network: Network) -> Floats:
    """Off-load tap (``tap_pct``) of each transformer: the smallest rise that holds every meter within its limits.

    At the transformer's peak, at light load, and with one MV element out. Tried are 0, the rises of the standard's
    steps up to its limit, then the same downwards; where none does, the one that comes nearest. The network's own
    taps don't matter.
    """
    case = _make_case(estate, standard, catalogue, demand, network)
    steps = int(standard.tap_limit_pct / standard.tap_step_pct + 1e-9) if standard.tap_step_pct > 0.0 else 0
    rises = [standard.tap_step_pct * step for step in (*range(steps + 1), *range(-1, -steps - 1, -1))]
    phases = _unbalance(case)
    own_peak = _at_plots(case.grid, case.flow.node_pu[OWN_PEAK])
    # What a single-phase meter lies below the balanced state hardly depends on the tap.
    below = np.zeros(len(own_peak)) if phases is None else own_peak - _phase_low(case, phases)
    taps = [np.full(len(case.grid.transformer_kva), rise) for rise in rises]
    over = np.stack([_voltage_excess(case, standard, tap, below) for tap in taps])
    held = over <= 0.0
    best = np.where(held.any(axis=0), held.argmax(axis=0), over.argmin(axis=0))
    return np.asarray(np.asarray(rises)[best], dtype=np.float64)


def _voltage_excess(case: _Case, standard: Standard, tap_pct: Floats, below: Floats) -> Floats:
    """How far (pu) each transformer's worst meter is outside its limits with these taps; at most 0 where none is.

    ``below`` (plots,): by how much a meter's phase lies below the balanced state.
    """
    grid, peaks = case.grid, case.peaks
    flow = ac_states(grid, peaks, standard.light_load_share, tap_pct)
    meters = np.fmin(_at_plots(grid, _nodes_low(grid, peaks, flow)), _at_plots(grid, flow.node_pu[OWN_PEAK]) - below)
    low = np.full(len(tap_pct), np.inf)
    hung = peaks.plot_transformer >= 0
    np.fmin.at(low, peaks.plot_transformer[hung], meters[hung])
    high = _worst_by_transformer(peaks, flow.node_pu[LIGHT], grid)
    served = flow.busbar_va[OWN_PEAK] / 1000.0
    tapped = grid.with_taps(tap_pct)
    busbar = secondary_voltage_pu(tapped, case.outages.primary_pu[1:], served.real, served.imag)
    outage = np.nanmin(busbar, axis=0, initial=np.inf) - _worst_by_transformer(peaks, peaks.drop_pct, grid) / 100.0
    short = np.maximum(standard.lv_voltage_min_pu - low, standard.lv_voltage_min_n1_pu - outage)
    return np.asarray(np.maximum(short, high - standard.lv_voltage_max_pu) + TAP_MARGIN_PU)


def _make_case(estate: Estate, standard: Standard, catalogue: Catalogue, demand: Demand, network: Network) -> _Case:
    grid = make_grid(estate, standard, catalogue, network)
    tree = network_tree(grid)
    ring = pd.factorize(network.transformers["ring_id"].fillna(""))[0].astype(np.int64)
    # A transformer without a ring is its own group.
    alone = network.transformers["ring_id"].fillna("").to_numpy() == ""
    ring = np.where(alone, len(ring) + np.arange(len(ring)), ring)
    peaks = find_peaks(grid, tree, demand, _phases(demand, network), ring)
    flow = ac_states(grid, peaks, standard.light_load_share)
    switching = switch_states(grid, network.cables, _supply_ids(estate, network))
    outages = run_outages(grid, switching, peaks.transformer_columns, flow.busbar_va[OWN_PEAK])
    return _Case(grid, peaks, flow, outages)


def _supply_ids(estate: Estate, network: Network) -> list[str]:
    present = set(network.nodes["id"])
    return [f"S-{name}" for name in estate.supply_points["supply_id"] if f"S-{name}" in present]


def _phases(demand: Demand, network: Network) -> Ints:
    """Phase of each plot's service; plots of one feeder are spread over its phases."""
    feeder = pd.factorize(network.plots["feeder_id"].fillna(""))[0].astype(np.int64)
    transformer = pd.factorize(network.plots["transformer_id"].fillna(""))[0].astype(np.int64)
    single = (demand.phases == 1) & (demand.peak_kw > 0.0)
    return assign_phases(single, np.hypot(demand.peak_kw, demand.peak_kvar), feeder, transformer)


def _unbalance(case: _Case) -> Unbalance | None:
    peaks = case.peaks
    if not (peaks.plot_phase >= 0).any():
        return None
    live = peaks.plot_transformer >= 0
    return run_unbalance(case.grid, peaks.plot_phase, peaks.own_va, live, peaks.tree.root < 0)


def _phase_low(case: _Case, phases: Unbalance) -> Floats:
    """Lowest phase-to-neutral voltage of each plot: of its own phase, or of three."""
    live = case.peaks.plot_transformer >= 0
    by_phase = np.where(live[:, None], phases.phase_pu[case.grid.plot_node], np.nan)
    own = np.take_along_axis(by_phase, np.maximum(case.peaks.plot_phase, 0)[:, None], axis=1)[:, 0]
    return np.where(case.peaks.plot_phase >= 0, own, by_phase.min(axis=1))


def _nodes_low(grid: Grid, peaks: Peaks, flow: Flow) -> Floats:
    """Lowest voltage of every LV node: of the AC states, and of the busbar at its peak less the coincident drop."""
    busbar = flow.node_pu[OWN_PEAK][grid.transformer_lv]
    known = peaks.node_transformer >= 0
    summed = np.where(known, busbar[peaks.node_transformer] - peaks.drop_pct / 100.0, np.nan)
    lowest = np.fmin(np.fmin(flow.node_pu[OWN_PEAK], flow.node_pu[RING_PEAK]), summed)
    return np.asarray(lowest, dtype=np.float64)


def _worst_by_transformer(peaks: Peaks, value: Floats, grid: Grid) -> Floats:
    """Largest ``value`` (nodes,) over the meters of each transformer and its busbar."""
    worst = value[grid.transformer_lv].copy()
    hung = peaks.plot_transformer >= 0
    np.fmax.at(worst, peaks.plot_transformer[hung], value[grid.plot_node[hung]])
    return worst


def _at_plots(grid: Grid, value: Floats) -> Floats:
    return np.where(grid.plot_node >= 0, value[grid.plot_node], np.nan)


def _plot_table(
    case: _Case, demand: Demand, network: Network, faults: FaultLevels, phases: Unbalance | None
) -> pd.DataFrame:
    grid, peaks, flow, outages = case.grid, case.peaks, case.flow, case.outages
    hung = peaks.plot_transformer >= 0
    low = _at_plots(grid, _nodes_low(grid, peaks, flow))
    if phases is not None:
        low = np.fmin(low, _phase_low(case, phases))
    # A drop of more than all there is comes from sums beyond any solution.
    low = np.fmax(low, np.where(hung, 0.0, np.nan))
    drop = np.where(hung, _at_plots(grid, peaks.drop_pct), np.nan)
    worst, element = _worst_state(-outages.busbar_pu, outages)
    clearing = np.full(grid.nodes, np.nan)
    service = np.flatnonzero(grid.cable_is_service)
    clearing[grid.cable_end[service]] = faults.clearing_s[service]
    return pd.DataFrame(
        {
            "plot_id": network.plots["plot_id"].to_numpy(),
            "supplied": hung,
            "demand_kva": np.hypot(demand.peak_kw, demand.peak_kvar),
            "load_kw": peaks.own_va.real / 1000.0,
            "load_kvar": peaks.own_va.imag / 1000.0,
            "voltage_min_pu": low,
            "voltage_max_pu": np.where(hung, _at_plots(grid, flow.node_pu.max(axis=0)), np.nan),
            "drop_pct": drop,
            "voltage_outage_pu": np.where(hung, np.fmax(-worst[peaks.plot_transformer] - drop / 100.0, 0.0), np.nan),
            "outage_element": np.where(hung, element[peaks.plot_transformer], ""),
            "fault_min_ka": np.where(hung, _at_plots(grid, faults.node_min_ka), np.nan),
            "clearing_s": np.where(hung, _at_plots(grid, clearing), np.nan),
            "phase": peaks.plot_phase,
        }
    )


def _worst_state(value: Floats, outages: Outages) -> tuple[Floats, np.ndarray]:
    """Largest of each column of ``value`` (states, columns) over all states but the normal one, and what is out."""
    if len(value) < 2:
        return np.full(value.shape[1], np.nan), np.full(value.shape[1], "", dtype=object)
    rest = np.where(np.isnan(value[1:]), -np.inf, value[1:])
    state = rest.argmax(axis=0)
    worst = rest[state, np.arange(rest.shape[1])]
    element = np.asarray(outages.switching.element, dtype=object)[1:][state]
    return np.where(np.isfinite(worst), worst, np.nan), element


def _cable_table(
    case: _Case, network: Network, faults: FaultLevels, phases: Unbalance | None, fuse_row: Ints
) -> pd.DataFrame:
    grid, outages, cables = case.grid, case.outages, network.cables
    nominal, coincident = coincident_currents(grid, case.peaks, case.flow)
    peak = np.fmax(coincident, case.flow.cable_a[OWN_PEAK])
    if phases is not None:
        peak = np.fmax(peak, phases.cable_a)
    peak[outages.switching.cable] = outages.current_a[0]
    rating = cables["rating_a"].to_numpy(np.float64)
    outage = np.full(len(cables), np.nan)
    element = np.full(len(cables), "", dtype=object)
    outage[outages.switching.cable], element[outages.switching.cable] = _worst_state(outages.current_a, outages)
    table = pd.DataFrame({name: cables[name].to_numpy() for name in ("id", "level", "to_node")})
    for name in ("ring_id", "feeder_id"):
        table[name] = cables[name].fillna("").to_numpy()
    return table.assign(
        rating_a=rating,
        peak_a=peak,
        loading_pct=peak / rating * 100.0,
        nominal_a=nominal,
        fuse_a=cables["fuse_a"].to_numpy(np.float64),
        parallel=grid.cable_parallel,
        fuse_known=fuse_row >= 0,
        is_head=_heads(grid),
        fault_min_ka=faults.cable_min_ka,
        clearing_s=faults.clearing_s,
        thermal_ka=faults.thermal_ka,
        withstand_ka=grid.cable_withstand_ka,
        outage_a=outage,
        outage_element=element,
    )


def _heads(grid: Grid) -> Bools:
    """Cables that leave an LV board."""
    return np.asarray(~grid.cable_is_mv & np.isin(grid.cable_start, grid.transformer_lv))


def _ways(grid: Grid) -> Floats:
    """Fused ways of each LV board: one a cable that leaves it; the single services beside it share one."""
    heads = _heads(grid)
    single = heads & grid.cable_is_service & (grid.cable_parallel == 1.0)
    own = np.bincount(
        grid.cable_start[heads & ~single], weights=grid.cable_parallel[heads & ~single], minlength=grid.nodes
    )
    shared = np.bincount(grid.cable_start[single], minlength=grid.nodes) > 0
    return np.asarray((own + shared)[grid.transformer_lv], dtype=np.float64)


def _feeder_table(cables: pd.DataFrame) -> pd.DataFrame:
    """Each feeder at the far end where its fuse takes longest."""
    mains = cables[(cables["level"] == "lv") & cables["clearing_s"].notna()]
    worst = mains.sort_values(["feeder_id", "clearing_s", "fault_min_ka"], ascending=[True, False, True], kind="stable")
    worst = worst.drop_duplicates("feeder_id").rename(columns={"to_node": "node"})
    worst = worst.drop(columns="id").rename(columns={"feeder_id": "id"})
    return worst[["id", "clearing_s", "node", "fault_min_ka", "fuse_a"]].reset_index(drop=True)


def _transformer_table(case: _Case, network: Network) -> pd.DataFrame:
    grid, outages = case.grid, case.outages
    peak = np.abs(case.flow.transformer_va[OWN_PEAK]) / 1000.0
    drop, element = _worst_state(outages.drop_pct, outages)
    ring = network.transformers["ring_id"].fillna("").to_numpy()
    cable_ring = network.cables["ring_id"].fillna("").to_numpy()
    ends = np.concatenate([grid.cable_start[grid.cable_is_mv], grid.cable_end[grid.cable_is_mv]])
    keys = pd.Series(list(zip(ends, np.tile(cable_ring[grid.cable_is_mv], 2), strict=True))).value_counts()
    at_ring = np.array([keys.get((node, name), 0) for node, name in zip(grid.transformer_mv, ring, strict=True)])
    return pd.DataFrame(
        {
            "id": network.transformers["id"].to_numpy(),
            "rating_kva": grid.transformer_kva,
            "peak_kva": peak,
            "loading_pct": peak / grid.transformer_kva * 100.0,
            "drop_pct": outages.drop_pct[0],
            "drop_outage_pct": drop,
            "outage_element": element,
            "ways": _ways(grid),
            "on_ring": (ring != "") & (at_ring >= 2),
        }
    )


def _supply_table(case: _Case, supply_ids: list[str]) -> pd.DataFrame:
    worst, element = _worst_state(case.outages.supply_kva, case.outages)
    return pd.DataFrame(
        {
            "id": supply_ids,
            "capacity_kva": case.grid.supply_capacity_kva,
            "peak_kva": case.outages.supply_kva[0],
            "outage_kva": worst,
            "outage_element": element,
        }
    )


def _ring_table(case: _Case, network: Network) -> pd.DataFrame:
    """How many different supply points each ring hangs on, its transformers and their coincident peak."""
    grid = case.grid
    of_transformer = network.transformers["ring_id"].fillna("").to_numpy()
    ring = network.cables["ring_id"].fillna("").to_numpy()
    names = sorted(set(ring[grid.cable_is_mv]) - {""})
    count, members, peak = [], [], []
    for name in names:
        on_ring = of_transformer == name
        members.append(float(on_ring.sum()))
        peak.append(float(np.hypot(*coincident_power(case.peaks.transformer_columns[on_ring].sum(axis=0)))))
        here = grid.cable_is_mv & (ring == name)
        count.append(
            len(np.intersect1d(np.concatenate([grid.cable_start[here], grid.cable_end[here]]), grid.supply_node))
        )
    return pd.DataFrame(
        {"id": names, "supply_points": np.asarray(count, dtype=np.float64), "transformers": members, "peak_kva": peak}
    )


def _busbar_table(grid: Grid, standard: Standard, network: Network, faults: FaultLevels) -> pd.DataFrame:
    """Supply points, RMUs and LV boards with their largest fault current and what their switchgear withstands."""
    node = np.concatenate([grid.supply_node, grid.transformer_mv, grid.transformer_lv])
    is_mv = grid.node_is_mv[node]
    rating = np.where(is_mv, standard.mv_switchgear_fault_rating_ka, standard.lv_board_fault_rating_ka)
    return pd.DataFrame(
        {
            "id": network.nodes["id"].to_numpy()[node],
            "level": np.where(is_mv, "mv", "lv"),
            "fault_max_ka": faults.node_max_ka[node],
            "rating_ka": rating,
        }
    )


def _unbalance_table(case: _Case, network: Network, phases: Unbalance | None) -> pd.DataFrame:
    """Unbalance where three phases are taken: pillars, LV boards and three-phase meters."""
    if phases is None:
        return pd.DataFrame({"id": [], "unbalance_pct": []})
    shown = ~case.grid.node_is_mv & ~np.isnan(phases.unbalance_pct)
    single = case.grid.plot_node[(case.peaks.plot_phase >= 0) & (case.grid.plot_node >= 0)]
    shown[single] = False
    row = np.flatnonzero(shown)
    return pd.DataFrame({"id": network.nodes["id"].to_numpy()[row], "unbalance_pct": phases.unbalance_pct[row]})


def _unsolved(case: _Case, phases: Unbalance | None) -> tuple[str, ...]:
    solved = {"peak": case.flow.solved, "outages": case.outages.solved, "unbalance": phases is None or phases.solved}
    return tuple(name for name, ok in solved.items() if not ok)
