"""Streets fit for cables: noded, snapped, bridged, clipped, and the same when repaired twice."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry import LineString, Point, box

from rasana.exchange.streets_repair import GRID_M, Repair, repaired
from rasana.planning.finding import Finding, Severity

RULES = Repair(snap_m=1.0, bridge_m=60.0, strict=True)
NOTHING = np.array([], object)


def streets(*lines: list[tuple[float, float]], **columns: list[object]) -> gpd.GeoDataFrame:
    table = pd.DataFrame({"street_id": [f"S{k}" for k in range(len(lines))], "trench_factor": 1.0, "no_trench": False})
    table = table.assign(**columns)
    return gpd.GeoDataFrame(table, geometry=[LineString(line) for line in lines], crs="EPSG:32639")


def run(
    table: gpd.GeoDataFrame, plots: list[object] = (), no_go: list[object] = (), rules: Repair = RULES
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    return repaired(table, np.array(list(plots), object), np.array(list(no_go), object), rules)


def islands(pieces: gpd.GeoDataFrame) -> int:
    lines = pieces.geometry.to_numpy()
    ends = shapely.get_coordinates(np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)]))
    unique, node = np.unique(ends, axis=0, return_inverse=True)
    node = node.reshape(-1)
    pairs = (np.ones(len(lines)), (node[: len(lines)], node[len(lines) :]))
    return int(connected_components(coo_matrix(pairs, shape=(len(unique),) * 2))[0])


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def test_streets_that_cross_are_cut_at_the_crossing_and_keep_their_columns() -> None:
    table = streets([(0, 0), (100, 0)], [(50, -40), (50, 40)], trench_factor=[1.0, 2.0])
    pieces, findings = run(table)
    assert sorted(pieces["street_id"]) == ["S0", "S0", "S1", "S1"]
    assert pieces.set_index("street_id").loc["S1", "trench_factor"].tolist() == [2.0, 2.0]
    assert pieces.length.sum() == pytest.approx(180)
    assert findings == []


@pytest.mark.parametrize(("gap", "joined"), [(0.9, True), (1.1, False)])
def test_an_end_is_snapped_to_a_line_just_within_the_length_and_not_beyond(gap: float, joined: bool) -> None:
    pieces, findings = run(streets([(0, 0), (100, 0)], [(50, gap), (50, 40)]), rules=Repair(1.0, 0.5, strict=True))
    assert (islands(pieces) == 1 and len(pieces) == 3) == joined or codes(findings) == ["streets_empty_left_out"]
    assert ("streets_snapped" in codes(findings)) == joined


def test_ends_nearly_meeting_become_one_point() -> None:
    pieces, findings = run(streets([(0, 0), (50, 0)], [(50.4, 0.3), (100, 0)]))
    assert islands(pieces) == 1
    assert [finding.value for finding in findings] == [1.0]


def test_a_street_drawn_past_the_one_it_ends_at_leaves_no_stub() -> None:
    pieces, _ = run(streets([(0, 0), (100, 0)], [(50, 40), (50, -0.6)]))
    assert len(pieces) == 3
    assert pieces.length.min() > 1.0


def test_a_street_drawn_twice_is_one() -> None:
    pieces, _ = run(streets([(0, 0), (100, 0)], [(100, 0), (0, 0)]))
    assert pieces.length.sum() == pytest.approx(100)


def test_islands_are_joined_by_the_shortest_links_one_each() -> None:
    table = streets([(0, 0), (100, 0)], [(0, 30), (100, 50)], [(0, 70), (100, 70)])
    plots = [Point(50, 5), Point(50, 45), Point(50, 75)]
    pieces, findings = run(table, plots)
    assert islands(pieces) == 1
    assert codes(findings) == ["street_bridged", "street_bridged"]
    assert [finding.value for finding in findings] == pytest.approx([20.0, 30.0], abs=GRID_M)


def test_an_island_without_plots_is_left_out_by_name_and_not_bridged() -> None:
    table = streets([(0, 0), (100, 0)], [(0, 30), (50, 30)])
    pieces, findings = run(table, [Point(50, -5)])
    assert pieces["street_id"].tolist() == ["S0"]
    assert codes(findings) == ["streets_empty_left_out"]
    assert findings[0].details["streets"] == "S1"


@pytest.mark.parametrize("strict", [True, False])
def test_an_island_with_plots_out_of_reach_is_refused_or_left_out_by_name(strict: bool) -> None:
    table = streets([(0, 0), (100, 0)], [(0, 200), (50, 200)])
    pieces, (finding,) = run(table, [Point(50, -5), Point(20, 205)], rules=Repair(1.0, 60.0, strict))
    assert finding.severity == (Severity.ERROR if strict else Severity.WARNING)
    assert (finding.subject_id, finding.value, finding.limit) == ("S1", 200.0, 60.0)
    assert pieces["street_id"].tolist() == ["S0"]


def test_streets_without_trench_do_not_hold_the_network_together() -> None:
    table = streets([(0, 0), (50, 0)], [(50, 0), (150, 0)], [(150, 0), (200, 0)], no_trench=[False, True, False])
    _, findings = run(table, [Point(20, 5), Point(180, 5)])
    assert codes(findings) == ["street_island"]


def test_no_go_areas_hold_no_street() -> None:
    area = box(40, -10, 60, 10)
    table = streets([(0, 0), (100, 0)], [(0, 0), (0, 60)], [(0, 60), (100, 60)], [(100, 60), (100, 0)])
    pieces, findings = run(table, [Point(50, 70)], [area])
    assert islands(pieces) == 1
    assert not pieces.geometry.intersects(area).any()
    assert codes(findings) == ["streets_clipped"]
    assert findings[0].value == pytest.approx(20, abs=1)


coordinate = st.integers(0, 40).map(lambda k: 7.3 * k)
point = st.tuples(coordinate, coordinate)


@settings(max_examples=60)
@given(st.lists(st.lists(point, min_size=2, max_size=4, unique=True), min_size=1, max_size=12))
def test_repairing_twice_moves_nothing_beyond_the_snapping_length_and_pieces_meet_at_ends_only(
    lines: list[list[tuple[float, float]]],
) -> None:
    table = streets(*lines)
    plots = list(table.geometry.centroid)
    rules = Repair(1.0, 60.0, strict=False)
    once, _ = run(table, plots, rules=rules)
    twice, findings = run(once, plots, rules=rules)
    assert not [code for code in codes(findings) if code.startswith("street_")]
    assert islands(once) == 1
    assert shapely.hausdorff_distance(once.union_all(), twice.union_all()) <= rules.snap_m
    shapes = once.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="crosses")
    assert len(left) == len(right) == 0
