"""Search of capacitated location: the steps that :mod:`rasana.planning.siting` puts together."""

from __future__ import annotations

import heapq
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rasana.planning.lagrangian import Ascent, Prices, can_improve, first_prices, price_out
from rasana.planning.location import (
    Problem,
    anneal_assignment,
    assign_greedily,
    assignment_cost,
    keep_arcs,
    site_loads,
)
from rasana.planning.location_model import solve_location

Vector = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]
TimeLeft = Callable[[], float]

EXACT_ARCS = 20_000
"""Arcs up to which the whole remaining problem is given to branch and bound."""
TRIAL_EVERY = 20
"""Steps of the bound between two solutions built from the sites it opens."""
TRIAL_MOVES = 40
"""Annealing moves a customer in such a trial."""
HOT, COLD = 0.3, 0.003
"""Temperatures at the start and the end of annealing, in parts of the mean cost a customer."""
PRICES_KEPT = 8
ANNEALING_PIECES = 6
SIBLINGS = 10
"""Neighbours of a set of sites judged before another set has its turn."""
SETBACK = 0.001
"""Part of its bound by which a set moves back in the queue after its turn."""
JUDGING_STEPS = 30
PACKING_MOVES = 400
"""Annealing moves a customer where sites have several sizes; with one size HiGHS goes on after a short run."""
PACKING_PENALTY = 0.3
"""Excess is cheaper while packing: tight cases need ways through it."""
FAR = 0.002
"""Gap above which a packing is worth branch and bound."""
PACKING_NODES = 20


class Search:
    """What is known so far. ``arcs`` are numbers in ``whole``; ``number`` leads from ``problem`` to ``whole``."""

    def __init__(self, whole: Problem, seed: int, time_left: TimeLeft) -> None:
        self.whole = self.problem = whole
        self.number = np.arange(len(whole.arc_cost))
        self.seed, self.time_left = seed, time_left
        self.start = first_prices(whole)
        """Customers' prices to start the bound from."""
        sites = price_out(whole, self.start, 0.0)[1] >= 0
        order = np.argsort(-whole.demand, kind="stable")
        self.arcs = assign_greedily(whole, sites, order, np.full(len(order), -1), _penalty(whole))
        self.cost, self.bound = np.inf, -np.inf
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

    def accept(self, arcs: Indices) -> float:
        """Keep an assignment (arcs of the present problem) if it is feasible and the best so far; returns its cost."""
        _, count = site_loads(self.problem, arcs)
        cost, excess = assignment_cost(self.problem, arcs, 0.0)
        if excess > 0.0 or (self.problem.exactly and np.count_nonzero(count) != self.problem.exactly):
            return np.inf
        if cost < self.cost:
            self.arcs, self.cost = self.number[arcs], float(cost)
        return float(cost)

    @property
    def done(self) -> bool:
        """Whether the solution is proven or time is over."""
        return self.bound >= self.limit or self.time_left() <= 0.0


def _cost_unit(problem: Problem) -> float:
    """1 where every cost is a whole number, so that two different costs differ by 1 at least; otherwise 0."""
    prices = problem.price[np.isfinite(problem.price)]
    whole = all(bool((x == np.rint(x)).all()) for x in (problem.arc_cost, prices))
    return 1.0 if whole else 0.0


def _penalty(problem: Problem) -> float:
    """Price of a unit of demand above the largest option: several times what serving it costs on average."""
    cheapest = np.full(len(problem.demand), np.inf)
    np.minimum.at(cheapest, problem.arc_customer, problem.arc_cost)
    dearest = np.zeros(len(problem.demand))
    np.maximum.at(dearest, problem.arc_customer, problem.arc_cost)
    per_unit = (problem.price[:, :1] / np.maximum(problem.capacity[:, :1], 1e-12))[problem.options > 0]
    spread = float((dearest - cheapest).sum()) / max(float(problem.demand.sum()), 1e-12)
    return 3.0 * spread + 3.0 * float(np.median(per_unit))


def raise_bound(search: Search, iterations: int, grid: float) -> None:
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
            arcs = assign_greedily(problem, found.chosen >= 0, order, np.full(len(order), -1), penalty)
            _improve(search, arcs, TRIAL_MOVES * len(order), penalty, step)
            search.bound = max(search.bound, min(_rounded(search, ascent.best.bound), search.cost))
            if search.done or ascent.finished:
                break
    search.bound = max(search.bound, min(_rounded(search, ascent.best.bound), search.cost))
    search.start = ascent.best.customer


def _rounded(search: Search, bound: float) -> float:
    """A bound of costs that are whole numbers can be rounded up."""
    return float(np.ceil(bound - 1e-6)) if search.unit else bound


def _improve(search: Search, arcs: Indices, moves: int, penalty: float, salt: int) -> None:
    mean = assignment_cost(search.problem, arcs, 0.0)[0] / len(arcs)
    seed = search.seed * 7919 + salt
    found = anneal_assignment(search.problem, arcs, HOT * mean, COLD * mean, moves, penalty, False, seed)
    search.accept(found)


def anneal(search: Search, moves: int) -> None:
    """Anneal the best solution in pieces, between which time can end; more penalty where nothing is feasible yet."""
    penalty = _penalty(search.problem)
    for piece in range(ANNEALING_PIECES):
        if search.done and np.isfinite(search.cost):
            return
        _improve(search, search.arcs, moves // ANNEALING_PIECES, penalty, -1 - piece)
        if not np.isfinite(search.cost):
            penalty *= 4.0


def _neighbours(problem: Problem, open_sites: Mask, value: Vector, limit: float) -> list[tuple[int, int]]:
    """Sites to close and to open (-1: none), most promising by their values in the bound first.

    Left out: sets that can't carry the demand, and those whose own bound reaches ``limit``.
    """
    largest = problem.capacity[np.arange(len(value)), problem.options - 1]
    inside, outside = np.flatnonzero(open_sites), np.flatnonzero(~open_sites & (problem.options > 0))
    none = np.array([-1])
    if not problem.exactly:
        inside, outside = np.append(none, inside), np.append(none, outside)
    total = value[open_sites].sum() + np.where(outside < 0, 0.0, value[outside])[None, :]
    total = total - np.where(inside < 0, 0.0, value[inside])[:, None]
    room = largest[open_sites].sum() + np.where(outside < 0, 0.0, largest[outside])[None, :]
    room = room - np.where(inside < 0, 0.0, largest[inside])[:, None]
    total[(room < problem.demand.sum()) | (total >= limit)] = np.inf
    best = np.argsort(total, axis=None, kind="stable")[: np.count_nonzero(np.isfinite(total))]
    closing, opening = np.unravel_index(best, total.shape)
    return [(int(a), int(b)) for a, b in zip(inside[closing], outside[opening], strict=True)]


def search_sites(search: Search, trials: int) -> None:
    """Best-first search over sets of sites that differ by one closed, opened or both.

    A set is judged by its own Lagrangian bound, which packing comes close to but takes longer; only sets that have
    their turn are packed. The values of the whole problem's bound say which neighbours can be better at all and which
    to try first.
    """
    problem = search.problem
    prices = Ascent(problem, search.start).advance(search.cost)
    value, base = prices.option.min(axis=1), float(prices.customer.sum())
    own = site_loads(problem, np.searchsorted(search.number, search.arcs))[1] > 0
    heap: list[tuple[float, int, Mask, bool]] = []
    tried: set[bytes] = set()

    def judge(sites: Mask) -> float:
        tried.add(sites.tobytes())
        found = _judge_sites(search, sites, prices.customer)
        if found < search.limit:
            heapq.heappush(heap, (found, len(tried), sites, False))
        return found

    judge(own)
    if (own != (prices.chosen >= 0)).any():
        judge(prices.chosen >= 0)
    while heap and len(tried) < trials and not search.done:
        bound, number, sites, packed = heapq.heappop(heap)
        if bound >= search.limit:
            return
        if not packed:
            _pack(search, sites, bound, number)
        siblings = 0
        for closing, opening in _neighbours(problem, sites, value, search.limit - base):
            changed = sites.copy()
            changed[[x for x in (closing, opening) if x >= 0]] ^= True
            if changed.tobytes() in tried:
                continue
            siblings += 1
            if judge(changed) < bound or siblings == SIBLINGS or search.time_left() <= 0.0:
                heapq.heappush(heap, (bound + SETBACK * abs(bound), number, sites, True))
                break


def _judge_sites(search: Search, sites: Mask, start: Vector) -> float:
    """Lagrangian bound of the solutions that build exactly these sites."""
    small, _ = _only(search.problem, sites)
    if np.bincount(small.arc_customer, minlength=len(small.demand)).min() == 0:
        return np.inf
    ascent = Ascent(small, start, 0.0)
    for _ in range(JUDGING_STEPS):
        ascent.advance(search.cost)
        if ascent.best.bound >= search.limit:
            break
    return ascent.best.bound


def _only(problem: Problem, sites: Mask) -> tuple[Problem, Indices]:
    """The problem with some sites, all of them built."""
    small, number = keep_arcs(problem, sites[problem.arc_site], np.isfinite(problem.price) & sites[:, None])
    return small._replace(exactly=int(np.count_nonzero(sites))), number


def _pack(search: Search, sites: Mask, bound: float, salt: int) -> None:
    """Assign all customers to the given sites by annealing, and where that stays far from the bound by HiGHS.

    HiGHS only where sites have one size: a choice of sizes leaves annealing room, and HiGHS much to branch on.
    Every customer starts at its nearest site, whatever that has to carry: annealing from there is better than from a
    feasible start.
    """
    problem = search.problem
    small, number = _only(problem, sites)
    order = np.argsort(-problem.demand, kind="stable")
    arcs = assign_greedily(small, sites, order, np.full(len(order), -1), 0.0)
    mean = assignment_cost(small, arcs, 0.0)[0] / len(arcs)
    seed = search.seed * 7919 + salt
    one_size = bool((small.options <= 1).all())
    moves = (TRIAL_MOVES if one_size else PACKING_MOVES) * len(arcs)
    penalty = PACKING_PENALTY * _penalty(problem)
    arcs = anneal_assignment(small, arcs, HOT * mean, COLD * mean, moves, penalty, True, seed)
    far = search.accept(number[arcs]) > bound * (1.0 + FAR)
    if far and one_size and len(number) <= EXACT_ARCS:
        ascent = Ascent(small, search.start, 0.0)
        for _ in range(5 * JUDGING_STEPS):
            ascent.advance(search.cost)
        arc, option = can_improve(small, ascent.best, search.limit)
        least, left = keep_arcs(small, arc, option)
        found = solve_location(least, None, PACKING_NODES, search.unit, search.time_left)
        if found.arcs is not None:
            search.accept(number[left[found.arcs]])


def reduce(search: Search) -> None:
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
    search.prices = []


def branch(search: Search, nodes: int) -> None:
    """Settle what is left by branch and bound."""
    problem = search.problem
    own = np.searchsorted(search.number, search.arcs) if np.isfinite(search.cost) else None
    found = solve_location(problem, own, nodes, search.unit, search.time_left)
    if found.arcs is not None:
        search.accept(found.arcs)
    search.bound = max(search.bound, min(_rounded(search, found.bound), search.cost))
