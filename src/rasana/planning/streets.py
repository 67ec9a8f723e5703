"""The street graph: where cables may run, and where plots, supply points and transformers hang on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from rasana.planning.estate import Estate
from rasana.planning.standard import Standard

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOUCH_M = 0.05
"""Street ends closer than this are one node: finer than any plan is drawn."""

PILLAR_APART_M = 3.0
"""A pillar this near a street corner stands at the corner."""


@dataclass(frozen=True)
class StreetGraph:
    """Street pieces as edges between nodes, in CSR form, with what hangs on the nodes.

    - nodes: ``x``, ``y``; ``is_site`` where a transformer may stand, ``site_limit_kva`` (inf: any), ``site_id`` by
      node.
    - edges: ``start``, ``end`` (nodes), ``length_m``, ``factor`` (trench price multiplier), ``line`` (from start to
      end), ``on_street`` False for the connections of sites and supply points that stand beside a street.
    - CSR: ``first``, ``neighbour``, ``edge``.
    - plots: ``plot_node`` (its pillar, -1 where no street is in reach), ``meter_x``, ``meter_y``, ``service_m``.
    - ``supply_node`` by supply point.
    """

    x: Floats
    y: Floats
    is_site: NDArray[np.bool_]
    site_limit_kva: Floats
    site_id: dict[int, str]
    start: Ints
    end: Ints
    length_m: Floats
    factor: Floats
    line: NDArray[np.object_]
    on_street: NDArray[np.bool_]
    first: Ints
    neighbour: Ints
    edge: Ints
    plot_node: Ints
    meter_x: Floats
    meter_y: Floats
    service_m: Floats
    supply_node: Ints


@dataclass
class _Spot:
    """A place on a street line that becomes a node."""

    line: int
    position_m: float
    plots: list[int]
    node: int = -1


def build(
    estate: Estate, standard: Standard, supplied: NDArray[np.bool_], current_a: Floats, pillar_current_a: float
) -> StreetGraph:
    """Attach an estate to its streets.

    ``supplied`` marks the plots that need a service, ``current_a`` is their peak. Plots along a street share a pillar
    within ``pillar_spacing_m``, up to ``services_per_pillar_max`` and ``pillar_current_a`` in sum; a plot above that
    has its own. Streets marked ``no_trench`` and streets not connected with the largest piece carry no cable.
    """
    lines, factors = _usable_lines(estate)
    plot_line, position, meter = _frontage(estate, lines, supplied, standard.import_plot_distance_max_m)
    length = shapely.length(lines)
    spots = _pillars(plot_line, position, length, current_a, pillar_current_a, standard)
    supply_spots, supply_off = _beside(estate.supply_points.geometry.to_numpy(), lines)
    site_spots, site_off = _beside(estate.transformer_sites.geometry.to_numpy(), lines)
    builder = _Builder(lines, factors)
    builder.split(spots + supply_spots + site_spots)
    plot_node = np.full(len(estate.plots), -1, np.int64)
    for spot in spots:
        plot_node[spot.plots] = spot.node
    supply_node = builder.connect(supply_spots, supply_off)
    site_node = builder.connect(site_spots, site_off)
    is_site = np.ones(len(builder.x), bool)
    limit = np.full(len(builder.x), np.inf)
    site_id: dict[int, str] = {}
    if len(site_node):
        is_site[:] = False
        is_site[site_node] = True
        given = estate.transformer_sites["max_kva"].to_numpy(float)
        for node, kva, name in zip(site_node, given, estate.transformer_sites["site_id"], strict=True):
            limit[node] = kva if np.isfinite(kva) else np.inf
            site_id[int(node)] = str(name)
    is_site[supply_node] = False
    return builder.graph(is_site, limit, site_id, plot_node, meter, supply_node)


def _usable_lines(estate: Estate) -> tuple[NDArray[np.object_], Floats]:
    """Lines that may be dug, of the largest connected piece, with their price factors."""
    streets = estate.streets
    open_to_dig = ~streets["no_trench"].to_numpy(bool)
    lines = streets.geometry.to_numpy()[open_to_dig]
    factors = np.nan_to_num(streets["trench_factor"].to_numpy(float)[open_to_dig], nan=1.0)
    keep = shapely.length(lines) > TOUCH_M
    lines, factors = lines[keep], factors[keep]
    ends = np.vstack(
        [shapely.get_coordinates(shapely.get_point(lines, 0)), shapely.get_coordinates(shapely.get_point(lines, -1))]
    )
    _, node = np.unique(np.round(ends / TOUCH_M).astype(np.int64), axis=0, return_inverse=True)
    node = node.reshape(-1)
    count = len(lines)
    graph = coo_matrix((np.ones(count), (node[:count], node[count:])), shape=(node.max() + 1,) * 2)
    _, piece = connected_components(graph, directed=False)
    line_piece = piece[node[:count]]
    largest = np.argmax(np.bincount(line_piece, weights=shapely.length(lines)))
    keep = line_piece == largest
    return lines[keep], factors[keep]


def _frontage(
    estate: Estate, lines: NDArray[np.object_], supplied: NDArray[np.bool_], distance_max_m: float
) -> tuple[Ints, Floats, Floats]:
    """For each plot the street line it fronts (-1: none in reach), the position along it, and its meter (x, y)."""
    plots = estate.plots.geometry.to_numpy()
    line = np.full(len(plots), -1, np.int64)
    rows, found = shapely.STRtree(lines).query_nearest(plots, max_distance=distance_max_m, all_matches=False)
    line[rows] = found
    line[~supplied] = -1
    position = np.zeros(len(plots))
    centre = shapely.get_coordinates(shapely.centroid(plots))
    meter = centre.copy()
    has = np.flatnonzero(line >= 0)
    position[has] = shapely.line_locate_point(lines[line[has]], shapely.points(centre[has]))
    anchor = shapely.line_interpolate_point(lines[line[has]], position[has])
    meter[has] = shapely.get_coordinates(shapely.get_point(shapely.shortest_line(plots[has], anchor), 0))
    return line, position, meter


def _pillars(
    plot_line: Ints, position: Floats, length: Floats, current_a: Floats, pillar_current_a: float, standard: Standard
) -> list[_Spot]:
    """Plots along each line gathered at pillars, first to last."""
    spots: list[_Spot] = []
    rows = np.flatnonzero(plot_line >= 0)
    rows = rows[np.lexsort((rows, position[rows], plot_line[rows]))]
    open_spot: _Spot | None = None
    opened_at, carried = 0.0, 0.0
    for row in rows:
        single = current_a[row] > pillar_current_a
        if (
            open_spot is not None
            and not single
            and open_spot.line == plot_line[row]
            and position[row] - opened_at <= standard.pillar_spacing_m
            and len(open_spot.plots) < standard.services_per_pillar_max
            and carried + current_a[row] <= pillar_current_a
        ):
            open_spot.plots.append(int(row))
            carried += current_a[row]
            continue
        spots.append(_Spot(int(plot_line[row]), float(position[row]), [int(row)]))
        if not single:
            open_spot, opened_at, carried = spots[-1], float(position[row]), float(current_a[row])
    for spot in spots:
        middle = (position[spot.plots[0]] + position[spot.plots[-1]]) / 2.0
        spot.position_m = float(np.clip(middle, 0.0, length[spot.line]))
    return spots


def _beside(
    points: NDArray[np.object_], lines: NDArray[np.object_]
) -> tuple[list[_Spot], list[tuple[float, float] | None]]:
    """Where points hang on the streets, and their own place where that is beside the street."""
    spots: list[_Spot] = []
    off: list[tuple[float, float] | None] = []
    if not len(points):
        return spots, off
    _, found = shapely.STRtree(lines).query_nearest(points, all_matches=False)
    for point, line in zip(points, found, strict=True):
        position = float(shapely.line_locate_point(lines[line], point))
        spots.append(_Spot(int(line), position, []))
        distance = float(shapely.distance(lines[line], point))
        off.append((float(point.x), float(point.y)) if distance > 0.5 else None)
    return spots, off


class _Builder:
    """Collects nodes and edges while lines are split."""

    def __init__(self, lines: NDArray[np.object_], factors: Floats) -> None:
        self.lines = lines
        self.factors = factors
        self.x: list[float] = []
        self.y: list[float] = []
        self.edges: list[tuple[int, int, float, object, bool]] = []
        self._ends: dict[tuple[int, int], int] = {}
        self._pillars: set[int] = set()

    def _node(self, x: float, y: float) -> int:
        self.x.append(x)
        self.y.append(y)
        return len(self.x) - 1

    def _end(self, x: float, y: float) -> int:
        key = (round(x / TOUCH_M), round(y / TOUCH_M))
        if key not in self._ends:
            self._ends[key] = self._node(x, y)
        return self._ends[key]

    def split(self, spots: list[_Spot]) -> None:
        """Cut every line at its spots. Pillars keep their nodes; anything else within a metre of a node shares it."""
        by_line: dict[int, list[_Spot]] = {}
        for spot in spots:
            by_line.setdefault(spot.line, []).append(spot)
        for number, (line, factor) in enumerate(zip(self.lines, self.factors, strict=True)):
            first, last = line.coords[0], line.coords[-1]
            length = line.length
            node, at = self._end(first[0], first[1]), 0.0
            end = self._end(last[0], last[1])
            for spot in sorted(by_line.get(number, []), key=lambda each: each.position_m):
                apart = 1.0 if not spot.plots else PILLAR_APART_M
                cramped = length - at < 3.0 * TOUCH_M
                if cramped or (spot.position_m - at < apart and not (spot.plots and node in self._pillars)):
                    spot.node = node
                elif length - spot.position_m < apart and not (spot.plots and end in self._pillars):
                    spot.node = end
                else:
                    cut = float(np.clip(spot.position_m, at + TOUCH_M, length - TOUCH_M))
                    piece = shapely.ops.substring(line, at, cut)
                    spot.node = self._node(*piece.coords[-1][:2])
                    self.edges.append((node, spot.node, float(factor), piece, True))
                    node, at = spot.node, cut
                if spot.plots:
                    self._pillars.add(spot.node)
            piece = line if at == 0.0 else shapely.ops.substring(line, at, length)
            self.edges.append((node, end, float(factor), piece, True))

    def connect(self, spots: list[_Spot], off: list[tuple[float, float] | None]) -> Ints:
        """Nodes of the spots; one that stands beside the street gets a node of its own and a straight connection."""
        nodes = []
        for spot, place in zip(spots, off, strict=True):
            if place is None:
                nodes.append(spot.node)
                continue
            node = self._node(*place)
            line = shapely.LineString([(self.x[spot.node], self.y[spot.node]), place])
            self.edges.append((spot.node, node, 1.0, line, False))
            nodes.append(node)
        return np.array(nodes, np.int64)

    def graph(
        self,
        is_site: NDArray[np.bool_],
        limit: Floats,
        site_id: dict[int, str],
        plot_node: Ints,
        meter: Floats,
        supply_node: Ints,
    ) -> StreetGraph:
        """Everything as arrays."""
        x, y = np.array(self.x), np.array(self.y)
        start = np.array([edge[0] for edge in self.edges], np.int64)
        end = np.array([edge[1] for edge in self.edges], np.int64)
        line = np.empty(len(self.edges), object)
        line[:] = [edge[3] for edge in self.edges]
        order = np.argsort(np.concatenate([start, end]), kind="stable")
        both = np.concatenate([np.arange(len(start)), np.arange(len(start))])[order]
        neighbour = np.concatenate([end, start])[order]
        first = np.zeros(len(x) + 1, np.int64)
        np.add.at(first, np.concatenate([start, end]) + 1, 1)
        has = plot_node >= 0
        meter = _meters_apart(meter, has, x, y, plot_node)
        service = np.zeros(len(plot_node))
        service[has] = np.hypot(meter[has, 0] - x[plot_node[has]], meter[has, 1] - y[plot_node[has]])
        return StreetGraph(
            x=x, y=y, is_site=is_site, site_limit_kva=limit, site_id=site_id, start=start, end=end,
            length_m=shapely.length(line), factor=np.array([edge[2] for edge in self.edges]), line=line,
            on_street=np.array([edge[4] for edge in self.edges], bool), first=np.cumsum(first), neighbour=neighbour,
            edge=both, plot_node=plot_node, meter_x=meter[:, 0], meter_y=meter[:, 1], service_m=service,
            supply_node=supply_node,
        )  # fmt: skip


def _meters_apart(meter: Floats, has: NDArray[np.bool_], x: Floats, y: Floats, plot_node: Ints) -> Floats:
    """Meters at least a metre from their pillar: a plot drawn as a point on the street still needs a service."""
    meter = meter.copy()
    rows = np.flatnonzero(has)
    node = plot_node[rows]
    close = rows[np.hypot(meter[rows, 0] - x[node], meter[rows, 1] - y[node]) < 1.0]
    meter[close, 0] = x[plot_node[close]]
    meter[close, 1] = y[plot_node[close]] + 1.0
    return meter
