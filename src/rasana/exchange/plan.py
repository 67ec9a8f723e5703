"""An estate's plan as an office shows it: plain rows, geometry as GeoJSON in degrees (WGS 84)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyproj
import shapely

from rasana.exchange.about import about_entries
from rasana.exchange.gis import read_estate
from rasana.exchange.ground import moved
from rasana.exchange.intake import Layer, read_vector
from rasana.planning.standard import Standard

Feature: TypeAlias = dict[str, Any]

DEGREES = pyproj.CRS.from_epsg(4326)
DECIMALS = 6
"""A millionth of a degree is about a decimetre."""
PLAN_LAYERS = {
    "boundary": "boundary",
    "streets": "street",
    "open_spaces": "open_space",
    "reserve": "reserve",
    "no_go": "no_go",
    "supply_points": "supply_point",
}
"""Layers of an estate file that a map shows beside the plots, with what one feature of each is."""
TEXTS_KEPT = {"supply_points": ("supply_id", "voltage_kv", "capacity_kva", "available_year"), "streets": ("street_id",)}


@dataclass(frozen=True)
class Plan:
    """What an office keeps of an estate file. ``plots`` are rows by column; ``layers`` GeoJSON features by kind."""

    about: Mapping[str, str]
    plots: tuple[Mapping[str, Any], ...]
    layers: Mapping[str, tuple[Feature, ...]]


def read_plan(path: Path, standard: Standard, trades: Sequence[str]) -> Plan:
    """The plan in an estate file (contract, section 3), after the checks of ``read_estate``.

    A row of ``plots`` has the columns of the contract and what else the file holds, ``area_m2``, ``outline`` (a
    GeoJSON geometry), ``longitude`` and ``latitude`` of a point inside. Raises ``Refused`` with all faults.
    """
    estate = read_estate(path, standard, trades)
    source = read_vector(path, [*PLAN_LAYERS, "about"])
    layers = {
        kind: tuple(features(source.layers[name], kind, TEXTS_KEPT.get(name, ())))
        for name, kind in PLAN_LAYERS.items()
        if name in source.layers
    }
    shapes = np.asarray(estate.plots.to_crs(DEGREES).geometry.to_numpy(), object)
    inside = shapely.point_on_surface(shapes)
    areas = shapely.area(estate.plots.geometry.to_numpy())
    rows = []
    for number, row in enumerate(estate.plots.drop(columns="geometry").to_dict("records")):
        values = {str(name): plain(value) for name, value in row.items()}
        values["area_m2"] = round(float(areas[number]), 1) or None
        values["outline"] = geometry_of(shapes[number])
        values["longitude"], values["latitude"] = point_of(inside[number])
        rows.append(values)
    return Plan(about_entries(source), tuple(rows), layers)


def features(layer: Layer, kind: str, names: Iterable[str] = ()) -> list[Feature]:
    """The features of a layer in degrees, with their ``kind`` and the columns asked for that are there."""
    wanted = [name for name in names if name in layer.columns]
    found = []
    for row, shape in enumerate(moved(layer, DEGREES)):
        if shape is None:
            continue
        properties = {"kind": kind, **{name: plain(layer.columns[name][row]) for name in wanted}}
        found.append({"type": "Feature", "properties": properties, "geometry": geometry_of(shape)})
    return found


def geometry_of(shape: shapely.Geometry) -> dict[str, Any]:
    """A geometry as GeoJSON with coordinates to the decimetre; a multipolygon of one polygon as that polygon."""
    if shape.geom_type == "MultiPolygon" and len(shape.geoms) == 1:
        shape = shape.geoms[0]
    geometry: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    geometry["coordinates"] = _rounded(geometry["coordinates"])
    return geometry


def point_of(shape: shapely.Geometry) -> tuple[float, float]:
    """Longitude and latitude of a point."""
    return round(float(shape.x), DECIMALS), round(float(shape.y), DECIMALS)


def _rounded(coordinates: object) -> object:
    if isinstance(coordinates, float | int):
        return round(coordinates, DECIMALS)
    return [_rounded(each) for each in coordinates] if isinstance(coordinates, list | tuple) else coordinates


def plain(value: object) -> object:
    """A value as JSON holds it; a missing figure is None."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() else value
    return value
