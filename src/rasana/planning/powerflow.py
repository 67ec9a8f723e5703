"""AC power flow of radial networks: the exact branch-flow equations, swept backward and forward.

Per node v = |V|^2, and per branch the power P + jQ that arrives at its far end (Baran and Wu 1989). Backward the powers are
summed with their losses, forward the voltages fall; because the loads stay constant, only the losses change between two
sweeps, and each sweep gains two to three digits. States run side by side in groups of :data:`LANES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rasana.planning.sweep import LANES, PAIR, Columns, solve_states
from rasana.planning.tree import depth_first

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class RadialGrid:
    """A radial network, one row a node with the branch that feeds it; nodes in any order.

    - ``parent``: (n,) row of the feeding node; -1 where the node is a source of fixed voltage.
    - ``r_pu``, ``x_pu``: (n,) series impedance of the branch. ``g_pu``, ``b_pu``: its whole shunt admittance (iron losses;
      charging of cables positive), half at each end. Rows of sources are ignored.
    - ``ratio``: (n,) or one number: an ideal transformer of ratio to 1 stands at the feeding end of the branch; 1.025
      lowers the far side's voltage.
    - ``base_kva``: base of all per-unit values, three phases together. ``source_voltage_pu``: (n,) or one number.

    Phase shifts of vector groups have no effect on magnitudes in a radial network and are left out. Raises ``ValueError``
    where columns differ in length, are not finite, or the parents form no tree.
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
        return Columns(tree.order, row, above, PAIR * (1 + tree.depth), r, x, g, shunt_g, shunt_b, squared)


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
    """Voltages of many states: ``voltage_pu`` (nodes, states); ``settled`` (states,), false where no solution was found."""

    voltage_pu: Floats
    settled: Flags


def solve(grid: RadialGrid, p_kw: ArrayLike, q_kvar: ArrayLike, tolerance: float = 1e-10) -> Flow:
    """Solve."""
    columns = grid.columns
    p = np.ascontiguousarray(p_kw, np.float64)
    q = np.ascontiguousarray(q_kvar, np.float64)
    voltage = np.empty(p.shape)
    settled = np.zeros(p.shape[1], np.bool_)
    solve_states(columns, p, q, 1.0 / grid.base_kva, tolerance, voltage, settled)
    return Flow(voltage, settled)
