"""The medium-voltage network in its normal state and with every ring section and every supply point out.

A ring section out: it is switched off at both ends and the ring's open point is closed. A supply point out: all its
ring ends are dead and each of its rings is fed through its open point. Currents and drops are the larger of two
answers: the coincident sums of what hangs on each section, and AC power flow with every ring at its own peak.
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
VOLTS_MIN = 0.1
"""Below this a linear model of a collapsed network may answer; currents are then far over any limit all the same."""
Phasors = NDArray[np.complex128]


@dataclass(frozen=True)
class Switching:
    """States of the MV network as what is closed in each; row 0 is the normal one.

    - ``element``, ``kind`` ("normal", "section", "supply"), ``ring_id`` ("" for a supply point).
    - ``closed`` (states, MV cables), ``supply_on`` (states, supply points).
    - ``cable``, ``node``: rows of the network's MV cables and of the nodes they touch.
    """

    element: tuple[str, ...]
    kind: tuple[str, ...]
    ring_id: tuple[str, ...]
    closed: Bools
    supply_on: Bools
    cable: Ints
    node: Ints


@dataclass(frozen=True)
class Outages:
    """What the states do. Row 0 is the normal state.

    - ``root`` (states, transformers): row of the supply point that feeds each, -1 where none does; ``node_root``
      likewise.
    - ``current_a`` (states, MV cables), ``drop_pct`` and ``busbar_pu`` (states, transformers; NaN where dead).
    - ``supply_kva`` (states, supply points), ``unsupplied_kva`` (states,).
    - ``r20_ohm``, ``r_fault_ohm``, ``x_ohm`` (states, nodes): way from the supply point to each node of ``node``.
    - ``primary_pu`` (states, transformers): voltage of the MV side.
    - ``solved`` is False where AC power flow has no solution.
    """

    switching: Switching
    root: Ints
    node_root: Ints
    current_a: Floats
    drop_pct: Floats
    primary_pu: Floats
    busbar_pu: Floats
    supply_kva: Floats
    unsupplied_kva: Floats
    r20_ohm: Floats
    r_fault_ohm: Floats
    x_ohm: Floats
    solved: bool


@njit(cache=True)
def _run_states(
    start: Ints, end: Ints, closed: Bools, supply: Ints, supply_on: Bools, own: Floats, lost: Floats,
    branch_lost: Floats, ohm: Floats, volts: Floats,
) -> tuple[Ints, Floats, Floats, Floats]:  # fmt: skip
    """Root and path sums (r20, r_fault, x, drop) of each node, kVA through each cable and from each supply point.

    ``own`` (nodes, 4): columns of the groups; ``lost`` (states, nodes, 2) and ``branch_lost`` (states, cables, 2): kW
    and kvar lost behind each node and in each cable; ``ohm`` (cables, 4): r20, r_fault, x and r at operating
    temperature; ``volts`` (states, nodes) in pu. Drops are in kW ohm + kvar ohm.
    """
    states, branches = closed.shape
    nodes = own.shape[0]
    root = np.full((states, nodes), -1, np.int64)
    path = np.zeros((states, nodes, 4))
    kva = np.zeros((states, branches))
    given = np.zeros((states, supply.size))
    row_of = np.full(nodes, -1, np.int64)
    for row in range(supply.size):
        row_of[supply[row]] = row
    for state in range(states):
        order, parent, branch, from_node, _ = _grow(nodes, start, end, closed[state], supply[supply_on[state]])
        total = downstream(order, parent, own)
        losses = lost[state].copy()
        for node in order:
            if branch[node] >= 0:
                losses[node] += branch_lost[state, branch[node]]
        losses = downstream(order, parent, losses)
        weight = ohm.copy()
        for node in order:
            active = total[node, 0] + np.sqrt(total[node, 1]) + losses[node, 0]
            reactive = total[node, 2] + np.sqrt(total[node, 3]) + losses[node, 1]
            row = branch[node]
            if row >= 0:
                active -= branch_lost[state, row, 0]
                reactive -= branch_lost[state, row, 1]
                kva[state, row] = np.hypot(active, reactive) / volts[state, node]
                weight[row, 3] = (ohm[row, 3] * active + ohm[row, 2] * reactive) / volts[state, node]
            else:
                given[state, row_of[node]] = np.hypot(active, reactive)
            root[state, node] = row_of[from_node[node]]
        path[state] = along(order, parent, branch, weight)
    return root, path, kva, given


def switch_states(grid: Grid, cables: gpd.GeoDataFrame, supply_ids: list[str]) -> Switching:
    """The normal state, every ring section out, every supply point out."""
    rows = np.flatnonzero(grid.cable_is_mv)
    start, end = grid.cable_start[rows], grid.cable_end[rows]
    touches = (start[:, None] == grid.supply_node) | (end[:, None] == grid.supply_node)
    ring = cables["ring_id"].fillna("").to_numpy()[rows]
    closed, supply_on, names = _switching(
        grid.cable_open[rows], ring, touches, cables["id"].to_numpy()[rows], supply_ids
    )
    element, kind, ring_id = zip(*names, strict=True)
    node = np.unique(np.concatenate([start, end, grid.transformer_mv, grid.supply_node]))
    return Switching(element, kind, ring_id, closed, supply_on, rows, node)


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


def run_outages(grid: Grid, switching: Switching, columns: Floats, busbar_va: Phasors) -> Outages:
    """Every state: AC power flow of all in one batch, and with its losses and voltages the coincident sums.

    ``columns`` (transformers, 4): coincidence columns of each one's plots; ``busbar_va`` (transformers,): power out
    of its LV side at its own peak.
    """
    flow, solved = _solve_states(grid, switching, busbar_va)
    node, rows = switching.node, switching.cable
    start, end, supply, at = (
        np.searchsorted(node, ids)
        for ids in (grid.cable_start[rows], grid.cable_end[rows], grid.supply_node, grid.transformer_mv)
    )
    model_node = np.unique(np.concatenate([node, grid.transformer_lv]))
    volts = flow[ComponentType.node]["u_pu"][:, np.searchsorted(model_node, node)]
    line, transformer = flow[ComponentType.line], flow[ComponentType.transformer]
    # What cables generate without load is not counted upon.
    reactive_lost = np.fmax(line["q_from"] + line["q_to"], 0.0)
    branch_lost = np.stack([line["p_from"] + line["p_to"], reactive_lost], axis=-1) / 1000.0
    behind = np.stack([transformer["p_from"], transformer["q_from"]], axis=-1) / 1000.0
    behind -= np.stack(coincident_power(columns), axis=-1)
    lost = np.zeros((*volts.shape, 2))
    own = np.zeros((len(node), 4))
    lost[:, at], own[at] = behind, columns
    ohm = np.column_stack([grid.cable_r20[rows], grid.cable_r_fault[rows], grid.cable_x[rows], grid.cable_r[rows]])
    root, path, kva, given = _run_states(
        start,
        end,
        switching.closed,
        supply,
        switching.supply_on,
        own,
        lost,
        branch_lost,
        ohm,
        np.fmax(volts, VOLTS_MIN),
    )
    fed = root[:, at] >= 0
    primary = np.where(fed, volts[:, at], np.nan)
    busbar = secondary_voltage_pu(grid, primary, busbar_va.real / 1000.0, busbar_va.imag / 1000.0)
    return Outages(
        switching=switching,
        root=root[:, at],
        node_root=root,
        current_a=kva * 1000.0 / (SQRT3 * grid.mv_voltage_v),
        drop_pct=np.where(fed, path[:, at, 3] * 1000.0 / grid.mv_voltage_v**2 * 100.0, np.nan),
        primary_pu=primary,
        busbar_pu=np.where(fed & np.isnan(busbar), 0.0, busbar),
        supply_kva=given,
        unsupplied_kva=np.hypot(*coincident_power((~fed) @ columns)),
        r20_ohm=path[..., 0],
        r_fault_ohm=path[..., 1],
        x_ohm=path[..., 2],
        solved=solved,
    )


def _solve_states(
    grid: Grid, switching: Switching, power_va: Phasors
) -> tuple[dict[ComponentType, dict[str, Floats]], bool]:
    """Batch over all states with loads at the LV busbars; only what is switched differs from state to state."""
    dataset = with_loads(grid, grid_input(grid, switching.cable), grid.transformer_lv, power_va)
    lines = initialize_array(DatasetType.update, ComponentType.line, switching.closed.shape)
    lines["id"] = dataset[ComponentType.line]["id"]
    # A cable that is open in its normal place stays live from its near end; one that is out is dead at both.
    lines["from_status"] = switching.closed | grid.cable_open[switching.cable]
    lines["to_status"] = switching.closed
    sources = initialize_array(DatasetType.update, ComponentType.source, switching.supply_on.shape)
    sources["id"] = dataset[ComponentType.source]["id"]
    sources["status"] = switching.supply_on
    return solve(dataset, FLOWS, {ComponentType.line: lines, ComponentType.source: sources})


def state_table(
    outages: Outages, rating_a: Floats, meter_drop_pct: Floats, capacity_kva: Floats, limits: dict[str, float]
) -> pd.DataFrame:
    """One row a state but the normal one, with its worst figures and whether it keeps every limit.

    ``rating_a`` (MV cables,), ``meter_drop_pct`` (transformers,): largest drop from busbar to meter; ``limits``:
    loading_pct, drop_pct, voltage_pu. Columns as in ``Study.n1`` and ``drop_max_pct``, ``supply_loading_pct``.
    """
    switching = outages.switching
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
            "element": switching.element,
            "kind": switching.kind,
            "ring_id": switching.ring_id,
            "loading_max_pct": loading,
            "voltage_min_pu": np.where(np.isfinite(voltage), voltage, np.nan),
            "drop_max_pct": drop,
            "supply_loading_pct": supply,
            "unsupplied_kva": outages.unsupplied_kva,
            "ok": kept,
        }
    )
    return table.iloc[1:].reset_index(drop=True)
