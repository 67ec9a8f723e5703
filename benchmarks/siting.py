"""Single-source capacitated facility location (Holmberg, OR-Library cap) and capacitated p-median (OR-Library pmedcap).

A name is a file or ``estate:PLOTS:SEED``, a made-up grid estate with eleven transformer sizes a site, beside which
HiGHS is given the same model as a whole. Where a file ``os`` of published optima lies beside ``pN``, its value is in
the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks.numbers import numbers, read_text
from rasana.planning.location import build_problem
from rasana.planning.location_model import solve_location
from rasana.planning.siting import locate

Floats = NDArray[np.float64]
DATA = Path(__file__).parents[2] / "shared" / "data" / "or" / "sscflp" / "holmberg"
INSTANCES = ("estate:250:1", "estate:250:2", *(str(path) for path in sorted(DATA.glob("p[1-9]*"))))
UNLIMITED = 10**9
ESTATE_SITES_PER_PLOT = 0.14
ESTATE_REACH_M = 300.0
UTILISATION = 0.8
RATINGS_KVA = np.array([50, 100, 160, 200, 250, 315, 400, 500, 630, 800, 1000.0])


@dataclass(frozen=True)
class Instance:
    """Costs (sites, customers), demands, capacity and cost of each option (sites, options)."""

    name: str
    cost: Floats
    demand: Floats
    capacity: Floats
    price: Floats
    exactly: int | None = None
    published: float | None = None


def read(path: Path) -> list[Instance]:
    """The instances of a file: one, or several p-medians one after another."""
    text = read_text(path)
    values = numbers(text)
    medians = read_medians(path.name, values)
    return medians or [read_facilities(path, text, values)]


def read_medians(name: str, values: Floats) -> list[Instance]:
    """Problems ``n p capacity`` with n rows ``number x y demand``, after ``number best-known`` or not; else nothing."""
    for first, header in ((0, 0), (0, 2), (1, 2), (1, 0)):
        found, at = [], first
        while at + header + 3 <= len(values):
            best = float(values[at + 1]) if header else None
            at += header
            nodes, medians, capacity = int(values[at]), int(values[at + 1]), values[at + 2]
            rows = values[at + 3 : at + 3 + 4 * nodes]
            if nodes < 1 or len(rows) != 4 * nodes or not 1 <= medians <= nodes:
                break
            rows = rows.reshape(nodes, 4)
            if not np.array_equal(rows[:, 0], np.arange(1, nodes + 1)):
                break
            apart = np.floor(np.hypot(*(rows[:, None, k] - rows[None, :, k] for k in (1, 2))))
            one = np.ones((nodes, 1))
            title = f"{name}:{len(found) + 1}" if first or header else name
            found.append(Instance(title, apart, rows[:, 3], capacity * one, 0.0 * one, medians, best))
            at += 3 + 4 * nodes
        if found and at == len(values):
            return found
    return []


def read_facilities(path: Path, text: str, values: Floats) -> Instance:
    """Facilities and customers, capacity and fixed cost of each facility, then demands and costs of the whole demand.

    Holmberg's files give all demands, then a row of costs a facility; OR-Library's give each customer's demand with its
    costs. Both have the same count of numbers; in the latter the demand stands on a line of its own.
    """
    facilities, customers = int(values[0]), int(values[1])
    size = 2 + 2 * facilities + customers * (1 + facilities)
    if len(values) < size:
        raise ValueError(f"{path}: {size} numbers expected, {len(values)} found")
    fixed = values[2 : 2 + 2 * facilities].reshape(facilities, 2)
    rest = values[2 + 2 * facilities : size]
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if facilities > 1 and len(lines[1 + facilities]) == 1:
        table = rest.reshape(customers, 1 + facilities)
        demand, cost = table[:, 0], table[:, 1:].T
    else:
        demand, cost = rest[:customers], rest[customers:].reshape(facilities, customers)
    return Instance(path.name, cost, demand, fixed[:, :1], fixed[:, 1:], None, published(path))


def published(path: Path) -> float | None:
    """Optimum of ``pN`` from the list beside it."""
    listed = path.with_name("os")
    number = path.name.removeprefix("p")
    if not number.isdecimal() or not listed.is_file():
        return None
    optima = numbers(read_text(listed))
    return float(optima[int(number) - 1]) if 1 <= int(number) <= len(optima) else None


def make_estate(plots: int, seed: int) -> Instance:
    """Plots along parallel streets, candidate sites among them, Manhattan distances, demand in kVA by mixed trades."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(plots)))
    place = np.array([(25.0 * i, 40.0 * j) for i in range(side) for j in range(side)])[:plots]
    site = place[rng.permutation(plots)[: max(8, int(plots * ESTATE_SITES_PER_PLOT))]]
    demand = rng.choice([5.0, 8, 12, 20, 30, 45], plots, p=[0.2, 0.25, 0.25, 0.15, 0.1, 0.05])
    demand *= rng.uniform(0.8, 1.2, plots)
    apart = np.abs(place[None] - site[:, None]).sum(axis=2)
    cost = np.where(apart <= ESTATE_REACH_M, apart * (6.0 + 0.9 * demand), np.inf)
    shape = (len(site), len(RATINGS_KVA))
    capacity = np.broadcast_to(UTILISATION * RATINGS_KVA, shape)
    price = np.broadcast_to(8000.0 + 1800.0 * RATINGS_KVA**0.45, shape)
    return Instance(f"estate:{plots}:{seed}", cost, demand, capacity, price)


def instances(name: str) -> list[Instance]:
    if name.startswith("estate:"):
        plots, seed = (int(word) for word in name.split(":")[1:])
        return [make_estate(plots, seed)]
    return read(Path(name))


def whole_model(case: Instance, seconds: float) -> dict[str, object]:
    """The peer: HiGHS on the whole model, for the same time."""
    site, customer = np.nonzero(np.isfinite(case.cost))
    problem = build_problem(
        case.demand, case.capacity, case.price, site, customer, case.cost[site, customer], case.exactly or 0
    )
    start = perf_counter()
    found = solve_location(problem, None, UNLIMITED, 0.0, lambda: start + seconds - perf_counter())
    arcs = found.arcs
    cost = None
    if arcs is not None:
        chosen = np.bincount(problem.arc_site[arcs], case.demand, minlength=len(case.capacity))
        size = (case.capacity < chosen[:, None]).sum(axis=1)
        built = np.unique(problem.arc_site[arcs])
        cost = float(problem.arc_cost[arcs].sum() + case.price[built, size[built]].sum())
    return {"highs_cost": cost, "highs_bound": found.bound, "highs_seconds": perf_counter() - start}


def solve(case: Instance, seconds: float) -> dict[str, object]:
    start = perf_counter()
    found = locate(
        case.cost,
        case.demand,
        case.capacity,
        case.price,
        sites_exactly=case.exactly,
        nodes=UNLIMITED,
        time_left=lambda: start + seconds - perf_counter(),
    )
    record: dict[str, object] = {
        "instance": case.name,
        "cost": found.cost,
        "bound": found.bound,
        "seconds": perf_counter() - start,
        "optimal": found.optimal,
    }
    if case.published is not None:
        record["published"] = case.published
    return record


def run(names: list[str], seconds: float) -> Iterator[dict[str, object]]:
    """A record an instance; compilation is not counted."""
    solve(make_estate(30, 1), 0.0)
    solve(Instance("", np.ones((4, 4)), np.ones(4), np.full((4, 1), 2.0), np.zeros((4, 1)), 2), 1.0)
    for name in names:
        for case in instances(name):
            record = solve(case, seconds)
            yield {**record, **whole_model(case, seconds)} if name.startswith("estate:") else record
