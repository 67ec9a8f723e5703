"""The GeoPackage and the summary hold what the contract says, byte for byte the same each time."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pyogrio
import pytest

from rasana.exchange.colours import AREA, NEIGHBOUR_M, area_colours, loading_class, voltage_steps
from rasana.exchange.design import summary, write_design, write_summary
from tests.exchange.sample import sample_study

LAYERS = {
    "transformers": {"id", "rating_kva", "peak_kva", "loading_pct", "ring_id", "existing", "phase_year"},
    "cables": {"id", "level", "type", "from_node", "to_node", "length_m", "peak_a", "rating_a", "loading_pct",
               "transformer_id", "feeder_id", "ring_id", "normally_open", "existing", "phase_year"},
    "trenches": {"id", "length_m", "cables", "levels"},
    "plots": {"plot_id", "trade", "units", "نام مالک", "unit_peak_kw", "transformer_id", "feeder_id", "service_node",
              "voltage_min_pu", "drop_pct", "fault_min_ka", "clearing_s", "saifi", "saidi_h"},
    "nodes": {"id", "kind", "level"},
    "findings": {"code", "severity", "subject_id", "value", "limit", "unit", "message_en", "message_fa"},
    "assumptions": {"subject", "property", "value", "unit", "source", "status"},
    "about": {"label", "attribution", "fingerprint", "version"},
}  # fmt: skip
SUMMARY = {
    "estate", "fingerprint", "plots", "peak_kw", "transformers", "length_m", "cost", "bound", "gap_pct", "losses_kw",
    "losses_mwh", "voltage_min_pu", "loading_max_pct", "saifi", "saidi_h", "ens_mwh", "findings", "n1", "seconds",
}  # fmt: skip


@pytest.fixture(scope="module")
def study():
    return sample_study()


@pytest.fixture(scope="module")
def written(study, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("design") / "design.gpkg"
    write_design(study, path)
    return path


@pytest.mark.parametrize("layer", LAYERS)
def test_layer_has_the_columns_of_the_contract(written, layer):
    assert LAYERS[layer] <= set(pyogrio.read_dataframe(written, layer=layer).columns)


def test_layers_with_places_are_in_the_estates_coordinate_system(study, written):
    for layer in ("plots", "cables", "trenches", "nodes", "transformers", "findings"):
        assert gpd.read_file(written, layer=layer).crs == study.estate.crs


def test_rows_come_back_as_they_were(study, written):
    cables = pyogrio.read_dataframe(written, layer="cables")
    assert list(cables["id"]) == list(study.network.cables["id"])
    np.testing.assert_array_equal(cables["length_m"], study.network.cables["length_m"])
    assert cables["normally_open"].sum() == 2
    assert cables["phase_year"].isna().all()
    assert (cables.geometry.geom_equals_exact(study.network.cables.geometry, 0.0)).all()


def test_every_cable_ends_at_nodes_of_the_nodes_layer(written):
    cables = pyogrio.read_dataframe(written, layer="cables")
    nodes = set(pyogrio.read_dataframe(written, layer="nodes")["id"])
    assert set(cables["from_node"]) | set(cables["to_node"]) <= nodes


def test_findings_stand_where_their_subject_is_and_speak_both_languages(study, written):
    findings = pyogrio.read_dataframe(written, layer="findings")
    assert len(findings) == len(study.findings)
    at_plot = findings[findings["subject_id"] == "A020"].geometry.iloc[0]
    assert study.plots.set_index("plot_id").geometry["A020"].contains(at_plot)
    assert (findings["message_fa"] != findings["message_en"]).all()
    assert findings[findings["subject_id"] == "auto_repair"].geometry.isna().all()


def test_label_and_attribution_go_with_the_design(study, written):
    about = pyogrio.read_dataframe(written, layer="about").iloc[0]
    assert about["label"] == study.estate.label
    assert about["attribution"] == study.estate.attribution


def test_styles_for_qgis_are_stored_inside_and_name_real_columns(written):
    styles = pyogrio.read_dataframe(written, layer="layer_styles")
    assert (styles["f_table_schema"] == "").all()
    assert styles[styles["useAsDefault"]].groupby("f_table_name").size().eq(1).all()
    for style in styles.itertuples():
        columns = set(pyogrio.read_info(written, layer=style.f_table_name)["fields"])
        root = ElementTree.fromstring(style.styleQML.split("\n", 1)[1])  # noqa: S314 - our own text
        rules = root.findall(".//rule")
        assert rules
        for rule in rules:
            named = {part for place, part in enumerate(rule.get("filter", "").split('"')) if place % 2}
            assert named <= columns
            assert root.find(f".//symbol[@name='{rule.get('symbol')}']") is not None


def test_the_same_study_gives_the_same_bytes(study, written, tmp_path):
    write_design(study, tmp_path / "design.gpkg")
    assert (tmp_path / "design.gpkg").read_bytes() == written.read_bytes()


def test_input_columns_that_geopackage_keeps_for_itself_are_kept_under_another_name(study, tmp_path):
    plots = study.plots.assign(fid="x", geom=1.0)
    write_design(dataclasses.replace(study, plots=plots), tmp_path / "design.gpkg")
    columns = set(pyogrio.read_info(tmp_path / "design.gpkg", layer="plots")["fields"])
    assert {"input_fid", "input_geom"} <= columns


def test_a_study_without_findings_and_with_points_for_plots_can_be_written(study, tmp_path):
    plots = study.plots.set_geometry(study.plots.centroid)
    write_design(dataclasses.replace(study, plots=plots, findings=(), assumptions=()), tmp_path / "design.gpkg")
    assert len(pyogrio.read_dataframe(tmp_path / "design.gpkg", layer="findings")) == 0
    assert pyogrio.read_info(tmp_path / "design.gpkg", layer="plots")["geometry_type"] == "Point"


def test_a_disk_that_is_full_is_an_error_and_not_a_result(tmp_path):
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from rasana.exchange.design import write_design\n"
        "from tests.exchange.sample import sample_study\n"
        "study = sample_study()\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))\n"
        "try:\n"
        "    write_design(study, Path(sys.argv[1]))\n"
        "except OSError:\n"
        "    sys.exit(42)\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "design.gpkg")],
        env={"PYTHONPATH": f"{root}:{root / 'src'}", "PATH": ""}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 42, done.stderr.decode()


def test_summary_has_the_keys_of_the_contract_and_its_sums_are_those_of_the_layers(study):
    found = summary(study)
    assert set(found) >= SUMMARY
    assert sum(found["transformers"].values()) == len(study.network.transformers)
    assert found["length_m"]["trench"] == pytest.approx(study.network.trenches["length_m"].sum(), abs=1e-5)
    cost = found["cost"]
    assert cost["total"] == pytest.approx(sum(cost["capital"].values()) + cost["losses_pv"] + cost["interruptions_pv"])
    assert found["n1"] == {"states_checked": 10, "states_failed": 1}
    assert found["findings"] == {"error": 2, "warning": 5, "note": 1}


def test_summary_without_seconds_is_the_same_to_the_byte(study, tmp_path):
    texts = []
    for seconds in ({"search": 1.0}, {"search": 2.0}):
        write_summary(dataclasses.replace(study, seconds=seconds), tmp_path / "summary.json")
        found = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
        assert found.pop("seconds") == seconds
        texts.append(json.dumps(found))
    assert texts[0] == texts[1]


def test_what_is_not_known_is_null_in_the_summary(study, tmp_path):
    write_summary(dataclasses.replace(study, saifi=float("nan")), tmp_path / "summary.json")
    found = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert found["saifi"] is None
    assert found["bound"] is None


def test_areas_side_by_side_have_different_colours(study):
    hues = area_colours(study.plots)
    assert set(hues.values()) <= set(range(len(AREA)))
    areas = study.plots.dissolve("transformer_id").geometry
    for one in hues:
        for other in hues:
            if one < other and areas[one].distance(areas[other]) < NEIGHBOUR_M:
                assert hues[one] != hues[other]


def test_classes_hold_their_upper_end():
    assert [loading_class(value) for value in (0.0, 50.0, 50.1, 100.0, 100.1)] == [0, 0, 1, 2, 3]
    assert voltage_steps(0.9) == pytest.approx((0.9, 0.925, 0.95, 0.975))
