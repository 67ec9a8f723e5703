"""Capacitated minimum spanning trees: OR-Library capmst1 (tc, te: unit demands) and capmst2 (cm: node weights).

A name is ``FILE``, which is run with each capacity that the literature uses for its kind, or ``FILE:CAPACITY``; or
``tc:NODES:CAPACITY:SEED`` (also te, cm), an instance made like the published ones. Beside each: Esau and Williams'
savings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks.numbers import NUMBER, numbers, read_text
from rasana.planning.feeder_bound import bound_tree
from rasana.planning.feeder_search import esau_williams, groups_cost
from rasana.planning.feeders import group

Floats = NDArray[np.float64]
DATA = Path(__file__).parents[2] / "shared" / "data" / "or" / "cmst" / "tc40-1.txt"
MADE = tuple(f"{kind}:80:{capacity}:1" for kind in ("tc", "te") for capacity in (5, 10, 20))
INSTANCES = (*((str(DATA),) if DATA.is_file() else ()), *MADE, "cm:50:200:1", "cm:50:400:1")
UNLIMITED = 10**9
BOUND_SHARE = 0.25
"""Part of the time that the bound may take."""
ROUND_MOVES = 500_000
MOVES_PER_SECOND = 50_000
"""Moves of a round at most, a second given: short runs take several rounds as well."""


@dataclass(frozen=True)
class Instance:
    """Costs with the root last, demand of every other node."""

    name: str
    distance: Floats
    demand: Floats
    capacities: tuple[float, ...]


def read(path: Path) -> list[Instance]:
    """The instances of a file, one after another, each after its name or not.

    An instance is a number of nodes n and a matrix of n + 1 (n where the root is counted) rows, root last; node
    weights stand before or behind it.
    """
    found: list[Instance] = []
    for title, values in blocks(read_text(path)):
        at = 0
        while at < len(values):
            case, length = read_block(title or path.name, values[at:])
            found.append(case)
            at += length
    if len(found) > 1:
        return [
            Instance(f"{path.name}:{case.name}" if case.name != path.name else f"{path.name}:{i + 1}",
                     case.distance, case.demand, case.capacities)
            for i, case in enumerate(found)
        ]  # fmt: skip
    return [Instance(path.name, case.distance, case.demand, case.capacities) for case in found]


def blocks(text: str) -> Iterator[tuple[str, Floats]]:
    """Runs of numbers with the word before them."""
    title, words = "", []
    for word in text.split():
        if NUMBER.fullmatch(word):
            words.append(word)
        else:
            if words:
                yield title, numbers(" ".join(words))
            title, words = word, []
    if words:
        yield title, numbers(" ".join(words))


def read_block(title: str, values: Floats) -> tuple[Instance, int]:
    """The first instance of a run of numbers and how many of them it takes."""
    nodes = int(values[0])
    for rows in (nodes + 1, nodes):
        for before, behind in ((0, 0), (0, rows - 1), (0, rows), (rows - 1, 0), (rows, 0)):
            length = 1 + before + rows * rows + behind
            matrix = values[1 + before : 1 + before + rows * rows]
            rest = len(values) - length
            if rest < 0 or (rest > 0 and values[length] != nodes):
                continue
            matrix = matrix.reshape(rows, rows)
            if not np.array_equal(matrix, matrix.T):
                continue
            weights = values[1 : 1 + before] if before else values[length - behind : length]
            demand = weights[: rows - 1] if before or behind else np.ones(rows - 1)
            return Instance(title, matrix, demand, capacities(demand)), length
    raise ValueError(f"{title}: no symmetric matrix of {nodes} or {nodes + 1} rows, with or without weights, was found")


def capacities(demand: Floats) -> tuple[float, ...]:
    """Those of the literature: by weights, or by the number of unit demands."""
    if (demand != 1.0).any():
        return (200.0, 400.0, 800.0)
    return (3.0, 5.0, 10.0) if len(demand) <= 40 else (5.0, 10.0, 20.0)


def make(kind: str, nodes: int, capacity: float, seed: int) -> Instance:
    """Points on a square with the root in the middle (tc) or a corner (te); or costs and weights at random (cm)."""
    rng = np.random.default_rng(seed)
    name = f"{kind}:{nodes}:{capacity:g}:{seed}"
    if kind == "cm":
        upper = np.triu(rng.integers(1, 101, (nodes + 1, nodes + 1)), 1).astype(np.float64)
        return Instance(name, upper + upper.T, rng.integers(1, 101, nodes).astype(np.float64), (capacity,))
    root = {"tc": (50.0, 50.0), "te": (0.0, 0.0)}[kind]
    place = np.vstack([rng.uniform(0.0, 100.0, (nodes, 2)), [root]])
    apart = np.floor(np.hypot(*(place[:, None, k] - place[None, :, k] for k in (0, 1))))
    return Instance(name, apart, np.ones(nodes), (capacity,))


def instances(name: str) -> Iterator[Instance]:
    """One instance a capacity."""
    kind, *rest = name.split(":")
    if kind in ("tc", "te", "cm") and len(rest) == 3:
        yield make(kind, int(rest[0]), float(rest[1]), int(rest[2]))
        return
    path, chosen = Path(name), ()
    if not path.is_file() and ":" in name:
        file, _, capacity = name.rpartition(":")
        path, chosen = Path(file), (float(capacity),)
    for case in read(path):
        for capacity in chosen or case.capacities:
            yield Instance(f"{case.name}:{capacity:g}", case.distance, case.demand, (capacity,))


def run(names: list[str], seconds: float) -> Iterator[dict[str, object]]:
    """A record an instance and capacity; compilation is not counted."""
    solve(make("tc", 8, 3, 1), 0.0)
    for name in names:
        for case in instances(name):
            yield solve(case, seconds)


def solve(case: Instance, seconds: float) -> dict[str, object]:
    start = perf_counter()
    (capacity,) = case.capacities
    share = start + BOUND_SHARE * seconds
    bound = bound_tree(case.distance, case.demand, capacity, UNLIMITED, lambda: share - perf_counter())
    if (case.distance == np.rint(case.distance)).all():
        bound = float(np.ceil(bound - 1e-6))
    found = group(
        case.distance,
        case.demand,
        capacity,
        rounds=UNLIMITED,
        moves=int(min(ROUND_MOVES, MOVES_PER_SECOND * seconds)) + 1,
        known_bound=bound,
        time_left=lambda: start + seconds - perf_counter(),
    )
    taken = perf_counter() - start
    savings = groups_cost(case.distance, esau_williams(case.distance, case.demand, capacity))
    return {
        "instance": case.name,
        "cost": found.cost,
        "bound": found.bound,
        "seconds": taken,
        "optimal": found.optimal,
        "capacity": capacity,
        "esau_williams": savings,
        "below_savings_pct": 100.0 * (1.0 - found.cost / savings),
    }
