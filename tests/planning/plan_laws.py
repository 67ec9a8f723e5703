"""What holds of every plan, whatever was done to it: told by reckoning it again from its areas and rings."""

from __future__ import annotations

import numpy as np

from rasana.planning.plan import Plan
from rasana.planning.problem import Problem


def live_areas(plan: Plan) -> list[int]:
    return [int(row) for row in np.flatnonzero(plan.root >= 0)]


def live_rings(plan: Plan) -> list[int]:
    return [int(ring) for ring in np.flatnonzero(plan.ring_size > 0)]


def members_of(plan: Plan, row: int) -> list[int]:
    return [int(node) for node in plan.members[row, : plan.member_count[row]]]


def contents(plan: Plan) -> dict[str, object]:
    """All that stands in a plan; what is left over in free rows is not in it. Of money only what belongs to one row."""
    areas = {
        row: (
            int(plan.root[row]), members_of(plan, row), int(plan.transformer[row]), int(plan.ring_of[row]),
            plan.edges[row, : plan.edge_count[row]].tolist(), plan.edge_cables[row, : plan.edge_count[row]].tolist(),
            float(plan.cost[row]), float(plan.excess[row]), plan.sums[row].tolist(), float(plan.limit_scale[row]),
        )
        for row in live_areas(plan)
    }  # fmt: skip
    rings = {
        ring: (
            plan.ring_areas[ring, : plan.ring_size[ring]].tolist(), int(plan.ring_from[ring]), int(plan.ring_to[ring]),
            float(plan.ring_cost[ring]), float(plan.ring_excess[ring]), int(plan.ring_type[ring]),
            int(plan.ring_open[ring]),
            [
                (plan.links[ring, place, : plan.link_count[ring, place]].tolist(), float(plan.link_m[ring, place]))
                for place in range(plan.ring_size[ring] + 1)
            ],
        )
        for ring in live_rings(plan)
    }  # fmt: skip
    return {
        "areas": areas, "rings": rings, "area_of": plan.area_of.tolist(), "used": plan.used.tolist(),
        "cables": plan.cables.tolist(), "is_root": plan.is_root.tolist(), "trench": round(float(plan.trench[0]), 6),
    }  # fmt: skip


def edge_ends(problem: Problem) -> list[set[int]]:
    ground = problem.ground
    ends: list[set[int]] = [set() for _ in ground.length_m]
    for node in range(len(ground.first) - 1):
        for place in range(ground.first[node], ground.first[node + 1]):
            ends[ground.edge[place]].add(node)
    return ends


def assert_lawful(problem: Problem, plan: Plan) -> None:
    """Every law of a plan."""
    ground = problem.ground
    used, cables = np.zeros_like(plan.used), np.zeros_like(plan.cables)
    is_root = np.zeros_like(plan.is_root)
    for row in live_areas(plan):
        is_root[plan.root[row]] += 1
        for edge, count in zip(plan.edges[row], plan.edge_cables[row][: plan.edge_count[row]], strict=False):
            used[edge] += 1
            cables[edge] += count
    ends = edge_ends(problem)
    for ring in live_rings(plan):
        here = int(plan.ring_from[ring])
        stops = [int(plan.root[row]) for row in plan.ring_areas[ring, : plan.ring_size[ring]]]
        for place, stop in enumerate([*stops, int(plan.ring_to[ring])]):
            edges = plan.links[ring, place, : plan.link_count[ring, place]]
            np.add.at(used, edges, 1)
            np.add.at(cables, edges, 1)
            assert np.isclose(plan.link_m[ring, place], ground.length_m[edges].sum())
            for edge in edges:
                assert here in ends[edge]
                here = next(iter(ends[edge] - {here}), here)
            assert here == stop
    np.testing.assert_array_equal(plan.used, used)
    np.testing.assert_array_equal(plan.cables, cables)
    np.testing.assert_array_equal(plan.is_root, is_root)
    assert is_root.max() == 1
    assert np.isclose(plan.trench[0], ground.trench_price[used > 0].sum(), rtol=1e-9)
    held = sorted(node for row in live_areas(plan) for node in members_of(plan, row))
    assert held == sorted(problem.site.pillars.tolist())
    assert all(plan.area_of[node] == row for row in live_areas(plan) for node in members_of(plan, row))
    on_rings = [int(row) for ring in live_rings(plan) for row in plan.ring_areas[ring, : plan.ring_size[ring]]]
    assert sorted(on_rings) == live_areas(plan)
    assert all(
        plan.ring_of[row] == ring for ring in live_rings(plan) for row in plan.ring_areas[ring][: plan.ring_size[ring]]
    )
    supplies = set(problem.supply_node.tolist())
    assert all({int(plan.ring_from[ring]), int(plan.ring_to[ring])} <= supplies for ring in live_rings(plan))
    assert all(problem.load.site_limit_kva[plan.root[row]] > 0.0 for row in live_areas(plan))


def assert_same_plan(one: Plan, other: Plan) -> None:
    first, second = contents(one), contents(other)
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert value == second[name], name
