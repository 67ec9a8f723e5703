"""Depth-first order of radial trees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasana.planning.tree import depth_first


@st.composite
def forests(draw: st.DrawFn) -> np.ndarray:
    """Parents of a random forest whose rows are in random order."""
    size = draw(st.integers(1, 40))
    grown = [draw(st.integers(-1, row - 1)) for row in range(size)]
    name = np.array(draw(st.permutations(range(size))))
    parent = np.empty(size, np.int64)
    for row, above in enumerate(grown):
        parent[name[row]] = -1 if above < 0 else name[above]
    return parent


def descendants(parent: np.ndarray, node: int) -> set[int]:
    """The node and all below it, by asking every row for its way up."""
    found = set()
    for row in range(parent.size):
        above = row
        while above not in (node, -1):
            above = parent[above]
        if above == node:
            found.add(row)
    return found


@given(forests())
def test_every_row_stands_once_and_after_its_parent(parent):
    tree = depth_first(parent)
    assert sorted(tree.order) == list(range(parent.size))
    for place, row in enumerate(tree.order):
        above = tree.parent[place]
        assert above < place
        assert (parent[row] == -1) if above < 0 else (tree.order[above] == parent[row])
        assert tree.depth[place] == (0 if above < 0 else tree.depth[above] + 1)


@given(forests())
def test_what_hangs_below_a_node_follows_it_without_a_gap(parent):
    tree = depth_first(parent)
    for place, row in enumerate(tree.order):
        below = descendants(parent, row)
        assert set(tree.order[place : place + len(below)]) == below


def test_an_empty_tree_has_an_empty_order():
    assert depth_first(np.empty(0, np.int64)).order.size == 0


def test_a_chain_of_a_hundred_thousand_nodes_is_ordered():
    tree = depth_first(np.arange(-1, 99_999))
    assert np.array_equal(tree.order, np.arange(100_000))
    assert tree.depth[-1] == 99_999


@pytest.mark.parametrize(
    ("parent", "reason"),
    [([-1, 2, 1], "loop"), ([0], "loop"), ([-1, 5], "not a row"), ([-2], "not a row"), ([[-1]], "one column")],
)
def test_what_is_no_tree_is_refused(parent, reason):
    with pytest.raises(ValueError, match=reason):
        depth_first(parent)
