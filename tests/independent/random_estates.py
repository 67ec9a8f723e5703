"""Random estates from a seed: grids, crooked quarters, trees of cul-de-sacs, long thin ones, with what makes them hard.

Each is written as an ``ESTATE.gpkg`` as a user would hand it over. Nothing here knows how the engine works.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from shapely.affinity import rotate, translate
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

ORIGIN = (512_000.0, 3_832_000.0)
"""Corner of the estates in UTM zone 39 north, where Qom lies."""
CRS = "EPSG:32639"
ODD_CRS = ("EPSG:4326", "EPSG:3857", "EPSG:32638", "EPSG:32639")
TRADES = (
    "auto_repair",
    "body_shop",
    "paint_booth",
    "tyre_shop",
    "spare_parts_shop",
    "showroom",
    "carpentry",
    "metal_welding",
    "machining",
    "food_small",
    "cold_store_500m3",
    "restaurant",
    "office",
    "warehouse",
)
STREET_HALF_WIDTH_M = 6.0
SHAPES = ("grid", "crooked", "tree", "strip")

Segment = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class RandomEstate:
    """Layers of one estate and how it is to be studied; ``facts`` says in a line what is hard about it."""

    seed: int
    standard: str
    layers: dict[str, gpd.GeoDataFrame]
    facts: str


def random_estate(seed: int) -> RandomEstate:
    """The estate of ``seed``: always the same one."""
    rng = np.random.default_rng(seed)
    shape = SHAPES[seed % len(SHAPES)]
    wanted = round(math.exp(rng.uniform(math.log(5), math.log(120))))
    segments, plots = _streets_with_plots(rng, shape, wanted)
    streets = _street_layer(rng, segments)
    plot_layer = _plot_layer(rng, plots)
    layers = {"plots": plot_layer, "streets": streets}
    supplies = _supply_layer(rng, segments)
    if supplies is not None:
        layers["supply_points"] = supplies
    if rng.random() < 0.2:
        layers["transformer_sites"] = _site_layer(rng, segments)
    if rng.random() < 0.15:
        layers["no_go"] = _no_go_layer(rng, segments)
    crs = ODD_CRS[int(rng.integers(len(ODD_CRS)))] if rng.random() < 0.3 else CRS
    standard = "iran" if rng.random() < 0.7 else "europe"
    placed = {name: layer.to_crs(crs) for name, layer in layers.items()}
    points = 0 if supplies is None else len(supplies)
    facts = f"{shape}, {len(plot_layer)} plots, {points} supply points, {crs}, {standard}"
    return RandomEstate(seed, standard, placed, facts)


def write_estate(estate: RandomEstate, path: Path) -> Path:
    """Write the layers as one GeoPackage."""
    for place, (name, layer) in enumerate(estate.layers.items()):
        pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", append=place > 0)
    return path


# --- streets ---------------------------------------------------------------------------------------------------------


def _streets_with_plots(rng: np.random.Generator, shape: str, wanted: int) -> tuple[list[Segment], list[Polygon]]:
    """Streets of this shape, grown until at least ``wanted`` plots fit along them, and those plots."""
    make = {"grid": _grid, "crooked": _crooked, "tree": _tree, "strip": _strip}[shape]
    segments: list[Segment] = []
    plots: list[Polygon] = []
    for size in range(1, 40):
        segments = make(np.random.default_rng(rng.integers(2**32)), size)
        plots = _plots_along(rng, segments)
        if len(plots) >= wanted:
            break
    chosen = sorted(rng.permutation(len(plots))[:wanted]) if rng.random() < 0.5 else range(min(wanted, len(plots)))
    return segments, [plots[row] for row in chosen]


def _grid(rng: np.random.Generator, size: int) -> list[Segment]:
    """Streets at right angles, turned by some angle, with a few pieces missing (none that holds it together)."""
    columns, rows = 2 + size // 2, 1 + (size + 1) // 2
    step_x, step_y = rng.uniform(60, 140), rng.uniform(50, 90)
    x, y = step_x * np.arange(columns + 1), step_y * np.arange(rows + 1)
    segments = [((x[i], y[j]), (x[i + 1], y[j])) for i in range(columns) for j in range(rows + 1)]
    segments += [((0.0, y[j]), (0.0, y[j + 1])) for j in range(rows)]
    others = [((x[i], y[j]), (x[i], y[j + 1])) for i in range(1, columns + 1) for j in range(rows)]
    segments += [segment for segment in others if rng.random() < 0.8]
    return _turned(segments, rng.uniform(0, 90))


def _crooked(rng: np.random.Generator, size: int) -> list[Segment]:
    """Edges of a Voronoi diagram: three-way junctions at odd angles, some edges very short."""
    side = 90.0 * math.sqrt(2 + size)
    seeds = shapely.MultiPoint(rng.uniform(0, side, size=(4 + size, 2)))
    cells = shapely.voronoi_polygons(seeds, extend_to=box(0, 0, side, side))
    edges = shapely.unary_union([cell.intersection(box(0, 0, side, side)).exterior for cell in cells.geoms])
    segments = []
    for line in getattr(shapely.line_merge(edges), "geoms", [edges]):
        points = [(round(x, 2), round(y, 2)) for x, y in line.coords]
        segments += [(a, b) for a, b in itertools.pairwise(points) if a != b]
    return segments


def _tree(rng: np.random.Generator, size: int) -> list[Segment]:
    """A main street with cul-de-sacs on cul-de-sacs: no way round, so a ring must come back the way it went."""
    segments: list[Segment] = [((0.0, 0.0), (0.0, 80.0))]
    tips = [((0.0, 80.0), 90.0)]
    lines = [LineString(segments[0])]
    for _ in range(3 * size):
        (x, y), heading = tips[int(rng.integers(len(tips)))]
        turned = heading + float(rng.choice([-90, 0, 90])) + rng.normal(0, 8)
        length = rng.uniform(40, 110)
        end = _ahead((x, y), turned, length)
        line = LineString([(x, y), end])
        beyond = shapely.line_interpolate_point(line, 12.0)
        if any(LineString([beyond, end]).distance(other) < 30 for other in lines if not other.touches(Point(x, y))):
            continue
        if any(LineString([beyond, end]).distance(other) < 8 for other in lines):
            continue
        segments.append(((x, y), end))
        lines.append(line)
        tips.append((end, turned))
    return segments


def _strip(rng: np.random.Generator, size: int) -> list[Segment]:
    """One long road with bends and short spurs: everything is far from the supply."""
    x, y, heading = 0.0, 0.0, rng.uniform(0, 360)
    segments: list[Segment] = []
    for _ in range(2 * size):
        heading += rng.normal(0, 7)
        length = rng.uniform(70, 220)
        end = _ahead((x, y), heading, length)
        segments.append(((x, y), end))
        if rng.random() < 0.3:
            side = heading + float(rng.choice([-90, 90]))
            segments.append((end, _ahead(end, side, rng.uniform(30, 70))))
        x, y = end
    return segments


def _ahead(point: tuple[float, float], degrees: float, length: float) -> tuple[float, float]:
    """The point ``length`` m ahead of ``point`` in this direction, to the centimetre."""
    heading = math.radians(degrees)
    return (round(point[0] + length * math.cos(heading), 2), round(point[1] + length * math.sin(heading), 2))


def _turned(segments: list[Segment], degrees: float) -> list[Segment]:
    """The same streets turned about the origin; ends that met still meet."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def turn(point: tuple[float, float]) -> tuple[float, float]:
        return (round(point[0] * c - point[1] * s, 3), round(point[0] * s + point[1] * c, 3))

    return [(turn(a), turn(b)) for a, b in segments]


# --- what stands along them ------------------------------------------------------------------------------------------


def _plots_along(rng: np.random.Generator, segments: list[Segment]) -> list[Polygon]:
    """Rectangles on both sides of every street, none across a street and none on another."""
    streets = shapely.STRtree([LineString(segment) for segment in segments])
    depth = rng.uniform(18, 28)
    placed: list[Polygon] = []
    for a, b in segments:
        length = math.dist(a, b)
        angle = math.degrees(math.atan2(b[1] - a[1], b[0] - a[0]))
        for side in (-1, 1):
            along = STREET_HALF_WIDTH_M + 2
            while True:
                width = rng.uniform(8, 22)
                if along + width > length - STREET_HALF_WIDTH_M - 2:
                    break
                near, far = sorted((side * STREET_HALF_WIDTH_M, side * (STREET_HALF_WIDTH_M + depth)))
                plot = translate(rotate(box(along, near, along + width, far), angle, origin=(0, 0)), *a)
                along += width
                free = streets.query(plot, predicate="intersects").size == 0
                if free and not any(
                    plot.intersection(other).area > 0.5 for other in placed if plot.distance(other) == 0
                ):
                    placed.append(plot)
    return placed


def _plot_layer(rng: np.random.Generator, plots: list[Polygon]) -> gpd.GeoDataFrame:
    """Plots with trades, sizes and the figures that some owners gave: none, nothing, or a lot."""
    number = len(plots)
    mix = rng.choice(len(TRADES), size=int(rng.integers(1, 6)), replace=False)
    given = np.full(number, np.nan)
    chance = rng.random(number)
    given[chance < 0.18] = np.round(rng.uniform(2, 60, number), 1)[chance < 0.18]
    given[chance < 0.08] = 0.0
    given[chance > 1 - rng.choice([0.0, 0.02, 0.06])] = float(rng.choice([120, 200, 260]))
    table = pd.DataFrame(
        {
            "plot_id": [f"P{row + 1:03d}" for row in range(number)],
            "trade": [TRADES[mix[row]] for row in rng.integers(len(mix), size=number)],
            "units": np.where(rng.random(number) < 0.2, rng.integers(2, 7, number), 1),
            "floor_area_m2": np.where(rng.random(number) < 0.5, np.round(rng.lognormal(4.8, 0.5, number)), np.nan),
            "connected_kw": np.where(rng.random(number) < 0.15, np.round(rng.uniform(5, 60, number)), np.nan),
            "demand_kw": given,
            "phases": np.where(rng.random(number) < 0.3, rng.choice([1.0, 3.0], number), np.nan),
            "status": rng.choice(["planned", "built", "active"], number),
        }
    )
    form = rng.random()
    shapes = [Point(plot.centroid) if form < 0.15 else MultiPolygon([plot]) if form < 0.3 else plot for plot in plots]
    return gpd.GeoDataFrame(table, geometry=[translate(shape, *ORIGIN) for shape in shapes], crs=CRS)


def _street_layer(rng: np.random.Generator, segments: list[Segment]) -> gpd.GeoDataFrame:
    """Streets with price factors on a few; sometimes one that is no bridge may not be dug up."""
    number = len(segments)
    closed = np.zeros(number, dtype=bool)
    shut = int(rng.integers(number))
    if rng.random() < 0.25 and _connected(segments[:shut] + segments[shut + 1 :], corners=len(_corners(segments))):
        closed[shut] = True
    table = pd.DataFrame(
        {
            "street_id": [f"ST{row + 1:03d}" for row in range(number)],
            "trench_factor": np.where(rng.random(number) < 0.15, 1.8, 1.0),
            "no_trench": closed,
        }
    )
    lines = [translate(LineString(segment), *ORIGIN) for segment in segments]
    return gpd.GeoDataFrame(table, geometry=lines, crs=CRS)


def _corners(segments: list[Segment]) -> np.ndarray:
    return np.unique(np.array([point for segment in segments for point in segment]), axis=0)


def _connected(segments: list[Segment], corners: int) -> bool:
    """Whether these segments hang together and still touch so many corners."""
    neighbours: dict[tuple[float, float], list[tuple[float, float]]] = {}
    for a, b in segments:
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    reached = [next(iter(neighbours), (0.0, 0.0))]
    for point in reached:
        reached += [other for other in dict.fromkeys(neighbours.get(point, [])) if other not in reached]
    return len(reached) == corners


def _supply_layer(rng: np.random.Generator, segments: list[Segment]) -> gpd.GeoDataFrame | None:
    """None to three supply points near corners of the streets, some weak, some small."""
    number = int(rng.choice([0, 1, 1, 2, 2, 3]))
    if number == 0:
        return None
    corners = _corners(segments)
    rows = rng.permutation(len(corners))[:number]
    number = len(rows)
    points = corners[rows] + rng.normal(0, rng.choice([0.0, 3.0, 15.0]), size=(number, 2))
    table = pd.DataFrame(
        {
            "supply_id": [f"SP{row + 1}" for row in range(number)],
            "voltage_kv": 20.0,
            "capacity_kva": [float(rng.choice([math.nan, 300, 2000, 10000])) for _ in range(number)],
            "fault_mva": [float(rng.choice([math.nan, 25, 60, 150, 350, 700])) for _ in range(number)],
        }
    )
    return gpd.GeoDataFrame(table, geometry=[translate(Point(point), *ORIGIN) for point in points], crs=CRS)


def _site_layer(rng: np.random.Generator, segments: list[Segment]) -> gpd.GeoDataFrame:
    """Places where stations may stand, a few metres off the streets, some for small ones only."""
    lines = [LineString(segment) for segment in segments]
    rows = rng.integers(len(lines), size=max(2, len(lines) // 3))
    points = [shapely.line_interpolate_point(lines[row], float(rng.random()), normalized=True) for row in rows]
    table = pd.DataFrame(
        {
            "site_id": [f"SITE{row + 1}" for row in range(len(points))],
            "max_kva": [float(rng.choice([math.nan, 400, 630, 1000])) for _ in points],
        }
    )
    moved = [translate(point, ORIGIN[0] + rng.uniform(2, 5), ORIGIN[1] + rng.uniform(2, 5)) for point in points]
    return gpd.GeoDataFrame(table, geometry=moved, crs=CRS)


def _no_go_layer(rng: np.random.Generator, segments: list[Segment]) -> gpd.GeoDataFrame:
    """A square in the middle of things where nothing may be built."""
    middle = _corners(segments)[int(rng.integers(len(_corners(segments))))] + rng.uniform(15, 30, 2)
    size = rng.uniform(6, 14)
    square = box(middle[0] - size, middle[1] - size, middle[0] + size, middle[1] + size)
    return gpd.GeoDataFrame({"reason": ["gas corridor"]}, geometry=[translate(square, *ORIGIN)], crs=CRS)
