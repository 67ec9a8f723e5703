from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from benchmarks.siting import make_estate, read
from rasana.planning.lagrangian import Ascent, can_improve, first_prices, price_out
from rasana.planning.location import build_problem
from rasana.planning.siting import Siting, locate

HOLMBERG = Path(__file__).parents[3] / "shared" / "data" / "or" / "sscflp" / "holmberg"


def cost_of(found_sites, cost, demand, capacity, price):
    """Cost of an assignment with the cheapest option that fits each site; infinite where none does."""
    total = cost[found_sites, np.arange(len(demand))].sum()
    for site in set(found_sites.tolist()):
        load = demand[found_sites == site].sum()
        fitting = price[site][capacity[site] >= load - 1e-9]
        total += fitting.min() if len(fitting) else np.inf
    return total


def assert_feasible(found: Siting, cost, demand, capacity, price):
    built = np.unique(found.assignment)
    assert (np.flatnonzero(found.option >= 0) == built).all()
    load = np.bincount(found.assignment, demand, minlength=len(capacity))
    option = found.option[built]
    assert (load[built] <= capacity[built, option] * (1.0 + 1e-8)).all()
    total = cost[found.assignment, np.arange(len(demand))].sum() + price[built, option].sum()
    assert found.cost == pytest.approx(total)
    assert found.bound <= found.cost + 1e-6 * abs(found.cost)


def random_case(seed, sites, customers, options):
    rng = np.random.default_rng(seed)
    cost = rng.integers(1, 40, (sites, customers)).astype(float)
    cost[rng.random(cost.shape) < 0.2] = np.inf
    cost[0] = np.where(np.isfinite(cost).any(axis=0), cost[0], 20.0)
    demand = rng.integers(1, 9, customers).astype(float)
    capacity = np.sort(rng.integers(8, 30, (sites, options)), axis=1).astype(float)
    price = np.sort(rng.integers(5, 60, (sites, options)), axis=1).astype(float)
    return cost, demand, capacity, price


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    sites=st.integers(1, 3),
    customers=st.integers(1, 6),
    options=st.integers(1, 3),
    exactly=st.sampled_from([None, 1, 2]),
)
def test_small_cases_reach_the_optimum_found_by_trying_all_assignments(seed, sites, customers, options, exactly):
    cost, demand, capacity, price = random_case(seed, sites, customers, options)
    exactly = None if exactly is not None and exactly > min(sites, customers) else exactly
    choices = (np.array(choice) for choice in product(range(sites), repeat=customers))
    best = min(
        cost_of(choice, cost, demand, capacity, price)
        for choice in choices
        if exactly is None or len(set(choice.tolist())) == exactly
    )
    try:
        found = locate(cost, demand, capacity, price, sites_exactly=exactly, iterations=60, moves=6_000, trials=30)
    except ValueError:
        assert best == np.inf
        return
    assert found.optimal
    assert found.cost == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    assert_feasible(found, cost, demand, capacity, price)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), step=st.floats(0.0, 30.0), grid=st.sampled_from([0.0, 1.0]))
def test_any_prices_give_a_bound_and_reduced_costs_keep_the_optimum(seed, step, grid):
    cost, demand, capacity, price = random_case(seed, 3, 5, 2)
    choices = [np.array(choice) for choice in product(range(3), repeat=5)]
    value = [cost_of(choice, cost, demand, capacity, price) for choice in choices]
    best = choices[int(np.argmin(value))]
    if not np.isfinite(min(value)):
        return
    site, customer = np.nonzero(np.isfinite(cost))
    problem = build_problem(demand, capacity, price, site, customer, cost[site, customer], 0)
    prices = first_prices(problem) + step * np.random.default_rng(seed).random(5)
    bound, *_ = price_out(problem, prices, grid)
    assert bound <= min(value) + 1e-6
    ascent = Ascent(problem, prices, grid)
    for _ in range(20):
        ascent.advance(min(value))
    assert ascent.best.bound <= min(value) + 1e-6
    arcs, _ = can_improve(problem, ascent.best, min(value) + 1e-6)
    kept = {(int(i), int(j)) for i, j in zip(problem.arc_site[arcs], problem.arc_customer[arcs], strict=True)}
    assert all((int(best[j]), j) in kept for j in range(5))


def test_sparse_costs_and_options_common_to_all_sites_mean_the_same_as_dense_ones():
    case = make_estate(60, 1)
    site, customer = np.nonzero(np.isfinite(case.cost))
    thin = sparse.csr_array((case.cost[site, customer], (site, customer)), shape=case.cost.shape)
    effort = {"iterations": 60, "moves": 20_000, "trials": 10, "nodes": 20}
    dense = locate(case.cost, case.demand, case.capacity, case.price, **effort)
    same = locate(thin, case.demand, case.capacity[0], case.price[0], **effort)
    np.testing.assert_array_equal(dense.assignment, same.assignment)
    assert (dense.cost, dense.bound, dense.optimal) == (same.cost, same.bound, same.optimal)
    assert_feasible(dense, case.cost, case.demand, case.capacity, case.price)
    assert dense.bound >= 0.95 * dense.cost


def test_a_larger_option_that_is_cheaper_is_taken():
    found = locate([[1.0, 1.0]], [2.0, 3.0], [5.0, 9.0], [20.0, 12.0])
    assert found.option.tolist() == [1]
    assert found.cost == 14.0


def test_an_option_of_infinite_cost_does_not_exist():
    found = locate([[1.0], [4.0]], [5.0], [[5.0, 9.0], [5.0, 9.0]], [[np.inf, 30.0], [10.0, 15.0]])
    assert (found.assignment.tolist(), found.option.tolist(), found.cost) == ([1], [-1, 0], 14.0)


def test_time_that_is_over_at_once_still_gives_a_feasible_answer_and_a_bound():
    case = make_estate(60, 2)
    found = locate(case.cost, case.demand, case.capacity, case.price, time_left=lambda: 0.0)
    assert_feasible(found, case.cost, case.demand, case.capacity, case.price)
    assert np.isfinite(found.bound)


def test_customers_that_no_site_can_carry_are_refused_by_number():
    with pytest.raises(ValueError, match=r"customers \[1\]"):
        locate([[1.0, 1.0]], [2.0, 6.0], [5.0], [1.0])
    with pytest.raises(ValueError, match="within the capacities"):
        locate([[1.0, 1.0]], [3.0, 3.0], [5.0], [1.0], moves=100)


def test_readers_tell_the_published_formats_apart(tmp_path):
    cost = np.arange(6.0).reshape(2, 3) + 0.5
    holmberg = "2 3\n10 5\n12 6\n 4. 3. 2.\n" + "\n".join(" ".join(map(str, row)) for row in cost) + "\0\0"
    library = " 2 3\n10 5.\n12 6.\n" + "".join(f" {d}\n {a} {b}\n" for d, a, b in zip([4, 3, 2], *cost, strict=True))
    median = "2\n1 7\n3 1 20\n1 0 0 4\n2 3 4 5\n3 6 8 6\n2 9\n2 1 9\n1 0 0 4\n2 1 1 5\n"
    for name, text in (("p9x", holmberg), ("cap", library)):
        path = tmp_path / name
        path.write_text(text)
        (case,) = read(path)
        np.testing.assert_array_equal(case.cost, cost)
        assert case.demand.tolist() == [4.0, 3.0, 2.0]
        assert case.capacity.ravel().tolist() == [10.0, 12.0]
    path = tmp_path / "pmedcap1.txt"
    path.write_text(median)
    first, second = read(path)
    assert (first.exactly, first.published, first.cost[0].tolist()) == (1, 7.0, [0.0, 5.0, 10.0])
    assert (second.capacity.ravel().tolist(), second.cost[0, 1]) == ([9.0, 9.0], 1.0)


@pytest.mark.skipif(not HOLMBERG.is_dir(), reason="shared instances are absent")
@pytest.mark.parametrize("name", ["p1", "p24", "p47"])
def test_holmberg_is_proven_at_its_published_optimum(name):
    (case,) = read(HOLMBERG / name)
    found = locate(case.cost, case.demand, case.capacity, case.price)
    assert_feasible(found, case.cost, case.demand, case.capacity, case.price)
    assert found.optimal
    assert found.cost == case.published


def test_regions_better_a_large_case_and_keep_it_feasible():
    case = make_estate(600, 1)
    effort = {"iterations": 40, "moves": 20_000, "nodes": 0}
    without, with_regions = (
        locate(case.cost, case.demand, case.capacity, case.price, regions=regions, **effort) for regions in (0, 4)
    )
    assert_feasible(with_regions, case.cost, case.demand, case.capacity, case.price)
    assert with_regions.cost < without.cost
    assert with_regions.bound == without.bound
