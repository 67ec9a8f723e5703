"""The quick estimate of an area: below the design's cost, near it, and moving as it does."""

from __future__ import annotations

import numpy as np
import pytest

from rasana.planning.moves import write_area
from rasana.planning.start import first_plan
from tests.planning.grid_estate import grid_problem
from tests.planning.plan_laws import live_areas, members_of


@pytest.fixture
def problem():
    return grid_problem(3, 2, 2, 60.0)


def test_an_estimate_is_no_higher_than_the_design_and_not_far_below(problem):
    plan = first_plan(problem, 500.0, 200.0, 1, 50)
    for row in live_areas(plan):
        designed = plan.cost[row] - plan.excess[row] * problem.rules.penalty
        assert 0.7 * designed < plan.estimate[row] <= designed * (1.0 + 1e-9)


def test_an_estimate_rises_with_every_pillar_that_joins(problem):
    plan = first_plan(problem, 500.0, 200.0, 1, 50)
    row = live_areas(plan)[0]
    root, members = int(plan.root[row]), members_of(plan, row)
    empty = first_plan(problem, 500.0, 200.0, 1, 50)
    empty.used[:], empty.cables[:] = 0, 0
    estimates = []
    for count in range(1, len(members) + 1):
        chosen = np.array(members[:count])
        assert write_area(empty, problem.ground, problem.load, problem.types, problem.rules, problem.work,
                          row, root, chosen, 1.0)  # fmt: skip
        estimates.append(float(empty.estimate[row]))
        empty.used[:], empty.cables[:] = 0, 0
    assert (np.diff(estimates) > 0.0).all()
