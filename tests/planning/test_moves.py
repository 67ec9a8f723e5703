"""Moves: what is kept is as if it had been designed from scratch, and what is taken back leaves no trace."""

from __future__ import annotations

import numpy as np
import pytest

from rasana.planning.moves import lift_area, make_move, put_area, try_move, write_area
from rasana.planning.plan import copy_plan, total_cost
from rasana.planning.proposals import anneal, propose_root, propose_share, propose_shift
from rasana.planning.search import settle
from rasana.planning.start import first_plan
from tests.planning.grid_estate import grid_problem
from tests.planning.plan_laws import assert_lawful, assert_same_plan, contents, live_areas, members_of

NEVER, ALWAYS = -1e30, 1e30


@pytest.fixture
def problem():
    return grid_problem(3, 2, 2, 60.0)


@pytest.fixture
def plan(problem):
    return first_plan(problem, 500.0, 200.0, 1, 50)


def annealed(problem, plan, seed, trials, hot=2000.0, cool=20.0):
    """``trials`` moves; none of them seeds the moves proposed afterwards."""
    return anneal(plan, problem.ground, problem.load, problem.types, problem.rules, problem.ring_rules, problem.work,
                  problem.site, make_move(plan), seed, trials, hot, cool)  # fmt: skip


def proposals(problem, plan, seed, number):
    """Moves of all three kinds that may be tried on ``plan`` as it stands when each is asked for."""
    annealed(problem, plan, seed, 0)
    move = make_move(plan)
    for turn in range(number):
        kind = turn % 3
        if kind == 0:
            ready = propose_shift(plan, problem.load, problem.site, move)
        elif kind == 1:
            ready = propose_root(plan, problem.load, problem.site, move)
        else:
            ready = propose_share(plan, problem.load, problem.ground, problem.work, problem.site, move)
        if ready:
            yield move


def tried(problem, plan, move, allowance):
    return try_move(plan, problem.ground, problem.load, problem.types, problem.rules, problem.ring_rules, problem.work,
                    problem.site, move, allowance)  # fmt: skip


def test_a_refused_move_leaves_everything_as_it_was(problem, plan):
    before, number = contents(plan), 0
    for move in proposals(problem, plan, 3, 120):
        assert tried(problem, plan, move, NEVER) == 0.0
        assert contents(plan) == before
        # Refused by a hair, after the rings were laid anew.
        change = tried(problem, copy_plan(plan), move, ALWAYS)
        if change != 0.0:
            assert tried(problem, plan, move, change - 1e-3) == 0.0
            assert contents(plan) == before
            number += 1
    assert number > 30


def test_the_change_of_a_kept_move_is_the_difference_of_the_whole(problem, plan):
    kept = 0
    for move in proposals(problem, plan, 5, 120):
        before = total_cost(plan)
        change = tried(problem, plan, move, ALWAYS)
        assert total_cost(plan) - before == pytest.approx(change, rel=1e-9, abs=1e-6 * before)
        kept += change != 0.0
        assert_lawful(problem, plan)
    assert kept > 40


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_any_moves_the_plan_is_lawful_and_its_cost_known(problem, plan, seed):
    before = total_cost(plan)
    change = annealed(problem, plan, seed, 1500)
    assert_lawful(problem, plan)
    assert total_cost(plan) == pytest.approx(before + change, rel=1e-9)


def test_annealing_is_decided_by_its_seed(problem, plan):
    one, same, other = copy_plan(plan), copy_plan(plan), copy_plan(plan)
    annealed(problem, one, 7, 400)
    annealed(problem, same, 7, 400)
    annealed(problem, other, 8, 400)
    assert_same_plan(one, same)
    assert contents(one) != contents(other)


def test_an_annealed_plan_designed_again_from_scratch_is_the_same(problem, plan):
    annealed(problem, plan, 4, 1500)
    settle(problem, plan)
    again = copy_plan(plan)
    for row in live_areas(plan):
        # Every area out of the ground and in again beside the others.
        lift_area(again, problem.ground, row)
        root, members, scale = int(plan.root[row]), np.array(members_of(plan, row)), float(plan.limit_scale[row])
        assert write_area(
            again, problem.ground, problem.load, problem.types, problem.rules, problem.work, row, root, members, scale
        )
    assert_same_plan(plan, again)


def test_an_area_put_back_is_as_it_was(problem, plan):
    before = contents(plan)
    for row in live_areas(plan):
        lift_area(plan, problem.ground, row)
        put_area(plan, problem.ground, row)
    assert contents(plan) == before
