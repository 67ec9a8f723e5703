"""A small drawn estate as a user would hand it over, to be spoiled by tests in one place at a time."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from shapely.geometry import LineString, Point, box

CRS = "EPSG:32639"
CORNER = np.array([500_000.0, 3_830_000.0])
Layers = dict[str, pd.DataFrame]


def drawn_estate() -> Layers:
    """Twelve plots along a main street of 200 m with one side street, and a supply point at its western end."""
    plots = [
        {"plot_id": f"P{number:02d}", "trade": "carpentry", "units": 1, "floor_area_m2": 120.0, "phases": 3}
        for number in range(1, 13)
    ]
    outlines = [box(30 * k, side, 30 * k + 24, side + 20) for side in (6, -26) for k in range(6)]
    streets = {"street_id": ["main", "side"], "trench_factor": [1.3, 1.0], "no_trench": [False, False]}
    lines = [LineString([(0, 0), (200, 0)]), LineString([(100, 0), (100, 80)])]
    supply = {"supply_id": ["S1"], "voltage_kv": [20.0], "capacity_kva": [5000.0], "fault_mva": [250.0]}
    return {
        "plots": placed(pd.DataFrame(plots), outlines),
        "streets": placed(pd.DataFrame(streets), lines),
        "supply_points": placed(pd.DataFrame(supply), [Point(0, 0)]),
    }


def placed(table: pd.DataFrame, shapes: list[Any]) -> gpd.GeoDataFrame:
    """A table whose shapes are drawn around the estate's corner."""
    moved = [None if shape is None else shapely.transform(shape, lambda xy: xy + CORNER) for shape in shapes]
    return gpd.GeoDataFrame(table, geometry=moved, crs=CRS)


def written(layers: Layers, path: Path) -> Path:
    """The layers as one GeoPackage."""
    for place, (name, layer) in enumerate(layers.items()):
        kind = "Unknown" if isinstance(layer, gpd.GeoDataFrame) and layer.geometry.isna().any() else None
        pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", append=place > 0, geometry_type=kind)
    return path


def spoil_geometry(path: Path, layer: str, fid: int, geometry: bytes) -> None:
    """Put raw bytes in the place of a geometry, as a broken program would."""
    with sqlite3.connect(path) as base:
        for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{name}"')
        base.execute(f'UPDATE "{layer}" SET geom = ? WHERE fid = ?', (geometry, fid))  # noqa: S608
    base.close()


def gpkg_point(x: float, y: float, srs: int = 32639) -> bytes:
    """A point as GeoPackage keeps it."""
    return b"GP\x00\x01" + struct.pack("<i", srs) + struct.pack("<BIdd", 1, 1, x, y)


def gpkg_polygon_with_false_count(srs: int = 32639) -> bytes:
    """A polygon that says it has 200 million vertices and ends after three."""
    head = struct.pack("<BIII", 1, 3, 1, 200_000_000)
    return b"GP\x00\x01" + struct.pack("<i", srs) + head + struct.pack("<6d", 0, 0, 1, 0, 1, 1)
