"""From any coordinate system to metres on the ground, and polygons made whole."""

from __future__ import annotations

import numpy as np
import pyproj
import shapely

from rasana.exchange.intake import Geometries, Layer, Source, feature_id
from rasana.planning.finding import Finding, Severity

SCALE_ERROR_MAX = 0.01
"""A projected system whose metre is off by more than this on the spot (Web Mercator) is replaced by UTM."""

UNDEFINED = "undefined"
"""How GeoPackage's two places for "no coordinate system" are named."""


def crs_fault(layer: Layer, file: str) -> Finding | None:
    """A finding where the layer's coordinate system is not given, not known or fits no place on earth."""
    details = {"file": file, "layer": layer.name, "field": "crs", "right": "EPSG:32639"}
    if not layer.crs:
        return Finding("crs_missing", Severity.ERROR, layer.name, details=details)
    try:
        system = pyproj.CRS.from_user_input(layer.crs)
    except pyproj.exceptions.CRSError:
        return Finding("crs_unknown", Severity.ERROR, layer.name, details={**details, "wrong": layer.crs[:60]})
    if system.name.lower().startswith(UNDEFINED) or not (system.is_geographic or system.is_projected):
        return Finding("crs_missing", Severity.ERROR, layer.name, details=details)
    return None


def metric_crs(layer: Layer) -> pyproj.CRS:
    """The layer's own system where it measures metres truly on the spot, else the UTM zone of its middle."""
    system = pyproj.CRS.from_user_input(layer.crs)
    bounds = shapely.total_bounds(layer.geometry) if len(layer.fid) else np.full(4, np.nan)
    if not np.isfinite(bounds).all():
        return system if system.is_projected else pyproj.CRS.from_epsg(32639)
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    to_degrees = pyproj.Transformer.from_crs(system, "EPSG:4326", always_xy=True)
    east, north = to_degrees.transform(x, y)
    if system.is_projected and all(axis.unit_conversion_factor == 1.0 for axis in system.axis_info):
        factors = pyproj.Proj(system).get_factors(east, north)
        if abs(factors.meridional_scale - 1) <= SCALE_ERROR_MAX and abs(factors.parallel_scale - 1) <= SCALE_ERROR_MAX:
            return system
    zone = min(int((east + 180.0) // 6.0) + 1, 60)
    return pyproj.CRS.from_epsg((32600 if north >= 0 else 32700) + zone)


def crs_name(system: pyproj.CRS) -> str:
    """Short name of a system, such as EPSG:32639; its full text where it has none."""
    authority = system.to_authority()
    return ":".join(authority) if authority else system.to_wkt()


def moved(layer: Layer, to: pyproj.CRS) -> Geometries:
    """The layer's geometries in another system; missing ones stay missing."""
    if layer.geometry is None:
        return np.full(len(layer.fid), None, object)
    if pyproj.CRS.from_user_input(layer.crs) == to:
        return layer.geometry
    transformer = pyproj.Transformer.from_crs(layer.crs, to, always_xy=True)
    return np.asarray(shapely.transform(layer.geometry, transformer.transform, interleaved=False), object)


def of_types(layer: Layer, source: Source, allowed: tuple[str, ...]) -> tuple[Geometries, list[Finding]]:
    """The layer's geometries, None and a finding for each that is of no allowed type (such as "Polygon")."""
    geometry = np.full(len(layer.fid), None, object) if layer.geometry is None else layer.geometry.copy()
    faults = []
    for row, shape in enumerate(geometry):
        if shape is not None and shape.geom_type not in allowed:
            details = {"file": source.file, "layer": layer.name, "field": "geometry"}
            details.update(wrong=shape.geom_type, right=", ".join(allowed))
            faults.append(Finding("geometry_type_wrong", Severity.ERROR, feature_id(layer, row), details=details))
            geometry[row] = None
    return geometry, faults


def whole_polygons(geometry: Geometries, layer: Layer, source: Source) -> tuple[Geometries, list[Finding]]:
    """Polygons that cross themselves repaired to the area they enclose: a warning each, an error where none is left."""
    found = []
    geometry = geometry.copy()
    polygons = np.isin(shapely.get_type_id(geometry), (3, 6))
    for row in np.flatnonzero(polygons & ~shapely.is_valid(geometry)):
        details = {"file": source.file, "layer": layer.name, "field": "geometry"}
        details["wrong"] = shapely.is_valid_reason(geometry[row])
        repaired = polygon_part(shapely.make_valid(geometry[row], method="structure", keep_collapsed=False))
        identity = feature_id(layer, int(row))
        if repaired is None:
            found.append(Finding("polygon_without_area", Severity.ERROR, identity, details=details))
        else:
            found.append(Finding("polygon_repaired", Severity.WARNING, identity, details=details))
        geometry[row] = repaired
    return geometry, found


def polygon_part(shape: shapely.Geometry) -> shapely.Geometry | None:
    """The polygons in a geometry, None where it encloses no area."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    parts = parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) > 0)]
    if not len(parts):
        return None
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
