"""Large capacitated location: some neighbouring sites and their customers are taken out, solved alone, and put back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rasana.planning.location import Problem, build_problem
from rasana.planning.location_search import Search, anneal, raise_bound, reduce, search_sites

Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

REGION_CUSTOMERS = 250
"""Customers of a region: as many as are solved nearly to the optimum in a fraction of a second."""
REGION_ITERATIONS, REGION_MOVES, REGION_TRIALS = 100, 60_000, 25


def improve_regions(search: Search, rounds: int) -> None:
    """Solve regions around random customers again, with the closed sites among them; keeps what is cheaper."""
    problem = search.problem
    rng = np.random.default_rng(search.seed)
    arcs = np.searchsorted(search.number, search.arcs)
    for number in range(rounds):
        if search.done:
            return
        inside = _choose_region(problem, arcs, int(rng.integers(len(arcs))))
        part, arc_number, customers = _cut_out(problem, arcs, inside)
        region = Search(part, search.seed + number, search.time_left)
        known = np.searchsorted(arc_number, arcs[customers])
        region.accept(known)
        before = region.cost
        raise_bound(region, REGION_ITERATIONS, 0.0)
        anneal(region, REGION_MOVES)
        reduce(region)
        if not region.done:
            search_sites(region, REGION_TRIALS)
        if region.cost < before - 1e-9 * abs(before):
            arcs[customers] = arc_number[region.arcs]
            search.accept(arcs)


def _choose_region(problem: Problem, arcs: Indices, customer: int) -> Mask:
    """Open sites (mask) nearest to a customer's site, until they have enough customers."""
    site = problem.arc_site[arcs]
    count = np.bincount(site, minlength=len(problem.options))
    served = np.zeros(len(arcs), dtype=np.bool_)
    served[site == site[customer]] = True
    nearest = np.full(len(count), np.inf)
    near = served[problem.arc_customer]
    np.minimum.at(nearest, problem.arc_site[near], problem.arc_cost[near])
    nearest[count == 0] = np.inf
    nearest[site[customer]] = -np.inf
    order = np.argsort(nearest, kind="stable")
    enough = int(np.searchsorted(np.cumsum(count[order]), REGION_CUSTOMERS)) + 1
    inside = np.zeros(len(count), dtype=np.bool_)
    inside[order[:enough]] = True
    inside[nearest == np.inf] = False
    return inside


def _cut_out(problem: Problem, arcs: Indices, inside: Mask) -> tuple[Problem, Indices, Indices]:
    """The customers of some sites, with these sites and closed ones: (problem, numbers of its arcs, customers)."""
    site = problem.arc_site[arcs]
    closed = np.bincount(site, minlength=len(problem.options)) == 0
    customers = np.flatnonzero(inside[site])
    member = np.zeros(len(arcs), dtype=np.bool_)
    member[customers] = True
    arc_number = np.flatnonzero((inside | closed)[problem.arc_site] & member[problem.arc_customer])
    sites = np.unique(problem.arc_site[arc_number])
    part = build_problem(
        problem.demand[customers],
        problem.capacity[sites],
        problem.price[sites],
        np.searchsorted(sites, problem.arc_site[arc_number]),
        np.searchsorted(customers, problem.arc_customer[arc_number]),
        problem.arc_cost[arc_number],
        int(np.count_nonzero(inside)) if problem.exactly else 0,
    )
    return part, arc_number, customers
