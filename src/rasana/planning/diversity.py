"""Sums on a radial network: who hangs on which branch, what its group draws at once, what adds up along the way.

Groups follow the one coincidence rule: P = sum(a_kw) + sqrt(sum(b_kw^2)), Q likewise. Sums of a and of b^2 are
additive, so that one pass from the leaves to the sources gives every section's coincident flow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Tree(NamedTuple):
    """A radial network in feeding order.

    ``order``: nodes that a root feeds, roots first, parents before children. For each node (-1 where it has none):
    ``parent``, ``branch`` (the one it is fed through) and ``root``. ``loop``: a branch that closes a ring, or -1.
    """

    order: Ints
    parent: Ints
    branch: Ints
    root: Ints
    loop: int


@njit(cache=True)
def _grow(nodes: int, start: Ints, end: Ints, closed: Bools, roots: Ints) -> tuple[Ints, Ints, Ints, Ints, int]:
    first = np.zeros(nodes + 1, np.int64)
    for row in range(start.size):
        if closed[row]:
            first[start[row] + 1] += 1
            first[end[row] + 1] += 1
    first = np.cumsum(first)
    fill = first[:-1].copy()
    at = np.empty(first[-1], np.int64)
    for row in range(start.size):
        if closed[row]:
            at[fill[start[row]]] = row
            fill[start[row]] += 1
            at[fill[end[row]]] = row
            fill[end[row]] += 1
    order = np.empty(nodes, np.int64)
    parent = np.full(nodes, -1, np.int64)
    branch = np.full(nodes, -1, np.int64)
    root = np.full(nodes, -1, np.int64)
    count = 0
    loop = -1
    for node in roots:
        root[node] = node
        order[count] = node
        count += 1
    place = 0
    while place < count:
        node = order[place]
        place += 1
        for turn in range(first[node], first[node + 1]):
            row = at[turn]
            if row == branch[node]:
                continue
            other = start[row] + end[row] - node
            if root[other] >= 0:
                loop = row
                continue
            root[other] = root[node]
            parent[other] = node
            branch[other] = row
            order[count] = other
            count += 1
    return order[:count], parent, branch, root, loop


def radial_tree(nodes: int, start: Ints, end: Ints, closed: Bools, roots: Ints) -> Tree:
    """The trees that grow from ``roots`` through the closed branches ``start[i]`` to ``end[i]`` (rows of nodes)."""
    return Tree(*_grow(nodes, start, end, closed, roots))


@njit(cache=True)
def downstream(order: Ints, parent: Ints, own: Floats) -> Floats:
    """Sum of ``own`` (nodes, columns) over each node and all that it feeds."""
    total = own.copy()
    for place in range(order.size - 1, -1, -1):
        node = order[place]
        if parent[node] >= 0:
            total[parent[node]] += total[node]
    return total


@njit(cache=True)
def along(order: Ints, parent: Ints, branch: Ints, own: Floats) -> Floats:
    """Sum of ``own`` (branches, columns) on the way from its root to each node."""
    total = np.zeros((parent.size, own.shape[1]))
    for node in order:
        if parent[node] >= 0:
            total[node] = total[parent[node]] + own[branch[node]]
    return total


@njit(cache=True)
def inherit(order: Ints, parent: Ints, own: Ints) -> Ints:
    """The nearest value of ``own`` (nodes,) that is not -1, on the way from each node to its root; -1 without one."""
    found = own.copy()
    for node in order:
        if found[node] < 0 and parent[node] >= 0:
            found[node] = found[parent[node]]
    return found


def coincidence_columns(a_kw: Floats, b_kw: Floats, a_kvar: Floats, b_kvar: Floats) -> Floats:
    """The four additive columns a_kw, b_kw^2, a_kvar, b_kvar^2 of plots or groups: (rows, 4)."""
    return np.column_stack([a_kw, np.square(b_kw), a_kvar, np.square(b_kvar)]).astype(np.float64)


def coincident_power(columns: Floats) -> tuple[Floats, Floats]:
    """Active and reactive power (kW, kvar) that groups draw at once; ``columns`` (..., 4) are sums over members."""
    active = columns[..., 0] + np.sqrt(np.maximum(columns[..., 1], 0.0))
    reactive = columns[..., 2] + np.sqrt(np.maximum(columns[..., 3], 0.0))
    return active, reactive


def branch_power(tree: Tree, own: Floats, branches: int) -> tuple[Floats, Floats]:
    """Coincident power (kW, kvar) through each branch from ``own`` (nodes, 4), the columns of what hangs on each node.

    Branches outside the tree carry nothing.
    """
    active, reactive = coincident_power(downstream(tree.order, tree.parent, own))
    through = np.zeros((2, branches))
    fed = tree.branch >= 0
    through[0, tree.branch[fed]] = active[fed]
    through[1, tree.branch[fed]] = reactive[fed]
    return through[0], through[1]


def drop_pct(active_kw: Floats, reactive_kvar: Floats, r_ohm: Floats, x_ohm: Floats, voltage_v: float) -> Floats:
    """Drop of voltage along branches in percent of nominal: (R P + X Q) / U^2, the longitudinal part."""
    return np.asarray((r_ohm * active_kw + x_ohm * reactive_kvar) * 1000.0 / voltage_v**2 * 100.0, dtype=np.float64)
