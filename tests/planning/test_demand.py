"""Demand: coincidence holds its laws for any mix of units; every way figures may be given; hours of the year."""

from __future__ import annotations

import re
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from rasana.exchange import words
from rasana.planning import catalogue_tables, demand, figures, hourly, standard
from rasana.planning.catalogue import load_catalogue
from rasana.planning.demand import Demand, coincident, estimate, rusck_factor
from rasana.planning.estate import Estate
from rasana.planning.finding import Refused, Status
from rasana.planning.hourly import day_types, hourly_check, hourly_shapes, load_by_class, seasons, temperature_c
from rasana.planning.standard import Standard, load_standard

IRAN, EUROPE = load_standard("iran"), load_standard("europe")
CATALOGUE = load_catalogue("iran")
FLAT = load_standard("iran", [(2, {"key": "demand_growth_pct_per_year", "value": "0"})])
"""The Iranian standard without growth."""
NUMBERS = ("units", "floor_area_m2", "connected_kw", "demand_kw", "phases")


def estate_of(*plots: dict[str, object]) -> Estate:
    """An estate with these plots; what a plot does not say is not given."""
    columns: dict[str, object] = {
        "plot_id": [str(plot.get("plot_id", f"P{row}")) for row, plot in enumerate(plots)],
        "trade": [plot.get("trade", "") for plot in plots],
    }
    columns |= {name: np.array([plot.get(name, np.nan) for plot in plots], dtype=np.float64) for name in NUMBERS}
    table = gpd.GeoDataFrame(columns, geometry=[Point(row, 0) for row in range(len(plots))], crs="EPSG:32639")
    empty = table.iloc[:0]
    return Estate("test", "EPSG:32639", table, empty, empty, empty, empty, empty, empty)


def demand_of(*plots: dict[str, object], standard: Standard = FLAT) -> Demand:
    return estimate(estate_of(*plots), standard, CATALOGUE)


units = st.lists(st.tuples(st.floats(0.01, 500.0), st.floats(0.0, 1.0), st.floats(0.5, 1.0)), min_size=1, max_size=30)


def parts(group: list[tuple[float, float, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    peak, g, power_factor = np.array(group).T
    reactive = peak * np.sqrt(1.0 / power_factor**2 - 1.0)
    return g * peak, (1.0 - g) * peak, g * reactive, (1.0 - g) * reactive


@given(units)
def test_a_group_peaks_no_higher_than_the_sum_and_no_lower_than_its_largest(group):
    a, b, _, _ = parts(group)
    peak = float(coincident(a, b))
    assert peak <= (a + b).sum() * (1.0 + 1e-12)
    assert peak >= (a + b).max() * (1.0 - 1e-12)


@given(units, units)
def test_a_group_never_peaks_lower_when_plots_join_it_nor_higher_than_both_groups_together(group, joining):
    a, b, _, _ = parts(group)
    a_joining, b_joining, _, _ = parts(joining)
    together = float(coincident(np.concatenate([a, a_joining]), np.concatenate([b, b_joining])))
    alone = float(coincident(a, b))
    assert together >= alone * (1.0 - 1e-12)
    assert together <= (alone + float(coincident(a_joining, b_joining))) * (1.0 + 1e-12)


@given(units)
def test_the_same_holds_for_apparent_power(group):
    a, b, a_kvar, b_kvar = parts(group)
    each = np.hypot(a + b, a_kvar + b_kvar)
    peak = float(np.hypot(coincident(a, b), coincident(a_kvar, b_kvar)))
    fewer = float(np.hypot(coincident(a[1:], b[1:]), coincident(a_kvar[1:], b_kvar[1:])))
    assert each.max() * (1.0 - 1e-12) <= peak <= each.sum() * (1.0 + 1e-12)
    assert fewer <= peak * (1.0 + 1e-12)


@given(st.integers(1, 2000), st.floats(0.01, 500.0), st.floats(0.0, 1.0))
def test_equal_units_peak_by_ruscks_factor(count, peak, g):
    group = float(coincident(np.full(count, g * peak), np.full(count, (1.0 - g) * peak)))
    assert group == pytest.approx(count * peak * rusck_factor(g, count), rel=1e-9)


@given(st.integers(1, 60), st.floats(0.1, 300.0))
def test_a_plot_of_equal_units_is_the_group_of_its_units(count, connected):
    one_plot = demand_of({"trade": "carpentry", "units": count, "connected_kw": connected * count})
    plots = demand_of(*({"trade": "carpentry", "connected_kw": connected} for _ in range(count)))
    assert one_plot.peak_kw[0] == pytest.approx(float(coincident(plots.a_kw, plots.b_kw)), rel=1e-9)
    assert one_plot.a_kw[0] == pytest.approx(plots.a_kw.sum(), rel=1e-9)
    assert one_plot.b_kvar[0] == pytest.approx(float(np.sqrt((plots.b_kvar**2).sum())), rel=1e-9)


def test_a_given_demand_is_the_plots_peak_whatever_its_units_and_grows_no_more():
    demand = demand_of(
        {"trade": "auto_repair", "units": 7, "demand_kw": 33.0},
        {"demand_kw": 50.0, "connected_kw": 20.0},
        standard=IRAN,
    )
    assert demand.peak_kw == pytest.approx([33.0, 50.0])
    assert demand.a_kw + demand.b_kw == pytest.approx([33.0, 50.0])
    assert demand.demand_given.tolist() == [True, True]
    assert demand.power_factor.tolist() == [0.80, 0.85]


def test_a_usual_unit_has_its_trades_load():
    demand = demand_of({"trade": "auto_repair"})
    assert demand.connected_kw[0] == 10.0
    assert demand.peak_kw[0] == demand.unit_peak_kw[0] == pytest.approx(4.0)
    assert demand.peak_kvar[0] == pytest.approx(4.0 * np.tan(np.arccos(0.80)))


def test_a_given_connected_load_times_the_demand_factor_of_the_trade_is_the_peak():
    assert demand_of({"trade": "metal_welding", "connected_kw": 50.0}).peak_kw[0] == pytest.approx(0.38 * 50.0)
    assert demand_of({"connected_kw": 50.0}).peak_kw[0] == pytest.approx(0.50 * 50.0)


def test_demand_grows_to_the_horizon_but_not_beyond_the_nameplate():
    demand = demand_of({"trade": "auto_repair"}, {"trade": "ev_charger_ac"}, standard=IRAN)
    assert demand.peak_kw[0] == pytest.approx(4.0 * 1.02**10)
    assert demand.peak_kw[1] == pytest.approx(22.0)


def test_the_estates_peak_rises_with_take_up_to_that_of_the_design():
    demand = demand_of(*({"trade": "auto_repair"} for _ in range(90)), {"demand_kw": 40.0}, standard=IRAN)
    assert (np.diff(demand.yearly_peak_kw) > 0.0).all()
    assert demand.yearly_peak_kw[-1] == pytest.approx(float(coincident(demand.a_kw, demand.b_kw)))
    assert len(demand.yearly_peak_kw) == IRAN.horizon_years + 1
    # Half are there at the midpoint; their peaks have not grown yet to those of the horizon.
    assert 0.3 < demand.yearly_peak_kw[4] / demand.yearly_peak_kw[-1] < 0.55


def test_floor_area_scales_a_unit_within_bounds_and_says_where_they_bind():
    areas = {"usual": 60.0, "twice": 120.0, "vast": 6000.0, "tiny": 5.0}
    demand = demand_of(*({"trade": "auto_repair", "floor_area_m2": area} for area in areas.values()))
    assert demand.connected_kw == pytest.approx([10.0, 20.0, 40.0, 4.0])
    (finding,) = demand.findings
    assert (finding.code, finding.subject_id, finding.value) == ("demand_area_unusual", "auto_repair", 2.0)
    assert demand_of({"trade": "dwelling", "floor_area_m2": 500.0}).findings == ()


def test_the_floor_area_of_a_plot_is_shared_by_its_units():
    demand = demand_of({"trade": "auto_repair", "units": 3, "floor_area_m2": 180.0})
    assert demand.connected_kw[0] == pytest.approx(30.0)


def test_a_plot_with_neither_trade_nor_figures_has_no_demand_and_is_counted():
    demand = demand_of({}, {"trade": "office"}, {"trade": "office", "units": 0})
    assert demand.peak_kw[0] == demand.peak_kvar[0] == demand.energy_mwh[0] == demand.connected_kw[0] == 0.0
    assert demand.peak_kw[2] == 0.0
    assert [(finding.code, finding.value) for finding in demand.findings] == [("demand_none", 1.0)]


def test_unknown_trades_are_refused_plot_by_plot_with_the_nearest_ones():
    with pytest.raises(Refused) as refused:
        demand_of({"plot_id": "17", "trade": "auto_repiar"}, {"trade": "office"}, {"plot_id": "19", "trade": "zoo"})
    assert [(fault.code, fault.subject_id) for fault in refused.value.faults] == [
        ("demand_trade_unknown", "17"),
        ("demand_trade_unknown", "19"),
    ]
    assert "auto_repair" in refused.value.faults[0].details["right"]


def test_an_estate_without_plots_has_no_demand():
    demand = demand_of()
    assert demand.peak_kw.shape == (0,)
    assert float(coincident(demand.a_kw, demand.b_kw)) == 0.0
    assert hourly_check(demand, IRAN) == ()


def test_services_keep_their_phases_and_follow_the_trades_share_else():
    plots = [{"trade": "auto_electric"} for _ in range(50)]
    demand = demand_of(*plots, {"trade": "auto_electric", "phases": 1}, {"trade": "office", "phases": 3})
    assert demand.phases[:50].tolist().count(3) == 15
    assert demand.phases[50:].tolist() == [1, 3]
    # Dealt out evenly: no stretch of plots is all one kind for longer than the share makes it.
    running = np.cumsum(demand.phases[:50] == 3)
    assert np.abs(running - 0.3 * np.arange(1, 51)).max() < 1.0


def test_a_large_service_is_three_phase_and_counts_towards_the_share():
    small, large = {"trade": "auto_electric"}, {"trade": "auto_electric", "demand_kw": 20.0}
    demand = demand_of(*([large] * 3), *([small] * 7))
    assert demand.phases.tolist() == [3, 3, 3, 1, 1, 1, 1, 1, 1, 1]


def test_every_assumed_figure_has_its_source_once_a_trade():
    demand = demand_of(
        *({"trade": "auto_repair"} for _ in range(20)), {"trade": "office", "demand_kw": 4.0, "phases": 1}
    )
    lines = [(line.subject, line.property) for line in demand.assumptions]
    assert len(lines) == len(set(lines))
    assert ("trade auto_repair", "connected_kw") in lines
    assert ("trade auto_repair", "three_phase_share") in lines
    assert ("trade office", "power_factor") in lines
    assert ("coincidence auto_workshops", "g_inf") in lines
    # What is given needs no figure of the trade.
    assert ("trade office", "connected_kw") not in lines
    assert ("trade office", "three_phase_share") not in lines
    assert all(line.source and line.value for line in demand.assumptions)
    given = next(line for line in demand.assumptions if line.property == "demand_kw given")
    assert (given.value, given.status) == ("1", Status.GIVEN)


def test_the_same_estate_gives_the_same_demand():
    plots = [{"trade": code, "floor_area_m2": 77.0} for code in CATALOGUE.trades.code]
    one, other = demand_of(*plots), demand_of(*plots)
    assert one.peak_kw.tobytes() == other.peak_kw.tobytes()
    assert one.assumptions == other.assumptions


def test_sixteen_thousand_plots_take_well_under_a_second():
    codes = CATALOGUE.trades.code
    estate = estate_of(
        *({"trade": codes[row % len(codes)], "floor_area_m2": 50.0 + row % 300} for row in range(16_000))
    )
    start = time.perf_counter()
    demand = estimate(estate, IRAN, CATALOGUE)
    hourly_check(demand, IRAN)
    assert time.perf_counter() - start < 0.5
    assert (demand.peak_kw > 0.0).all()


# Hours of the year


@pytest.mark.parametrize(
    ("profile", "hours"),
    [("g0", 4262), ("g1", 2147), ("g2", 4023), ("g3", 6529), ("g4", 4480), ("g5", 4036), ("h0", 4751)],
)
def test_profiles_without_cooling_have_the_hours_of_use_of_their_class(profile, hours):
    (shape,) = hourly_shapes([(profile, 0.0)], EUROPE)
    assert shape.max() == 1.0
    assert shape.sum() == pytest.approx(hours, rel=0.02)


def test_friday_has_the_sunday_shape_in_iran_and_thursday_the_saturday_shape():
    # The year begins on a Thursday.
    assert day_types(IRAN)[:9].tolist() == [1, 2, 0, 0, 0, 0, 0, 1, 2]
    assert day_types(EUROPE)[:9].tolist() == [0, 0, 1, 2, 0, 0, 0, 0, 0]
    (workshop,) = hourly_shapes([("g1", 0.03)], IRAN)
    days = workshop.reshape(365, 24).sum(axis=1)
    assert days[day_types(IRAN) == 2].max() < 0.4 * days[day_types(IRAN) == 0].min()


@pytest.mark.parametrize("profile", ["g0", "g1", "g4"])
def test_in_qom_workshops_and_shops_peak_in_summer(profile):
    (shape,) = hourly_shapes([(profile, 0.03)], IRAN)
    assert seasons()[int(shape.argmax()) // 24] == 2


def test_a_shop_in_iran_rests_after_noon_and_peaks_again_in_the_evening():
    (shop,) = hourly_shapes([("g4", 0.0)], IRAN)
    workday = shop.reshape(365, 24)[day_types(IRAN) == 0][0]
    assert workday[15] < 0.7 * workday[9:13].max()
    assert workday[17:20].min() > workday[14:17].max()
    assert workday[22:].max() < workday[17:20].min()


def test_the_temperature_year_has_a_july_of_qom():
    july = temperature_c(IRAN)[181 * 24 : 212 * 24]
    assert july.mean() == pytest.approx(34.0, abs=0.5)
    assert 41.0 <= july.max() <= 46.0
    assert july.min() == pytest.approx(24.0, abs=1.5)


def test_energy_is_the_coincident_part_over_the_hours():
    demand = demand_of({"trade": "bakery_gas", "units": 4}, {"trade": "office"}, {"trade": "auto_repair"})
    hours = demand.a_kw[:, None] * demand.shapes[demand.shape]
    assert demand.energy_mwh == pytest.approx(hours.sum(axis=1) / 1000.0)
    assert load_by_class(demand).sum() / 1000.0 == pytest.approx(demand.energy_mwh.sum())
    assert demand.shapes.max(axis=1) == pytest.approx(np.ones(len(demand.shapes)))


def test_formula_and_hours_agree_for_many_units_of_one_class():
    assert hourly_check(demand_of(*({"trade": "auto_repair"} for _ in range(911))), FLAT) == ()


def test_a_class_of_few_units_is_named_with_both_figures():
    demand = demand_of(*({"trade": "auto_repair"} for _ in range(9)))
    (finding,) = hourly_check(demand, FLAT)
    assert (finding.code, finding.subject_id) == ("coincidence_disagrees", "auto_workshops")
    assert finding.value == pytest.approx(9 * 4.0 * 0.4)
    assert finding.limit == pytest.approx(9 * 4.0 * rusck_factor(0.4, 9))


def test_the_class_that_peaks_at_another_hour_is_named():
    demand = demand_of({"trade": "dwelling", "units": 8000}, {"trade": "auto_repair", "units": 8000})
    codes = {finding.code: finding.subject_id for finding in hourly_check(demand, FLAT)}
    assert codes == {"coincidence_apart": "dwellings"}


def test_every_fault_and_note_of_the_numbers_has_a_sentence():
    modules = (figures, standard, catalogue_tables, demand, hourly)
    source = "".join(Path(module.__file__).read_text(encoding="utf-8") for module in modules)
    codes = set(re.findall(r'"(figure_[a-z0-9_]+|demand_[a-z_]+|coincidence_(?:apart|disagrees))"', source))
    codes -= {"demand_kw", "demand_factor", "demand_given"}
    assert {"figure_missing", "demand_none", "coincidence_apart"} <= codes
    assert {code for code in codes if not words.has_term(code)} == set()
