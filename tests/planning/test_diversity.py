"""Sums on radial networks against plain recursion, on random trees."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rasana.planning.diversity import (
    along,
    branch_power,
    coincidence_columns,
    coincident_power,
    downstream,
    drop_pct,
    inherit,
    radial_tree,
)


@st.composite
def trees(draw):
    """Parents of nodes 1.. of a tree with root 0, and which way round each branch is written."""
    count = draw(st.integers(1, 20))
    parents = [draw(st.integers(0, place)) for place in range(count)]
    turned = [draw(st.booleans()) for _ in range(count)]
    return parents, turned


def grown(parents, turned):
    nodes = np.arange(1, len(parents) + 1)
    start = np.where(turned, nodes, parents)
    end = np.where(turned, parents, nodes)
    return radial_tree(len(parents) + 1, start, end, np.ones(len(parents), bool), np.array([0]))


def fed_by(parents, node):
    """All nodes that hang on ``node``, itself included."""
    return [node] + [
        below for child, parent in enumerate(parents, 1) if parent == node for below in fed_by(parents, child)
    ]


@given(trees())
def test_a_tree_has_each_nodes_parent_whichever_way_its_branch_is_written(drawn):
    tree = grown(*drawn)
    assert tree.parent[1:].tolist() == drawn[0]
    assert tree.branch[1:].tolist() == list(range(len(drawn[0])))
    assert tree.loop == -1
    place = {int(node): row for row, node in enumerate(tree.order)}
    assert all(place[parent] < place[child] for child, parent in enumerate(drawn[0], 1))


@given(trees(), st.integers(0, 1000))
def test_power_of_a_branch_is_the_coincident_peak_of_all_that_hangs_on_it(drawn, seed):
    parents, _ = drawn
    rng = np.random.default_rng(seed)
    parts = rng.uniform(0, 10, (4, len(parents) + 1))
    own = coincidence_columns(*parts)
    active, reactive = branch_power(grown(*drawn), own, len(parents))
    for child in range(1, len(parents) + 1):
        group = fed_by(parents, child)
        a_kw, b_kw, a_kvar, b_kvar = parts[:, group]
        np.testing.assert_allclose(active[child - 1], a_kw.sum() + np.sqrt((b_kw**2).sum()))
        np.testing.assert_allclose(reactive[child - 1], a_kvar.sum() + np.sqrt((b_kvar**2).sum()))


@given(trees(), st.integers(0, 1000))
def test_power_never_falls_towards_the_source_and_never_exceeds_the_sum(drawn, seed):
    parents, _ = drawn
    rng = np.random.default_rng(seed)
    own = coincidence_columns(*rng.uniform(0, 10, (4, len(parents) + 1)))
    tree = grown(*drawn)
    active, _ = coincident_power(downstream(tree.order, tree.parent, own))
    own_active, _ = coincident_power(own)
    for child, parent in enumerate(parents, 1):
        assert active[parent] >= active[child] - 1e-12
        assert active[child] <= own_active[fed_by(parents, child)].sum() + 1e-9


@given(trees(), st.integers(0, 1000))
def test_sums_along_the_way_run_from_the_root(drawn, seed):
    parents, _ = drawn
    own = np.random.default_rng(seed).uniform(0, 1, (len(parents), 2))
    tree = grown(*drawn)
    way = along(tree.order, tree.parent, tree.branch, own)
    np.testing.assert_array_equal(way[0], 0.0)
    for child, parent in enumerate(parents, 1):
        np.testing.assert_allclose(way[child], way[parent] + own[child - 1])


def test_what_is_open_feeds_nothing_and_a_closed_ring_is_seen():
    start, end = np.array([0, 1, 2]), np.array([1, 2, 0])
    open_ring = radial_tree(3, start, end, np.array([True, False, True]), np.array([0]))
    assert open_ring.loop == -1
    assert open_ring.root.tolist() == [0, 0, 0]
    assert radial_tree(3, start, end, np.ones(3, bool), np.array([0])).loop >= 0
    dead = radial_tree(3, start, end, np.array([True, False, False]), np.array([0]))
    assert dead.root.tolist() == [0, 0, -1]


def test_two_roots_with_a_closed_way_between_them_are_a_loop():
    tree = radial_tree(3, np.array([0, 1]), np.array([1, 2]), np.ones(2, bool), np.array([0, 2]))
    assert tree.loop >= 0


def test_the_nearest_value_is_inherited():
    tree = radial_tree(4, np.array([0, 1, 2]), np.array([1, 2, 3]), np.ones(3, bool), np.array([0]))
    assert inherit(tree.order, tree.parent, np.array([-1, 7, -1, 9])).tolist() == [-1, 7, 7, 9]


def test_drop_by_hand():
    # 100 kW and 50 kvar over 0.05 + j0.02 ohm at 400 V: (0.05 * 100 + 0.02 * 50) * 1000 / 400^2 = 3.75 %
    value = drop_pct(np.array([100.0]), np.array([50.0]), np.array([0.05]), np.array([0.02]), 400.0)
    np.testing.assert_allclose(value, 3.75)
