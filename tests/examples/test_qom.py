"""The two example estates at Qom: counts as published, a plan that can be built, the same file for the same seed."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from collections import Counter
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

FOLDER = Path(__file__).parents[2] / "examples" / "qom"
FIGURES = tomllib.loads((FOLDER / "figures.toml").read_text(encoding="utf-8"))
NAMES = ("khodro", "sonuf")
STATUSES = {"planned", "built", "active", "energised", "unauthorised"}


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("qom_build", FOLDER / "build.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def estates(script):
    return {"khodro": script.build_khodro(1), "sonuf": script.build_sonuf(1)}


@pytest.fixture(params=NAMES)
def estate(request, estates):
    return request.param, estates[request.param]


def test_khodro_has_the_published_counts(estates):
    plots = estates["khodro"]["plots"]
    assert Counter(plots["group"]) == {"repair": 911, "showroom": 197, "service": 296}
    assert plots["units"].sum() == 1404
    assert set(plots["block"]) == set(range(1, 17))
    assert set(plots["phase"]) == set(range(1, 6))
    assert plots.groupby("block")["phase"].nunique().eq(1).all()


def test_khodro_block_1_is_line_1_as_published(estates):
    plots = estates["khodro"]["plots"]
    assert Counter(plots.loc[plots["block"] == 1, "group"]) == {"showroom": 34, "service": 6, "repair": 48}


def test_khodro_has_125_active_units_in_the_first_blocks_among_700_ready(estates):
    plots = estates["khodro"]["plots"]
    assert Counter(plots["status"]) == {"active": 125, "built": 575, "planned": 704}
    assert set(plots.loc[plots["status"] == "active", "block"]) <= {1, 2, 3, 4}


def test_khodro_is_built_over_as_published(estates):
    assert estates["khodro"]["plots"]["floor_area_m2"].sum() == pytest.approx(150_000, abs=0.01)


def test_sonuf_has_the_published_counts(estates):
    plots = estates["sonuf"]["plots"]
    assert Counter(plots["group"]) == {"iron": 385, "building": 304, "door_window": 915}
    assert len(plots) == plots["units"].sum() == 1604
    assert (plots["phase"] == 3).sum() == 140
    assert plots["prepared"].sum() == 616


def test_sonuf_has_310_complete_iron_units_of_which_308_moved(estates):
    plots = estates["sonuf"]["plots"]
    assert Counter(plots.loc[plots["group"] == "iron", "status"]) == {"active": 308, "built": 2, "planned": 75}
    assert set(plots.loc[plots["group"] != "iron", "status"]) == {"planned"}


def test_sonuf_uses_as_much_land_a_plot_as_phase_3(estates):
    layers = estates["sonuf"]
    developed = layers["boundary"].area.sum() - layers["reserve"].area.sum()
    assert developed / 1604 == pytest.approx(714, rel=0.01)
    assert layers["plots"].area.mean() == pytest.approx(400, rel=0.05)


def test_published_parts_add_up():
    for name in NAMES:
        units = FIGURES[name]["units"]
        assert sum(units["parts"].values()) == units["adopted"]


def test_every_figure_names_a_known_source():
    def walk(node):
        for key, value in node.items():
            if key == "source":
                assert value in FIGURES["sources"], value
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, dict):
                    walk(child)

    for name in NAMES:
        walk(FIGURES[name])


def test_boundary_has_the_published_area(estate):
    name, layers = estate
    assert layers["boundary"].area.sum() == pytest.approx(FIGURES[name]["area_m2"]["adopted"], rel=1e-4)


def test_plots_are_sound_and_inside_the_boundary(estate):
    _, layers = estate
    plots = layers["plots"]
    assert plots["plot_id"].is_unique
    assert plots.geom_type.eq("Polygon").all()
    assert plots.is_valid.all()
    assert layers["boundary"].geometry.iloc[0].buffer(0.01).covers(plots.union_all())
    assert set(plots["status"]) <= STATUSES
    assert plots["ready_year"].between(2024, 2035).all()


def test_plot_sizes_are_those_of_an_estate_of_small_trades(estate):
    name, layers = estate
    areas = layers["plots"].area.groupby(layers["plots"]["group"])
    least, most = (50, 350) if name == "khodro" else (200, 650)
    assert areas.min().min() > least
    assert areas.max().max() < most
    if name == "khodro":
        assert areas.mean()["showroom"] > areas.mean()["repair"] > areas.mean()["service"]


def test_no_plot_lies_on_another(estate):
    _, layers = estate
    plots = layers["plots"]
    left, right = plots.sindex.query(plots.geometry, predicate="intersects")
    pairs = left < right
    shared = shapely.area(shapely.intersection(plots.geometry.values[left[pairs]], plots.geometry.values[right[pairs]]))
    assert shared.max() < 0.1


def test_no_plot_lies_on_a_street_or_on_the_gas_corridor(estate):
    _, layers = estate
    plots, streets = layers["plots"], layers["streets"]
    land = shapely.union_all(shapely.buffer(streets.geometry.values, streets["width_m"] / 2 - 0.5, cap_style="flat"))
    assert plots.intersection(land).area.max() < 0.1
    assert plots.intersection(layers["no_go"].union_all()).area.max() < 0.1


def test_every_plot_fronts_on_its_street(estate):
    _, layers = estate
    streets = layers["streets"].set_index("street_id")
    plots = layers["plots"]
    street = streets.loc[plots["street"]]
    distance = shapely.distance(plots.geometry.values, street.geometry.values)
    beyond = np.abs(distance - street["width_m"].to_numpy() / 2)
    assert np.quantile(beyond, 0.95) < 0.25
    assert beyond.max() < 2.5  # beside a turning place


def test_streets_are_noded_and_hang_together(estate):
    _, layers = estate
    streets = layers["streets"]
    assert streets["street_id"].is_unique
    assert streets.geom_type.eq("LineString").all()
    graph = nx.Graph()
    graph.add_edges_from((line.coords[0], line.coords[-1]) for line in streets.geometry)
    assert nx.is_connected(graph)
    left, right = streets.sindex.query(streets.geometry, predicate="intersects")
    for a, b in zip(left[left < right], right[left < right], strict=True):
        one, other = streets.geometry.iloc[a], streets.geometry.iloc[b]
        ends = {one.coords[0], one.coords[-1]} & {other.coords[0], other.coords[-1]}
        touch = shapely.get_parts(one.intersection(other))
        assert {tuple(point.coords[0]) for point in touch} == ends


def test_street_widths_and_trench_factors_are_plausible(estate):
    _, layers = estate
    streets = layers["streets"]
    widths = streets.groupby("kind")["width_m"].agg(["min", "max"])
    assert (widths.loc["boulevard"] == 30).all()
    assert widths.drop(index=["boulevard", "access"]).to_numpy().min() >= 12
    assert widths.drop(index=["boulevard", "access"]).to_numpy().max() <= 20
    assert streets.length.min() > 2.0
    assert set(streets["trench_factor"]) == {1.0, 1.3, 2.0}


def test_only_a_few_streets_cross_the_gas_corridor_and_none_is_barred(estate):
    _, layers = estate
    streets = layers["streets"]
    assert 2 <= (streets["trench_factor"] == 2.0).sum() <= 6
    assert not streets.intersects(layers["no_go"].union_all()).any()


def test_two_supply_points_stand_at_ends_of_streets_on_different_sides(estate):
    name, layers = estate
    supply, streets = layers["supply_points"], layers["streets"]
    ends = Counter(point for line in streets.geometry for point in (line.coords[0], line.coords[-1]))
    assert len(supply) == 2
    assert all(ends[point.coords[0]] == 1 for point in supply.geometry)
    first, second = supply.geometry
    assert first.distance(second) > 0.8 * np.sqrt(FIGURES[name]["area_m2"]["adopted"])
    assert set(supply["voltage_kv"]) == {20.0}
    assert (supply["capacity_kva"] >= 12_000).all()
    assert (supply["fault_mva"] >= 300).all()


def test_the_label_stands_in_the_file(script, estate, tmp_path):
    name, layers = estate
    script.write(layers, tmp_path / "estate.gpkg")
    about = pyogrio.read_dataframe(tmp_path / "estate.gpkg", layer="about").set_index("key")["value"]
    assert about["label"] == "reconstruction from published counts, not a survey"
    assert about["label_fa"] == FIGURES["label_fa"]
    assert about["name"] == FIGURES[name]["name"]
    assert about["seed"] == "1"
    assert {"name_fa", "attribution", "script_version", "sources"} <= set(about.index)
    assert gpd.read_file(tmp_path / "estate.gpkg", layer="plots").crs.to_epsg() == 32639


def test_same_seed_gives_the_same_tables(script, estate):
    name, layers = estate
    again = {"khodro": script.build_khodro, "sonuf": script.build_sonuf}[name](1)
    assert list(again) == list(layers)
    for key in layers:
        pd.testing.assert_frame_equal(again[key], layers[key])


def test_same_seed_gives_the_same_bytes(script, estates, tmp_path):
    for file in ("a.gpkg", "b.gpkg"):
        script.write(estates["khodro"], tmp_path / file)
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()


def test_another_seed_gives_another_estate_with_the_same_counts(script, estates):
    first, second = estates["khodro"]["plots"], script.build_khodro(2)["plots"]
    assert Counter(first["group"]) == Counter(second["group"])
    assert Counter(first["trade"]) == Counter(second["trade"])
    assert not first.geometry.geom_equals(second.geometry).all()
    assert (first["trade"] != second["trade"]).any()
