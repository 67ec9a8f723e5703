"""Reliability: RBTS Bus 2 and Bus 4, fault-by-fault search on random networks, the closed form of a design."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fault_by_fault import enumerate_faults
from benchmarks.reliability import CASES, SYSTEMS, case_indices, deviations_pct, read_system, rows
from rasana.planning.reliability import Elements, indices, interruptions, network_reliability, switching_h
from tests.planning.small_networks import CATALOGUE, MV, STANDARD, SUPPLY, Builder, make_demand

EXPECTED = [row for system in SYSTEMS.values() for row in rows("rbts_indices.csv", system)]
EXPECTED_POINTS = [row for system in SYSTEMS.values() for row in rows("rbts_load_point_indices.csv", system)]


@st.composite
def networks(draw: st.DrawFn) -> Elements:
    """Random elements in random order: one or two sources, devices and ties anywhere."""
    size = draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    parent = np.array([-1, *(rng.integers(-1 if rng.random() < 0.1 else 0, row) for row in range(1, size))])
    name = rng.permutation(size)
    shuffled = np.empty(size, np.int64)
    shuffled[name] = np.where(parent < 0, -1, name[parent])
    switching = rng.uniform(0.1, 2, size)
    return Elements(
        parent=shuffled,
        failures_per_year=rng.choice([0.0, 0.02, 0.3], size) * rng.uniform(0.5, 1, size),
        repair_h=switching + rng.uniform(0, 20, size),
        protected=rng.random(size) < draw(st.sampled_from([0.0, 0.2, 0.6])),
        switched=rng.random(size) < draw(st.sampled_from([0.0, 0.3, 0.8])),
        alternative=rng.random(size) < draw(st.sampled_from([0.0, 0.1, 0.3])),
        switching_h=switching,
    )


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda row: f"{row['system']} {row['case']} {row['feeder']}".strip())
def test_rbts_indices_are_those_of_the_computed_cases(expected):
    assert max(abs(deviation) for deviation in deviations_pct(expected).values()) < 0.1


@pytest.mark.parametrize("expected", EXPECTED_POINTS, ids=lambda row: f"{row['system']} {row['load_point']}")
def test_rbts_load_points_have_their_printed_digits(expected):
    system = read_system(expected["system"])
    found = interruptions(system.elements)
    at = system.row[system.load_point.index(expected["load_point"])]
    assert found.failures_per_year[at] == pytest.approx(float(expected["failures_per_year"]), abs=0.5001e-4)
    assert found.unavailability_h[at] == pytest.approx(float(expected["unavailability_h"]), abs=0.5001e-4)


def test_rbts_bus_4_without_alternative_supply_waits_for_repair_behind_the_fault():
    """Fault by fault: only what lies before a faulted main section returns before the repair."""
    system = read_system("RBTS Bus 4", alternative_supply=False)
    peer = indices(enumerate_faults(system.elements), system.row, system.customers, system.mean_kw)
    assert case_indices(system).ens_kwh == pytest.approx(peer.ens_kwh, rel=1e-12)
    assert case_indices(system).ens_kwh == pytest.approx(67_248, abs=1)


@pytest.mark.parametrize("system", SYSTEMS.values())
@pytest.mark.parametrize("case", CASES)
def test_rbts_cases_are_those_of_fault_by_fault_search(system, case):
    elements = read_system(system, **CASES[case]).elements
    found, peer = interruptions(elements), enumerate_faults(elements)
    assert np.abs(found.failures_per_year - peer.failures_per_year).max() < 1e-12
    assert np.abs(found.unavailability_h - peer.unavailability_h).max() < 1e-12


@given(networks())
def test_random_networks_are_those_of_fault_by_fault_search(elements):
    found, peer = interruptions(elements), enumerate_faults(elements)
    assert np.abs(found.failures_per_year - peer.failures_per_year).max() < 1e-12
    assert np.abs(found.unavailability_h - peer.unavailability_h).max() < 1e-12


@given(networks(), st.data())
def test_another_tie_or_disconnector_makes_no_supply_worse(elements, data):
    before = interruptions(elements)
    row = data.draw(st.integers(0, len(np.asarray(elements.parent)) - 1))
    for name in ("alternative", "switched"):
        added = np.array(getattr(elements, name))
        added[row] = True
        after = interruptions(replace(elements, **{name: added}))
        assert np.array_equal(after.failures_per_year, before.failures_per_year)
        assert np.all(after.unavailability_h <= before.unavailability_h + 1e-12)


@given(networks())
def test_nobody_is_out_more_often_than_everything_fails_nor_less_than_his_own_element(elements):
    found = interruptions(elements)
    rate = np.asarray(elements.failures_per_year)
    assert np.all(found.failures_per_year <= rate.sum() + 1e-12)
    assert np.all(found.failures_per_year >= rate - 1e-12)
    assert np.all(found.unavailability_h >= rate * np.asarray(elements.repair_h) - 1e-12)


def test_indices_follow_their_definitions():
    elements = Elements([-1, 0], [0.5, 0.1], [4.0, 10.0], [0, 1], [0, 0], [0, 0], 1.0)
    found = indices(interruptions(elements), [0, 1], [3, 1], [10.0, 20.0])
    # The first is out 0.5 times for 4 h (2 h a year), the second 0.1 times for 10 h more (3 h a year).
    assert found.saifi == pytest.approx((3 * 0.5 + 0.6) / 4)
    assert found.saidi_h == pytest.approx((3 * 2.0 + 3.0) / 4)
    assert found.caidi_h == pytest.approx(found.saidi_h / found.saifi)
    assert found.asai == pytest.approx(1 - found.saidi_h / 8760)
    assert found.ens_kwh == pytest.approx(10 * 2.0 + 20 * 3.0)
    assert found.aens_kwh == pytest.approx(found.ens_kwh / 4)


def test_indices_of_nobody_are_zero():
    elements = Elements([-1], [0.5], [4.0], [0], [0], [0], 1.0)
    found = indices(interruptions(elements), np.empty(0, np.int64), [], [])
    assert (found.saifi, found.saidi_h, found.caidi_h, found.asai, found.ens_kwh) == (0, 0, 0, 1, 0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"parent": [1, 0]}, "loop"),
        ({"failures_per_year": [0.1, -0.1]}, "failures_per_year is negative"),
        ({"repair_h": [1.0, np.inf]}, "repair_h is negative or not finite"),
        ({"switched": [0, 1, 1]}, "switched has"),
    ],
)
def test_what_is_no_network_is_refused(change, reason):
    sound = Elements([-1, 0], [0.1, 0.1], [1.0, 1.0], [0, 0], [0, 0], [0, 0], 1.0)
    with pytest.raises(ValueError, match=reason):
        interruptions(replace(sound, **change))


@st.composite
def designs(draw: st.DrawFn):
    """A designed network with one ring, the open section anywhere, and with it what the closed form needs."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    names = [f"T{number:03d}" for number in range(1, draw(st.integers(1, 5)) + 1)]
    open_at = draw(st.integers(0, len(names)))
    remote = draw(st.sampled_from([0.0, 0.4, 1.0]))
    net = Builder({"A": SUPPLY, "B": SUPPLY})
    for name in names:
        net.transformer(name, 250)
    places = ["S-A", *(f"{name}.mv" for name in names), "S-B"]
    half_km, outage_kwh, kw = [0.0, 0.0], 0.0, []
    for row, (start, end) in enumerate(pairwise(places)):
        metres = rng.uniform(50, 900)
        side = int(row > open_at)
        half_km[side] += metres / 1000
        towards = (end, start) if side else (start, end)
        net.cable(f"MV-{row}", "mv", MV, *towards, metres, ring_id="R1", normally_open=row == open_at)
    mean = rng.uniform(2, 9, 40)
    half_kw = [0.0, 0.0]
    rate = CATALOGUE.rates
    cable, unit = rate["lv_cable"], rate["transformer"]
    for place, name in enumerate(names):
        for feeder in range(rng.integers(1, 3)):
            before, feeder_kw, feeder_km = f"{name}.lv", 0.0, 0.0
            for pillar in range(rng.integers(1, 3)):
                node = f"N-{name}-{feeder}-{pillar}"
                net.node(node, "service", "lv")
                metres = rng.uniform(10, 80)
                net.cable(f"LV-{node}", "lv", "NAYY 4x150", before, node, metres, feeder_id=f"{name}-F{feeder}")
                feeder_km += metres / 1000
                before = node
                load, metres = mean[len(kw)], rng.uniform(5, 30)
                net.plot(f"p{len(kw)}", node, "NAYY 4x50", metres, name, f"{name}-F{feeder}")
                outage_kwh += cable.failures_per_year * metres / 1000 * cable.repair_h * load
                kw.append(load)
                feeder_kw += load
            outage_kwh += cable.failures_per_year * feeder_km * cable.repair_h * feeder_kw
            outage_kwh += unit.failures_per_year * unit.repair_h * feeder_kw
            half_kw[int(place >= open_at)] += feeder_kw
    standard = replace(STANDARD, remote_switch_share=remote)
    for km, load in zip(half_km, half_kw, strict=True):
        outage_kwh += rate["mv_cable"].failures_per_year * km * switching_h(standard) * load
    demand = replace(make_demand(kw), energy_mwh=np.array(kw) * 8.76, units=rng.integers(1, 9, len(kw)).astype(float))
    return net.case(demand, standard), outage_kwh


@given(designs())
def test_energy_not_supplied_of_a_design_is_the_closed_form(design):
    case, outage_kwh = design
    found = network_reliability(case.network, case.demand, case.standard, case.catalogue)
    assert found.ens_mwh * 1000 == pytest.approx(outage_kwh, rel=1e-12)


@given(designs())
def test_plots_make_up_the_system(design):
    case, _ = design
    found = network_reliability(case.network, case.demand, case.standard, case.catalogue)
    units = case.demand.units
    assert found.saifi == pytest.approx((found.plot_saifi * units).sum() / units.sum())
    assert found.saidi_h == pytest.approx((found.plot_saidi_h * units).sum() / units.sum())


def test_a_plot_that_is_not_supplied_has_no_figure_and_no_weight():
    net = Builder({"A": SUPPLY})
    net.transformer("T001", 250)
    net.cable("MV-1", "mv", MV, "S-A", "T001.mv", 1000.0)
    net.plot("p1", "T001.lv", "NAYY 4x50", 20.0, "T001", "T001-F1")
    net.plot("p2", "T001.lv", "NAYY 4x50", 20.0, "T001", "T001-F1")
    case = net.case(make_demand([10.0, 10.0]))
    whole = network_reliability(case.network, case.demand, case.standard, case.catalogue)
    case.network.plots.loc[1, "node_row"] = -1
    found = network_reliability(case.network, case.demand, case.standard, case.catalogue)
    assert np.isnan(found.plot_saifi[1])
    assert np.isnan(found.plot_saidi_h[1])
    assert found.saifi == pytest.approx(found.plot_saifi[0])
    assert found.ens_mwh == pytest.approx(whole.ens_mwh / 2)


def test_a_spur_waits_for_the_repair_of_its_medium_voltage_cable():
    net = Builder({"A": SUPPLY})
    net.transformer("T001", 250)
    net.cable("MV-1", "mv", MV, "S-A", "T001.mv", 1000.0)
    net.plot("p1", "T001.lv", "NAYY 4x50", 0.0, "T001", "T001-F1")
    case = net.case(make_demand([10.0]))
    found = network_reliability(case.network, case.demand, case.standard, case.catalogue)
    mv, unit = CATALOGUE.rates["mv_cable"], CATALOGUE.rates["transformer"]
    expected = mv.failures_per_year * mv.repair_h + unit.failures_per_year * unit.repair_h
    assert found.saidi_h == pytest.approx(expected)
