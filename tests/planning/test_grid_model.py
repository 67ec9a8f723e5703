"""The network as columns and as input of power-grid-model; the same figures in pandapower."""

from __future__ import annotations

import numpy as np
import pytest
from power_grid_model import ComponentType

from rasana.planning.grid_model import (
    CABLE_LENGTH_MIN_M,
    STIFF_VA,
    grid_input,
    load_states,
    make_grid,
    secondary_voltage_pu,
    solve,
    with_loads,
)
from tests.planning.small_networks import CATALOGUE, STANDARD, two_on_a_ring


@pytest.fixture
def case():
    return two_on_a_ring(tap_pct=2.5)


@pytest.fixture
def grid(case):
    return make_grid(case.estate, case.standard, case.catalogue, case.network)


WANTED = {ComponentType.node: {"u_pu"}, ComponentType.transformer: {"p_to", "q_to"}}


def solved(grid, load_va, update=None):
    dataset = with_loads(grid, grid_input(grid, np.arange(len(grid.cable_start))), grid.plot_node, load_va)
    found, ok = solve(dataset, WANTED, update(dataset) if update else None)
    assert ok
    return found


def test_parallel_cables_share_impedance_and_add_capacitance_and_withstand(case, grid):
    cables = case.network.cables
    cables.loc[cables["id"] == "LV-T001-1", "parallel"] = 2
    double = make_grid(case.estate, case.standard, case.catalogue, case.network)
    at = int(np.flatnonzero(cables["id"] == "LV-T001-1")[0])
    for name, factor in (("cable_r", 0.5), ("cable_x", 0.5), ("cable_c", 2.0), ("cable_withstand_ka", 2.0)):
        assert getattr(double, name)[at] == pytest.approx(factor * getattr(grid, name)[at])


def test_a_cable_without_length_keeps_an_impedance(case):
    case.network.cables.loc[3, "length_m"] = 0.0
    grid = make_grid(case.estate, case.standard, case.catalogue, case.network)
    assert grid.cable_x[3] == pytest.approx(
        CATALOGUE.lv_cables.x_ohm_per_km[CATALOGUE.lv_cables.name.index("NAYY 4x150")] * CABLE_LENGTH_MIN_M / 1000.0
    )
    solved(grid, np.full(6, 10e3 + 5e3j))


def test_cables_are_as_warm_as_their_insulation_bears(grid):
    assert grid.cable_r[0] / grid.cable_r20[0] == pytest.approx(1 + 0.00403 * 70)  # XLPE at 90
    assert grid.cable_r[3] / grid.cable_r20[3] == pytest.approx(1 + 0.00403 * 50)  # PVC at 70
    assert grid.cable_r_fault[3] / grid.cable_r20[3] == pytest.approx(1 + 0.00403 * 60)


def test_a_supply_point_holds_its_voltage_under_load(grid):
    found = solved(grid, np.full(6, 40e3 + 20e3j))
    np.testing.assert_allclose(found[ComponentType.node]["u_pu"][grid.supply_node], 1.0, atol=1e-8)
    assert STIFF_VA > 1e12


def test_the_two_bus_equation_is_power_flows_within_a_hundredth_of_a_volt(grid):
    found = solved(grid, np.full(6, 25e3 + 12e3j))
    node, transformer = found[ComponentType.node]["u_pu"], found[ComponentType.transformer]
    busbar = secondary_voltage_pu(
        grid, node[grid.transformer_mv], -transformer["p_to"] / 1000.0, -transformer["q_to"] / 1000.0
    )
    np.testing.assert_allclose(busbar, node[grid.transformer_lv], atol=1e-6)


def test_power_that_no_voltage_can_carry_has_no_busbar_voltage(grid):
    assert np.isnan(secondary_voltage_pu(grid, np.ones(2), np.full(2, 1e5), np.full(2, 1e5))).all()


def test_states_of_a_batch_are_those_of_single_runs(grid):
    loads = np.array([np.full(6, 10e3 + 5e3j), np.full(6, 20e3 + 5e3j)])
    batch = solved(grid, loads[0], lambda dataset: load_states(dataset, loads))
    for state in range(2):
        np.testing.assert_allclose(
            batch[ComponentType.node]["u_pu"][state], solved(grid, loads[state])[ComponentType.node]["u_pu"], atol=1e-9
        )


def test_pandapower_finds_the_same_voltages(grid):
    pp = pytest.importorskip("pandapower")
    load_va = np.linspace(15e3, 30e3, 6) * (1 + 0.5j)
    net = pp.create_empty_network()
    for is_mv in grid.node_is_mv:
        pp.create_bus(net, grid.mv_voltage_v / 1e3 if is_mv else grid.lv_voltage_v / 1e3)
    for node in grid.supply_node:
        pp.create_ext_grid(net, node, grid.source_voltage_pu)
    for row in range(len(grid.cable_start)):
        line = pp.create_line_from_parameters(
            net, grid.cable_start[row], grid.cable_end[row], 1.0, grid.cable_r[row], grid.cable_x[row],
            grid.cable_c[row] * 1e9, 1.0,
        )  # fmt: skip
        if grid.cable_open[row]:
            pp.create_switch(net, grid.cable_end[row], line, "l", closed=False)
    for row in range(len(grid.transformer_kva)):
        pp.create_transformer_from_parameters(
            net, grid.transformer_mv[row], grid.transformer_lv[row], grid.transformer_kva[row] / 1e3, 20.0, 0.4,
            vk_percent=grid.transformer_uk[row] * 100,
            vkr_percent=grid.transformer_load_loss_kw[row] / grid.transformer_kva[row] * 100,
            pfe_kw=grid.transformer_no_load_loss_kw[row], i0_percent=grid.transformer_no_load_current[row] * 100,
            tap_side="hv", tap_neutral=0, tap_min=-2, tap_max=2, tap_step_percent=STANDARD.tap_step_pct, tap_pos=-1,
            tap_changer_type="Ratio",
        )  # fmt: skip
    for node, power in zip(grid.plot_node, load_va, strict=True):
        pp.create_load(net, node, power.real / 1e6, power.imag / 1e6)
    pp.runpp(net, trafo_model="pi", tolerance_mva=1e-10, numba=False)
    np.testing.assert_allclose(solved(grid, load_va)[ComponentType.node]["u_pu"], net.res_bus["vm_pu"], atol=1e-8)
