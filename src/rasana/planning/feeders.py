"""Feeders: which service points share one, and the tree that joins them to the transformer.

Capacitated minimum spanning tree. Starts from Esau and Williams (1966); simulated annealing on groups, each judged by
the minimum spanning tree of its members and the root; then the best choice among all groups that the annealing came
by, as a set-partitioning model. A lower bound comes from cut inequalities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rasana.planning.feeder_bound import bound_tree
from rasana.planning.feeder_search import anneal_groups, esau_williams, tree_cost, tree_parents
from rasana.planning.partition import choose_columns

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Indices = NDArray[np.int64]
TimeLeft = Callable[[], float]

NEIGHBOURS = 20
HOT, COLD = 0.4, 0.07
"""Temperatures at the start and the end of annealing, in parts of the mean cost a node."""
POLISH_EVERY = 4
"""Rounds of annealing between two choices among the groups kept."""
POLISH_NODES = 200


@dataclass(frozen=True)
class Grouping:
    """A capacitated spanning tree.

    ``cluster`` (n,): feeder of each node, numbered from 0; ``parent`` (n,): row of ``distance`` towards the root.
    Both in the order of the rows of ``distance`` without the root. ``bound`` is minus infinity where none was asked
    for.
    """

    cluster: Indices
    parent: Indices
    cost: float
    bound: float
    optimal: bool


def group(
    distance: ArrayLike,
    demand: ArrayLike,
    capacity: float,
    *,
    root: int = -1,
    seed: int = 1,
    rounds: int = 4,
    moves: int = 300_000,
    bound_rounds: int = 0,
    known_bound: float = -np.inf,
    time_left: TimeLeft | None = None,
) -> Grouping:
    """Cheapest tree in which no branch at the root carries more than ``capacity``.

    - ``distance`` (n + 1, n + 1), symmetric, any costs; ``root`` is the row of the root, by default the last.
    - ``demand`` (n,): of the other rows, in order.
    - ``rounds`` of annealing with ``moves`` each; ``bound_rounds`` rounds of cuts for the lower bound (0: none);
      the search ends where it meets that or ``known_bound``.

    Deterministic for a seed and these efforts; ``time_left`` (seconds) is asked between rounds and may end it sooner.
    Raises ValueError where a node alone exceeds the capacity.
    """
    matrix, load = np.asarray(distance, dtype=np.float64), np.ascontiguousarray(demand, dtype=np.float64)
    if (load > capacity).any():
        raise ValueError("a node alone exceeds the capacity of a feeder")
    rows = np.delete(np.arange(len(matrix)), root)
    order = np.append(rows, np.arange(len(matrix))[root])
    matrix = np.ascontiguousarray(matrix[np.ix_(order, order)])
    left = time_left or (lambda: np.inf)
    bound = known_bound
    if bound_rounds:
        bound = max(bound, bound_tree(matrix, load, capacity, bound_rounds, left))
    whole = bool((matrix[np.triu_indices(len(matrix), 1)] % 1.0 == 0.0).all())
    if whole:
        bound = float(np.ceil(bound - 1e-6))
    cluster, cost = _search(matrix, load, capacity, seed, rounds, moves, bound, left)
    parent = np.full(len(load), -1, dtype=np.int64)
    for g in np.unique(cluster):
        members = np.flatnonzero(cluster == g)
        tree_parents(matrix, members, len(members), parent)
    cluster = _branches(parent)
    return Grouping(cluster, order[parent], cost, min(bound, cost), bound >= cost - 1e-9 * abs(cost))


def _search(
    matrix: Matrix, load: Vector, capacity: float, seed: int, rounds: int, moves: int, bound: float, time_left: TimeLeft
) -> tuple[Indices, float]:
    """Rounds of annealing from the savings start, each with its own seed; the best groups of all of them together."""
    n = len(load)
    start = esau_williams(matrix, load, capacity)
    pool = _Pool(matrix)
    pool.add(start)
    best, cost = start, pool.price(start)
    if n < 2 or cost == 0.0:
        return best, cost
    apart = matrix[:n, :n] + np.diag(np.full(n, np.inf))
    near = np.ascontiguousarray(np.argsort(apart, axis=1, kind="stable")[:, : min(NEIGHBOURS, n - 1)])
    hot, cold = HOT * cost / n, COLD * cost / n
    for number in range(rounds):
        if cost <= bound + 1e-9 * abs(cost) or (number and time_left() <= 0.0):
            break
        found, _, samples = anneal_groups(matrix, load, capacity, near, start, hot, cold, moves, seed * 7919 + number)
        pool.add(found)
        for sample in samples:
            pool.add(sample)
        best = min(best, found, key=pool.price)
        if number % POLISH_EVERY == POLISH_EVERY - 1 or number == rounds - 1:
            best = min(best, pool.choose(best, POLISH_NODES, time_left), key=pool.price)
        cost = pool.price(best)
    return best, cost


def _branches(parent: Indices) -> Indices:
    """Number of the branch at the root of each node, in order of the first node of each."""
    top = np.arange(len(parent))
    inner = parent < len(parent)
    while True:
        above = np.where(inner[top], parent[top], top)
        if (above == top).all():
            break
        top = above
    _, first, number = np.unique(top, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[number]


def _members(group: Indices) -> list[Indices]:
    """Nodes of each group."""
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)


class _Pool:
    """Distinct groups seen so far with their costs."""

    def __init__(self, distance: Matrix) -> None:
        self.distance = distance
        self.cost: dict[bytes, float] = {}
        self.seen: set[bytes] = set()

    def add(self, group: Indices) -> None:
        """Every group of an assignment."""
        if group.tobytes() in self.seen:
            return
        self.seen.add(group.tobytes())
        key, left = np.empty(len(group)), np.empty(len(group), dtype=np.int64)
        for members in _members(group):
            name = members.tobytes()
            if name not in self.cost:
                self.cost[name] = tree_cost(self.distance, members, len(members), key, left)

    def price(self, group: Indices) -> float:
        """Cost of an assignment all of whose groups are kept."""
        return sum(self.cost[members.tobytes()] for members in _members(group))

    def choose(self, best: Indices, nodes: int, time_left: TimeLeft) -> Indices:
        """Cheapest set of kept groups that holds every node once (set partitioning by HiGHS, from a known one)."""
        columns = [np.frombuffer(name, dtype=np.int64) for name in self.cost]
        start = np.concatenate([[0], np.cumsum([len(c) for c in columns])])
        used = {members.tobytes() for members in _members(best)}
        known = np.array([name in used for name in self.cost], dtype=np.float64)
        cost = np.array(list(self.cost.values()))
        value = choose_columns(cost, start, np.concatenate(columns), len(best), known, nodes, time_left)
        group = best.copy()
        for g, column in enumerate(np.flatnonzero(value > 0.5)):
            group[columns[column]] = g
        return group
