from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.feeders import instances, make, read
from rasana.planning.feeder_bound import bound_tree
from rasana.planning.feeder_search import esau_williams, groups_cost
from rasana.planning.feeders import Grouping, group

TC40 = Path(__file__).parents[3] / "shared" / "data" / "or" / "cmst" / "tc40-1.txt"


def assert_tree(found: Grouping, distance, demand, capacity, root):
    rows = np.delete(np.arange(len(distance)), root)
    number = {int(row): i for i, row in enumerate(rows)}
    assert found.cost == pytest.approx(distance[rows, found.parent].sum())
    load = np.bincount(found.cluster, demand)
    assert (load <= capacity + 1e-9).all()
    for i in range(len(rows)):
        steps, node = 0, i
        while int(found.parent[node]) != rows_root(len(distance), root):
            node = number[int(found.parent[node])]
            assert found.cluster[node] == found.cluster[i], "a branch is one feeder"
            steps += 1
            assert steps < len(rows), "no circles"
    tops = found.parent == rows_root(len(distance), root)
    assert len(np.unique(found.cluster[tops])) == tops.sum() == found.cluster.max() + 1


def rows_root(size, root):
    return range(size)[root]


def brute_force(distance, demand, capacity):
    """Cheapest partition of all nodes into groups, each with its spanning tree."""
    n = len(demand)
    cost = {}

    def partitions(items):
        if not items:
            yield []
            return
        first, rest = items[0], items[1:]
        for mask in range(1 << len(rest)):
            block = (first, *(x for i, x in enumerate(rest) if mask >> i & 1))
            left = [x for i, x in enumerate(rest) if not mask >> i & 1]
            if demand[list(block)].sum() <= capacity:
                if block not in cost:
                    label = np.full(n, 1)
                    label[list(block)] = 0
                    alone = np.where(label == 0)[0]
                    sub = distance[np.ix_([*alone, n], [*alone, n])]
                    cost[block] = groups_cost(sub, np.zeros(len(alone), dtype=np.int64))
                yield from ([block, *others] for others in partitions(left))

    return min(sum(cost[block] for block in choice) for choice in partitions(list(range(n))))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), capacity=st.integers(2, 4), root=st.integers(0, 7))
def test_small_cases_reach_the_optimum_found_by_trying_all_groups_and_the_bound_stays_below(seed, capacity, root):
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.integers(1, 50, (8, 8)), 1).astype(float)
    distance, demand = upper + upper.T, np.ones(7)
    order = [*np.delete(np.arange(8), root), root]
    best = brute_force(distance[np.ix_(order, order)], demand, capacity)
    found = group(distance, demand, capacity, root=root, rounds=2, moves=20_000, bound_rounds=20)
    assert_tree(found, distance, demand, capacity, root)
    assert found.cost == best
    assert found.bound <= best


def test_without_a_limit_the_tree_is_the_minimum_spanning_tree_and_proven():
    case = make("tc", 30, 30, 3)
    found = group(case.distance, case.demand, 30, rounds=1, moves=2_000, bound_rounds=30)
    assert found.optimal
    assert found.cost == groups_cost(case.distance, np.zeros(30, dtype=np.int64))


@pytest.mark.parametrize(("kind", "capacity"), [("tc", 5), ("te", 10), ("cm", 200)])
def test_trees_keep_their_capacity_beat_savings_and_repeat(kind, capacity):
    case = make(kind, 50, capacity, 1)
    found, again = (group(case.distance, case.demand, capacity, seed=3, rounds=2, moves=100_000) for _ in range(2))
    assert_tree(found, case.distance, case.demand, capacity, -1)
    np.testing.assert_array_equal(found.parent, again.parent)
    savings = groups_cost(case.distance, esau_williams(case.distance, case.demand, capacity))
    assert found.cost < savings
    assert bound_tree(case.distance, case.demand, capacity, 10, lambda: np.inf) <= found.cost


def test_one_node_hangs_on_the_root_and_a_node_too_large_is_refused():
    found = group([[0.0, 3.0], [3.0, 0.0]], [2.0], 2.0)
    assert (found.cost, found.parent.tolist(), found.cluster.tolist()) == (3.0, [1], [0])
    with pytest.raises(ValueError, match="exceeds"):
        group([[0.0, 3.0], [3.0, 0.0]], [2.5], 2.0)


def written(case, weights, tmp_path, *, name=""):
    text = f"{name}\n {len(case.demand)} \n"
    numbers = [*case.distance.ravel(), *weights]
    text += "\n".join(" ".join(f"{x:g}" for x in numbers[i : i + 20]) for i in range(0, len(numbers), 20))
    path = tmp_path / "instance.txt"
    path.write_text(text + "\n")
    return path


def test_reader_knows_unit_demands_node_weights_and_several_instances_in_a_file(tmp_path):
    unit, weighted = make("tc", 45, 5, 1), make("cm", 12, 200, 1)
    (found,) = read(written(unit, [], tmp_path))
    np.testing.assert_array_equal(found.distance, unit.distance)
    assert found.capacities == (5.0, 10.0, 20.0)
    (found,) = read(written(weighted, weighted.demand, tmp_path))
    np.testing.assert_array_equal(found.demand, weighted.demand)
    assert found.capacities == (200.0, 400.0, 800.0)
    both = (
        written(unit, [], tmp_path, name="first").read_text()
        + written(weighted, weighted.demand, tmp_path, name="second").read_text()
    )
    path = tmp_path / "both.txt"
    path.write_text(both)
    assert [case.name for case in read(path)] == ["both.txt:first", "both.txt:second"]
    assert [case.name for case in instances(f"{path}:7")] == ["both.txt:first:7", "both.txt:second:7"]


@pytest.mark.skipif(not TC40.is_file(), reason="shared instances are absent")
@pytest.mark.parametrize(("capacity", "optimum"), [(3, 742), (5, 586), (10, 498)])
def test_tc40_1_reaches_its_optimum(capacity, optimum):
    (case,) = read(TC40)
    found = group(case.distance, case.demand, capacity, rounds=3, moves=200_000, bound_rounds=60)
    assert found.cost == optimum
    assert found.bound <= optimum
    assert found.bound >= 0.97 * optimum
