"""Estates from GIS files and back: everything an estate says survives; other files' layers are understood."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely.geometry import LineString, Point, box

from rasana.exchange import estate_file
from rasana.exchange.estate_file import write_estate
from rasana.exchange.gis import check_estate, from_gis, read_estate
from rasana.planning.estate import Estate
from rasana.planning.finding import Refused
from rasana.planning.standard import load_standard
from tests.exchange.drawn import Layers, drawn_estate, placed, written

STANDARD = load_standard("iran")


def whole_estate() -> Layers:
    """The drawn estate with every layer of the contract and a page about itself."""
    layers = drawn_estate()
    layers["transformer_sites"] = placed(pd.DataFrame({"site_id": ["T1"], "max_kva": [630.0]}), [Point(60, 3)])
    old = pd.DataFrame({"transformer_id": ["X1"], "rating_kva": [250.0]})
    layers["existing_transformers"] = placed(old, [Point(100, 40)])
    cable = pd.DataFrame({"cable_id": ["C1"], "level": ["mv"], "type": ["3x185"], "normally_open": [True]})
    layers["existing_cables"] = placed(cable, [LineString([(0, 0), (100, 0)])])
    layers["no_go"] = placed(pd.DataFrame({"reason": ["gas"]}), [box(300, 0, 310, 10)])
    entries = {"name": "شهرک نمونه", "label": "reconstruction, not a survey", "attribution": "© someone"}
    layers["about"] = pd.DataFrame({"key": list(entries), "value": list(entries.values())})
    return layers


def same(one: Estate, other: Estate) -> None:
    for name in (
        "plots",
        "streets",
        "supply_points",
        "transformer_sites",
        "existing_transformers",
        "existing_cables",
        "no_go",
    ):
        left, right = getattr(one, name), getattr(other, name)
        assert list(left.geometry.to_wkb()) == list(right.geometry.to_wkb()), name
        for column in left.columns.drop("geometry"):
            if left[column].notna().any():
                assert left[column].astype(str).tolist() == right[column].astype(str).tolist(), (name, column)
    for name in ("name", "crs", "label", "attribution", "findings", "assumptions"):
        assert getattr(one, name) == getattr(other, name), name


def test_an_estate_that_is_written_and_read_again_is_the_same(tmp_path: Path) -> None:
    layers = whole_estate()
    layers.pop("supply_points")
    estate = read_estate(written(layers, tmp_path / "plan.gpkg"), STANDARD)
    assert (estate.name, estate.label, estate.attribution) == (
        "شهرک نمونه",
        "reconstruction, not a survey",
        "© someone",
    )
    assert estate.findings
    assert estate.assumptions
    write_estate(estate, tmp_path / "estate.gpkg")
    same(estate, read_estate(tmp_path / "estate.gpkg", STANDARD))
    assert check_estate(tmp_path / "estate.gpkg", STANDARD) == estate.findings


def test_the_same_estate_is_written_as_the_same_file(tmp_path: Path) -> None:
    estate = read_estate(written(whole_estate(), tmp_path / "plan.gpkg"), STANDARD)
    for name in ("a.gpkg", "b.gpkg"):
        write_estate(estate, tmp_path / name)
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()


def test_a_write_that_fails_leaves_the_old_file_whole_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate = read_estate(written(whole_estate(), tmp_path / "plan.gpkg"), STANDARD)
    target = tmp_path / "out" / "estate.gpkg"
    target.parent.mkdir()
    write_estate(estate, target)
    before = target.read_bytes()
    real, calls = pyogrio.write_dataframe, []

    def full_disk(*arguments: object, **named: object) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise pyogrio.errors.DataSourceError("disk I/O error")
        real(*arguments, **named)

    monkeypatch.setattr(estate_file.pyogrio, "write_dataframe", full_disk)
    with pytest.raises(OSError, match=r"estate\.gpkg"):
        write_estate(estate, target)
    assert target.read_bytes() == before
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    estate = read_estate(written(whole_estate(), tmp_path / "plan.gpkg"), STANDARD)
    with pytest.raises(OSError, match="nowhere"):
        write_estate(estate, tmp_path / "nowhere" / "estate.gpkg")


def test_a_geographic_plan_is_projected_to_its_utm_zone(tmp_path: Path) -> None:
    layers = {name: gpd.GeoDataFrame(layer).to_crs("EPSG:4326") for name, layer in drawn_estate().items()}
    estate = read_estate(written(layers, tmp_path / "plan.gpkg"), STANDARD)
    assert estate.crs == "EPSG:32639"
    assert estate.plots.area.to_numpy() == pytest.approx(480.0, abs=0.01)


def test_layers_may_be_in_different_systems(tmp_path: Path) -> None:
    layers = drawn_estate()
    layers["plots"] = gpd.GeoDataFrame(layers["plots"]).to_crs("EPSG:4326")
    estate = read_estate(written(layers, tmp_path / "plan.gpkg"), STANDARD)
    assert estate.plots.area.to_numpy() == pytest.approx(480.0, abs=0.01)
    assert estate.plots.distance(estate.streets.union_all()).max() < 10


def test_columns_of_the_contract_are_typed_and_others_are_kept(tmp_path: Path) -> None:
    layers = drawn_estate()
    layers["plots"]["block"] = [f"B{k}" for k in range(12)]
    estate = read_estate(written(layers, tmp_path / "plan.gpkg"), STANDARD)
    assert estate.plots["block"].tolist() == [f"B{k}" for k in range(12)]
    for column in ("units", "floor_area_m2", "connected_kw", "demand_kw", "phases", "ready_year"):
        assert estate.plots[column].dtype == np.float64, column
    assert estate.plots["demand_kw"].isna().all()
    assert estate.plots["status"].tolist() == [""] * 12
    assert estate.streets["no_trench"].dtype == np.bool_
    assert set(estate.streets["street_id"]) == {"main", "side"}
    assert estate.streets.set_index("street_id").loc["main", "trench_factor"].tolist() == [1.3, 1.3]


def test_other_names_of_layers_and_columns_are_mapped(tmp_path: Path) -> None:
    layers = drawn_estate()
    foreign = {
        "parcels": layers["plots"].rename(columns={"plot_id": "PARCEL_NO", "trade": "USE"}),
        "roads": layers["streets"].drop(columns="street_id"),
        "feed": layers["supply_points"].rename(columns={"supply_id": "NAME"}),
    }
    path = written(foreign, tmp_path / "city.gpkg")
    columns = {"plot_id": "PARCEL_NO", "trade": "USE", "supply_id": "NAME"}
    estate = from_gis(path, "parcels", "roads", STANDARD, supply="feed", columns=columns, trades=("carpentry",))
    assert estate.plots["plot_id"].tolist()[:2] == ["P01", "P02"]
    assert estate.supply_points["supply_id"].tolist() == ["S1"]
    assert set(estate.streets["street_id"]) == {"S0001", "S0002"}
    assert estate.name == "city"
    with pytest.raises(Refused) as refusal:
        from_gis(path, "parcels", "roads", STANDARD, supply="nothing")
    assert [fault.code for fault in refusal.value.faults] == ["layer_missing"]


@pytest.mark.parametrize("value", ["{", "[1]", '[{"code": "a"}]', '[{"severity": "loud"}]', "[" * 100_000])
def test_a_page_about_itself_that_makes_no_sense_is_refused(value: str, tmp_path: Path) -> None:
    layers = drawn_estate()
    layers["about"] = pd.DataFrame({"key": ["findings"], "value": [value]})
    findings = check_estate(written(layers, tmp_path / "plan.gpkg"), STANDARD)
    assert "about_unreadable" in [finding.code for finding in findings]


@pytest.mark.parametrize("name", ["estate_li_bendern", "estate_li_schaan", "estate_li_triesen_n"])
def test_a_real_estate_of_buildings_and_streets_becomes_plots_on_one_network(
    name: str, shared_data, tmp_path: Path
) -> None:
    path = shared_data(f"osm/{name}.gpkg")
    estate = from_gis(path, "buildings", "streets", STANDARD)
    assert "OpenStreetMap" in estate.attribution
    assert len(estate.plots) > 100
    assert estate.plots["plot_id"].is_unique
    assert (estate.plots["trade"] != "").all()
    assert not set(estate.streets["highway"].dropna()) & {"footway", "path", "steps", "cycleway"}
    assert {"trades_guessed", "supply_assumed"} <= {finding.code for finding in estate.findings}
    assert any(each.property == "trade" and "landuse=industrial" in each.source for each in estate.assumptions)
    write_estate(estate, tmp_path / "estate.gpkg")
    again = read_estate(tmp_path / "estate.gpkg", STANDARD)
    assert [finding.code for finding in again.findings] == [finding.code for finding in estate.findings]
    assert len(again.plots) == len(estate.plots)
    nearest = shapely.STRtree(again.streets.geometry.to_numpy()).query_nearest(
        again.plots.geometry.to_numpy(), return_distance=True, all_matches=False
    )[1]
    assert nearest.max() <= STANDARD.import_plot_distance_max_m


@pytest.mark.slow
def test_a_whole_country_becomes_an_estate_in_seconds(shared_data, tmp_path: Path) -> None:
    estate = from_gis(shared_data("osm/country_liechtenstein.gpkg"), "buildings", "streets", STANDARD)
    assert len(estate.plots) > 13_000
    write_estate(estate, tmp_path / "estate.gpkg")
    assert len(read_estate(tmp_path / "estate.gpkg", STANDARD).plots) == len(estate.plots)
