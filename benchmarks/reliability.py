"""RBTS Bus 2 and Bus 4: indices against those of another program, and against fault-by-fault search in the same run."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import Goal
from benchmarks.fault_by_fault import enumerate_faults
from rasana.planning.reliability import Elements, Indices, indices, interruptions

DATA = Path(__file__).with_name("data")
SYSTEMS = {"rbts2": "RBTS Bus 2", "rbts4": "RBTS Bus 4"}
INSTANCES = tuple(SYSTEMS)
CALLS_LEAST, CALLS_MOST = 3, 1000


@dataclass(frozen=True)
class System:
    """One distribution system: its elements and its load points, one row each."""

    elements: Elements
    load_point: tuple[str, ...]
    feeder: tuple[str, ...]
    row: NDArray[np.int64]
    customers: NDArray[np.float64]
    mean_kw: NDArray[np.float64]


def rows(name: str, system: str) -> list[dict[str, str]]:
    """A table's rows of one system (of all where the table knows no systems)."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row.get("system", system) == system]


def read_system(
    system: str,
    *,
    transformer: str = "transformer",
    alternative_supply: bool = True,
    disconnectors: bool = True,
    lateral_fuses: bool = True,
) -> System:
    """The system with what a case leaves out; ``transformer`` names the row of rates."""
    rates = {row["component"]: row for row in rows("rbts_rates.csv", system)}
    columns: list[tuple[int, float, str, bool, bool, bool]] = []  # parent, failures, component, fuse, switch, tie

    def add(
        parent: int, component: str, amount: float, *, fuse: bool = False, switch: bool = False, tie: bool = False
    ) -> int:
        columns.append((parent, amount * float(rates[component]["failures_per_year"]), component, fuse, switch, tie))
        return len(columns) - 1

    ends: dict[tuple[str, str], int] = {}
    for section in rows("rbts_sections.csv", system):
        position = int(section["position"])
        before = ends.get((section["feeder"], str(position - 1)), -1)
        main = add(before, "line", float(section["length_km"]), switch=disconnectors)
        both = disconnectors and section["disconnectors"] == "both ends"
        tie = alternative_supply and section["tie_at_far_end"] == "yes"
        ends[section["feeder"], section["position"]] = add(main, "line", 0.0, switch=both, tie=tie)
    points = rows("rbts_load_points.csv", system)
    at = []
    for point in points:
        tap = ends[point["feeder"], point["position"]]
        lateral = add(tap, "line", float(point["lateral_km"]), fuse=lateral_fuses)
        has_transformer = point["transformer"] == "yes"
        at.append(add(lateral, transformer, 1.0, switch=True) if has_transformer else lateral)
    parent, failures, component, fuse, switch, tie = zip(*columns, strict=True)
    repair, switching = ([float(rates[name][key]) for name in component] for key in ("repair_h", "switching_h"))
    return System(
        elements=Elements(parent, failures, repair, fuse, switch, tie, switching),
        load_point=tuple(point["load_point"] for point in points),
        feeder=tuple(point["feeder"] for point in points),
        row=np.array(at),
        customers=np.array([float(point["customers"]) for point in points]),
        mean_kw=np.array([1000.0 * float(point["mean_mw"]) for point in points]),
    )


CASES: dict[str, dict[str, object]] = {
    "base": {},
    "transformers replaced": {"transformer": "transformer replaced"},
    "no alternative supply": {"alternative_supply": False},
    "no disconnectors": {"disconnectors": False},
    "no lateral fuses": {"lateral_fuses": False},
}


def deviations_pct(expected: dict[str, str]) -> dict[str, float]:
    """Difference of SAIFI, SAIDI and ENS from one expected row of ``rbts_indices.csv``, in per cent of it."""
    found = case_indices(read_system(expected["system"], **CASES[expected["case"]]), expected["feeder"])
    values = {"saifi": found.saifi, "saidi_h": found.saidi_h, "ens_mwh": found.ens_kwh / 1000.0}
    return {name: 100.0 * (value / float(expected[name]) - 1.0) for name, value in values.items()}


def case_indices(system: System, feeder: str = "") -> Indices:
    """Indices of one feeder's load points, or of all."""
    chosen = [row for row, name in enumerate(system.feeder) if feeder in ("", name)]
    found = interruptions(system.elements)
    return indices(found, system.row[chosen], system.customers[chosen], system.mean_kw[chosen])


def seconds_of(work: Callable[[], object], budget: float) -> float:
    """Best CPU time of one call, over as many calls as fit the budget (three at least)."""
    work()
    best, spent, calls = float("inf"), 0.0, 0
    while calls < CALLS_LEAST or (spent < budget and calls < CALLS_MOST):
        start = process_time()
        work()
        took = process_time() - start
        best, spent, calls = min(best, took), spent + took, calls + 1
    return best


def goals(records: list[dict[str, Any]]) -> Iterator[Goal]:
    worst = max(record["worst_deviation_pct"] for record in records)
    what = "RBTS Bus 2 and 4, all cases: SAIFI, SAIDI, ENS"
    yield Goal(what, "within 0.1 % of the computed", f"{worst:.3f} % at most (digits as printed)", worst <= 0.1)


def run(names: list[str], seconds: float) -> Iterator[dict[str, object]]:
    """``cost`` is the energy not supplied (MWh a year); the worst deviation is over all cases and all three indices."""
    for name in names:
        if name not in SYSTEMS:
            raise ValueError(f"no such system: {name}; there are {', '.join(SYSTEMS)}")
        system = SYSTEMS[name]
        base = read_system(system)
        found, peer = interruptions(base.elements), enumerate_faults(base.elements)
        whole = case_indices(base)
        expected = rows("rbts_indices.csv", system)
        worst = max(abs(deviation) for row in expected for deviation in deviations_pct(row).values())
        own_seconds = seconds_of(lambda: interruptions(base.elements), seconds / 2)  # noqa: B023 - called at once
        peer_seconds = seconds_of(lambda: enumerate_faults(base.elements), seconds / 2)  # noqa: B023
        yield {
            "instance": name,
            "cost": whole.ens_kwh / 1000.0,
            "bound": None,
            "seconds": own_seconds,
            "optimal": None,
            "saifi": whole.saifi,
            "saidi_h": whole.saidi_h,
            "cases": len(expected),
            "worst_deviation_pct": worst,
            "fault_by_fault_seconds": peer_seconds,
            "fault_by_fault_ratio": peer_seconds / own_seconds,
            "fault_by_fault_difference_h": float(np.abs(found.unavailability_h - peer.unavailability_h).max()),
        }
