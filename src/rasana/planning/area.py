"""One transformer's area: the LV tree along streets from a transformer to its pillars, sized and priced.

These kernels are called hundreds of thousands of times by the search, so they work on flat arrays and on one
reusable ``Workspace``. Flows follow the one coincidence rule (see ``demand``): four running sums a group.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MEMBERS_MAX = 512
"""Pillars one area may hold."""
EDGES_MAX = 1024
"""Street pieces one area's tree may use."""
SECTIONS_MAX = 4096
"""Cable sections one area may have."""
GROUPS_MAX = 64
"""Cables that may meet at one pillar."""
SIZING_STEPS_MAX = 400


class Ground(NamedTuple):
    """Where cables may run: the street graph in CSR form and what a trench costs on each of its edges."""

    first: Ints
    neighbour: Ints
    edge: Ints
    length_m: Floats
    trench_price: Floats


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


class Workspace(NamedTuple):
    """Memory that the kernels reuse; what it holds is valid until the next call."""

    stamp: Ints
    clock: Ints
    distance: Floats
    before: Ints
    before_edge: Ints
    heap_key: Floats
    heap_node: Ints
    settled: Ints
    local: Ints
    tree_node: Ints
    tree_parent: Ints
    tree_edge: Ints
    tree_length: Floats
    tree_cables: Ints
    section_node: Ints
    section_parent: Ints
    section_next: Ints
    section_feeder: Ints
    section_type: Ints
    section_sums: Floats
    section_flow: Floats
    section_state: Floats
    waiting: Ints
    item: Ints
    item_sums: Floats
    feeder_fuse: Ints


def make_workspace(nodes: int) -> Workspace:
    """Memory for a graph of ``nodes`` nodes."""
    ints = lambda size: np.zeros(size, np.int64)  # noqa: E731
    return Workspace(
        stamp=ints(nodes), clock=np.full(1, 10, np.int64), distance=np.zeros(nodes), before=ints(nodes), before_edge=ints(nodes),
        heap_key=np.zeros(8 * nodes + 64), heap_node=ints(8 * nodes + 64), settled=ints(nodes), local=ints(nodes),
        tree_node=ints(EDGES_MAX + 1), tree_parent=ints(EDGES_MAX + 1), tree_edge=ints(EDGES_MAX + 1),
        tree_length=np.zeros(EDGES_MAX + 1), tree_cables=ints(EDGES_MAX + 1),
        section_node=ints(SECTIONS_MAX), section_parent=ints(SECTIONS_MAX), section_next=ints(SECTIONS_MAX),
        section_feeder=ints(SECTIONS_MAX), section_type=ints(SECTIONS_MAX), section_sums=np.zeros((SECTIONS_MAX, 4)),
        section_flow=np.zeros((SECTIONS_MAX, 5)), section_state=np.zeros((SECTIONS_MAX, 6)),
        waiting=ints(EDGES_MAX + 1), item=ints(2 * GROUPS_MAX), item_sums=np.zeros((2 * GROUPS_MAX + 1, 9)),
        feeder_fuse=ints(SECTIONS_MAX),
    )  # fmt: skip


@njit(cache=True)
def _push(key: Floats, node: Ints, size: int, new_key: float, new_node: int) -> int:
    place = size
    while place > 0:
        up = (place - 1) >> 1
        if key[up] <= new_key:
            break
        key[place] = key[up]
        node[place] = node[up]
        place = up
    key[place] = new_key
    node[place] = new_node
    return size + 1


@njit(cache=True)
def _pop(key: Floats, node: Ints, size: int) -> int:
    """Take the first away; the caller has read it."""
    size -= 1
    last_key = key[size]
    last_node = node[size]
    place = 0
    while True:
        down = 2 * place + 1
        if down >= size:
            break
        if down + 1 < size and key[down + 1] < key[down]:
            down += 1
        if key[down] >= last_key:
            break
        key[place] = key[down]
        node[place] = node[down]
        place = down
    key[place] = last_key
    node[place] = last_node
    return size


@njit(cache=True)
def shortest(ground: Ground, work: Workspace, source: int, targets: Ints, price_per_m: float, used: Ints) -> int:
    """Cheapest ways from ``source`` until every target is settled, on price_per_m x length + trench where nobody digs yet.

    ``used`` counts who already digs on each edge; a negative ``price_per_m`` asks for plain length. Returns how many nodes
    were settled (their ids, in order, in ``work.settled``), or -1 where a target can't be reached.
    """
    work.clock[0] += 2
    seen = work.clock[0]
    done = seen + 1
    wanted = 0
    for target in targets:
        if work.local[target] != -seen:
            work.local[target] = -seen
            wanted += 1
    work.stamp[source] = seen
    work.distance[source] = 0.0
    work.before[source] = -1
    work.before_edge[source] = -1
    size = _push(work.heap_key, work.heap_node, 0, 0.0, source)
    count = 0
    while size > 0:
        node = work.heap_node[0]
        reached = work.heap_key[0]
        size = _pop(work.heap_key, work.heap_node, size)
        if work.stamp[node] == done:
            continue
        work.stamp[node] = done
        work.settled[count] = node
        count += 1
        if work.local[node] == -seen:
            wanted -= 1
            if wanted == 0:
                return count
        for place in range(ground.first[node], ground.first[node + 1]):
            other = ground.neighbour[place]
            if work.stamp[other] == done:
                continue
            edge = ground.edge[place]
            if price_per_m < 0.0:
                further = reached + ground.length_m[edge]
            else:
                further = reached + ground.length_m[edge] * price_per_m
                if used[edge] == 0:
                    further += ground.trench_price[edge]
            if work.stamp[other] != seen or further < work.distance[other] - 1e-9:
                work.stamp[other] = seen
                work.distance[other] = further
                work.before[other] = node
                work.before_edge[other] = edge
                size = _push(work.heap_key, work.heap_node, size, further, other)
    return -1


@njit(cache=True)
def grow_tree(ground: Ground, work: Workspace, root: int, members: Ints, price_per_m: float, used: Ints) -> int:
    """The tree of cheapest ways from ``root`` to ``members`` in ``work.tree_*``; parents stand before children.

    Returns the number of its nodes, or -1 where a member can't be reached or the tree is too large.
    """
    count = shortest(ground, work, root, members, price_per_m, used)
    if count < 0:
        return -1
    for place in range(count):
        work.local[work.settled[place]] = -1
    for member in members:
        node = member
        while node >= 0 and work.local[node] == -1:
            work.local[node] = -2
            node = work.before[node]
    work.local[root] = -2
    size = 0
    for place in range(count):
        node = work.settled[place]
        if work.local[node] != -2:
            continue
        if size > EDGES_MAX:
            return -1
        work.local[node] = size
        work.tree_node[size] = node
        if size == 0:
            work.tree_parent[0] = -1
            work.tree_edge[0] = -1
            work.tree_length[0] = 0.0
        else:
            parent = work.local[work.before[node]]
            work.tree_parent[size] = parent
            work.tree_edge[size] = work.before_edge[node]
            work.tree_length[size] = work.tree_length[parent] + ground.length_m[work.before_edge[node]]
        size += 1
    return size


@njit(cache=True)
def _fuse_for(types: Types, current_a: float) -> int:
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
    fuse = _fuse_for(types, current)
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
def _choose_transformer(active: float, reactive: float, mean_kva: float, site_limit_kva: float, types: Types, rules: Rules) -> int:
    """Transformer of least life-cycle cost that carries the peak, or -1. ``mean_kva`` is the load that recurs day by day."""
    peak_kva = np.hypot(active, reactive)
    best = -1
    best_price = np.inf
    for row in range(types.transformer_kva.size):
        rating = types.transformer_kva[row]
        if rating * rules.transformer_limit < peak_kva or rating > site_limit_kva:
            continue
        price = types.transformer_price[row] + types.transformer_no_load_kw[row] * rules.no_load_price_per_kw
        price += types.transformer_load_kw[row] * (mean_kva / rating) ** 2 * rules.loss_price_per_kw
        if price < best_price:
            best, best_price = row, price
    return best


@njit(cache=True)
def _first_types(work: Workspace, count: int, outside_cables: Ints, types: Types, rules: Rules) -> float:
    """Give each section the cable that is cheapest over its life within ampacity; not thinner than what hangs on it.

    Returns how far ampacity and fuses are exceeded (relative, summed; 0 where all holds).
    """
    excess = 0.0
    for place in range(count - 1, -1, -1):
        parent = work.section_parent[place]
        work.section_feeder[place] = place if parent < 0 else work.section_feeder[parent]
        if parent < 0:
            work.feeder_fuse[place] = _fuse_for(types, work.section_flow[place, 2] * rules.current_margin)
            if work.feeder_fuse[place] < 0:
                work.feeder_fuse[place] = types.fuse_a.size - 1
                excess += work.section_flow[place, 2] / types.fuse_a[types.fuse_a.size - 1] - 1.0 + 0.01
    last = types.cable_r.size - 1
    for place in range(count):
        node = work.section_node[place]
        cables = work.tree_cables[node] + outside_cables[work.tree_edge[node]]
        grouping = types.grouping[min(cables, types.grouping.size - 1)]
        current = work.section_flow[place, 2]
        fuse = work.feeder_fuse[work.section_feeder[place]]
        needed = current * rules.current_margin
        if work.section_parent[place] < 0:
            needed = max(needed, types.fuse_a[fuse])
        smallest = max(types.fuse_cable_min[fuse], work.section_type[place])
        while smallest < last and types.cable_ampacity_a[smallest] * grouping < needed:
            smallest += 1
        if types.cable_ampacity_a[smallest] * grouping < needed:
            excess += needed / (types.cable_ampacity_a[smallest] * grouping) - 1.0 + 0.01
        best = smallest
        best_price = np.inf
        for row in range(smallest, last + 1):
            price = types.cable_price[row]
            price += 3.0 * work.section_flow[place, 4] * types.cable_r[row] / 1000.0 * rules.loss_price_per_kw
            if price < best_price:
                best, best_price = row, price
        work.section_type[place] = best
        parent = work.section_parent[place]
        if parent >= 0 and work.section_type[parent] < best:
            work.section_type[parent] = best
    return excess


@njit(cache=True)
def _strain(work: Workspace, load: Load, count: int, feeder: int, zt_r: float, zt_x: float, types: Types, rules: Rules) -> tuple[float, int]:
    """How far the worst pillar of ``feeder`` (-1: of all) is over its drop or loop limit, relative, and its section."""
    worst = 0.0
    where = -1
    for place in range(count - 1, -1, -1):
        if feeder >= 0 and work.section_feeder[place] != feeder:
            continue
        node = work.section_node[place]
        length = work.tree_length[node] - work.tree_length[work.tree_parent[node]]
        row = work.section_type[place]
        parent = work.section_parent[place]
        drop = 0.0 if parent < 0 else work.section_state[parent, 2]
        loop_r = zt_r if parent < 0 else work.section_state[parent, 3]
        loop_x = zt_x if parent < 0 else work.section_state[parent, 4]
        flow = work.section_flow[place]
        drop += (flow[0] * types.cable_r[row] + flow[1] * types.cable_x[row]) * 1000.0 * length / rules.voltage_v**2
        loop_r += 2.0 * types.cable_r_fault[row] * length
        loop_x += 2.0 * types.cable_x[row] * length
        state = work.section_state[place]
        state[2] = drop
        state[3] = loop_r
        state[4] = loop_x
        graph_node = work.tree_node[node]
        over = (drop + load.service_drop_pu[graph_node]) / rules.drop_limit_pu - 1.0
        if over > worst + 1e-12:
            worst, where = over, place
        allowed = rules.loop_voltage_v / types.fuse_5s_a[work.feeder_fuse[work.section_feeder[place]]]
        if load.active_a[graph_node] > 0.0:
            allowed = min(allowed, load.loop_limit_ohm[graph_node])
        over = np.hypot(loop_r, loop_x) / allowed - 1.0
        if over > worst + 1e-12:
            worst, where = over, place
    return worst, where


@njit(cache=True)
def _strengthen(work: Workspace, load: Load, count: int, zt_r: float, zt_x: float, types: Types, rules: Rules) -> float:
    """Thicken sections, best relief for its price first, until every pillar is within drop and loop; returns what is left over."""
    last = types.cable_r.size - 1
    left = 0.0
    for feeder in range(count):
        if work.section_parent[feeder] >= 0:
            continue
        for _ in range(SIZING_STEPS_MAX):
            worst, where = _strain(work, load, count, feeder, zt_r, zt_x, types, rules)
            if where < 0:
                break
            best = -1
            best_gain = 0.0
            place = where
            while place >= 0:
                row = work.section_type[place]
                parent = work.section_parent[place]
                if row < last and (parent < 0 or work.section_type[parent] > row):
                    flow = work.section_flow[place]
                    relief = (flow[0] * (types.cable_r[row] - types.cable_r[row + 1])) / rules.voltage_v**2 * 1000.0 / rules.drop_limit_pu
                    relief += (types.cable_r_fault[row] - types.cable_r_fault[row + 1]) / zt_x * 1e-3
                    gain = relief / max(types.cable_price[row + 1] - types.cable_price[row], 1e-9)
                    if gain > best_gain:
                        best, best_gain = place, gain
                place = parent
            if best < 0:
                left += worst
                break
            work.section_type[best] += 1
    return left


@njit(cache=True)
def _arrange(work: Workspace, load: Load, size: int, cap_a: float, zt_r: float, zt_x: float, types: Types, rules: Rules) -> int:
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


@njit(cache=True)
def _price(work: Workspace, load: Load, count: int, types: Types, rules: Rules) -> tuple[float, float]:
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
def area_sums(load: Load, members: Ints) -> tuple[float, float, float, float, float]:
    """Coincidence sums and mean power (kW) of everything that hangs on ``members``."""
    active_a = 0.0
    active_b2 = 0.0
    reactive_a = 0.0
    reactive_b2 = 0.0
    mean_kw = 0.0
    for node in members:
        active_a += load.active_a[node] + load.direct_active_a[node]
        active_b2 += load.active_b2[node] + load.direct_active_b2[node]
        reactive_a += load.reactive_a[node] + load.direct_reactive_a[node]
        reactive_b2 += load.reactive_b2[node] + load.direct_reactive_b2[node]
        mean_kw += load.mean_kw[node] + load.direct_mean_kw[node]
    return active_a, active_b2, reactive_a, reactive_b2, mean_kw


@njit(cache=True)
def _forget_types(work: Workspace, count: int) -> None:
    for place in range(count):
        work.section_type[place] = 0


@njit(cache=True)
def _tightened(rules: Rules, scale: float) -> Rules:
    return Rules(
        rules.voltage_v, rules.drop_limit_pu * scale, rules.current_margin / scale, rules.loop_voltage_v * scale,
        rules.source_r, rules.source_x, rules.transformer_limit * scale, rules.feeders_max, rules.loss_price_per_kw,
        rules.no_load_price_per_kw, rules.lv_outage_price_per_kw_m, rules.transformer_outage_price_per_kw,
        rules.feeder_way_price, rules.route_price_per_m, rules.penalty,
    )  # fmt: skip


@njit(cache=True)
def evaluate(ground: Ground, load: Load, types: Types, rules: Rules, work: Workspace, root: int, members: Ints,
             used: Ints, outside_cables: Ints, limit_scale: float) -> tuple[float, float, int, int, int]:  # fmt: skip
    """Design one area: tree, feeders, sections and transformer; the best of a few ways to share cables.

    ``used`` and ``outside_cables`` count, per edge, who else digs and how many cables of others lie there. ``limit_scale``
    (at most 1) tightens drop and current for areas where the AC power flow found more than the linear sums do.

    Returns (cost without trenches, excess over limits, row of the transformer, nodes of the tree, sections). The excess is
    0 where every limit holds; the tree and the sections are left in ``work``. The cost includes the penalty of the excess.
    """
    size = grow_tree(ground, work, root, members, rules.route_price_per_m, used)
    if size < 0:
        return np.inf, np.inf, -1, 0, 0
    if limit_scale < 1.0:
        rules = _tightened(rules, limit_scale)
    guess, over, zt_r, zt_x, ways = _first_guess(load, root, members, types, rules)
    best_cost = np.inf
    best_share = 0
    best_count = 0
    for share in range(1, 6):
        cap_a = types.cable_ampacity_a[types.cable_r.size - 1] * types.grouping[min(share, types.grouping.size - 1)]
        count = _arrange(work, load, size, cap_a, zt_r, zt_x, types, rules)
        if count < 0:
            continue
        excess, cost = _size_and_price(work, load, count, ways, zt_r, zt_x, outside_cables, types, rules)
        if cost < best_cost:
            best_cost, best_share, best_count = cost, share, count
        if excess == 0.0:
            break
    if best_share == 0:
        return np.inf, np.inf, -1, 0, 0
    if best_share != share:
        cap_a = types.cable_ampacity_a[types.cable_r.size - 1] * types.grouping[min(best_share, types.grouping.size - 1)]
        best_count = _arrange(work, load, size, cap_a, zt_r, zt_x, types, rules)
        excess, best_cost = _size_and_price(work, load, best_count, ways, zt_r, zt_x, outside_cables, types, rules)
    chosen, cost, over = _with_transformer(work, load, best_count, root, members, over, guess, best_cost, types, rules)
    return cost, excess + over, chosen, size, best_count


@njit(cache=True)
def _with_transformer(work: Workspace, load: Load, count: int, root: int, members: Ints, over: float, guess: int, cost: float,
                      types: Types, rules: Rules) -> tuple[int, float, float]:  # fmt: skip
    """Transformer for the peak with its cables' losses; ``cost`` grows by all that stands at the root."""
    a, b2, qa, qb2, mean_kw = area_sums(load, members)
    _, loss_kw = _price(work, load, count, types, rules)
    active, reactive, mean_kva = a + np.sqrt(b2) + loss_kw, (qa + np.sqrt(qb2)) * 1.01, np.hypot(a, qa)
    chosen = max(_choose_transformer(active, reactive, mean_kva, load.site_limit_kva[root], types, rules), guess)
    rating = types.transformer_kva[chosen]
    cost += types.transformer_price[chosen] + types.transformer_no_load_kw[chosen] * rules.no_load_price_per_kw
    cost += types.transformer_load_kw[chosen] * (mean_kva / rating) ** 2 * rules.loss_price_per_kw
    cost += mean_kw * rules.transformer_outage_price_per_kw
    cost += load.direct_ways[root] * rules.feeder_way_price + (rules.feeder_way_price if load.active_a[root] > 0.0 else 0.0)
    over = max(over, np.hypot(active, reactive) / (rating * rules.transformer_limit) - 1.0)
    return chosen, cost + over * rules.penalty, over


@njit(cache=True)
def resize(load: Load, types: Types, rules: Rules, work: Workspace, members: Ints, count: int, outside_cables: Ints,
           limit_scale: float) -> tuple[float, float, int]:  # fmt: skip
    """Size the sections that stand in ``work`` anew for ``outside_cables``: tree and feeders stay as they are.

    Returns (cost without trenches, excess over limits, row of the transformer).
    """
    if limit_scale < 1.0:
        rules = _tightened(rules, limit_scale)
    root = work.tree_node[0]
    guess, over, zt_r, zt_x, ways = _first_guess(load, root, members, types, rules)
    excess, cost = _size_and_price(work, load, count, ways, zt_r, zt_x, outside_cables, types, rules)
    chosen, cost, over = _with_transformer(work, load, count, root, members, over, guess, cost, types, rules)
    return cost, excess + over, chosen


@njit(cache=True)
def _first_guess(load: Load, root: int, members: Ints, types: Types, rules: Rules) -> tuple[int, float, float, float, int]:
    """Transformer before cable losses are known, excess over what may stand here, fault loop up to its board, ways taken."""
    a, b2, qa, qb2, _ = area_sums(load, members)
    active, reactive = a + np.sqrt(b2), qa + np.sqrt(qb2)
    guess = _choose_transformer(active * 1.02, reactive * 1.01, np.hypot(a, qa), load.site_limit_kva[root], types, rules)
    over = 0.0
    if guess < 0:
        guess = 0
        for row in range(types.transformer_kva.size):
            if types.transformer_kva[row] <= load.site_limit_kva[root]:
                guess = row
        over = np.hypot(active, reactive) / (types.transformer_kva[guess] * rules.transformer_limit) - 1.0 + 0.02
    for member in members:
        if load.anchored[member] == 1 and member != root:
            over += 10.0
    ways = load.direct_ways[root] + (1 if load.active_a[root] > 0.0 else 0)
    return guess, over, types.transformer_r[guess] + rules.source_r, types.transformer_x[guess] + rules.source_x, ways


@njit(cache=True)
def _size_and_price(work: Workspace, load: Load, count: int, ways: int, zt_r: float, zt_x: float, outside_cables: Ints,
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
    cost, _ = _price(work, load, count, types, rules)
    return excess, cost + excess * rules.penalty
