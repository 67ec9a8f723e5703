"""First designs: whole, lawful, of about the size asked for."""

from __future__ import annotations

import numpy as np
import pytest

from rasana.planning.plan import total_cost
from rasana.planning.start import clear_rings, first_plan, lay_rings
from tests.planning.grid_estate import grid_problem
from tests.planning.plan_laws import assert_lawful, live_areas, live_rings


def kva(plan, row):
    a, b2, qa, qb2, _ = plan.sums[row]
    return float(np.hypot(a + np.sqrt(b2), qa + np.sqrt(qb2)))


@pytest.mark.parametrize("supplies", [1, 2])
@pytest.mark.parametrize(("target_kva", "reach_m"), [(200.0, 80.0), (600.0, 200.0), (1200.0, 500.0)])
def test_a_first_design_is_lawful_whatever_its_size(supplies, target_kva, reach_m):
    problem = grid_problem(3, supplies, 2, 40.0)
    assert_lawful(problem, first_plan(problem, target_kva, reach_m, 1, 30))


def test_smaller_targets_and_reaches_make_more_transformers():
    problem = grid_problem(3, 2, 2, 40.0)
    counts = [len(live_areas(first_plan(problem, target, 1000.0, 1, 30))) for target in (1200.0, 500.0, 150.0)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
    near, far = (len(live_areas(first_plan(problem, 1200.0, reach, 1, 30))) for reach in (40.0, 1000.0))
    assert near > far


def test_no_area_is_above_the_largest_transformer_where_its_pillars_can_be_parted():
    problem = grid_problem(2, 2, 2, 60.0)
    plan = first_plan(problem, 5000.0, 1000.0, 1, 30)
    limit = problem.types.transformer_kva[-1] * problem.rules.transformer_limit
    assert max(kva(plan, row) for row in live_areas(plan)) <= limit


def test_rings_are_routed_from_the_same_seed_alike_and_join_supply_points():
    problem = grid_problem(3, 2, 2, 60.0)
    one, same = (first_plan(problem, 400.0, 150.0, 9, 50) for _ in range(2))
    assert total_cost(one) == total_cost(same)
    np.testing.assert_array_equal(one.ring_areas, same.ring_areas)
    rules = problem.ring_rules
    for ring in live_rings(one):
        assert one.ring_from[ring] != one.ring_to[ring]
        assert one.ring_size[ring] <= rules.transformers_max


def test_rings_taken_out_leave_the_feeders_alone_and_can_be_laid_again():
    problem = grid_problem(3, 2, 2, 60.0)
    plan = first_plan(problem, 400.0, 150.0, 1, 50)
    before = total_cost(plan)
    clear_rings(problem, plan)
    assert live_rings(plan) == []
    digging = np.zeros_like(plan.used)
    for row in live_areas(plan):
        digging[plan.edges[row, : plan.edge_count[row]]] += 1
    np.testing.assert_array_equal(plan.used, digging)
    lay_rings(problem, plan, 1, 50)
    assert_lawful(problem, plan)
    assert total_cost(plan) == pytest.approx(before, rel=1e-9)
