"""A first whole design: transformers spread along the streets until every area is within its limits, then rings."""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from rasana.planning.area import area_sums
from rasana.planning.moves import write_area
from rasana.planning.plan import Plan, lay_link, lift_link, make_plan, price_ring, ring_node
from rasana.planning.problem import Problem
from rasana.planning.rings import route_rings
from rasana.planning.sections import Load
from rasana.planning.ways import MEMBERS_MAX, Floats, Ground, Ints, Workspace

SPREAD_ROUNDS = 6
SPLIT_ROUNDS = 24
RING_SHARES = (0.9, 1.0)
SPARE_AREAS = 1.6
"""Room for more areas than the start has: the search opens and closes them."""


def first_plan(problem: Problem, target_kva: float, reach_m: float, seed: int, ring_trials: int) -> Plan:
    """A design with transformers of about ``target_kva`` and pillars at most about ``reach_m`` from them."""
    roots, owner = _spread(problem, target_kva, reach_m)
    load = problem.load
    members = [problem.site.pillars[owner[problem.site.pillars] == number] for number in range(len(roots))]
    keep = [number for number in range(len(roots)) if len(members[number])]
    ring_areas = int(problem.ring_rules.transformers_max) + 3
    rows = int(len(keep) * SPARE_AREAS) + 12
    plan = make_plan(len(load.active_a), len(problem.ground.length_m), rows, max(4, rows // 3), ring_areas)
    for row, number in enumerate(keep):
        if not write_area(
            plan,
            problem.ground,
            load,
            problem.types,
            problem.rules,
            problem.work,
            row,
            int(roots[number]),
            members[number],
            1.0,
        ):
            raise ValueError("an area can't be reached along the streets")
        plan.area_of[members[number]] = row
    lay_rings(problem, plan, seed, ring_trials)
    return plan


@njit(cache=True)
def _own(ground: Ground, work: Workspace, sources: Ints, owner: Ints) -> None:
    """Nearest source of every node, and its distance in ``work.distance``, along the streets."""
    nodes = ground.first.size - 1
    for node in range(nodes):
        work.distance[node] = np.inf
        owner[node] = -1
    for number in range(sources.size):
        _spread_from(ground, work, sources[number], number, owner)


@njit(cache=True)
def _spread_from(ground: Ground, work: Workspace, source: int, number: int, owner: Ints) -> None:
    """Give ``source`` every node that it is nearer to than any source before."""
    if work.distance[source] <= 0.0:
        return
    work.distance[source] = 0.0
    owner[source] = number
    stack = [(0.0, source)]
    while len(stack) > 0:
        reached, node = stack.pop(0)
        if reached > work.distance[node]:
            continue
        for place in range(ground.first[node], ground.first[node + 1]):
            other = ground.neighbour[place]
            further = reached + ground.length_m[ground.edge[place]]
            if further < work.distance[other]:
                work.distance[other] = further
                owner[other] = number
                stack.append((further, other))


@njit(cache=True)
def _area_kva(load: Load, members: Ints) -> float:
    a, b2, qa, qb2, _ = area_sums(load, members)
    return float(np.hypot(a + np.sqrt(b2), qa + np.sqrt(qb2)))


def _spread(problem: Problem, target_kva: float, reach_m: float) -> tuple[Ints, Ints]:
    """Roots and each node's root: farthest first, then centred, then split where an area is too large."""
    load, ground, work, pillars = problem.load, problem.ground, problem.work, problem.site.pillars
    limit_kva = problem.rules.transformer_limit * problem.types.transformer_kva[-1] * 0.97
    wanted = max(1, int(np.ceil(_area_kva(load, pillars) / min(target_kva, limit_kva))))
    fixed = pillars[load.anchored[pillars] == 1]
    roots = list(fixed) if len(fixed) else [_centre(problem, pillars)]
    owner = np.full(len(load.active_a), -1, np.int64)
    _own(ground, work, np.array(roots, np.int64), owner)
    while len(roots) < len(pillars):
        far = int(pillars[np.argmax(work.distance[pillars])])
        if len(roots) >= wanted and work.distance[far] <= reach_m:
            break
        site = _site_near(problem, far)
        if site in roots:
            break
        roots.append(site)
        _spread_from(ground, work, site, len(roots) - 1, owner)
    for turn in range(SPREAD_ROUNDS + SPLIT_ROUNDS):
        roots = _centred(problem, roots, owner)
        _own(ground, work, np.array(roots, np.int64), owner)
        if turn < SPREAD_ROUNDS:
            continue
        grown = _split(problem, roots, owner, limit_kva)
        if not grown:
            break
        roots += grown
        _own(ground, work, np.array(roots, np.int64), owner)
    return np.array(roots, np.int64), owner


def _split(problem: Problem, roots: list[int], owner: Ints, limit_kva: float) -> list[int]:
    """Further roots: in each area that is too large the pillar farthest from its root."""
    pillars = problem.site.pillars
    new: list[int] = []
    order = np.argsort(owner[pillars], kind="stable")
    groups = np.split(pillars[order], np.cumsum(np.bincount(owner[pillars], minlength=len(roots)))[:-1])
    for members in groups:
        if len(members) < 2 or (_area_kva(problem.load, members) <= limit_kva and len(members) <= MEMBERS_MAX // 2):
            continue
        far = _site_near(problem, int(members[np.argmax(problem.work.distance[members])]))
        if far not in roots and far not in new:
            new.append(far)
    return new


def _site_near(problem: Problem, node: int) -> int:
    near = problem.site.near_site[node, 0]
    return int(near) if near >= 0 else _any_site(problem, node)


def _any_site(problem: Problem, node: int) -> int:
    """The site nearest by air where none is near along the streets."""
    sites = np.flatnonzero(problem.load.site_limit_kva > 0.0)
    gap = np.hypot(problem.site.x[sites] - problem.site.x[node], problem.site.y[sites] - problem.site.y[node])
    return int(sites[np.argmin(gap)])


def _centre(problem: Problem, members: Ints) -> int:
    """The site nearest to the load's centre."""
    load, site = problem.load, problem.site
    weight = load.active_a[members] + np.sqrt(load.active_b2[members]) + load.direct_active_a[members] + 1e-9
    x, y = np.average(site.x[members], weights=weight), np.average(site.y[members], weights=weight)
    return _site_near(problem, int(members[np.argmin(np.hypot(site.x[members] - x, site.y[members] - y))]))


def _centred(problem: Problem, roots: list[int], owner: Ints) -> list[int]:
    """Roots moved to the centres of their areas; those that plots are tied to stay, and where a place is taken."""
    pillars = problem.site.pillars
    order = np.argsort(owner[pillars], kind="stable")
    groups = np.split(pillars[order], np.cumsum(np.bincount(owner[pillars], minlength=len(roots)))[:-1])
    taken = set(roots)
    moved: list[int] = []
    for root, members in zip(roots, groups, strict=True):
        new = root
        if len(members) and not problem.load.anchored[root]:
            centre = _centre(problem, members)
            new = centre if centre not in taken else root
        taken.add(new)
        moved.append(new)
    return moved


def clear_rings(problem: Problem, plan: Plan) -> None:
    """Take every ring out of the ground."""
    for ring in range(len(plan.ring_size)):
        for place in range(plan.ring_size[ring] + 1):
            lift_link(plan, problem.ground, ring, place)
        plan.ring_size[ring] = 0
    plan.ring_of[:] = -1


def lay_rings(problem: Problem, plan: Plan, seed: int, trials: int) -> None:
    """Route rings through all transformers at what they would cost beside the LV trenches, and lay them."""
    areas = np.flatnonzero(plan.root >= 0)
    supplies = np.unique(problem.supply_node)
    clear_rings(problem, plan)
    places = np.concatenate([plan.root[areas], supplies])
    distance = _link_prices(problem, plan, places)
    sums = plan.sums[areas]
    kva = np.hypot(sums[:, 0] + np.sqrt(sums[:, 1]), sums[:, 2] + np.sqrt(sums[:, 3]))
    rules = problem.ring_rules
    # Peaks on a ring add up to less than their sum; only where that was hoped in vain do they count in full.
    for share in RING_SHARES:
        load = np.concatenate([np.minimum(kva * share, rules.kva_max), np.zeros(len(supplies))])
        clear_rings(problem, plan)
        _lay(problem, plan, areas, places, distance, load, seed, trials)
        if (plan.ring_excess[plan.ring_size > 0] <= 0.0).all():
            return


def _lay(
    problem: Problem, plan: Plan, areas: Ints, places: Ints, distance: Floats, load: Floats, seed: int, trials: int
) -> None:
    """Route rings for these loads and lay them."""
    rules = problem.ring_rules
    rings = route_rings(
        distance, load, np.arange(len(areas), len(places)), rules.kva_max, int(rules.transformers_max),
        ring_price=rules.ring_price, seed=seed, iterations=trials,
    )  # fmt: skip
    for ring, sequence in enumerate(rings.sequences):
        inner = areas[np.asarray(sequence[1:-1], np.int64)]
        plan.ring_from[ring] = places[sequence[0]]
        plan.ring_to[ring] = places[sequence[-1]]
        plan.ring_size[ring] = len(inner)
        plan.ring_areas[ring, : len(inner)] = inner
        plan.ring_of[inner] = ring
        for place in range(len(inner) + 1):
            lay_link(
                plan,
                problem.ground,
                problem.work,
                rules,
                ring,
                place,
                ring_node(plan, ring, place - 1),
                ring_node(plan, ring, place),
            )
        price_ring(plan, rules, ring)


def _link_prices(problem: Problem, plan: Plan, places: Ints) -> Floats:
    """What a ring section between each two places would cost: cable, and trench where nobody digs."""
    ground = problem.ground
    weight = ground.length_m * problem.ring_rules.route_price_per_m + np.where(plan.used > 0, 0.0, ground.trench_price)
    nodes = len(ground.first) - 1
    start = np.repeat(np.arange(nodes), np.diff(ground.first))
    # Parallel edges: the cheapest counts, where a sparse matrix would add them up.
    order = np.lexsort((weight[ground.edge], ground.neighbour, start))
    pairs = np.column_stack([start[order], ground.neighbour[order]])
    first = np.ones(len(pairs), bool)
    first[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    graph = coo_matrix(
        (weight[ground.edge][order][first] + 1e-9, (pairs[first, 0], pairs[first, 1])), shape=(nodes, nodes)
    ).tocsr()
    result = dijkstra(graph, indices=places)[:, places]
    return np.asarray((result + result.T) / 2.0, dtype=np.float64)
