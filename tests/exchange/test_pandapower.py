"""The pandapower file runs as it is and agrees with the study's own power flow."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from power_grid_model import ComponentType

from rasana.exchange.pandapower import write_pandapower
from rasana.planning.grid_model import grid_input, make_grid, solve, with_loads
from tests.exchange.sample import LOAD_KVAR, LOAD_KW, sample_study

pandapower = pytest.importorskip("pandapower")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study():
    return sample_study()


@pytest.fixture(scope="module")
def net(study, tmp_path_factory):
    path = tmp_path_factory.mktemp("pandapower") / "network.pandapower.json"
    write_pandapower(study, path)
    loaded = pandapower.from_json(str(path))
    pandapower.runpp(loaded)
    return loaded


def test_the_file_loads_and_runs_as_it_is(study, net):
    assert net.converged
    assert list(net.bus["name"]) == list(study.network.nodes["id"])
    assert net.load["p_mw"].sum() == pytest.approx(LOAD_KW * len(study.plots) / 1000.0)
    assert net.res_bus["vm_pu"].notna().all()


def test_its_voltages_are_those_of_power_grid_model(study, net):
    grid = make_grid(study.estate, study.standard, study.catalogue, study.network)
    every_cable = np.arange(len(grid.cable_start))
    power = np.full(len(study.plots), complex(LOAD_KW, LOAD_KVAR) * 1000.0)
    dataset = with_loads(grid, grid_input(grid, every_cable), grid.plot_node, power)
    result, exact = solve(dataset, {ComponentType.node: {"u_pu"}})
    assert exact
    voltages = np.empty(grid.nodes)
    voltages[dataset[ComponentType.node]["id"]] = result[ComponentType.node]["u_pu"].ravel()
    # What is left is pandapower's T model of the no-load branch against the pi model of power-grid-model.
    np.testing.assert_allclose(net.res_bus["vm_pu"].to_numpy(), voltages, atol=2e-6, rtol=0.0)


def test_the_tap_raises_the_low_voltage(study, net, tmp_path):
    flat = study.network.transformers.assign(tap_pct=0.0)
    network = dataclasses.replace(study.network, transformers=flat)
    write_pandapower(dataclasses.replace(study, network=network), tmp_path / "flat.json")
    lower = pandapower.from_json(str(tmp_path / "flat.json"))
    pandapower.runpp(lower)
    busbar = study.network.transformers["node_lv"].iloc[0]
    rise = net.res_bus["vm_pu"][busbar] - lower.res_bus["vm_pu"][busbar]
    assert rise == pytest.approx(0.0256, abs=0.001)


def test_open_points_are_open_switches_and_their_cables_carry_nothing(study, net):
    opened = study.network.cables["normally_open"].to_numpy()
    assert sorted(net.switch["element"]) == list(np.flatnonzero(opened))
    assert not net.switch["closed"].any()
    np.testing.assert_allclose(net.res_line["p_to_mw"].to_numpy()[opened], 0.0, atol=1e-12)


def test_a_cables_loading_is_told_against_its_derated_rating(study, net):
    current_ka = net.res_line["i_ka"]
    expected = current_ka / (study.network.cables["rating_a"].to_numpy() / 1000.0) * 100.0
    np.testing.assert_allclose(net.res_line["loading_percent"], expected, rtol=1e-9)


def test_plots_that_are_not_supplied_have_no_load(study, tmp_path):
    plots = study.network.plots.assign(node_row=[-1, *study.network.plots["node_row"][1:]])
    network = dataclasses.replace(study.network, plots=plots)
    write_pandapower(dataclasses.replace(study, network=network), tmp_path / "net.json")
    assert len(pandapower.from_json(str(tmp_path / "net.json")).load) == len(study.plots) - 1


def test_the_same_study_gives_the_same_bytes(study, tmp_path):
    for name in ("one", "two"):
        write_pandapower(study, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
