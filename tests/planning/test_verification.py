"""Two transformers on a ring by hand: flows, voltages, taps, outages, what a dead or impossible network says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from rasana.planning.catalogue import operating_resistance_ohm_per_km
from rasana.planning.grid_model import make_grid, secondary_voltage_pu
from rasana.planning.verification import choose_taps, verify
from tests.planning.small_networks import CATALOGUE, STANDARD, SUPPLY, two_on_a_ring

SQRT3 = np.sqrt(3.0)


def codes(case):
    return {finding.code for finding in verify(*case.arguments).findings}


def facts_of(case):
    return verify(*case.arguments).facts


def row(table, name, key="id"):
    return table.set_index(key).loc[name]


def group_kw(count, kw, g=0.4):
    """Coincident peak of equal units."""
    return g * count * kw + np.sqrt(count) * (1 - g) * kw


@pytest.fixture(scope="module")
def sound():
    case = two_on_a_ring()
    return case, verify(*case.arguments)


def test_a_sound_network_has_no_findings(sound):
    assert sound[1].findings == ()


def test_the_state_of_the_loads_is_every_transformers_coincident_peak(sound):
    plots = sound[1].facts.plots
    by_transformer = plots["load_kw"].groupby(plots["plot_id"].str[:4]).sum()
    np.testing.assert_allclose(by_transformer, group_kw(3, 20.0))
    np.testing.assert_allclose(plots["load_kvar"], plots["load_kw"] * np.tan(np.arccos(0.9)))


def test_sections_carry_the_coincident_peak_of_what_is_behind_them(sound):
    cables = sound[1].facts.cables
    for place in (1, 2, 3):
        expected = group_kw(4 - place, 20.0) / 0.9 * 1000 / (SQRT3 * 400.0)
        main = row(cables, f"LV-T001-{place}")
        assert main["nominal_a"] == pytest.approx(expected)
        # At less than nominal voltage and with the losses behind it, more flows, but not much.
        assert 1.005 * expected < main["peak_a"] < 1.03 * expected
    assert row(cables, "SV-T001-3")["nominal_a"] == pytest.approx(20.0 / 0.9 * 1000 / (SQRT3 * 400.0))


def test_drop_to_the_last_meter_adds_up_by_hand(sound):
    _, result = sound
    main = CATALOGUE.lv_cables.name.index("NAYY 4x150")
    service = CATALOGUE.service_cables.name.index("NYY 4x16")
    tangent = np.tan(np.arccos(0.9))
    drop = 0.0
    for count in (3, 2, 1):
        r = operating_resistance_ohm_per_km(CATALOGUE.lv_cables, STANDARD)[main] * 0.060
        x = CATALOGUE.lv_cables.x_ohm_per_km[main] * 0.060
        drop += group_kw(count, 20.0) * (r + x * tangent)
    r = operating_resistance_ohm_per_km(CATALOGUE.service_cables, STANDARD)[service] * 0.015
    x = CATALOGUE.service_cables.x_ohm_per_km[service] * 0.015
    drop += 20.0 * (r + x * tangent)
    assert row(result.facts.plots, "T001-3", "plot_id")["drop_pct"] == pytest.approx(drop * 1000 / 400**2 * 100)


def test_the_worst_voltage_is_that_of_the_coincident_drop(sound):
    plots = sound[1].facts.plots
    worst = row(plots, "T001-3", "plot_id")
    first = row(plots, "T001-1", "plot_id")
    assert worst["voltage_min_pu"] < first["voltage_min_pu"] < 1.0
    # Both hang on one busbar, so that their voltages differ as their drops do.
    assert first["voltage_min_pu"] - worst["voltage_min_pu"] == pytest.approx(
        (worst["drop_pct"] - first["drop_pct"]) / 100
    )
    assert sound[1].voltage_min_pu == pytest.approx(plots["voltage_min_pu"].min())


def test_losses_are_what_is_fed_in_and_not_drawn(sound):
    _, result = sound
    transformers = CATALOGUE.transformers
    at = int(np.flatnonzero(transformers.rating_kva == 250.0)[0])
    no_load = 2 * transformers.no_load_loss_kw[at]
    copper = 2 * transformers.load_loss_kw[at] * (group_kw(3, 20.0) / 0.9 / 250.0) ** 2
    assert no_load + copper < result.losses_kw < no_load + copper + 1.5
    assert row(result.facts.transformers, "T001")["peak_kva"] == pytest.approx(51.1, abs=0.1)


@pytest.mark.parametrize("tap_pct", [0.0, 2.5, 5.0, -2.5])
def test_a_tap_raises_the_secondary_voltage_by_the_shortened_winding(tap_pct):
    plain, tapped = facts_of(two_on_a_ring(kw=0.5)).plots, facts_of(two_on_a_ring(kw=0.5, tap_pct=tap_pct)).plots
    ratio = tapped["voltage_max_pu"] / plain["voltage_max_pu"]
    np.testing.assert_allclose(ratio, 1.0 / (1.0 - tap_pct / 100.0), rtol=1e-4)


def test_taps_stay_where_no_rise_is_needed():
    case = two_on_a_ring()
    np.testing.assert_array_equal(choose_taps(*case.arguments), [0.0, 0.0])


def test_the_smallest_rise_that_holds_the_last_meter_is_taken():
    case = two_on_a_ring(kw=42.0, main_m=90.0)
    low = facts_of(case).plots["voltage_min_pu"].min()
    assert low < STANDARD.lv_voltage_min_pu
    taps = choose_taps(*case.arguments)
    np.testing.assert_array_equal(taps, [2.5, 2.5])
    case.network.transformers["tap_pct"] = taps
    assert {"voltage_low", "voltage_high"}.isdisjoint(codes(case))


def test_a_high_source_is_answered_by_a_lower_tap():
    case = two_on_a_ring(kw=2.0).under(source_voltage_pu=1.06)
    assert "voltage_high" in codes(case)
    np.testing.assert_array_equal(choose_taps(*case.arguments), [-2.5, -2.5])


def test_where_no_tap_holds_the_nearest_is_taken():
    case = two_on_a_ring(kw=60.0, main_m=250.0, rating_kva=630.0)
    taps = choose_taps(*case.arguments)
    np.testing.assert_array_equal(taps, [5.0, 5.0])
    case.network.transformers["tap_pct"] = taps
    assert "voltage_low" in codes(case)


def test_the_two_bus_equation_agrees_with_power_flow(sound):
    case, result = sound
    grid = make_grid(case.estate, case.standard, case.catalogue, case.network)
    plots, transformers = result.facts.plots, result.facts.transformers
    served = plots["load_kw"].sum() / 2 + 1j * plots["load_kvar"].sum() / 2
    # LV losses lie between what the meters draw and what the busbar gives.
    given = transformers["peak_kva"].iloc[0]
    assert abs(served) < given
    busbar = secondary_voltage_pu(grid, np.ones(2), np.full(2, served.real), np.full(2, served.imag))
    highest = plots["voltage_min_pu"].max() + plots["drop_pct"].min() / 100
    np.testing.assert_allclose(busbar, highest, atol=5e-4)


def test_any_one_section_out_is_fed_from_the_other_side(sound):
    outages = sound[1].facts.outages
    assert outages["element"].tolist() == ["MV-0001", "MV-0002", "MV-0003", "S-1", "S-2"]
    assert outages["kind"].tolist() == ["section"] * 3 + ["supply"] * 2
    assert outages["ok"].all()
    assert (outages["unsupplied_kva"] == 0.0).all()


def test_with_the_first_section_out_the_last_carries_the_whole_ring(sound):
    last = row(sound[1].facts.cables, "MV-0003")
    assert last["outage_element"] == "MV-0001"
    whole = group_kw(6, 20.0) / 0.9
    assert whole < last["outage_a"] * SQRT3 * 20.0 < 1.1 * whole + 2 * 1.5
    normal = row(sound[1].facts.cables, "MV-0001")
    half = group_kw(3, 20.0) / 0.9
    assert half < normal["peak_a"] * SQRT3 * 20.0 < 1.1 * half


def test_a_supply_point_gives_more_when_the_other_is_out(sound):
    supplies = sound[1].facts.supplies
    assert row(supplies, "S-1")["peak_kva"] == pytest.approx(51.1, abs=0.2)
    assert row(supplies, "S-1")["outage_kva"] == pytest.approx(group_kw(6, 20.0) / 0.9 + 2 * 1.4, abs=1.0)


def test_a_ring_on_one_supply_point_is_warned_of_and_dies_with_it():
    case = two_on_a_ring(same_supply=True)
    result = verify(*case.arguments)
    assert [(finding.code, finding.severity) for finding in result.findings] == [("ring_single_supply", "warning")]
    outages = result.facts.outages.set_index("element")
    assert outages.loc[["MV-0001", "MV-0002", "MV-0003"], "ok"].all()
    assert outages.loc["S-1", "unsupplied_kva"] == pytest.approx(group_kw(6, 20.0) / 0.9)
    assert not outages.loc["S-1", "ok"]


def test_a_spur_is_named_as_no_ring_and_as_load_that_one_section_leaves_dead():
    case = two_on_a_ring()
    cables = case.network.cables
    cables.loc[cables["id"] == "MV-0003", ["from_node", "from_row"]] = ["T001.mv", cables["from_row"][1]]
    keep = cables["id"] != "MV-0002"
    network = replace(case.network, cables=cables[keep].reset_index(drop=True))
    found = verify(*replace(case, network=network).arguments).findings
    named = {(finding.code, finding.subject_id) for finding in found}
    assert ("ring_missing", "T002") in named
    assert ("n1_unsupplied", "MV-0003") in named


def test_a_plot_without_a_service_is_named():
    case = two_on_a_ring()
    case.network.plots.loc[5, "node_row"] = -1
    keep = case.network.cables["id"] != "SV-T002-3"
    network = replace(case.network, cables=case.network.cables[keep].reset_index(drop=True))
    result = verify(*replace(case, network=network).arguments)
    assert [(finding.code, finding.subject_id) for finding in result.findings] == [("plot_not_supplied", "T002-3")]
    assert np.isnan(result.facts.plots["voltage_min_pu"].iloc[5])


def test_a_meter_that_nothing_feeds_is_named_too():
    case = two_on_a_ring()
    keep = case.network.cables["id"] != "LV-T002-3"
    network = replace(case.network, cables=case.network.cables[keep].reset_index(drop=True))
    assert ("plot_not_supplied", "T002-3") in {
        (finding.code, finding.subject_id) for finding in verify(*replace(case, network=network).arguments).findings
    }


def test_a_closed_ring_is_refused():
    case = two_on_a_ring()
    case.network.cables["normally_open"] = False
    with pytest.raises(ValueError, match="not radial"):
        verify(*case.arguments)


def test_a_load_beyond_any_solution_is_named_and_not_raised():
    case = two_on_a_ring(kw=900.0, main_m=300.0)
    found = codes(case)
    assert {"power_flow_unsolved", "transformer_overload", "lv_overload", "lv_drop", "voltage_low"} <= found
    choose_taps(*case.arguments)


def test_single_phase_services_load_one_conductor_and_drop_six_times_as_much():
    three, one = facts_of(two_on_a_ring(kw=3.0)), facts_of(two_on_a_ring(kw=3.0, phases=[1] * 6))
    name = "SV-T001-1"
    assert row(one.cables, name)["nominal_a"] == pytest.approx(3 * row(three.cables, name)["nominal_a"])
    service = CATALOGUE.service_cables.name.index("NYY 4x16")
    r = operating_resistance_ohm_per_km(CATALOGUE.service_cables, STANDARD)[service] * 0.015
    x = CATALOGUE.service_cables.x_ohm_per_km[service] * 0.015
    extra = 5 * 3.0 * (r + x * np.tan(np.arccos(0.9))) * 1000 / 400**2 * 100
    assert (one.plots["drop_pct"] - three.plots["drop_pct"]).to_numpy() == pytest.approx(extra)
    assert sorted(one.plots["phase"][:3]) == [0, 1, 2]


def test_the_fullest_phase_counts_where_single_phase_load_unbalances_a_main():
    phases = [1, 3, 3, 3, 3, 3]
    three, mixed = facts_of(two_on_a_ring(kw=6.0)).cables, facts_of(two_on_a_ring(kw=6.0, phases=phases)).cables
    # The single-phase plot draws 6 kW times the transformer's coincidence on one phase, a third of it before.
    coincidence = group_kw(3, 6.0) / 18.0
    extra = 2 / 3 * 6.0 * coincidence / 0.9 * 1000 / (400.0 / SQRT3)
    balanced = 18.0 * coincidence / 0.9 * 1000 / (SQRT3 * 400.0)
    assert row(mixed, "LV-T001-1")["peak_a"] == pytest.approx(balanced + extra, rel=0.02)
    assert row(mixed, "LV-T001-1")["peak_a"] > 1.5 * row(three, "LV-T001-1")["peak_a"]
    assert row(mixed, "LV-T002-1")["peak_a"] == pytest.approx(row(three, "LV-T002-1")["peak_a"], rel=1e-4)


def test_unbalance_grows_with_single_phase_load_and_is_nought_without():
    assert facts_of(two_on_a_ring(kw=6.0)).unbalance.empty
    mixed = facts_of(two_on_a_ring(kw=6.0, phases=[1, 3, 3, 3, 3, 3])).unbalance.set_index("id")["unbalance_pct"]
    assert mixed["T001-N3"] > mixed["T001.lv"] > 10 * mixed["T002.lv"]
    case = two_on_a_ring(kw=40.0, main_m=300.0, phases=[1, 3, 3, 3, 3, 3])
    found = [f for f in verify(*case.arguments).findings if f.code == "unbalance"]
    assert {finding.subject_id for finding in found} <= {"T001-N1", "T001-N2", "T001-N3", "P-T001-2", "P-T001-3"}
    assert all(finding.value > finding.limit == STANDARD.unbalance_limit_pct for finding in found)
    assert found


def test_supply_points_without_figures_have_the_standards():
    bare = SUPPLY | {"capacity_kva": np.nan, "fault_mva": np.nan}
    facts = facts_of(two_on_a_ring(supply=bare))
    assert set(facts.supplies["capacity_kva"]) == {STANDARD.default_capacity_kva}
    level = STANDARD.default_fault_mva / (SQRT3 * 20.0)
    assert row(facts.busbars, "S-1")["fault_max_ka"] == pytest.approx(level)


def test_the_same_network_gives_the_same_figures_twice():
    first, second = (verify(*two_on_a_ring(phases=[1] * 6).arguments) for _ in range(2))
    pd.testing.assert_frame_equal(first.facts.cables, second.facts.cables, check_exact=True)
    pd.testing.assert_frame_equal(first.facts.plots, second.facts.plots, check_exact=True)
    assert first.findings == second.findings


def test_a_rise_is_taken_for_a_single_phase_meter_that_only_its_own_phase_brings_too_low():
    case = two_on_a_ring(kw=20.0, main_m=130.0, phases=[1, 3, 3, 3, 3, 3])
    balanced = two_on_a_ring(kw=20.0, main_m=130.0)
    assert choose_taps(*balanced.arguments)[0] < choose_taps(*case.arguments)[0]
    case.network.transformers["tap_pct"] = choose_taps(*case.arguments)
    assert "voltage_low" not in codes(case)


@pytest.mark.parametrize("level", ["mv", "lv", "service"])
def test_a_network_without_cables_of_one_level_supplies_nobody_and_says_so(level):
    case = two_on_a_ring()
    keep = case.network.cables["level"] != level
    network = replace(case.network, cables=case.network.cables[keep].reset_index(drop=True))
    result = verify(*replace(case, network=network).arguments)
    dead = [finding.subject_id for finding in result.findings if finding.code == "plot_not_supplied"]
    assert dead == result.facts.plots["plot_id"].tolist()
    assert result.facts.plots["voltage_min_pu"].isna().all()
    choose_taps(*replace(case, network=network).arguments)


def test_plots_without_demand_break_no_rule():
    result = verify(*two_on_a_ring(kw=0.0).arguments)
    assert result.findings == ()
    assert result.voltage_min_pu == pytest.approx(1.0, abs=2e-4)
