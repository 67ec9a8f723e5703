"""Compiled kernels of capacitated spanning trees: savings, trees of groups, annealing.

The root is the last row of every ``distance``; groups are numbered 0 to n - 1, a group's tree joins its members and
the root.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Indices = NDArray[np.int64]

ROOM = 1e-9
"""Relative slack of the capacity, for sums that differ in the last digits only."""
OPENING, EXCHANGES, SUBTREES = 0.02, 0.4, 0.2
"""Shares of annealing moves: into an empty group, exchanges, whole subtrees; the rest moves one node."""
SAMPLES = 1000
"""Groupings of one annealing run whose groups are kept for set partitioning."""


@njit(cache=True)
def esau_williams(distance: Matrix, demand: Vector, capacity: float) -> Indices:
    """Group of every node by savings (Esau and Williams 1966); the root is the last row of ``distance``."""
    n = len(demand)
    group, load, gate = np.arange(n), demand.copy(), distance[n, :n].copy()
    while True:
        best, first, second = 1e-12, -1, -1
        for i in range(n):
            for j in range(n):
                a, b = group[i], group[j]
                if a != b and gate[a] - distance[i, j] > best and load[a] + load[b] <= capacity * (1.0 + ROOM):
                    best, first, second = gate[a] - distance[i, j], a, b
        if first < 0:
            return group
        load[second] += load[first]
        gate[second] = min(gate[second], gate[first]) if gate[first] < gate[second] else gate[second]
        for i in range(n):
            if group[i] == first:
                group[i] = second


@njit(cache=True)
def tree_cost(distance: Matrix, nodes: Indices, count: int, key: Vector, left: Indices) -> float:
    """Cost of the minimum spanning tree of some nodes and the root (Prim); ``key`` and ``left`` are scratch."""
    root = distance.shape[0] - 1
    for i in range(count):
        left[i] = nodes[i]
        key[i] = distance[root, nodes[i]]
    total = 0.0
    m = count
    while m > 0:
        nearest = 0
        for i in range(1, m):
            if key[i] < key[nearest]:
                nearest = i
        total += key[nearest]
        node = left[nearest]
        m -= 1
        left[nearest], key[nearest] = left[m], key[m]
        for i in range(m):
            if distance[node, left[i]] < key[i]:
                key[i] = distance[node, left[i]]
    return total


@njit(cache=True)
def groups_cost(distance: Matrix, group: Indices) -> float:
    """Cost of the trees of all groups (numbers 0 to n - 1)."""
    n = len(group)
    key, left, total = np.empty(n), np.empty(n, dtype=np.int64), 0.0
    for g in range(n):
        members = np.flatnonzero(group == g)
        total += tree_cost(distance, members, len(members), key, left)
    return total


@njit(cache=True)
def tree_parents(distance: Matrix, nodes: Indices, count: int, parent: Indices) -> None:
    """Write the parent (node number, root: last) of each of some nodes in their minimum spanning tree with the root."""
    root = distance.shape[0] - 1
    left, key, via = nodes[:count].copy(), np.empty(count), np.full(count, root)
    for i in range(count):
        key[i] = distance[root, nodes[i]]
    m = count
    while m > 0:
        nearest = 0
        for i in range(1, m):
            if key[i] < key[nearest]:
                nearest = i
        node = left[nearest]
        parent[node] = via[nearest]
        m -= 1
        left[nearest], key[nearest], via[nearest] = left[m], key[m], via[m]
        for i in range(m):
            if distance[node, left[i]] < key[i]:
                key[i], via[i] = distance[node, left[i]], node


@njit(cache=True)
def _subtree(parent: Indices, nodes: Indices, count: int, top: int, out: Indices) -> int:
    """Members of the subtree below ``top`` within one group; returns how many."""
    out[0], found = top, 1
    done = 0
    while done < found:
        for i in range(count):
            if parent[nodes[i]] == out[done]:
                out[found] = nodes[i]
                found += 1
        done += 1
    return found


class _Groups(NamedTuple):
    """Groups as the annealing holds them: members, how many, load, cost of the tree; and the group of each node."""

    member: Indices
    size: Indices
    load: Vector
    cost: Vector
    group: Indices


class _Scratch(NamedTuple):
    """Space for one move: the two groups after it, the nodes that move, trees."""

    one: Indices
    other: Indices
    moved: Indices
    parent: Indices
    left: Indices
    key: Vector


@njit(cache=True)
def _make_groups(distance: Matrix, demand: Vector, group: Indices, scratch: _Scratch) -> _Groups:
    n = len(demand)
    member, size = np.zeros((n, n), dtype=np.int64), np.zeros(n, dtype=np.int64)
    groups = _Groups(member, size, np.zeros(n), np.zeros(n), group.copy())
    for i in range(n):
        groups.member[group[i], groups.size[group[i]]] = i
        groups.size[group[i]] += 1
        groups.load[group[i]] += demand[i]
    for g in range(n):
        groups.cost[g] = tree_cost(distance, groups.member[g], groups.size[g], scratch.key, scratch.left)
    return groups


@njit(cache=True)
def _copy_without(nodes: Indices, count: int, removed: Indices, removals: int, out: Indices) -> int:
    kept = 0
    for i in range(count):
        stays = True
        for j in range(removals):
            if nodes[i] == removed[j]:
                stays = False
                break
        if stays:
            out[kept] = nodes[i]
            kept += 1
    return kept


@njit(cache=True)
def _choose_move(distance: Matrix, near: Indices, groups: _Groups, scratch: _Scratch) -> tuple[int, int, int, int]:
    """A random move: (from group, to group, how many nodes in ``scratch.moved``, node that comes back or -1)."""
    n = len(groups.group)
    node = np.random.randint(n)
    start, target, back = groups.group[node], -1, -1
    kind = np.random.random()
    if np.random.random() < OPENING:
        for g in range(n):
            if groups.size[g] == 0:
                target = g
                break
    else:
        target = groups.group[near[node, int(near.shape[1] * np.random.random() ** 2)]]
        if target != start and SUBTREES < kind < SUBTREES + EXCHANGES:
            back = groups.member[target, np.random.randint(groups.size[target])]
    count = 1
    scratch.moved[0] = node
    if kind < SUBTREES and target >= 0 and target != start:
        tree_parents(distance, groups.member[start], groups.size[start], scratch.parent)
        count = _subtree(scratch.parent, groups.member[start], groups.size[start], node, scratch.moved)
    return start, target, count, back


@njit(cache=True)
def _try_move(
    distance: Matrix, demand: Vector, limit: float, groups: _Groups, scratch: _Scratch,
    start: int, target: int, count: int, back: int, allowed: float,
) -> float:  # fmt: skip
    """Make a move where capacity holds and it costs less than ``allowed``; returns the change (infinite: not made)."""
    shift = -demand[back] if back >= 0 else 0.0
    for node in scratch.moved[:count]:
        shift += demand[node]
    if groups.load[target] + shift > limit or groups.load[start] - shift > limit:
        return np.inf
    one, other = scratch.one, scratch.other
    size_one = _copy_without(groups.member[start], groups.size[start], scratch.moved, count, one)
    other[groups.size[target]] = back
    size_other = _copy_without(groups.member[target], groups.size[target], other[groups.size[target] :], 1, other)
    for node in scratch.moved[:count]:
        other[size_other] = node
        size_other += 1
    if back >= 0:
        one[size_one] = back
        size_one += 1
    cost_one = tree_cost(distance, one, size_one, scratch.key, scratch.left)
    cost_other = tree_cost(distance, other, size_other, scratch.key, scratch.left)
    change = cost_one + cost_other - groups.cost[start] - groups.cost[target]
    if change > allowed:
        return np.inf
    groups.member[start, :size_one], groups.member[target, :size_other] = one[:size_one], other[:size_other]
    groups.size[start], groups.size[target] = size_one, size_other
    groups.cost[start], groups.cost[target] = cost_one, cost_other
    groups.load[start] -= shift
    groups.load[target] += shift
    for node in scratch.moved[:count]:
        groups.group[node] = target
    if back >= 0:
        groups.group[back] = start
    return float(change)


@njit(cache=True)
def anneal_groups(
    distance: Matrix,
    demand: Vector,
    capacity: float,
    near: Indices,
    group: Indices,
    hot: float,
    cold: float,
    moves: int,
    seed: int,
) -> tuple[Indices, float, Indices]:
    """Simulated annealing on groups (numbers 0 to n - 1), temperature falling geometrically.

    Moves between the group of a node and that of a near one (``near``: nodes x neighbours), or an empty one: the node
    alone, an exchange of two nodes, the subtree below the node. Returns the best groups, their cost and samples of the
    groups that the colder half passed through (samples x nodes).
    """
    np.random.seed(seed)
    n = len(demand)
    scratch = _Scratch(
        np.empty(n + 2, dtype=np.int64), np.empty(n + 2, dtype=np.int64), np.empty(n + 2, dtype=np.int64),
        np.full(n + 2, -1), np.empty(n + 2, dtype=np.int64), np.empty(n + 2),
    )  # fmt: skip
    groups = _make_groups(distance, demand, group, scratch)
    total = groups.cost.sum()
    best, best_cost = group.copy(), total
    samples = np.repeat(group, SAMPLES).reshape(n, SAMPLES).T.copy()
    limit, temperature, cooling = capacity * (1.0 + ROOM), hot, (cold / hot) ** (1.0 / max(moves, 1))
    for move in range(moves):
        temperature *= cooling
        if 3 * move >= moves:
            samples[(3 * move - moves) * SAMPLES // (2 * moves)] = groups.group
        start, target, count, back = _choose_move(distance, near, groups, scratch)
        if target < 0 or target == start:
            continue
        allowed = -temperature * np.log(1.0 - np.random.random())
        change = _try_move(distance, demand, limit, groups, scratch, start, target, count, back, allowed)
        if change < np.inf:
            total += change
            if total < best_cost - 1e-9:
                best[:], best_cost = groups.group, total
    return best, best_cost, samples
