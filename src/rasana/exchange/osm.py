"""Estates from OpenStreetMap: raw extracts, and GIS files that carry the map's tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from rasana.exchange import tables
from rasana.exchange.assembly import Draft, finished
from rasana.exchange.ground import crs_fault, metric_crs, moved, polygon_part, whole_polygons
from rasana.exchange.intake import Box, Geometries, Layer, Source, feature_id, read_osm, read_vector
from rasana.exchange.plots import Surroundings, derived
from rasana.exchange.streets_repair import listed
from rasana.planning.estate import Estate
from rasana.planning.finding import Assumption, Finding, Refused, Severity
from rasana.planning.standard import Standard

ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0, https://www.openstreetmap.org/copyright"
LINE_TYPES = (1, 5)
"""Numbers of LineString and MultiLineString."""


@dataclass
class MappedTables:
    """Tables of the contract made from tagged layers; a table that is not here was not made from tags."""

    tables: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    assumptions: list[Assumption] = field(default_factory=list)


def from_osm(path: Path, standard: Standard, bbox: Box | None = None, area: Path | None = None) -> Estate:
    """An estate from an OpenStreetMap extract (.osm.pbf or .osm), in the UTM zone of its middle.

    ``bbox`` is west, south, east, north in degrees; ``area`` a GeoJSON or GeoPackage file with one or more polygons:
    buildings with their middle inside and streets that touch it are taken. Raises ``Refused`` with all faults.
    """
    outline = None if area is None else _outline(area)
    if outline is not None and bbox is None:
        west, south, east, north = shapely.bounds(outline).tolist()
        bbox = (west, south, east, north)
    source = read_osm(path, bbox)
    if outline is not None:
        source = replace(source, layers={name: _within(layer, outline) for name, layer in source.layers.items()})
    empty = [name for name in ("buildings", "streets") if not len(source.layers[name].fid)]
    if empty:
        details = {"file": path.name}
        faults = [Finding("layer_empty", Severity.ERROR, name, details={**details, "layer": name}) for name in empty]
        raise Refused([*faults, *source.faults])
    present = {"plots": source.layers["buildings"], "streets": source.layers["streets"]}
    crs = metric_crs(present["streets"])
    mapped = mapped_tables(source, present, crs, standard)
    name = path.name.removesuffix(".pbf").removesuffix(".osm")
    draft = Draft(path.name, name, crs, mapped.tables, attribution=ATTRIBUTION, derived=True)
    for each in ("supply_points", "transformer_sites", "existing_transformers", "existing_cables", "no_go"):
        draft.tables[each] = gpd.GeoDataFrame({"geometry": []}, geometry="geometry", crs=crs)
    draft.findings += [*source.faults, *mapped.findings]
    draft.assumptions += mapped.assumptions
    return finished(draft, standard)


def mapped_tables(source: Source, present: Mapping[str, Layer], crs: pyproj.CRS, standard: Standard) -> MappedTables:
    """Plots and streets where their layers carry the map's tags ``building`` and ``highway``."""
    made = MappedTables()
    if "plots" in present and "building" in present["plots"].columns:
        layer = present["plots"]
        polygons, repaired = whole_polygons(moved(layer, crs), layer, source)
        around = Surroundings(_placed(source, "landuse", crs), _placed(source, "pois", crs))
        plots = derived(layer, polygons, around, crs, standard)
        made.tables["plots"] = plots.table
        made.findings += [*repaired, *plots.findings]
        made.assumptions += plots.assumptions
    if "streets" in present and "highway" in present["streets"].columns:
        made.tables["streets"], found = _streets(present["streets"], crs)
        made.findings += found
    return made


def _placed(source: Source, name: str, crs: pyproj.CRS) -> tuple[Layer, Geometries] | None:
    layer = source.layers.get(name)
    if layer is None or layer.geometry is None or crs_fault(layer, source.file) is not None:
        return None
    return layer, moved(layer, crs)


def _streets(layer: Layer, crs: pyproj.CRS) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Streets that can hold cables by the table of classes, and how many ways were left out."""
    classes = tables.highways()
    highway = layer.columns["highway"]
    shapes = moved(layer, crs)
    used = np.array([value in classes and classes[value].used for value in highway], bool)
    used &= np.isin(shapely.get_type_id(shapes), LINE_TYPES)
    rows = np.flatnonzero(used)
    columns = {
        "street_id": [feature_id(layer, int(row)) for row in rows],
        "trench_factor": np.ones(len(rows)),
        "no_trench": np.zeros(len(rows), bool),
        "highway": highway[rows],
    }
    if "name" in layer.columns:
        columns["name"] = layer.columns["name"][rows]
    table = gpd.GeoDataFrame(columns, geometry=shapes[rows], crs=crs)
    findings = []
    if not used.all():
        kinds = listed(sorted({str(value) for value in highway[~used]}))
        findings.append(
            Finding("ways_left_out", Severity.NOTE, "streets", float((~used).sum()), details={"kinds": kinds})
        )
    return table.explode(index_parts=False, ignore_index=True), findings


def _outline(path: Path) -> shapely.Geometry:
    """The area in a vector file, in degrees; ``Refused`` where it holds none."""
    source = read_vector(path)
    layer = next((each for each in source.layers.values() if each.geometry is not None), None)
    details = {"file": source.file, "layer": "" if layer is None else layer.name, "right": "Polygon"}
    missing = Finding("area_without_polygon", Severity.ERROR, source.file, details=details)
    if layer is None or layer.geometry is None:
        raise Refused([missing, *source.faults])
    fault = crs_fault(layer, source.file)
    if fault is not None or source.faults:
        raise Refused([*([] if fault is None else [fault]), *source.faults])
    outline = polygon_part(shapely.union_all(shapely.make_valid(moved(layer, pyproj.CRS.from_epsg(4326)))))
    if outline is None:
        raise Refused([missing])
    return outline


def _within(layer: Layer, outline: shapely.Geometry) -> Layer:
    """Features with their middle inside the outline; lines and land use that touch it."""
    if layer.geometry is None:
        return layer
    shapely.prepare(outline)
    whole = layer.name in ("streets", "landuse")
    probe = layer.geometry if whole else shapely.centroid(layer.geometry)
    rows = np.flatnonzero(shapely.intersects(outline, probe) | shapely.is_missing(layer.geometry))
    columns = {name: values[rows] for name, values in layer.columns.items()}
    return Layer(layer.name, layer.crs, layer.fid[rows], columns, layer.geometry[rows])
