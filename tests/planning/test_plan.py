"""The state of the search: a trench is paid once, and a ring's cable and open point are the best that there are."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rasana.planning.plan import copy_plan, lay, lift, lift_link, make_plan, price_ring, total_cost, total_excess
from rasana.planning.start import first_plan
from tests.planning.grid_estate import grid_problem
from tests.planning.plan_laws import assert_same_plan, contents, live_areas, live_rings


@pytest.fixture
def problem():
    return grid_problem(3, 2, 2, 60.0)


@pytest.fixture
def plan(problem):
    return first_plan(problem, 500.0, 200.0, 1, 50)


def test_a_trench_is_paid_by_the_first_and_given_back_by_the_last(problem):
    plan = make_plan(5, len(problem.ground.length_m), 3, 2, 4)
    price = problem.ground.trench_price[2]
    edge = np.array([2])
    lay(plan, problem.ground, edge, np.array([3]))
    lay(plan, problem.ground, edge, np.array([1]))
    assert (plan.used[2], plan.cables[2], plan.trench[0]) == (2, 4, price)
    lift(plan, problem.ground, edge, np.array([3]))
    assert (plan.used[2], plan.cables[2], plan.trench[0]) == (1, 1, price)
    lift(plan, problem.ground, edge, np.array([1]))
    assert (plan.used[2], plan.cables[2], plan.trench[0]) == (0, 0, 0.0)


def test_an_empty_plan_costs_nothing():
    plan = make_plan(5, 6, 3, 2, 4)
    assert total_cost(plan) == 0.0
    assert total_excess(plan) == 0.0


def test_a_copy_is_independent(problem, plan):
    before, copy = contents(plan), copy_plan(plan)
    assert_same_plan(plan, copy)
    lift_link(copy, problem.ground, live_rings(copy)[0], 0)
    copy.cost[live_areas(copy)] += 1.0
    assert contents(plan) == before


def test_the_total_is_trenches_areas_and_rings(plan):
    areas, rings = live_areas(plan), live_rings(plan)
    expected = plan.trench[0] + plan.cost[areas].sum() + plan.ring_cost[rings].sum()
    assert total_cost(plan) == pytest.approx(expected, rel=1e-12)
    assert total_excess(plan) == pytest.approx(plan.excess[areas].sum() + plan.ring_excess[rings].sum())


def half(plan, rules, rows, metres, kind):
    """A chain of areas from the source outwards, by hand: A at its head, drop, kW lost by the mean load, m, kW."""
    drop = loss = 0.0
    for place in range(len(rows)):
        beyond = plan.sums[rows[place:]].sum(axis=0)
        p, q = beyond[0] + math.sqrt(beyond[1]), beyond[2] + math.sqrt(beyond[3])
        drop += (p * rules.cable_r[kind] + q * rules.cable_x[kind]) * 1000.0 * metres[place] / rules.voltage_v**2
        loss += (beyond[0] ** 2 + beyond[2] ** 2) * 1000.0 / rules.voltage_v**2 * rules.cable_r[kind] * metres[place]
    if not len(rows):
        return 0.0, 0.0, 0.0, 0.0, 0.0
    whole = plan.sums[rows].sum(axis=0)
    kva = math.hypot(whole[0] + math.sqrt(whole[1]), whole[2] + math.sqrt(whole[3]))
    return kva * 1000.0 / math.sqrt(3.0) / rules.voltage_v, drop, loss, float(metres.sum()), whole[4]


def ring_by_hand(plan, rules, ring):
    """(cost, excess) of the best of all cables and open points."""
    size = int(plan.ring_size[ring])
    rows, metres = plan.ring_areas[ring, :size], plan.link_m[ring, : size + 1]
    beside = max(plan.cables[plan.links[ring, place, step]]
                 for place in range(size + 1) for step in range(plan.link_count[ring, place]))  # fmt: skip
    found = []
    for kind in range(len(rules.cable_r)):
        rating = rules.cable_ampacity_a[kind] * rules.grouping[min(beside, len(rules.grouping) - 1)]
        ahead = half(plan, rules, rows, metres[:-1], kind)
        back = half(plan, rules, rows[::-1], metres[::-1][:-1], kind)
        kva = ahead[0] * math.sqrt(3.0) * rules.voltage_v / 1000.0
        over = max(0.0, ahead[0] / (rating * rules.outage_limit) - 1.0)
        over += max(0.0, max(ahead[1], back[1]) / rules.drop_outage_limit_pu - 1.0)
        over += max(0.0, kva / rules.kva_max - 1.0) + max(0.0, size / rules.transformers_max - 1.0)
        for cut in range(size + 1):
            near = half(plan, rules, rows[:cut], metres[:cut], kind)
            far = half(plan, rules, rows[cut:][::-1], metres[cut + 1 :][::-1], kind)
            more = max(0.0, max(near[0], far[0]) / (rating * rules.normal_limit) - 1.0)
            more += max(0.0, max(near[1], far[1]) / rules.drop_limit_pu - 1.0)
            for dead in ((0.0, metres[cut]), (metres[cut], 0.0)):
                outage = (near[3] + dead[0]) * near[4] + (far[3] + dead[1]) * far[4]
                cost = rules.cable_price[kind] * metres.sum() + rules.ring_price
                cost += (near[2] + far[2]) * rules.loss_price_per_kw + outage * rules.outage_price_per_kw_m
                found.append((cost + (over + more) * rules.penalty, over + more))
    return min(found)


def test_a_ring_has_the_best_cable_and_open_point_of_all(problem, plan):
    assert max(plan.ring_size[ring] for ring in live_rings(plan)) >= 3
    for ring in live_rings(plan):
        price_ring(plan, problem.ring_rules, ring)
        cost, excess = ring_by_hand(plan, problem.ring_rules, ring)
        assert plan.ring_cost[ring] == pytest.approx(cost, rel=1e-9)
        assert plan.ring_excess[ring] == pytest.approx(excess, abs=1e-9)


@pytest.mark.parametrize("limit", ["transformers_max", "kva_max", "drop_limit_pu", "normal_limit", "outage_limit"])
def test_a_ring_over_a_limit_has_excess(problem, plan, limit):
    ring = max(live_rings(plan), key=lambda ring: plan.ring_size[ring])
    price_ring(plan, problem.ring_rules, ring)
    assert plan.ring_excess[ring] == 0.0
    within = plan.ring_cost[ring]
    tiny = 1 if limit == "transformers_max" else 1e-7
    price_ring(plan, problem.ring_rules._replace(**{limit: tiny}), ring)
    assert plan.ring_excess[ring] > 0.0
    assert plan.ring_cost[ring] > within


def test_every_plan_row_is_told_apart_by_its_contents(plan):
    other = copy_plan(plan)
    other.cables[np.flatnonzero(other.cables > 0)[0]] += 1
    assert contents(other) != contents(plan)
