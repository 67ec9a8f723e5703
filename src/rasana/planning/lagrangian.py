"""Lagrangian bound of capacitated location: every customer's assignment is priced, every site decides for itself.

With a price u_j for serving customer j, site i picks the option k and the customers that minimise F_ik + sum (c_ij - u_j): a
knapsack. Sites that lose money stay closed. Sum of prices plus gains is a lower bound for any u (Geoffrion 1974; Beasley
1993 for location); subgradient steps raise it. Knapsacks are solved fractionally or, with demands rounded down to a grid,
in whole customers: both are valid.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rasana.planning.location import Problem

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

PATIENCE = 12
"""Subgradient steps without a better bound before the step is halved."""
STEP_MIN = 0.003
DEFLECTION = 0.3
"""Weight of the last direction in the next one."""


class Prices(NamedTuple):
    """A bound and what it rests on: customers' prices, each site's best value (negative: it gains), value of each option."""

    bound: float
    customer: Vector
    site: Vector
    option: Matrix


@njit(cache=True)
def _sort_by_ratio(problem: Problem, price: Vector, site: int) -> tuple[NDArray[np.int64], Vector]:
    """Arcs of a site that gain at these prices, best gain per unit of demand first, with that gain per unit."""
    low, high = problem.site_start[site], problem.site_start[site + 1]
    arcs, ratio = np.empty(high - low, dtype=np.int64), np.empty(high - low)
    m = 0
    for e in range(low, high):
        gain = price[problem.arc_customer[e]] - problem.arc_cost[e]
        if gain > 0.0:
            arcs[m] = e
            ratio[m] = gain / max(problem.demand[problem.arc_customer[e]], 1e-12)
            m += 1
    order = np.argsort(-ratio[:m])
    return arcs[:m][order], ratio[:m][order]


@njit(cache=True)
def _fractional(problem: Problem, price: Vector, site: int, value: Vector, dual: Vector, share: Vector) -> float:
    """Values of all options with fractional knapsacks, the price of capacity in each, shares of arcs in the best one."""
    arcs, ratio = _sort_by_ratio(problem, price, site)
    best, chosen = np.inf, -1
    i, load, gain = 0, 0.0, 0.0
    for k in range(problem.options[site]):
        capacity = problem.capacity[site, k]
        while i < len(arcs) and load + problem.demand[problem.arc_customer[arcs[i]]] <= capacity:
            load += problem.demand[problem.arc_customer[arcs[i]]]
            gain += price[problem.arc_customer[arcs[i]]] - problem.arc_cost[arcs[i]]
            i += 1
        dual[k] = ratio[i] if i < len(arcs) else 0.0
        value[k] = problem.price[site, k] - gain - dual[k] * (capacity - load)
        if value[k] < best:
            best, chosen = value[k], k
    room = problem.capacity[site, chosen] if chosen >= 0 else 0.0
    for e in arcs:
        demand = max(problem.demand[problem.arc_customer[e]], 1e-12)
        share[e] = min(1.0, room / demand)
        room -= share[e] * demand
    return best


@njit(cache=True)
def _whole(problem: Problem, price: Vector, site: int, grid: float, value: Vector, share: Vector) -> float:
    """Values of all options with knapsacks of whole customers (demand and capacity rounded down to ``1 / grid``)."""
    arcs, _ = _sort_by_ratio(problem, price, site)
    last = problem.options[site] - 1
    weight = np.empty(len(arcs), dtype=np.int64)
    total = 0
    for i in range(len(arcs)):
        weight[i] = int(problem.demand[problem.arc_customer[arcs[i]]] * grid + 1e-9)
        total += weight[i]
    size = min(total, int(problem.capacity[site, last] * grid * (1.0 + 1e-9) + 1e-9)) if last >= 0 else 0
    gain = np.zeros(size + 1)
    taken = np.zeros((len(arcs), size + 1), dtype=np.bool_)
    for i in range(len(arcs)):
        worth = price[problem.arc_customer[arcs[i]]] - problem.arc_cost[arcs[i]]
        for c in range(size, weight[i] - 1, -1):
            if gain[c - weight[i]] + worth > gain[c]:
                gain[c] = gain[c - weight[i]] + worth
                taken[i, c] = True
    best, room = np.inf, 0
    for k in range(last + 1):
        c = min(size, int(problem.capacity[site, k] * grid * (1.0 + 1e-9) + 1e-9))
        value[k] = problem.price[site, k] - gain[c]
        if value[k] < best:
            best, room = value[k], c
    for i in range(len(arcs) - 1, -1, -1):
        if taken[i, room]:
            share[arcs[i]] = 1.0
            room -= weight[i]
    return best


@njit(cache=True)
def price_out(problem: Problem, price: Vector, grid: float) -> tuple[float, Vector, Matrix, Vector]:
    """Bound at given prices: (bound, value of each site, of each option, how often each customer is served).

    ``grid`` 0 takes fractional knapsacks, otherwise those of whole customers with that many steps a unit of demand.
    """
    sites = len(problem.options)
    value = np.full(sites, np.inf)
    option = np.full(problem.price.shape, np.inf)
    share = np.zeros(len(problem.arc_cost))
    dual = np.zeros(problem.price.shape[1])
    for i in range(sites):
        if grid > 0.0:
            value[i] = _whole(problem, price, i, grid, option[i], share)
        else:
            value[i] = _fractional(problem, price, i, option[i], dual, share)
    bound = price.sum()
    is_open = value < 0.0
    if problem.exactly:
        is_open[:] = False
        is_open[np.argsort(value)[: problem.exactly]] = True
    served = np.zeros(len(price))
    for i in range(sites):
        if is_open[i]:
            bound += value[i]
            for e in range(problem.site_start[i], problem.site_start[i + 1]):
                served[problem.arc_customer[e]] += share[e]
    return bound, value, option, served


@njit(cache=True)
def first_prices(problem: Problem) -> Vector:
    """Prices to start from: each customer's cheapest arc with its share of a well-filled site."""
    per_unit = np.full(len(problem.options), np.inf)
    for i in range(len(problem.options)):
        for k in range(problem.options[i]):
            per_unit[i] = min(per_unit[i], problem.price[i, k] / max(problem.capacity[i, k], 1e-12))
    price = np.full(len(problem.demand), np.inf)
    for e in range(len(problem.arc_cost)):
        j = problem.arc_customer[e]
        price[j] = min(price[j], problem.arc_cost[e] + problem.demand[j] * per_unit[problem.arc_site[e]])
    return price


class Ascent:
    """Subgradient steps; ``best`` is the highest bound so far."""

    def __init__(self, problem: Problem, price: Vector, grid: float = 0.0) -> None:
        self.problem = problem
        self.grid = grid
        self.price = price.copy()
        self.direction = np.zeros_like(price)
        self.step = 1.0
        self.since = 0
        self.best = Prices(-np.inf, price.copy(), np.zeros(len(problem.options)), np.zeros(problem.price.shape))

    def advance(self, target: float) -> Prices:
        """One step towards ``target`` (the cost of a known solution); returns what was found at the present prices."""
        bound, value, option, served = price_out(self.problem, self.price, self.grid)
        found = Prices(bound, self.price.copy(), value, option)
        if bound > self.best.bound + 1e-7 * abs(bound):
            self.best, self.since = found, 0
        else:
            self.since += 1
            if self.since >= PATIENCE:
                self.step, self.since = self.step / 2.0, 0
                self.price, self.direction = self.best.customer.copy(), np.zeros_like(self.price)
                return found
        self.direction = (1.0 - served) + DEFLECTION * self.direction
        square = float(self.direction @ self.direction)
        if square > 0.0:
            self.price += self.step * max(target - bound, 1e-6 * abs(target)) / square * self.direction
        return found

    @property
    def finished(self) -> bool:
        """Whether steps have become too small to matter."""
        return self.step < STEP_MIN


@njit(cache=True)
def _arc_values(problem: Problem, price: Vector) -> Vector:
    """For every arc a lower bound of its site's value when the arc is used (reduced costs of the fractional knapsacks)."""
    result = np.full(len(problem.arc_cost), np.inf)
    value, dual = np.zeros(problem.price.shape[1]), np.zeros(problem.price.shape[1])
    share = np.zeros(len(problem.arc_cost))
    for i in range(len(problem.options)):
        _fractional(problem, price, i, value, dual, share)
        for e in range(problem.site_start[i], problem.site_start[i + 1]):
            j = problem.arc_customer[e]
            for k in range(problem.options[i]):
                if problem.demand[j] <= problem.capacity[i, k] * (1.0 + 1e-9):
                    loss = problem.arc_cost[e] - price[j] + dual[k] * problem.demand[j]
                    result[e] = min(result[e], value[k] + max(0.0, loss))
    return result


def can_improve(problem: Problem, prices: Prices, limit: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Arcs, and options (sites x options), that a solution cheaper than ``limit`` could use; all others may go."""
    if problem.exactly:
        ranked = np.sort(prices.site)
        inside = prices.site <= ranked[problem.exactly - 1]
        forgone = np.where(inside, prices.site, ranked[problem.exactly - 1])
    else:
        forgone = np.minimum(prices.site, 0.0)
    base = prices.bound - forgone
    arc = np.maximum(_arc_values(problem, prices.customer), prices.site[problem.arc_site])
    return base[problem.arc_site] + arc < limit, base[:, None] + prices.option < limit
