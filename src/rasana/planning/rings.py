"""Medium-voltage rings: which transformers share a ring, in which order, between which supply points.

Up to :data:`EXACT_TRANSFORMERS` the answer is proven by dynamic programming over sets; above, it is a capacitated
vehicle routing problem (PyVRP's iterated local search, Wouda et al. 2024) with a start and an end depot per ring.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pyvrp
from numba import njit
from numpy.typing import ArrayLike, NDArray
from pyvrp.stop import StoppingCriterion

from rasana.planning.feeder_bound import bound_tree
from rasana.planning.ring_search import improve, insert, ring_insertion, rings_cost

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Indices = NDArray[np.int64]
TimeLeft = Callable[[], float]

EXACT_TRANSFORMERS = 13
"""Sets of this many are enumerated in hundredths of a second; each more triples the time."""
COST_STEPS, LOAD_STEPS = 1e5, 1e4
"""Steps of the largest cost and of a ring's load in the routing solver, which counts in integers."""


@dataclass(frozen=True)
class Rings:
    """Open rings. Each sequence: supply point, transformers in order, supply point (rows of the distance matrix)."""

    sequences: tuple[Indices, ...]
    cost: float
    optimal: bool


def route_rings(
    distance: ArrayLike,
    load_kva: ArrayLike,
    supplies: ArrayLike,
    ring_kva_max: float,
    ring_transformers_max: int,
    *,
    ring_price: float = 0.0,
    ends_differ: bool | None = None,
    seed: int = 1,
    iterations: int = 2000,
    time_left: TimeLeft | None = None,
) -> Rings:
    """Cheapest open rings through all transformers.

    - ``distance`` (n, n), symmetric: cost of connecting two nodes (transformers and supply points), any currency.
    - ``load_kva`` (n,): load of each node; that of supply points is ignored. Loads in a ring add.
    - ``supplies``: rows that are supply points; all others are transformers.
    - ``ring_price``: paid once a ring. ``ends_differ``: each ring joins two different supply points; by default
      wherever there are two.

    Deterministic for a seed and a number of iterations; ``time_left`` (seconds) is asked after each.
    Raises ValueError where a transformer alone exceeds the ring.
    """
    matrix = np.ascontiguousarray(distance, dtype=np.float64)
    ends = np.unique(np.asarray(supplies, dtype=np.int64))
    load = np.array(load_kva, dtype=np.float64)
    load[ends] = 0.0
    transformers = np.setdiff1d(np.arange(len(matrix)), ends)
    differ = len(ends) > 1 if ends_differ is None else ends_differ
    if len(ends) == 0 or (differ and len(ends) < 2):
        raise ValueError("rings need a supply point, and two where their ends are to differ")
    if ring_transformers_max < 1 or (load > ring_kva_max).any():
        raise ValueError("a transformer alone exceeds what a ring may carry")
    if len(transformers) == 0:
        return Rings((), 0.0, True)
    if len(transformers) <= EXACT_TRANSFORMERS:
        return _exact(matrix, load, ends, transformers, ring_kva_max, ring_transformers_max, ring_price, differ)
    plan, size = build_rings(matrix, load, ends, ring_kva_max, ring_transformers_max, ring_price, differ)
    left = iter(range(iterations))

    def stop(best_cost: int) -> bool:
        return next(left, None) is None or (time_left is not None and time_left() <= 0.0)

    routed = _route(matrix, load, ends, plan, size, ring_kva_max, ring_price, differ, seed, stop)
    if rings_cost(matrix, *routed, ring_price) < rings_cost(matrix, plan, size, ring_price):
        plan, size = routed
    improve(matrix, load, plan, size, ends, ring_kva_max, ring_price, differ)
    sequences = tuple(plan[r, : size[r]].copy() for r in range(len(plan)) if size[r] > 2)
    return Rings(sequences, float(rings_cost(matrix, plan, size, ring_price)), False)


def bound_rings(
    distance: ArrayLike,
    load_kva: ArrayLike,
    supplies: ArrayLike,
    ring_kva_max: float,
    ring_transformers_max: int,
    *,
    ring_price: float = 0.0,
    rounds: int = 100,
    time_left: TimeLeft | None = None,
) -> float:
    """Lower bound of what :func:`route_rings` can reach; arguments as there, ``rounds`` of cuts.

    Without the dearer of its two connections to supply points every ring is a branch of a capacitated tree, so that the
    bound of such a tree, the least second connections and the prices of as many rings as the loads need add up.
    """
    matrix, ends = np.asarray(distance, dtype=np.float64), np.unique(np.asarray(supplies, dtype=np.int64))
    transformers = np.setdiff1d(np.arange(len(matrix)), ends)
    load = np.asarray(load_kva, dtype=np.float64)[transformers]
    nearest = matrix[np.ix_(transformers, ends)].min(axis=1)
    merged = np.zeros((len(transformers) + 1, len(transformers) + 1))
    merged[:-1, :-1] = matrix[np.ix_(transformers, transformers)]
    merged[:-1, -1] = merged[-1, :-1] = nearest
    fewest = int(max(np.ceil(load.sum() / ring_kva_max - 1e-9), np.ceil(len(load) / ring_transformers_max)))
    tree = bound_tree(merged, load, ring_kva_max, rounds, time_left or (lambda: np.inf))
    return tree + float(np.sort(nearest)[:fewest].sum()) + fewest * ring_price


def build_rings(
    distance: Matrix,
    load: Vector,
    supplies: Indices,
    ring_kva_max: float,
    ring_transformers_max: int,
    ring_price: float,
    ends_differ: bool,
) -> tuple[Indices, Indices]:
    """Rings by cheapest insertion, farthest transformer first, then local search: (rings, size) as in ``ring_search``.

    Loads that don't fit where others went open a further ring; a spare row of size 2 is left.
    """
    transformers = np.setdiff1d(np.arange(len(distance)), supplies)
    far = distance[np.ix_(transformers, supplies)].min(axis=1)
    rings = np.full((len(transformers) + 1, ring_transformers_max + 2), -1, dtype=np.int64)
    rings[:, 0], rings[:, 1] = supplies[0], supplies[-1]
    size = np.full(len(rings), 2, dtype=np.int64)
    for node in transformers[np.argsort(-far, kind="stable")]:
        _, r, position, start, end = ring_insertion(
            distance, load, rings, size, supplies, node, ring_kva_max, ring_price, ends_differ
        )
        insert(rings, size, r, position, node, start, end)
    used = size > 2
    rings = np.vstack([rings[used], rings[~used][:1]])
    size = np.append(size[used], 2)
    improve(distance, load, rings, size, supplies, ring_kva_max, ring_price, ends_differ)
    return rings, size


@njit(cache=True)
def _paths(distance: Matrix, starts: Indices, nodes: Indices) -> Matrix:
    """Shortest path from each start over every set of nodes to each last node: (starts, sets, nodes)."""
    count = len(nodes)
    best = np.full((len(starts), 1 << count, count), np.inf)
    for a in range(len(starts)):
        for i in range(count):
            best[a, 1 << i, i] = distance[starts[a], nodes[i]]
        for chosen in range(1, 1 << count):
            for i in range(count):
                so_far = best[a, chosen, i]
                if so_far == np.inf:
                    continue
                for j in range(count):
                    if chosen >> j & 1 == 0:
                        cost = so_far + distance[nodes[i], nodes[j]]
                        if cost < best[a, chosen | 1 << j, j]:
                            best[a, chosen | 1 << j, j] = cost
    return best


@njit(cache=True)
def _ring_of_set(
    distance: Matrix, starts: Indices, nodes: Indices, best: Matrix, chosen: int, ends_differ: bool
) -> tuple[float, int, int, int]:
    """Cheapest ring over one set: (cost, start, last node, end)."""
    cost, first, last, end = np.inf, -1, -1, -1
    for a in range(len(starts)):
        for b in range(len(starts)):
            if ends_differ and a == b:
                continue
            for i in range(len(nodes)):
                total = best[a, chosen, i] + distance[nodes[i], starts[b]]
                if total < cost:
                    cost, first, last, end = total, a, i, b
    return cost, first, last, end


@njit(cache=True)
def _partition(cost: Vector) -> tuple[float, Indices]:
    """Cheapest partition of all elements into sets of finite cost: (cost, the set taken out at each union)."""
    full = len(cost)
    total = np.full(full, np.inf)
    taken = np.zeros(full, dtype=np.int64)
    total[0] = 0.0
    for chosen in range(1, full):
        lowest = chosen & -chosen
        part = chosen
        while part > 0:
            if part & lowest and cost[part] + total[chosen ^ part] < total[chosen]:
                total[chosen] = cost[part] + total[chosen ^ part]
                taken[chosen] = part
            part = (part - 1) & chosen
    return total[full - 1], taken


@njit(cache=True)
def _price_sets(
    distance: Matrix,
    load: Vector,
    starts: Indices,
    nodes: Indices,
    best: Matrix,
    load_max: float,
    count_max: int,
    price: float,
    ends_differ: bool,
) -> Vector:
    cost = np.full(1 << len(nodes), np.inf)
    for chosen in range(1, 1 << len(nodes)):
        members, carried = 0, 0.0
        for i in range(len(nodes)):
            if chosen >> i & 1:
                members += 1
                carried += load[nodes[i]]
        if members <= count_max and carried <= load_max + 1e-9:
            cost[chosen] = price + _ring_of_set(distance, starts, nodes, best, chosen, ends_differ)[0]
    return cost


def _exact(
    distance: Matrix,
    load: Vector,
    supplies: Indices,
    nodes: Indices,
    load_max: float,
    count_max: int,
    price: float,
    ends_differ: bool,
) -> Rings:
    """Optimal rings: shortest path over every set (Held and Karp), then the cheapest partition into sets."""
    best = _paths(distance, supplies, nodes)
    cost = _price_sets(distance, load, supplies, nodes, best, load_max, count_max, price, ends_differ)
    total, taken = _partition(cost)
    left = len(cost) - 1
    sequences = []
    while left:
        chosen = int(taken[left])
        left ^= chosen
        _, a, last, b = _ring_of_set(distance, supplies, nodes, best, chosen, ends_differ)
        path = [last]
        while chosen != 1 << path[-1]:
            here, rest = path[-1], chosen ^ (1 << path[-1])
            path.append(int(np.argmin(best[a, rest] + distance[nodes, nodes[here]])))
            chosen = rest
        sequences.append(np.concatenate([[supplies[a]], nodes[path[::-1]], [supplies[b]]]).astype(np.int64))
    return Rings(tuple(sequences), float(total), True)


def _route(
    distance: Matrix,
    load: Vector,
    supplies: Indices,
    rings: Indices,
    size: Indices,
    load_max: float,
    price: float,
    ends_differ: bool,
    seed: int,
    stop: StoppingCriterion,
) -> tuple[Indices, Indices]:
    """Better the given rings by PyVRP; returns them in the same layout."""
    clients = np.setdiff1d(np.arange(len(distance)), supplies)
    order = np.concatenate([supplies, clients])
    scale = _steps(np.append(distance, price), COST_STEPS)
    load_limit = min(load_max, float(load.sum()))
    load_scale = _steps(np.append(load, load_limit), LOAD_STEPS)
    count_limit = rings.shape[1] - 2
    pairs = [
        pair for pair in combinations_with_replacement(range(len(supplies)), 2) if pair[0] != pair[1] or not ends_differ
    ]
    length: Any = np.rint(distance[np.ix_(order, order)] * scale).astype(np.int64)
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in order],
        clients=[
            pyvrp.Client(len(supplies) + i, delivery=[int(np.ceil(load[node] * load_scale - 1e-9)), 1])
            for i, node in enumerate(clients)
        ],
        depots=[pyvrp.Depot(i) for i in range(len(supplies))],
        vehicle_types=[
            pyvrp.VehicleType(
                len(clients),
                capacity=[int(load_limit * load_scale + 1e-9), count_limit],
                start_depot=a,
                end_depot=b,
                fixed_cost=round(price * scale),
            )
            for a, b in pairs
        ],
        distance_matrices=[length],
        duration_matrices=[0 * length],
    )
    first = _solution(data, rings, size, supplies, clients, pairs)
    best = pyvrp.solve(data, stop, seed=seed, collect_stats=False, display=False, initial_solution=first).best
    if not best.is_feasible():
        return rings, size
    return _plan(best, rings, supplies, clients, pairs)


def _steps(values: Vector, steps: float) -> float:
    """Factor that makes values integers: 1 where they are, otherwise so that the largest has that many steps."""
    if (values == np.rint(values)).all():
        return 1.0
    return steps / max(float(values.max()), 1e-12)


def _solution(
    data: pyvrp.ProblemData,
    rings: Indices,
    size: Indices,
    supplies: Indices,
    clients: Indices,
    pairs: list[tuple[int, int]],
) -> pyvrp.Solution:
    """Rings as PyVRP's solution."""
    routes = []
    for r in range(len(rings)):
        if size[r] > 2:
            row = rings[r, : size[r]]
            a, b = (int(x) for x in np.searchsorted(supplies, row[[0, -1]]))
            inner = row[1:-1] if a <= b else row[-2:0:-1]
            visits = [pyvrp.Activity(pyvrp.ActivityType.CLIENT, int(x)) for x in np.searchsorted(clients, inner)]
            routes.append(pyvrp.Route(data, visits, pairs.index((min(a, b), max(a, b)))))
    return pyvrp.Solution(data, routes)


def _plan(
    best: pyvrp.Solution, like: Indices, supplies: Indices, clients: Indices, pairs: list[tuple[int, int]]
) -> tuple[Indices, Indices]:
    """PyVRP's solution as rings, with one spare row."""
    routes = best.routes()
    rings = np.full((len(routes) + 1, like.shape[1]), -1, dtype=np.int64)
    size = np.full(len(rings), 2, dtype=np.int64)
    rings[:, 0], rings[:, 1] = supplies[0], supplies[-1]
    for r, route in enumerate(routes):
        a, b = pairs[route.vehicle_type()]
        visits = [activity.idx for activity in route if activity.is_client()]
        size[r] = len(visits) + 2
        rings[r, : size[r]] = [supplies[a], *clients[visits], supplies[b]]
    return rings, size
