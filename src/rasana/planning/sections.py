"""Feeders of one area: which pillars share a cable, from the ends of the tree to the transformer.

Flows follow the one coincidence rule (see ``demand``): four running sums a group.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from rasana.planning.ways import GROUPS_MAX, SECTIONS_MAX, Floats, Ints, Workspace


class Load(NamedTuple):
    """What hangs on each node of the graph: sums of the coincidence rule for plots fed by feeders, and for plots so large
    that they are fed from the transformer's own board (``direct_*``, ``direct_ways``, ``anchored``)."""

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
def fuse_for(types: Types, current_a: float) -> int:
    for row in range(types.fuse_a.size):
        if types.fuse_a[row] >= current_a:
            return row
    return -1


@njit(cache=True)
def _fits(sums: Floats, drop_pu: float, far_m: float, to_root_m: float, cap_a: float, zt_r: float, zt_x: float,
          types: Types, rules: Rules) -> bool:  # fmt: skip
    """Whether one cable of the largest type could carry this group on to the transformer within every limit."""
    active = sums[0] + np.sqrt(sums[1])
    reactive = sums[2] + np.sqrt(sums[3])
    current = np.hypot(active, reactive) * 1000.0 / (np.sqrt(3.0) * rules.voltage_v) * rules.current_margin
    if current > cap_a:
        return False
    fuse = fuse_for(types, current)
    if fuse < 0 or types.fuse_a[fuse] > cap_a:
        return False
    big = types.cable_r.size - 1
    drop = drop_pu + (active * types.cable_r[big] + reactive * types.cable_x[big]) * 1000.0 * to_root_m / rules.voltage_v**2
    if drop > rules.drop_limit_pu:
        return False
    run_m = far_m + to_root_m
    loop = np.hypot(zt_r + 2.0 * types.cable_r_fault[big] * run_m, zt_x + 2.0 * types.cable_x[big] * run_m)
    return loop * types.fuse_5s_a[fuse] <= rules.loop_voltage_v


@njit(cache=True)
def _add_section(work: Workspace, count: int, node: int, sums: Floats, length_m: float, types: Types, rules: Rules) -> None:
    """Write section ``count`` (from tree node ``node`` up to its parent) with its flow and its reach so far."""
    active = sums[0] + np.sqrt(sums[1])
    reactive = sums[2] + np.sqrt(sums[3])
    big = types.cable_r.size - 1
    work.section_node[count] = node
    work.section_parent[count] = -1
    work.section_sums[count, :] = sums[:4]
    flow = work.section_flow[count]
    flow[0] = active
    flow[1] = reactive
    flow[2] = np.hypot(active, reactive) * 1000.0 / (np.sqrt(3.0) * rules.voltage_v)
    flow[3] = sums[4]
    flow[4] = (sums[0] ** 2 + sums[2] ** 2) * 1e6 / (3.0 * rules.voltage_v**2)
    state = work.section_state[count]
    state[0] = sums[5] + (active * types.cable_r[big] + reactive * types.cable_x[big]) * 1000.0 * length_m / rules.voltage_v**2
    state[1] = sums[6] + length_m


@njit(cache=True)
def _order_items(sums: Floats, count: int, order: Ints) -> None:
    """Largest first, by insertion: few items, and stable."""
    for place in range(count):
        order[place] = place
        here = place
        while here > 0 and sums[order[here - 1], 7] < sums[order[here], 7]:
            order[here - 1], order[here] = order[here], order[here - 1]
            here -= 1


@njit(cache=True)
def _meet(work: Workspace, load: Load, size: int, node: int, count: int, cap_a: float, zt_r: float, zt_x: float,
          types: Types, rules: Rules) -> int:  # fmt: skip
    """At tree node ``node``, put arriving cables and the node's own plots together as far as limits allow.

    First fit, largest first. Returns the new number of sections, or -1 where memory would not do.
    """
    sums = work.item_sums
    items = 0
    place = work.waiting[node]
    while place >= 0:
        if items >= GROUPS_MAX - 1:
            return -1
        sums[items, :4] = work.section_sums[place]
        sums[items, 4] = work.section_flow[place, 3]
        sums[items, 5] = work.section_state[place, 0]
        sums[items, 6] = work.section_state[place, 1]
        sums[items, 7] = work.section_flow[place, 2]
        sums[items, 8] = place
        items += 1
        place = work.section_next[place]
    graph_node = work.tree_node[node]
    if load.active_a[graph_node] > 0.0:
        sums[items, 0] = load.active_a[graph_node]
        sums[items, 1] = load.active_b2[graph_node]
        sums[items, 2] = load.reactive_a[graph_node]
        sums[items, 3] = load.reactive_b2[graph_node]
        sums[items, 4] = load.mean_kw[graph_node]
        sums[items, 5] = load.service_drop_pu[graph_node]
        sums[items, 6] = 0.0
        sums[items, 7] = sums[items, 0] + np.sqrt(sums[items, 1])
        sums[items, 8] = -1.0
        items += 1
    to_root = work.tree_length[node]
    length = to_root - work.tree_length[work.tree_parent[node]]
    order = work.item
    _order_items(sums, items, order)
    groups = 0
    trial = sums[2 * GROUPS_MAX]
    for turn in range(items):
        row = order[turn]
        chosen = -1
        for group in range(groups):
            trial[:5] = sums[GROUPS_MAX + group, :5] + sums[row, :5]
            trial[5] = max(sums[GROUPS_MAX + group, 5], sums[row, 5])
            trial[6] = max(sums[GROUPS_MAX + group, 6], sums[row, 6])
            if _fits(trial, trial[5], trial[6], to_root, cap_a, zt_r, zt_x, types, rules):
                chosen = group
                sums[GROUPS_MAX + group, :7] = trial[:7]
                break
        if chosen < 0:
            chosen = groups
            sums[GROUPS_MAX + chosen, :7] = sums[row, :7]
            groups += 1
        order[GROUPS_MAX + row] = chosen
    if count + groups >= SECTIONS_MAX:
        return -1
    for group in range(groups):
        _add_section(work, count + group, node, sums[GROUPS_MAX + group], length, types, rules)
        parent = work.tree_parent[node]
        work.section_next[count + group] = work.waiting[parent]
        work.waiting[parent] = count + group
    for row in range(items):
        if sums[row, 8] >= 0.0:
            work.section_parent[int(sums[row, 8])] = count + order[GROUPS_MAX + row]
    work.tree_cables[node] = groups
    return count + groups


@njit(cache=True)
def arrange(work: Workspace, load: Load, size: int, cap_a: float, zt_r: float, zt_x: float, types: Types, rules: Rules) -> int:
    """Form feeders from the leaves to the root; returns the number of sections, -1 where memory would not do."""
    for node in range(size):
        work.waiting[node] = -1
        work.tree_cables[node] = 0
    count = 0
    for node in range(size - 1, 0, -1):
        count = _meet(work, load, size, node, count, cap_a, zt_r, zt_x, types, rules)
        if count < 0:
            return -1
    return count
