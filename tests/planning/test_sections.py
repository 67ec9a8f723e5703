"""Feeders of one area: every pillar on one cable, sums by the one coincidence rule, thick towards the transformer."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rasana.planning.sections import fuse_for
from tests.planning.random_area import design, make_load, own_group, random_area
from tests.planning.test_ways import make_ground

AREAS = st.builds(
    random_area, st.integers(0, 2**32 - 1), st.integers(2, 24), st.sampled_from([2.0, 10.0, 30.0, 90.0]),
    st.sampled_from([10.0, 40.0, 150.0]),
)  # fmt: skip


@given(AREAS)
def test_every_pillar_hangs_on_one_cable_and_sums_follow_the_coincidence_rule(area):
    fed = dict.fromkeys((int(member) for member in area.members if member != area.root), 0)
    for section in area.sections:
        own = own_group(area, section)
        node = area.graph_node(section)
        if abs(own[0]) > 1e-9:
            expected = [column[node] for column in area.load[:4]]
            np.testing.assert_allclose(own, expected, rtol=1e-6, atol=1e-9)
            fed[node] += 1
        else:
            np.testing.assert_allclose(own, 0.0, atol=1e-6)
    assert set(fed.values()) <= {1}


@given(AREAS)
def test_sections_follow_the_tree_and_are_counted_where_they_lie(area):
    work = area.work
    for section in area.sections:
        parent = work.section_parent[section]
        assert parent == -1 or parent > section
        above = work.tree_parent[work.section_node[section]]
        assert above == (0 if parent < 0 else work.section_node[parent])
        if parent >= 0:
            assert work.section_type[parent] >= work.section_type[section]
    beside = np.bincount(work.section_node[: area.count], minlength=area.size)
    np.testing.assert_array_equal(work.tree_cables[1 : area.size], beside[1:])


def test_the_flow_of_two_equal_plots_is_that_of_the_rule_by_hand():
    ground = make_ground([0.0, 50.0, 100.0], [0.0] * 3, [(0, 1), (1, 2)], [50.0, 50.0], [0.0, 0.0])
    area = design(ground, make_load(np.array([0.0, 10.0, 10.0])), np.array([1, 2]), np.zeros(2, np.int64))
    head = next(section for section in area.sections if area.work.section_parent[section] < 0)
    # P = 0.4 (10 + 10) + 0.6 sqrt(10^2 + 10^2) kW, and as much again by tan(acos 0.9) for Q
    active_kw = 8.0 + 6.0 * np.sqrt(2.0)
    assert np.isclose(area.work.section_flow[head, 0], active_kw)
    assert np.isclose(area.work.section_flow[head, 2], active_kw / 0.9 * 1000.0 / (np.sqrt(3.0) * 400.0))


@given(st.floats(0.0, 500.0), st.lists(st.floats(10.0, 400.0), min_size=1, max_size=8).map(sorted))
@settings(max_examples=30)
def test_a_fuse_is_the_smallest_that_carries_the_current(current, ratings):
    row = fuse_for(np.array(ratings), current)
    carrying = [rating for rating in ratings if rating >= current]
    assert row == (ratings.index(carrying[0]) if carrying else -1)
