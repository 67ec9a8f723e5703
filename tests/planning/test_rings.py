from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasana.planning.ring_search import (
    improve,
    insert,
    remove,
    ring_cost,
    ring_insertion,
    ring_load,
    rings_cost,
)
from rasana.planning.ring_states import check_ring, fed_from_one_end, open_point
from rasana.planning.rings import Rings, bound_rings, build_rings, route_rings


def place(transformers: int, supplies: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Manhattan distances, loads, rows of the supply points."""
    rng = np.random.default_rng(seed)
    points = 1000.0 * rng.random((transformers + supplies, 2))
    load = rng.uniform(200.0, 800.0, transformers + supplies)
    load[transformers:] = 0.0
    rows = np.arange(transformers, transformers + supplies)
    return np.abs(points[:, None] - points[None]).sum(axis=2), load, rows


def assert_feasible(found: Rings, distance, load, supplies, kva_max, count_max, price, differ):
    inner = [int(node) for ring in found.sequences for node in ring[1:-1]]
    assert sorted(inner) == sorted(set(range(len(distance))) - set(supplies.tolist())), "each transformer in one ring"
    for ring in found.sequences:
        assert {int(ring[0]), int(ring[-1])} <= set(supplies.tolist())
        assert not differ or ring[0] != ring[-1]
        assert load[ring].sum() <= kva_max + 1e-6
        assert len(ring) - 2 <= count_max
    length = sum(distance[a, b] for ring in found.sequences for a, b in pairwise(ring))
    assert found.cost == pytest.approx(length + price * len(found.sequences))


def one_each(transformers, supplies, count_max):
    """A plan with a ring for each transformer and a spare row."""
    rings = np.full((transformers + 1, count_max + 2), -1)
    rings[:, 0], rings[:, 1] = supplies[0], supplies[-1]
    size = np.full(transformers + 1, 2)
    for node in range(transformers):
        insert(rings, size, node, 1, node, supplies[0], supplies[-1])
    return rings, size


@settings(max_examples=60, deadline=None)
@given(
    transformers=st.integers(1, 9),
    supplies=st.integers(1, 3),
    seed=st.integers(0, 10_000),
    kva_max=st.floats(800.0, 4000.0),
    count_max=st.integers(1, 6),
    price=st.sampled_from([0.0, 200.0]),
)
def test_local_search_keeps_limits_tells_its_saving_and_never_beats_the_exact_answer(
    transformers, supplies, seed, kva_max, count_max, price
):
    distance, load, ends = place(transformers, supplies, seed)
    differ = supplies > 1
    rings, size = one_each(transformers, ends, count_max)
    before = rings_cost(distance, rings, size, price)
    saved = improve(distance, load, rings, size, ends, kva_max, price, differ)
    after = rings_cost(distance, rings, size, price)
    assert saved >= 0.0
    assert before - saved == pytest.approx(after)
    sequences = tuple(rings[r, : size[r]] for r in range(len(rings)) if size[r] > 2)
    assert_feasible(Rings(sequences, after, False), distance, load, ends, kva_max, count_max, price, differ)
    exact = route_rings(distance, load, ends, kva_max, count_max, ring_price=price)
    assert exact.optimal
    assert_feasible(exact, distance, load, ends, kva_max, count_max, price, differ)
    assert exact.cost <= after + 1e-6
    assert bound_rings(distance, load, ends, kva_max, count_max, ring_price=price, rounds=5) <= exact.cost + 1e-6


def test_exact_answer_is_that_of_trying_every_order():
    distance, load, ends = place(6, 2, 5)
    found = route_rings(distance, load, ends, 1e9, 6)
    best = min(
        distance[6, order[0]] + sum(distance[a, b] for a, b in pairwise(order)) + distance[order[-1], 7]
        for order in permutations(range(6))
    )
    alone = found.cost if len(found.sequences) == 1 else np.inf
    assert found.cost <= best + 1e-9
    assert alone in (pytest.approx(best), np.inf)


def test_a_ring_that_may_hold_all_and_costs_much_is_the_only_one():
    distance, load, ends = place(8, 2, 1)
    assert len(route_rings(distance, load, ends, 1e9, 8, ring_price=1e6).sequences) == 1


def test_routing_of_many_is_feasible_repeatable_and_no_worse_than_its_start():
    distance, load, ends = place(30, 2, 3)
    rings, size = build_rings(distance, load, ends, 5000.0, 12, 100.0, True)
    found, again = (
        route_rings(distance, load, ends, 5000.0, 12, ring_price=100.0, seed=7, iterations=150) for _ in range(2)
    )
    assert_feasible(found, distance, load, ends, 5000.0, 12, 100.0, True)
    assert found.cost <= rings_cost(distance, rings, size, 100.0) + 1e-6
    assert all(np.array_equal(a, b) for a, b in zip(found.sequences, again.sequences, strict=True))
    assert bound_rings(distance, load, ends, 5000.0, 12, ring_price=100.0, rounds=20) <= found.cost


def test_rings_with_one_supply_point_return_to_it():
    distance, load, ends = place(5, 1, 2)
    found = route_rings(distance, load, ends, 2500.0, 5)
    assert all(ring[0] == ring[-1] == 5 for ring in found.sequences)


def test_no_transformers_need_no_ring():
    distance, load, ends = place(0, 2, 1)
    assert route_rings(distance, load, ends, 1000.0, 5) == Rings((), 0.0, True)


@pytest.mark.parametrize(("kva_max", "count_max", "differ"), [(100.0, 5, None), (9000.0, 0, None), (9000.0, 5, True)])
def test_what_no_ring_can_carry_is_refused(kva_max, count_max, differ):
    distance, load, ends = place(4, 1, 1)
    with pytest.raises(ValueError, match="ring"):
        route_rings(distance, load, ends, kva_max, count_max, ends_differ=differ)


def test_cheapest_insertion_costs_what_it_says_and_removal_takes_it_back():
    distance, load, ends = place(7, 2, 4)
    rings, size = build_rings(
        distance[np.ix_(r := [*range(6), 7, 8], r)], load[r], np.array([6, 7]), 3000.0, 4, 50.0, True
    )
    rings = np.where(rings >= 6, rings + 1, rings)
    before = rings_cost(distance, rings, size, 50.0)
    added, ring, position, start, end = ring_insertion(distance, load, rings, size, ends, 6, 3000.0, 50.0, True)
    untouched = ring_cost(distance, rings[ring], size[ring], 50.0)
    insert(rings, size, ring, position, 6, start, end)
    assert rings_cost(distance, rings, size, 50.0) == pytest.approx(before + added)
    assert ring_load(load, rings[ring], size[ring]) <= 3000.0
    remove(rings, size, ring, position)
    assert ring_cost(distance, rings[ring], size[ring], 50.0) == pytest.approx(untouched)


def simple(load_kw):
    """Loads that simply add, without reactive power."""
    return np.column_stack([load_kw, np.zeros((len(load_kw), 3))])


def test_open_point_of_equal_loads_for_losses_is_in_the_middle():
    found = open_point(simple(np.full(4, 100.0)), np.full(5, 100.0), 1.0, 0.0)
    assert found.section == 2
    assert found.price.shape == (5, 2)
    # Two transformers each side: 2 * (200^2 + 100^2) * 100.
    assert found.price[2, 0] == pytest.approx(2 * (200.0**2 + 100.0**2) * 100.0)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(1.0, 500.0), min_size=1, max_size=8), st.integers(0, 1000))
def test_open_point_is_the_cheapest_of_all_and_turning_the_ring_round_changes_nothing(load_kw, seed):
    length = np.random.default_rng(seed).uniform(10.0, 500.0, len(load_kw) + 1)
    load = simple(np.array(load_kw))
    found = open_point(load, length, 1e-3, 0.5)
    turned = open_point(load[::-1], length[::-1], 1e-3, 0.5)
    assert found.price[found.section, found.end] == pytest.approx(found.price.min())
    np.testing.assert_allclose(turned.price[::-1, ::-1], found.price)


def test_interruptions_alone_put_the_open_point_beside_the_heavy_load():
    # A fault stops its half for the switching time: the heavy transformer should have the shorter half to itself.
    found = open_point(simple(np.array([1000.0, 10.0, 10.0, 10.0])), np.full(5, 100.0), 0.0, 1.0)
    assert (found.section, found.end) == (1, 0)


def test_open_point_keeps_a_half_within_its_limit_where_it_can():
    load = simple(np.array([100.0, 100.0, 100.0, 1000.0]))
    length = np.array([1.0, 1.0, 1.0, 1.0, 5000.0])
    free = open_point(load, length, 1.0, 0.0)
    bound = open_point(load, length, 1.0, 0.0, half_kva_max=1000.0)
    assert free.section == 4
    assert bound.section == 3


def test_currents_and_drop_of_a_chain_are_those_by_hand():
    load = np.array([[300.0, 0.0, 100.0, 0.0], [200.0, 30.0, 50.0, 0.0], [100.0, 40.0, 0.0, 0.0]])
    current, drop = fed_from_one_end(load, np.array([500.0, 400.0, 300.0]), 0.2, 0.1, 20.0)
    power, reactive = 600.0 + np.hypot(30.0, 40.0), 150.0
    assert current[0] == pytest.approx(np.hypot(power, reactive) / (np.sqrt(3.0) * 20.0))
    first = 0.5 * (0.2 * power + 0.1 * reactive) / (20.0**2 * 1000.0) * 100.0
    assert drop[0] == pytest.approx(first)
    second = 0.4 * (0.2 * (300.0 + 50.0) + 0.1 * 50.0) / (20.0**2 * 1000.0) * 100.0
    assert drop[1] == pytest.approx(first + second)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 10), st.integers(0, 1000))
def test_no_single_section_out_is_worse_than_the_ring_hanging_on_one_end(count, seed):
    rng = np.random.default_rng(seed)
    load, length = rng.uniform(0.0, 300.0, (count, 4)), rng.uniform(10.0, 500.0, count + 1)
    check = check_ring(load, length, 0.2, 0.1, 20.0, int(rng.integers(0, count + 1)))
    for out in range(count + 1):
        for chain, metres in ((load[:out], length[:out]), (load[out:][::-1], length[out + 1 :][::-1])):
            current, drop = fed_from_one_end(chain, metres, 0.2, 0.1, 20.0)
            assert current.max(initial=0.0) <= check.current_n1_a + 1e-9
            assert drop.max(initial=0.0) <= check.drop_n1_pct + 1e-9
    assert check.current_a <= check.current_n1_a + 1e-9
