"""Ways of the services: one trench for those in one line, none where a street's trench is there already."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import shapely

from rasana.planning.trenches import service_ways, side_by_side


def street() -> SimpleNamespace:
    """One street of two pieces along x, from 0 over 30 to 60 m; the plots' pillar is its first node."""
    return SimpleNamespace(
        first=np.array([0, 1, 3, 4]),
        edge=np.array([0, 0, 1, 1]),
        start=np.array([0, 1]),
        end=np.array([1, 2]),
        line=np.array([shapely.LineString([(0, 0), (30, 0)]), shapely.LineString([(30, 0), (60, 0)])], dtype=object),
        plot_node=np.zeros(3, np.int64),
    )


def service(plot_row: int, x: float, y: float, parallel: int = 1) -> dict:
    line = shapely.LineString([(0, 0), (x, y)])
    return {
        "level": "service",
        "from_row": 0,
        "to_row": 10 + plot_row,
        "plot_row": plot_row,
        "parallel": parallel,
        "length_m": line.length,
        "geometry": line,
    }


def test_services_in_one_line_share_a_trench_and_others_do_not() -> None:
    ways = service_ways([service(0, 0, 10), service(1, 0, 25), service(2, 10, 10)], street(), np.zeros(2, bool))
    assert sorted(way.count for way in ways) == [1, 2]
    _, beside = side_by_side(ways, np.zeros(2, np.int64))
    assert beside == {10: 2, 11: 2, 12: 1}


@pytest.mark.parametrize(
    ("reach_m", "edges", "along_m"), [(20.0, (0,), 20.0), (45.0, (0, 1), 45.0), (80.0, (0, 1), 60.0)]
)
def test_a_service_along_a_dug_street_lies_in_its_trench(
    reach_m: float, edges: tuple[int, ...], along_m: float
) -> None:
    (way,) = service_ways([service(0, reach_m, 0)], street(), np.ones(2, bool))
    assert way.edges == edges
    assert way.along_m == pytest.approx(along_m)


def test_a_service_along_a_street_without_trench_digs_its_own() -> None:
    (way,) = service_ways([service(0, 20, 0)], street(), np.zeros(2, bool))
    assert (way.edges, way.along_m) == ((), 0.0)


def test_a_service_warms_the_mains_beside_it_and_they_it() -> None:
    ways = service_ways([service(0, 45, 0, parallel=2)], street(), np.ones(2, bool))
    mains, beside = side_by_side(ways, np.array([3, 1]))
    assert mains.tolist() == [5, 3]
    assert beside == {10: 5}


def test_a_service_across_a_street_does_not_run_along_it() -> None:
    (way,) = service_ways([service(0, 20, 0.1)], street(), np.ones(2, bool))
    assert way.edges == ()
