"""Ways along the streets: cheapest by any other algorithm too, and trees that are trees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from rasana.planning.ways import Ground, grow_tree, make_workspace, shortest, shortest_between


def make_ground(x, y, ends, length_m, trench_price) -> Ground:
    """Ground of a graph: ``ends`` is (edges, 2)."""
    ends = np.asarray(ends, np.int64).reshape(-1, 2)
    node = np.concatenate([ends[:, 0], ends[:, 1]])
    order = np.argsort(node, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=len(x)))]).astype(np.int64)
    return Ground(
        first, np.concatenate([ends[:, 1], ends[:, 0]])[order], np.tile(np.arange(len(ends)), 2)[order],
        np.asarray(length_m, float), np.asarray(trench_price, float), np.asarray(x, float), np.asarray(y, float),
    )  # fmt: skip


def random_ground(seed: int, nodes: int, extra: int) -> tuple[Ground, np.ndarray, np.ndarray]:
    """A connected graph in the plane with bent edges, some parallel; its edges' ends, and who digs already."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 300, (2, nodes))
    ends = [(row, int(rng.integers(row))) for row in range(1, nodes)]
    ends += [tuple(rng.choice(nodes, 2, replace=False)) for _ in range(extra if nodes > 1 else 0)]
    ends = np.array(ends, np.int64).reshape(-1, 2)
    by_air = np.hypot(x[ends[:, 0]] - x[ends[:, 1]], y[ends[:, 0]] - y[ends[:, 1]])
    length_m = by_air * rng.choice([1.0, 1.3, 2.0], len(ends)) + 0.1
    used = rng.integers(0, 2, len(ends))
    return make_ground(x, y, ends, length_m, length_m * rng.choice([0.0, 10.0, 18.0], len(ends))), ends, used


def by_scipy(ground: Ground, ends: np.ndarray, weight: np.ndarray, source: int) -> np.ndarray:
    nodes = len(ground.first) - 1
    best: dict[tuple[int, int], float] = {}
    for (a, b), price in zip(ends, weight, strict=True):
        key = (min(a, b), max(a, b))
        best[key] = min(price, best.get(key, np.inf))
    rows, columns = np.array(list(best), np.int64).reshape(-1, 2).T
    graph = coo_matrix((np.array(list(best.values())), (rows, columns)), shape=(nodes, nodes))
    return dijkstra(graph.tocsr(), directed=False, indices=source)


GRAPHS = st.tuples(st.integers(0, 2**32 - 1), st.integers(2, 40), st.integers(0, 40))


@given(GRAPHS, st.sampled_from([-1.0, 0.5, 20.0]))
def test_ways_cost_what_dijkstra_of_scipy_finds(graph, price_per_m):
    ground, ends, used = random_ground(*graph)
    nodes = len(ground.first) - 1
    work = make_workspace(nodes)
    trench = np.where((used == 0) & (price_per_m >= 0.0), ground.trench_price, 0.0)
    weight = ground.length_m * abs(price_per_m) + trench
    targets = np.arange(1, nodes)
    assert shortest(ground, work, 0, targets, price_per_m, used) > 0
    np.testing.assert_allclose(work.distance[targets], by_scipy(ground, ends, weight, 0)[1:], rtol=1e-9)


@given(GRAPHS)
def test_the_way_between_two_nodes_hangs_together_and_is_as_cheap_as_can_be(graph):
    ground, ends, used = random_ground(*graph)
    nodes = len(ground.first) - 1
    work = make_workspace(nodes)
    weight = ground.length_m * 3.0 + np.where(used == 0, ground.trench_price, 0.0)
    assert shortest_between(ground, work, 0, nodes - 1, 3.0, used)
    node, price = nodes - 1, 0.0
    while node != 0:
        edge = work.before_edge[node]
        assert {node, int(work.before[node])} == set(ends[edge].tolist())
        price += weight[edge]
        node = int(work.before[node])
    assert price == pytest.approx(by_scipy(ground, ends, weight, 0)[nodes - 1], rel=1e-9)


@given(GRAPHS, st.integers(1, 12))
def test_a_grown_tree_is_a_tree_of_cheapest_ways_to_its_members(graph, wanted):
    ground, ends, used = random_ground(*graph)
    nodes = len(ground.first) - 1
    work = make_workspace(nodes)
    members = np.unique(np.random.default_rng(graph[0]).integers(nodes, size=wanted))
    size = grow_tree(ground, work, 0, members, 3.0, used)
    tree, parent, edge = work.tree_node[:size], work.tree_parent[:size], work.tree_edge[:size]
    assert tree[0] == 0
    assert parent[0] == -1
    assert len(set(tree.tolist())) == size
    assert set(members.tolist()) == set(tree[work.tree_member[:size] == 1].tolist())
    price = np.zeros(size)
    for place in range(1, size):
        assert 0 <= parent[place] < place
        assert {int(tree[place]), int(tree[parent[place]])} == set(ends[edge[place]].tolist())
        step = work.tree_length[place] - work.tree_length[parent[place]]
        assert step == pytest.approx(ground.length_m[edge[place]])
        digging = 0.0 if used[edge[place]] else ground.trench_price[edge[place]]
        price[place] = price[parent[place]] + 3.0 * ground.length_m[edge[place]] + digging
    leaves = set(range(1, size)) - set(parent.tolist())
    assert all(work.tree_member[place] == 1 for place in leaves)
    weight = ground.length_m * 3.0 + np.where(used == 0, ground.trench_price, 0.0)
    np.testing.assert_allclose(price, by_scipy(ground, ends, weight, 0)[tree], rtol=1e-9)


def test_what_can_not_be_reached_is_said():
    ground = make_ground([0.0, 10.0, 500.0, 510.0], [0.0] * 4, [(0, 1), (2, 3)], [10.0, 10.0], [0.0, 0.0])
    work, used = make_workspace(4), np.zeros(2, np.int64)
    assert shortest(ground, work, 0, np.array([1]), 1.0, used) == 2
    assert shortest(ground, work, 0, np.array([1, 3]), 1.0, used) == -1
    assert grow_tree(ground, work, 0, np.array([3]), 1.0, used) == -1
    assert not shortest_between(ground, work, 0, 3, 1.0, used)
    assert shortest_between(ground, work, 2, 3, 1.0, used)
