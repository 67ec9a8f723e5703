"""Lagrangian bound of capacitated location: every customer's assignment is priced, every site decides for itself.

With a price u_j for serving customer j, site i picks the option k and the customers that minimise F_ik + sum (c_ij -
u_j): a knapsack. Sites that lose money stay closed. Sum of prices plus gains is a lower bound for any u (Geoffrion
1974; Beasley 1993 for location); subgradient steps raise it. Knapsacks are solved fractionally or, with demands
rounded down to a grid, in whole customers: both are valid.
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
COVER_WORK = 2e5
"""Work of choosing sites that can carry the whole demand; it sets how finely capacities are seen."""
DEFLECTION = 0.3
"""Weight of the last direction in the next one."""


class Prices(NamedTuple):
    """A bound and what it rests on.

    Customers' prices, the option that each site takes (-1: it stays closed), the value of each option (negative: it
    gains).
    """

    bound: float
    customer: Vector
    chosen: NDArray[np.int64]
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
def _fractional(problem: Problem, price: Vector, site: int, value: Vector, dual: Vector, share: Matrix) -> None:
    """Values of all options with fractional knapsacks, the price of capacity in each, and the shares of arcs taken."""
    arcs, ratio = _sort_by_ratio(problem, price, site)
    i, load, gain = 0, 0.0, 0.0
    for k in range(problem.options[site]):
        capacity = problem.capacity[site, k]
        while i < len(arcs) and load + problem.demand[problem.arc_customer[arcs[i]]] <= capacity:
            load += problem.demand[problem.arc_customer[arcs[i]]]
            gain += price[problem.arc_customer[arcs[i]]] - problem.arc_cost[arcs[i]]
            i += 1
        dual[k] = ratio[i] if i < len(arcs) else 0.0
        value[k] = problem.price[site, k] - gain - dual[k] * (capacity - load)
        for e in arcs[:i]:
            share[k, e] = 1.0
        if i < len(arcs):
            share[k, arcs[i]] = (capacity - load) / problem.demand[problem.arc_customer[arcs[i]]]


@njit(cache=True)
def _whole(problem: Problem, price: Vector, site: int, grid: float, value: Vector, share: Matrix) -> None:
    """Values of all options with knapsacks of whole customers (demand and capacity rounded down to ``1 / grid``)."""
    arcs, _ = _sort_by_ratio(problem, price, site)
    last = problem.options[site] - 1
    weight = np.empty(len(arcs), dtype=np.int64)
    for i in range(len(arcs)):
        weight[i] = int(problem.demand[problem.arc_customer[arcs[i]]] * grid + 1e-9)
    room = (problem.capacity[site] * (grid * (1.0 + 1e-9)) + 1e-9).astype(np.int64)
    size = min(weight.sum(), room[last])
    gain = np.zeros(size + 1)
    taken = np.zeros((len(arcs), size + 1), dtype=np.bool_)
    for i in range(len(arcs)):
        worth = price[problem.arc_customer[arcs[i]]] - problem.arc_cost[arcs[i]]
        for c in range(size, weight[i] - 1, -1):
            if gain[c - weight[i]] + worth > gain[c]:
                gain[c] = gain[c - weight[i]] + worth
                taken[i, c] = True
    for k in range(last + 1):
        c = min(size, room[k])
        value[k] = problem.price[site, k] - gain[c]
        for i in range(len(arcs) - 1, -1, -1):
            if taken[i, c]:
                share[k, arcs[i]] = 1.0
                c -= weight[i]


@njit(cache=True)
def _site_values(option: Matrix) -> Vector:
    value = np.empty(len(option))
    for i in range(len(option)):
        value[i] = option[i].min()
    return value


@njit(cache=True)
def _choose_exactly(problem: Problem, option: Matrix) -> tuple[float, NDArray[np.int64]]:
    """The given number of sites with the best values: (their sum, option of each site or -1)."""
    value = _site_values(option)
    chosen = np.full(len(value), -1, dtype=np.int64)
    total = 0.0
    for i in np.argsort(value)[: problem.exactly]:
        chosen[i] = np.argmin(option[i])
        total += value[i]
    return total, chosen


@njit(cache=True)
def _add_site(option: Vector, steps: NDArray[np.int64], old: Vector, new: Vector) -> None:
    """Least values to carry c steps at least, with one more site."""
    new[:] = old
    top = len(old) - 1
    for k in range(len(option)):
        if option[k] == np.inf:
            continue
        for c in range(len(old)):
            reached = min(c + steps[k], top)
            if old[c] + option[k] < new[reached]:
                new[reached] = old[c] + option[k]
    for c in range(top - 1, -1, -1):
        new[c] = min(new[c], new[c + 1])


@njit(cache=True)
def _cover(problem: Problem, option: Matrix) -> tuple[NDArray[np.int64], Matrix]:
    """Steps that each option carries, and least value of sites i and after that carry c steps at least (sites + 1, c).

    Capacities are rounded up and the demand down to a grid, so that the values are bounds.
    """
    total = problem.demand.sum()
    work = COVER_WORK / option.size
    grid = work / max(total, 1e-12)
    if grid >= 1.0 and (problem.demand == np.rint(problem.demand)).all():
        grid = 1.0
    demand = int(total * grid * (1.0 - 1e-9) + 1e-9)
    steps = np.ceil(problem.capacity * grid * (1.0 - 1e-9)).astype(np.int64)
    sites = len(option)
    after = np.full((sites + 1, demand + 1), np.inf)
    after[sites, 0] = 0.0
    for i in range(sites - 1, -1, -1):
        _add_site(option[i], steps[i], after[i + 1], after[i])
    return steps, after


@njit(cache=True)
def _choose_cover(problem: Problem, option: Matrix) -> tuple[float, NDArray[np.int64]]:
    """Sites and options of least value that together can carry the whole demand: (their sum, option of each or -1)."""
    steps, after = _cover(problem, option)
    chosen = np.full(len(option), -1, dtype=np.int64)
    need = after.shape[1] - 1
    for i in range(len(option)):
        best, left = after[i + 1, need], need
        for k in range(problem.options[i]):
            rest = max(need - steps[i, k], 0)
            if option[i, k] + after[i + 1, rest] < best:
                best, left, chosen[i] = option[i, k] + after[i + 1, rest], rest, k
        need = left
    return after[0, -1], chosen


@njit(cache=True)
def _force_exactly(problem: Problem, option: Matrix) -> Matrix:
    value = _site_values(option)
    total, chosen = _choose_exactly(problem, option)
    marginal = np.sort(value)[problem.exactly - 1]
    forced = np.full(option.shape, np.inf)
    for i in range(len(value)):
        for k in range(problem.options[i]):
            forced[i, k] = total - (value[i] if chosen[i] >= 0 else marginal) + option[i, k]
    return forced


@njit(cache=True)
def _force_cover(problem: Problem, option: Matrix) -> Matrix:
    steps, after = _cover(problem, option)
    demand = after.shape[1] - 1
    before, longer = np.full(demand + 1, np.inf), np.empty(demand + 1)
    before[0] = 0.0
    forced = np.full(option.shape, np.inf)
    for i in range(len(option)):
        for k in range(problem.options[i]):
            for c in range(demand + 1):
                lacking = max(demand - c - steps[i, k], 0)
                forced[i, k] = min(forced[i, k], before[c] + option[i, k] + after[i + 1, lacking])
        _add_site(option[i], steps[i], before, longer)
        before[:] = longer
    return forced


@njit(cache=True)
def price_out(problem: Problem, price: Vector, grid: float) -> tuple[float, NDArray[np.int64], Matrix, Vector]:
    """Bound at given prices, option of each site (or -1), value of each option, how often each customer is served.

    ``grid`` 0 takes fractional knapsacks, otherwise those of whole customers with that many steps a unit of demand.
    """
    sites = len(problem.options)
    option = np.full(problem.price.shape, np.inf)
    dual = np.zeros(problem.price.shape[1])
    share = np.zeros((problem.price.shape[1], len(problem.arc_cost)))
    for i in range(sites):
        if problem.options[i] and grid > 0.0:
            _whole(problem, price, i, grid, option[i], share)
        elif problem.options[i]:
            _fractional(problem, price, i, option[i], dual, share)
    total, chosen = _choose_exactly(problem, option) if problem.exactly else _choose_cover(problem, option)
    served = np.zeros(len(price))
    for i in range(sites):
        if chosen[i] >= 0:
            for e in range(problem.site_start[i], problem.site_start[i + 1]):
                served[problem.arc_customer[e]] += share[chosen[i], e]
    return total + price.sum(), chosen, option, served


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
        self.best = Prices(-np.inf, price.copy(), np.full(len(problem.options), -1), np.zeros(problem.price.shape))

    def advance(self, target: float) -> Prices:
        """One step towards ``target`` (the cost of a known solution); returns what was found at the present prices."""
        bound, chosen, option, served = price_out(self.problem, self.price, self.grid)
        found = Prices(bound, self.price.copy(), chosen, option)
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
def _force_arcs(problem: Problem, price: Vector, option: Matrix, forced: Matrix) -> Vector:
    """Bound of the solutions that use each arc, by reduced costs of the fractional knapsacks."""
    result = np.full(len(problem.arc_cost), np.inf)
    value, dual = np.zeros(problem.price.shape[1]), np.zeros(problem.price.shape[1])
    share = np.zeros((problem.price.shape[1], len(problem.arc_cost)))
    for i in range(len(problem.options)):
        _fractional(problem, price, i, value, dual, share)
        for e in range(problem.site_start[i], problem.site_start[i + 1]):
            j = problem.arc_customer[e]
            for k in range(problem.options[i]):
                if problem.demand[j] <= problem.capacity[i, k] * (1.0 + 1e-9):
                    loss = max(0.0, problem.arc_cost[e] - price[j] + dual[k] * problem.demand[j])
                    result[e] = min(result[e], forced[i, k] + max(0.0, value[k] + loss - option[i, k]))
    return result


def can_improve(problem: Problem, prices: Prices, limit: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Arcs, and options (sites x options), that a solution cheaper than ``limit`` could use; all others may go."""
    force = _force_exactly if problem.exactly else _force_cover
    forced = force(problem, prices.option) + prices.customer.sum()
    arc = _force_arcs(problem, prices.customer, prices.option, forced)
    return arc < limit, forced < limit
