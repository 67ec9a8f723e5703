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

from rasana.planning.location import ROOM, Problem, build_problem, site_loads
from rasana.planning.location_regions import improve_regions
from rasana.planning.location_search import EXACT_ARCS, Search, anneal, branch, raise_bound, reduce, search_sites

Vector = NDArray[np.float64]
Indices = NDArray[np.int64]
TimeLeft = Callable[[], float]

LARGE = 500
"""Customers above which regions are improved one after another."""
WHOLE_WORK = 5e6
"""Work (arcs times largest capacity) up to which the bound uses knapsacks of whole customers."""


@dataclass(frozen=True)
class Siting:
    """Site of each customer, option of each site (-1: not built), cost, proven lower bound, whether it is optimal."""

    assignment: Indices
    option: Indices
    cost: float
    bound: float
    optimal: bool


def locate(
    assignment_cost: ArrayLike | sparse.csr_array,
    demand: ArrayLike,
    option_capacity: ArrayLike,
    option_cost: ArrayLike,
    *,
    sites_exactly: int | None = None,
    seed: int = 1,
    iterations: int = 400,
    moves: int = 200_000,
    trials: int = 400,
    regions: int = 60,
    nodes: int = 2000,
    time_left: TimeLeft | None = None,
) -> Siting:
    """Cheapest sites, sizes and assignment.

    - ``assignment_cost`` (sites, customers): infinite where not allowed; or sparse, where absent means not allowed.
    - ``demand`` (customers,), in the unit of capacity.
    - ``option_capacity``, ``option_cost``: (options,), the same at every site, or (sites, options); an infinite cost
      means that the option does not exist there.
    - ``sites_exactly``: that many sites are built (capacitated p-median), each with at least one customer.
    - ``iterations`` of the bound, ``moves`` of annealing, ``trials`` of sets of sites (where there are more than
      :data:`LARGE` customers: of ``regions`` instead), ``nodes`` of branch and bound
      (0: none) set the effort. With the same seed and effort the answer is the same; ``time_left`` (seconds)
      is asked in between and may end it sooner.

    Raises ValueError where a customer has no allowed site that can carry it, or no feasible assignment was found.
    """
    problem = _read(assignment_cost, demand, option_capacity, option_cost, sites_exactly)
    search = Search(problem, seed, time_left or (lambda: np.inf))
    raise_bound(search, iterations, 0.0)
    anneal(search, moves)
    reduce(search)
    if not search.done and np.isfinite(search.cost):
        if len(problem.demand) > LARGE:
            improve_regions(search, regions)
        else:
            search_sites(search, trials)
        reduce(search)
    grid = _grid(search.problem)
    if not search.done and grid:
        raise_bound(search, iterations // 2, grid)
        reduce(search)
    if not search.done and nodes and len(search.problem.arc_cost) <= EXACT_ARCS:
        branch(search, nodes)
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


def _grid(problem: Problem) -> float:
    """1 where demands are whole numbers and small enough for knapsacks of whole customers; otherwise 0."""
    work = len(problem.arc_cost) * float(problem.capacity.max(initial=0.0))
    return 1.0 if (problem.demand == np.rint(problem.demand)).all() and work <= WHOLE_WORK else 0.0


def _answer(search: Search) -> Siting:
    whole = search.whole
    load, count = site_loads(whole, search.arcs)
    option = np.full(len(count), -1, dtype=np.int64)
    for site in np.flatnonzero(count):
        option[site] = whole.column[site, np.flatnonzero(load[site] <= whole.capacity[site] * (1.0 + ROOM))[0]]
    return Siting(whole.arc_site[search.arcs], option, search.cost, search.bound, search.bound >= search.limit)
