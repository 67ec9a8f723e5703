"""A small design written by hand: two transformers on a ring between two supply points, five plots. It breaks no rule.

S-A ── T001 ══(open)══ T002 ── S-B          T001: F1 to two pillars with three plots, T002: F1 to one with two
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from shapely.geometry import LineString, Point, Polygon

from tests.independent.tables import tables

CRS = "EPSG:32639"
PLACES = {
    "S-A": (0, 0),
    "T001.mv": (100, 0),
    "T001.lv": (100, 0),
    "T002.mv": (300, 0),
    "T002.lv": (300, 0),
    "S-B": (400, 0),
    "N0001": (140, 0),
    "N0002": (160, 0),
    "N0003": (330, 0),
    "P-1": (140, 10),
    "P-2": (140, -10),
    "P-3": (160, 10),
    "P-4": (330, 10),
    "P-5": (330, -10),
}
KINDS = {"S": "supply", "T": "transformer", "N": "service", "P": "plot"}
MV, LV, SERVICE = "NA2XS(F)2Y 3x1x150", "NAYY 4x150", "NYY 4x16"

Layers = dict[str, pd.DataFrame]


def hand_made() -> Layers:
    """The layers of ``design.gpkg``, figures by the formulas of ``tables`` for the Iranian standard."""
    cables = pd.DataFrame(
        [
            _cable("MV-0001", "mv", "S-A", "T001.mv", ring="R1", side=1, peak=2.0),
            _cable("MV-0002", "mv", "T001.mv", "T002.mv", ring="R1", side=2, peak=0.0, is_open=True),
            _cable("MV-0003", "mv", "S-B", "T002.mv", ring="R1", side=2, peak=1.5),
            _cable("LV-0001", "lv", "T001.lv", "N0001", "T001", "T001-F1", side=2, peak=48.0, fuse=125.0),
            _cable("LV-0002", "lv", "N0001", "N0002", "T001", "T001-F1", side=2, peak=20.0, fuse=125.0),
            _cable("LV-0003", "lv", "T002.lv", "N0003", "T002", "T002-F1", side=2, peak=36.0, fuse=125.0),
            *[
                _cable(f"SV-{plot}", "service", node, f"P-{plot}", transformer, feeder, side=1, peak=22.0, fuse=32.0)
                for plot, node, transformer, feeder in (
                    (1, "N0001", "T001", "T001-F1"),
                    (2, "N0001", "T001", "T001-F1"),
                    (3, "N0002", "T001", "T001-F1"),
                    (4, "N0003", "T002", "T002-F1"),
                    (5, "N0003", "T002", "T002-F1"),
                )
            ],
        ]
    )
    transformers = pd.DataFrame(
        [
            {"id": name, "rating_kva": 100.0, "peak_kva": 40.0, "loading_pct": 40.0, "ring_id": "R1", "tap_pct": 2.5}
            | {"existing": False, "geometry": Point(PLACES[f"{name}.mv"])}
            for name in ("T001", "T002")
        ]
    )
    homes = enumerate(("N0001", "N0001", "N0002", "N0003", "N0003"), start=1)
    plots = pd.DataFrame([_plot(str(row), node, "T001" if row < 4 else "T002") for row, node in homes])
    dug = [("S-A", "T001.mv"), ("T001.mv", "N0001"), ("N0001", "N0002"), ("N0002", "T002.mv"), ("T002.mv", "N0003")]
    services = cables[cables["level"] == "service"]
    dug += [("N0003", "S-B"), *zip(services["from_node"], services["to_node"], strict=True)]
    trenches = pd.DataFrame(
        [
            {"id": f"TR-{k:04d}", "length_m": _line(*ends).length, "geometry": _line(*ends)}
            | {"trench_factor": 1.0, "levels": "service" if ends[1].startswith("P") else "lv+mv"}
            for k, ends in enumerate(dug)
        ]
    )
    nodes = pd.DataFrame(
        [
            {
                "id": name,
                "kind": _kind(name),
                "level": "mv" if name[0] == "S" or name.endswith(".mv") else "lv",
                "geometry": Point(at),
            }
            for name, at in PLACES.items()
        ]
    )
    findings = pd.DataFrame({"code": ["demand_none"], "severity": ["note"], "subject_id": ["plots"]})
    return {
        "nodes": nodes,
        "transformers": transformers,
        "cables": cables,
        "trenches": trenches,
        "plots": plots,
        "findings": findings,
    }


def _plot(name: str, pillar: str, transformer: str) -> dict[str, object]:
    return {
        "plot_id": name,
        "trade": "metal_welding",
        "units": 1.0,
        "demand_kw": math.nan,
        "unit_peak_kw": 10.0,
        "transformer_id": transformer,
        "feeder_id": f"{transformer}-F1",
        "service_node": pillar,
        "voltage_min_pu": 0.98,
        "geometry": Point(PLACES[f"P-{name}"]),
    }


def _kind(name: str) -> str:
    kind = KINDS[name[0]]
    return f"transformer_{name[-2:]}" if kind == "transformer" else kind


def _line(start: str, end: str) -> LineString:
    return LineString([PLACES[start], PLACES[end]])


def _cable(
    name: str,
    level: str,
    start: str,
    end: str,
    transformer: str = "",
    feeder: str = "",
    *,
    ring: str = "",
    side: int,
    peak: float,
    fuse: float = math.nan,
    is_open: bool = False,
) -> dict[str, object]:
    kind = {"mv": MV, "lv": LV, "service": SERVICE}[level]
    rating = tables("iran").rating_a(level, kind, side)
    return {
        "id": name,
        "level": level,
        "type": kind,
        "parallel": 1,
        "from_node": start,
        "to_node": end,
        "length_m": _line(start, end).length,
        "peak_a": peak,
        "rating_a": rating,
        "loading_pct": peak / rating * 100.0,
        "fuse_a": fuse,
        "transformer_id": transformer,
        "feeder_id": feeder,
        "ring_id": ring,
        "normally_open": is_open,
        "geometry": _line(start, end),
    }


def summary_of(layers: Layers) -> dict[str, object]:
    """The figures of ``summary.json`` that follow from the layers; capital added up by hand for the sound design.

    Stations 2 x (3,500 + 15,000 + 15,000); cubicles 2 x 12,000, ways 2 x 600, pillars 3 x 350, meters 5 x 250; cables
    400 m x 18.45, 90 m x 9.70, 50 m x 5.08; trenches 400 m x 10, 50 m x 7.
    """
    cables, findings = layers["cables"], layers["findings"]
    length = {level: float(cables.loc[cables["level"] == level, "length_m"].sum()) for level in ("mv", "lv", "service")}
    ratings = layers["transformers"]["rating_kva"].value_counts()
    return {
        "length_m": length | {"trench": float(layers["trenches"]["length_m"].sum())},
        "transformers": {f"{rating:g}": int(count) for rating, count in ratings.items()},
        "cost": {
            "capital": {"stations": 67_000.0, "boards": 27_500.0, "cables": 8_507.0, "trenches": 4_350.0},
            "losses_pv": 10.0,
            "interruptions_pv": 5.0,
            "total": 107_372.0,
        },
        "findings": {
            severity: int((findings["severity"] == severity).sum()) for severity in ("error", "warning", "note")
        },
    }


def write_design(layers: Layers, folder: Path, summary: dict[str, object] | None = None) -> Path:
    """Write the layers as a study's folder."""
    pyogrio.set_gdal_config_options({"OGR_SQLITE_SYNCHRONOUS": "OFF"})
    for place, (name, table) in enumerate(layers.items()):
        if "geometry" in table:
            table = gpd.GeoDataFrame(table, geometry="geometry", crs=CRS)
        pyogrio.write_dataframe(table, folder / "design.gpkg", layer=name, driver="GPKG", append=place > 0)
    text = json.dumps(summary or summary_of(layers))
    (folder / "summary.json").write_text(text, encoding="utf-8")
    return folder


def write_plan(
    folder: Path, *, fault_mva: float = 350.0, capacity_kva: float = 1000.0, no_go: Polygon | None = None
) -> Path:
    """The estate that the design was made for: one street and two supply points."""
    path = folder / "estate.gpkg"
    street = gpd.GeoDataFrame({"street_id": ["ST1"]}, geometry=[LineString([(0, 0), (400, 0)])], crs=CRS)
    supplies = gpd.GeoDataFrame(
        {"supply_id": ["A", "B"], "capacity_kva": capacity_kva, "fault_mva": fault_mva},
        geometry=[Point(PLACES["S-A"]), Point(PLACES["S-B"])],
        crs=CRS,
    )
    pyogrio.write_dataframe(street, path, layer="streets", driver="GPKG")
    pyogrio.write_dataframe(supplies, path, layer="supply_points", driver="GPKG", append=True)
    if no_go is not None:
        forbidden = gpd.GeoDataFrame({"reason": ["gas"]}, geometry=[no_go], crs=CRS)
        pyogrio.write_dataframe(forbidden, path, layer="no_go", driver="GPKG", append=True)
    return path
