"""The medium-voltage network in its normal state and with every ring section and every supply point out.

A ring section out: it is switched off at both ends and the ring's open point is closed. A supply point out: all its ring ends
are dead and each of its rings is fed through its open point. Currents and drops are the larger of two answers: the
coincident sums of what hangs on each section, and AC power flow with every ring at its own peak.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import NDArray
from power_grid_model import ComponentType, DatasetType, initialize_array

from rasana.planning.diversity import Bools, Floats, Ints, _grow, along, coincident_power, downstream
from rasana.planning.grid_model import FLOWS, Grid, grid_input, secondary_voltage_pu, solve, with_loads

SQRT3 = float(np.sqrt(3.0))


@dataclass(frozen=True)
class MvStates:
    """States of the MV network; row 0 is the normal one. Arrays are (states, ...).

    - ``element``, ``kind`` ("normal", "section", "supply"), ``ring_id`` ("" for a supply point).
    - ``closed`` (states, MV cables), ``supply_on`` (states, supply points); ``cable``: rows of the network's cables.
    - ``root``: row of the supply point that feeds each transformer, -1 where none does.
    - ``current_a`` (states, MV cables) and ``drop_pct`` (states, transformers) of the coincident sums.
    - ``r20_ohm``, ``r_fault_ohm``, ``x_ohm`` (states, nodes): way from the supply point to each node of ``node``.
    """

    element: tuple[str, ...]
    kind: tuple[str, ...]
    ring_id: tuple[str, ...]
    cable: Ints
    node: Ints
    closed: Bools
    supply_on: Bools
    root: Ints
    current_a: Floats
    drop_pct: Floats
    node_root: Ints
    r20_ohm: Floats
    r_fault_ohm: Floats
    x_ohm: Floats
    loop: int


@dataclass(frozen=True)
class Outages:
    """What the states do, as the larger of sums and AC. Row 0 is the normal state.

    ``current_a`` (states, MV cables), ``drop_pct`` and ``busbar_pu`` (states, transformers; the LV busbar with the
    transformer at its own peak, NaN where dead), ``supply_kva`` (states, supply points), ``unsupplied_kva`` (states,).
    ``solved`` is False where AC power flow had no solution.
    """

    states: MvStates
    current_a: Floats
    drop_pct: Floats
    busbar_pu: Floats
    supply_kva: Floats
    unsupplied_kva: Floats
    solved: bool


@njit(cache=True)
def _run_states(
    nodes: int, start: Ints, end: Ints, closed: Bools, supply: Ints, supply_on: Bools, own: Floats, per_branch: Floats
) -> tuple[Ints, Floats, Floats, Ints]:
    """Root and path sums (r20, r_fault, x, drop) of each node and power through each cable, one state after the other.

    ``per_branch``: r20, r_fault, x and r at operating temperature (ohm), for drops in kW ohm + kvar ohm.
    """
    states, branches = closed.shape
    root = np.full((states, nodes), -1, np.int64)
    path = np.zeros((states, nodes, 4))
    power = np.zeros((states, branches, 2))
    loops = np.full(states, -1, np.int64)
    row_of = np.full(nodes, -1, np.int64)
    for row in range(supply.size):
        row_of[supply[row]] = row
    for state in range(states):
        order, parent, branch, from_node, loop = _grow(nodes, start, end, closed[state], supply[supply_on[state]])
        loops[state] = loop
        total = downstream(order, parent, own)
        weight = per_branch.copy()
        for node in order:
            row = branch[node]
            if row >= 0:
                power[state, row, 0] = total[node, 0] + np.sqrt(total[node, 1])
                power[state, row, 1] = total[node, 2] + np.sqrt(total[node, 3])
                weight[row, 3] = per_branch[row, 3] * power[state, row, 0] + per_branch[row, 2] * power[state, row, 1]
            root[state, node] = row_of[from_node[node]]
        path[state] = along(order, parent, branch, weight)
    return root, path, power, loops


def mv_states(grid: Grid, cables: gpd.GeoDataFrame, supply_ids: list[str], own: Floats) -> MvStates:
    """Every state of the MV network; ``own`` (transformers, 4) are the coincidence columns of each transformer."""
    rows = np.flatnonzero(grid.cable_is_mv)
    node = np.unique(np.concatenate([grid.cable_start[rows], grid.cable_end[rows], grid.transformer_mv, grid.supply_node]))
    start, end, supply, at = (
        np.searchsorted(node, ids)
        for ids in (grid.cable_start[rows], grid.cable_end[rows], grid.supply_node, grid.transformer_mv)
    )
    ring = cables["ring_id"].fillna("").to_numpy()[rows]
    touches = (start[:, None] == supply) | (end[:, None] == supply)
    closed, supply_on, names = _switching(grid.cable_open[rows], ring, touches, cables["id"].to_numpy()[rows], supply_ids)
    at_node = np.zeros((len(node), 4))
    np.add.at(at_node, at, own)
    per_branch = np.column_stack([grid.cable_r20[rows], grid.cable_r_fault[rows], grid.cable_x[rows], grid.cable_r[rows]])
    root, path, power, loops = _run_states(len(node), start, end, closed, supply, supply_on, at_node, per_branch)
    element, kind, ring_id = zip(*names, strict=True)
    return MvStates(
        element=element,
        kind=kind,
        ring_id=ring_id,
        cable=rows,
        node=node,
        closed=closed,
        supply_on=supply_on,
        root=root[:, at],
        current_a=np.hypot(power[..., 0], power[..., 1]) * 1000.0 / (SQRT3 * grid.mv_voltage_v),
        drop_pct=path[:, at, 3] * 1000.0 / grid.mv_voltage_v**2 * 100.0,
        node_root=root,
        r20_ohm=path[..., 0],
        r_fault_ohm=path[..., 1],
        x_ohm=path[..., 2],
        loop=int(rows[loops[0]]) if loops[0] >= 0 else -1,
    )


def _switching(
    is_open: Bools, ring: NDArray[np.object_], touches: Bools, cable_id: NDArray[np.object_], supply_ids: list[str]
) -> tuple[Bools, Bools, list[tuple[str, str, str]]]:
    """Which cables are closed and which supply points are on in each state, with its element, kind and ring."""
    names = [("", "normal", "")]
    closed = [~is_open]
    on = [np.ones(touches.shape[1], dtype=bool)]
    for row in np.flatnonzero(ring != ""):
        switched = ~is_open | (ring == ring[row])
        switched[row] = False
        closed.append(switched)
        on.append(on[0])
        names.append((str(cable_id[row]), "section", str(ring[row])))
    for supply in np.flatnonzero(touches.any(axis=0)):
        hit = np.isin(ring, ring[touches[:, supply] & (ring != "")])
        closed.append((~is_open | hit) & ~touches[:, supply])
        off = on[0].copy()
        off[supply] = False
        on.append(off)
        names.append((supply_ids[supply], "supply", ""))
    return np.array(closed), np.array(on), names


def run_outages(
    grid: Grid,
    states: MvStates,
    own: Floats,
    ring_peak_va: NDArray[np.complex128],
    own_peak_va: NDArray[np.complex128],
) -> Outages:
    """AC power flow of every state in one batch, beside the sums.

    ``own`` (transformers, 4); ``ring_peak_va`` and ``own_peak_va`` (transformers,): power at the LV busbars with the ring,
    and with the transformer, at its peak.
    """
    flow, solved = _solve_states(grid, states, ring_peak_va)
    fed = states.root >= 0
    node = np.unique(np.concatenate([states.node, grid.transformer_lv]))
    voltage = flow[ComponentType.node]["u_pu"][:, np.searchsorted(node, grid.transformer_mv)]
    voltage = np.where(fed, voltage, np.nan)
    line = flow[ComponentType.line]
    current = np.fmax(np.fmax(line["i_from"], line["i_to"]) * states.closed, states.current_a)
    drop = np.fmax((grid.source_voltage_pu - voltage) * 100.0, np.where(fed, states.drop_pct, np.nan))
    busbar = secondary_voltage_pu(grid, voltage, own_peak_va.real / 1000.0, own_peak_va.imag / 1000.0)
    busbar = np.where(fed & np.isnan(busbar), 0.0, busbar)
    groups = np.stack([(states.root == row) @ own for row in range(len(grid.supply_node))], axis=1)
    active, reactive = coincident_power(groups)
    loss_kw, loss_kvar = _mv_losses(grid, states, flow)
    dead = coincident_power((~fed) @ own)
    return Outages(
        states=states,
        current_a=current,
        drop_pct=drop,
        busbar_pu=busbar,
        supply_kva=np.hypot(active + loss_kw, reactive + loss_kvar),
        unsupplied_kva=np.hypot(*dead),
        solved=solved,
    )


def _solve_states(
    grid: Grid, states: MvStates, power_va: NDArray[np.complex128]
) -> tuple[dict[ComponentType, dict[str, Floats]], bool]:
    """Batch over all states with loads at the LV busbars; only what is switched differs from state to state."""
    dataset = with_loads(grid, grid_input(grid, states.cable), grid.transformer_lv, power_va)
    lines = initialize_array(DatasetType.update, ComponentType.line, states.closed.shape)
    lines["id"] = dataset[ComponentType.line]["id"]
    # A cable that is open in its normal place stays live from its near end; one that is out is dead at both.
    lines["from_status"] = states.closed | (grid.cable_open[states.cable] & ~states.closed)
    lines["to_status"] = states.closed
    sources = initialize_array(DatasetType.update, ComponentType.source, states.supply_on.shape)
    sources["id"] = dataset[ComponentType.source]["id"]
    sources["status"] = states.supply_on
    return solve(dataset, FLOWS, {ComponentType.line: lines, ComponentType.source: sources})


def _mv_losses(
    grid: Grid, states: MvStates, flow: dict[ComponentType, dict[str, Floats]]
) -> tuple[Floats, Floats]:
    """Active and reactive power (kW, kvar) that MV cables take from each supply point: (states, supply points)."""
    found = []
    for key in ("p", "q"):
        into = flow[ComponentType.transformer][f"{key}_from"]
        fed = np.stack(
            [np.where(states.root == row, into, 0.0).sum(axis=1) for row in range(len(grid.supply_node))], axis=1
        )
        found.append((np.where(states.supply_on, flow[ComponentType.source][key], 0.0) - fed) / 1000.0)
    return found[0], found[1]


def state_table(
    outages: Outages, rating_a: Floats, meter_drop_pct: Floats, capacity_kva: Floats, limits: dict[str, float]
) -> pd.DataFrame:
    """One row a state but the normal one, with its worst figures and whether it keeps every limit.

    ``rating_a`` (MV cables,), ``meter_drop_pct`` (transformers,): largest drop from busbar to meter; ``limits``: loading_pct,
    drop_pct, voltage_pu. Columns as in ``Study.n1`` and ``drop_max_pct``, ``supply_loading_pct``.
    """
    states = outages.states
    loading = (outages.current_a / rating_a * 100.0).max(axis=1, initial=0.0)
    voltage = np.nanmin(outages.busbar_pu - meter_drop_pct / 100.0, axis=1, initial=np.inf)
    drop = np.nanmax(outages.drop_pct, axis=1, initial=0.0)
    supply = (outages.supply_kva / capacity_kva * 100.0).max(axis=1, initial=0.0)
    tolerance = 1.0 + 1e-9
    kept = (loading <= limits["loading_pct"] * tolerance) & (drop <= limits["drop_pct"] * tolerance)
    kept &= (voltage >= limits["voltage_pu"] / tolerance) & (supply <= 100.0 * tolerance)
    kept &= outages.unsupplied_kva <= 0.0
    table = pd.DataFrame(
        {
            "element": states.element,
            "kind": states.kind,
            "ring_id": states.ring_id,
            "loading_max_pct": loading,
            "voltage_min_pu": np.where(np.isfinite(voltage), voltage, np.nan),
            "drop_max_pct": drop,
            "supply_loading_pct": supply,
            "unsupplied_kva": outages.unsupplied_kva,
            "ok": kept,
        }
    )
    return table.iloc[1:].reset_index(drop=True)
