"""From the search's plan to the tables of the network: nodes, cables, transformers, trenches, plots."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from rasana.planning.area import evaluate, resize
from rasana.planning.catalogue import Catalogue, derated_ampacity_a
from rasana.planning.estate import Estate
from rasana.planning.moves import lift_area, put_area
from rasana.planning.network import Network
from rasana.planning.plan import Plan
from rasana.planning.problem import Problem
from rasana.planning.sizing import Services
from rasana.planning.standard import Standard
from rasana.planning.streets import StreetGraph
from rasana.planning.trenches import ServiceWay, service_ways, side_by_side, trench_table
from rasana.planning.ways import Floats, Ints


@dataclass(frozen=True)
class AreaTree:
    """One area as the search left it: its tree on the street graph and its sections, children before parents."""

    root: int
    members: Ints
    node: Ints
    parent: Ints
    edge: Ints
    length: Floats
    cables: Ints
    section_node: Ints
    section_parent: Ints
    section_type: Ints
    section_flow: Floats
    section_sums: Floats
    fuse: Ints
    transformer: int
    cost: float
    excess: float


def trees(problem: Problem, plan: Plan) -> list[AreaTree]:
    """Every area of the plan, its sections sized for all cables that lie beside them. Writes costs back to the plan."""
    found = []
    for row in np.flatnonzero(plan.root >= 0):
        lift_area(plan, problem.ground, row)
        members = plan.members[row, : plan.member_count[row]].copy()
        result = evaluate(problem.ground, problem.load, problem.types, problem.rules, problem.work, int(plan.root[row]), members,
                          plan.used, plan.cables, float(plan.limit_scale[row]))  # fmt: skip
        found.append(_copy_tree(problem, int(plan.root[row]), members, result))
        plan.edge_count[row] = len(found[-1].edge)
        plan.edges[row, : len(found[-1].edge)] = found[-1].edge
        plan.edge_cables[row, : len(found[-1].edge)] = found[-1].cables
        put_area(plan, problem.ground, row)
    sized = []
    for row, tree in zip(np.flatnonzero(plan.root >= 0), found, strict=True):
        outside = plan.cables.copy()
        np.subtract.at(outside, tree.edge, tree.cables)
        sized.append(_resized(problem, tree, outside, float(plan.limit_scale[row])))
        plan.cost[row], plan.excess[row], plan.transformer[row] = sized[-1].cost, sized[-1].excess, sized[-1].transformer
    return sized


def _copy_tree(problem: Problem, root: int, members: Ints, result: tuple[float, float, int, int, int]) -> AreaTree:
    work, (cost, excess, transformer, size, count) = problem.work, result
    return AreaTree(
        root, members, work.tree_node[:size].copy(), work.tree_parent[:size].copy(), work.tree_edge[1:size].copy(),
        work.tree_length[:size].copy(), work.tree_cables[1:size].copy(), work.section_node[:count].copy(),
        work.section_parent[:count].copy(), work.section_type[:count].copy(), work.section_flow[:count].copy(),
        work.section_sums[:count].copy(), work.feeder_fuse[work.section_feeder[:count]], transformer, cost, excess,
    )  # fmt: skip


def _resized(problem: Problem, tree: AreaTree, outside: Ints, scale: float) -> AreaTree:
    """The same tree and feeders, sections sized anew for the cables of others in ``outside``."""
    work, size, count = problem.work, len(tree.node), len(tree.section_node)
    work.tree_node[:size], work.tree_parent[:size], work.tree_length[:size] = tree.node, tree.parent, tree.length
    work.tree_edge[1:size], work.tree_cables[1:size] = tree.edge, tree.cables
    work.tree_member[:size] = np.isin(tree.node, tree.members)
    work.section_node[:count], work.section_parent[:count] = tree.section_node, tree.section_parent
    work.section_flow[:count], work.section_sums[:count] = tree.section_flow, tree.section_sums
    cost, excess, transformer = resize(
        problem.load, problem.types, problem.rules, work, tree.members, count, outside, scale
    )
    return _copy_tree(problem, tree.root, tree.members, (cost, excess, transformer, size, count))


@dataclass
class _Tables:
    """Rows of the tables while they are collected."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    cables: list[dict[str, Any]] = field(default_factory=list)
    transformers: list[dict[str, Any]] = field(default_factory=list)
    edges_of: list[NDArray[np.int64]] = field(default_factory=list)
    row_of: dict[str, int] = field(default_factory=dict)

    def node(self, name: str, kind: str, level: str, x: float, y: float) -> int:
        """Row of a node, new where its name is."""
        if name not in self.row_of:
            self.row_of[name] = len(self.nodes)
            self.nodes.append({"id": name, "kind": kind, "level": level, "x": x, "y": y})
        return self.row_of[name]

    def cable(self, start: int, end: int, line: shapely.LineString, edges: NDArray[np.int64], **columns: Any) -> None:
        """One more cable from row ``start`` to row ``end`` of the nodes along street edges ``edges``."""
        ends = {"from_row": start, "to_row": end, "from_node": self.nodes[start]["id"], "to_node": self.nodes[end]["id"]}
        blank = {"parallel": 1, "grouping": 1, "fuse_a": np.nan, "transformer_id": "", "feeder_id": "", "ring_id": ""}
        blank |= {"normally_open": False, "existing": False}
        self.cables.append(blank | ends | columns | {"length_m": line.length, "geometry": line})
        self.edges_of.append(edges)


@dataclass(frozen=True)
class Assembly:
    """A network with what the search knows of it: areas in the order of the transformers, rings in order."""

    network: Network
    trees: list[AreaTree]
    rings: pd.DataFrame


def assemble(
    estate: Estate, standard: Standard, catalogue: Catalogue, services: Services, graph: StreetGraph, problem: Problem, plan: Plan
) -> Assembly:
    """Tables of the network that ``plan`` describes."""
    areas = trees(problem, plan)
    rows = np.flatnonzero(plan.root >= 0)
    order = np.lexsort((graph.x[plan.root[rows]], -np.round(graph.y[plan.root[rows]] / 50.0)))
    areas = [areas[place] for place in order]
    name_of = {int(rows[place]): f"T{number + 1:03d}" for number, place in enumerate(order)}
    tables = _Tables()
    plot_rows = _plots_by_node(graph, services)
    plots = pd.DataFrame({"plot_id": estate.plots["plot_id"].astype(str).to_numpy()})
    plots["node_row"] = -1
    plots["service_node"] = plots["transformer_id"] = plots["feeder_id"] = ""
    for node, supply in zip(graph.supply_node, estate.supply_points["supply_id"], strict=True):
        tables.node(f"S-{supply}", "supply", "mv", graph.x[node], graph.y[node])
    for place, area in zip(order, areas, strict=True):
        _add_transformer(tables, graph, problem, catalogue, area, name_of[int(rows[place])])
    rings = _add_rings(tables, estate, graph, problem, catalogue, plan, name_of)
    for place, area in zip(order, areas, strict=True):
        _add_feeders(tables, graph, problem, catalogue, area, name_of[int(rows[place])], plots, plot_rows, services)
    ways = service_ways(tables.cables, graph, plan.cables > 0)
    cables = _finish_cables(tables, estate, standard, catalogue, plan, ways)
    nodes = pd.DataFrame(tables.nodes)
    geometry = gpd.points_from_xy(nodes.pop("x"), nodes.pop("y"), crs=estate.crs)
    transformers = gpd.GeoDataFrame(tables.transformers, geometry="geometry", crs=estate.crs)
    transformers["phase_year"] = pd.array([pd.NA] * len(transformers), dtype="Int64")
    network = Network(
        nodes=gpd.GeoDataFrame(nodes, geometry=geometry, crs=estate.crs),
        transformers=transformers,
        cables=cables,
        trenches=trench_table(tables.cables, tables.edges_of, ways, graph, catalogue, estate.crs),
        plots=gpd.GeoDataFrame(plots, geometry=estate.plots.geometry.to_numpy(), crs=estate.crs),
    )
    return Assembly(network, areas, rings)


def _plots_by_node(graph: StreetGraph, services: Services) -> dict[int, NDArray[np.int64]]:
    fed = np.flatnonzero(services.supplied & (graph.plot_node >= 0))
    order = fed[np.argsort(graph.plot_node[fed], kind="stable")]
    nodes, first = np.unique(graph.plot_node[order], return_index=True)
    return {int(node): rows for node, rows in zip(nodes, np.split(order, first[1:]), strict=True)}


def _add_transformer(
    tables: _Tables, graph: StreetGraph, problem: Problem, catalogue: Catalogue, area: AreaTree, name: str
) -> None:
    x, y = graph.x[area.root], graph.y[area.root]
    type_row = int(problem.transformer_rows[area.transformer])
    tables.transformers.append({
        "id": name, "node_mv": tables.node(f"{name}.mv", "transformer_mv", "mv", x, y),
        "node_lv": tables.node(f"{name}.lv", "transformer_lv", "lv", x, y),
        "rating_kva": float(catalogue.transformers.rating_kva[type_row]), "type_row": type_row, "tap_pct": 0.0,
        "peak_kva": np.nan, "loading_pct": np.nan, "ring_id": "", "existing": False, "site_id": graph.site_id.get(area.root, ""),
        "geometry": shapely.Point(x, y),
    })  # fmt: skip


def _way(graph: StreetGraph, start: int, edges: NDArray[np.int64]) -> shapely.LineString:
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


def _add_rings(
    tables: _Tables, estate: Estate, graph: StreetGraph, problem: Problem, catalogue: Catalogue, plan: Plan, name_of: dict[int, str]
) -> pd.DataFrame:
    supply_name = {int(node): str(name) for node, name in zip(graph.supply_node, estate.supply_points["supply_id"], strict=True)}
    transformer_at = {transformer["id"]: transformer for transformer in tables.transformers}
    rings = []
    for number, ring in enumerate(np.flatnonzero(plan.ring_size > 0)):
        ring_id = f"R{number + 1}"
        size = int(plan.ring_size[ring])
        names = [name_of[int(area)] for area in plan.ring_areas[ring, :size]]
        start, end = int(plan.ring_from[ring]), int(plan.ring_to[ring])
        stops = [f"S-{supply_name[start]}", *(f"{name}.mv" for name in names), f"S-{supply_name[end]}"]
        graph_nodes = [start, *(int(plan.root[area]) for area in plan.ring_areas[ring, :size]), end]
        cut, far_end = divmod(int(plan.ring_open[ring]), 2)
        type_row = int(problem.mv_rows[plan.ring_type[ring]])
        for place in range(size + 1):
            edges = plan.links[ring, place, : plan.link_count[ring, place]].copy()
            line = _way(graph, graph_nodes[place], edges)
            first, last = tables.row_of[stops[place]], tables.row_of[stops[place + 1]]
            # From the side that feeds it: before the open point from the ring's start, after it from its end.
            if place > cut or (place == cut and far_end == 0):
                first, last, line, edges = last, first, line.reverse(), edges[::-1]
            tables.cable(first, last, line, edges, level="mv", type_row=type_row, ring_id=ring_id, normally_open=place == cut)
        for name in names:
            transformer_at[name]["ring_id"] = ring_id
        rings.append({
            "ring_id": ring_id, "supply_from": supply_name[start], "supply_to": supply_name[end], "transformer_ids": tuple(names),
            "length_m": float(plan.link_m[ring, : size + 1].sum()), "type": catalogue.mv_cables.name[type_row],
            "open_cable_id": f"MV-{len(tables.cables) - size - 1 + cut + 1:04d}",
        })  # fmt: skip
    return pd.DataFrame(rings, columns=["ring_id", "supply_from", "supply_to", "transformer_ids", "length_m", "type", "open_cable_id"])


def _add_feeders(
    tables: _Tables, graph: StreetGraph, problem: Problem, catalogue: Catalogue, area: AreaTree, name: str,
    plots: pd.DataFrame, plot_rows: dict[int, NDArray[np.int64]], services: Services,
) -> None:  # fmt: skip
    """LV cables of one area: sections that run on through a street corner or past another feeder's pillar are one cable."""
    count = len(area.section_node)
    feeder = np.zeros(count, np.int64)
    children: list[list[int]] = [[] for _ in range(count)]
    heads = []
    for section in range(count - 1, -1, -1):
        parent = int(area.section_parent[section])
        feeder[section] = len(heads) + 1 if parent < 0 else feeder[parent]
        if parent < 0:
            heads.append(section)
        else:
            children[parent].append(section)
    owner = _owners(problem, area, children)
    root_row = tables.row_of[f"{name}.lv"]
    beside = plot_rows.get(area.root) if area.root in area.members else None
    _add_services(tables, graph, catalogue, services, plots, beside, root_row, name, f"{name}-F0")
    for head in heads:
        feeder_id = f"{name}-F{feeder[head]}"
        fuse_a = float(problem.types.fuse_a[area.fuse[head]])
        stack = [(head, root_row, area.root)]
        while stack:
            section, start_row, start_node = stack.pop()
            edges = [int(area.edge[area.section_node[section] - 1])]
            tip = section
            while tip not in owner and len(children[tip]) == 1 and area.section_type[children[tip][0]] == area.section_type[tip]:
                tip = children[tip][0]
                edges.append(int(area.edge[area.section_node[tip] - 1]))
            node = int(area.node[area.section_node[tip]])
            if tip in owner:
                row = tables.node(f"N{node:05d}", "service", "lv", graph.x[node], graph.y[node])
            else:
                row = tables.node(f"N{node:05d}-{feeder_id}", "joint", "lv", graph.x[node], graph.y[node])
            way = np.array(edges, np.int64)
            tables.cable(start_row, row, _way(graph, start_node, way), way, level="lv", type_row=int(area.section_type[section]),
                         fuse_a=fuse_a, transformer_id=name, feeder_id=feeder_id)  # fmt: skip
            if tip in owner:
                _add_services(tables, graph, catalogue, services, plots, plot_rows.get(node), row, name, feeder_id)
            stack.extend((child, row, node) for child in reversed(children[tip]))


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


def _add_services(
    tables: _Tables, graph: StreetGraph, catalogue: Catalogue, services: Services, plots: pd.DataFrame,
    rows: NDArray[np.int64] | None, start: int, transformer: str, feeder_id: str,
) -> None:  # fmt: skip
    for row in rows if rows is not None else ():
        plot = plots.at[row, "plot_id"]
        node = tables.node(f"P-{plot}", "plot", "lv", graph.meter_x[row], graph.meter_y[row])
        here = tables.nodes[start]
        line = shapely.LineString([(here["x"], here["y"]), (graph.meter_x[row], graph.meter_y[row])])
        tables.cable(start, node, line, np.empty(0, np.int64), level="service", type_row=int(services.type_row[row]),
                     parallel=int(services.parallel[row]), fuse_a=float(services.fuse_a[row]), transformer_id=transformer,
                     feeder_id=feeder_id, plot_row=int(row))  # fmt: skip
        plots.loc[row, ["node_row", "service_node", "transformer_id", "feeder_id"]] = [node, here["id"], transformer, feeder_id]


def _finish_cables(
    tables: _Tables, estate: Estate, standard: Standard, catalogue: Catalogue, plan: Plan, ways: list[ServiceWay]
) -> gpd.GeoDataFrame:
    """Ids, type names, grouping by the fullest piece of trench, and derated ratings."""
    cables = pd.DataFrame(tables.cables)
    level = cables["level"].to_numpy()
    number = cables.groupby("level").cumcount().to_numpy() + 1
    rating = {table: derated_ampacity_a(getattr(catalogue, f"{table}_cables"), standard) for table in ("mv", "lv", "service")}
    in_street, beside_service = side_by_side(ways, plan.cables)
    ids, kinds, groupings, ratings = [], [], [], []
    for row, (kind, edges) in enumerate(zip(level, tables.edges_of, strict=True)):
        mains = kind != "service"
        grouping = int(in_street[edges].max(initial=1)) if mains else beside_service[int(cables["to_row"].iat[row])]
        factor = catalogue.grouping_factor[min(grouping, len(catalogue.grouping_factor) - 1)]
        type_row = int(cables["type_row"].iat[row])
        groupings.append(grouping)
        kinds.append(getattr(catalogue, f"{kind}_cables").name[type_row])
        ratings.append(rating[kind][type_row] * factor * int(cables["parallel"].iat[row]))
        plot = f"SV-{tables.nodes[cables['to_row'].iat[row]]['id'][2:]}"
        ids.append(plot if kind == "service" else f"{kind.upper()}-{number[row]:04d}")
    cables["id"], cables["type"], cables["grouping"], cables["rating_a"] = ids, kinds, groupings, ratings
    cables["peak_a"] = cables["loading_pct"] = np.nan
    cables["phase_year"] = pd.array([pd.NA] * len(cables), dtype="Int64")
    return gpd.GeoDataFrame(cables.drop(columns="plot_row", errors="ignore"), geometry="geometry", crs=estate.crs)
