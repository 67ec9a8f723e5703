"""Coincident peaks of the designed network: what each section carries, what drops along it, loads of AC states.

The diversified quantities follow the groups: each section carries the coincident peak of what hangs behind it, and
the drop to a meter is the sum of its sections' drops. AC states beside them are physically possible moments: every
transformer at its own peak (all at once), every ring at its own peak, and light load.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from power_grid_model import ComponentType

from rasana.planning.demand import Demand
from rasana.planning.diversity import (
    Floats,
    Ints,
    Tree,
    branch_power,
    coincidence_columns,
    coincident_power,
    downstream,
    drop_pct,
    inherit,
    radial_tree,
)
from rasana.planning.diversity import along as sum_along
from rasana.planning.grid_model import FLOWS, Dataset, Grid, grid_input, load_states, solve, with_loads

Phasors = NDArray[np.complex128]
SQRT3 = float(np.sqrt(3.0))
VOLTS_MIN = 0.1
"""A collapsed network has no voltage worth the name; currents are then far over any limit all the same."""
SINGLE_PHASE_DROP = 6.0
"""Out and back on one phase at U0 against three balanced phases at U: 2 / U0^2 over 1 / U^2."""


@dataclass(frozen=True)
class Peaks:
    """Coincident sums on the tree of the normal state; branches are the cables, then the transformers.

    - ``plot_phase``: 0, 1, 2 for a single-phase service, -1 for three phases.
    - ``plot_transformer``, ``node_transformer``: rows of transformers, -1 where none feeds.
    - ``columns`` (plots, 4) and ``transformer_columns`` (transformers, 4): a_kw, b_kw^2, a_kvar, b_kvar^2.
    - ``phase_columns`` (nodes, 3, 4): columns of what each node feeds, by phase; three-phase plots give a third to
      each.
    - ``drop_pct`` (nodes,): from the transformer's LV busbar.
    - ``own_va``, ``ring_va`` (plots,): loads with each transformer, and with each ring, at its own peak.
    """

    tree: Tree
    plot_phase: Ints
    plot_transformer: Ints
    node_transformer: Ints
    columns: Floats
    transformer_columns: Floats
    fed_columns: Floats
    drop_pct: Floats
    own_va: Phasors
    ring_va: Phasors


@dataclass(frozen=True)
class Flow:
    """AC states: rows 0 every transformer's peak, 1 every ring's, 2 light load.

    ``node_pu`` (3, nodes), NaN where dead; ``cable_a`` (3, cables); ``transformer_va`` and ``busbar_va`` (3,
    transformers): power into the MV and out of the LV side; ``losses_kw`` (3,); ``solved`` as in
    ``grid_model.solve``.
    """

    node_pu: Floats
    cable_a: Floats
    transformer_va: Phasors
    busbar_va: Phasors
    branch_loss_va: Phasors
    losses_kw: Floats
    solved: bool


def network_tree(grid: Grid) -> Tree:
    """The normal state as a tree from the supply points. Raises ValueError where a ring is closed."""
    start = np.concatenate([grid.cable_start, grid.transformer_mv])
    end = np.concatenate([grid.cable_end, grid.transformer_lv])
    closed = np.concatenate([~grid.cable_open, np.ones(len(grid.transformer_mv), dtype=bool)])
    tree = radial_tree(grid.nodes, start, end, closed, grid.supply_node)
    if tree.loop >= 0:
        raise ValueError(f"branch {tree.loop} closes a loop: the network is not radial")
    return tree


def find_peaks(grid: Grid, tree: Tree, demand: Demand, plot_phase: Ints, transformer_ring: Ints) -> Peaks:
    """Coincident sums of ``demand`` on the network; ``transformer_ring`` (transformers,) is a number a ring."""
    own = np.full(grid.nodes, -1, dtype=np.int64)
    own[grid.transformer_lv] = np.arange(len(grid.transformer_lv))
    node_transformer = inherit(tree.order, tree.parent, own)
    plot_transformer = np.where(grid.plot_node >= 0, node_transformer[grid.plot_node], -1)
    columns = coincidence_columns(demand.a_kw, demand.b_kw, demand.a_kvar, demand.b_kvar)
    by_transformer = _group(columns, plot_transformer, len(grid.transformer_lv))
    plot_ring = np.where(plot_transformer >= 0, transformer_ring[plot_transformer], -1)
    load = demand.peak_kw + 1j * demand.peak_kvar
    return Peaks(
        tree=tree,
        plot_phase=plot_phase,
        plot_transformer=plot_transformer,
        node_transformer=node_transformer,
        columns=columns,
        transformer_columns=by_transformer,
        fed_columns=downstream(tree.order, tree.parent, _at_nodes(grid, columns)),
        drop_pct=_drops(grid, tree, columns, plot_phase),
        own_va=_scaled(load, columns, plot_transformer),
        ring_va=_scaled(load, columns, plot_ring),
    )


def _group(columns: Floats, group: Ints, count: int) -> Floats:
    total = np.zeros((count, columns.shape[1]))
    member = group >= 0
    np.add.at(total, group[member], columns[member])
    return total


def _scaled(load: Phasors, columns: Floats, group: Ints) -> Phasors:
    """Loads in VA that add up to the coincident peak of each group; 0 for plots of no group (-1).

    A plot draws a + b^2 / sqrt(sum of its group's b^2): its mean part, and of its own swing as much as belongs to
    the group's peak (what it draws on average at that moment, were swings independent). So no part of the group
    exceeds its own coincident peak in this state.
    """
    count = int(group.max(initial=-1)) + 1
    swing = np.sqrt(_group(columns, group, count)[:, [1, 3]])
    share = np.zeros((count + 1, 2))
    np.divide(1.0, swing, out=share[:-1], where=swing > 0.0)
    # The last row, of zeros, is that of group -1.
    drawn = columns[:, [0, 2]] + columns[:, [1, 3]] * share[group]
    drawn[(group < 0) | (np.abs(load) == 0.0)] = 0.0
    return np.asarray((drawn[:, 0] + 1j * drawn[:, 1]) * 1000.0, dtype=np.complex128)


def _at_nodes(grid: Grid, columns: Floats) -> Floats:
    total = np.zeros((grid.nodes, columns.shape[1]))
    hung = grid.plot_node >= 0
    np.add.at(total, grid.plot_node[hung], columns[hung])
    return total


def coincident_currents(grid: Grid, peaks: Peaks, flow: Flow) -> tuple[Floats, Floats]:
    """Coincident current of each cable (A), at nominal voltage without losses and as it is; 0 where none flows.

    As it is: with the losses behind it and the voltage at its far end, both from AC power flow with each transformer at
    its own peak. Mains are taken as balanced (what unbalances them is for ``unbalance``); the service of a single-phase
    plot carries all of it in one conductor.
    """
    tree, cables = peaks.tree, len(grid.cable_start)
    fed = tree.branch >= 0
    lost = np.zeros((grid.nodes, 2))
    here = flow.branch_loss_va[0][tree.branch[fed]] / 1000.0
    lost[fed] = np.column_stack([here.real, here.imag])
    lost = downstream(tree.order, tree.parent, lost) - lost
    active, reactive = coincident_power(peaks.fed_columns)
    node = np.flatnonzero(fed & (tree.branch < cables))
    branch = tree.branch[node]
    voltage = np.where(grid.cable_is_mv[branch], grid.mv_voltage_v, grid.lv_voltage_v)
    nominal, real = np.zeros(cables), np.zeros(cables)
    nominal[branch] = np.hypot(active, reactive)[node] * 1000.0 / (SQRT3 * voltage)
    real[branch] = np.hypot(active + lost[:, 0], reactive + lost[:, 1])[node] * 1000.0 / (SQRT3 * voltage)
    real[branch] /= np.fmax(flow.node_pu[0][node], VOLTS_MIN)
    single = _single_phase_services(grid, tree, peaks.plot_phase)
    nominal[single] *= 3.0
    real[single] *= 3.0
    return nominal, real


def _single_phase_services(grid: Grid, tree: Tree, plot_phase: Ints) -> Ints:
    """Rows of the service cables of single-phase plots."""
    cables = len(grid.cable_start)
    service = tree.branch[grid.plot_node[(plot_phase >= 0) & (grid.plot_node >= 0)]]
    service = service[(service >= 0) & (service < cables)]
    return np.asarray(service[grid.cable_is_service[service]])


def _drops(grid: Grid, tree: Tree, columns: Floats, plot_phase: Ints) -> Floats:
    """Drop (%) from each transformer's LV busbar to each node, each section with the coincident power behind it."""
    cables = len(grid.cable_start)
    branches = cables + len(grid.transformer_lv)
    active, reactive = branch_power(tree, _at_nodes(grid, columns), branches)
    drop = np.zeros((branches, 1))
    lv = ~grid.cable_is_mv
    drop[:cables][lv, 0] = drop_pct(
        active[:cables][lv], reactive[:cables][lv], grid.cable_r[lv], grid.cable_x[lv], grid.lv_voltage_v
    )
    drop[_single_phase_services(grid, tree, plot_phase), 0] *= SINGLE_PHASE_DROP
    return sum_along(tree.order, tree.parent, tree.branch, drop)[:, 0]


def peak_dataset(grid: Grid, peaks: Peaks, tap_pct: Floats | None = None) -> Dataset:
    """Input of power-grid-model for the state in which every transformer is at its own peak."""
    hung = peaks.plot_transformer >= 0
    cables = np.arange(len(grid.cable_start))
    return with_loads(grid, grid_input(grid, cables, tap_pct), grid.plot_node[hung], peaks.own_va[hung])


def ac_states(grid: Grid, peaks: Peaks, light_load_share: float, tap_pct: Floats | None = None) -> Flow:
    """AC power flow of the three states in one batch; ``tap_pct`` stands in for the transformers' own taps."""
    dataset = peak_dataset(grid, peaks, tap_pct)
    hung = peaks.plot_transformer >= 0
    loads = np.stack([peaks.own_va[hung], peaks.ring_va[hung], peaks.own_va[hung] * light_load_share])
    found, solved = solve(dataset, FLOWS, load_states(dataset, loads))
    line, transformer = found[ComponentType.line], found[ComponentType.transformer]
    node_pu = np.full((len(loads), grid.nodes), np.nan)
    node_pu[:, dataset[ComponentType.node]["id"]] = found[ComponentType.node]["u_pu"]
    node_pu[:, peaks.tree.root < 0] = np.nan
    into, out = (transformer[f"p_{end}"] + 1j * transformer[f"q_{end}"] for end in ("from", "to"))
    cable_loss = line["p_from"] + line["p_to"] + 1j * (line["q_from"] + line["q_to"])
    return Flow(
        node_pu=node_pu,
        cable_a=np.fmax(line["i_from"], line["i_to"]),
        transformer_va=into,
        busbar_va=-out,
        branch_loss_va=np.hstack([cable_loss, into + out]),
        losses_kw=(found[ComponentType.source]["p"].sum(axis=1) - loads.real.sum(axis=1)) / 1000.0,
        solved=solved,
    )
