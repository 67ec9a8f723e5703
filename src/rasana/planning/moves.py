"""Moves of the search: neighbouring areas are freed, their pillars shared out anew, and the whole cost compared.

A move replaces up to three areas by up to four. It is carried out on the plan itself, with exact effects on trenches
and rings, and taken back where the whole did not improve (or, by annealing, not enough).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from rasana.planning.area import area_sums, evaluate
from rasana.planning.plan import Plan, RingRules, lay, lay_link, lift, lift_link, price_ring, ring_node
from rasana.planning.sections import Load, Rules, Types
from rasana.planning.ways import MEMBERS_MAX, Floats, Ground, Ints, Workspace, shortest

FREED_MAX = 6
FORMED_MAX = 7
BALANCING_MAX = 5


class Site(NamedTuple):
    """What moves need to know of the neighbourhood: pillars, pillars near each pillar, sites near each node, positions."""

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
    count: Ints
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
        count=np.zeros(3, np.int64), rings=np.zeros(FREED_MAX, np.int64), ring_backup=np.zeros((FREED_MAX, ring_areas + 3), np.int64),
        links_backup=np.zeros((FREED_MAX, ring_areas + 1, plan.links.shape[2]), np.int64),
        link_count_backup=np.zeros((FREED_MAX, ring_areas + 1), np.int64), link_m_backup=np.zeros((FREED_MAX, ring_areas + 1)),
        ring_cost_backup=np.zeros((FREED_MAX, 2)), row=np.zeros(FORMED_MAX, np.int64),
    )  # fmt: skip


@njit(cache=True)
def write_area(plan: Plan, ground: Ground, load: Load, types: Types, rules: Rules, work: Workspace, row: int, root: int,
               members: Ints, scale: float) -> bool:  # fmt: skip
    """Design an area into a free row of the plan and dig its trenches; False (and nothing changed) where it can't be."""
    cost, excess, transformer, size, _ = evaluate(ground, load, types, rules, work, root, members, plan.used, plan.cables, scale)
    if not np.isfinite(cost):
        return False
    plan.root[row] = root
    plan.is_root[root] += 1
    plan.transformer[row] = transformer
    plan.member_count[row] = members.size
    plan.members[row, : members.size] = members
    plan.edge_count[row] = size - 1
    for place in range(1, size):
        plan.edges[row, place - 1] = work.tree_edge[place]
        plan.edge_cables[row, place - 1] = work.tree_cables[place]
        lay(plan, ground, work.tree_edge[place], work.tree_cables[place])
    plan.cost[row] = cost
    plan.excess[row] = excess
    plan.limit_scale[row] = scale
    a, b2, qa, qb2, mean = area_sums(load, members)
    plan.sums[row, 0] = a
    plan.sums[row, 1] = b2
    plan.sums[row, 2] = qa
    plan.sums[row, 3] = qb2
    plan.sums[row, 4] = mean
    return True


@njit(cache=True)
def lift_area(plan: Plan, ground: Ground, row: int) -> None:
    """Take an area's cables out of their trenches; its row keeps everything else."""
    for place in range(plan.edge_count[row]):
        lift(plan, ground, plan.edges[row, place], plan.edge_cables[row, place])
    plan.is_root[plan.root[row]] -= 1


@njit(cache=True)
def put_area(plan: Plan, ground: Ground, row: int) -> None:
    """Put a lifted area back as it was."""
    for place in range(plan.edge_count[row]):
        lay(plan, ground, plan.edges[row, place], plan.edge_cables[row, place])
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
    for number in range(move.count[0]):
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
    move.count[2] = count


@njit(cache=True)
def _restore_rings(plan: Plan, ground: Ground, move: Move) -> None:
    for number in range(move.count[2]):
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
            for step in range(used):
                plan.links[ring, place, step] = move.links_backup[number, place, step]
                lay(plan, ground, plan.links[ring, place, step], 1)


@njit(cache=True)
def place_on_ring(plan: Plan, ring: int, area: int) -> int:
    for place in range(plan.ring_size[ring]):
        if plan.ring_areas[ring, place] == area:
            return place
    return -1


@njit(cache=True)
def _shift_links(plan: Plan, ring: int, start: int, by: int) -> None:
    """Move the sections from ``start`` on by one place (``by`` 1 or -1), areas with them."""
    size = plan.ring_size[ring]
    if by > 0:
        for place in range(size, start - 1, -1):
            used = plan.link_count[ring, place]
            plan.link_count[ring, place + 1] = used
            plan.link_m[ring, place + 1] = plan.link_m[ring, place]
            plan.links[ring, place + 1, :used] = plan.links[ring, place, :used]
        plan.link_count[ring, start] = 0
        plan.link_m[ring, start] = 0.0
        for place in range(size - 1, start - 1, -1):
            plan.ring_areas[ring, place + 1] = plan.ring_areas[ring, place]
    else:
        for place in range(start, size):
            used = plan.link_count[ring, place + 1]
            plan.link_count[ring, place] = used
            plan.link_m[ring, place] = plan.link_m[ring, place + 1]
            plan.links[ring, place, :used] = plan.links[ring, place + 1, :used]
        plan.link_count[ring, size] = 0
        plan.link_m[ring, size] = 0.0
        for place in range(start, size - 1):
            plan.ring_areas[ring, place] = plan.ring_areas[ring, place + 1]


@njit(cache=True)
def take_off_ring(plan: Plan, ground: Ground, work: Workspace, rules: RingRules, ring: int, place: int) -> bool:
    """Close the ring past the area at ``place``."""
    lift_link(plan, ground, ring, place)
    lift_link(plan, ground, ring, place + 1)
    plan.ring_of[plan.ring_areas[ring, place]] = -1
    _shift_links(plan, ring, place, -1)
    plan.ring_size[ring] -= 1
    if plan.ring_size[ring] == 0:
        return True
    return lay_link(plan, ground, work, rules, ring, place, ring_node(plan, ring, place - 1), ring_node(plan, ring, place))


@njit(cache=True)
def put_on_ring(plan: Plan, ground: Ground, work: Workspace, rules: RingRules, ring: int, place: int, area: int) -> bool:
    """Insert an area before ``place``."""
    if plan.ring_size[ring] + 1 >= plan.ring_areas.shape[1]:
        return False
    if plan.ring_size[ring] > 0:
        lift_link(plan, ground, ring, place)
    _shift_links(plan, ring, place, 1)
    plan.ring_areas[ring, place] = area
    plan.ring_of[area] = ring
    plan.ring_size[ring] += 1
    return relay(plan, ground, work, rules, ring, place)


@njit(cache=True)
def relay(plan: Plan, ground: Ground, work: Workspace, rules: RingRules, ring: int, place: int) -> bool:
    """Lay both sections at an area anew."""
    lift_link(plan, ground, ring, place)
    lift_link(plan, ground, ring, place + 1)
    here = ring_node(plan, ring, place)
    if not lay_link(plan, ground, work, rules, ring, place, ring_node(plan, ring, place - 1), here):
        return False
    return lay_link(plan, ground, work, rules, ring, place + 1, here, ring_node(plan, ring, place + 1))


@njit(cache=True)
def _apart(site: Site, a: int, b: int) -> float:
    return float(np.hypot(site.x[a] - site.x[b], site.y[a] - site.y[b]))


@njit(cache=True)
def _rewire(plan: Plan, ground: Ground, work: Workspace, rules: RingRules, site: Site, move: Move) -> bool:
    """Bring the rings in line: formed areas take the places of the freed ones nearest to them, the rest is taken off or put on."""
    freed, formed = move.count[0], move.count[1]
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
        for number in range(move.count[2]):
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
def _cost_of(plan: Plan, move: Move, rows: Ints, count: int) -> float:
    cost = plan.trench[0]
    for number in range(count):
        cost += plan.cost[rows[number]]
    for number in range(move.count[2]):
        cost += plan.ring_cost[move.rings[number]]
    return cost


@njit(cache=True)
def try_move(plan: Plan, ground: Ground, load: Load, types: Types, rules: Rules, ring_rules: RingRules, work: Workspace, site: Site,
             move: Move, allowance: float) -> float:  # fmt: skip
    """Carry out ``move`` and keep it where the whole costs at most ``allowance`` more; returns the change (0: taken back)."""
    freed, formed = move.count[0], move.count[1]
    if not _free_rows(plan, move, formed):
        return 0.0
    _keep_rings(plan, move)
    before = _cost_of(plan, move, move.freed, freed)
    scale = 1.0
    for number in range(freed):
        scale = min(scale, plan.limit_scale[move.freed[number]])
        lift_area(plan, ground, move.freed[number])
    written = 0
    fine = True
    for number in range(formed):
        root = move.formed_root[number]
        members = move.formed[number, : move.formed_count[number]]
        if plan.is_root[root] > 0 or members.size == 0 or members.size > MEMBERS_MAX:
            fine = False
            break
        if not write_area(plan, ground, load, types, rules, work, move.row[number], root, members, scale):
            fine = False
            break
        written += 1
    rewired = False
    if fine:
        rewired = True
        fine = _rewire(plan, ground, work, ring_rules, site, move)
    if fine:
        for number in range(move.count[2]):
            price_ring(plan, ring_rules, move.rings[number])
        change = _cost_of(plan, move, move.row, formed) - before
        if change <= allowance:
            for number in range(freed):
                plan.root[move.freed[number]] = -1
                plan.ring_of[move.freed[number]] = -1
            for number in range(formed):
                row = move.row[number]
                for place in range(plan.member_count[row]):
                    plan.area_of[plan.members[row, place]] = row
            return change
    if rewired:
        _restore_rings(plan, ground, move)
    for number in range(written):
        lift_area(plan, ground, move.row[number])
    for number in range(formed):
        plan.root[move.row[number]] = -1
        plan.ring_of[move.row[number]] = -1
    for number in range(freed):
        put_area(plan, ground, move.freed[number])
    return 0.0


@njit(cache=True)
def _neighbour_area(plan: Plan, site: Site, pillar: int) -> int:
    """An area next to the pillar's own, by looking at pillars near it; -1 where none is."""
    width = site.near_pillar.shape[1]
    start = np.random.randint(width)
    for step in range(width):
        other = site.near_pillar[pillar, (start + step) % width]
        if other >= 0 and plan.area_of[other] != plan.area_of[pillar]:
            return int(plan.area_of[other])
    return -1


@njit(cache=True)
def propose_shift(plan: Plan, load: Load, site: Site, move: Move) -> bool:
    """A pillar, and perhaps some beside it, goes over to the neighbouring area."""
    pillar = site.pillars[np.random.randint(site.pillars.size)]
    home = plan.area_of[pillar]
    other = _neighbour_area(plan, site, pillar)
    if other < 0 or load.anchored[pillar] == 1:
        return False
    chunk = np.zeros(site.near_pillar.shape[1] + 1, np.int64)
    chunk[0] = pillar
    size = 1
    if np.random.random() < 0.6:
        wanted = np.random.randint(1, 7)
        for near in site.near_pillar[pillar]:
            if size <= wanted and near >= 0 and plan.area_of[near] == home and load.anchored[near] == 0:
                chunk[size] = near
                size += 1
    move.freed[0] = home
    move.freed[1] = other
    move.count[0] = 2
    move.formed_root[0] = plan.root[other]
    grown = plan.member_count[other] + size
    if grown > MEMBERS_MAX:
        return False
    move.formed[0, : plan.member_count[other]] = plan.members[other, : plan.member_count[other]]
    move.formed[0, plan.member_count[other] : grown] = chunk[:size]
    move.formed_count[0] = grown
    move.formed_root[1] = plan.root[home]
    left = 0
    for place in range(plan.member_count[home]):
        member = plan.members[home, place]
        goes = False
        for each in chunk[:size]:
            goes = goes or each == member
        if not goes:
            move.formed[1, left] = member
            left += 1
    move.formed_count[1] = left
    move.count[1] = 2 if left > 0 else 1
    return True


@njit(cache=True)
def _random_site(site: Site, node: int) -> int:
    width = 0
    while width < site.near_site.shape[1] and site.near_site[node, width] >= 0:
        width += 1
    if width == 0:
        return -1
    return int(site.near_site[node, np.random.randint(width)])


@njit(cache=True)
def propose_root(plan: Plan, load: Load, site: Site, move: Move) -> bool:
    """A transformer goes to another site, near where it stands or near one of its pillars."""
    pillar = site.pillars[np.random.randint(site.pillars.size)]
    area = plan.area_of[pillar]
    if load.anchored[plan.root[area]] == 1:
        return False
    new = _random_site(site, plan.root[area] if np.random.random() < 0.7 else pillar)
    if new < 0 or new == plan.root[area]:
        return False
    move.freed[0] = area
    move.count[0] = 1
    move.count[1] = 1
    move.formed_root[0] = new
    move.formed_count[0] = plan.member_count[area]
    move.formed[0, : plan.member_count[area]] = plan.members[area, : plan.member_count[area]]
    return True


@njit(cache=True)
def _free_neighbours(plan: Plan, site: Site, move: Move) -> int:
    """Free an area and some that touch it or one another; returns how many pillars they hold."""
    first = plan.area_of[site.pillars[np.random.randint(site.pillars.size)]]
    move.freed[0] = first
    freed = 1
    total = plan.member_count[first]
    wanted = 2
    while wanted < FREED_MAX and np.random.random() < 0.45:
        wanted += 1
    for _ in range(3 * FREED_MAX):
        if freed == wanted:
            break
        base = move.freed[np.random.randint(freed)]
        other = _neighbour_area(plan, site, plan.members[base, np.random.randint(plan.member_count[base])])
        known = other < 0
        for number in range(freed):
            known = known or move.freed[number] == other
        if not known:
            move.freed[freed] = other
            freed += 1
            total += plan.member_count[other]
    move.count[0] = freed
    return int(total)


@njit(cache=True)
def _choose_roots(plan: Plan, load: Load, site: Site, move: Move, pool: Ints, wanted: int, keep: float) -> int:
    """Roots of the new areas: pillars that need their own transformer first, then old roots and sites near random pillars."""
    count = 0
    for member in pool:
        if load.anchored[member] == 1:
            if count == FORMED_MAX:
                return -1
            move.formed_root[count] = member
            count += 1
    start = np.random.randint(move.count[0])
    for step in range(move.count[0]):
        old = plan.root[move.freed[(start + step) % move.count[0]]]
        if count < wanted and np.random.random() < keep and load.anchored[old] == 0:
            move.formed_root[count] = old
            count += 1
    for _ in range(4 * FORMED_MAX):
        if count >= wanted:
            break
        new = _random_site(site, pool[np.random.randint(pool.size)])
        fresh = new >= 0
        for number in range(count):
            fresh = fresh and move.formed_root[number] != new
        if fresh:
            move.formed_root[count] = new
            count += 1
    return count


@njit(cache=True)
def _share_out(load: Load, move: Move, pool: Ints, reach: Floats, formed: int, rounds: int) -> None:
    """Each pillar to the root nearest by weighted way; weights of crowded areas grow over ``rounds``, so that loads even out."""
    weight = np.empty(formed)
    for number in range(formed):
        weight[number] = 0.8 + 0.4 * np.random.random()
    owner = np.zeros(pool.size, np.int64)
    for turn in range(rounds + 1):
        crowd = np.zeros(formed)
        for place in range(pool.size):
            node = pool[place]
            best = np.inf
            for number in range(formed):
                way = -1.0 if move.formed_root[number] == node else (reach[number, place] + 20.0) * weight[number]
                if way < best:
                    best = way
                    owner[place] = number
            crowd[owner[place]] += load.active_a[node] + load.direct_active_a[node]
        if turn < rounds:
            mean = crowd.sum() / formed
            for number in range(formed):
                weight[number] *= (max(crowd[number], 0.1 * mean) / mean) ** 0.5
    for number in range(formed):
        move.formed_count[number] = 0
    for place in range(pool.size):
        number = owner[place]
        move.formed[number, move.formed_count[number]] = pool[place]
        move.formed_count[number] += 1


@njit(cache=True)
def propose_share(plan: Plan, load: Load, ground: Ground, work: Workspace, site: Site, move: Move) -> bool:
    """Neighbouring areas are freed; one fewer, as many or one more are formed around old and new roots."""
    total = _free_neighbours(plan, site, move)
    pool = np.empty(total, np.int64)
    size = 0
    for number in range(move.count[0]):
        area = move.freed[number]
        pool[size : size + plan.member_count[area]] = plan.members[area, : plan.member_count[area]]
        size += plan.member_count[area]
    wanted = max(1, min(FORMED_MAX, move.count[0] + np.random.randint(-1, 2)))
    formed = _choose_roots(plan, load, site, move, pool, wanted, 0.8 if np.random.random() < 0.6 else 0.4)
    if formed < 1:
        return False
    reach = np.empty((formed, size))
    unused = np.zeros(1, np.int64)
    for number in range(formed):
        if shortest(ground, work, move.formed_root[number], pool, -1.0, unused) < 0:
            return False
        for place in range(size):
            reach[number, place] = work.distance[pool[place]]
    _share_out(load, move, pool, reach, formed, np.random.randint(BALANCING_MAX))
    move.count[1] = formed
    return True


@njit(cache=True)
def anneal(plan: Plan, ground: Ground, load: Load, types: Types, rules: Rules, ring_rules: RingRules, work: Workspace, site: Site,
           move: Move, seed: int, trials: int, hot: float, cool: float) -> float:  # fmt: skip
    """``trials`` moves with the allowance falling from about ``hot`` to ``cool`` (money); returns the whole change of cost."""
    np.random.seed(seed)
    change = 0.0
    for trial in range(trials):
        heat = hot * (cool / hot) ** (trial / trials)
        choice = np.random.random()
        if choice < 0.55:
            ready = propose_shift(plan, load, site, move)
        elif choice < 0.70:
            ready = propose_root(plan, load, site, move)
        else:
            ready = propose_share(plan, load, ground, work, site, move)
        if ready:
            allowance = -heat * np.log(max(np.random.random(), 1e-12))
            change += try_move(plan, ground, load, types, rules, ring_rules, work, site, move, allowance)
    return change
