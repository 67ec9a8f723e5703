"""One transformer's area: within every limit where it says so, and never silent where it is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from rasana.planning.area import area_sums, resize
from tests.planning.random_area import breaches, design, make_load, random_area
from tests.planning.test_sections import AREAS
from tests.planning.test_ways import make_ground


@given(AREAS)
@settings(max_examples=150)
def test_without_excess_every_limit_holds_and_a_breach_is_never_silent(area):
    assert area.excess >= 0.0
    if area.excess == 0.0:
        assert breaches(area) == []


def test_most_random_areas_of_small_load_hold_every_limit_so_that_the_law_above_is_not_empty():
    areas = [random_area(seed, 12, 8.0, 25.0) for seed in range(20)]
    assert sum(area.excess == 0.0 for area in areas) >= 15


def chain(pillars: int, metres: float, kw: float, outside: int = 0, scale: float = 1.0):
    """Pillars in one line; nothing stands at the transformer."""
    ends = [(row, row + 1) for row in range(pillars)]
    load = np.concatenate([[0.0], np.full(pillars, kw)])
    ground = make_ground(
        metres * np.arange(pillars + 1), np.zeros(pillars + 1), ends, [metres] * pillars, [0.0] * pillars
    )
    return design(ground, make_load(load), np.arange(1, pillars + 1), np.full(pillars, outside), scale)


@pytest.mark.parametrize(
    ("pillars", "metres", "kw"),
    [(1, 3000.0, 30.0), (1, 30.0, 400.0), (40, 20.0, 120.0), (12, 3.0, 190.0)],
    ids=["too far", "above the largest fuse", "above the largest transformer", "more feeders than ways"],
)
def test_what_can_not_be_built_has_excess(pillars, metres, kw):
    area = chain(pillars, metres, kw)
    assert area.excess > 0.0
    assert breaches(area) != []


@pytest.mark.parametrize(("streets", "within"), [(8, True), (9, False)])
def test_a_board_has_so_many_ways_and_no_more(streets, within):
    """Small plots, each in a street of its own: nothing is at its limit but the number of feeders."""
    ends = [(0, street) for street in range(1, streets + 1)]
    ground = make_ground(np.arange(streets + 1.0), np.zeros(streets + 1), ends, [20.0] * streets, [0.0] * streets)
    load = make_load(np.array([0.0] + [5.0] * streets))
    area = design(ground, load, np.arange(1, streets + 1), np.zeros(streets, np.int64))
    assert (area.excess == 0.0) == within
    assert breaches(area) == ([] if within else ["feeders"])


def test_excess_grows_with_the_load():
    excess = [chain(3, 400.0, kw).excess for kw in (5.0, 40.0, 80.0, 120.0)]
    assert excess[0] == 0.0
    assert excess == sorted(excess)
    assert excess[-1] > excess[1]


def test_cables_of_others_in_the_trench_never_make_it_cheaper():
    costs = [chain(4, 40.0, 35.0, outside).cost for outside in range(5)]
    assert costs == sorted(costs)


def test_tighter_limits_never_make_it_cheaper_nor_thinner():
    wide, tight = chain(4, 60.0, 30.0), chain(4, 60.0, 30.0, scale=0.8)
    assert tight.cost >= wide.cost
    if tight.count == wide.count:
        assert (tight.work.section_type[: tight.count] >= wide.work.section_type[: wide.count]).all()


@given(AREAS)
@settings(max_examples=30)
def test_sizing_the_same_sections_again_gives_the_same_cost(area):
    cost, excess, transformer = resize(
        area.load, area.types, area.rules, area.work, area.members, area.count, area.outside, 1.0
    )
    assert (cost, excess, transformer) == pytest.approx((area.cost, area.excess, area.transformer), rel=1e-12)


def test_sums_of_an_area_are_those_of_its_members():
    load = make_load(np.array([5.0, 10.0, 20.0]))
    a, b2, qa, qb2, mean_kw = area_sums(load, np.array([0, 2]))
    tangent = np.tan(np.arccos(0.9))
    assert (a, b2, mean_kw) == pytest.approx((0.4 * 25.0, 0.36 * (25.0 + 400.0), 0.3 * 25.0))
    assert (qa, qb2) == pytest.approx((a * tangent, b2 * tangent**2))


def test_a_place_where_only_a_small_transformer_may_stand_has_excess_for_more():
    ground = make_ground([0.0, 20.0], [0.0, 0.0], [(0, 1)], [20.0], [0.0])
    load = make_load(np.array([0.0, 100.0]))
    small = load._replace(site_limit_kva=np.array([50.0, np.inf]))
    fits = design(ground, load, np.array([1]), np.zeros(1, np.int64))
    forced = design(ground, small, np.array([1]), np.zeros(1, np.int64))
    assert fits.excess == 0.0
    assert forced.types.transformer_kva[forced.transformer] <= 50.0
    assert forced.excess > 0.5
