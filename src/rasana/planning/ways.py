"""Ways along the streets: the graph that cables follow, shortest ways on it, and trees grown from them.

These kernels are called hundreds of thousands of times by the search, so they work on flat arrays and on one
reusable ``Workspace``.
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


class Ground(NamedTuple):
    """Where cables may run: the street graph in CSR form and what a trench costs on each of its edges."""

    first: Ints
    neighbour: Ints
    edge: Ints
    length_m: Floats
    trench_price: Floats
    x: Floats
    y: Floats


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
    tree_member: Ints
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
    item_group: Ints
    item_sums: Floats
    feeder_fuse: Ints
    feeder_last: Ints


def make_workspace(nodes: int) -> Workspace:
    """Memory for a graph of ``nodes`` nodes."""

    def ints(size: int) -> Ints:
        return np.zeros(size, np.int64)

    return Workspace(
        stamp=ints(nodes), clock=np.full(1, 10, np.int64), distance=np.zeros(nodes), before=ints(nodes),
        before_edge=ints(nodes), heap_key=np.zeros(8 * nodes + 64), heap_node=ints(8 * nodes + 64),
        settled=ints(nodes), local=ints(nodes),
        tree_node=ints(EDGES_MAX + 1), tree_parent=ints(EDGES_MAX + 1), tree_edge=ints(EDGES_MAX + 1),
        tree_length=np.zeros(EDGES_MAX + 1), tree_cables=ints(EDGES_MAX + 1), tree_member=ints(EDGES_MAX + 1),
        section_node=ints(SECTIONS_MAX), section_parent=ints(SECTIONS_MAX), section_next=ints(SECTIONS_MAX),
        section_feeder=ints(SECTIONS_MAX), section_type=ints(SECTIONS_MAX), section_sums=np.zeros((SECTIONS_MAX, 4)),
        section_flow=np.zeros((SECTIONS_MAX, 5)), section_state=np.zeros((SECTIONS_MAX, 6)),
        waiting=ints(EDGES_MAX + 1), item=ints(GROUPS_MAX), item_group=ints(GROUPS_MAX),
        item_sums=np.zeros((2 * GROUPS_MAX, 9)), feeder_fuse=ints(SECTIONS_MAX), feeder_last=ints(SECTIONS_MAX),
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
    """Cheapest ways from ``source`` until every target is settled: price_per_m x length, and trench where nobody digs.

    ``used`` counts who already digs on each edge; a negative ``price_per_m`` asks for plain length. Returns how many
    nodes were settled (their ids, in order, in ``work.settled``), or -1 where a target can't be reached.
    A* search: no way out of the box around the targets and back is cheaper than by air (Hart, Nilsson, Raphael 1968).
    """
    work.clock[0] += 2
    seen = work.clock[0]
    done = seen + 1
    wanted = 0
    west, east, south, north = np.inf, -np.inf, np.inf, -np.inf
    by_air = 1.0 if price_per_m < 0.0 else price_per_m
    for target in targets:
        west, east = min(west, ground.x[target]), max(east, ground.x[target])
        south, north = min(south, ground.y[target]), max(north, ground.y[target])
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
        size = _pop(work.heap_key, work.heap_node, size)
        if work.stamp[node] == done:
            continue
        work.stamp[node] = done
        reached = work.distance[node]
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
                east_west = max(west - ground.x[other], ground.x[other] - east, 0.0)
                north_south = max(south - ground.y[other], ground.y[other] - north, 0.0)
                still = np.sqrt(east_west * east_west + north_south * north_south) * by_air
                size = _push(work.heap_key, work.heap_node, size, further + still, other)
    return -1


@njit(cache=True)
def shortest_between(ground: Ground, work: Workspace, source: int, target: int, price_per_m: float, used: Ints) -> bool:
    """Cheapest way from ``source`` to ``target``, left in ``work`` as by ``shortest``; False where there is none.

    A* search: no way is cheaper than the cable by air (Hart, Nilsson, Raphael 1968).
    """
    work.clock[0] += 2
    seen = work.clock[0]
    done = seen + 1
    to_x, to_y = ground.x[target], ground.y[target]
    work.stamp[source] = seen
    work.distance[source] = 0.0
    work.before[source] = -1
    work.before_edge[source] = -1
    size = _push(work.heap_key, work.heap_node, 0, 0.0, source)
    while size > 0:
        node = work.heap_node[0]
        size = _pop(work.heap_key, work.heap_node, size)
        if node == target:
            return True
        if work.stamp[node] == done:
            continue
        work.stamp[node] = done
        reached = work.distance[node]
        for place in range(ground.first[node], ground.first[node + 1]):
            other = ground.neighbour[place]
            if work.stamp[other] == done:
                continue
            edge = ground.edge[place]
            further = reached + ground.length_m[edge] * price_per_m
            if used[edge] == 0:
                further += ground.trench_price[edge]
            if work.stamp[other] != seen or further < work.distance[other] - 1e-9:
                work.stamp[other] = seen
                work.distance[other] = further
                work.before[other] = node
                work.before_edge[other] = edge
                by_air = np.hypot(ground.x[other] - to_x, ground.y[other] - to_y) * price_per_m
                size = _push(work.heap_key, work.heap_node, size, further + by_air, other)
    return False


@njit(cache=True)
def grow_tree(ground: Ground, work: Workspace, root: int, members: Ints, price_per_m: float, used: Ints) -> int:
    """The tree of cheapest ways from ``root`` to ``members`` in ``work.tree_*``; parents stand before children.

    Returns the number of its nodes, or -1 where a member can't be reached or the tree is too large.
    """
    local, settled, before = work.local, work.settled, work.before
    tree_node, tree_member, tree_parent = work.tree_node, work.tree_member, work.tree_parent
    tree_edge, tree_length, before_edge = work.tree_edge, work.tree_length, work.before_edge
    count = shortest(ground, work, root, members, price_per_m, used)
    if count < 0:
        return -1
    for place in range(count):
        local[settled[place]] = -1
    for member in members:
        node = member
        while node >= 0 and local[node] == -1:
            local[node] = -2
            node = before[node]
    local[root] = -2
    size = 0
    for place in range(count):
        node = settled[place]
        if local[node] != -2:
            continue
        if size > EDGES_MAX:
            return -1
        local[node] = size
        tree_node[size] = node
        tree_member[size] = 0
        if size == 0:
            tree_parent[0] = -1
            tree_edge[0] = -1
            tree_length[0] = 0.0
        else:
            parent = local[before[node]]
            tree_parent[size] = parent
            tree_edge[size] = before_edge[node]
            tree_length[size] = tree_length[parent] + ground.length_m[before_edge[node]]
        size += 1
    for member in members:
        tree_member[local[member]] = 1
    return size
