"""The street graph: streets cut where something hangs, every plot at a pillar of its own street, nothing lost."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry import box

from rasana.planning.streets import build
from tests.planning.grid_estate import (
    CRS,
    ORIGIN,
    STANDARD,
    grid_estate,
    line,
    make_estate,
    plot_table,
    point,
    street_table,
    supply_table,
)

PILLAR_A = 200.0


def graph_of(estate, current_a=20.0, pillar_a=PILLAR_A, supplied=None):
    plots = len(estate.plots)
    fed = np.ones(plots, bool) if supplied is None else supplied
    return build(estate, STANDARD, fed, np.broadcast_to(np.asarray(current_a, float), plots), pillar_a)


def along_one_street(positions, length=300.0, side=8.0):
    shapes = [
        box(*(ORIGIN[0] + x - 4, ORIGIN[1] + side), *(ORIGIN[0] + x + 4, ORIGIN[1] + side + 15)) for x in positions
    ]
    plots = plot_table(shapes, np.full(len(shapes), 10.0))
    return make_estate(plots, street_table([line((0, 0), (length, 0))]), supply_table([point(0, 0)]))


def assert_whole(estate, graph):
    """What holds of every street graph."""
    nodes, edges = len(graph.x), len(graph.length_m)
    for edge in range(edges):
        coordinates = np.array(graph.line[edge].coords)
        ends = np.array([[graph.x[node], graph.y[node]] for node in (graph.start[edge], graph.end[edge])])
        np.testing.assert_allclose(coordinates[[0, -1]], ends, atol=0.1)
        assert graph.length_m[edge] == pytest.approx(graph.line[edge].length)
    for node in range(nodes):
        for place in range(graph.first[node], graph.first[node + 1]):
            ends = {int(graph.start[graph.edge[place]]), int(graph.end[graph.edge[place]])}
            assert ends == {node, int(graph.neighbour[place])}
    assert graph.first[-1] == 2 * edges
    links = coo_matrix((np.ones(edges), (graph.start, graph.end)), shape=(nodes, nodes))
    _, piece = connected_components(links, directed=False)
    hung = np.concatenate([graph.plot_node[graph.plot_node >= 0], graph.supply_node])
    assert len(set(piece[hung].tolist())) == 1
    assert graph.length_m[graph.on_street].sum() == pytest.approx(estate.streets.length.sum(), rel=1e-6)
    assert not graph.is_site[graph.supply_node].any()
    assert (graph.service_m[graph.plot_node >= 0] >= 0.999).all()


@pytest.mark.parametrize("blocks", [1, 3])
def test_a_quarter_becomes_a_whole_graph(blocks):
    estate = grid_estate(blocks)
    graph = graph_of(estate)
    assert_whole(estate, graph)
    assert (graph.plot_node >= 0).all()


@given(st.lists(st.floats(0.0, 300.0), min_size=1, max_size=25))
@settings(max_examples=40)
def test_pillars_share_within_spacing_number_and_current(positions):
    estate = along_one_street(positions)
    current = np.random.default_rng(len(positions)).uniform(5.0, 120.0, len(positions))
    graph = graph_of(estate, current)
    assert_whole(estate, graph)
    for node in np.unique(graph.plot_node):
        rows = np.flatnonzero(graph.plot_node == node)
        assert len(rows) <= STANDARD.services_per_pillar_max
        assert len(rows) == 1 or current[rows].sum() <= PILLAR_A + 1e-9
        assert np.ptp(np.array(positions)[rows]) <= STANDARD.pillar_spacing_m + 1e-6


def test_a_plot_above_a_pillars_current_stands_alone():
    graph = graph_of(along_one_street([50.0, 55.0, 60.0]), [20.0, 250.0, 20.0])
    assert graph.plot_node[0] == graph.plot_node[2]
    assert graph.plot_node[1] != graph.plot_node[0]


def test_the_meter_stands_where_the_plot_is_nearest_to_its_street():
    graph = graph_of(along_one_street([100.0]))
    assert (graph.meter_x[0], graph.meter_y[0]) == pytest.approx((ORIGIN[0] + 100.0, ORIGIN[1] + 8.0))
    assert graph.service_m[0] == pytest.approx(8.0)


def test_a_plot_drawn_as_a_point_on_the_street_still_has_a_service():
    estate = make_estate(plot_table([point(100.0, 0.0)], np.array([10.0])), street_table([line((0, 0), (200, 0))]),
                         supply_table([point(0, 0)]))  # fmt: skip
    assert graph_of(estate).service_m[0] == pytest.approx(1.0)


def test_plots_not_supplied_and_plots_out_of_reach_have_no_pillar():
    estate = along_one_street([50.0, 100.0])
    far = estate.plots.copy()
    far.loc[1, "geometry"] = (
        far.geometry[1]
        .buffer(0.0)
        .__class__([(x, y + STANDARD.import_plot_distance_max_m + 50.0) for x, y in far.geometry[1].exterior.coords])
    )
    assert (graph_of(replace(estate, plots=far)).plot_node >= 0).tolist() == [True, False]
    assert (graph_of(estate, supplied=np.array([False, True])).plot_node >= 0).tolist() == [False, True]


def test_streets_that_may_not_be_dug_and_loose_ones_carry_nothing():
    streets = street_table(
        [line((0, 0), (100, 0)), line((100, 0), (200, 0)), line((0, 0), (0, 90)), line((0, 300), (40, 300))]
    )
    streets["no_trench"] = [False, True, False, False]
    estate = replace(along_one_street([50.0, 95.0]), streets=streets)
    graph = graph_of(estate)
    assert graph.length_m[graph.on_street].sum() == pytest.approx(190.0)


def test_the_price_factor_of_a_street_stays_with_all_its_pieces():
    streets = street_table([line((0, 0), (150, 0)), line((150, 0), (300, 0))])
    streets["trench_factor"] = [1.0, 1.8]
    graph = graph_of(replace(along_one_street([20.0, 60.0, 180.0, 260.0]), streets=streets))
    middle = np.array([piece.interpolate(0.5, normalized=True).x - ORIGIN[0] for piece in graph.line])
    np.testing.assert_array_equal(graph.factor, np.where(middle < 150.0, 1.0, 1.8))


def test_given_sites_are_the_only_ones_with_their_limit_and_name():
    sites = gpd.GeoDataFrame(
        {"site_id": ["X1", "X2"], "max_kva": [400.0, np.nan]}, geometry=[point(100.0, 0.0), point(200.0, 6.0)], crs=CRS
    )
    graph = graph_of(replace(along_one_street([50.0, 150.0]), transformer_sites=sites))
    nodes = np.flatnonzero(graph.is_site)
    assert sorted(graph.site_id[int(node)] for node in nodes) == ["X1", "X2"]
    limit = {graph.site_id[int(node)]: graph.site_limit_kva[node] for node in nodes}
    assert limit == {"X1": 400.0, "X2": np.inf}
    # The one beside the street has a connection of 6 m of its own.
    np.testing.assert_allclose(graph.length_m[~graph.on_street], [6.0])


def test_a_pillar_near_a_corner_stands_at_the_corner():
    streets = street_table([line((0, 0), (100, 0)), line((100, 0), (200, 0)), line((100, 0), (100, -50))])
    graph = graph_of(replace(along_one_street([98.5]), streets=streets))
    node = graph.plot_node[0]
    assert (graph.x[node] - ORIGIN[0], graph.y[node] - ORIGIN[1]) == pytest.approx((100.0, 0.0))
