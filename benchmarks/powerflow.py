"""``radial:NODES:STATES``: the radial power flow beside power-grid-model and pandapower in the same run.

CPU time of one thread, best of several; each program is given its model and its loads and asked for voltages.
pandapower solves a few states with what it can keep between them; its time is taken as proportional to their number.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import process_time
from typing import Any

import numpy as np
import pandapower
from numpy.typing import NDArray
from power_grid_model import (
    CalculationMethod,
    ComponentType,
    DatasetType,
    LoadGenType,
    PowerGridModel,
    initialize_array,
)

from benchmarks import Goal
from rasana.planning.powerflow import RadialGrid, solve, yearly

INSTANCES = ("radial:1000:8760",)
SEED = 1
KV = 0.4
DEEPEST_VOLTAGE_PU = 0.95
BRANCHING = 20
SHAPES = 8
CALLS_LEAST, CALLS_MOST = 3, 20
PANDAPOWER_STATES = 24


@dataclass(frozen=True)
class Instance:
    """A random low-voltage tree; loads (nodes, states) are each node's peak times one of a few random shapes."""

    parent: NDArray[np.int64]
    r_ohm: NDArray[np.float64]
    x_ohm: NDArray[np.float64]
    peak_kw: NDArray[np.float64]
    peak_kvar: NDArray[np.float64]
    shape: NDArray[np.int64]
    shapes: NDArray[np.float64]

    @property
    def p_kw(self) -> NDArray[np.float64]:
        return self.peak_kw[:, None] * self.shapes[self.shape]

    @property
    def q_kvar(self) -> NDArray[np.float64]:
        return self.peak_kvar[:, None] * self.shapes[self.shape]

    @property
    def grid(self) -> RadialGrid:
        ohm = KV**2  # base of 1,000 kVA
        return RadialGrid(self.parent, self.r_ohm / ohm, self.x_ohm / ohm, base_kva=1000.0)


def make(nodes: int, states: int) -> Instance:
    """A tree whose lowest voltage at full load is about ``DEEPEST_VOLTAGE_PU``."""
    rng = np.random.default_rng(SEED)
    parent = np.array([-1, *(rng.integers(max(0, row - BRANCHING), row) for row in range(1, nodes))])
    ohm = rng.uniform(0.5, 1.5, nodes) * 1e-4
    peak = rng.uniform(0.5, 1.5, nodes)
    peak[0] = 0.0
    shapes = rng.uniform(0.2, 1.0, (SHAPES, states))
    tree = Instance(parent, ohm, 0.5 * ohm, peak, 0.4 * peak, rng.integers(0, SHAPES, nodes), shapes)
    drop, below = np.zeros(nodes), peak.copy()
    for row in range(nodes - 1, 0, -1):
        below[parent[row]] += below[row]
    for row in range(1, nodes):
        drop[row] = drop[parent[row]] + (tree.r_ohm[row] + 0.4 * tree.x_ohm[row]) * below[row] / 1000.0 / KV**2
    scale = (1.0 - DEEPEST_VOLTAGE_PU) / drop.max()
    return Instance(parent, ohm, 0.5 * ohm, scale * peak, scale * 0.4 * peak, tree.shape, shapes)


def best_cpu_seconds(work: Callable[[], Any], budget: float) -> tuple[float, Any]:
    """Best CPU time of one call over as many as fit the budget (a few at least), and the last call's answer."""
    times: list[float] = []
    while len(times) < CALLS_LEAST or (sum(times) < budget and len(times) < CALLS_MOST):
        start = process_time()
        answer = work()
        times.append(process_time() - start)
    return min(times), answer


def power_grid_model(case: Instance, method: CalculationMethod) -> Callable[[], NDArray[np.float64]]:
    """The same network in power-grid-model; a call solves all states in one thread: voltages (states, nodes)."""
    nodes = case.parent.size
    node = initialize_array(DatasetType.input, ComponentType.node, nodes)
    node["id"], node["u_rated"] = np.arange(nodes), 1000.0 * KV
    line = initialize_array(DatasetType.input, ComponentType.line, nodes - 1)
    line["id"] = nodes + np.arange(nodes - 1)
    line["from_node"], line["to_node"] = case.parent[1:], np.arange(1, nodes)
    line["from_status"] = line["to_status"] = 1
    line["r1"], line["x1"], line["c1"], line["tan1"] = case.r_ohm[1:], case.x_ohm[1:], 0.0, 0.0
    load = initialize_array(DatasetType.input, ComponentType.sym_load, nodes)
    load["id"], load["node"], load["status"] = 2 * nodes + np.arange(nodes), np.arange(nodes), 1
    load["type"], load["p_specified"], load["q_specified"] = LoadGenType.const_power, 0.0, 0.0
    source = initialize_array(DatasetType.input, ComponentType.source, 1)
    source["id"], source["node"], source["status"], source["u_ref"], source["sk"] = 3 * nodes, 0, 1, 1.0, 1e20
    model = PowerGridModel(
        {
            ComponentType.node: node,
            ComponentType.line: line,
            ComponentType.sym_load: load,
            ComponentType.source: source,
        }
    )
    update = initialize_array(DatasetType.update, ComponentType.sym_load, (case.shapes.shape[1], nodes))
    update["id"] = load["id"]
    update["p_specified"], update["q_specified"] = 1000.0 * case.p_kw.T, 1000.0 * case.q_kvar.T

    def work() -> NDArray[np.float64]:
        answer = model.calculate_power_flow(
            update_data={ComponentType.sym_load: update},
            calculation_method=method,
            error_tolerance=1e-10,
            threading=-1,
            output_component_types={ComponentType.node: ["u_pu"]},
        )
        voltage: NDArray[np.float64] = answer[ComponentType.node]["u_pu"]
        return voltage

    return work


def pandapower_states(case: Instance, states: int) -> Callable[[], NDArray[np.float64]]:
    """The same network in pandapower; a call solves the first states one by one, each started from the last."""
    net = pandapower.create_empty_network()
    buses = pandapower.create_buses(net, case.parent.size, KV)
    pandapower.create_ext_grid(net, buses[0])
    pandapower.create_lines_from_parameters(
        net, buses[case.parent[1:]], buses[1:], 1.0, case.r_ohm[1:], case.x_ohm[1:], 0.0, 1.0
    )
    pandapower.create_loads(net, buses, case.peak_kw / 1000.0, case.peak_kvar / 1000.0)
    p_mw, q_mvar = case.p_kw[:, :states] / 1000.0, case.q_kvar[:, :states] / 1000.0
    # The first call builds its matrices and fixes the tolerance; the others only exchange the loads.
    options = {"numba": True, "tolerance_mva": 1e-11, "init": "results"}
    pandapower.runpp(net, **(options | {"init": "flat"}))

    def work() -> NDArray[np.float64]:
        voltage = []
        for state in range(states):
            net.load["p_mw"], net.load["q_mvar"] = p_mw[:, state], q_mvar[:, state]
            pandapower.runpp(net, recycle={"bus_pq": True, "trafo": False, "gen": False}, **options)
            voltage.append(net.res_bus.vm_pu.to_numpy(copy=True))
        return np.array(voltage)

    return work


def parse(name: str) -> tuple[int, int]:
    """Nodes and states of ``radial:NODES:STATES``."""
    kind, *sizes = name.split(":")
    if kind != "radial" or len(sizes) != 2 or not all(size.isdecimal() and int(size) > 1 for size in sizes):
        raise ValueError(f"{name} is not radial:NODES:STATES")
    return int(sizes[0]), int(sizes[1])


def goals(records: list[dict[str, Any]]) -> Iterator[Goal]:
    for record in records:
        what = f"{record['instance']}, one thread, CPU time"
        peers = {"pgm_iterative_current": 10, "pandapower": 300}
        for peer, wanted in peers.items():
            ratio = record[f"{peer}_ratio"]
            yield Goal(f"{what}, against {peer}", f"{wanted} times faster", f"{ratio:.1f} times", ratio >= wanted)
        worst = max(record[f"{peer}_difference_pu"] for peer in (*peers, "pgm_newton"))
        yield Goal(f"{record['instance']}, voltages against all peers", "1e-8 pu", f"{worst:.1e} pu", worst <= 1e-8)


def run(names: list[str], seconds: float) -> Iterator[dict[str, object]]:
    """``cost`` is the energy lost (kWh); differences are the largest of any voltage, in pu."""
    for name in names:
        nodes, states = parse(name)
        case = make(nodes, states)
        grid, p_kw, q_kvar = case.grid, case.p_kw, case.q_kvar
        share = seconds / 4
        solve(grid, p_kw[:, :1], q_kvar[:, :1])
        own, flow = best_cpu_seconds(lambda: solve(grid, p_kw, q_kvar), share)  # noqa: B023 - called at once
        year_call = lambda: yearly(grid, case.peak_kw, case.peak_kvar, case.shape, case.shapes)  # noqa: B023, E731
        year_call()
        year_seconds, year = best_cpu_seconds(year_call, share)
        record: dict[str, object] = {
            "instance": name,
            "cost": float(year.loss_kwh.sum()),
            "bound": None,
            "seconds": own,
            "optimal": None,
            "voltage_min_pu": float(flow.voltage_pu.min()),
            "unsettled": int((~flow.settled).sum()),
            "year_without_states_seconds": year_seconds,
        }
        methods = {"iterative_current": CalculationMethod.iterative_current, "newton": CalculationMethod.newton_raphson}
        for label, method in methods.items():
            taken, voltage = best_cpu_seconds(power_grid_model(case, method), share)
            record[f"pgm_{label}_seconds"] = taken
            record[f"pgm_{label}_ratio"] = taken / own
            record[f"pgm_{label}_difference_pu"] = float(np.abs(flow.voltage_pu.T - voltage).max())
        few = min(PANDAPOWER_STATES, states)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            taken, voltage = best_cpu_seconds(pandapower_states(case, few), share)
        record["pandapower_seconds"] = taken * states / few
        record["pandapower_ratio"] = taken * states / few / own
        record["pandapower_difference_pu"] = float(np.abs(flow.voltage_pu[:, :few].T - voltage).max())
        yield record
