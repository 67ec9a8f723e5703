"""Bad plans of estates: refused with every fault named, or repaired with a finding that says so."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, Point, Polygon, box

from rasana.exchange.gis import check_estate, read_estate
from rasana.exchange.words import sentence
from rasana.planning.estate import Estate
from rasana.planning.finding import Finding, Refused, Severity
from rasana.planning.standard import load_standard
from tests.exchange.drawn import Layers, drawn_estate, gpkg_point, placed, spoil_geometry, written

STANDARD = load_standard("iran")
TRADES = ("carpentry", "carpentry_cnc", "metal_welding", "workshop_general")


def faults_of(path: Path) -> list[Finding]:
    """The faults with which the file is refused; each can be said in both languages."""
    with pytest.raises(Refused) as refusal:
        read_estate(path, STANDARD, TRADES)
    faults = list(refusal.value.faults)
    assert all(fault.severity == Severity.ERROR and fault.details["file"] == path.name for fault in faults)
    for fault in faults:
        for language in ("en", "fa"):
            said = sentence(fault, language)
            assert path.name in said
            assert "–" not in said, f"a word is missing in: {said}"
    return faults


def told(faults: list[Finding]) -> list[tuple[str, str, str]]:
    return [(fault.code, fault.subject_id, fault.details.get("field", "")) for fault in faults]


def estate_with(change: Callable[[Layers], object], folder: Path) -> Path:
    layers = drawn_estate()
    change(layers)
    return written(layers, folder / "estate.gpkg")


def set_cell(layer: str, row: int, column: str, value: object) -> Callable[[Layers], None]:
    def change(layers: Layers) -> None:
        if isinstance(value, str) and column in layers[layer]:
            layers[layer][column] = layers[layer][column].astype(object).map(str)
        layers[layer].loc[layers[layer].index[row], column] = value

    return change


def far(shape: shapely.Geometry, x: float, y: float) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + np.array([x, y]))


def test_the_estate_before_it_is_spoiled_has_no_faults(tmp_path: Path) -> None:
    estate = read_estate(estate_with(lambda layers: None, tmp_path), STANDARD, TRADES)
    assert len(estate.plots) == 12
    assert not [finding for finding in estate.findings if finding.severity != Severity.NOTE]


def test_no_plots_layer_is_refused_and_the_layers_there_are_named(tmp_path: Path) -> None:
    faults = faults_of(estate_with(lambda layers: layers.pop("plots"), tmp_path))
    assert told(faults) == [("layer_missing", "plots", "")]
    assert faults[0].details["right"] == "streets, supply_points"


def test_a_doubled_id_is_refused_with_the_place_of_the_first(tmp_path: Path) -> None:
    faults = faults_of(estate_with(set_cell("plots", 4, "plot_id", "P01"), tmp_path))
    assert told(faults) == [("id_doubled", "P01", "plot_id")]
    assert faults[0].details["right"] == "fid 1"


def test_ids_in_persian_and_latin_digits_are_the_same_id(tmp_path: Path) -> None:
    faults = faults_of(estate_with(set_cell("plots", 4, "plot_id", "P۰۱"), tmp_path))
    assert [fault.code for fault in faults] == ["id_doubled"]


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf])
def test_a_coordinate_that_is_not_finite_is_refused(x: float, tmp_path: Path) -> None:
    path = estate_with(lambda layers: None, tmp_path)
    spoil_geometry(path, "plots", 3, gpkg_point(x, 3_830_000.0))
    faults = faults_of(path)
    assert [fault.subject_id for fault in faults] == ["P03"]
    assert faults[0].code in ("coordinate_not_finite", "geometry_missing")


def test_a_coordinate_outside_the_system_is_refused(tmp_path: Path) -> None:
    path = estate_with(lambda layers: None, tmp_path)
    spoil_geometry(path, "plots", 3, gpkg_point(5e7, 3_830_000.0))
    assert told(faults_of(path)) == [("coordinate_outside_crs", "P03", "geometry")]


@pytest.mark.parametrize("shape", [None, Polygon()])
def test_an_empty_geometry_is_refused(shape: Polygon | None, tmp_path: Path) -> None:
    def change(layers: Layers) -> None:
        shapes = layers["plots"].geometry.to_numpy().copy()
        shapes[5] = shape
        layers["plots"] = layers["plots"].set_geometry(list(shapes), crs=layers["plots"].crs)

    assert told(faults_of(estate_with(change, tmp_path))) == [("geometry_missing", "P06", "geometry")]


def test_a_plot_30_km_from_any_street_is_refused_and_one_just_inside_is_not(tmp_path: Path) -> None:
    def change(layers: Layers) -> None:
        shapes = layers["plots"].geometry.to_numpy().copy()
        shapes[0] = far(shapes[0], 0, 30_000)
        shapes[1] = far(shapes[1], -30 - 24 - STANDARD.import_plot_distance_max_m + 10, -6)
        layers["plots"] = layers["plots"].set_geometry(list(shapes), crs=layers["plots"].crs)

    faults = faults_of(estate_with(change, tmp_path))
    assert told(faults) == [("plot_far", "P01", "geometry")]
    assert faults[0].value == pytest.approx(30_000 - 80 + 6, abs=80)
    assert faults[0].limit == STANDARD.import_plot_distance_max_m


@pytest.mark.parametrize("column", ["demand_kw", "connected_kw", "floor_area_m2", "units"])
def test_a_negative_figure_is_refused(column: str, tmp_path: Path) -> None:
    faults = faults_of(estate_with(set_cell("plots", 2, column, -5), tmp_path))
    assert told(faults) == [("number_too_small", "P03", column)]
    assert faults[0].details["wrong"] == "-5"


def test_an_unknown_trade_is_refused_with_the_nearest_ones(tmp_path: Path) -> None:
    faults = faults_of(estate_with(set_cell("plots", 7, "trade", "carpentery"), tmp_path))
    assert told(faults) == [("trade_unknown", "P08", "trade")]
    assert faults[0].details["right"].startswith("carpentry")


def test_no_coordinate_system_is_refused_for_each_layer(tmp_path: Path) -> None:
    def change(layers: Layers) -> None:
        for name in ("plots", "streets"):
            layers[name] = layers[name].set_crs(None, allow_override=True)

    with pytest.warns(UserWarning, match="crs"):
        path = estate_with(change, tmp_path)
    assert told(faults_of(path)) == [("crs_missing", "plots", "crs"), ("crs_missing", "streets", "crs")]


def test_a_text_file_named_gpkg_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "estate.gpkg"
    path.write_text("plot_id,trade\n1,carpentry\n")
    assert [fault.code for fault in faults_of(path)] == ["file_kind_disagrees"]


def test_a_zero_byte_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "estate.gpkg"
    path.touch()
    assert [fault.code for fault in faults_of(path)] == ["file_empty"]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert [fault.code for fault in faults_of(tmp_path / "estate.gpkg")] == ["file_missing"]


def island(gap_m: float) -> Callable[[Layers], None]:
    """A street with a plot beside the main street's end, ``gap_m`` away from it."""

    def change(layers: Layers) -> None:
        street = placed(pd.DataFrame({"street_id": ["lost"]}), [LineString([(200 + gap_m, 0), (400, 0)])])
        plot = placed(pd.DataFrame({"plot_id": ["P13"], "trade": ["carpentry"]}), [box(350, 6, 374, 26)])
        layers["streets"] = pd.concat([layers["streets"], street], ignore_index=True)
        layers["plots"] = pd.concat([layers["plots"], plot], ignore_index=True)

    return change


def test_an_island_of_streets_beyond_the_bridging_length_is_refused_by_name(tmp_path: Path) -> None:
    faults = faults_of(estate_with(island(STANDARD.import_bridge_m + 1), tmp_path))
    assert told(faults) == [("street_island", "lost", "geometry")]
    assert faults[0].value == pytest.approx(STANDARD.import_bridge_m + 1, abs=0.2)
    assert faults[0].details["plots"] == "1"


def test_an_island_of_streets_within_the_bridging_length_is_bridged_and_said(tmp_path: Path) -> None:
    estate = read_estate(estate_with(island(STANDARD.import_bridge_m - 1), tmp_path), STANDARD, TRADES)
    (finding,) = [each for each in estate.findings if each.code == "street_bridged"]
    assert {finding.subject_id, finding.details["other"]} == {"lost", "main"}
    assert finding.value == pytest.approx(STANDARD.import_bridge_m - 1, abs=0.2)
    assert estate.streets["street_id"].str.startswith("BRIDGE").sum() == 1


def test_a_no_go_area_in_the_gap_is_not_bridged(tmp_path: Path) -> None:
    def change(layers: Layers) -> None:
        island(20)(layers)
        layers["no_go"] = placed(pd.DataFrame({"reason": ["gas"]}), [box(205, -100, 215, 100)])

    assert told(faults_of(estate_with(change, tmp_path))) == [("street_island", "lost", "geometry")]


def test_a_10_mva_plot_is_taken_and_noted(tmp_path: Path) -> None:
    estate = read_estate(estate_with(set_cell("plots", 5, "demand_kw", 10_000.0), tmp_path), STANDARD, TRADES)
    (finding,) = [each for each in estate.findings if each.code == "plot_demand_large"]
    assert (finding.subject_id, finding.value, finding.severity) == ("P06", 10_000.0, Severity.NOTE)


@pytest.mark.parametrize("column", ["capacity_kva", "fault_mva", "voltage_kv"])
def test_a_supply_point_with_a_zero_figure_is_refused(column: str, tmp_path: Path) -> None:
    faults = faults_of(estate_with(set_cell("supply_points", 0, column, 0.0), tmp_path))
    assert told(faults) == [("number_too_small", "S1", column)]


def test_a_self_crossing_polygon_is_repaired_to_the_area_it_encloses_and_said(tmp_path: Path) -> None:
    bow_tie = Polygon([(0, 6), (24, 26), (24, 6), (0, 26)])

    def change(layers: Layers) -> None:
        shapes = layers["plots"].geometry.to_numpy().copy()
        shapes[0] = far(bow_tie, 500_000.0, 3_830_000.0)
        layers["plots"] = layers["plots"].set_geometry(list(shapes), crs=layers["plots"].crs)

    estate = read_estate(estate_with(change, tmp_path), STANDARD, TRADES)
    (finding,) = [each for each in estate.findings if each.code == "polygon_repaired"]
    assert (finding.subject_id, finding.severity) == ("P01", Severity.WARNING)
    assert estate.plots.geometry.is_valid.all()
    assert estate.plots.area.iloc[0] == pytest.approx(24 * 20 / 2)


def test_a_polygon_without_area_is_refused(tmp_path: Path) -> None:
    def change(layers: Layers) -> None:
        shapes = layers["plots"].geometry.to_numpy().copy()
        shapes[0] = far(Polygon([(0, 6), (24, 26), (12, 16)]), 500_000.0, 3_830_000.0)
        layers["plots"] = layers["plots"].set_geometry(list(shapes), crs=layers["plots"].crs)

    assert told(faults_of(estate_with(change, tmp_path))) == [("polygon_without_area", "P01", "geometry")]


def set_texts(texts: list[str]) -> Callable[[Layers], None]:
    """Floor areas as texts, the first plots' as given."""

    def change(layers: Layers) -> None:
        layers["plots"]["floor_area_m2"] = [*texts, *["120"] * (len(layers["plots"]) - len(texts))]

    return change


def test_numbers_in_persian_arabic_and_latin_digits_are_read(tmp_path: Path) -> None:
    texts = ["۱۲٫۵", "۱٬۲۵۰", "١٢٫٥", "1,250.5", " 12.5 ", "\u200f۷\u200e"]
    estate = read_estate(estate_with(set_texts(texts), tmp_path), STANDARD, TRADES)
    assert estate.plots["floor_area_m2"].tolist()[:7] == [12.5, 1250.0, 12.5, 1250.5, 12.5, 7.0, 120.0]


def test_what_could_be_two_numbers_or_none_is_refused_each_by_its_plot(tmp_path: Path) -> None:
    texts = ["12,5", "۱۲/۵", "12 kW", "1,25", "nan", "inf", "-"]
    faults = faults_of(estate_with(set_texts(texts), tmp_path))
    assert told(faults) == [("number_wrong", f"P{k:02d}", "floor_area_m2") for k in range(1, 8)]
    assert [fault.details["wrong"] for fault in faults] == texts


def test_an_infinite_figure_is_refused(tmp_path: Path) -> None:
    faults = faults_of(estate_with(set_cell("plots", 0, "connected_kw", math.inf), tmp_path))
    assert told(faults) == [("number_wrong", "P01", "connected_kw")]


@pytest.mark.parametrize(("column", "value"), [("phases", 2), ("status", "sold"), ("units", 1.5), ("plot_id", "")])
def test_values_outside_the_contract_are_refused_by_field(column: str, value: object, tmp_path: Path) -> None:
    def change(layers: Layers) -> None:
        if column not in layers["plots"]:
            layers["plots"][column] = ""
        layers["plots"][column] = layers["plots"][column].astype(object)
        layers["plots"].loc[0, column] = value
        layers["plots"][column] = layers["plots"][column].infer_objects()

    faults = faults_of(estate_with(change, tmp_path))
    assert [fault.details["field"] for fault in faults] == [column]


def test_a_missing_id_column_is_refused_with_the_columns_there_are(tmp_path: Path) -> None:
    def change(layers: Layers) -> None:
        layers["streets"] = layers["streets"].drop(columns="street_id")

    faults = faults_of(estate_with(change, tmp_path))
    assert told(faults) == [("column_missing", "streets", "street_id")]
    assert "trench_factor" in faults[0].details["right"]


def test_a_plot_drawn_as_a_line_is_refused(tmp_path: Path) -> None:
    def change(layers: Layers) -> None:
        shapes = layers["plots"].geometry.to_numpy().copy()
        shapes[2] = far(LineString([(0, 6), (24, 6)]), 500_000.0, 3_830_000.0)
        layers["plots"] = layers["plots"].set_geometry(list(shapes), crs=layers["plots"].crs)

    faults = faults_of(estate_with(change, tmp_path))
    assert told(faults) == [("geometry_type_wrong", "P03", "geometry")]


def test_a_supply_point_far_from_the_estate_is_refused(tmp_path: Path) -> None:
    def change(layers: Layers) -> None:
        layers["supply_points"] = placed(pd.DataFrame({"supply_id": ["S1"]}), [Point(-5000, 0)])

    assert told(faults_of(estate_with(change, tmp_path))) == [("supply_far", "S1", "geometry")]


def test_layers_without_a_feature_are_refused(tmp_path: Path) -> None:
    def change(layers: Layers) -> None:
        layers["plots"] = layers["plots"].iloc[:0]
        layers["streets"] = layers["streets"].iloc[:0]

    assert {fault.code for fault in faults_of(estate_with(change, tmp_path))} == {"layer_empty"}


def test_streets_that_may_not_be_dug_anywhere_are_refused(tmp_path: Path) -> None:
    def change(layers: Layers) -> None:
        layers["streets"]["no_trench"] = True

    assert told(faults_of(estate_with(change, tmp_path))) == [("streets_closed", "streets", "no_trench")]


@pytest.mark.parametrize("area", [box(-999, -999, 999, 999), None], ids=["everywhere", "not drawn"])
def test_no_go_areas_that_leave_no_street_or_are_not_drawn_are_refused(area: Polygon | None, tmp_path: Path) -> None:
    def change(layers: Layers) -> None:
        layers["no_go"] = placed(pd.DataFrame({"reason": ["gas"]}), [area])

    (fault,) = faults_of(estate_with(change, tmp_path))
    assert fault.code == ("geometry_missing" if area is None else "layer_empty")


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    def change(layers: Layers) -> None:
        set_cell("plots", 4, "plot_id", "P01")(layers)
        set_cell("plots", 5, "demand_kw", -1.0)(layers)
        set_cell("plots", 6, "trade", "piracy")(layers)
        set_cell("supply_points", 0, "capacity_kva", 0.0)(layers)
        island(STANDARD.import_bridge_m * 2)(layers)

    path = estate_with(change, tmp_path)
    codes = {fault.code for fault in faults_of(path)}
    assert codes == {"id_doubled", "number_too_small", "trade_unknown", "street_island"}
    assert {finding.code for finding in check_estate(path, STANDARD, TRADES)} == codes


def test_a_missing_supply_point_is_placed_at_the_main_entrance_and_assumed(tmp_path: Path) -> None:
    def change(layers: Layers) -> None:
        layers.pop("supply_points")

    estate: Estate = read_estate(estate_with(change, tmp_path), STANDARD, TRADES)
    (assumption,) = estate.assumptions
    assert (assumption.subject, assumption.property) == ("SP1", "location")
    assert "main" in assumption.source
    point = estate.supply_points.geometry.iloc[0]
    assert min(abs(point.x - 500_000), abs(point.x - 500_200)) < 0.2
    assert point.y == pytest.approx(3_830_000, abs=0.2)
    assert np.isnan(estate.supply_points["capacity_kva"].iloc[0])


def test_every_sentence_of_the_intake_names_only_words_its_findings_have() -> None:
    text = resources.files("rasana.exchange").joinpath("sentences/intake.csv").read_text(encoding="utf-8")
    known = {"subject_id", "value", "limit", "unit", "file", "layer", "field", "wrong", "right"}
    known |= {"streets", "metres", "plots", "other", "kinds", "unknown", "street"}
    finding = Finding("", Severity.NOTE, "", 1.0, 2.0, "m", dict.fromkeys(known, "x"))
    for row in csv.DictReader(text.splitlines()):
        for language in ("en", "fa"):
            assert "–" not in sentence(Finding(row["code"], *_rest(finding)), language), row["code"]
        assert not set("يك") & set(row["fa"])


def _rest(finding: Finding) -> tuple[object, ...]:
    return finding.severity, finding.subject_id, finding.value, finding.limit, finding.unit, finding.details


def test_web_mercator_is_replaced_by_metres_on_the_ground(tmp_path: Path) -> None:
    def change(layers: Layers) -> None:
        for name in layers:
            layers[name] = gpd.GeoDataFrame(layers[name]).to_crs("EPSG:3857")

    estate = read_estate(estate_with(change, tmp_path), STANDARD, TRADES)
    assert estate.crs == "EPSG:32639"
    assert estate.streets.length.sum() == pytest.approx(280, abs=0.5)
