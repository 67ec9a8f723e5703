"""Capacitated vehicle routing (CVRPLIB ``.vrp``): rings with one supply point and no limit on their number of stops.

A name is a file or ``rings:TRANSFORMERS:SUPPLIES:SEED``, a made-up estate. The published cost is read from the
``.sol`` beside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks.numbers import read_text
from rasana.planning.rings import bound_rings, route_rings

Floats = NDArray[np.float64]
DATA = Path(__file__).parents[2] / "shared" / "data" / "or" / "cvrp"
INSTANCES = ("rings:12:2:1", "rings:40:2:1", *(str(path) for path in sorted(DATA.glob("*.vrp"))))
UNLIMITED = 10**9
BOUND_SHARE = 0.1
"""Part of the time that the bound may take."""


@dataclass(frozen=True)
class Instance:
    """Distances between all nodes, their loads, rows that are supply points, what a ring may carry and how many."""

    name: str
    distance: Floats
    load: Floats
    supplies: list[int]
    capacity: float
    count_max: int
    published: float | None = None


def read(path: Path) -> Instance:
    """A TSPLIB file with EUC_2D or CEIL_2D coordinates or an explicit matrix; distances are rounded as TSPLIB says."""
    sections: dict[str, list[str]] = {}
    current = ""
    for line in read_text(path).splitlines():
        word = line.split(":")[0].strip().upper()
        if word.endswith("_SECTION"):
            current = word
            sections[current] = []
        elif ":" in line:
            sections[word] = [line.split(":", 1)[1].strip().strip('"')]
        elif word == "EOF":
            break
        else:
            sections[current].extend(line.split())
    nodes = int(sections["DIMENSION"][0])
    demand = np.array(sections["DEMAND_SECTION"], dtype=np.float64).reshape(nodes, 2)[:, 1]
    depots = [int(word) - 1 for word in sections["DEPOT_SECTION"] if int(word) > 0]
    capacity = float(sections["CAPACITY"][0])
    return Instance(path.name, distances(sections, nodes), demand, depots, capacity, nodes, published(path))


def distances(sections: dict[str, list[str]], nodes: int) -> Floats:
    kind = sections["EDGE_WEIGHT_TYPE"][0].upper()
    if kind == "EXPLICIT":
        given = np.array(sections["EDGE_WEIGHT_SECTION"], dtype=np.float64)
        form = sections.get("EDGE_WEIGHT_FORMAT", ["FULL_MATRIX"])[0].upper()
        if form == "FULL_MATRIX":
            return given.reshape(nodes, nodes)
        rows = {
            "LOWER_ROW": np.tril_indices(nodes, -1),
            "LOWER_DIAG_ROW": np.tril_indices(nodes),
            "UPPER_ROW": np.triu_indices(nodes, 1),
            "UPPER_DIAG_ROW": np.triu_indices(nodes),
        }
        if form not in rows:
            raise ValueError(f"edge weight format {form} is not read")
        matrix = np.zeros((nodes, nodes))
        matrix[rows[form]] = given
        return np.maximum(matrix, matrix.T)
    place = np.array(sections["NODE_COORD_SECTION"], dtype=np.float64).reshape(nodes, 3)[:, 1:]
    apart = np.hypot(*(place[:, None, k] - place[None, :, k] for k in (0, 1)))
    if kind == "EUC_2D":
        return np.floor(apart + 0.5)
    if kind == "CEIL_2D":
        return np.ceil(apart)
    raise ValueError(f"edge weight type {kind} is not read")


def published(path: Path) -> float | None:
    """Cost that the ``.sol`` beside a file ends with."""
    solution = path.with_suffix(".sol")
    if not solution.is_file():
        return None
    costs = [line.split()[1] for line in read_text(solution).splitlines() if line.lower().startswith("cost")]
    return float(costs[0]) if costs else None


def make_estate(transformers: int, supplies: int, seed: int) -> Instance:
    """Transformers and supply points at random on a square, Manhattan distances in metres, loads of 200 to 800 kVA."""
    rng = np.random.default_rng(seed)
    place = 1000.0 * rng.random((transformers + supplies, 2))
    load = rng.uniform(200.0, 800.0, transformers + supplies)
    rows = list(range(transformers, transformers + supplies))
    apart = np.abs(place[:, None] - place[None]).sum(axis=2)
    return Instance(f"rings:{transformers}:{supplies}:{seed}", apart, load, rows, 6000.0, 12)


def run(names: list[str], seconds: float) -> Iterator[dict[str, object]]:
    """A record an instance; compilation is not counted."""
    for transformers in (3, 20):
        solve(make_estate(transformers, 1, 1), 0.0)
    for name in names:
        if name.startswith("rings:"):
            yield solve(make_estate(*(int(word) for word in name.split(":")[1:])), seconds)
        else:
            yield solve(read(Path(name)), seconds)


def solve(case: Instance, seconds: float) -> dict[str, object]:
    start = perf_counter()
    limits = (case.distance, case.load, case.supplies, case.capacity, case.count_max)
    bound = bound_rings(*limits, rounds=UNLIMITED, time_left=lambda: start + BOUND_SHARE * seconds - perf_counter())
    if (case.distance == np.rint(case.distance)).all():
        bound = float(np.ceil(bound - 1e-6))
    found = route_rings(*limits, iterations=UNLIMITED, time_left=lambda: start + seconds - perf_counter())
    record: dict[str, object] = {
        "instance": case.name,
        "cost": found.cost,
        "bound": found.cost if found.optimal else bound,
        "seconds": perf_counter() - start,
        "optimal": found.optimal or bound >= found.cost,
        "rings": len(found.sequences),
    }
    if case.published is not None:
        record["published"] = case.published
    return record
