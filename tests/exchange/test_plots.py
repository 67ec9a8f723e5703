"""Plots from buildings: one a building, small ones by rule, trades from tags."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import Point, box

from rasana.exchange.intake import Layer
from rasana.exchange.plots import DerivedPlots, Surroundings, derived
from rasana.exchange.tables import highways, tag_meanings
from rasana.planning.catalogue import load_catalogue
from rasana.planning.standard import load_standard

STANDARD = load_standard("europe")
CRS = "EPSG:32632"
NOTHING_AROUND = Surroundings(None, None)


def layer(name: str, shapes: list[object], **columns: list[object]) -> tuple[Layer, np.ndarray]:
    geometry = np.array(shapes, object)
    arrays = {key: np.array(values, object) for key, values in columns.items()}
    return Layer(name, CRS, np.arange(1, len(shapes) + 1), arrays, geometry), geometry


def plots_of(shapes: list[object], around: Surroundings = NOTHING_AROUND, **columns: list[object]) -> DerivedPlots:
    columns.setdefault("osm_id", [f"w{k}" for k in range(len(shapes))])
    buildings, geometry = layer("buildings", shapes, **columns)
    return derived(buildings, geometry, around, CRS, STANDARD)


def test_every_trade_that_tags_lead_to_is_in_the_catalogue() -> None:
    known = {*load_catalogue("europe").trades.code, ""}
    assert {meaning.trade for meaning in tag_meanings().values()} <= known


def test_ways_too_narrow_for_a_trench_hold_no_cables() -> None:
    for name in ("footway", "path", "steps", "cycleway", "bridleway"):
        assert not highways()[name].used
    for name in ("primary", "residential", "service", "living_street"):
        assert highways()[name].used


def test_a_small_building_that_touches_another_joins_it_and_one_that_stands_alone_is_left_out() -> None:
    found = plots_of([box(0, 0, 10, 10), box(10.2, 0, 14, 5), box(50, 0, 54, 5)], building=["yes"] * 3)
    assert found.table["plot_id"].tolist() == ["w0"]
    assert found.table.area.iloc[0] == pytest.approx(100 + 19)
    told = {finding.code: (finding.value, finding.details.get("plots")) for finding in found.findings}
    assert told["buildings_small_merged"] == (1.0, "w1")
    assert told["buildings_small_left_out"] == (1.0, "w2")


def test_a_building_just_large_enough_is_a_plot() -> None:
    side = STANDARD.import_building_area_min_m2 / 5
    found = plots_of([box(0, 0, 5, side), box(20, 0, 25, side - 0.1)], building=["yes", "yes"])
    assert found.table["plot_id"].tolist() == ["w0"]


def test_buildings_without_a_supply_of_their_own_are_left_out_with_their_count() -> None:
    found = plots_of([box(0, 0, 10, 10), box(20, 0, 40, 10)], building=["shed", "industrial"])
    assert found.table["plot_id"].tolist() == ["w1"]
    assert found.findings[0].code == "buildings_without_supply"


def test_own_tags_come_before_points_before_kind_before_land() -> None:
    shapes = [box(20 * k, 0, 20 * k + 10, 10) for k in range(5)]
    points = layer("pois", [Point(5, 5), Point(25, 5), Point(45, 99)], shop=["tyres", "tyres", "car"])
    land = layer("landuse", [box(-10, -10, 200, 50)], landuse=["industrial"])
    found = plots_of(
        shapes,
        Surroundings(land, points),
        building=["yes", "yes", "office", "yes", "yes"],
        craft=["carpenter", None, None, None, None],
    )
    assert found.table["trade"].tolist() == ["carpentry", "tyre_shop", "office", "workshop_general", "workshop_general"]
    assert found.table["trade_from"].tolist()[3] == "landuse=industrial"


def test_the_smallest_land_use_around_a_building_decides() -> None:
    land = layer("landuse", [box(0, 0, 30, 30), box(-500, -500, 500, 500)], landuse=["residential", "industrial"])
    found = plots_of([box(0, 0, 10, 10), box(100, 0, 110, 10)], Surroundings(land, None), building=["yes", "yes"])
    assert found.table["trade"].tolist() == ["dwelling", "workshop_general"]


def test_several_businesses_in_a_building_are_units_of_the_most_frequent_trade() -> None:
    points = layer(
        "pois", [Point(1, 1), Point(2, 2), Point(3, 3)], shop=["clothes", "shoes", None], office=[None, None, "it"]
    )
    found = plots_of([box(0, 0, 10, 10)], Surroundings(None, points), building=["yes"])
    assert found.table[["trade", "units"]].to_numpy().tolist() == [["shop", 2.0]]


def test_floor_is_footprint_times_levels_and_homes_share_it() -> None:
    found = plots_of(
        [box(0, 0, 20, 20), box(50, 0, 60, 10)],
        building=["apartments", "industrial"],
        **{"building:levels": ["۵", None]},
    )
    assert found.table["floor_area_m2"].tolist() == [2000.0, 100.0]
    assert found.table["units"].tolist() == [round(2000 / tag_meanings()[("building", "apartments")].unit_m2), 1.0]
    assumed = [each for each in found.assumptions if each.property == "levels"]
    assert [(each.subject, each.value) for each in assumed] == [("1 plots", "1")]


def test_every_guess_is_an_assumption_with_its_count() -> None:
    found = plots_of([box(20 * k, 0, 20 * k + 10, 10) for k in range(3)], building=["retail", "retail", "yes"])
    trades = {each.value: (each.subject, each.source) for each in found.assumptions if each.property == "trade"}
    assert trades["shop"] == ("2 plots", "OpenStreetMap: guessed from the tag building=retail")
    assert trades["dwelling"][0] == "1 plots"
    (guessed,) = [finding for finding in found.findings if finding.code == "trades_guessed"]
    assert (guessed.value, guessed.details["unknown"]) == (3.0, "1")
