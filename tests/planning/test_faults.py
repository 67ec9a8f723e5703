"""Fault levels of the small ring by hand, and against power-grid-model's own short circuit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from power_grid_model import (
    ComponentType,
    DatasetType,
    FaultPhase,
    FaultType,
    PowerGridModel,
    ShortCircuitVoltageScaling,
    initialize_array,
)

from rasana.planning.catalogue import resistance_ohm_per_km
from rasana.planning.faults import clearing_times_s, fuse_rows
from rasana.planning.grid_model import grid_input, make_grid
from rasana.planning.shortcircuit import transformer_factor
from rasana.planning.verification import verify
from tests.planning.small_networks import CATALOGUE, STANDARD, SUPPLY, two_on_a_ring

SQRT3 = np.sqrt(3.0)
FUSES = CATALOGUE.fuses


def by_id(table):
    return table.set_index("id")


def test_fault_level_of_a_supply_point_is_the_given_one_and_of_a_station_the_nearer_ways():
    busbars = by_id(verify(*two_on_a_ring().arguments).facts.busbars)
    assert busbars.loc["S-1", "fault_max_ka"] == pytest.approx(350.0 / (SQRT3 * 20.0))
    at = CATALOGUE.mv_cables.name.index("NA2XS(F)2Y 3x1x150")
    source = 1.1 * 20.0**2 / 350.0
    x = source / np.hypot(1.0, STANDARD.default_fault_rx)
    way = complex(x * STANDARD.default_fault_rx, x)
    way += 0.4 * complex(CATALOGUE.mv_cables.r20_ohm_per_km[at], CATALOGUE.mv_cables.x_ohm_per_km[at])
    assert busbars.loc["T001.mv", "fault_max_ka"] == pytest.approx(1.1 * 20.0 / (SQRT3 * abs(way)))


def test_least_fault_at_the_last_pillar_by_hand():
    facts = verify(*two_on_a_ring().arguments).facts
    weak = STANDARD.c_min_mv * 0.4**2 / (350.0 * STANDARD.default_fault_min_share)
    x = weak / np.hypot(1.0, STANDARD.default_fault_rx)
    hot = STANDARD.conductor_temperature_fault_c
    mv, lv = CATALOGUE.mv_cables, CATALOGUE.lv_cables
    at = mv.name.index("NA2XS(F)2Y 3x1x150")
    # The farther way to the first station: two sections, from the other supply point.
    mv_ohm = 0.8 * complex(resistance_ohm_per_km(mv, hot)[at], mv.x_ohm_per_km[at]) * (0.4 / 20.0) ** 2
    base = 0.4**2 / 0.25
    row = int(np.flatnonzero(CATALOGUE.transformers.rating_kva == 250.0)[0])
    r = CATALOGUE.transformers.load_loss_kw[row] / 250.0
    uk = CATALOGUE.transformers.uk_pct[row] / 100.0
    transformer = base * complex(r, np.sqrt(uk**2 - r**2))
    zero = complex(transformer.real, transformer.imag * CATALOGUE.transformers.x0_ratio[row])
    at = lv.name.index("NAYY 4x150")
    cable = 0.180 * complex(resistance_ohm_per_km(lv, hot)[at], lv.x_ohm_per_km[at])
    source = complex(x * STANDARD.default_fault_rx, x)
    loop = (2 * (source + mv_ohm) + 2 * transformer + zero) / 3 + 2 * cable
    expected = STANDARD.c_min_lv * 0.4 / SQRT3 / abs(loop)
    feeder = by_id(facts.feeders).loc["T001-F1"]
    assert feeder["node"] == "T001-N3"
    assert feeder["fault_min_ka"] == pytest.approx(expected, rel=1e-6)
    fuse = FUSES.rating_a.tolist().index(160.0)
    assert feeder["clearing_s"] == pytest.approx(
        5.0 * (FUSES.current_5s_a[fuse] / expected / 1000) ** FUSES.time_exponent[fuse]
    )
    assert by_id(facts.cables).loc["LV-T001-3", "thermal_ka"] == pytest.approx(expected * np.sqrt(feeder["clearing_s"]))


def short_circuit(dataset, nodes, fault_type, scaling):
    faults = initialize_array(DatasetType.input, ComponentType.fault, len(nodes))
    faults["id"] = 10**6 + np.arange(len(nodes))
    faults["status"] = 0
    faults["fault_object"] = nodes
    faults["fault_type"] = fault_type
    faults["fault_phase"] = FaultPhase.default_value
    model = PowerGridModel({**dataset, ComponentType.fault: faults})
    update = initialize_array(DatasetType.update, ComponentType.fault, (len(nodes), len(nodes)))
    update["id"] = faults["id"]
    update["status"] = np.eye(len(nodes))
    found = model.calculate_short_circuit(
        update_data={ComponentType.fault: update}, short_circuit_voltage_scaling=scaling,
        output_component_types=[ComponentType.fault],
    )  # fmt: skip
    return np.diagonal(found[ComponentType.fault]["i_f"].max(axis=2))


@pytest.fixture
def plain_case():
    """A ring with its far supply point cut off, a transformer with Z0 = Z1, and what IEC 60909 neglects taken away."""
    case = two_on_a_ring()
    cables = case.network.cables
    cables = cables[cables["id"] != "MV-0003"].reset_index(drop=True)
    cables.loc[cables["id"] == "MV-0002", "normally_open"] = False
    types = CATALOGUE.transformers
    one, none = np.ones(len(types.name)), np.full(len(types.name), 1e-9)
    transformers = replace(types, r0_ratio=one, x0_ratio=one, no_load_loss_kw=none, no_load_current_pct=none)
    catalogue = replace(CATALOGUE, transformers=transformers)
    return replace(case, catalogue=catalogue, network=replace(case.network, cables=cables))


def test_least_earth_faults_agree_with_power_grid_model(plain_case):
    case = plain_case.under(c_min_lv=1.0)
    grid = make_grid(case.estate, case.standard, case.catalogue, case.network)
    dataset = grid_input(replace(grid, cable_r=grid.cable_r_fault), np.arange(len(grid.cable_start)))
    dataset[ComponentType.line]["c1"] = dataset[ComponentType.line]["c0"] = 1e-15
    dataset[ComponentType.source]["sk"] = 350e6 * STANDARD.default_fault_min_share / STANDARD.c_min_mv
    nodes = np.flatnonzero(~grid.node_is_mv)
    expected = short_circuit(dataset, nodes, FaultType.single_phase_to_ground, ShortCircuitVoltageScaling.minimum)
    facts = verify(*case.arguments).facts
    meters = grid.plot_node
    found = dict(zip(nodes, expected / 1000.0, strict=True))
    np.testing.assert_allclose(facts.plots["fault_min_ka"], [found[node] for node in meters], rtol=1e-4)


def test_largest_faults_agree_with_power_grid_model(plain_case):
    case = plain_case.under(c_max_lv=1.1)
    grid = make_grid(case.estate, case.standard, case.catalogue, case.network)
    factor = transformer_factor(
        1.1, grid.transformer_uk * 100, grid.transformer_load_loss_kw / grid.transformer_kva * 100
    )
    corrected = replace(
        grid, cable_r=grid.cable_r20, transformer_uk=grid.transformer_uk * factor,
        transformer_load_loss_kw=grid.transformer_load_loss_kw * factor,
    )  # fmt: skip
    dataset = grid_input(corrected, np.arange(len(grid.cable_start)))
    dataset[ComponentType.line]["c1"] = dataset[ComponentType.line]["c0"] = 1e-15
    dataset[ComponentType.source]["sk"] = SUPPLY["fault_mva"] * 1e6 / STANDARD.c_max_mv
    busbars = by_id(verify(*case.arguments).facts.busbars)
    names = ["T001.mv", "T002.mv", "T001.lv", "T002.lv"]
    nodes = np.array([case.network.nodes.index[case.network.nodes["id"] == name][0] for name in names])
    expected = short_circuit(dataset, nodes, FaultType.three_phase, ShortCircuitVoltageScaling.maximum)
    np.testing.assert_allclose(busbars.loc[names, "fault_max_ka"], expected / 1000.0, rtol=1e-4)


def test_a_fuse_clears_in_five_seconds_at_its_gate_sooner_above_and_never_below_its_rating():
    row = np.full(4, FUSES.rating_a.tolist().index(160.0))
    current = np.array([950.0, 1900.0, 160.0, 161.0])
    time = clearing_times_s(FUSES, row, current)
    assert time[0] == pytest.approx(5.0)
    assert time[1] == pytest.approx(5.0 / 2 ** FUSES.time_exponent[row[0]])
    assert time[2] == np.inf
    assert 1000.0 < time[3] < np.inf


def test_a_fuse_that_the_catalogue_does_not_know_is_no_fuse():
    assert fuse_rows(FUSES, np.array([160.0, 161.0, np.nan, 1e6])).tolist() == [
        FUSES.rating_a.tolist().index(160.0),
        -1,
        -1,
        -1,
    ]
    assert np.isnan(clearing_times_s(FUSES, np.array([-1]), np.array([500.0])))


def test_each_of_two_parallel_cables_has_half_the_fault_in_its_fuse():
    case = two_on_a_ring()
    cables = case.network.cables
    is_service = cables["id"] == "SV-T001-3"
    single = verify(*case.arguments).facts
    cables.loc[is_service, "parallel"] = 2
    cables.loc[is_service, "rating_a"] *= 2
    double = verify(*case.arguments).facts
    before, after = by_id(single.cables).loc["SV-T001-3"], by_id(double.cables).loc["SV-T001-3"]
    assert before["fault_min_ka"] < after["fault_min_ka"] < 2 * before["fault_min_ka"]
    assert after["clearing_s"] > before["clearing_s"]
