"""Moves of the search: neighbouring areas are freed, their pillars shared out anew, and the whole cost compared.

A move replaces up to six areas by up to seven. It is carried out on the plan itself, with exact effects on trenches
and rings, and taken back where the whole did not improve (or, by annealing, not enough).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from rasana.planning.area import area_sums, evaluate
from rasana.planning.area_estimate import estimate_area
from rasana.planning.plan import Plan, RingRules, lay, lift, lift_link, price_ring, ring_node
from rasana.planning.ring_moves import place_on_ring, put_on_ring, relay, take_off_ring
from rasana.planning.sections import Load, Rules, Types
from rasana.planning.ways import MEMBERS_MAX, Floats, Ground, Ints, Workspace, grow_tree

FREED_MAX = 6
FORMED_MAX = 7
HOPE_SLACK = 0.02
"""Part of a ring's cost that losses and outages may change by when it is laid anew."""
DOUBT = 0.005
"""Part of the freed areas' cost by which a move may look too dear by estimate and is designed all the same."""


class Site(NamedTuple):
    """What moves need to know of the neighbourhood: pillars, pillars near each, sites near each node, positions."""

    pillars: Ints
    near_pillar: Ints
    near_site: Ints
    x: Floats
    y: Floats


class Move(NamedTuple):
    """One move under way: areas freed, areas formed (roots and members), and copies of what it touches."""

    freed: Ints
    formed_root: Ints
    formed_count: Ints
    formed: Ints
    counts: Ints
    rings: Ints
    ring_backup: Ints
    links_backup: Ints
    link_count_backup: Ints
    link_m_backup: Floats
    ring_cost_backup: Floats
    row: Ints


def make_move(plan: Plan) -> Move:
    """Memory for one move on ``plan``."""
    ring_areas = plan.ring_areas.shape[1]
    return Move(
        freed=np.zeros(FREED_MAX, np.int64), formed_root=np.zeros(FORMED_MAX, np.int64),
        formed_count=np.zeros(FORMED_MAX, np.int64), formed=np.zeros((FORMED_MAX, FREED_MAX * MEMBERS_MAX), np.int64),
        counts=np.zeros(3, np.int64), rings=np.zeros(FREED_MAX, np.int64),
        ring_backup=np.zeros((FREED_MAX, ring_areas + 3), np.int64),
        links_backup=np.zeros((FREED_MAX, ring_areas + 1, plan.links.shape[2]), np.int64),
        link_count_backup=np.zeros((FREED_MAX, ring_areas + 1), np.int64),
        link_m_backup=np.zeros((FREED_MAX, ring_areas + 1)),
        ring_cost_backup=np.zeros((FREED_MAX, 2)), row=np.zeros(FORMED_MAX, np.int64),
    )  # fmt: skip


@njit(cache=True)
def write_area(plan: Plan, ground: Ground, load: Load, types: Types, rules: Rules, work: Workspace, row: int, root: int,
               members: Ints, scale: float) -> bool:  # fmt: skip
    """Design an area into a free row of the plan and dig its trenches; False, and nothing changed, where it can't."""
    cost, excess, transformer, size, _ = evaluate(
        ground, load, types, rules, work, root, members, plan.used, plan.cables, scale
    )
    if not np.isfinite(cost):
        return False
    plan.root[row] = root
    plan.is_root[root] += 1
    plan.transformer[row] = transformer
    plan.member_count[row] = members.size
    plan.members[row, : members.size] = members
    plan.edge_count[row] = size - 1
    plan.estimate[row] = estimate_area(work, load, types, rules, size, members, plan.cables)
    plan.edges[row, : size - 1] = work.tree_edge[1:size]
    plan.edge_cables[row, : size - 1] = work.tree_cables[1:size]
    lay(plan, ground, work.tree_edge[1:size], work.tree_cables[1:size])
    plan.cost[row] = cost
    plan.excess[row] = excess
    plan.limit_scale[row] = scale
    sums = area_sums(load, members)
    for column in range(5):
        plan.sums[row, column] = sums[column]
    return True


@njit(cache=True)
def lift_area(plan: Plan, ground: Ground, row: int) -> None:
    """Take an area's cables out of their trenches; its row keeps everything else."""
    count = plan.edge_count[row]
    lift(plan, ground, plan.edges[row, :count], plan.edge_cables[row, :count])
    plan.is_root[plan.root[row]] -= 1


@njit(cache=True)
def put_area(plan: Plan, ground: Ground, row: int) -> None:
    """Put a lifted area back as it was."""
    count = plan.edge_count[row]
    lay(plan, ground, plan.edges[row, :count], plan.edge_cables[row, :count])
    plan.is_root[plan.root[row]] += 1


@njit(cache=True)
def _free_rows(plan: Plan, move: Move, wanted: int) -> bool:
    found = 0
    for row in range(plan.root.size):
        if plan.root[row] < 0:
            move.row[found] = row
            found += 1
            if found == wanted:
                return True
    return False


@njit(cache=True)
def _keep_rings(plan: Plan, move: Move) -> None:
    """Note the rings that the freed areas are on, with copies."""
    count = 0
    for number in range(move.counts[0]):
        ring = plan.ring_of[move.freed[number]]
        known = ring < 0
        for other in range(count):
            known = known or move.rings[other] == ring
        if known:
            continue
        size = plan.ring_size[ring]
        move.rings[count] = ring
        move.ring_backup[count, 0] = size
        move.ring_backup[count, 1] = plan.ring_type[ring]
        move.ring_backup[count, 2] = plan.ring_open[ring]
        move.ring_cost_backup[count, 0] = plan.ring_cost[ring]
        move.ring_cost_backup[count, 1] = plan.ring_excess[ring]
        for place in range(size):
            move.ring_backup[count, 3 + place] = plan.ring_areas[ring, place]
        for place in range(size + 1):
            used = plan.link_count[ring, place]
            move.link_count_backup[count, place] = used
            move.link_m_backup[count, place] = plan.link_m[ring, place]
            move.links_backup[count, place, :used] = plan.links[ring, place, :used]
        count += 1
    move.counts[2] = count


@njit(cache=True)
def _restore_rings(plan: Plan, ground: Ground, move: Move) -> None:
    for number in range(move.counts[2]):
        ring = move.rings[number]
        for place in range(plan.ring_size[ring] + 1):
            lift_link(plan, ground, ring, place)
        size = move.ring_backup[number, 0]
        plan.ring_size[ring] = size
        plan.ring_type[ring] = move.ring_backup[number, 1]
        plan.ring_open[ring] = move.ring_backup[number, 2]
        plan.ring_cost[ring] = move.ring_cost_backup[number, 0]
        plan.ring_excess[ring] = move.ring_cost_backup[number, 1]
        for place in range(size):
            area = move.ring_backup[number, 3 + place]
            plan.ring_areas[ring, place] = area
            plan.ring_of[area] = ring
        for place in range(size + 1):
            used = move.link_count_backup[number, place]
            plan.link_count[ring, place] = used
            plan.link_m[ring, place] = move.link_m_backup[number, place]
            plan.links[ring, place, :used] = move.links_backup[number, place, :used]
            lay(plan, ground, plan.links[ring, place, :used], np.ones(used, np.int64))


@njit(cache=True)
def _apart(site: Site, a: int, b: int) -> float:
    return float(np.hypot(site.x[a] - site.x[b], site.y[a] - site.y[b]))


@njit(cache=True)
def _heirs(plan: Plan, site: Site, move: Move) -> tuple[Ints, Ints]:
    """Which formed area takes the place of each freed one on its ring (-1: none), nearest first; and the reverse."""
    freed, formed = move.counts[0], move.counts[1]
    heir = np.full(FREED_MAX, -1, np.int64)
    taken = np.full(FORMED_MAX, -1, np.int64)
    for _ in range(min(freed, formed)):
        best = np.inf
        best_old = -1
        best_new = -1
        for old in range(freed):
            for new in range(formed):
                if heir[old] < 0 and taken[new] < 0:
                    apart = _apart(site, plan.root[move.freed[old]], move.formed_root[new])
                    if apart < best:
                        best, best_old, best_new = apart, old, new
        heir[best_old] = best_new
        taken[best_new] = best_old
    return heir, taken


@njit(cache=True)
def _ring_hope(plan: Plan, ground: Ground, site: Site, rules: RingRules, move: Move) -> float:
    """The most that laying rings anew could save: what the sections concerned cost, less the cheapest cable by air.

    Most moves are lost on the LV side already; this spares them the ways of the rings.
    """
    heir, _ = _heirs(plan, site, move)
    used, trench_price = plan.used, ground.trench_price
    hope = 0.0
    for old in range(move.counts[0]):
        area = move.freed[old]
        if heir[old] >= 0 and move.formed_root[heir[old]] == plan.root[area]:
            continue
        ring = plan.ring_of[area]
        place = place_on_ring(plan, ring, area)
        price = rules.cable_price[plan.ring_type[ring]]
        links = plan.links[ring]
        for link in range(place, place + 2):
            hope += price * plan.link_m[ring, link]
            for step in range(plan.link_count[ring, link]):
                edge = links[link, step]
                if used[edge] == 1:
                    hope += trench_price[edge]
        before, after = ring_node(plan, ring, place - 1), ring_node(plan, ring, place + 1)
        if heir[old] < 0:
            hope -= rules.cable_price[0] * _apart(site, before, after)
        else:
            new = move.formed_root[heir[old]]
            hope -= rules.cable_price[0] * (_apart(site, before, new) + _apart(site, new, after))
        hope += HOPE_SLACK * plan.ring_cost[ring]
    return hope


@njit(cache=True)
def _rewire(plan: Plan, ground: Ground, work: Workspace, rules: RingRules, site: Site, move: Move) -> bool:
    """Bring the rings in line: formed areas take the places of the nearest freed ones, others come off or on."""
    freed, formed = move.counts[0], move.counts[1]
    heir, taken = _heirs(plan, site, move)
    for old in range(freed):
        area = move.freed[old]
        ring = plan.ring_of[area]
        place = place_on_ring(plan, ring, area)
        if heir[old] < 0:
            if not take_off_ring(plan, ground, work, rules, ring, place):
                return False
            continue
        successor = move.row[heir[old]]
        plan.ring_areas[ring, place] = successor
        plan.ring_of[successor] = ring
        plan.ring_of[area] = -1
        if plan.root[successor] != plan.root[area] and not relay(plan, ground, work, rules, ring, place):
            return False
    for new in range(formed):
        if taken[new] >= 0:
            continue
        area = move.row[new]
        best = np.inf
        best_ring = -1
        best_place = -1
        for number in range(move.counts[2]):
            ring = move.rings[number]
            for place in range(plan.ring_size[ring] + 1):
                before, after = ring_node(plan, ring, place - 1), ring_node(plan, ring, place)
                here = plan.root[area]
                longer = _apart(site, before, here) + _apart(site, here, after) - _apart(site, before, after)
                if longer < best:
                    best, best_ring, best_place = longer, ring, place
        if best_ring < 0 or not put_on_ring(plan, ground, work, rules, best_ring, best_place, area):
            return False
    return True


@njit(cache=True)
def _areas_cost(plan: Plan, rows: Ints, count: int) -> float:
    """Trenches and the areas of these rows."""
    cost = float(plan.trench[0])
    for number in range(count):
        cost += plan.cost[rows[number]]
    return cost


@njit(cache=True)
def _cost_of(plan: Plan, move: Move, rows: Ints, count: int) -> float:
    cost = _areas_cost(plan, rows, count)
    for number in range(move.counts[2]):
        cost += plan.ring_cost[move.rings[number]]
    return cost


@njit(cache=True)
def _promising(plan: Plan, ground: Ground, load: Load, types: Types, rules: Rules, work: Workspace, move: Move,
               budget: float) -> bool:  # fmt: skip
    """Whether the formed areas may stay within ``budget``, by the change of the estimates and by their trenches.

    The freed areas have been lifted; nothing is left changed but what free rows hold.
    """
    cost = 0.0
    for number in range(move.counts[0]):
        area = move.freed[number]
        cost += plan.cost[area] * (1.0 - DOUBT) - plan.excess[area] * rules.penalty - plan.estimate[area]
    laid = 0
    fine = True
    for number in range(move.counts[1]):
        root, row = move.formed_root[number], move.row[number]
        members = move.formed[number, : move.formed_count[number]]
        fine = plan.is_root[root] == 0 and 0 < members.size <= MEMBERS_MAX
        size = grow_tree(ground, work, root, members, rules.route_price_per_m, plan.used) if fine else -1
        fine = size >= 0
        if not fine:
            break
        cost += estimate_area(work, load, types, rules, size, members, plan.cables)
        plan.edge_count[row] = size - 1
        plan.root[row] = root
        plan.edges[row, : size - 1] = work.tree_edge[1:size]
        plan.edge_cables[row, : size - 1] = 0
        put_area(plan, ground, row)
        laid += 1
        fine = cost + plan.trench[0] <= budget
        if not fine:
            break
    for number in range(laid):
        lift_area(plan, ground, move.row[number])
        plan.root[move.row[number]] = -1
    return fine


@njit(cache=True)
def _write_formed(plan: Plan, ground: Ground, load: Load, types: Types, rules: Rules, work: Workspace, move: Move,
                  scale: float, budget: float) -> tuple[int, bool]:  # fmt: skip
    """Design the formed areas into free rows; how many were written, and whether all were, within ``budget``."""
    for number in range(move.counts[1]):
        root = move.formed_root[number]
        members = move.formed[number, : move.formed_count[number]]
        if not write_area(plan, ground, load, types, rules, work, move.row[number], root, members, scale):
            return number, False
        if _areas_cost(plan, move.row, number + 1) > budget:
            return number + 1, False
    return int(move.counts[1]), True


@njit(cache=True)
def _keep(plan: Plan, move: Move) -> None:
    """The formed areas stay: their pillars are told, the freed rows are free."""
    for number in range(move.counts[0]):
        plan.root[move.freed[number]] = -1
        plan.ring_of[move.freed[number]] = -1
    for number in range(move.counts[1]):
        row = move.row[number]
        for place in range(plan.member_count[row]):
            plan.area_of[plan.members[row, place]] = row


@njit(cache=True)
def _take_back(plan: Plan, ground: Ground, move: Move, written: int) -> None:
    """The formed areas go, the freed ones are put back; rings were restored before."""
    for number in range(written):
        lift_area(plan, ground, move.row[number])
    for number in range(move.counts[1]):
        plan.root[move.row[number]] = -1
        plan.ring_of[move.row[number]] = -1
    for number in range(move.counts[0]):
        put_area(plan, ground, move.freed[number])


@njit(cache=True)
def try_move(plan: Plan, ground: Ground, load: Load, types: Types, rules: Rules, ring_rules: RingRules, work: Workspace,
             site: Site, move: Move, allowance: float) -> float:  # fmt: skip
    """Carry out ``move``, keep it where the whole costs at most ``allowance`` more; the change (0: taken back)."""
    freed = move.counts[0]
    if not _free_rows(plan, move, move.counts[1]):
        return 0.0
    _keep_rings(plan, move)
    before = _cost_of(plan, move, move.freed, freed)
    areas_before = _areas_cost(plan, move.freed, freed)
    scale = 1.0
    for number in range(freed):
        scale = min(scale, plan.limit_scale[move.freed[number]])
        lift_area(plan, ground, move.freed[number])
    # What the areas may cost at most: beyond, even the best rings could not save the move.
    budget = areas_before + allowance + _ring_hope(plan, ground, site, ring_rules, move)
    written, fine = 0, _promising(plan, ground, load, types, rules, work, move, budget)
    if fine:
        written, fine = _write_formed(plan, ground, load, types, rules, work, move, scale, budget)
    if fine:
        if _rewire(plan, ground, work, ring_rules, site, move):
            for number in range(move.counts[2]):
                price_ring(plan, ring_rules, move.rings[number])
            change = _cost_of(plan, move, move.row, move.counts[1]) - before
            if change <= allowance:
                _keep(plan, move)
                return change
        _restore_rings(plan, ground, move)
    _take_back(plan, ground, move, written)
    return 0.0
