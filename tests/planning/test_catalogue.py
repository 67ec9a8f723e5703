"""Catalogues: figures of the standards, derating, a user's own rows, refusals by file, row and field."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasana.planning.catalogue import (
    clearing_time_s,
    depth_factor,
    derated_ampacity_a,
    grouping_factors,
    load_catalogue,
    operating_resistance_ohm_per_km,
    resistance_ohm_per_km,
    resistivity_factor,
    soil_factor,
)
from rasana.planning.catalogue_tables import CATALOGUE_NAMES, iec_60228
from rasana.planning.finding import Refused, Status
from rasana.planning.standard import load_standard

IRAN, EUROPE = load_catalogue("iran"), load_catalogue("europe")
CABLES = {"lv": IRAN.lv_cables, "service": IRAN.service_cables, "mv": IRAN.mv_cables}


def own(*rows: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    columns = ("table", "item", "property", "value", "unit", "status")
    return [(number, dict(zip(columns, row, strict=False))) for number, row in enumerate(rows, start=2)]


def faults_of(*rows: tuple[str, ...]) -> list[tuple[str, str, str]]:
    with pytest.raises(Refused) as refused:
        load_catalogue("iran", own(*rows), "mine.csv")
    return [(fault.code, fault.details["row"], fault.details["field"]) for fault in refused.value.faults]


@pytest.mark.parametrize("catalogue", [IRAN, EUROPE], ids=CATALOGUE_NAMES)
def test_every_figure_of_a_catalogue_has_source_and_status(catalogue):
    assert len({row.key for row in catalogue.rows}) == len(catalogue.rows)
    for row in catalogue.rows:
        assert row.source, row.key
        assert row.status in (Status.VERIFIED, Status.DERIVED, Status.DEFAULT)


@pytest.mark.parametrize("cables", CABLES.values(), ids=CABLES.keys())
def test_resistances_are_those_of_iec_60228(cables):
    for section, resistance, coefficient in zip(
        cables.section_mm2, cables.r20_ohm_per_km, cables.temperature_coefficient_per_k, strict=True
    ):
        metal = "copper" if coefficient == 0.00393 else "aluminium"
        assert resistance == iec_60228()[(metal, section)]


@pytest.mark.parametrize("cables", CABLES.values(), ids=CABLES.keys())
def test_a_thicker_cable_carries_more_and_resists_less(cables):
    assert (np.diff(cables.ampacity_a) > 0.0).all()
    assert (np.diff(cables.r20_ohm_per_km) < 0.0).all()
    assert (np.diff(cables.withstand_1s_ka) > 0.0).all()


def test_ladders_are_what_a_utility_stocks():
    assert IRAN.lv_cables.section_mm2.tolist() == [50.0, 70.0, 95.0, 150.0, 240.0]
    assert IRAN.mv_cables.section_mm2.tolist() == [95.0, 150.0, 185.0, 240.0, 300.0]
    assert IRAN.service_cables.price_per_m.min() < IRAN.lv_cables.price_per_m.min()


def test_transformers_of_tier_2_lose_what_the_regulation_admits():
    row = EUROPE.transformers.rating_kva.tolist().index(630.0)
    assert EUROPE.transformers.load_loss_kw[row] == 4.6
    assert EUROPE.transformers.no_load_loss_kw[row] == pytest.approx(0.6 * 0.9)
    assert EUROPE.transformers.uk_pct[row] == 4.0
    assert EUROPE.transformers.price[row] == 10_000.0


@pytest.mark.parametrize("catalogue", [IRAN, EUROPE], ids=CATALOGUE_NAMES)
def test_a_kva_gets_cheaper_and_loses_less_with_the_rating(catalogue):
    transformers = catalogue.transformers
    assert (np.diff(transformers.price / transformers.rating_kva) < 0.0).all()
    assert (transformers.load_loss_kw / transformers.rating_kva * 100.0 < transformers.uk_pct).all()


def test_iranian_prices_are_the_euro_figures_at_the_assumed_rate():
    dearer = load_catalogue("iran", own(("currency", "million rial", "per_eur", "1.5")))
    assert IRAN.currency == "million rial"
    assert IRAN.prices["trench_per_m"] == 10.0
    assert dearer.prices["trench_per_m"] == pytest.approx(15.0)
    assert dearer.transformers.price == pytest.approx(1.5 * IRAN.transformers.price)
    assert EUROPE.prices["trench_per_m"] + EUROPE.prices["cable_laying_per_m"] + 9.0 == pytest.approx(100.0)


def test_trades_name_a_class_and_a_shape_and_peak_below_their_nameplate():
    trades = IRAN.trades
    assert set(trades.coincidence_class) <= set(IRAN.coincidence)
    assert (trades.demand_factor <= 1.0).all()
    row = trades.row_of()["auto_repair"]
    assert trades.connected_kw[row] * trades.demand_factor[row] == pytest.approx(4.0)
    assert trades.g_inf[row] == 0.40


ESTATES = "auto_repair showroom car_service metal_welding iron_seller building_materials aluminium_upvc"
MAPS = "shop office warehouse restaurant workshop_general dwelling school mosque church hotel public_building garage"


@pytest.mark.parametrize("code", f"{ESTATES} {MAPS} general".split())
def test_the_trades_of_the_estates_and_of_maps_are_known(code):
    assert code in IRAN.trades.row_of()


def test_ground_of_qom_derates_as_the_tables_say():
    iran = load_standard("iran")
    pvc = soil_factor(IRAN.lv_cables, iran) * resistivity_factor(iran)
    xlpe = soil_factor(IRAN.mv_cables, iran) * resistivity_factor(iran)
    assert pvc == pytest.approx(0.72, abs=0.005)
    assert xlpe == pytest.approx(0.89 * 0.86, abs=0.005)
    assert depth_factor(IRAN.mv_cables, iran) == pytest.approx(0.96)
    assert derated_ampacity_a(IRAN.lv_cables, iran)[-1] == pytest.approx(364 * 0.72, rel=0.01)


def test_ground_of_the_reference_leaves_lv_cables_as_they_are():
    europe = load_standard("europe")
    assert derated_ampacity_a(EUROPE.lv_cables, europe) == pytest.approx(EUROPE.lv_cables.ampacity_a)


def test_ground_as_hot_as_the_conductor_carries_nothing():
    hot = load_standard("iran", [(2, {"key": "soil_temperature_c", "value": "60"})])
    assert (soil_factor(IRAN.lv_cables, hot) < 0.45).all()
    assert (soil_factor(IRAN.lv_cables, hot) > 0.0).all()


@given(st.floats(0.5, 4.0), st.floats(0.5, 4.0))
def test_drier_ground_carries_less(one, other):
    wet, dry = sorted((one, other))
    factors = [
        resistivity_factor(load_standard("iran", [(2, {"key": "soil_resistivity_km_per_w", "value": str(value)})]))
        for value in (wet, dry)
    ]
    assert factors[1] <= factors[0] + 1e-12


def test_grouping_holds_the_table_and_keeps_falling_past_it():
    factor = IRAN.grouping_factor
    assert factor[[0, 1, 2, 3, 4, 6]].tolist() == [1.0, 1.0, 0.85, 0.75, 0.68, 0.60]
    assert factor[5] == pytest.approx(0.64)
    assert (np.diff(factor[1:]) < 0.0).all()
    # Many cables in a trench carry more together than few, else a further cable would make things worse.
    assert (np.diff(factor[1:] * np.arange(1, len(factor))) > 0.0).all()


def test_grouping_of_a_table_with_one_row_stays_at_it():
    assert grouping_factors(np.array([1.0]), np.array([1.0]), 5).tolist() == [1.0] * 5


def test_resistance_grows_with_the_temperature():
    cold = resistance_ohm_per_km(IRAN.lv_cables, 20.0)
    assert cold == pytest.approx(IRAN.lv_cables.r20_ohm_per_km)
    assert resistance_ohm_per_km(IRAN.lv_cables, 70.0) == pytest.approx(cold * 1.2015)
    operating = operating_resistance_ohm_per_km(IRAN.mv_cables, load_standard("iran"))
    assert operating == pytest.approx(IRAN.mv_cables.r20_ohm_per_km * (1.0 + 0.00403 * 70.0))


def test_a_fuse_clears_its_gate_current_in_five_seconds_and_more_current_sooner():
    row = IRAN.fuses.rating_a.tolist().index(250.0)
    assert clearing_time_s(IRAN.fuses, row, 1650.0) == pytest.approx(5.0)
    assert clearing_time_s(IRAN.fuses, row, 1650.0 * 2996 / 1770) == pytest.approx(0.4, rel=0.01)
    assert clearing_time_s(IRAN.fuses, row, 250.0) == float("inf")


def test_a_users_figure_takes_the_packaged_ones_place():
    rows = own(("prices", "trench_per_m", "price", "22", "million rial"), ("fuses", "gG 500", "stocked", "0"))
    mine = load_catalogue("iran", rows, "mine.csv")
    assert mine.prices["trench_per_m"] == 22.0
    assert 500.0 not in mine.fuses.rating_a
    row = next(row for row in mine.rows if row.key == "prices/trench_per_m/price")
    assert (row.value, row.unit, row.status, row.source) == ("22", "million rial/m", Status.GIVEN, "mine.csv")


def test_a_price_in_euro_is_converted_whatever_the_order_of_the_rows():
    rows = own(
        ("prices", "trench_per_m", "price", "20", "EUR/m"),
        ("prices", "pillar", "price", "400", "million rial"),
        ("currency", "million rial", "per_eur", "2"),
    )
    mine = load_catalogue("iran", rows)
    assert (mine.prices["trench_per_m"], mine.prices["pillar"]) == (40.0, pytest.approx(400.0))


def test_a_size_that_is_not_stocked_comes_in_with_one_row_and_in_order():
    mine = load_catalogue("iran", own(("lv_cables", "NAYY 4x120", "stocked", "1")))
    assert mine.lv_cables.section_mm2.tolist() == [50.0, 70.0, 95.0, 120.0, 150.0, 240.0]


def test_a_new_trade_comes_in_whole():
    figures = {
        "name_en": "Tannery", "name_fa": "دباغی", "unit_m2": "200", "connected_kw": "۳۰", "demand_factor": "0.5",
        "power_factor": "0.8", "three_phase_share": "1", "floor_scaled": "1", "coincidence_class": "food_cold",
        "shape": "g3", "cooling_per_k": "0.01",
    }  # fmt: skip
    mine = load_catalogue("iran", own(*(("trades", "tannery", key, value) for key, value in figures.items())))
    assert mine.trades.connected_kw[mine.trades.row_of()["tannery"]] == 30.0


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (("cable", "x", "price_per_m", "1"), ("figure_table_unknown", "2", "table")),
        (("lv_cables", "NAYY 4x50", "ampacity", "1"), ("figure_key_unknown", "2", "property")),
        (("prices", "trench", "price", "1"), ("figure_key_unknown", "2", "item")),
        (("lv_cables", "NAYY 4x50", "ampacity_a", ""), ("figure_missing", "2", "ampacity_a")),
        (("lv_cables", "NAYY 4x50", "ampacity_a", "many"), ("figure_not_a_number", "2", "ampacity_a")),
        (("lv_cables", "NAYY 4x50", "ampacity_a", "-144"), ("figure_out_of_range", "2", "ampacity_a")),
        (("lv_cables", "NAYY 4x50", "ampacity_a", "144", "kA"), ("figure_unit_wrong", "2", "ampacity_a")),
        (("prices", "pillar", "price", "9", "USD"), ("figure_unit_wrong", "2", "price")),
        (("lv_cables", "NAYY 4x50", "ampacity_a", "144", "A", "sure"), ("figure_status_unknown", "2", "ampacity_a")),
        (("mv_cables", "X", "r20_ohm_per_km", "9"), ("figure_missing", "2", "mv_cables/X/section_mm2")),
        (("lv_cables", "NAYY 4x50", "conductor", "steel"), ("figure_key_unknown", "2", "conductor")),
        (("lv_cables", "NAYY 4x50", "section_mm2", "55"), ("figure_key_unknown", "2", "section_mm2")),
        (("trades", "office", "shape", "g99"), ("figure_key_unknown", "2", "shape")),
        (("trades", "office", "coincidence_class", "all"), ("figure_key_unknown", "2", "coincidence_class")),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_by_row_and_field(row, fault):
    assert faults_of(row)[0] == fault


def test_copied_resistance_of_an_open_data_file_is_refused_with_the_right_one():
    with pytest.raises(Refused) as refused:
        load_catalogue("iran", own(("lv_cables", "NAYY 4x95", "r20_ohm_per_km", "0.206")), "mine.csv")
    (fault,) = refused.value.faults
    assert (fault.code, fault.details["given"], fault.details["right"]) == ("figure_resistance_off", "0.206", "0.32")


def test_figures_that_must_ascend_and_do_not_are_refused():
    assert faults_of(("lv_cables", "NAYY 4x95", "ampacity_a", "100"))[0][0] == "figure_not_ascending"
    same_size = ("transformers", "630 kVA", "rating_kva", "500")
    assert {fault[0] for fault in faults_of(same_size)} == {"figure_not_ascending"}


def test_a_new_item_without_all_its_figures_is_refused_by_each_missing_one():
    faults = faults_of(("fuses", "gG 700", "rating_a", "700"))
    assert [fault[2] for fault in faults] == ["fuses/gG 700/current_5s_a", "fuses/gG 700/time_exponent"]
    assert {fault[0] for fault in faults} == {"figure_missing"}


def test_doubled_rows_missing_columns_and_an_empty_table_are_refused():
    row = ("prices", "pillar", "price", "300")
    assert faults_of(row, row) == [("figure_doubled", "3", "price")]
    with pytest.raises(Refused) as refused:
        load_catalogue("iran", [(2, {"table": "prices", "value": "1"})], "mine.csv")
    assert [fault.details["field"] for fault in refused.value.faults] == ["item", "property"]
    nothing_left = [("transformers", name, "stocked", "0") for name in IRAN.transformers.name]
    assert faults_of(*nothing_left) == [("figure_missing", "1", "transformers")]


def test_an_unknown_catalogue_is_refused():
    with pytest.raises(Refused, match="figure_key_unknown"):
        load_catalogue("mars")
