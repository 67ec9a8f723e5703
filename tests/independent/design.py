"""A written study read back: rows of ``design.gpkg`` and ``summary.json``, and the graph that its node ids make."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyogrio

Row = dict[str, Any]
Step = tuple[str, Row]
"""A neighbouring node and the cable or transformer that leads to it."""


@dataclass(frozen=True)
class Design:
    """What a study wrote. Rows are plain dictionaries; a transformer's row has its nodes under ``mv`` and ``lv``."""

    summary: Row
    nodes: dict[str, Row]
    transformers: list[Row]
    cables: list[Row]
    trenches: list[Row]
    plots: list[Row]
    findings: list[Row]
    streets: list[Row]
    supplies: dict[str, Row]
    no_go: list[Row]

    def of_level(self, *levels: str) -> list[Row]:
        """Cables of these levels."""
        return [cable for cable in self.cables if cable["level"] in levels]


@dataclass(frozen=True)
class Tree:
    """How a state feeds its nodes: ``order`` from the sources outwards, the ``feeder`` of each node and its ``source``.

    ``loops`` are cables that close a second way to a node that has one already.
    """

    order: list[str]
    feeder: dict[str, Step]
    source: dict[str, str]
    loops: list[Row]

    def path(self, node: str) -> list[Row]:
        """Cables and transformers from the source to ``node``."""
        found = []
        while node in self.feeder:
            node, edge = self.feeder[node]
            found.append(edge)
        return found[::-1]


def read_design(folder: Path, estate: Path | None = None) -> Design:
    """Read a study's folder, and streets, supply points and forbidden ground of the estate it was made for."""
    file = folder / "design.gpkg"
    layers = {str(name): _rows(file, str(name)) for name, _ in pyogrio.list_layers(file)}
    given = {str(name) for name, _ in pyogrio.list_layers(estate)} if estate else set()
    transformers = layers.get("transformers", [])
    for row in transformers:
        row["mv"], row["lv"] = f"{row['id']}.mv", f"{row['id']}.lv"
    crs = pyogrio.read_info(file, layer="nodes")["crs"] if "nodes" in layers else None
    supplies = _rows(estate, "supply_points", crs) if estate and "supply_points" in given else []
    return Design(
        summary=json.loads((folder / "summary.json").read_text(encoding="utf-8")),
        nodes={row["id"]: row for row in layers.get("nodes", [])},
        transformers=transformers,
        cables=layers.get("cables", []),
        trenches=layers.get("trenches", []),
        plots=layers.get("plots", []),
        findings=layers.get("findings", []),
        streets=_rows(estate, "streets", crs) if estate else [],
        no_go=_rows(estate, "no_go", crs) if estate and "no_go" in given else [],
        supplies={f"S-{row['supply_id']}": row for row in supplies},
    )


def _rows(file: Path, layer: str, crs: str | None = None) -> list[Row]:
    table = pyogrio.read_dataframe(file, layer=layer)
    if crs is not None:
        table = table.to_crs(crs)
    return table.to_dict("records")


def spread(sources: list[str], cables: list[Row], transformers: list[Row]) -> Tree:
    """Walk outwards from ``sources`` along ``cables`` (either way) and through ``transformers`` from MV to LV."""
    steps: dict[str, list[Step]] = defaultdict(list)
    for cable in cables:
        steps[cable["from_node"]].append((cable["to_node"], cable))
        steps[cable["to_node"]].append((cable["from_node"], cable))
    for transformer in transformers:
        steps[transformer["mv"]].append((transformer["lv"], transformer))
    order = list(dict.fromkeys(sources))
    source = {node: node for node in order}
    feeder: dict[str, Step] = {}
    loops: dict[int, Row] = {}
    for node in order:
        for other, edge in steps[node]:
            if node in feeder and feeder[node][1] is edge:
                continue
            if other in source:
                if other not in feeder or feeder[other][1] is not edge:
                    loops[id(edge)] = edge
                continue
            feeder[other] = (node, edge)
            source[other] = source[node]
            order.append(other)
    return Tree(order, feeder, source, list(loops.values()))


def number(value: Any, otherwise: float) -> float:
    """A figure, or ``otherwise`` where none was written."""
    try:
        figure = float(value)
    except (TypeError, ValueError):
        return otherwise
    return figure if math.isfinite(figure) else otherwise
