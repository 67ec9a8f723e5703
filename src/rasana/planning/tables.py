"""Rows of the network's tables while they are collected, and the cables' table made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from rasana.planning.catalogue import Catalogue, derated_ampacity_a
from rasana.planning.standard import Standard
from rasana.planning.trenches import ServiceWay, side_by_side
from rasana.planning.ways import Ints


@dataclass
class Tables:
    """Rows of the tables while they are collected."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    cables: list[dict[str, Any]] = field(default_factory=list)
    transformers: list[dict[str, Any]] = field(default_factory=list)
    edges_of: list[Ints] = field(default_factory=list)
    row_of: dict[str, int] = field(default_factory=dict)

    def node(self, name: str, kind: str, level: str, x: float, y: float) -> int:
        """Row of a node, new where its name is."""
        if name not in self.row_of:
            self.row_of[name] = len(self.nodes)
            self.nodes.append({"id": name, "kind": kind, "level": level, "x": x, "y": y})
        return self.row_of[name]

    def cable(self, start: int, end: int, line: shapely.LineString, edges: Ints, **columns: object) -> None:
        """One more cable from row ``start`` to row ``end`` of the nodes along street edges ``edges``."""
        ends = {"from_row": start, "to_row": end}
        ends |= {"from_node": self.nodes[start]["id"], "to_node": self.nodes[end]["id"]}
        blank = {"parallel": 1, "grouping": 1, "fuse_a": np.nan, "transformer_id": "", "feeder_id": "", "ring_id": ""}
        switch = {"normally_open": False, "existing": False}
        self.cables.append(blank | switch | ends | columns | {"length_m": line.length, "geometry": line})
        self.edges_of.append(edges)

    def node_table(self, crs: str) -> gpd.GeoDataFrame:
        """Nodes as points."""
        nodes = pd.DataFrame(self.nodes)
        geometry = gpd.points_from_xy(nodes.pop("x"), nodes.pop("y"), crs=crs)
        return gpd.GeoDataFrame(nodes, geometry=geometry, crs=crs)

    def transformer_table(self, crs: str) -> gpd.GeoDataFrame:
        """Transformers, of no building phase yet."""
        table = gpd.GeoDataFrame(self.transformers, geometry="geometry", crs=crs)
        table["phase_year"] = pd.array([pd.NA] * len(table), dtype="Int64")
        return table


def cable_table(
    tables: Tables, crs: str, standard: Standard, catalogue: Catalogue, in_edge: Ints, ways: list[ServiceWay]
) -> gpd.GeoDataFrame:
    """Cables with ids, type names, grouping by the fullest piece of trench, and derated ratings.

    ``in_edge`` counts the mains cables in each street piece.
    """
    table_of = {"mv": catalogue.mv_cables, "lv": catalogue.lv_cables, "service": catalogue.service_cables}
    ampacity = {level: derated_ampacity_a(table, standard) for level, table in table_of.items()}
    in_street, beside_service = side_by_side(ways, in_edge)
    numbers = dict.fromkeys(table_of, 0)
    rows = []
    for cable, edges in zip(tables.cables, tables.edges_of, strict=True):
        level, type_row = cable["level"], cable["type_row"]
        numbers[level] += 1
        service = level == "service"
        grouping = beside_service[cable["to_row"]] if service else int(in_street[edges].max(initial=1))
        factor = catalogue.grouping_factor[min(grouping, len(catalogue.grouping_factor) - 1)]
        name = f"SV-{cable['to_node'].removeprefix('P-')}" if service else f"{level.upper()}-{numbers[level]:04d}"
        rows.append(
            {
                **{key: value for key, value in cable.items() if key != "plot_row"},
                "id": name,
                "type": table_of[level].name[type_row],
                "grouping": grouping,
                "rating_a": ampacity[level][type_row] * factor * cable["parallel"],
                "peak_a": np.nan,
                "loading_pct": np.nan,
            }
        )
    cables = gpd.GeoDataFrame(rows, geometry="geometry", crs=crs)
    cables["phase_year"] = pd.array([pd.NA] * len(cables), dtype="Int64")
    return cables
