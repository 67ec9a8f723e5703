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
    section_parent, section_feeder, section_state = work.section_parent, work.section_feeder, work.section_state
    section_sums, section_next, feeder_last = work.section_sums, work.section_next, work.feeder_last
    feeder_fuse, section_flow, section_node = work.feeder_fuse, work.section_flow, work.section_node
    tree_cables, tree_edge, section_type = work.tree_cables, work.tree_edge, work.section_type
    fuse_a, cable_r, grouping = types.fuse_a, types.cable_r, types.grouping
    fuse_cable_min, cable_ampacity_a, cable_price = types.fuse_cable_min, types.cable_ampacity_a, types.cable_price
    excess = 0.0
    for place in range(count - 1, -1, -1):
        parent = section_parent[place]
        head = place if parent < 0 else section_feeder[parent]
        section_feeder[place] = head
        # Sections before the first plots of a feeder are one cable with its head: the fuse protects all of it.
        unbroken = parent < 0 or (section_state[parent, 4] > 0.0 and section_sums[place, 0] == section_sums[parent, 0])
        section_state[place, 4] = 1.0 if unbroken else 0.0
        section_next[place] = -1
        if parent < 0:
            feeder_last[head] = place
            feeder_fuse[place] = fuse_for(fuse_a, section_flow[place, 2] * rules.current_margin)
            if feeder_fuse[place] < 0:
                feeder_fuse[place] = fuse_a.size - 1
                excess += section_flow[place, 2] / fuse_a[fuse_a.size - 1] - 1.0 + 0.01
        else:
            section_next[feeder_last[head]] = place
            feeder_last[head] = place
    last = cable_r.size - 1
    for place in range(count):
        node = section_node[place]
        cables = tree_cables[node] + outside_cables[tree_edge[node]]
        beside = grouping[min(cables, grouping.size - 1)]
        parent = section_parent[place]
        fuse = feeder_fuse[section_feeder[place]]
        needed = section_flow[place, 2] * rules.current_margin
        if section_state[place, 4] > 0.0:
            needed = max(needed, fuse_a[fuse])
        smallest = max(fuse_cable_min[fuse], section_type[place])
        while smallest < last and cable_ampacity_a[smallest] * beside < needed:
            smallest += 1
        if cable_ampacity_a[smallest] * beside < needed:
            excess += needed / (cable_ampacity_a[smallest] * beside) - 1.0 + 0.01
        recurring = 3.0 * section_flow[place, 4] / 1000.0 * rules.loss_price_per_kw
        best = smallest
        best_price = cable_price[smallest] + recurring * cable_r[smallest]
        for row in range(smallest + 1, last + 1):
            dear = cable_price[row] + recurring * cable_r[row]
            if dear < best_price:
                best, best_price = row, dear
        section_type[place] = best
        if parent >= 0 and section_type[parent] < best:
            section_type[parent] = best
    return excess


@njit(cache=True)
def _strain(
    work: Workspace, load: Load, head: int, thickest: bool, zt_r: float, zt_x: float, types: Types, rules: Rules
) -> tuple[float, int]:
    """How far the worst pillar of a feeder is over its drop or loop limit, relative, and its section (-1: all within).

    ``thickest`` asks what would be left with the thickest cable throughout.
    """
    feeder_fuse, section_node, tree_length = work.feeder_fuse, work.section_node, work.tree_length
    tree_parent, section_type, section_parent = work.tree_parent, work.section_type, work.section_parent
    section_flow, section_state, tree_node = work.section_flow, work.section_state, work.tree_node
    tree_member, section_next = work.tree_member, work.section_next
    fuse_5s_a, cable_r, cable_x = types.fuse_5s_a, types.cable_r, types.cable_x
    cable_r_fault = types.cable_r_fault
    service_drop_pu, loop_limit_ohm = load.service_drop_pu, load.loop_limit_ohm
    worst = 0.0
    where = -1
    allowed_fuse = rules.loop_voltage_v / fuse_5s_a[feeder_fuse[head]]
    per_volt = 1000.0 / rules.voltage_v**2
    place = head
    while place >= 0:
        node = section_node[place]
        length = tree_length[node] - tree_length[tree_parent[node]]
        row = cable_r.size - 1 if thickest else section_type[place]
        parent = section_parent[place]
        drop = (section_flow[place, 0] * cable_r[row] + section_flow[place, 1] * cable_x[row]) * per_volt
        drop *= length
        loop_r = 2.0 * cable_r_fault[row] * length
        loop_x = 2.0 * cable_x[row] * length
        if parent < 0:
            loop_r += zt_r
            loop_x += zt_x
        else:
            drop += section_state[parent, 2]
            loop_r += section_state[parent, 3]
            loop_x += section_state[parent, 4]
        section_state[place, 2] = drop
        section_state[place, 3] = loop_r
        section_state[place, 4] = loop_x
        graph_node = tree_node[node]
        allowed = allowed_fuse
        if tree_member[node] == 1:
            drop += service_drop_pu[graph_node]
            allowed = min(allowed, loop_limit_ohm[graph_node])
        over = drop / rules.drop_limit_pu - 1.0
        over = max(over, np.hypot(loop_r, loop_x) / allowed - 1.0)
        if over > worst + 1e-12:
            worst, where = over, place
        place = section_next[place]
    return worst, where


@njit(cache=True)
def _strengthen(work: Workspace, load: Load, count: int, zt_r: float, zt_x: float, types: Types, rules: Rules) -> float:
    """Thicken sections, best relief for its price first, until drop and loop hold; returns what is left over."""
    section_parent, section_type, section_next = work.section_parent, work.section_type, work.section_next
    section_flow, feeder_fuse = work.section_flow, work.feeder_fuse
    cable_r, fuse_5s_a, cable_price = types.cable_r, types.fuse_5s_a, types.cable_price
    last = cable_r.size - 1
    left = 0.0
    for head in range(count):
        if section_parent[head] >= 0:
            continue
        worst, where = _strain(work, load, head, False, zt_r, zt_x, types, rules)
        if where < 0:
            continue
        hopeless, _ = _strain(work, load, head, True, zt_r, zt_x, types, rules)
        if hopeless > 0.0:
            left += hopeless + 0.01
            place = head
            while place >= 0:
                section_type[place] = last
                place = section_next[place]
            continue
        while where >= 0:
            best = -1
            best_gain = 0.0
            place = where
            while place >= 0:
                row = section_type[place]
                parent = section_parent[place]
                if row < last and (parent < 0 or section_type[parent] > row):
                    thinner = cable_r[row] - cable_r[row + 1]
                    relief = section_flow[place, 0] * thinner * 1000.0 / rules.voltage_v**2 / rules.drop_limit_pu
                    relief += 2.0 * thinner * fuse_5s_a[feeder_fuse[head]] / rules.loop_voltage_v
                    gain = relief / max(cable_price[row + 1] - cable_price[row], 1e-9)
                    if gain > best_gain:
                        best, best_gain = place, gain
                place = parent
            if best < 0:
                left += worst
                break
            section_type[best] += 1
            worst, where = _strain(work, load, head, False, zt_r, zt_x, types, rules)
    return left


@njit(cache=True)
def price(work: Workspace, load: Load, count: int, types: Types, rules: Rules) -> tuple[float, float]:
    """Cables, losses, outages and ways of the sized sections, and the peak loss in kW."""
    section_state, section_node, tree_length = work.section_state, work.section_node, work.tree_length
    tree_parent, section_type, section_flow = work.tree_parent, work.section_type, work.section_flow
    section_feeder, section_parent = work.section_feeder, work.section_parent
    cable_price, cable_r = types.cable_price, types.cable_r
    cost = 0.0
    loss_kw = 0.0
    for place in range(count):
        section_state[place, 5] = 0.0
    for place in range(count):
        node = section_node[place]
        length = tree_length[node] - tree_length[tree_parent[node]]
        row = section_type[place]
        cost += cable_price[row] * length
        resistance = cable_r[row] * length / 1000.0
        loss_kw += 3.0 * section_flow[place, 2] ** 2 * resistance
        cost += 3.0 * section_flow[place, 4] * resistance * rules.loss_price_per_kw
        feeder = section_feeder[place]
        section_state[feeder, 5] += length
    for place in range(count):
        if section_parent[place] < 0:
            cost += rules.feeder_way_price
            cost += section_state[place, 5] * section_flow[place, 3] * rules.lv_outage_price_per_kw_m
    return cost, loss_kw


@njit(cache=True)
def _forget_types(work: Workspace, count: int) -> None:
    work.section_type[:count] = 0


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
