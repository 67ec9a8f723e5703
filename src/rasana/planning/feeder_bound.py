"""Lower bound of the capacitated minimum spanning tree: a linear program with capacity cuts.

Directed away from the root: every node has one arc into it, and a set S of nodes needs at least ceil(load / capacity)
arcs into it, that is x(A(S)) <= |S| - ceil(load(S) / capacity). Violated sets are found by growing them from every
node.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rasana.planning.solver import Solver

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]

NEIGHBOURS = 12
"""Arcs into each node that the program starts with; the others are priced and come in when they matter."""
DAMPING = 0.8
"""Weight of the past in the point that cuts are sought at; the program's own corners jump about too much."""
VIOLATION = 0.01
STALLED = 6
"""Rounds without a better bound after which the program is left."""


@njit(cache=True)
def _grow_sets(weight: Matrix, demand: Vector, capacity: float) -> tuple[Mask, Vector]:
    """For each seed the most violated of the sets grown from it by strongest connection, and its violation."""
    n = len(demand)
    sets, violation = np.zeros((n, n), dtype=np.bool_), np.zeros(n)
    for seed in range(n):
        inside = np.zeros(n, dtype=np.bool_)
        link = weight[seed].copy()
        inside[seed] = True
        load, total = demand[seed], 0.0
        for count in range(2, n + 1):
            best = -1
            for v in range(n):
                if not inside[v] and (best < 0 or link[v] > link[best]):
                    best = v
            total += link[best]
            load += demand[best]
            inside[best] = True
            link += weight[best]
            over = total - count + np.ceil(load / capacity - 1e-9)
            if over > violation[seed] + 1e-9:
                violation[seed] = over
                sets[seed] = inside
    return sets, violation


class _Program:
    """The linear program with the arcs and cuts so far. Node n is the root; ``matrix[u, v]`` is the cost of arc uv."""

    def __init__(self, matrix: Matrix, demand: Vector, capacity: float) -> None:
        self.matrix, self.demand, self.capacity = matrix, demand, capacity
        self.n = len(demand)
        self.cuts: Mask = np.zeros((0, self.n), dtype=np.bool_)
        self.tail, self.head = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        self.present = np.zeros(matrix.shape, dtype=np.bool_)
        np.fill_diagonal(self.present, True)
        self.highs = Solver()
        for _ in range(self.n):
            self.highs.addRow(1.0, 1.0, 0, np.zeros(0, dtype=np.int32), np.zeros(0))
        apart = matrix[: self.n, : self.n] + np.diag(np.full(self.n, np.inf))
        near = np.argsort(apart, axis=1, kind="stable")[:, : min(NEIGHBOURS, self.n - 1)]
        wanted = np.zeros(matrix.shape, dtype=np.bool_)
        np.put_along_axis(wanted[: self.n], near, values=True, axis=1)
        wanted |= wanted.T
        wanted[self.n, : self.n] = True
        self.add_arcs(wanted)

    def add_arcs(self, wanted: Mask) -> None:
        """Columns for arcs that are not there yet."""
        tails, heads = np.nonzero(wanted & ~self.present)
        for u, v in zip(tails.tolist(), heads.tolist(), strict=True):
            rows = [v]
            if u < self.n:
                rows += (self.n + np.flatnonzero(self.cuts[:, u] & self.cuts[:, v])).tolist()
            self.highs.addCol(
                self.matrix[u, v], 0.0, 1.0, len(rows), np.array(rows, dtype=np.int32), np.ones(len(rows))
            )
        self.present[tails, heads] = True
        self.tail, self.head = np.append(self.tail, tails), np.append(self.head, heads)

    def add_cuts(self, sets: Mask) -> None:
        """Rows for sets of nodes."""
        inner = self.tail < self.n
        for nodes in sets:
            within = np.flatnonzero(inner & nodes[np.where(inner, self.tail, 0)] & nodes[self.head])
            needed = np.ceil(self.demand[nodes].sum() / self.capacity - 1e-9)
            self.highs.addRow(
                -np.inf, float(nodes.sum() - needed), len(within), within.astype(np.int32), np.ones(len(within))
            )
        self.cuts = np.vstack([self.cuts, sets])

    def solve(self) -> tuple[float, Vector, Matrix]:
        """(Bound for all arcs, values of the arcs present, reduced costs of the missing ones (others 0))."""
        self.highs.run()
        solution = self.highs.getSolution()
        dual = np.asarray(solution.row_dual)
        inside = self.cuts.T.astype(np.float64) @ (dual[self.n :, None] * self.cuts)
        reduced = np.zeros_like(self.matrix)
        reduced[: self.n, : self.n] = self.matrix[: self.n, : self.n] - dual[None, : self.n] - inside
        reduced[self.present] = 0.0
        bound = self.highs.getInfo().objective_function_value + np.minimum(reduced[: self.n, : self.n], 0.0).sum()
        return float(bound), np.asarray(solution.col_value), reduced


def bound_tree(distance: Matrix, demand: Vector, capacity: float, rounds: int, time_left: Callable[[], float]) -> float:
    """Lower bound of the cost of any capacitated spanning tree; the root is the last row of ``distance``.

    Valid after any number of ``rounds``: arcs left out are priced, and their negative reduced costs are taken off.
    """
    program = _Program(distance, demand, capacity)
    program.add_cuts(np.ones((1, len(demand)), dtype=np.bool_))
    best, since, mean = -np.inf, 0, None
    for _ in range(rounds):
        bound, value, reduced = program.solve()
        since = 0 if bound > best + 1e-4 * abs(bound) else since + 1
        best = max(best, bound)
        if since >= STALLED or time_left() <= 0.0:
            break
        missing = reduced < -1e-9
        if missing.any():
            program.add_arcs(missing)
        weight = np.zeros_like(distance)
        np.add.at(weight, (program.tail[: len(value)], program.head[: len(value)]), value)
        now = weight[: len(demand), : len(demand)]
        now = now + now.T
        mean = now if mean is None else DAMPING * mean + (1.0 - DAMPING) * now
        found = [_grow_sets(point, demand, capacity) for point in (mean, now)]
        chosen = np.unique(np.vstack([sets[violation > VIOLATION] for sets, violation in found]), axis=0)
        if len(chosen) == 0 and not missing.any():
            break
        program.add_cuts(chosen)
    return best
