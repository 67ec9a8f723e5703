"""Cable of every section of one area: cheapest over its life first, thicker where drop or fault loop ask for it."""

from __future__ import annotations

import numpy as np
from numba import njit

from rasana.planning.sections import Load, Rules, Types, fuse_for
from rasana.planning.ways import Ints, Workspace


@njit(cache=True)
def _first_types(work: Workspace, count: int, outside_cables: Ints, types: Types, rules: Rules) -> float:
    """Give each section the cable that is cheapest over its life within ampacity; not thinner than what hangs on it.

    Links the sections of each feeder from its head outwards (``section_next``, -1 at the end). Returns how far ampacity
    and fuses are exceeded (relative, summed; 0 where all holds).
    """
    excess = 0.0
    for place in range(count - 1, -1, -1):
        parent = work.section_parent[place]
        head = place if parent < 0 else work.section_feeder[parent]
        work.section_feeder[place] = head
        # Sections before the first plots of a feeder are one cable with its head: the fuse protects all of it.
        unbroken = parent < 0 or (
            work.section_state[parent, 4] > 0.0 and work.section_sums[place, 0] == work.section_sums[parent, 0]
        )
        work.section_state[place, 4] = 1.0 if unbroken else 0.0
        work.section_next[place] = -1
        if parent < 0:
            work.feeder_last[head] = place
            work.feeder_fuse[place] = fuse_for(types.fuse_a, work.section_flow[place, 2] * rules.current_margin)
            if work.feeder_fuse[place] < 0:
                work.feeder_fuse[place] = types.fuse_a.size - 1
                excess += work.section_flow[place, 2] / types.fuse_a[types.fuse_a.size - 1] - 1.0 + 0.01
        else:
            work.section_next[work.feeder_last[head]] = place
            work.feeder_last[head] = place
    last = types.cable_r.size - 1
    for place in range(count):
        node = work.section_node[place]
        cables = work.tree_cables[node] + outside_cables[work.tree_edge[node]]
        grouping = types.grouping[min(cables, types.grouping.size - 1)]
        parent = work.section_parent[place]
        fuse = work.feeder_fuse[work.section_feeder[place]]
        needed = work.section_flow[place, 2] * rules.current_margin
        if work.section_state[place, 4] > 0.0:
            needed = max(needed, types.fuse_a[fuse])
        smallest = max(types.fuse_cable_min[fuse], work.section_type[place])
        while smallest < last and types.cable_ampacity_a[smallest] * grouping < needed:
            smallest += 1
        if types.cable_ampacity_a[smallest] * grouping < needed:
            excess += needed / (types.cable_ampacity_a[smallest] * grouping) - 1.0 + 0.01
        recurring = 3.0 * work.section_flow[place, 4] / 1000.0 * rules.loss_price_per_kw
        best = smallest
        best_price = types.cable_price[smallest] + recurring * types.cable_r[smallest]
        for row in range(smallest + 1, last + 1):
            dear = types.cable_price[row] + recurring * types.cable_r[row]
            if dear < best_price:
                best, best_price = row, dear
        work.section_type[place] = best
        if parent >= 0 and work.section_type[parent] < best:
            work.section_type[parent] = best
    return excess


@njit(cache=True)
def _strain(
    work: Workspace, load: Load, head: int, thickest: bool, zt_r: float, zt_x: float, types: Types, rules: Rules
) -> tuple[float, int]:
    """How far the worst pillar of a feeder is over its drop or loop limit, relative, and its section (-1: all within).

    ``thickest`` asks what would be left with the thickest cable throughout.
    """
    worst = 0.0
    where = -1
    allowed_fuse = rules.loop_voltage_v / types.fuse_5s_a[work.feeder_fuse[head]]
    per_volt = 1000.0 / rules.voltage_v**2
    place = head
    while place >= 0:
        node = work.section_node[place]
        length = work.tree_length[node] - work.tree_length[work.tree_parent[node]]
        row = types.cable_r.size - 1 if thickest else work.section_type[place]
        parent = work.section_parent[place]
        flow = work.section_flow[place]
        state = work.section_state[place]
        drop = (flow[0] * types.cable_r[row] + flow[1] * types.cable_x[row]) * per_volt * length
        loop_r = 2.0 * types.cable_r_fault[row] * length
        loop_x = 2.0 * types.cable_x[row] * length
        if parent < 0:
            loop_r += zt_r
            loop_x += zt_x
        else:
            drop += work.section_state[parent, 2]
            loop_r += work.section_state[parent, 3]
            loop_x += work.section_state[parent, 4]
        state[2] = drop
        state[3] = loop_r
        state[4] = loop_x
        graph_node = work.tree_node[node]
        allowed = allowed_fuse
        if work.tree_member[node] == 1:
            drop += load.service_drop_pu[graph_node]
            allowed = min(allowed, load.loop_limit_ohm[graph_node])
        over = drop / rules.drop_limit_pu - 1.0
        over = max(over, np.hypot(loop_r, loop_x) / allowed - 1.0)
        if over > worst + 1e-12:
            worst, where = over, place
        place = work.section_next[place]
    return worst, where


@njit(cache=True)
def _strengthen(work: Workspace, load: Load, count: int, zt_r: float, zt_x: float, types: Types, rules: Rules) -> float:
    """Thicken sections, best relief for its price first, until drop and loop hold; returns what is left over."""
    last = types.cable_r.size - 1
    left = 0.0
    for head in range(count):
        if work.section_parent[head] >= 0:
            continue
        worst, where = _strain(work, load, head, False, zt_r, zt_x, types, rules)
        if where < 0:
            continue
        hopeless, _ = _strain(work, load, head, True, zt_r, zt_x, types, rules)
        if hopeless > 0.0:
            left += hopeless + 0.01
            place = head
            while place >= 0:
                work.section_type[place] = last
                place = work.section_next[place]
            continue
        while where >= 0:
            best = -1
            best_gain = 0.0
            place = where
            while place >= 0:
                row = work.section_type[place]
                parent = work.section_parent[place]
                if row < last and (parent < 0 or work.section_type[parent] > row):
                    flow = work.section_flow[place]
                    thinner = types.cable_r[row] - types.cable_r[row + 1]
                    relief = flow[0] * thinner * 1000.0 / rules.voltage_v**2 / rules.drop_limit_pu
                    relief += 2.0 * thinner * types.fuse_5s_a[work.feeder_fuse[head]] / rules.loop_voltage_v
                    gain = relief / max(types.cable_price[row + 1] - types.cable_price[row], 1e-9)
                    if gain > best_gain:
                        best, best_gain = place, gain
                place = parent
            if best < 0:
                left += worst
                break
            work.section_type[best] += 1
            worst, where = _strain(work, load, head, False, zt_r, zt_x, types, rules)
    return left


@njit(cache=True)
def price(work: Workspace, load: Load, count: int, types: Types, rules: Rules) -> tuple[float, float]:
    """Cables, losses, outages and ways of the sized sections, and the peak loss in kW."""
    cost = 0.0
    loss_kw = 0.0
    for place in range(count):
        work.section_state[place, 5] = 0.0
    for place in range(count):
        node = work.section_node[place]
        length = work.tree_length[node] - work.tree_length[work.tree_parent[node]]
        row = work.section_type[place]
        cost += types.cable_price[row] * length
        resistance = types.cable_r[row] * length / 1000.0
        loss_kw += 3.0 * work.section_flow[place, 2] ** 2 * resistance
        cost += 3.0 * work.section_flow[place, 4] * resistance * rules.loss_price_per_kw
        feeder = work.section_feeder[place]
        work.section_state[feeder, 5] += length
    for place in range(count):
        if work.section_parent[place] < 0:
            cost += rules.feeder_way_price
            cost += work.section_state[place, 5] * work.section_flow[place, 3] * rules.lv_outage_price_per_kw_m
    return cost, loss_kw


@njit(cache=True)
def _forget_types(work: Workspace, count: int) -> None:
    for place in range(count):
        work.section_type[place] = 0


@njit(cache=True)
def size_and_price(work: Workspace, load: Load, count: int, ways: int, zt_r: float, zt_x: float, outside_cables: Ints,
                    types: Types, rules: Rules) -> tuple[float, float]:  # fmt: skip
    """Size the arranged sections; returns the excess over limits and the cost with its penalty."""
    _forget_types(work, count)
    excess = _first_types(work, count, outside_cables, types, rules)
    excess += _strengthen(work, load, count, zt_r, zt_x, types, rules)
    heads = 0
    for place in range(count):
        if work.section_parent[place] < 0:
            heads += 1
    if heads + ways > rules.feeders_max:
        excess += 0.2 * (heads + ways - rules.feeders_max)
    cost, _ = price(work, load, count, types, rules)
    return excess, cost + excess * rules.penalty
