"""From plan to tables: radial, everything once, rings closed between supply points, lengths as drawn."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from rasana.planning.area_trees import trees
from rasana.planning.assemble import assemble
from rasana.planning.plan import copy_plan, total_cost
from rasana.planning.search import EFFORTS, search
from tests.planning.grid_estate import CATALOGUE, STANDARD, grid_estate, prepared

CASES = {
    "one transformer": {}, "two supplies, many transformers": {"blocks": 3, "seed": 2, "mean_kw": 60.0},
    "one supply": {"blocks": 3, "supplies": 1, "seed": 4},
}  # fmt: skip


def silent(_stage, _share, _cost):
    pass


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES.keys())
def made(request):
    """(estate, demand, services, graph, problem, plan, assembly) of a quick search."""
    estate = grid_estate(**request.param)
    demand, services, graph, problem = prepared(estate)
    plan = search(problem, EFFORTS["fast"], 1, 1, silent).plan
    assembly = assemble(estate, STANDARD, CATALOGUE, services, graph, problem, plan)
    return estate, demand, services, graph, problem, plan, assembly


@pytest.fixture
def network(made):
    return made[-1].network


def as_graph(network, *, open_too: bool) -> nx.MultiGraph:
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(len(network.nodes)))
    cables = network.cables if open_too else network.cables[~network.cables["normally_open"]]
    graph.add_edges_from(zip(cables["from_row"], cables["to_row"], strict=True))
    graph.add_edges_from(zip(network.transformers["node_mv"], network.transformers["node_lv"], strict=True))
    return graph


def test_as_switched_the_network_is_a_forest_with_one_supply_point_in_each_tree(network):
    graph = as_graph(network, open_too=False)
    assert nx.is_forest(nx.Graph(graph))
    assert graph.number_of_edges() == nx.Graph(graph).number_of_edges()
    kind = network.nodes["kind"].to_numpy()
    assert all(sum(kind[node] == "supply" for node in piece) == 1 for piece in nx.connected_components(graph))


def test_every_plot_has_one_service_from_its_own_transformer(made, network):
    _, _, services, graph, *_ = made
    plots, cables = network.plots, network.cables
    fed = services.supplied & (graph.plot_node >= 0)
    np.testing.assert_array_equal(plots["node_row"].to_numpy() >= 0, fed)
    meters = cables[cables["level"] == "service"]
    assert sorted(meters["to_row"]) == sorted(plots.loc[fed, "node_row"])
    assert sorted(meters["id"]) == sorted("SV-" + plots.loc[fed, "plot_id"])
    for _, service in meters.iterrows():
        plot = plots[plots["node_row"] == service["to_row"]].iloc[0]
        assert plot["service_node"] == service["from_node"]
        assert plot["feeder_id"] == service["feeder_id"]
    tree = as_graph(network, open_too=False)
    board = dict(zip(network.transformers["id"], network.transformers["node_lv"], strict=True))
    for _, plot in plots[fed].iterrows():
        way = nx.shortest_path(tree, int(plot["node_row"]), int(board[plot["transformer_id"]]))
        assert not set(way) & set(network.transformers["node_mv"])


def test_rings_run_from_supply_to_supply_through_each_transformer_once(made, network):
    rings, cables = made[-1].rings, network.cables
    assert sorted(name for names in rings["transformer_ids"] for name in names) == sorted(network.transformers["id"])
    ids = network.nodes["id"]
    for _, ring in rings.iterrows():
        sections = cables[cables["ring_id"] == ring["ring_id"]]
        stops = [
            f"S-{ring['supply_from']}",
            *(f"{name}.mv" for name in ring["transformer_ids"]),
            f"S-{ring['supply_to']}",
        ]
        assert len(sections) == len(stops) - 1
        for place, (_, section) in enumerate(sections.iterrows()):
            assert {section["from_node"], section["to_node"]} == set(stops[place : place + 2])
        assert sections.loc[sections["normally_open"], "id"].tolist() == [ring["open_cable_id"]]
        assert sections["length_m"].sum() == pytest.approx(ring["length_m"])
        assert set(sections["type"]) == {ring["type"]}
    assert (cables["from_node"] == ids.to_numpy()[cables["from_row"]]).all()
    assert (cables["to_node"] == ids.to_numpy()[cables["to_row"]]).all()


def test_cables_are_drawn_from_node_to_node_and_as_long_as_they_say(network):
    nodes, cables = network.nodes.geometry, network.cables
    for _, cable in cables.iterrows():
        start, end = cable.geometry.interpolate(0.0), cable.geometry.interpolate(1.0, normalized=True)
        assert start.distance(nodes.iloc[cable["from_row"]]) < 0.11
        assert end.distance(nodes.iloc[cable["to_row"]]) < 0.11
    np.testing.assert_allclose(cables["length_m"], cables.geometry.length)
    assert cables["id"].is_unique
    assert network.nodes["id"].is_unique
    assert network.transformers["id"].is_unique


def test_feeders_stay_on_one_transformer_carry_a_fuse_and_never_get_thicker_outwards(network):
    lv = network.cables[network.cables["level"] == "lv"]
    assert (lv["feeder_id"].str.split("-F").str[0] == lv["transformer_id"]).all()
    assert lv.groupby("feeder_id")["fuse_a"].nunique().eq(1).all()
    heads = lv[lv["from_node"].str.endswith(".lv")]
    assert sorted(heads["feeder_id"]) == sorted(lv["feeder_id"].unique())
    for _, feeder in lv.groupby("feeder_id"):
        above = feeder.set_index("to_row")["type_row"]
        inner = feeder[feeder["from_row"].isin(above.index)]
        assert (inner["type_row"].to_numpy() <= above.loc[inner["from_row"]].to_numpy()).all()


def test_trenches_hold_every_cable_in_the_street_and_no_more(made, network):
    *_, graph, _, plan, _ = made
    trenches = network.trenches
    streets = trenches[trenches["levels"] != "service"]
    assert streets["length_m"].sum() == pytest.approx(graph.length_m[plan.cables > 0].sum())
    mains = network.cables[network.cables["level"] != "service"]
    with_services = streets[streets["levels"].str.contains("service")]
    lying = (streets["length_m"] * streets["cables"]).sum()
    assert lying >= mains["length_m"].sum() - 1e-6
    if with_services.empty:
        assert lying == pytest.approx(mains["length_m"].sum())


def test_assembling_changes_neither_cost_nor_plan(made):
    *_, problem, plan, _ = made
    copy = copy_plan(plan)
    before = total_cost(copy)
    designed = trees(problem, copy)
    assert total_cost(copy) == pytest.approx(before, rel=1e-9)
    assert sum(tree.cost for tree in designed) == pytest.approx(plan.cost[plan.root >= 0].sum(), rel=1e-9)
    assert all(tree.excess == 0.0 for tree in designed)
