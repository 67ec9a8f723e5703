"""An estate's plan and a study's folder as an office reads them: through the door, in degrees, faults named."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

from rasana.exchange.estate_file import write_estate
from rasana.exchange.folder import write_folder
from rasana.exchange.plan import read_plan
from rasana.exchange.result_folder import read_result_folder
from rasana.planning.finding import Refused
from tests.planning.grid_estate import CATALOGUE, STANDARD, grid_estate, grid_study


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("study") / "result"
    write_folder(grid_study(), target, dt.date(2025, 11, 9))
    return target


def test_a_plan_has_every_plot_in_degrees_with_a_point_inside(tmp_path):
    write_estate(grid_estate(), tmp_path / "grid.gpkg")
    plan = read_plan(tmp_path / "grid.gpkg", STANDARD, CATALOGUE.trades.code)
    assert [row["plot_id"] for row in plan.plots] == list(grid_estate().plots["plot_id"])
    for row in plan.plots:
        ring = row["outline"]["coordinates"][0]
        assert min(x for x, _ in ring) <= row["longitude"] <= max(x for x, _ in ring)
        assert min(y for _, y in ring) <= row["latitude"] <= max(y for _, y in ring)
        assert 51.0 < row["longitude"] < 51.2
        assert 34.5 < row["latitude"] < 34.7
        assert row["area_m2"] == pytest.approx(14 * 18, rel=1e-3)
    assert {feature["properties"]["supply_id"] for feature in plan.layers["supply_point"]} == {"S0", "S1"}
    json.dumps([plan.plots, plan.layers])


def test_the_fault_level_of_a_supply_point_is_not_in_the_plan(tmp_path):
    write_estate(grid_estate(), tmp_path / "grid.gpkg")
    plan = read_plan(tmp_path / "grid.gpkg", STANDARD, CATALOGUE.trades.code)
    assert all("fault_mva" not in feature["properties"] for feature in plan.layers["supply_point"])


def test_a_folder_is_read_whole(folder):
    result = read_result_folder(folder)
    assert len(result.plots) == len(grid_study().plots)
    assert len(result.cables) == len(grid_study().network.cables)
    assert {feature["properties"]["area"] for feature in result.transformers} <= {1, 2, 3, 4}
    assert len(result.findings) == len(grid_study().findings)
    assert len(result.assumptions) == len(grid_study().assumptions)
    assert all(each["name_fa"] and each["name_en"] for each in result.assumptions)
    assert len(result.sha256) == 64


def test_the_hash_of_a_folder_changes_with_any_file(folder, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    assert read_result_folder(other).sha256 == read_result_folder(folder).sha256
    with (other / "report.html").open("a") as file:
        file.write(" ")
    assert read_result_folder(other).sha256 != read_result_folder(folder).sha256


def test_all_faults_of_a_folder_are_told_at_once(folder, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / "design.gpkg").unlink()
    (broken / "report.html").write_bytes(b"%PDF-1.7")
    (broken / "summary.json").write_text("{}")
    with pytest.raises(Refused) as refused:
        read_result_folder(broken)
    assert [fault.code for fault in refused.value.faults] == ["file_missing", "file_kind_disagrees", "file_unreadable"]
