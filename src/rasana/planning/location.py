"""Capacitated location with a choice of sizes: the problem as columns, and annealing of assignments.

Every customer (a plot) goes to exactly one site (a transformer) over an allowed arc; a site that serves anyone pays
for the cheapest of its options that carries its load. An arc is a pair (site, customer) with its assignment cost.
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
NEARNESS = 3.0
"""Exponent by which annealing prefers a customer's near sites (1: all alike)."""


class Problem(NamedTuple):
    """Arcs twice: by site (customers ascending) and by customer (cost ascending); options by capacity and price.

    ``options[i]`` is the number of columns of ``capacity`` and ``price`` that count in row i. ``customer_arc`` holds
    numbers of arcs; arcs of site i are ``site_start[i]`` to ``site_start[i + 1]``. ``column`` (sites x options) is
    each option's number before ordering. ``exactly`` is the number of open sites, or 0.
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
    sizes, prices = np.zeros(capacity.shape), np.full(price.shape, np.inf)
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
    built = np.asarray(options.any(axis=1))
    left = np.flatnonzero(arcs & built[problem.arc_site])
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


class State(NamedTuple):
    """An assignment as a search holds it: arc of each customer; load, number and names of each site's customers.

    The customers of site i stand in ``member`` from ``site_start[i]``; customer j stands at ``place[j]``.
    """

    arcs: Indices
    load: Vector
    size: Indices
    member: Indices
    place: Indices


@njit(cache=True)
def _make_state(problem: Problem, arcs: Indices) -> State:
    """The state of an assignment in which -1 stands for a customer that is not assigned yet."""
    sites, customers = len(problem.options), len(arcs)
    state = State(
        np.full(customers, -1, dtype=np.int64),
        np.zeros(sites),
        np.zeros(sites, dtype=np.int64),
        np.full(len(problem.arc_cost), -1, dtype=np.int64),
        np.full(customers, -1, dtype=np.int64),
    )
    for customer in range(customers):
        if arcs[customer] >= 0:
            _put(problem, state, customer, arcs[customer])
    return state


@njit(cache=True)
def _copy_state(target: State, source: State) -> None:
    target.arcs[:], target.load[:], target.size[:] = source.arcs, source.load, source.size
    target.member[:], target.place[:] = source.member, source.place


@njit(cache=True)
def _put(problem: Problem, state: State, customer: int, arc: int) -> None:
    """Assign a customer that is not assigned."""
    site = problem.arc_site[arc]
    state.arcs[customer] = arc
    state.load[site] += problem.demand[customer]
    state.place[customer] = problem.site_start[site] + state.size[site]
    state.member[state.place[customer]] = customer
    state.size[site] += 1


@njit(cache=True)
def _take(problem: Problem, state: State, customer: int) -> None:
    """Take a customer out of its site."""
    site = problem.arc_site[state.arcs[customer]]
    state.load[site] -= problem.demand[customer]
    state.size[site] -= 1
    if state.size[site] == 0:
        state.load[site] = 0.0
    last = state.member[problem.site_start[site] + state.size[site]]
    state.member[state.place[customer]] = last
    state.place[last] = state.place[customer]


@njit(cache=True)
def _price_now(problem: Problem, state: State, site: int, penalty: float) -> float:
    return site_price(problem, site, state.load[site], penalty) if state.size[site] else 0.0


@njit(cache=True)
def _shift(problem: Problem, state: State, customer: int, arc: int, penalty: float) -> float:
    """Give a customer another arc, in place; returns the change of cost."""
    old, new = problem.arc_site[state.arcs[customer]], problem.arc_site[arc]
    change = problem.arc_cost[arc] - problem.arc_cost[state.arcs[customer]]
    if old == new:
        return float(change)
    change -= _price_now(problem, state, old, penalty) + _price_now(problem, state, new, penalty)
    _take(problem, state, customer)
    _put(problem, state, customer, arc)
    return float(change + _price_now(problem, state, old, penalty) + _price_now(problem, state, new, penalty))


@njit(cache=True)
def _move_out(problem: Problem, state: State, site: int, into: int, penalty: float) -> float:
    """Give every customer of a site, in place, its arc to ``into`` (-1: none) or else the best to an open site."""
    change = 0.0
    start = problem.site_start[site]
    for customer in state.member[start : start + state.size[site]].copy():
        best, chosen = np.inf, -1
        if into >= 0:
            chosen = find_arc(problem, into, customer)
        if chosen < 0:
            for arc in problem.customer_arc[problem.customer_start[customer] : problem.customer_start[customer + 1]]:
                other = problem.arc_site[arc]
                if other == site or state.size[other] == 0:
                    continue
                extra = site_price(problem, other, state.load[other] + problem.demand[customer], penalty)
                extra += problem.arc_cost[arc] - site_price(problem, other, state.load[other], penalty)
                if extra < best:
                    best, chosen = extra, arc
        if chosen < 0:
            return np.inf
        change += _shift(problem, state, customer, chosen, penalty)
    return change


@njit(cache=True)
def _move_in(problem: Problem, state: State, site: int, penalty: float) -> float:
    """Give a site, in place, the customers that are nearer to it than to their own, while its largest option holds."""
    change = 0.0
    largest = problem.capacity[site, problem.options[site] - 1]
    for e in range(problem.site_start[site], problem.site_start[site + 1]):
        customer = problem.arc_customer[e]
        nearer = problem.arc_cost[e] < problem.arc_cost[state.arcs[customer]]
        alone = problem.exactly > 0 and state.size[problem.arc_site[state.arcs[customer]]] == 1
        if nearer and not alone and state.load[site] + problem.demand[customer] <= largest:
            change += _shift(problem, state, customer, e, penalty)
    return change


@njit(cache=True)
def _cheapest_arc(
    problem: Problem, state: State, open_sites: NDArray[np.bool_], customer: int, penalty: float, closed_too: bool
) -> int:
    """Arc over which one more customer costs least, or -1."""
    best, chosen = np.inf, -1
    for arc in problem.customer_arc[problem.customer_start[customer] : problem.customer_start[customer + 1]]:
        site = problem.arc_site[arc]
        is_open = open_sites[site] or state.size[site] > 0
        if not is_open and not closed_too:
            continue
        extra = site_price(problem, site, state.load[site] + problem.demand[customer], penalty)
        if is_open:
            extra -= site_price(problem, site, state.load[site], penalty)
        if problem.arc_cost[arc] + extra < best:
            best, chosen = problem.arc_cost[arc] + extra, arc
    return chosen


@njit(cache=True)
def assign_greedily(
    problem: Problem, open_sites: NDArray[np.bool_], order: Indices, known: Indices, penalty: float
) -> Indices:
    """Customers in the given order, each to the open site that costs least more; one that reaches none opens one.

    ``known`` holds arcs of customers to keep where their site is open (-1: none).
    """
    kept = known.copy()
    for customer in order:
        if kept[customer] >= 0 and not open_sites[problem.arc_site[kept[customer]]]:
            kept[customer] = -1
    state = _make_state(problem, kept)
    for customer in order:
        if kept[customer] < 0:
            arc = _cheapest_arc(problem, state, open_sites, customer, penalty, False)
            if arc < 0:
                arc = _cheapest_arc(problem, state, open_sites, customer, penalty, True)
            _put(problem, state, customer, arc)
    for site in range(len(open_sites)):
        if open_sites[site] and state.size[site] == 0:
            _move_in(problem, state, site, penalty)
    return state.arcs


@njit(cache=True)
def _change_site(problem: Problem, state: State, penalty: float) -> float:
    """Close, open or exchange a random site, in place; returns the change of cost (infinite: not possible)."""
    customer = np.random.randint(len(state.arcs))
    site = problem.arc_site[_near_arc(problem, customer)]
    own = problem.arc_site[state.arcs[customer]]
    if state.size[site] == 0:
        if problem.exactly == 0 and np.random.random() < 0.5:
            return _move_in(problem, state, site, penalty)
        change = _move_out(problem, state, own, site, penalty)
        if change < np.inf and state.size[site]:
            change += _move_in(problem, state, site, penalty)
        return change
    if problem.exactly == 0:
        return _move_out(problem, state, site, -1, penalty)
    return np.inf


@njit(cache=True)
def _near_arc(problem: Problem, customer: int) -> int:
    start, end = problem.customer_start[customer], problem.customer_start[customer + 1]
    return int(problem.customer_arc[start + int((end - start) * np.random.random() ** NEARNESS)])


@njit(cache=True)
def _change_customer(
    problem: Problem, state: State, penalty: float, sites_fixed: bool
) -> tuple[float, int, int, int, int]:
    """Shift a random customer, or exchange it with a random one of its new site, in place: (change, what to undo)."""
    customer = np.random.randint(len(state.arcs))
    arc, old = _near_arc(problem, customer), state.arcs[customer]
    site, own = problem.arc_site[arc], problem.arc_site[old]
    if site == own:
        return np.inf, -1, -1, -1, -1
    if state.size[site] and np.random.random() < 0.5:
        other = state.member[problem.site_start[site] + np.random.randint(state.size[site])]
        back, other_old = find_arc(problem, own, other), state.arcs[other]
        if back < 0:
            return np.inf, -1, -1, -1, -1
        change = _shift(problem, state, customer, arc, penalty)
        change += _shift(problem, state, other, back, penalty)
        return change, customer, old, other, other_old
    if (problem.exactly and state.size[own] == 1) or (sites_fixed and state.size[site] == 0):
        return np.inf, -1, -1, -1, -1
    return _shift(problem, state, customer, arc, penalty), customer, old, -1, -1


@njit(cache=True)
def anneal_assignment(
    problem: Problem, arcs: Indices, hot: float, cold: float, moves: int, penalty: float, sites_fixed: bool, seed: int
) -> Indices:
    """Simulated annealing from an assignment, temperature falling from ``hot`` to ``cold`` geometrically.

    Moves: one customer to another site, two customers exchanged and, unless ``sites_fixed``, a site opened, closed or
    exchanged for another. Returns the best assignment without excess; the last one where all had excess.
    """
    np.random.seed(seed)
    state, before = _make_state(problem, arcs), _make_state(problem, arcs)
    cost, excess = assignment_cost(problem, arcs, penalty)
    best, best_cost = arcs.copy(), cost if excess == 0.0 else np.inf
    temperature, cooling = hot, (cold / hot) ** (1.0 / max(moves, 1))
    for _ in range(moves):
        temperature *= cooling
        allowed = -temperature * np.log(1.0 - np.random.random())
        if not sites_fixed and np.random.random() < SITE_MOVES:
            _copy_state(before, state)
            change = _change_site(problem, state, penalty)
            if change > allowed:
                _copy_state(state, before)
                continue
        else:
            change, one, one_arc, two, two_arc = _change_customer(
                problem, state, penalty, sites_fixed or problem.exactly > 0
            )
            if change > allowed:
                if two >= 0:
                    _shift(problem, state, two, two_arc, penalty)
                if one >= 0:
                    _shift(problem, state, one, one_arc, penalty)
                continue
        cost += change
        if cost < best_cost - 1e-9 * abs(best_cost) or best_cost == np.inf:
            cost, excess = assignment_cost(problem, state.arcs, penalty)
            if excess == 0.0 and cost < best_cost:
                best[:], best_cost = state.arcs, cost
    return best if best_cost < np.inf else state.arcs
