"""Radial trees as columns: row i holds node i and the branch that feeds it from ``parent[i]``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Tree:
    """Nodes in depth-first order: each comes after its parent, and what hangs below a node follows it without a gap.

    - ``order``: (n,) the caller's row at each place. ``parent``: (n,) place of the parent, -1 for a root.
    - ``depth``: (n,) number of branches up to the root.
    """

    order: Ints
    parent: Ints
    depth: Ints


def depth_first(parent: ArrayLike) -> Tree:
    """Depth-first order of a forest; rows may come in any order.

    ``parent``: (n,) row of each node's parent, -1 for roots. Raises ``ValueError`` where a row is out of range or nodes
    hang on no root (a loop).
    """
    rows = np.ascontiguousarray(parent, np.int64)
    if rows.ndim != 1:
        raise ValueError("parents of a tree are one column")
    if rows.size and (rows.min() < -1 or rows.max() >= rows.size):
        raise ValueError("a parent is not a row of the tree")
    order, place, depth = _walk(rows)
    if order.size < rows.size:
        raise ValueError(f"{rows.size - order.size} nodes hang on no root: there is a loop")
    above = rows[order]
    return Tree(order, np.where(above < 0, -1, place[above]), depth)


@njit(cache=True)
def _walk(parent: Ints) -> tuple[Ints, Ints, Ints]:
    """Order, place of each row in it, and depth at each place; rows that no root reaches are left out."""
    count = parent.size
    first_child = np.full(count + 1, -1, np.int64)
    next_sibling = np.full(count, -1, np.int64)
    for row in range(count - 1, -1, -1):
        next_sibling[row] = first_child[parent[row]]  # the children of -1, the roots, are in the last entry
        first_child[parent[row]] = row
    order = np.empty(count, np.int64)
    place = np.empty(count, np.int64)
    depth = np.empty(count, np.int64)
    reached = 0
    row = first_child[count]
    level = 0
    while row >= 0:
        order[reached] = row
        place[row] = reached
        depth[reached] = level
        reached += 1
        if first_child[row] >= 0:
            row = first_child[row]
            level += 1
            continue
        while row >= 0 and next_sibling[row] < 0:
            row = parent[row]
            level -= 1
        if row >= 0:
            row = next_sibling[row]
    return order[:reached], place, depth[:reached]
