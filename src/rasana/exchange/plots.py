"""Plots from buildings: a map has no parcels, so each building with a supply of its own stands for one."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from rasana.exchange.columns import number_of
from rasana.exchange.intake import Geometries, Layer, feature_id
from rasana.exchange.streets_repair import listed
from rasana.exchange.tables import TagMeaning, tag_meanings
from rasana.planning.finding import Assumption, Finding, Severity, Status
from rasana.planning.standard import Standard

BUSINESS_KEYS = ("craft", "shop", "amenity", "office", "industrial")
LEVELS_MAX = 60.0
POLYGON_TYPES = (3, 6)
"""Numbers of Polygon and MultiPolygon."""
NOT_KNOWN = ("", "")


@dataclass(frozen=True)
class Surroundings:
    """What the map says around the buildings: layers of land use and points, with their geometry in metres."""

    landuse: tuple[Layer, Geometries] | None
    points: tuple[Layer, Geometries] | None


@dataclass(frozen=True)
class DerivedPlots:
    """Plots, with what was merged, left out and guessed on the way."""

    table: gpd.GeoDataFrame
    findings: list[Finding]
    assumptions: list[Assumption]


def derived(
    buildings: Layer, polygons: Geometries, around: Surroundings, crs: object, standard: Standard
) -> DerivedPlots:
    """One plot a building, with its trade and units guessed from tags.

    Left out: buildings whose tag says that they have no supply of their own. Smaller ones than
    ``import_building_area_min_m2`` join the largest building nearer than ``import_merge_gap_m``, or are left out.
    The trade is that of the building's own business tags, else of the points inside, else of its kind of building,
    else of the land around. ``polygons`` are the buildings in metres, None where unusable.
    """
    ids = np.array([feature_id(buildings, row) for row in range(len(buildings.fid))], object)
    tags = _guessed_tags(buildings, polygons, around)
    meaning = [tag_meanings()[tag] for tag, _ in tags]
    drawn = np.isin(shapely.get_type_id(polygons), POLYGON_TYPES)
    supplied = np.array([each.trade != "" for each in meaning], bool) & drawn
    findings = _left_out(ids[~supplied & drawn], "buildings_without_supply")
    polygons, kept, merged = _small_merged(polygons, supplied, standard)
    small = supplied & ~kept & ~merged
    findings += _left_out(ids[small], "buildings_small_left_out", standard.import_building_area_min_m2)
    findings += _left_out(ids[merged], "buildings_small_merged", standard.import_building_area_min_m2)
    rows = np.flatnonzero(kept)
    table = _table(buildings, polygons, ids, rows, tags, meaning)
    findings.append(Finding("trades_guessed", Severity.WARNING, "plots", float(len(rows)), details=_shares(table)))
    plots = gpd.GeoDataFrame(table, geometry=polygons[rows], crs=crs)
    return DerivedPlots(plots, findings, _assumptions(table))


def _left_out(ids: Geometries, code: str, limit_m2: float | None = None) -> list[Finding]:
    if not len(ids):
        return []
    unit = "" if limit_m2 is None else "m2"
    return [Finding(code, Severity.NOTE, "buildings", float(len(ids)), limit_m2, unit, {"plots": listed(list(ids))})]


def _values(layer: Layer, key: str) -> Geometries:
    return layer.columns.get(key, np.full(len(layer.fid), None, object))


def _tag_of(key: str, value: object) -> tuple[str, str] | None:
    """The row of the tag table for a tag, None where it says nothing."""
    if not isinstance(value, str) or not value:
        return None
    known = tag_meanings()
    for tag in ((key, value), (key, "*")):
        if tag in known:
            return tag
    return None


def _guessed_tags(buildings: Layer, polygons: Geometries, around: Surroundings) -> list[tuple[tuple[str, str], int]]:
    """For each building the tag that decides its trade, and how many businesses it speaks of (0: not told)."""
    points = _point_tags(polygons, around)
    land = _land_tags(polygons, around)
    own = {key: _values(buildings, key) for key in (*BUSINESS_KEYS, "building")}
    found = []
    for row in range(len(buildings.fid)):
        businesses = [tag for key in BUSINESS_KEYS if (tag := _tag_of(key, own[key][row])) is not None]
        kind = _tag_of("building", own["building"][row])
        if kind is not None and tag_meanings()[kind].trade == "":
            found.append((kind, 0))
        elif businesses:
            found.append((businesses[0], max(1, points.get(row, (NOT_KNOWN, 0))[1])))
        elif row in points:
            found.append(points[row])
        else:
            found.append((kind or land.get(row, NOT_KNOWN), 0))
    return found


def _point_tags(polygons: Geometries, around: Surroundings) -> dict[int, tuple[tuple[str, str], int]]:
    """By building with businesses marked inside: the tag of the most frequent trade, and how many there are of it."""
    if around.points is None:
        return {}
    layer, places = around.points
    columns = {key: _values(layer, key) for key in BUSINESS_KEYS}
    order = tag_meanings()
    point, building = shapely.STRtree(polygons).query(places, predicate="intersects")
    tags: dict[int, list[tuple[str, str]]] = {}
    for place, row in zip(point, building, strict=True):
        tag = next((found for key in BUSINESS_KEYS if (found := _tag_of(key, columns[key][place])) is not None), None)
        if tag is not None:
            tags.setdefault(int(row), []).append(tag)
    best = {}
    for row, inside in tags.items():
        trades = [order[tag].trade for tag in inside]
        trade = max(trades, key=lambda each: (trades.count(each), -trades.index(each)))
        chosen = min((tag for tag in inside if order[tag].trade == trade), key=lambda tag: order[tag].order)
        best[row] = (chosen, trades.count(trade))
    return best


def _land_tags(polygons: Geometries, around: Surroundings) -> dict[int, tuple[str, str]]:
    """By building the land use that its middle lies in; the smallest area that says something wins."""
    if around.landuse is None:
        return {}
    layer, areas = around.landuse
    values = _values(layer, "landuse")
    middle, area = shapely.STRtree(areas).query(shapely.centroid(polygons), predicate="within")
    size = shapely.area(areas)
    found: dict[int, tuple[str, str]] = {}
    for row, place in sorted(zip(middle, area, strict=True), key=lambda pair: -size[pair[1]]):
        tag = _tag_of("landuse", values[place])
        if tag is not None:
            found[int(row)] = tag
    return found


def _small_merged(
    polygons: Geometries, supplied: NDArray[np.bool_], standard: Standard
) -> tuple[Geometries, NDArray[np.bool_], NDArray[np.bool_]]:
    """Polygons with small ones joined to a neighbour; which rows stay plots and which were merged."""
    area = np.nan_to_num(shapely.area(polygons))
    small = supplied & (area < standard.import_building_area_min_m2)
    kept = supplied & ~small
    merged = np.zeros(len(polygons), bool)
    large = np.flatnonzero(kept)
    rows = np.flatnonzero(small)
    if not len(large) or not len(rows):
        return polygons, kept, merged
    tree = shapely.STRtree(polygons[large])
    row, near = tree.query(polygons[rows], predicate="dwithin", distance=standard.import_merge_gap_m)
    polygons = polygons.copy()
    best: dict[int, int] = {}
    for each, neighbour in zip(rows[row], large[near], strict=True):
        if each not in best or area[neighbour] > area[best[each]]:
            best[int(each)] = int(neighbour)
    for each, neighbour in sorted(best.items()):
        merged[each] = True
        polygons[neighbour] = shapely.union(polygons[neighbour], polygons[each])
    return polygons, kept, merged


def _table(
    buildings: Layer, polygons: Geometries, ids: Geometries, rows: NDArray[np.int64],
    tags: list[tuple[tuple[str, str], int]], meaning: list[TagMeaning],
) -> pd.DataFrame:  # fmt: skip
    """The plots' columns: floor from footprint and levels, units from floor or from the businesses told."""
    given = [number_of(text) if isinstance(text, str) else None for text in _values(buildings, "building:levels")[rows]]
    assumed = np.array([meaning[row].levels for row in rows])
    levels = np.array([np.nan if value is None or not 0 < value <= LEVELS_MAX else value for value in given], float)
    floor = shapely.area(polygons[rows]) * np.where(np.isnan(levels), assumed, levels)
    unit_m2 = np.array([meaning[row].unit_m2 for row in rows])
    by_floor = np.maximum(1.0, np.round(floor / np.where(unit_m2 > 0, unit_m2, np.inf)))
    told = np.array([tags[row][1] for row in rows], float)
    nothing = np.full(len(rows), np.nan)
    return pd.DataFrame(
        {
            "plot_id": ids[rows],
            "trade": [meaning[row].trade for row in rows],
            "units": np.where(told > 0, told, by_floor),
            "floor_area_m2": np.round(floor, 1),
            "connected_kw": nothing,
            "demand_kw": nothing,
            "phases": nothing,
            "ready_year": nothing,
            "status": "built",
            "trade_from": ["=".join(tags[row][0]).strip("=") for row in rows],
            "levels_assumed": np.isnan(levels),
            "name": _values(buildings, "name")[rows],
        }
    )


def _shares(table: pd.DataFrame) -> dict[str, str]:
    unknown = int((table["trade_from"] == "").sum())
    return {"unknown": str(unknown)}


def _assumptions(table: pd.DataFrame) -> list[Assumption]:
    """A line for each tag that plots got their trade from, and for assumed levels."""
    found = []
    for pair, group in table.groupby(["trade", "trade_from"], sort=True):
        trade, tag = (str(part) for part in pair)
        source = f"guessed from the tag {tag}" if tag != "" else "nothing known about the building"
        found.append(Assumption(f"{len(group)} plots", "trade", trade, "", f"OpenStreetMap: {source}", Status.DEFAULT))
    assumed = table[table["levels_assumed"]]
    for levels, group in assumed.groupby(assumed["trade_from"].map(_levels_of)):
        source = "by kind of building, where the map gives none"
        found.append(Assumption(f"{len(group)} plots", "levels", f"{levels:g}", "", source, Status.DEFAULT))
    return found


def _levels_of(tag: str) -> float:
    key, _, value = tag.partition("=")
    return tag_meanings()[(key, value)].levels
