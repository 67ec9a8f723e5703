"""Feeders of one area: which pillars share a cable, from the ends of the tree to the transformer.

Flows follow the one coincidence rule (see ``demand``): four running sums a group.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from rasana.planning.ways import GROUPS_MAX, SECTIONS_MAX, Floats, Ints, Workspace


class Load(NamedTuple):
    """What hangs on each node of the graph: sums of the coincidence rule for plots fed by feeders.

    Plots so large that they are fed from the transformer's own board are in ``direct_*``, ``direct_ways``,
    ``anchored``.
    """

    active_a: Floats
    active_b2: Floats
    reactive_a: Floats
    reactive_b2: Floats
    direct_active_a: Floats
    direct_active_b2: Floats
    direct_reactive_a: Floats
    direct_reactive_b2: Floats
    direct_ways: Ints
    anchored: Ints
    mean_kw: Floats
    direct_mean_kw: Floats
    service_drop_pu: Floats
    loop_limit_ohm: Floats
    site_limit_kva: Floats


class Types(NamedTuple):
    """What may be built: LV cables (ascending), fuses, transformers. Per-metre values in ohm and money."""

    cable_r: Floats
    cable_x: Floats
    cable_r_fault: Floats
    cable_ampacity_a: Floats
    cable_price: Floats
    grouping: Floats
    fuse_a: Floats
    fuse_5s_a: Floats
    fuse_cable_min: Ints
    transformer_kva: Floats
    transformer_price: Floats
    transformer_no_load_kw: Floats
    transformer_load_kw: Floats
    transformer_r: Floats
    transformer_x: Floats


class Rules(NamedTuple):
    """Limits and prices of one study. Voltages in V, drops per unit, prices as present values."""

    voltage_v: float
    drop_limit_pu: float
    current_margin: float
    loop_voltage_v: float
    source_r: float
    source_x: float
    transformer_limit: float
    feeders_max: int
    loss_price_per_kw: float
    no_load_price_per_kw: float
    lv_outage_price_per_kw_m: float
    transformer_outage_price_per_kw: float
    feeder_way_price: float
    route_price_per_m: float
    penalty: float


@njit(cache=True)
def fuse_for(fuse_a: Floats, current_a: float) -> int:
    """Row of the smallest fuse that carries the current, or -1."""
    for row in range(fuse_a.size):
        if fuse_a[row] >= current_a:
            return row
    return -1


class _Reach(NamedTuple):
    """What the thickest cable can do, for the question whether a group may share it."""

    cap_a: float
    amperes_per_kva: float
    drop_per_kw_m: float
    drop_per_kvar_m: float
    drop_limit_pu: float
    loop_r: float
    loop_x: float
    zt_r: float
    zt_x: float
    loop_voltage_v: float


@njit(cache=True)
def _reach(cap_a: float, zt_r: float, zt_x: float, types: Types, rules: Rules) -> _Reach:
    big = types.cable_r.size - 1
    per_kva = 1000.0 / rules.voltage_v**2
    return _Reach(
        cap_a, 1000.0 / (np.sqrt(3.0) * rules.voltage_v) * rules.current_margin, types.cable_r[big] * per_kva,
        types.cable_x[big] * per_kva, rules.drop_limit_pu, 2.0 * types.cable_r_fault[big], 2.0 * types.cable_x[big],
        zt_r, zt_x, rules.loop_voltage_v,
    )  # fmt: skip


@njit(cache=True)
def _fits(active: float, reactive: float, drop_pu: float, far_m: float, to_root_m: float, reach: _Reach, fuse_a: Floats,
          fuse_5s_a: Floats) -> bool:  # fmt: skip
    """Whether one cable of the largest type could carry this group on to the transformer within every limit."""
    current = np.sqrt(active * active + reactive * reactive) * reach.amperes_per_kva
    if current > reach.cap_a:
        return False
    if drop_pu + (active * reach.drop_per_kw_m + reactive * reach.drop_per_kvar_m) * to_root_m > reach.drop_limit_pu:
        return False
    fuse = fuse_for(fuse_a, current)
    if fuse < 0 or fuse_a[fuse] > reach.cap_a:
        return False
    run_m = far_m + to_root_m
    loop_r = reach.zt_r + reach.loop_r * run_m
    loop_x = reach.zt_x + reach.loop_x * run_m
    return bool((loop_r * loop_r + loop_x * loop_x) * fuse_5s_a[fuse] ** 2 <= reach.loop_voltage_v**2)


@njit(cache=True)
def _gather(section_sums: Floats, section_flow: Floats, section_state: Floats, section_next: Ints, first: int,
            load: Load, graph_node: int, own: bool, item: Floats) -> int:  # fmt: skip
    """Write what meets at a node to ``item``: arriving cables, then the node's plots where they are the area's ``own``.

    Returns how many, -1 for too many. Columns: the four sums, mean kW, drop and length of its farthest pillar, size,
    section (-1: own plots).
    """
    count = 0
    place = first
    while place >= 0:
        if count >= GROUPS_MAX - 1:
            return -1
        for column in range(4):
            item[count, column] = section_sums[place, column]
        item[count, 4] = section_flow[place, 3]
        item[count, 5] = section_state[place, 0]
        item[count, 6] = section_state[place, 1]
        item[count, 7] = section_flow[place, 2]
        item[count, 8] = place
        count += 1
        place = section_next[place]
    if own and load.active_a[graph_node] > 0.0:
        item[count, 0] = load.active_a[graph_node]
        item[count, 1] = load.active_b2[graph_node]
        item[count, 2] = load.reactive_a[graph_node]
        item[count, 3] = load.reactive_b2[graph_node]
        item[count, 4] = load.mean_kw[graph_node]
        item[count, 5] = load.service_drop_pu[graph_node]
        item[count, 6] = 0.0
        item[count, 7] = 0.0
        item[count, 8] = -1.0
        count += 1
    return count


@njit(cache=True)
def _pack(
    item: Floats,
    count: int,
    order: Ints,
    group_of: Ints,
    to_root_m: float,
    reach: _Reach,
    fuse_a: Floats,
    fuse_5s_a: Floats,
) -> int:
    """Put items together, largest first, each where it first fits; groups stand in ``item`` from ``GROUPS_MAX`` on."""
    for place in range(count):
        here = place
        while here > 0 and item[order[here - 1], 7] < item[place, 7]:
            order[here] = order[here - 1]
            here -= 1
        order[here] = place
    groups = 0
    for turn in range(count):
        row = order[turn]
        chosen = -1
        for group in range(GROUPS_MAX, GROUPS_MAX + groups):
            active = item[group, 0] + item[row, 0] + np.sqrt(item[group, 1] + item[row, 1])
            reactive = item[group, 2] + item[row, 2] + np.sqrt(item[group, 3] + item[row, 3])
            drop = max(item[group, 5], item[row, 5])
            far = max(item[group, 6], item[row, 6])
            if _fits(active, reactive, drop, far, to_root_m, reach, fuse_a, fuse_5s_a):
                chosen = group
                for column in range(5):
                    item[group, column] += item[row, column]
                item[group, 5] = drop
                item[group, 6] = far
                break
        if chosen < 0:
            chosen = GROUPS_MAX + groups
            for column in range(7):
                item[chosen, column] = item[row, column]
            groups += 1
        group_of[row] = chosen - GROUPS_MAX
    return groups


@njit(cache=True)
def arrange(
    work: Workspace, load: Load, size: int, cap_a: float, zt_r: float, zt_x: float, types: Types, rules: Rules
) -> int:
    """Form feeders from the leaves to the root, as few cables as limits allow at each pillar.

    ``cap_a`` is what a cable of the largest type may carry where feeders lie side by side. Returns the number of
    sections, -1 where memory would not do.
    """
    reach = _reach(cap_a, zt_r, zt_x, types, rules)
    waiting, tree_length, tree_parent = work.waiting, work.tree_length, work.tree_parent
    sums, flow, state, after = work.section_sums, work.section_flow, work.section_state, work.section_next
    item, order, group_of = work.item_sums, work.item, work.item_group
    tree_node, tree_member, tree_cables = work.tree_node, work.tree_member, work.tree_cables
    section_node, section_parent = work.section_node, work.section_parent
    fuse_a, fuse_5s_a = types.fuse_a, types.fuse_5s_a
    to_ampere = 1000.0 / (np.sqrt(3.0) * rules.voltage_v)
    for node in range(size):
        waiting[node] = -1
        tree_cables[node] = 0
    count = 0
    for node in range(size - 1, 0, -1):
        items = _gather(sums, flow, state, after, waiting[node], load, tree_node[node], tree_member[node] == 1, item)
        if items < 0:
            return -1
        parent = tree_parent[node]
        length = tree_length[node] - tree_length[parent]
        groups = _pack(item, items, order, group_of, tree_length[node], reach, fuse_a, fuse_5s_a)
        if count + groups >= SECTIONS_MAX:
            return -1
        for group in range(groups):
            row = GROUPS_MAX + group
            place = count + group
            active = item[row, 0] + np.sqrt(item[row, 1])
            reactive = item[row, 2] + np.sqrt(item[row, 3])
            section_node[place] = node
            section_parent[place] = -1
            for column in range(4):
                sums[place, column] = item[row, column]
            flow[place, 0] = active
            flow[place, 1] = reactive
            flow[place, 2] = np.sqrt(active * active + reactive * reactive) * to_ampere
            flow[place, 3] = item[row, 4]
            flow[place, 4] = (item[row, 0] ** 2 + item[row, 2] ** 2) * 1e6 / (3.0 * rules.voltage_v**2)
            state[place, 0] = item[row, 5] + (active * reach.drop_per_kw_m + reactive * reach.drop_per_kvar_m) * length
            state[place, 1] = item[row, 6] + length
            after[place] = waiting[parent]
            waiting[parent] = place
        for row in range(items):
            if item[row, 8] >= 0.0:
                section_parent[int(item[row, 8])] = count + group_of[row]
        tree_cables[node] = groups
        count += groups
    return count
