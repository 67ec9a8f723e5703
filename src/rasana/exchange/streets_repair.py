"""Streets made fit for cables: ends snapped, crossings noded, islands bridged, no-go areas cut out.

A trench can only be planned where streets meet in common points and hang together. Noding is done on a grid of
``GRID_M``, so that corners are either the same point or clearly apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from rasana.exchange.intake import Geometries
from rasana.planning.finding import Finding, Severity

Ints = NDArray[np.int64]

GRID_M = 0.1
"""Streets are noded on this grid: finer than a trench is wide."""

TOUCHING_M = 1e-3
SNAP_ROUNDS = 2
"""An end may be snapped to a line that was itself moved in the first round."""

NAMED_MAX = 8
"""How many ids a sentence lists before it says how many more there are."""


@dataclass(frozen=True)
class Repair:
    """How streets are repaired: lengths in metres, and whether an island with plots is refused or left out."""

    snap_m: float
    bridge_m: float
    strict: bool


def repaired(
    streets: gpd.GeoDataFrame, plots: Geometries, no_go: Geometries, rules: Repair
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Noded, connected streets with the columns of the street each piece came from.

    ``streets`` has LineString geometry in metres, ``street_id``, ``trench_factor``, ``no_trench``. Findings of severity
    error name islands that plots stand at and that can't be bridged (only where ``rules.strict``).
    """
    streets = _noded(streets)
    lines, snapped = _snapped(streets.geometry.to_numpy(), rules.snap_m)
    findings = []
    if snapped:
        findings.append(Finding("streets_snapped", Severity.NOTE, "streets", float(snapped), rules.snap_m, "m"))
    pieces = _without_stubs(_noded(streets.set_geometry(lines, crs=streets.crs)), rules.snap_m)
    pieces, found = _outside(pieces, no_go, rules.snap_m)
    findings += found
    pieces, found = _connected(pieces, plots, no_go, rules)
    return pieces, findings + found


def listed(ids: list[str]) -> str:
    """Ids for a sentence, the first few of them and how many more."""
    unique = list(dict.fromkeys(ids))
    more = len(unique) - NAMED_MAX
    return ", ".join(unique[:NAMED_MAX]) + (f" … (+{more})" if more > 0 else "")


def _snapped(lines: Geometries, snap_m: float) -> tuple[Geometries, int]:
    """Lines whose loose ends were moved to an end or a line nearer than ``snap_m``, and how many were."""
    count = 0
    for _ in range(SNAP_ROUNDS):
        moves = _moves(lines, snap_m)
        if not moves:
            break
        count += len(moves)
        lines = lines.copy()
        for (line, end), (x, y) in moves.items():
            points = shapely.get_coordinates(lines[line])
            points[-1 if end else 0] = (x, y)
            lines[line] = shapely.linestrings(points)
    return lines, count


def _moves(lines: Geometries, snap_m: float) -> dict[tuple[int, int], tuple[float, float]]:
    """New places by (line, 0 first or 1 last end) of the ends that touch nothing but nearly do.

    An end is not moved to a line that its own one already meets: two streets may leave a corner at a sharp angle.
    """
    count = len(lines)
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    owner = np.concatenate([np.arange(count), np.arange(count)])
    end, line = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=snap_m)
    first_node, last_node, _ = _nodes(lines)
    nodes = np.stack([first_node, last_node], axis=1)
    met = (nodes[owner[end]][:, :, None] == nodes[line][:, None, :]).any(axis=(1, 2))
    gap = shapely.distance(ends[end], lines[line])
    loose = np.ones(2 * count, bool)
    loose[end[(gap <= TOUCHING_M) & (owner[end] != line)]] = False
    end, line, gap = end[~met], line[~met], gap[~met]
    near_end, other_end = shapely.STRtree(ends).query(ends, predicate="dwithin", distance=snap_m)
    xy = shapely.get_coordinates(ends)
    moves: dict[tuple[int, int], tuple[float, float]] = {}
    held: set[int] = set()
    long_enough = shapely.length(lines) > 3 * snap_m
    for first, second in zip(near_end, other_end, strict=True):
        fits = owner[first] != owner[second] or (first != second and long_enough[owner[first]])
        key = (int(owner[first]), int(first >= count))
        if loose[first] and fits and key not in moves and first not in held and np.any(xy[first] != xy[second]):
            target = (int(owner[second]), int(second >= count))
            moves[key] = moves.get(target, (float(xy[second, 0]), float(xy[second, 1])))
            held.add(int(second))
    for index in np.argsort(gap, kind="stable"):
        key = (int(owner[end[index]]), int(end[index] >= count))
        if loose[end[index]] and key not in moves and int(end[index]) not in held:
            touch = shapely.get_coordinates(shapely.shortest_line(ends[end[index]], lines[line[index]]))[1]
            moves[key] = (float(touch[0]), float(touch[1]))
    return moves


def _noded(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Pieces between common points, in the order of the streets; each keeps the columns of its street."""
    lines = streets.geometry.to_numpy()
    pieces = shapely.get_parts(shapely.union_all(lines, grid_size=GRID_M))
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    owner = shapely.STRtree(lines).query_nearest(middle, all_matches=False)[1]
    order = np.lexsort((shapely.line_locate_point(lines[owner], middle), owner))
    table = streets.iloc[owner[order]].reset_index(drop=True)
    return table.set_geometry(pieces[order], crs=streets.crs)


def _nodes(lines: Geometries) -> tuple[Ints, Ints, int]:
    """Node at the first and at the last end of each line, and how many nodes there are."""
    ends = shapely.get_coordinates(np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)]))
    unique, node = np.unique(np.round(ends / (GRID_M / 2)).astype(np.int64), axis=0, return_inverse=True)
    node = node.reshape(-1)
    return node[: len(lines)], node[len(lines) :], len(unique)


def _without_stubs(pieces: gpd.GeoDataFrame, snap_m: float) -> gpd.GeoDataFrame:
    """Without the bits by which a street was drawn past the one it ends at."""
    lines = pieces.geometry.to_numpy()
    first, last, count = _nodes(lines)
    degree = np.bincount(np.concatenate([first, last]), minlength=count)
    one_sided = (np.minimum(degree[first], degree[last]) == 1) & (np.maximum(degree[first], degree[last]) > 2)
    return pieces[~(one_sided & (shapely.length(lines) < snap_m))].reset_index(drop=True)


def _outside(pieces: gpd.GeoDataFrame, no_go: Geometries, snap_m: float) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The parts of the pieces outside all no-go areas."""
    lines = pieces.geometry.to_numpy()
    area = shapely.buffer(shapely.union_all(no_go), 2 * GRID_M)
    shapely.prepare(area)
    touched = shapely.intersects(lines, area)
    if not touched.any():
        return pieces, []
    clipped = pieces.copy()
    clipped.loc[touched, "geometry"] = shapely.difference(lines[touched], area)
    clipped = clipped.explode(index_parts=False, ignore_index=True)
    keep = ~clipped.geometry.is_empty & (~clipped.geometry.isna()) & (clipped.length >= snap_m)
    lost = float(pieces.length.sum() - clipped[keep].length.sum())
    names = listed(pieces.loc[touched, "street_id"].tolist())
    finding = Finding("streets_clipped", Severity.NOTE, "streets", lost, unit="m", details={"streets": names})
    return clipped[keep].reset_index(drop=True), [finding]


def _labels(pieces: gpd.GeoDataFrame) -> Ints:
    """The island of each piece that may be dug, the one with the most metres first (0); -1 for the others."""
    lines = pieces.geometry.to_numpy()
    first, last, count = _nodes(lines)
    dug = ~pieces["no_trench"].to_numpy(bool)
    graph = coo_matrix((np.ones(dug.sum()), (first[dug], last[dug])), shape=(count, count))
    _, of_node = connected_components(graph, directed=False)
    if not dug.any():
        return np.full(len(lines), -1)
    label = np.where(dug, of_node[first], -1)
    metres = np.bincount(label[dug], weights=shapely.length(lines[dug]))
    rank = np.empty(len(metres), np.int64)
    rank[np.argsort(-metres, kind="stable")] = np.arange(len(metres))
    return np.where(dug, rank[label], -1)


def _plots_by_island(pieces: gpd.GeoDataFrame, label: Ints, plots: Geometries) -> Ints:
    """How many plots stand nearest to each island."""
    dug = np.flatnonzero(label >= 0)
    tree = shapely.STRtree(pieces.geometry.to_numpy()[dug])
    nearest = tree.query_nearest(plots[~shapely.is_missing(plots)], all_matches=False)[1]
    return np.bincount(label[dug[nearest]], minlength=label.max() + 1)


def _connected(
    pieces: gpd.GeoDataFrame, plots: Geometries, no_go: Geometries, rules: Repair
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """One network: islands with plots bridged, empty ones left out, the rest refused or left out by name."""
    label = _labels(pieces)
    if label.max(initial=-1) <= 0:
        return pieces, []
    used = _plots_by_island(pieces, label, plots) > 0
    used[0] = True
    empty = (label >= 0) & ~used[label]
    findings = _left_out(pieces[empty], "streets_empty_left_out", Severity.NOTE)
    pieces = pieces[~empty].reset_index(drop=True)
    links, found = _bridges(pieces, _labels(pieces), no_go, rules.bridge_m)
    findings += found
    if len(links):
        joined = gpd.GeoDataFrame(pd.concat([pieces, links], ignore_index=True), crs=pieces.crs)
        pieces = _without_stubs(_noded(joined), rules.snap_m)
    label = _labels(pieces)
    count = _plots_by_island(pieces, label, plots)
    main = shapely.STRtree(pieces.geometry.to_numpy()[label == 0])
    for island in range(1, int(label.max()) + 1):
        lost = pieces[label == island]
        _, distance = main.query_nearest(lost.geometry.to_numpy(), return_distance=True, all_matches=False)
        code = "street_island" if rules.strict else "street_island_left_out"
        severity = Severity.ERROR if rules.strict else Severity.WARNING
        gap = float(distance.min())
        findings += _left_out(lost, code, severity, value=gap, limit=rules.bridge_m, plots=str(count[island]))
    return pieces[label <= 0].reset_index(drop=True), findings


def _left_out(
    lost: gpd.GeoDataFrame, code: str, severity: Severity, value: float | None = None, limit: float | None = None,
    **details: str,
) -> list[Finding]:  # fmt: skip
    """One finding for streets that are not used, with their names; none where there are none."""
    if not len(lost):
        return []
    metres = float(lost.length.sum())
    details = {"streets": listed(lost["street_id"].tolist()), "metres": f"{metres:.0f}", **details}
    finding = Finding(code, severity, str(lost["street_id"].iloc[0]), metres, None, "m", details)
    return [finding if value is None else replace(finding, value=value, limit=limit)]


def _bridges(
    pieces: gpd.GeoDataFrame, label: Ints, no_go: Geometries, bridge_m: float
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Shortest links between islands, each no longer than ``bridge_m`` and clear of no-go areas, and a finding each."""
    lines = pieces.geometry.to_numpy()
    small = np.flatnonzero(label > 0)
    left, right = shapely.STRtree(lines).query(lines[small], predicate="dwithin", distance=bridge_m)
    left = small[left]
    apart = (label[left] != label[right]) & (label[right] >= 0)
    left, right = left[apart], right[apart]
    gap = shapely.distance(lines[left], lines[right])
    closed = shapely.union_all(no_go)
    group = np.arange(label.max(initial=0) + 1)
    rows, findings = [], []
    for index in np.argsort(gap, kind="stable"):
        one, other = group[label[left[index]]], group[label[right[index]]]
        link = shapely.shortest_line(lines[left[index]], lines[right[index]])
        if one == other or shapely.intersects(closed, link):
            continue
        group[group == other] = one
        ids = pieces["street_id"].iloc[left[index]], pieces["street_id"].iloc[right[index]]
        name = f"BRIDGE-{ids[0]}-{ids[1]}"
        rows.append({"street_id": name, "trench_factor": 1.0, "no_trench": False, "geometry": link})
        details = {"other": ids[1]}
        findings.append(Finding("street_bridged", Severity.WARNING, ids[0], float(gap[index]), bridge_m, "m", details))
    return gpd.GeoDataFrame(rows, geometry="geometry" if rows else None, crs=pieces.crs if rows else None), findings
