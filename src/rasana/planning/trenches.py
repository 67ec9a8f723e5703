"""Trenches: every street piece that is dug, once, and the ways of the services, which may begin along one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import ops

from rasana.planning.catalogue import Catalogue
from rasana.planning.streets import StreetGraph
from rasana.planning.ways import Ints

IN_LINE_M = 0.002
"""Cables that are never farther apart than this lie in one trench."""
COLUMNS = ["length_m", "cables", "levels", "trench_factor", "price", "geometry"]

CableRow = dict[str, Any]


@dataclass(frozen=True)
class ServiceWay:
    """Services of one pillar in one line, the longest first, and the dug street pieces that they run along at first."""

    cables: tuple[CableRow, ...]
    edges: tuple[int, ...]
    along_m: float

    @property
    def count(self) -> int:
        """Cables in it, parallel ones each."""
        return sum(int(cable["parallel"]) for cable in self.cables)


def service_ways(cables: list[CableRow], graph: StreetGraph, dug: NDArray[np.bool_]) -> list[ServiceWay]:
    """The ways of all services among ``cables`` (rows with ``plot_row``); ``dug`` marks street pieces with a trench."""
    groups: dict[int, list[list[CableRow]]] = {}
    services = [cable for cable in cables if cable["level"] == "service"]
    for cable in sorted(services, key=lambda cable: -float(cable["length_m"])):
        beside = groups.setdefault(cable["from_row"], [])
        tip = shapely.Point(cable["geometry"].coords[-1])
        shared = next((group for group in beside if group[0]["geometry"].distance(tip) < IN_LINE_M), None)
        if shared is None:
            beside.append([cable])
        else:
            shared.append(cable)
    found = []
    for group in (group for beside in groups.values() for group in beside):
        node = int(graph.plot_node[int(group[0]["plot_row"])])
        edges, along_m = _along_streets(graph, dug, node, group[0]["geometry"])
        found.append(ServiceWay(tuple(group), edges, along_m))
    return found


def _along_streets(
    graph: StreetGraph, dug: NDArray[np.bool_], node: int, line: shapely.LineString
) -> tuple[tuple[int, ...], float]:
    """Dug street pieces that ``line`` runs along from ``node`` on, and how far."""
    edges: list[int] = []
    along_m = 0.0
    while along_m < line.length - IN_LINE_M:
        first, last = graph.first[node], graph.first[node + 1]
        pieces = [int(edge) for edge in graph.edge[first:last] if dug[edge] and edge not in edges]
        runs = [_shared_m(graph, edge, node, line, along_m) for edge in pieces]
        if max(runs, default=0.0) <= IN_LINE_M:
            break
        edge, run = max(zip(pieces, runs, strict=True), key=lambda pair: pair[1])
        edges.append(edge)
        along_m += run
        node = int(graph.end[edge] if graph.start[edge] == node else graph.start[edge])
    return tuple(edges), along_m


def _shared_m(graph: StreetGraph, edge: int, node: int, line: shapely.LineString, from_m: float) -> float:
    """How far ``line``, from ``from_m`` on, and a street piece that leaves ``node`` run together."""
    points = shapely.get_coordinates(graph.line[edge])
    points = points if graph.start[edge] == node else points[::-1]
    together = 0.0
    for a, b in pairwise(points):
        step = float(np.hypot(*(b - a)))
        reach = min(step, line.length - from_m - together)
        there = line.interpolate(from_m + together + reach)
        here = a + (b - a) * (reach / step if step > 0.0 else 0.0)
        if np.hypot(there.x - here[0], there.y - here[1]) > IN_LINE_M:
            break
        together += reach
        if reach < step:
            break
    return together


def side_by_side(ways: list[ServiceWay], in_streets: Ints) -> tuple[Ints, dict[int, int]]:
    """Cables in each street piece with the services along it, and cables beside each service by its meter's row.

    ``in_streets``: cables of the mains in each street piece.
    """
    beside = in_streets.copy()
    for way in ways:
        beside[list(way.edges)] += way.count
    of_service = {
        int(cable["to_row"]): max(way.count, *(int(beside[edge]) for edge in way.edges)) if way.edges else way.count
        for way in ways
        for cable in way.cables
    }
    return beside, of_service


def trench_table(
    cables: list[CableRow],
    edges_of: list[Ints],
    ways: list[ServiceWay],
    graph: StreetGraph,
    catalogue: Catalogue,
    crs: str,
) -> gpd.GeoDataFrame:
    """Rows of ``Network.trenches``: dug street pieces in order, then what the services dig beyond them."""
    count = np.zeros(len(graph.length_m), np.int64)
    levels: dict[int, set[str]] = {}
    for cable, edges in zip(cables, edges_of, strict=True):
        for edge in edges:
            count[edge] += 1
            levels.setdefault(int(edge), set()).add(cable["level"])
    count, _ = side_by_side(ways, count)
    price, service_price = catalogue.prices["trench_per_m"], catalogue.prices["service_trench_per_m"]
    rows = [
        (graph.length_m[edge], count[edge], "+".join(sorted(levels[edge])), graph.factor[edge],
         graph.length_m[edge] * graph.factor[edge] * price, graph.line[edge])
        for edge in sorted(levels)
    ]  # fmt: skip
    for way in ways:
        line = way.cables[0]["geometry"]
        if way.along_m < line.length - IN_LINE_M:
            own = ops.substring(line, way.along_m, line.length) if way.along_m > 0.0 else line
            rows.append((own.length, way.count, "service", 1.0, own.length * service_price, own))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame.insert(0, "id", [f"TR-{number + 1:05d}" for number in range(len(frame))])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=crs)
