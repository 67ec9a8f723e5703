"""The joint search: decided by its seed alone, never worse than its start, and stopped without loss."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rasana.planning.plan import copy_plan, total_cost, total_excess
from rasana.planning.search import Effort, mend, repair, search, settle, starts
from tests.planning.grid_estate import grid_problem
from tests.planning.plan_laws import assert_lawful, assert_same_plan, contents, live_areas

EFFORT = Effort(2, 40, 4, (500.0, 800.0), (200.0,), 30)


def silent(_stage, _share, _cost):
    pass


@pytest.fixture
def problem():
    return grid_problem(2, 2, 5, 40.0)


def test_the_same_seed_gives_the_same_plan_in_one_process_or_two(problem):
    one, again = (search(problem, EFFORT, 3, 1, silent) for _ in range(2))
    in_two = search(problem, EFFORT, 3, 2, silent)
    assert one.cost == again.cost == in_two.cost
    assert one.curve == again.curve == in_two.curve
    assert_same_plan(one.plan, again.plan)
    for first, second in zip(one.plan, in_two.plan, strict=True):
        assert first.tobytes() == second.tobytes()


def test_the_result_is_lawful_within_limits_and_no_dearer_than_any_start(problem):
    found = search(problem, EFFORT, 3, 1, silent)
    assert_lawful(problem, found.plan)
    assert total_excess(found.plan) == 0.0
    assert found.cost == total_cost(found.plan)
    for plan in starts(problem, EFFORT, 3):
        settle(problem, plan)
        assert found.cost <= total_cost(plan)
    assert not found.interrupted


def test_the_curve_only_falls_and_ends_near_the_cost(problem):
    found = search(problem, EFFORT, 3, 1, silent)
    trials, costs = zip(*found.curve, strict=True)
    assert list(trials) == sorted(trials)
    assert list(costs) == sorted(costs, reverse=True)
    assert found.cost == pytest.approx(costs[-1], rel=1e-2)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interruption_keeps_the_best_so_far_and_says_so(problem, jobs):
    told = []

    def stop(_stage, share, cost):
        told.append((share, cost))
        if len(told) == 2:
            raise KeyboardInterrupt

    found = search(problem, EFFORT, 3, jobs, stop)
    assert found.interrupted
    assert len(told) == 2
    assert_lawful(problem, found.plan)
    assert found.cost <= told[-1][1] * 1.01
    whole = search(problem, EFFORT, 3, jobs, silent)
    assert whole.cost <= found.cost


def test_progress_runs_from_nought_to_one(problem):
    told = []
    search(problem, EFFORT, 3, 1, lambda stage, share, cost: told.append((stage, share, cost)))
    shares = [share for _, share, _ in told]
    assert {stage for stage, _, _ in told} == {"search"}
    assert shares == sorted(shares)
    assert shares[0] > 0.0
    assert shares[-1] == pytest.approx(1.0)


def test_settling_twice_changes_nothing(problem):
    plan = search(problem, EFFORT, 3, 1, silent).plan
    once = copy_plan(plan)
    settle(problem, once)
    assert_same_plan(plan, once)


def test_mending_tightens_the_areas_named_and_leaves_a_lawful_plan_within_limits(problem):
    plan = search(problem, EFFORT, 3, 1, silent).plan
    row = live_areas(plan)[0]
    root = int(plan.root[row])
    before = contents(plan)
    mend(problem, plan, [root], 1)
    assert_lawful(problem, plan)
    assert total_excess(plan) == 0.0
    assert plan.limit_scale[plan.root >= 0].min() < 1.0
    assert contents(plan) != before


def test_repairs_leave_areas_alone_where_only_rings_are_over_their_limits(problem):
    plan = search(problem, EFFORT, 3, 1, silent).plan
    beyond = replace(problem, ring_rules=problem.ring_rules._replace(drop_outage_limit_pu=1e-9))
    settle(beyond, plan)
    assert total_excess(plan) > 0.0
    before = contents(plan)["areas"]
    repair(beyond, plan, 1, 30)
    assert total_excess(plan) > 0.0
    after = contents(plan)["areas"]
    assert {row: area[:2] for row, area in after.items()} == {row: area[:2] for row, area in before.items()}
