"""From a hand-drawn skeleton of streets to plots: rows back to back, local streets, right of way, frontages.

All lengths are metres in the plan's own axes. The pipeline runs one way: ``draw_streets`` -> ``fill_blocks`` ->
``node_streets`` -> ``right_of_way`` -> ``clip_rows`` -> ``share_out`` -> ``slice_row``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiLineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, substring, unary_union

OVERSHOOT_M = 1.0  # a drawn end reaches this far past the line it meets, so that noding is exact
BACK_M = 2.0  # cuts begin this far on the street's side of the guide
LOCAL_MIN_M = 30.0  # a shorter local street is not built
TURNING_M = 9.5  # radius of a turning place
DANGLE_M = 14.0  # dead ends up to this length are overshoots, not streets
CHAMFER_M = 4.0  # corner cut of a block at a street crossing


@dataclass(frozen=True)
class Street:
    """A street's centre line, the width of its right of way in metres and what it is."""

    street_id: str
    line: LineString
    width_m: float
    kind: str


@dataclass(frozen=True)
class Row:
    """A strip of land for one row of plots; plots are cut square to ``guide``, which runs along their street."""

    land: Polygon
    guide: LineString
    block: int
    use: str


def rounded(points: Sequence[Sequence[float]], radius_m: float) -> LineString:
    """A polyline whose interior corners are eased by a quadratic curve with tangents of ``radius_m`` at most."""
    xy = np.asarray(points, dtype=float)
    if radius_m <= 0.0 or len(xy) < 3:
        return LineString(xy)
    out = [xy[0]]
    for before, corner, after in zip(xy[:-2], xy[1:-1], xy[2:], strict=True):
        into, away = before - corner, after - corner
        reach = min(radius_m, 0.45 * float(np.hypot(*into)), 0.45 * float(np.hypot(*away)))
        start, end = corner + into / np.hypot(*into) * reach, corner + away / np.hypot(*away) * reach
        out += [(1 - s) ** 2 * start + 2 * s * (1 - s) * corner + s**2 * end for s in np.linspace(0.0, 1.0, 9)]
    out.append(xy[-1])
    return LineString(out)


def extended(line: LineString, by_m: float) -> LineString:
    """The line, lengthened straight ahead by ``by_m`` at both ends."""
    xy = shapely.get_coordinates(line)
    first, last = xy[0] - xy[1], xy[-1] - xy[-2]
    start, end = xy[0] + first / np.hypot(*first) * by_m, xy[-1] + last / np.hypot(*last) * by_m
    return LineString(np.vstack([start, xy, end]))


def lines_of(geometry: BaseGeometry) -> list[LineString]:
    """The LineStrings of any geometry."""
    return [part for part in shapely.get_parts(geometry) if isinstance(part, LineString) and part.length > 0.0]


def polygons_of(geometry: BaseGeometry, area_min_m2: float = 1.0) -> list[Polygon]:
    """The Polygons of any geometry that are larger than ``area_min_m2``."""
    return [part for part in shapely.get_parts(geometry) if isinstance(part, Polygon) and part.area > area_min_m2]


def draw_streets(rows: Sequence[Mapping[str, Any]]) -> list[Street]:
    """The skeleton: one street a row of the plan file."""
    return [
        Street(row["id"], rounded(row["points"], row.get("radius", 0.0)), float(row["width"]), row["kind"])
        for row in rows
    ]


def _strip(guide: LineString, near_m: float, far_m: float) -> BaseGeometry:
    """The land on one side of ``guide`` between two distances; the sign of the distances is the side."""
    far = guide.buffer(far_m, single_sided=True, join_style="mitre")
    return far if near_m == 0.0 else far.difference(guide.buffer(near_m, single_sided=True, join_style="mitre"))


def _guide(land: Polygon, street: Street) -> LineString:
    """The piece of ``street`` along the land, oriented so that the land lies on its left, and lengthened."""
    along = shapely.line_merge(street.line.intersection(land.buffer(street.width_m / 2 + 1.0)))
    pieces = lines_of(along)
    if not pieces:
        raise ValueError(f"street {street.street_id} does not touch the block at {land.representative_point()}")
    guide = extended(max(pieces, key=lambda piece: piece.length), 400.0)
    left = guide.buffer(500.0, single_sided=True).intersection(land).area
    return guide if left > 0.5 * land.area else LineString(shapely.get_coordinates(guide)[::-1])


def _depth(land: BaseGeometry, guide: LineString, near_m: float) -> float:
    """Median depth of the land beyond ``near_m``, measured square to the guide."""
    depths = []
    for station in np.linspace(0.0, guide.length, 161)[1:-1]:
        foot, ahead = guide.interpolate(station), guide.interpolate(station + 0.5)
        normal = np.array([foot.y - ahead.y, ahead.x - foot.x]) / 0.5
        ray = LineString([(foot.x, foot.y), (foot.x + 500.0 * normal[0], foot.y + 500.0 * normal[1])])
        hit = ray.intersection(land)
        if hit.length > 1.0:
            depths.append(shapely.hausdorff_distance(Point(foot), hit) - near_m)
    return float(np.median(depths))


def _heads(
    fill: Mapping[str, Any], land: BaseGeometry, streets: Mapping[str, Street]
) -> tuple[list[Row], BaseGeometry, BaseGeometry]:
    """Rows turned to a crossing street at a block's end, the land left, and the part closed to local streets."""
    rows: list[Row] = []
    closed: BaseGeometry = Polygon()
    for head in fill.get("heads", ()):
        street = streets[head["street"]]
        zone = land.intersection(street.line.buffer(street.width_m / 2 + head["depth"], cap_style="flat"))
        land = land.difference(zone)
        if not head.get("open", False):
            closed = closed.union(zone)
        block = head.get("block", fill["blocks"][0])
        rows += [Row(part, _guide(part, street), block, head["use"]) for part in polygons_of(zone, 50.0)]
    return rows, land, closed


def fill_blocks(
    fills: Sequence[Mapping[str, Any]],
    streets: Sequence[Street],
    cuts: Sequence[LineString],
    boundary: Polygon,
    barred: BaseGeometry,
) -> tuple[list[Row], list[Street]]:
    """Rows of plots and local streets of every block.

    A block is the face of the skeleton around ``at``. Rows run parallel to the street named ``follow``: the first
    fronts on it, the second lies at its back, then a local street, and so on; a row in use ``open`` stays free. An
    even number of rows ends at the street on the far side. Rows are ``depth`` deep or share the block's median depth;
    the last takes the rest of the land unless ``limit`` is set. ``heads`` are rows turned to a street at the end.
    ``barred`` is land without plots.
    """
    by_id = {street.street_id: street for street in streets}
    lines = [extended(street.line, OVERSHOOT_M) if not street.line.is_ring else street.line for street in streets]
    faces = list(polygonize(unary_union([*lines, *cuts, boundary.exterior])))
    taken = right_of_way(node_streets(streets, ()))
    rows: list[Row] = []
    local: list[Street] = []
    for fill in fills:
        face = next((face for face in faces if face.contains(Point(fill["at"]))), None)
        if face is None:
            raise ValueError(f"no block around {fill['at']}")
        land = face.difference(taken).difference(barred)
        heads, land, closed = _heads(fill, land, by_id)
        more, streets_here = _fill(fill, face, land, closed.union(barred), by_id[fill["follow"]], len(local))
        rows += heads + more
        local += streets_here
    return rows, local


def _fill(
    fill: Mapping[str, Any], face: Polygon, land: BaseGeometry, closed: BaseGeometry, follow: Street, done: int
) -> tuple[list[Row], list[Street]]:
    """Parallel rows and local streets of one block."""
    guide, near = _guide(face, follow), follow.width_m / 2
    count, width = len(fill["uses"]), float(fill.get("street_width", 14.0))
    lanes = (count - 1) // 2
    depth = float(fill.get("depth", (_depth(land, guide, near) - lanes * width) / count))
    rows: list[Row] = []
    local: list[Street] = []
    for index, use in enumerate(fill["uses"]):
        if index % 2 == 0 and index > 0:
            middle = guide.parallel_offset(near + width / 2, "left")
            for part in lines_of(middle.intersection(face.buffer(OVERSHOOT_M)).difference(closed.buffer(1.0))):
                if part.length > LOCAL_MIN_M:
                    local.append(Street(f"L{done + len(local) + 1:02d}", part, width, "local"))
            near += width
        takes_rest = index == count - 1 and not fill.get("limit", False)
        far = near + (200.0 if takes_rest else depth)
        block = fill["blocks"][min(index, len(fill["blocks"]) - 1)]
        beside = guide.parallel_offset(near, "left")
        if use != "open":  # a row left as green or parking
            strip = land.intersection(_strip(guide, near, far))
            rows += [Row(part, beside, block, use) for part in polygons_of(strip, 50.0)]
        near += depth
    return rows, local


def node_streets(streets: Sequence[Street], cuts: Sequence[LineString]) -> list[Street]:
    """Streets cut wherever they meet and where ``cuts`` cross them, overshoots removed.

    A piece's id is its street's id and a running number.
    """
    union = unary_union([street.line for street in streets])
    edges = lines_of(union)
    while True:
        ends = Counter(end for edge in edges for end in _ends(edge))
        kept = [e for e in edges if e.length > DANGLE_M or min(ends[end] for end in _ends(e)) > 1]
        if len(kept) == len(edges):
            break
        edges = kept
    edges = lines_of(shapely.line_merge(MultiLineString(edges)))
    edges = [part for edge in edges for part in _cut(edge, cuts)]
    number: Counter[str] = Counter()
    noded = []
    for edge in sorted(edges, key=lambda e: tuple(e.coords[0]) + tuple(e.coords[-1])):
        middle = edge.interpolate(0.5, normalized=True)
        parent = min(streets, key=lambda street: street.line.distance(middle))
        number[parent.street_id] += 1
        line = LineString(np.round(shapely.get_coordinates(edge), 3))
        noded.append(replace(parent, street_id=f"{parent.street_id}-{number[parent.street_id]:02d}", line=line))
    return noded


def _ends(line: LineString) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return tuple(np.round(line.coords[0], 3)), tuple(np.round(line.coords[-1], 3))


def _cut(edge: LineString, cuts: Sequence[LineString]) -> list[LineString]:
    """The edge in pieces between its crossings with ``cuts``."""
    points = [p for cut in cuts for p in shapely.get_parts(edge.intersection(cut)) if isinstance(p, Point)]
    stations = sorted({0.0, edge.length, *(edge.project(point) for point in points)})
    return [substring(edge, a, b) for a, b in pairwise(stations) if b - a > 0.5]


def right_of_way(streets: Sequence[Street]) -> BaseGeometry:
    """The land of all streets: turning places at dead ends of local streets, block corners cut by ``CHAMFER_M``."""
    whole: dict[str, list[Street]] = {}
    for street in streets:
        whole.setdefault(street.street_id.rpartition("-")[0], []).append(street)
    ends = Counter(end for street in streets for end in _ends(street.line))
    land = []
    for parts in whole.values():
        line = shapely.line_merge(unary_union([part.line for part in parts]))
        land.append(line.buffer(parts[0].width_m / 2, cap_style="flat", join_style="mitre"))
        for part in parts if parts[0].kind == "local" else ():
            for end, station in zip(_ends(part.line), (TURNING_M, part.line.length - TURNING_M), strict=True):
                if ends[end] == 1:
                    land.append(part.line.interpolate(station).buffer(TURNING_M))
    return unary_union(land).buffer(CHAMFER_M, join_style="mitre").buffer(-CHAMFER_M, quad_segs=1)


def clip_rows(rows: Sequence[Row], streets_land: BaseGeometry) -> list[Row]:
    """Rows outside the streets, cut to the lengths that front on one."""
    shapely.prepare(streets_land)
    clipped = []
    for row in rows:
        for part in polygons_of(row.land.difference(streets_land), 60.0):
            stations, chords = _chords(part, row.guide)
            fronts = shapely.dwithin(shapely.make_valid(chords), streets_land, 0.3)
            edges = np.flatnonzero(np.diff(np.r_[0, fronts.astype(int), 0]))
            for first, last in edges.reshape(-1, 2):
                if last - first < 3:
                    continue
                cell = _cell(row.guide, stations[first], stations[last - 1], _reach(part, row.guide))
                clipped += [replace(row, land=piece) for piece in polygons_of(part.intersection(cell), 60.0)]
    return clipped


def _normals(guide: LineString, stations: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Feet on the guide and unit normals to its left, arrays (n, 2)."""
    feet = shapely.get_coordinates(shapely.line_interpolate_point(guide, stations))
    behind = shapely.get_coordinates(shapely.line_interpolate_point(guide, np.maximum(stations - 8.0, 0.0)))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(guide, stations + 8.0))
    along = (ahead - behind) / np.linalg.norm(ahead - behind, axis=1)[:, None]
    return feet, np.column_stack([-along[:, 1], along[:, 0]])


def _reach(land: Polygon, guide: LineString) -> float:
    """How far the land lies from its guide, and a metre."""
    return float(shapely.distance(guide, shapely.points(shapely.get_coordinates(land))).max()) + 1.0


def _chords(land: Polygon, guide: LineString) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """Stations every metre or so over the land, and the cut through it at each."""
    span = shapely.line_locate_point(guide, shapely.points(shapely.get_coordinates(land)))
    stations = np.linspace(span.min() + 0.01, span.max() - 0.01, max(int(np.ptp(span)), 8))
    feet, normal = _normals(guide, stations)
    rays = shapely.linestrings(np.stack([feet - BACK_M * normal, feet + _reach(land, guide) * normal], axis=1))
    return stations, shapely.intersection(rays, land)


def _cell(guide: LineString, start: float, end: float, reach_m: float) -> Polygon:
    """The land to the left of the guide between two stations, ``reach_m`` deep."""
    feet, normal = _normals(guide, np.linspace(start, end, max(2, int((end - start) / 4.0))))
    return Polygon(np.vstack([feet - BACK_M * normal, (feet + reach_m * normal)[::-1]]))


def slice_row(row: Row, count: int, rng: np.random.Generator, jitter: float = 0.1) -> list[Polygon]:
    """``count`` plots of nearly equal area; ``jitter`` is the spread of the cuts as a share of a plot's width."""
    stations, chords = _chords(row.land, row.guide)
    area = np.concatenate([[0.0], np.cumsum(shapely.length(chords))])
    targets = (np.arange(1, count) + rng.uniform(-jitter, jitter, count - 1)) / count * area[-1]
    step = stations[1] - stations[0]
    cuts = np.interp(targets, area, np.append(stations - step / 2, stations[-1] + step / 2))
    ends = np.concatenate([[stations[0] - 5.0], cuts, [stations[-1] + 5.0]])
    plots, reach = [], _reach(row.land, row.guide)
    for start, end in pairwise(ends):
        pieces = polygons_of(row.land.intersection(_cell(row.guide, start, end, reach)), 0.0)
        plots.append(max(pieces, key=lambda piece: piece.area))
    return plots


def share_out(total: int, weights: Sequence[float]) -> list[int]:
    """``total`` in whole parts proportional to ``weights``, at least one each, by largest remainder."""
    ideal = np.asarray(weights, dtype=float) / np.sum(weights) * (total - len(weights))
    parts = np.floor(ideal).astype(int)
    parts[np.argsort(-(ideal - parts), kind="stable")[: total - len(weights) - int(parts.sum())]] += 1
    return [int(part) + 1 for part in parts]
