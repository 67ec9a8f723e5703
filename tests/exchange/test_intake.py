"""The door for files from outside: good files come through whole, hostile ones are stopped in bounded time."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest

from rasana.exchange import intake
from rasana.exchange.gis import check_estate, read_estate
from rasana.planning.finding import Refused
from rasana.planning.standard import load_standard
from tests.exchange.drawn import drawn_estate, gpkg_polygon_with_false_count, spoil_geometry, written

STANDARD = load_standard("iran")
SECONDS_MAX = 30.0


def refusal_codes(path: Path, reader: str = "vector") -> list[str]:
    """Codes of the refusal, which must come in bounded time."""
    start = time.monotonic()
    with pytest.raises(Refused) as refusal:
        (intake.read_vector if reader == "vector" else intake.read_osm)(path)
    assert time.monotonic() - start < SECONDS_MAX
    return [fault.code for fault in refusal.value.faults]


def test_columns_of_every_kind_come_through_the_door_as_they_were(tmp_path: Path) -> None:
    layers = drawn_estate()
    layers["plots"]["owner"] = [None, "", "رضا", "a\nb", *["x"] * 8]
    layers["plots"]["sold"] = [True, False] * 6
    source = intake.read_vector(written(layers, tmp_path / "estate.gpkg"))
    columns = source.layers["plots"].columns
    assert columns["owner"].tolist()[:4] == [None, "", "رضا", "a\nb"]
    assert columns["sold"].tolist() == [True, False] * 6
    assert columns["floor_area_m2"].dtype == np.float64
    assert columns["units"].dtype == np.int64
    shapes = source.layers["plots"].geometry
    assert shapes is not None
    assert [shape.wkb for shape in shapes] == [shape.wkb for shape in layers["plots"].geometry]
    assert source.names == ("plots", "streets", "supply_points")
    assert source.layers["plots"].crs == "EPSG:32639"


def test_only_wanted_layers_are_read_and_all_are_named(tmp_path: Path) -> None:
    source = intake.read_vector(written(drawn_estate(), tmp_path / "estate.gpkg"), ["streets", "nothing"])
    assert set(source.layers) == {"streets"}
    assert source.names == ("plots", "streets", "supply_points")


def test_a_geojson_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "area.geojson"
    square = {"type": "Polygon", "coordinates": [[[51, 34], [52, 34], [52, 35], [51, 34]]]}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature(square)]}))
    (layer,) = intake.read_vector(path).layers.values()
    assert layer.crs == "EPSG:4326"
    assert layer.geometry is not None
    assert layer.geometry[0].area == pytest.approx(0.5)


def feature(geometry: object) -> dict[str, object]:
    return {"type": "Feature", "properties": {}, "geometry": geometry}


@pytest.mark.parametrize(
    "content",
    [
        '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{other}</SrcDataSource>',
        '{{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read {other}"}}',
        '{{"type": "Topology", "objects": {{}}, "arcs": []}}',
        '{{"displayFieldName": "", "geometryType": "esriGeometryPoint", "features": []}}',
        "/vsicurl/http://127.0.0.1:9/a.geojson",
    ],
    ids=["virtual", "streamed algorithm", "topojson", "esri", "address"],
)
def test_virtual_and_other_formats_named_geojson_open_no_other_file(content: str, tmp_path: Path) -> None:
    other = written(drawn_estate(), tmp_path / "secret.gpkg")
    path = tmp_path / "plan.geojson"
    path.write_text(content.format(other=other))
    assert refusal_codes(path)[0] in ("file_kind_disagrees", "file_unreadable")


@pytest.mark.parametrize("name", ["/vsicurl/http://127.0.0.1:9/a.gpkg", "/vsizip/a.zip/b.gpkg", "/", "http://a/b.gpkg"])
def test_addresses_and_folders_are_no_files(name: str) -> None:
    assert refusal_codes(Path(name)) == ["file_missing"]


def test_a_file_of_a_kind_nobody_reads_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.shp"
    path.write_bytes(b"\x00\x00\x27\x0a" * 30)
    assert refusal_codes(path) == ["file_kind_unknown"]


def test_a_file_above_the_size_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(drawn_estate(), tmp_path / "estate.gpkg")
    monkeypatch.setattr(intake, "FILE_MIB_MAX", 0)
    assert refusal_codes(path) == ["file_too_large"]


def replace_layer_by_view(path: Path, query: str) -> None:
    with sqlite3.connect(path) as base:
        for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{name}"')
        base.execute("DROP TABLE plots")
        base.execute(f"CREATE VIEW plots AS {query}")
        base.execute("DELETE FROM gpkg_ogr_contents")
    base.close()


def test_a_geopackage_with_an_endless_view_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(drawn_estate(), tmp_path / "estate.gpkg")
    query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid, NULL AS geom FROM n"
    replace_layer_by_view(path, query)
    monkeypatch.setattr(intake, "CPU_S", 1)
    assert refusal_codes(path)[0] in ("file_too_costly", "file_unreadable")


def test_a_geopackage_that_asks_for_all_memory_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(drawn_estate(), tmp_path / "estate.gpkg")
    rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)"
    query = rows + " SELECT i AS fid, NULL AS geom, hex(zeroblob(40000000)) AS owner FROM n"  # noqa: S608
    replace_layer_by_view(path, query)
    monkeypatch.setattr(intake, "MEMORY_MIB", 512)
    assert refusal_codes(path)[0] in ("file_too_costly", "file_unreadable")


def test_a_layer_whose_summary_counts_too_few_rows_is_refused_not_cut_short(tmp_path: Path) -> None:
    path = written(drawn_estate(), tmp_path / "estate.gpkg")
    with sqlite3.connect(path) as base:
        base.execute("UPDATE gpkg_ogr_contents SET feature_count = 5 WHERE table_name = 'plots'")
    base.close()
    assert refusal_codes(path) == ["file_unreadable"]


def test_a_geometry_with_a_false_vertex_count_is_a_fault(tmp_path: Path) -> None:
    path = written(drawn_estate(), tmp_path / "estate.gpkg")
    spoil_geometry(path, "plots", 2, gpkg_polygon_with_false_count())
    source = intake.read_vector(path)
    assert [(fault.code, fault.subject_id) for fault in source.faults] == [("geometry_missing", "P02")]
    with pytest.raises(Refused):
        read_estate(path, STANDARD)


def test_deeply_nested_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.geojson"
    path.write_text('{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": ' + "[" * 200_000)
    assert refusal_codes(path)[0] in ("file_unreadable", "file_too_costly")


@pytest.mark.slow
def test_forty_files_with_changed_bytes_are_read_or_refused_but_break_nothing(tmp_path: Path) -> None:
    good = written(drawn_estate(), tmp_path / "estate.gpkg").read_bytes()
    refused = 0
    start = time.monotonic()
    for seed in range(40):
        dice = random.Random(seed)
        spoiled = bytearray(good)
        for _ in range(40):
            spoiled[dice.randrange(100, len(spoiled))] = dice.randrange(256)
        path = tmp_path / f"spoiled{seed}.gpkg"
        path.write_bytes(spoiled)
        findings = check_estate(path, STANDARD)
        refused += any(finding.severity == "error" for finding in findings)
    assert time.monotonic() - start < 40 * SECONDS_MAX / 10
    assert refused > 0


def test_an_entity_bomb_in_an_osm_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.osm"
    entities = "".join(f'<!ENTITY e{k} "{f"&e{k - 1};" * 10}">' for k in range(1, 10))
    head = f'<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY e0 "lol">{entities}]>'
    path.write_text(head + '<osm version="0.6"><node id="1" lat="1" lon="1"><tag k="shop" v="&e9;"/></node></osm>')
    assert refusal_codes(path, "osm") == ["file_unreadable"]


def test_a_pbf_whose_blocks_unpack_to_more_than_they_say_is_refused(tmp_path: Path) -> None:
    packed = zlib.compress(bytes(60_000_000), 9)
    blob = b"\x10" + varint(100) + b"\x1a" + varint(len(packed)) + packed
    header = b"\x0a\x09OSMHeader\x18" + varint(len(blob))
    path = tmp_path / "bomb.osm.pbf"
    path.write_bytes(len(header).to_bytes(4, "big") + header + blob)
    assert refusal_codes(path, "osm") == ["file_unreadable"]


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def test_a_cut_off_extract_is_refused(tmp_path: Path, shared_data) -> None:
    whole = shared_data("osm/raw/monaco.osm.pbf").read_bytes()
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(whole[: len(whole) // 2])
    assert refusal_codes(path, "osm") == ["file_unreadable"]


@pytest.mark.parametrize(
    ("deed", "expected"),
    [
        ("open('written', 'wb', buffering=0).write(b'x' * 10)", "OSError"),
        ("bytearray(3 << 30)", "MemoryError"),
        ("[open('/dev/null') for _ in range(100)]", "OSError"),
    ],
    ids=["write", "memory", "handles"],
)
def test_the_child_can_neither_write_nor_take_memory_nor_handles_beyond_its_limits(
    deed: str, expected: str, tmp_path: Path
) -> None:
    script = f"import runpy; child = runpy.run_path({str(intake.CHILD)!r}); child['limit_process'](5, 1 << 30); {deed}"
    command = [sys.executable, "-I", "-c", script]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert run.returncode != 0
    assert expected in run.stderr


def test_an_answer_that_is_no_answer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(drawn_estate(), tmp_path / "estate.gpkg")
    for said in (b"", b"nonsense\n", b'{"names": [], "layers": [{"name": "a"}]}\n', b"[1]\n"):
        monkeypatch.setattr(intake, "_run_child", lambda *_, said=said, **__: (said, 0))
        assert refusal_codes(path) == ["file_unreadable"]


def test_a_whole_country_comes_through_in_seconds(shared_data) -> None:
    path = shared_data("osm/country_liechtenstein.gpkg")
    start = time.monotonic()
    source = intake.read_vector(path)
    assert time.monotonic() - start < 10
    assert len(source.layers["buildings"].fid) == 15_834
    assert len(source.layers["streets"].fid) == 6_969
    assert source.faults == ()
