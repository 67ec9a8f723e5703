"""From the search's plan to the tables of the network: nodes, cables, transformers, trenches, plots."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from rasana.planning.area_trees import AreaTree, trees
from rasana.planning.catalogue import Catalogue
from rasana.planning.estate import Estate
from rasana.planning.network import Network
from rasana.planning.plan import Plan
from rasana.planning.problem import Problem
from rasana.planning.sizing import Services
from rasana.planning.standard import Standard
from rasana.planning.streets import StreetGraph
from rasana.planning.tables import Tables, cable_table
from rasana.planning.trenches import service_ways, trench_table
from rasana.planning.ways import Ints

RING_COLUMNS = ["ring_id", "supply_from", "supply_to", "transformer_ids", "length_m", "type", "open_cable_id"]


@dataclass(frozen=True)
class Assembly:
    """A network with what the search knows of it: areas in the order of the transformers, rings in order."""

    network: Network
    trees: list[AreaTree]
    rings: pd.DataFrame


@dataclass(frozen=True)
class _Draft:
    """What is assembled and from what; ``plots`` (columns by name) and ``tables`` fill up.

    ``plot_rows`` are the plots of each node.
    """

    catalogue: Catalogue
    services: Services
    graph: StreetGraph
    problem: Problem
    plan: Plan
    plots: dict[str, NDArray[Any]]
    plot_rows: dict[int, Ints]
    tables: Tables = field(default_factory=Tables)


def assemble(
    estate: Estate,
    standard: Standard,
    catalogue: Catalogue,
    services: Services,
    graph: StreetGraph,
    problem: Problem,
    plan: Plan,
) -> Assembly:
    """Tables of the network that ``plan`` describes."""
    areas = trees(problem, plan)
    rows = np.flatnonzero(plan.root >= 0)
    # Names run from north to south in strips of 50 m, west to east in each.
    order = np.lexsort((graph.x[plan.root[rows]], -np.round(graph.y[plan.root[rows]] / 50.0)))
    areas = [areas[place] for place in order]
    name_of = {int(rows[place]): f"T{number + 1:03d}" for number, place in enumerate(order)}
    plots = {"plot_id": estate.plots["plot_id"].astype(str).to_numpy(object)}
    plots["node_row"] = np.full(len(estate.plots), -1)
    plots |= {name: np.full(len(estate.plots), "", object) for name in ("service_node", "transformer_id", "feeder_id")}
    draft = _Draft(catalogue, services, graph, problem, plan, plots, _plots_by_node(graph, services))
    tables = draft.tables
    supply_name = dict(zip(map(int, graph.supply_node), map(str, estate.supply_points["supply_id"]), strict=True))
    for node, supply in zip(graph.supply_node, estate.supply_points["supply_id"], strict=True):
        tables.node(f"S-{supply}", "supply", "mv", graph.x[node], graph.y[node])
    for name, area in zip(name_of.values(), areas, strict=True):
        _add_transformer(draft, area, name)
    rings = _add_rings(draft, supply_name, name_of)
    for name, area in zip(name_of.values(), areas, strict=True):
        _add_feeders(draft, area, name)
    ways = service_ways(tables.cables, graph, plan.cables > 0)
    network = Network(
        nodes=tables.node_table(estate.crs),
        transformers=tables.transformer_table(estate.crs),
        cables=cable_table(tables, estate.crs, standard, catalogue, plan.cables, ways),
        trenches=trench_table(tables.cables, tables.edges_of, ways, graph, catalogue, estate.crs),
        plots=gpd.GeoDataFrame(plots, geometry=estate.plots.geometry.to_numpy(), crs=estate.crs),
    )
    return Assembly(network, areas, rings)


def _plots_by_node(graph: StreetGraph, services: Services) -> dict[int, Ints]:
    fed = np.flatnonzero(services.supplied & (graph.plot_node >= 0))
    order = fed[np.argsort(graph.plot_node[fed], kind="stable")]
    nodes, first = np.unique(graph.plot_node[order], return_index=True)
    return {int(node): rows for node, rows in zip(nodes, np.split(order, first[1:]), strict=True)}


def _add_transformer(draft: _Draft, area: AreaTree, name: str) -> None:
    tables, graph, transformers = draft.tables, draft.graph, draft.catalogue.transformers
    x, y = graph.x[area.root], graph.y[area.root]
    type_row = int(draft.problem.transformer_rows[area.transformer])
    tables.transformers.append({
        "id": name, "node_mv": tables.node(f"{name}.mv", "transformer_mv", "mv", x, y),
        "node_lv": tables.node(f"{name}.lv", "transformer_lv", "lv", x, y),
        "rating_kva": float(transformers.rating_kva[type_row]), "type_row": type_row, "tap_pct": 0.0,
        "peak_kva": np.nan, "loading_pct": np.nan, "ring_id": "", "existing": False,
        "site_id": graph.site_id.get(area.root, ""), "geometry": shapely.Point(x, y),
    })  # fmt: skip


def _way(graph: StreetGraph, start: int, edges: Ints) -> shapely.LineString:
    """Line along ``edges`` in order, from graph node ``start``."""
    points: list[NDArray[np.float64]] = []
    here = start
    for edge in edges:
        coordinates = shapely.get_coordinates(graph.line[edge])
        if graph.start[edge] != here or (graph.start[edge] == graph.end[edge] and len(points) == 0):
            coordinates = coordinates[::-1]
            here = int(graph.start[edge])
        else:
            here = int(graph.end[edge])
        points.append(coordinates if not points else coordinates[1:])
    return shapely.LineString(np.vstack(points))


def _add_rings(draft: _Draft, supply_name: dict[int, str], name_of: dict[int, str]) -> pd.DataFrame:
    """MV cables of all rings; returns a row a ring."""
    tables, plan = draft.tables, draft.plan
    transformer_at = {transformer["id"]: transformer for transformer in tables.transformers}
    rings = []
    for number, ring in enumerate(np.flatnonzero(plan.ring_size > 0)):
        ring_id = f"R{number + 1}"
        size = int(plan.ring_size[ring])
        names = [name_of[int(area)] for area in plan.ring_areas[ring, :size]]
        start, end = int(plan.ring_from[ring]), int(plan.ring_to[ring])
        stops = [f"S-{supply_name[start]}", *(f"{name}.mv" for name in names), f"S-{supply_name[end]}"]
        before = len(tables.cables)
        type_row = int(draft.problem.mv_rows[plan.ring_type[ring]])
        _add_ring_sections(draft, int(ring), ring_id, stops, type_row)
        for name in names:
            transformer_at[name]["ring_id"] = ring_id
        rings.append({
            "ring_id": ring_id, "supply_from": supply_name[start], "supply_to": supply_name[end],
            "transformer_ids": tuple(names), "length_m": float(plan.link_m[ring, : size + 1].sum()),
            "type": draft.catalogue.mv_cables.name[type_row],
            "open_cable_id": f"MV-{before + 1 + int(plan.ring_open[ring]) // 2:04d}",
        })  # fmt: skip
    return pd.DataFrame(rings, columns=RING_COLUMNS)


def _add_ring_sections(draft: _Draft, ring: int, ring_id: str, stops: list[str], type_row: int) -> None:
    """One cable between each two of the ``stops``, drawn from the side that feeds it."""
    tables, plan = draft.tables, draft.plan
    cut, far_end = divmod(int(plan.ring_open[ring]), 2)
    here = int(plan.ring_from[ring])
    for place in range(len(stops) - 1):
        edges = plan.links[ring, place, : plan.link_count[ring, place]].copy()
        line = _way(draft.graph, here, edges)
        first, last = tables.row_of[stops[place]], tables.row_of[stops[place + 1]]
        if place + 2 < len(stops):
            here = int(plan.root[plan.ring_areas[ring, place]])
        # Before the open point the ring's start feeds, after it its end.
        if place > cut or (place == cut and far_end == 0):
            first, last, line, edges = last, first, line.reverse(), edges[::-1]
        tables.cable(
            first, last, line, edges, level="mv", type_row=type_row, ring_id=ring_id, normally_open=place == cut
        )


def _add_feeders(draft: _Draft, area: AreaTree, name: str) -> None:
    """LV cables of one area, feeder by feeder, with the services that hang on them."""
    count = len(area.section_node)
    children: list[list[int]] = [[] for _ in range(count)]
    heads: list[int] = []
    for section in range(count - 1, -1, -1):
        parent = int(area.section_parent[section])
        (heads if parent < 0 else children[parent]).append(section)
    owner = _owners(draft.problem, area, children)
    root_row = draft.tables.row_of[f"{name}.lv"]
    if area.root in area.members:
        _add_services(draft, area.root, root_row, name, f"{name}-F0")
    for number, head in enumerate(heads):
        _add_feeder(draft, area, head, children, owner, name, f"{name}-F{number + 1}")


def _add_feeder(
    draft: _Draft, area: AreaTree, head: int, children: list[list[int]], owner: set[int], name: str, feeder_id: str
) -> None:
    """Cables of one feeder: what runs on through a corner or past another feeder's pillar is one cable."""
    tables, graph = draft.tables, draft.graph
    fuse_a = float(draft.problem.types.fuse_a[area.fuse[head]])
    stack = [(head, tables.row_of[f"{name}.lv"], area.root)]
    while stack:
        section, start_row, start_node = stack.pop()
        kind = int(area.section_type[section])
        tip, run = section, [section]
        while tip not in owner and len(children[tip]) == 1 and area.section_type[children[tip][0]] == kind:
            tip = children[tip][0]
            run.append(tip)
        node = int(area.node[area.section_node[tip]])
        place = (f"N{node:05d}", "service") if tip in owner else (_joint_name(tables, node, feeder_id, tip), "joint")
        row = tables.node(*place, "lv", graph.x[node], graph.y[node])
        edges = area.edge[area.section_node[run] - 1]
        tables.cable(
            start_row, row, _way(graph, start_node, edges), edges,
            level="lv", type_row=kind, fuse_a=fuse_a, transformer_id=name, feeder_id=feeder_id,
        )  # fmt: skip
        if tip in owner:
            _add_services(draft, node, row, name, feeder_id)
        stack.extend((child, row, node) for child in reversed(children[tip]))


def _joint_name(tables: Tables, node: int, feeder_id: str, section: int) -> str:
    """Name of a joint: two branches of one feeder may lie side by side for a while, each with joints of its own."""
    name = f"N{node:05d}-{feeder_id}"
    return name if name not in tables.row_of else f"{name}.{section}"


def _owners(problem: Problem, area: AreaTree, children: list[list[int]]) -> set[int]:
    """Sections that feed the pillar at their far end: those whose load is more than what goes on."""
    owner = set()
    for section in range(len(area.section_node)):
        node = int(area.node[area.section_node[section]])
        own = problem.load.active_a[node]
        if own <= 0.0 or node not in area.members:
            continue
        passed = sum(float(area.section_sums[child, 0]) for child in children[section])
        if area.section_sums[section, 0] - passed > 0.5 * own:
            owner.add(section)
    return owner


def _add_services(draft: _Draft, graph_node: int, start: int, transformer: str, feeder_id: str) -> None:
    """Services of the plots of a graph node, from row ``start`` of the nodes."""
    tables, graph, services = draft.tables, draft.graph, draft.services
    here = tables.nodes[start]
    for row in draft.plot_rows.get(graph_node, ()):
        plot = draft.plots["plot_id"][row]
        node = tables.node(f"P-{plot}", "plot", "lv", graph.meter_x[row], graph.meter_y[row])
        line = shapely.LineString([(here["x"], here["y"]), (graph.meter_x[row], graph.meter_y[row])])
        tables.cable(
            start, node, line, np.empty(0, np.int64),
            level="service", type_row=int(services.type_row[row]), parallel=int(services.parallel[row]),
            fuse_a=float(services.fuse_a[row]), transformer_id=transformer, feeder_id=feeder_id, plot_row=int(row),
        )  # fmt: skip
        draft.plots["node_row"][row], draft.plots["service_node"][row] = node, here["id"]
        draft.plots["transformer_id"][row], draft.plots["feeder_id"][row] = transformer, feeder_id
