"""Siting: which transformer sites are built, in which size, and which plot each serves.

Single-source capacitated facility location with a choice of sizes. A Lagrangian bound finds good sites, annealing packs
them, reduced costs take away what a better solution can't use, and HiGHS settles what is left (Holmberg et al. 1999 for
the scheme). The bound holds for the whole problem.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from rasana.planning.lagrangian import Ascent, Prices, can_improve, first_prices
from rasana.planning.location import (
    ROOM,
    Problem,
    anneal_assignment,
    assign_greedily,
    assignment_cost,
    build_problem,
    keep_arcs,
    site_loads,
)
from rasana.planning.location_model import solve_location

Vector = NDArray[np.float64]
Indices = NDArray[np.int64]
KeepGoing = Callable[[], bool]

GRID_STEPS = 2000
"""Steps of the largest capacity in knapsacks of whole customers where figures are not integers."""
WHOLE_WORK = 3e7
"""Work (arcs times steps) up to which the bound uses knapsacks of whole customers."""
EXACT_ARCS = 60_000
"""Arcs up to which the whole remaining problem is given to branch and bound."""
TRIAL_EVERY = 10
"""Steps of the bound between two solutions built from the sites it opens."""
TRIAL_MOVES = 40
"""Annealing moves a customer in such a trial."""
HOT, COLD = 0.3, 0.003
"""Temperatures at the start and the end of annealing, in parts of the mean cost a customer."""
PRICES_KEPT = 8
ANNEALING_PIECES = 6


@dataclass(frozen=True)
class Siting:
    """Site of every customer, option of every site (-1: not built), cost, proven lower bound, whether it is the optimum."""

    assignment: Indices
    option: Indices
    cost: float
    bound: float
    optimal: bool


class _Search:
    """What is known so far. ``arcs`` are numbers in ``whole``; ``number`` leads from ``problem`` to ``whole``."""

    def __init__(self, whole: Problem, seed: int, keep_going: KeepGoing) -> None:
        self.whole = self.problem = whole
        self.number = np.arange(len(whole.arc_cost))
        self.seed, self.keep_going = seed, keep_going
        order = np.argsort(-whole.demand, kind="stable")
        self.arcs = assign_greedily(whole, np.zeros(len(whole.options), dtype=np.bool_), order, _penalty(whole))
        self.cost, self.bound = np.inf, -np.inf
        self.start = first_prices(whole)
        """Customers' prices to start the bound from."""
        self.prices: list[Prices] = []
        """Good prices found for ``problem``, to reduce it with."""
        self.unit = _cost_unit(whole)
        """Costs are multiples of this where positive: a better solution is a whole unit better."""

    @property
    def limit(self) -> float:
        """Cost that a better solution has to stay below."""
        if not np.isfinite(self.cost):
            return np.inf
        return self.cost - (self.unit - 1e-6 if self.unit else 1e-9 * abs(self.cost))

    @property
    def done(self) -> bool:
        """Whether the solution is proven or time is over."""
        return self.bound >= self.limit or not self.keep_going()


def locate(
    assignment_cost: ArrayLike | sparse.csr_array,
    demand: ArrayLike,
    option_capacity: ArrayLike,
    option_cost: ArrayLike,
    *,
    sites_exactly: int | None = None,
    seed: int = 1,
    iterations: int = 400,
    moves: int = 300_000,
    nodes: int = 2000,
    keep_going: KeepGoing | None = None,
) -> Siting:
    """Cheapest sites, sizes and assignment.

    - ``assignment_cost`` (sites, customers): infinite where not allowed; or sparse, where absent means not allowed.
    - ``demand`` (customers,), in the unit of capacity.
    - ``option_capacity``, ``option_cost``: (options,), the same at every site, or (sites, options); an infinite cost means
      that the option does not exist there.
    - ``sites_exactly``: that many sites are built (capacitated p-median), each with at least one customer.
    - ``iterations`` of the bound, ``moves`` of annealing, ``nodes`` of branch and bound (0: none) set the effort. With the
      same seed and effort the answer is the same; ``keep_going`` is asked in between and may end it sooner.

    Raises ValueError where a customer has no allowed site that can carry it, or no feasible assignment was found.
    """
    problem = _read(assignment_cost, demand, option_capacity, option_cost, sites_exactly)
    search = _Search(problem, seed, keep_going or (lambda: True))
    _raise_bound(search, iterations, 0.0)
    _anneal(search, moves)
    _reduce(search)
    grid = _grid(search.problem)
    if not search.done and grid:
        _raise_bound(search, iterations // 2, grid)
        _reduce(search)
    if not search.done and nodes:
        _branch(search, nodes)
    if not np.isfinite(search.cost):
        raise ValueError("no assignment within the capacities was found")
    return _answer(search)


def _read(
    cost: ArrayLike | sparse.csr_array,
    demand: ArrayLike,
    option_capacity: ArrayLike,
    option_cost: ArrayLike,
    sites_exactly: int | None,
) -> Problem:
    """The problem as columns; arcs that no option of their site can carry fall away."""
    if sparse.issparse(cost):
        table = sparse.coo_array(cost)
        (site, customer), value = table.coords, table.data
        sites, customers = table.shape
    else:
        dense = np.asarray(cost, dtype=np.float64)
        site, customer = np.nonzero(np.isfinite(dense))
        value = dense[site, customer]
        sites, customers = dense.shape
    load = np.asarray(demand, dtype=np.float64)
    capacity, price = (np.atleast_2d(np.asarray(x, dtype=np.float64)) for x in (option_capacity, option_cost))
    options = max(capacity.shape[1], price.shape[1])
    capacity, price = np.broadcast_to(capacity, (sites, options)), np.broadcast_to(price, (sites, options))
    largest = np.where(np.isfinite(price), capacity, -np.inf).max(axis=1)
    fits = np.isfinite(value) & (load[customer] <= largest[site])
    unreachable = np.setdiff1d(np.arange(customers), customer[fits])
    if len(unreachable):
        raise ValueError(f"no allowed site can carry customers {unreachable[:10].tolist()}")
    if sites_exactly is not None and not 1 <= sites_exactly <= sites:
        raise ValueError("sites_exactly must lie between 1 and the number of sites")
    return build_problem(load, capacity, price, site[fits], customer[fits], value[fits], sites_exactly or 0)


def _cost_unit(problem: Problem) -> float:
    """1 where every cost is a whole number, so that two different costs differ by 1 at least; otherwise 0."""
    prices = problem.price[np.isfinite(problem.price)]
    whole = all(bool((x == np.rint(x)).all()) for x in (problem.arc_cost, prices))
    return 1.0 if whole else 0.0


def _grid(problem: Problem) -> float:
    """Steps a unit of demand for knapsacks of whole customers; 0 where they would take too long."""
    largest = float(problem.capacity.max(initial=0.0))
    whole = bool((problem.demand == np.rint(problem.demand)).all()) and largest <= 2 * GRID_STEPS
    grid = 1.0 if whole else GRID_STEPS / max(largest, 1e-12)
    return grid if len(problem.arc_cost) * largest * grid <= WHOLE_WORK else 0.0


def _penalty(problem: Problem) -> float:
    """Price of a unit of demand above the largest option: several times what serving it costs on average."""
    cheapest = np.full(len(problem.demand), np.inf)
    np.minimum.at(cheapest, problem.arc_customer, problem.arc_cost)
    dearest = np.zeros(len(problem.demand))
    np.maximum.at(dearest, problem.arc_customer, problem.arc_cost)
    per_unit = (problem.price[:, :1] / np.maximum(problem.capacity[:, :1], 1e-12))[problem.options > 0]
    spread = float((dearest - cheapest).sum()) / max(float(problem.demand.sum()), 1e-12)
    return 3.0 * spread + 3.0 * float(np.median(per_unit))


def _open_sites(problem: Problem, prices: Prices) -> NDArray[np.bool_]:
    """Sites that the bound builds."""
    if not problem.exactly:
        return prices.site < 0.0
    chosen = np.zeros(len(prices.site), dtype=np.bool_)
    chosen[np.argsort(prices.site, kind="stable")[: problem.exactly]] = True
    return chosen


def _accept(search: _Search, arcs: Indices, cost: float) -> None:
    """Keep a solution of the present problem if it is the best so far."""
    _, count = site_loads(search.problem, arcs)
    if search.problem.exactly and np.count_nonzero(count) != search.problem.exactly:
        return
    if cost < search.cost:
        search.arcs, search.cost = search.number[arcs], cost


def _raise_bound(search: _Search, iterations: int, grid: float) -> None:
    """Subgradient steps; from time to time the sites that the bound opens are packed into a solution."""
    problem = search.problem
    order = np.argsort(-problem.demand, kind="stable")
    ascent = Ascent(problem, search.start, grid)
    penalty = _penalty(problem)
    for step in range(iterations):
        target = search.cost if np.isfinite(search.cost) else ascent.best.bound + 0.1 * abs(ascent.best.bound)
        found = ascent.advance(target if np.isfinite(target) else 2.0 * float(search.start.sum()))
        if found is ascent.best:
            search.prices = [*search.prices[1 - PRICES_KEPT :], found]
        if step % TRIAL_EVERY == TRIAL_EVERY - 1:
            arcs = assign_greedily(problem, _open_sites(problem, found), order, penalty)
            _improve(search, arcs, TRIAL_MOVES * len(order), penalty, step)
            search.bound = max(search.bound, min(_rounded(search, ascent.best.bound), search.cost))
            if search.done or ascent.finished:
                break
    search.bound = max(search.bound, min(_rounded(search, ascent.best.bound), search.cost))


def _rounded(search: _Search, bound: float) -> float:
    """A bound of costs that are whole numbers can be rounded up."""
    return float(np.ceil(bound - 1e-6)) if search.unit else bound


def _improve(search: _Search, arcs: Indices, moves: int, penalty: float, salt: int) -> None:
    mean = assignment_cost(search.problem, arcs, 0.0)[0] / len(arcs)
    seed = search.seed * 7919 + salt
    _accept(search, *anneal_assignment(search.problem, arcs, HOT * mean, COLD * mean, moves, penalty, seed))


def _anneal(search: _Search, moves: int) -> None:
    """Anneal the best solution in pieces, so that time can end in between; more penalty where nothing is feasible yet."""
    penalty = _penalty(search.problem)
    for piece in range(ANNEALING_PIECES):
        if search.done:
            return
        _improve(search, search.arcs, moves // ANNEALING_PIECES, penalty, -1 - piece)
        if not np.isfinite(search.cost):
            penalty *= 4.0


def _reduce(search: _Search) -> None:
    """Take away the arcs and options that no better solution can use; those of the best solution stay."""
    problem = search.problem
    if not np.isfinite(search.cost):
        return
    arcs, options = np.ones(len(problem.arc_cost), dtype=np.bool_), np.ones(problem.price.shape, dtype=np.bool_)
    for prices in search.prices:
        arc, option = can_improve(problem, prices, search.limit)
        arcs &= arc
        options &= option
    own = np.searchsorted(search.number, search.arcs)
    arcs[own] = True
    load, count = site_loads(problem, own)
    fitting = (problem.capacity < load[:, None] * (1.0 - 1e-9)).sum(axis=1)
    built = np.flatnonzero(count)
    options[built, fitting[built]] = True
    search.problem, left = keep_arcs(problem, arcs, options)
    search.number = search.number[left]
    search.start, search.prices = search.prices[-1].customer, []


def _branch(search: _Search, nodes: int) -> None:
    """Settle what is left by branch and bound."""
    problem = search.problem
    own = np.searchsorted(search.number, search.arcs) if np.isfinite(search.cost) else None
    found = solve_location(problem, own, nodes, search.unit, search.keep_going)
    if found.arcs is not None:
        _accept(search, found.arcs, assignment_cost(problem, found.arcs, 0.0)[0])
    search.bound = max(search.bound, min(_rounded(search, found.bound), search.cost))


def _answer(search: _Search) -> Siting:
    whole = search.whole
    load, count = site_loads(whole, search.arcs)
    option = np.full(len(count), -1, dtype=np.int64)
    for site in np.flatnonzero(count):
        option[site] = whole.column[site, np.flatnonzero(load[site] <= whole.capacity[site] * (1.0 + ROOM))[0]]
    return Siting(whole.arc_site[search.arcs], option, search.cost, search.bound, search.bound >= search.limit)
