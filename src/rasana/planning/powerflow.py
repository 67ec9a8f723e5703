"""AC power flow of radial networks: the exact branch-flow equations, swept backward and forward.

Per node v = |V|^2, and per branch the power P + jQ that arrives at its far end (Baran and Wu 1989). Backward the powers
are summed with their losses, forward the voltages fall; because the loads stay constant, only the losses change between
two sweeps, and each sweep gains two to three digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rasana.planning.sweep import LANES, PAIR, Columns, Loads, branch_states, solve_states, solve_year
from rasana.planning.tree import depth_first

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

TOLERANCE = 1e-10
YEAR_TOLERANCE = 1e-7
"""Voltages within 1e-9 pu: losses of a year to nine digits."""


@dataclass(frozen=True)
class RadialGrid:
    """A radial network, one row a node with the branch that feeds it; nodes in any order.

    - ``parent``: (n,) row of the feeding node; -1 where the node is a source of fixed voltage.
    - ``r_pu``, ``x_pu``: (n,) series impedance of the branch. ``g_pu``, ``b_pu``: its whole shunt admittance (iron
      losses; charging of cables positive), half at each end. Rows of sources are ignored.
    - ``ratio``: (n,) or one number: an ideal transformer of ratio to 1 stands at the feeding end of the branch; 1.025
      lowers the far side's voltage.
    - ``base_kva``: base of all per-unit values, three phases together. ``source_voltage_pu``: (n,) or one number.

    Phase shifts of vector groups have no effect on magnitudes in a radial network and are left out. Columns that differ
    in length, are not finite, or form no tree raise ``ValueError`` when the grid is first solved.
    """

    parent: ArrayLike
    r_pu: ArrayLike
    x_pu: ArrayLike
    g_pu: ArrayLike = 0.0
    b_pu: ArrayLike = 0.0
    ratio: ArrayLike = 1.0
    base_kva: float = 1000.0
    source_voltage_pu: ArrayLike = 1.0

    @cached_property
    def columns(self) -> Columns:
        """The grid as the kernels read it."""
        tree = depth_first(self.parent)
        names = ("r_pu", "x_pu", "g_pu", "b_pu", "ratio", "source_voltage_pu")
        r, x, g, b, ratio, source = (_column(getattr(self, name), name, tree.order) for name in names)
        if not (np.all(ratio > 0) and np.all(source > 0) and self.base_kva > 0):
            raise ValueError("ratios, source voltages and the base power are positive")
        is_source = tree.parent < 0
        r, x, g, b = (np.where(is_source, 0.0, column) for column in (r, x, g, b))
        squared = np.where(is_source, source, 1.0 / ratio) ** 2
        shunt_g, shunt_b = g / 2, b / 2
        feeding = tree.parent[~is_source]
        np.add.at(shunt_g, feeding, (g / 2 * squared)[~is_source])
        np.add.at(shunt_b, feeding, (b / 2 * squared)[~is_source])
        levels = PAIR * (int(tree.depth.max(initial=0)) + 3)
        row = levels + PAIR * (1 + np.arange(tree.order.size))
        above = levels + PAIR * (1 + tree.parent)
        level = PAIR * (1 + tree.depth)
        parent = np.where(is_source, -1, tree.order[tree.parent])
        shunts = (g, shunt_g, shunt_b)
        return Columns(tree.order, parent, row, above, level, r, x, *shunts, squared, 2 * r, 2 * x, r**2 + x**2)


def _column(values: ArrayLike, name: str, order: Ints) -> Floats:
    """One column in tree order, checked."""
    column = np.asarray(values, np.float64)
    if column.shape not in ((), order.shape):
        raise ValueError(f"{name} has {column.shape} values for {order.size} nodes")
    if not np.all(np.isfinite(column)):
        raise ValueError(f"{name} is not finite")
    return np.ascontiguousarray(np.broadcast_to(column, order.shape)[order])


@dataclass(frozen=True)
class Flow:
    """Voltages of many states: ``voltage_pu`` (nodes, states); ``settled`` (states,).

    A state that has no solution, or none that the sweeps find, is not settled and all its voltages are NaN.
    """

    voltage_pu: Floats
    settled: Flags


@dataclass(frozen=True)
class BranchFlow:
    """What each branch carries in each state, (nodes, states); a source's row holds what it delivers.

    - ``p_kw``, ``q_kvar``: power that arrives at the node's end of its branch. ``loss_kw``: series and iron losses.
    - ``current_pu``: current through the series impedance, on the base of the node's side.
    - ``angle_rad``: angle of the node's voltage against its source.
    """

    p_kw: Floats
    q_kvar: Floats
    current_pu: Floats
    loss_kw: Floats
    angle_rad: Floats


@dataclass(frozen=True)
class Year:
    """A year of states: ``loss_kw`` and ``settled`` by hour, ``loss_kwh`` by branch, extremes of voltage by node.

    Where an hour is not settled its losses are NaN, and so is everything that is taken over the hours.
    """

    loss_kw: Floats
    settled: Flags
    loss_kwh: Floats
    voltage_min_pu: Floats
    voltage_max_pu: Floats


def solve(grid: RadialGrid, p_kw: ArrayLike, q_kvar: ArrayLike, tolerance: float = TOLERANCE) -> Flow:
    """AC power flow of one or many states.

    ``p_kw``, ``q_kvar``: (nodes,) or (nodes, states), constant-power loads; generation is negative. ``tolerance``:
    largest change of any voltage in the last sweep, pu; the error left is far below it. Raises ``ValueError`` for loads
    of the wrong shape or not finite.
    """
    p, q = _loads(grid, p_kw, q_kvar)
    voltage = np.empty_like(p)
    settled = np.zeros(p.shape[1], np.bool_)
    solve_states(grid.columns, p, q, 1.0 / grid.base_kva, tolerance, voltage, settled)
    if not settled.all():
        voltage[:, ~settled] = np.nan
    return Flow(voltage, settled)


def branch_flow(grid: RadialGrid, p_kw: ArrayLike, q_kvar: ArrayLike, flow: Flow) -> BranchFlow:
    """What the branches carry in the states that ``solve`` found for the same loads."""
    columns = grid.columns
    p, q = (load / grid.base_kva for load in _loads(grid, p_kw, q_kvar))
    v = flow.voltage_pu**2
    current_squared, angle, loss = np.empty_like(v), np.empty_like(v), np.empty_like(v)
    branch_states(columns, v, p, q, current_squared, angle)
    v_above = np.where(columns.parent[:, None] < 0, 1.0, v[columns.parent])
    iron = 0.5 * columns.g[:, None] * (v[columns.order] + columns.ratio_squared[:, None] * v_above)
    loss[columns.order] = (columns.r[:, None] * current_squared[columns.order] + iron) * grid.base_kva
    return BranchFlow(p * grid.base_kva, q * grid.base_kva, np.sqrt(current_squared), loss, angle)


def yearly(
    grid: RadialGrid,
    p_kw: ArrayLike,
    q_kvar: ArrayLike,
    shape_row: ArrayLike,
    shapes: ArrayLike,
    tolerance: float = YEAR_TOLERANCE,
) -> Year:
    """Losses and extremes of voltage over all hours, without keeping the hours.

    ``p_kw``, ``q_kvar``, ``shape_row``: (nodes,) a node's load is its power times row ``shape_row`` of ``shapes``
    (shapes, hours). Memory is a few hundred bytes a node. Raises ``ValueError`` as ``solve`` does.
    """
    columns = grid.columns
    p, q = (load[columns.order, 0] / grid.base_kva for load in _loads(grid, p_kw, q_kvar))
    profiles = np.ascontiguousarray(shapes, np.float64)
    rows = np.broadcast_to(np.asarray(shape_row, np.int64), columns.order.shape)[columns.order]
    if profiles.ndim != 2 or not np.all(np.isfinite(profiles)):
        raise ValueError("shapes are finite rows of hours")
    if np.any((rows < 0) | (rows >= profiles.shape[0])):
        raise ValueError("a node's shape is not among the shapes")
    places = columns.row[0] + PAIR * columns.row.size + LANES * rows
    zero = np.zeros_like(columns.r)
    meter = columns._replace(per_p=zero, per_q=zero, per_current=columns.r)
    hours, nodes = profiles.shape[1], columns.order.size
    loss, energy, settled = np.zeros(hours), np.zeros(nodes), np.zeros(hours, np.bool_)
    extremes = np.tile([np.inf, -np.inf], (nodes, 1))
    solve_year(columns, meter, Loads(p, q, places, places), profiles, tolerance, loss, energy, extremes, settled)
    if not settled.all():
        loss[~settled], energy[:], extremes[:] = np.nan, np.nan, np.nan
    voltage = np.sqrt(extremes)
    return Year(loss * grid.base_kva, settled, energy * grid.base_kva, voltage[:, 0], voltage[:, 1])


def _loads(grid: RadialGrid, p_kw: ArrayLike, q_kvar: ArrayLike) -> tuple[Floats, Floats]:
    """Both powers as (nodes, states), checked."""
    loads = []
    for name, values in (("p_kw", p_kw), ("q_kvar", q_kvar)):
        load = np.ascontiguousarray(values, np.float64)
        load = load[:, None] if load.ndim == 1 else load
        if load.ndim != 2 or load.shape[0] != grid.columns.order.size:
            raise ValueError(f"{name} has shape {load.shape} for {grid.columns.order.size} nodes")
        if not np.isfinite(load.sum()):
            raise ValueError(f"{name} is not finite")
        loads.append(load)
    if loads[0].shape != loads[1].shape:
        raise ValueError("p_kw and q_kvar differ in shape")
    return loads[0], loads[1]
