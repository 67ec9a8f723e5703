"""Capacitated location with a choice of sizes: the problem as columns, and annealing of assignments.

Every customer (a plot) goes to exactly one site (a transformer) over an allowed arc; a site that serves anyone pays for the
cheapest of its options that carries its load. An arc is a pair (site, customer) with its assignment cost.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Indices = NDArray[np.int64]

ROOM = 1e-9
"""Relative slack of a capacity, for sums that differ in the last digits only."""
SITE_MOVES = 0.02
"""Share of annealing moves that open, close or exchange whole sites."""


class Problem(NamedTuple):
    """Arcs twice, by site (customers ascending) and by customer (cost ascending); options ascending in capacity and price.

    ``options[i]`` is the number of columns of ``capacity`` and ``price`` that count in row i. ``customer_arc`` holds numbers
    of arcs; arcs of site i are ``site_start[i]`` to ``site_start[i + 1]``. ``column`` (sites x options) is each option's number
    before ordering. ``exactly`` is the number of open sites, or 0.
    """

    demand: Vector
    capacity: Matrix
    price: Matrix
    options: Indices
    column: Indices
    site_start: Indices
    arc_site: Indices
    arc_customer: Indices
    arc_cost: Vector
    customer_start: Indices
    customer_arc: Indices
    exactly: int


def build_problem(
    demand: Vector, capacity: Matrix, price: Matrix, site: Indices, customer: Indices, cost: Vector, exactly: int
) -> Problem:
    """Order arcs and options. Options with infinite price, or neither larger nor cheaper than another, fall away."""
    order = np.lexsort((customer, site))
    site, customer, cost = site[order], customer[order], cost[order]
    sizes, prices = np.zeros_like(capacity), np.full_like(price, np.inf)
    column = np.full(price.shape, -1, dtype=np.int64)
    options = np.zeros(len(capacity), dtype=np.int64)
    for i in range(len(capacity)):
        cheapest = np.inf
        kept = []
        for k in np.lexsort((price[i], -capacity[i])):
            if price[i, k] < cheapest:
                cheapest = price[i, k]
                kept.append(k)
        options[i] = len(kept)
        column[i, : len(kept)] = kept[::-1]
        sizes[i, : len(kept)], prices[i, : len(kept)] = capacity[i, kept[::-1]], price[i, kept[::-1]]
    by_customer = np.lexsort((cost, customer))
    return Problem(
        np.ascontiguousarray(demand, dtype=np.float64),
        sizes,
        prices,
        options,
        column,
        np.searchsorted(site, np.arange(len(capacity) + 1)).astype(np.int64),
        site.astype(np.int64),
        customer.astype(np.int64),
        cost.astype(np.float64),
        np.searchsorted(customer[by_customer], np.arange(len(demand) + 1)).astype(np.int64),
        by_customer.astype(np.int64),
        exactly,
    )


def keep_arcs(problem: Problem, arcs: NDArray[np.bool_], options: NDArray[np.bool_]) -> tuple[Problem, Indices]:
    """The problem with some arcs and options (sites x options) only, and the old number of each arc left."""
    left = np.flatnonzero(arcs & options.any(axis=1)[problem.arc_site])
    price = np.where(options, problem.price, np.inf)
    smaller = build_problem(
        problem.demand,
        problem.capacity,
        price,
        problem.arc_site[left],
        problem.arc_customer[left],
        problem.arc_cost[left],
        problem.exactly,
    )
    return smaller, left


@njit(cache=True)
def site_price(problem: Problem, site: int, load: float, penalty: float) -> float:
    """Price of the cheapest option that carries a load; above the largest, ``penalty`` a unit of excess."""
    last = problem.options[site] - 1
    for k in range(last + 1):
        if load <= problem.capacity[site, k] * (1.0 + ROOM):
            return float(problem.price[site, k])
    if last < 0:
        return np.inf
    return float(problem.price[site, last] + penalty * (load - problem.capacity[site, last]))


@njit(cache=True)
def find_arc(problem: Problem, site: int, customer: int) -> int:
    """Number of the arc from a site to a customer, or -1."""
    low, high = problem.site_start[site], problem.site_start[site + 1]
    i = low + np.searchsorted(problem.arc_customer[low:high], customer)
    return i if i < high and problem.arc_customer[i] == customer else -1


@njit(cache=True)
def site_loads(problem: Problem, arcs: Indices) -> tuple[Vector, Indices]:
    """Load and number of customers of each site under an assignment (an arc for each customer)."""
    load, count = np.zeros(len(problem.options)), np.zeros(len(problem.options), dtype=np.int64)
    for customer in range(len(arcs)):
        site = problem.arc_site[arcs[customer]]
        load[site] += problem.demand[customer]
        count[site] += 1
    return load, count


@njit(cache=True)
def assignment_cost(problem: Problem, arcs: Indices, penalty: float) -> tuple[float, float]:
    """Cost of an assignment (excess at ``penalty`` included) and the load in excess of the largest options."""
    load, count = site_loads(problem, arcs)
    cost = excess = 0.0
    for arc in arcs:
        cost += problem.arc_cost[arc]
    for site in range(len(load)):
        if count[site]:
            cost += site_price(problem, site, load[site], penalty)
            largest = problem.capacity[site, problem.options[site] - 1]
            if load[site] > largest * (1.0 + ROOM):
                excess += load[site] - largest
    return cost, excess


@njit(cache=True)
def assign_greedily(problem: Problem, open_sites: NDArray[np.bool_], order: Indices, penalty: float) -> Indices:
    """Customers in the given order, each to the open site that costs least more; one that reaches none opens one.

    With a fixed number of open sites a customer that reaches none of them falls back on its first arc (penalised).
    """
    arcs = np.full(len(problem.demand), -1, dtype=np.int64)
    load, count = np.zeros(len(open_sites)), np.zeros(len(open_sites), dtype=np.int64)
    for customer in order:
        best, chosen = np.inf, -1
        for everywhere in range(2):
            for a in range(problem.customer_start[customer], problem.customer_start[customer + 1]):
                arc = problem.customer_arc[a]
                site = problem.arc_site[arc]
                if not (open_sites[site] or count[site] or everywhere):
                    continue
                now = site_price(problem, site, load[site], penalty) if count[site] or open_sites[site] else 0.0
                then = site_price(problem, site, load[site] + problem.demand[customer], penalty)
                if problem.arc_cost[arc] + then - now < best:
                    best, chosen = problem.arc_cost[arc] + then - now, arc
            if chosen >= 0:
                break
        arcs[customer] = chosen
        site = problem.arc_site[chosen]
        load[site] += problem.demand[customer]
        count[site] += 1
    return arcs


@njit(cache=True)
def _shift(
    problem: Problem, arcs: Indices, load: Vector, count: Indices, customer: int, arc: int, penalty: float
) -> float:
    """Give a customer another arc, in place; returns the change of cost."""
    old, new = problem.arc_site[arcs[customer]], problem.arc_site[arc]
    demand = problem.demand[customer]
    change = problem.arc_cost[arc] - problem.arc_cost[arcs[customer]]
    if old != new:
        change -= site_price(problem, old, load[old], penalty)
        load[old] -= demand
        count[old] -= 1
        if count[old]:
            change += site_price(problem, old, load[old], penalty)
        else:
            load[old] = 0.0
        if count[new]:
            change -= site_price(problem, new, load[new], penalty)
        load[new] += demand
        count[new] += 1
        change += site_price(problem, new, load[new], penalty)
    arcs[customer] = arc
    return float(change)


@njit(cache=True)
def _move_out(
    problem: Problem, arcs: Indices, load: Vector, count: Indices, site: int, into: int, penalty: float
) -> float:
    """Give every customer of a site, in place, its arc to ``into`` (if >= 0 and it has one) or the best to an open site."""
    change = 0.0
    for e in range(problem.site_start[site], problem.site_start[site + 1]):
        customer = problem.arc_customer[e]
        if arcs[customer] != e:
            continue
        best, chosen = np.inf, -1
        if into >= 0:
            chosen = find_arc(problem, into, customer)
        if chosen < 0:
            for a in range(problem.customer_start[customer], problem.customer_start[customer + 1]):
                arc = problem.customer_arc[a]
                other = problem.arc_site[arc]
                if other == site or count[other] == 0:
                    continue
                extra = site_price(problem, other, load[other] + problem.demand[customer], penalty)
                extra += problem.arc_cost[arc] - site_price(problem, other, load[other], penalty)
                if extra < best:
                    best, chosen = extra, arc
        if chosen < 0:
            return np.inf
        change += _shift(problem, arcs, load, count, customer, chosen, penalty)
    return change


@njit(cache=True)
def _move_in(problem: Problem, arcs: Indices, load: Vector, count: Indices, site: int, penalty: float) -> float:
    """Give a site, in place, every customer that is nearer to it than to its own site, as long as its largest option holds."""
    change = 0.0
    largest = problem.capacity[site, problem.options[site] - 1]
    for e in range(problem.site_start[site], problem.site_start[site + 1]):
        customer = problem.arc_customer[e]
        nearer = problem.arc_cost[e] < problem.arc_cost[arcs[customer]]
        alone = problem.exactly > 0 and count[problem.arc_site[arcs[customer]]] == 1
        if nearer and not alone and load[site] + problem.demand[customer] <= largest:
            change += _shift(problem, arcs, load, count, customer, e, penalty)
    return change


@njit(cache=True)
def _change_site(problem: Problem, arcs: Indices, load: Vector, count: Indices, penalty: float) -> float:
    """Close, open or exchange a random site, in place; returns the change of cost (infinite: not possible)."""
    customer = np.random.randint(len(arcs))
    start, end = problem.customer_start[customer], problem.customer_start[customer + 1]
    site = problem.arc_site[problem.customer_arc[np.random.randint(start, end)]]
    own = problem.arc_site[arcs[customer]]
    if count[site] == 0 and problem.options[site] > 0:
        if problem.exactly == 0 and np.random.random() < 0.5:
            return _move_in(problem, arcs, load, count, site, penalty)
        change = _move_out(problem, arcs, load, count, own, site, penalty)
        if change < np.inf and count[site]:
            change += _move_in(problem, arcs, load, count, site, penalty)
        return change
    if problem.exactly == 0 and count[site]:
        return _move_out(problem, arcs, load, count, site, -1, penalty)
    return np.inf


@njit(cache=True)
def _change_customer(
    problem: Problem, arcs: Indices, load: Vector, count: Indices, penalty: float
) -> tuple[float, int, int, int, int]:
    """Shift a random customer, or exchange it with a random one of its new site, in place: (change, what to undo)."""
    customer = np.random.randint(len(arcs))
    start, end = problem.customer_start[customer], problem.customer_start[customer + 1]
    arc = problem.customer_arc[start + int((end - start) * np.random.random() ** 2)]
    old = arcs[customer]
    site, own = problem.arc_site[arc], problem.arc_site[old]
    if site == own or problem.options[site] == 0:
        return np.inf, -1, -1, -1, -1
    if count[site] and np.random.random() < 0.5:
        low, high = problem.site_start[site], problem.site_start[site + 1]
        e = np.random.randint(low, high)
        other = problem.arc_customer[e]
        for _ in range(20):
            if arcs[other] == e:
                break
            e = np.random.randint(low, high)
            other = problem.arc_customer[e]
        back = find_arc(problem, own, other) if arcs[other] == e else -1
        if back < 0:
            return np.inf, -1, -1, -1, -1
        change = _shift(problem, arcs, load, count, customer, arc, penalty)
        change += _shift(problem, arcs, load, count, other, back, penalty)
        return change, customer, old, other, e
    if problem.exactly and (count[own] == 1 or count[site] == 0):
        return np.inf, -1, -1, -1, -1
    return _shift(problem, arcs, load, count, customer, arc, penalty), customer, old, -1, -1


@njit(cache=True)
def anneal_assignment(
    problem: Problem, arcs: Indices, hot: float, cold: float, moves: int, penalty: float, seed: int
) -> tuple[Indices, float]:
    """Simulated annealing from an assignment, temperature falling from ``hot`` to ``cold`` geometrically.

    Moves: one customer to another site, two customers exchanged, a site opened, closed or exchanged for another. Returns the
    best assignment without excess and its cost; the last one and infinity where all had excess.
    """
    np.random.seed(seed)
    arcs = arcs.copy()
    load, count = site_loads(problem, arcs)
    cost, excess = assignment_cost(problem, arcs, penalty)
    best, best_cost = arcs.copy(), cost if excess == 0.0 else np.inf
    temperature, cooling = hot, (cold / hot) ** (1.0 / max(moves, 1))
    for _ in range(moves):
        temperature *= cooling
        allowed = -temperature * np.log(1.0 - np.random.random())
        if np.random.random() < SITE_MOVES:
            before, load_before, count_before = arcs.copy(), load.copy(), count.copy()
            change = _change_site(problem, arcs, load, count, penalty)
            if change > allowed:
                arcs, load, count = before, load_before, count_before
                continue
        else:
            change, one, one_arc, two, two_arc = _change_customer(problem, arcs, load, count, penalty)
            if change > allowed:
                if two >= 0:
                    _shift(problem, arcs, load, count, two, two_arc, penalty)
                if one >= 0:
                    _shift(problem, arcs, load, count, one, one_arc, penalty)
                continue
        cost += change
        if cost < best_cost - 1e-9 * abs(best_cost) if best_cost < np.inf else True:
            exact, excess = assignment_cost(problem, arcs, penalty)
            cost = exact
            if excess == 0.0 and exact < best_cost:
                best[:], best_cost = arcs, exact
    return (best, best_cost) if best_cost < np.inf else (arcs, np.inf)
