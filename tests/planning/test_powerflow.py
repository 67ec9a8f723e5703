"""Radial power flow: physics, another program's answers, published networks."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from power_grid_model import (
    CalculationMethod,
    ComponentType,
    DatasetType,
    LoadGenType,
    PowerGridModel,
    initialize_array,
)

from rasana.planning.powerflow import RadialGrid, branch_flow, solve, yearly
from rasana.planning.tree import depth_first

PUBLISHED = tomllib.loads((Path(__file__).parent / "cases" / "power_flow.toml").read_text(encoding="utf-8"))
BASE_KVA = 1000.0
OHM = 1e-3 * BASE_KVA  # one per unit at 1 kV


@st.composite
def networks(draw: st.DrawFn) -> tuple[RadialGrid, np.ndarray, np.ndarray]:
    """A random tree with taps, cable charging and iron losses, with a few states of load (kW, kvar)."""
    size = draw(st.integers(2, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    reach = draw(st.sampled_from([1, 3, 40]))  # a chain, a bushy tree, anything
    parent = np.array([-1, *(rng.integers(max(0, row - reach), row) for row in range(1, size))])
    shuffled = rng.permutation(size)
    place = np.empty(size, np.int64)
    place[shuffled] = np.arange(size)
    parent = np.where(parent[shuffled] < 0, -1, place[parent[shuffled]])
    states = draw(st.integers(1, 40))
    drop = draw(st.sampled_from([0.001, 0.01, 0.1]))  # about the drop to the far end
    load = rng.uniform(0, 2 * BASE_KVA / size, (size, states)) * rng.choice([1, 0, -0.3], (size, 1), p=[0.6, 0.3, 0.1])
    ohm = drop / max(1, depth_first(parent).depth.max()) * rng.uniform(0.2, 1, size)
    ratio = np.ones(size)
    ratio[rng.integers(0, size, 2)] = rng.choice([0.95, 0.975, 1.025], 2)
    grid = RadialGrid(
        parent,
        r_pu=ohm,
        x_pu=ohm * rng.uniform(0.1, 2, size),
        g_pu=rng.uniform(0, 1e-4, size),
        b_pu=rng.uniform(-1e-3, 1e-2, size),
        ratio=ratio,
        base_kva=BASE_KVA,
        source_voltage_pu=draw(st.sampled_from([1.0, 0.97, 1.04])),
    )
    return grid, load, load * rng.uniform(-0.2, 0.7, (size, 1))


def other_program(grid: RadialGrid, p_kw: np.ndarray, q_kvar: np.ndarray) -> np.ndarray:
    """Voltages (nodes, states) by the Newton method of power-grid-model; all nodes at 1 kV."""
    parent = np.asarray(grid.parent)
    size = parent.size
    node = initialize_array(DatasetType.input, ComponentType.node, size)
    node["id"], node["u_rated"] = np.arange(size), 1000.0
    branched = np.flatnonzero(parent >= 0)
    branch = initialize_array(DatasetType.input, ComponentType.generic_branch, branched.size)
    branch["id"] = size + np.arange(branched.size)
    branch["from_node"], branch["to_node"] = parent[branched], branched
    branch["from_status"] = branch["to_status"] = 1
    branch["r1"], branch["x1"] = (np.asarray(grid.r_pu)[branched] / OHM, np.asarray(grid.x_pu)[branched] / OHM)
    branch["g1"], branch["b1"] = (np.asarray(grid.g_pu)[branched] * OHM, np.asarray(grid.b_pu)[branched] * OHM)
    branch["k"], branch["theta"], branch["sn"] = np.asarray(grid.ratio)[branched], 0.0, 1e6
    load = initialize_array(DatasetType.input, ComponentType.sym_load, size)
    load["id"], load["node"], load["status"] = 2 * size + np.arange(size), np.arange(size), 1
    load["type"], load["p_specified"], load["q_specified"] = LoadGenType.const_power, 0.0, 0.0
    source = initialize_array(DatasetType.input, ComponentType.source, 1)
    source["id"], source["node"], source["status"], source["u_ref"] = 3 * size, np.flatnonzero(parent < 0)[0], 1, 1.0
    source["u_ref"], source["sk"] = grid.source_voltage_pu, 1e20
    model = PowerGridModel(
        {
            ComponentType.node: node,
            ComponentType.generic_branch: branch,
            ComponentType.sym_load: load,
            ComponentType.source: source,
        }
    )
    update = initialize_array(DatasetType.update, ComponentType.sym_load, p_kw.T.shape)
    update["id"], update["p_specified"], update["q_specified"] = load["id"], p_kw.T * 1000.0, q_kvar.T * 1000.0
    answer = model.calculate_power_flow(
        update_data={ComponentType.sym_load: update},
        calculation_method=CalculationMethod.newton_raphson,
        error_tolerance=1e-11,
        output_component_types={ComponentType.node: ["u_pu"]},
    )
    return answer[ComponentType.node]["u_pu"].T


@given(networks())
def test_voltages_are_those_of_another_programs_newton_method(case):
    grid, p_kw, q_kvar = case
    flow = solve(grid, p_kw, q_kvar)
    assert flow.settled.all()
    assert np.abs(flow.voltage_pu - other_program(grid, p_kw, q_kvar)).max() < 1e-8


@given(networks())
def test_currents_balance_at_every_node(case):
    """Kirchhoff's law with currents from complex voltages and admittances alone."""
    grid, p_kw, q_kvar = case
    flow = solve(grid, p_kw, q_kvar)
    voltage = flow.voltage_pu * np.exp(1j * branch_flow(grid, p_kw, q_kvar, flow).angle_rad)
    parent = np.asarray(grid.parent)
    into = -np.conj((p_kw + 1j * q_kvar) / grid.base_kva / voltage)
    for node in np.flatnonzero(parent >= 0):
        ratio, z = np.asarray(grid.ratio)[node], np.asarray(grid.r_pu)[node] + 1j * np.asarray(grid.x_pu)[node]
        half = (np.asarray(grid.g_pu)[node] + 1j * np.asarray(grid.b_pu)[node]) / 2
        near, far = voltage[parent[node]] / ratio, voltage[node]
        series = (near - far) / z
        into[node] += series - half * far
        into[parent[node]] -= (series + half * near) / ratio
    tightest = np.abs(np.asarray(grid.r_pu))[parent >= 0].min()
    assert np.abs(into[parent >= 0]).max() < 1e-9 + 1e-14 / tightest


@given(networks())
def test_what_the_source_delivers_is_the_loads_and_the_losses(case):
    grid, p_kw, q_kvar = case
    flow = solve(grid, p_kw, q_kvar)
    branches = branch_flow(grid, p_kw, q_kvar, flow)
    delivered = branches.p_kw[np.asarray(grid.parent) < 0].sum(axis=0)
    assert delivered == pytest.approx(p_kw.sum(axis=0) + branches.loss_kw.sum(axis=0), abs=1e-7)
    assert branches.loss_kw.min() >= 0.0


@given(networks(), st.integers(1, 70))
def test_a_year_has_the_losses_and_extremes_of_its_hours(case, hours):
    grid, p_kw, q_kvar = case
    rng = np.random.default_rng(hours)
    shapes, row = rng.uniform(0, 1, (3, hours)), rng.integers(0, 3, p_kw.shape[0])
    year = yearly(grid, p_kw[:, 0], q_kvar[:, 0], row, shapes, tolerance=1e-10)
    hourly = p_kw[:, :1] * shapes[row], q_kvar[:, :1] * shapes[row]
    flow = solve(grid, *hourly)
    branches = branch_flow(grid, *hourly, flow)
    assert year.loss_kw == pytest.approx(branches.loss_kw.sum(axis=0), rel=1e-8, abs=1e-8)
    assert year.loss_kwh == pytest.approx(branches.loss_kw.sum(axis=1), rel=1e-8, abs=1e-8)
    assert year.voltage_min_pu == pytest.approx(flow.voltage_pu.min(axis=1), abs=1e-9)
    assert year.voltage_max_pu == pytest.approx(flow.voltage_pu.max(axis=1), abs=1e-9)


@given(networks())
def test_a_state_has_the_same_answer_alone_as_among_others(case):
    grid, p_kw, q_kvar = case
    together = solve(grid, p_kw, q_kvar).voltage_pu
    alone = np.column_stack([solve(grid, p, q).voltage_pu for p, q in zip(p_kw.T, q_kvar.T, strict=True)])
    assert np.abs(together - alone).max() < 1e-9


@settings(max_examples=20)
@given(st.floats(0.05, 0.95), st.floats(-1.0, 1.0))
def test_one_branch_has_the_closed_solution_up_to_the_point_of_collapse(share, angle):
    """One load behind one impedance: v^2 - (1 - 2(rP + xQ)) v + |z|^2 |S|^2 = 0."""
    z, turn = 0.1, np.exp(1j * angle)
    r, x = z * abs(turn.real), z * abs(turn.imag)
    per_unit = share / (2 * z + 2 * r)  # of the largest active power that the branch can carry
    half = 0.5 - r * per_unit
    expected = np.sqrt(half + np.sqrt(half**2 - (z * per_unit) ** 2))
    flow = solve(RadialGrid([-1, 0], [0, r], [0, x], base_kva=BASE_KVA), [0, per_unit * BASE_KVA], [0, 0])
    assert flow.settled.all()
    assert flow.voltage_pu[1, 0] == pytest.approx(expected, abs=1e-8)


def test_a_branch_without_impedance_joins_its_ends():
    voltage = solve(RadialGrid([-1, 0, 1], 0.0, 0.0, ratio=[1, 1, 1.025]), [0, 100, 500], [0, 10, 200]).voltage_pu
    assert voltage[:, 0] == pytest.approx([1, 1, 1 / 1.025], abs=1e-14)


def test_a_state_without_a_solution_is_named_and_spoils_no_other():
    grid = RadialGrid([-1, 0], [0, 0.1], [0, 0.1], base_kva=BASE_KVA)
    load = np.full((2, 50), 100.0)
    load[1, [3, 40]] = 5000.0
    flow = solve(grid, load, 0.3 * load)
    assert np.flatnonzero(~flow.settled).tolist() == [3, 40]
    assert np.array_equal(np.isnan(flow.voltage_pu).all(axis=0), ~flow.settled)
    well = np.delete(np.arange(50), [3, 40])
    assert np.ptp(flow.voltage_pu[1, well]) < 1e-12


def test_a_year_with_an_hour_without_a_solution_has_no_sum():
    grid = RadialGrid([-1, 0], [0, 0.1], [0, 0.1], base_kva=BASE_KVA)
    year = yearly(grid, [0, 100], [0, 30], 0, [[1.0, 1.0, 50.0, 1.0]])
    assert year.settled.tolist() == [True, True, False, True]
    assert np.isnan(year.loss_kw[2])
    assert np.isnan(year.loss_kwh).all()


def test_networks_on_several_sources_do_not_feel_each_other():
    one = RadialGrid([-1, 0], [0, 0.1], [0, 0.1], source_voltage_pu=[1.02, 0])
    two = RadialGrid([-1, 0, -1, 2], [0, 0.1, 0, 0.2], [0, 0.1, 0, 0.1], source_voltage_pu=[1.02, 1, 0.98, 1])
    p, q = [0, 200, 0, 300], [0, 50, 0, 70]
    with pytest.raises(ValueError, match="positive"):
        solve(one, p[:2], q[:2])
    one = RadialGrid([-1, 0], [0, 0.1], [0, 0.1], source_voltage_pu=1.02)
    voltage = solve(two, p, q).voltage_pu[:, 0]
    assert voltage[:2] == pytest.approx(solve(one, p[:2], q[:2]).voltage_pu[:, 0], abs=1e-12)
    assert voltage[2] == pytest.approx(0.98, abs=1e-12)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"parent": [1, 0]}, "loop"),
        ({"r_pu": [0, np.nan]}, "r_pu is not finite"),
        ({"x_pu": [0, 1, 2]}, "x_pu has"),
        ({"ratio": 0.0}, "positive"),
        ({"base_kva": 0.0}, "positive"),
    ],
)
def test_what_is_no_grid_is_refused(change, reason):
    columns = {"parent": [-1, 0], "r_pu": [0, 0.1], "x_pu": [0, 0.1]} | change
    with pytest.raises(ValueError, match=reason):
        solve(RadialGrid(**columns), [0, 1], [0, 1])


@pytest.mark.parametrize(
    ("p", "q", "reason"),
    [
        ([0, 1, 2], [0, 1], "p_kw has shape"),
        ([0, np.inf], [0, 1], "p_kw is not finite"),
        ([[0, 1], [1, 1]], [0, 1], "differ"),
    ],
)
def test_what_is_no_load_is_refused(p, q, reason):
    with pytest.raises(ValueError, match=reason):
        solve(RadialGrid([-1, 0], [0, 0.1], [0, 0.1]), p, q)


@pytest.mark.parametrize(("row", "shapes"), [(1, [[1.0]]), (-1, [[1.0]]), (0, [[np.nan]]), (0, [1.0])])
def test_what_is_no_shape_is_refused(row, shapes):
    with pytest.raises(ValueError, match="shape"):
        yearly(RadialGrid([-1, 0], [0, 0.1], [0, 0.1]), [0, 1], [0, 1], row, shapes)


class Published:
    """A network of pandapower as a radial grid: closed bus-bus switches join, an open line end becomes a stub."""

    def __init__(self, name: str) -> None:
        networks = pytest.importorskip("pandapower.networks")
        self.net = getattr(networks, name)()
        self.at = {bus: bus for bus in self.net.bus.index}
        self.branches: list[tuple[int, int, float, float, float]] = []
        switches = self.net.switch
        for switch in switches[(switches.et == "b") & switches.closed].itertuples():
            joined, kept = self.at[switch.element], self.at[switch.bus]
            self.at = {bus: kept if at == joined else at for bus, at in self.at.items()}
        self.is_open = {(s.element, s.bus) for s in switches[(switches.et == "l") & ~switches.closed].itertuples()}
        self.stubs = 0
        for row in self.net.line[self.net.line.in_service].itertuples():
            self.add_line(row)
        self.lines = len(self.branches)
        for row in self.net.trafo.itertuples():
            self.add_transformer(row)

    def add_line(self, row) -> None:
        kv = self.net.bus.vn_kv[row.from_bus]
        ohm = kv**2 / (BASE_KVA / 1000.0)
        b = 2 * np.pi * self.net.f_hz * row.c_nf_per_km * 1e-9 * row.length_km * ohm
        r, x = (per_km * row.length_km / ohm for per_km in (row.r_ohm_per_km, row.x_ohm_per_km))
        ends = []
        for bus in (row.from_bus, row.to_bus):
            self.stubs += (row.Index, bus) in self.is_open
            ends.append(-self.stubs if (row.Index, bus) in self.is_open else self.at[bus])
        self.branches.append((*ends, r, x, b))

    def add_transformer(self, row) -> None:
        assert row.vn_hv_kv == self.net.bus.vn_kv[row.hv_bus]
        assert row.vn_lv_kv == self.net.bus.vn_kv[row.lv_bus]
        assert row.pfe_kw == row.i0_percent == 0
        base = BASE_KVA / 1000.0 / row.sn_mva / 100.0
        r, z = row.vkr_percent * base, row.vk_percent * base
        self.branches.append((self.at[row.hv_bus], self.at[row.lv_bus], r, np.sqrt(z**2 - r**2), 0.0))

    def solve(self):
        """Grow the tree from the external grid; node names, the grid, its branch of each node, flow and branch flow."""
        names, parent, branch = [self.at[self.net.ext_grid.bus[0]]], [-1], [-1]
        for name in names:
            for row, (start, end, *_) in enumerate(self.branches):
                if row not in branch and name in (start, end):
                    names.append(end if name == start else start)
                    parent.append(names.index(name))
                    branch.append(row)
        r, x, b = (np.array([0.0 if row < 0 else self.branches[row][k] for row in branch]) for k in (2, 3, 4))
        grid = RadialGrid(parent, r, x, 0.0, b, 1.0, BASE_KVA, float(self.net.ext_grid.vm_pu[0]))
        p, q = np.zeros(len(names)), np.zeros(len(names))
        for load in self.net.load.itertuples():
            p[names.index(self.at[load.bus])] += load.p_mw * 1000.0
            q[names.index(self.at[load.bus])] += load.q_mvar * 1000.0
        flow = solve(grid, p, q)
        assert flow.settled.all()
        return names, np.array(branch), flow, branch_flow(grid, p, q, flow)


def same_digits(value: float, printed: str) -> bool:
    """Whether the value rounds to the printed digits."""
    decimals = len(printed.partition(".")[2])
    return abs(value - float(printed)) <= 0.5 * 10.0**-decimals * (1 + 1e-6)


@pytest.mark.parametrize("case", PUBLISHED.values(), ids=PUBLISHED)
def test_published_networks_are_reproduced_to_their_digits(case):
    network = Published(case["network"])
    names, branch, flow, branches = network.solve()
    voltage = dict(zip(names, flow.voltage_pu[:, 0], strict=True))
    by_name = {name: voltage[network.at[bus]] for bus, name in network.net.bus["name"].items()}
    for name, printed in case.get("voltage_pu", {}).items():
        assert same_digits(by_name[name], printed), (name, by_name[name], printed)
    if "voltage_min_pu" in case:
        assert same_digits(min(voltage.values()), case["voltage_min_pu"])
    if "external_mw" in case:
        assert same_digits(branches.p_kw[0, 0] / 1000.0, case["external_mw"])
        assert same_digits(branches.q_kvar[0, 0] / 1000.0, case["external_mvar"])
    if "line_loss_mw" in case:
        is_line = (branch >= 0) & (branch < network.lines)
        assert same_digits(branches.loss_kw[is_line].sum() / 1000.0, case["line_loss_mw"])
    for row, printed in enumerate(case.get("transformer_loading_pct", [])):
        current = branches.current_pu[branch == network.lines + row].item()
        loading = 100.0 * current * BASE_KVA / 1000.0 / network.net.trafo.sn_mva[row]
        assert same_digits(loading, printed), (row, loading, printed)
