"""Proposals of the search: which areas are freed, and which are to be formed in their place."""

from __future__ import annotations

import numpy as np
from numba import njit

from rasana.planning.moves import FORMED_MAX, FREED_MAX, Move, Site, try_move
from rasana.planning.plan import Plan, RingRules
from rasana.planning.sections import Load, Rules, Types
from rasana.planning.ways import MEMBERS_MAX, Floats, Ground, Ints, Workspace, shortest

BALANCING_MAX = 5
ALONG_STREETS_SHARE = 0.3
"""Part of the proposals that measure along the streets; by air costs a hundredth, and is as good on most plans."""


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
    move.counts[0] = 2
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
    move.counts[1] = 2 if left > 0 else 1
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
    move.counts[0] = 1
    move.counts[1] = 1
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
    move.counts[0] = freed
    return int(total)


@njit(cache=True)
def _choose_roots(plan: Plan, load: Load, site: Site, move: Move, pool: Ints, wanted: int, keep: float) -> int:
    """Roots of the new areas: pillars that need their own transformer, old roots, sites near random pillars."""
    count = 0
    for member in pool:
        if load.anchored[member] == 1:
            if count == FORMED_MAX:
                return -1
            move.formed_root[count] = member
            count += 1
    start = np.random.randint(move.counts[0])
    for step in range(move.counts[0]):
        old = plan.root[move.freed[(start + step) % move.counts[0]]]
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
    """Each pillar to the root nearest by weighted way; crowded areas weigh more each round, so that loads even out."""
    formed_root, active_a, direct_active_a = move.formed_root, load.active_a, load.direct_active_a
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
                way = -1.0 if formed_root[number] == node else (reach[number, place] + 20.0) * weight[number]
                if way < best:
                    best = way
                    owner[place] = number
            crowd[owner[place]] += active_a[node] + direct_active_a[node]
        if turn < rounds:
            mean = crowd.sum() / formed
            for number in range(formed):
                weight[number] *= (max(crowd[number], 0.1 * mean) / mean) ** 0.5
    members, count = move.formed, move.formed_count
    count[:formed] = 0
    for place in range(pool.size):
        number = owner[place]
        members[number, count[number]] = pool[place]
        count[number] += 1


@njit(cache=True)
def propose_share(plan: Plan, load: Load, ground: Ground, work: Workspace, site: Site, move: Move) -> bool:
    """Neighbouring areas are freed; one fewer, as many or one more are formed around old and new roots."""
    total = _free_neighbours(plan, site, move)
    pool = np.empty(total, np.int64)
    size = 0
    for number in range(move.counts[0]):
        area = move.freed[number]
        pool[size : size + plan.member_count[area]] = plan.members[area, : plan.member_count[area]]
        size += plan.member_count[area]
    wanted = max(1, min(FORMED_MAX, move.counts[0] + np.random.randint(-1, 2)))
    formed = _choose_roots(plan, load, site, move, pool, wanted, 0.8 if np.random.random() < 0.6 else 0.4)
    if formed < 1:
        return False
    reach = np.empty((formed, size))
    x, y, distance = site.x, site.y, work.distance
    unused = np.zeros(1, np.int64)
    along_streets = np.random.random() < ALONG_STREETS_SHARE
    for number in range(formed):
        root = move.formed_root[number]
        if along_streets and shortest(ground, work, root, pool, -1.0, unused) < 0:
            return False
        for place in range(size):
            node = pool[place]
            by_air = np.hypot(x[node] - x[root], y[node] - y[root])
            reach[number, place] = distance[node] if along_streets else by_air
    _share_out(load, move, pool, reach, formed, np.random.randint(BALANCING_MAX))
    move.counts[1] = formed
    return True


@njit(cache=True)
def anneal(plan: Plan, ground: Ground, load: Load, types: Types, rules: Rules, ring_rules: RingRules, work: Workspace,
           site: Site,
           move: Move, seed: int, trials: int, hot: float, cool: float) -> float:  # fmt: skip
    """``trials`` moves, the allowance (money) falling from about ``hot`` to ``cool``; the whole change of cost."""
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
