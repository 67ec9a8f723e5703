"""Standards: complete, within their own ranges, refused by file, row and field; present values."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasana.planning.finding import Refused, Status
from rasana.planning.standard import (
    STANDARD_NAMES,
    Standard,
    load_standard,
    loss_load_factor_of,
    loss_prices_per_kw,
    packaged_rows,
    present_value_factor,
    standard_rules,
)


def own(*rows: tuple[str, str]) -> list[tuple[int, dict[str, str]]]:
    return [(number, {"key": key, "value": value}) for number, (key, value) in enumerate(rows, start=2)]


def faults_of(rows: list[tuple[int, dict[str, str]]]) -> list[tuple[str, str, str]]:
    with pytest.raises(Refused) as refused:
        load_standard("iran", rows, "mine.csv")
    return [(fault.code, fault.details["row"], fault.details["field"]) for fault in refused.value.faults]


@pytest.mark.parametrize("name", STANDARD_NAMES)
def test_every_key_of_a_standard_is_a_row_with_unit_source_and_status(name):
    standard = load_standard(name)
    keys = {field.name for field in fields(Standard)} - {"name", "rows"}
    assert keys == set(standard_rules()) == {row.key for row in standard.rows}
    for row in standard.rows:
        assert row.unit == standard_rules()[row.key].unit
        assert row.source
        assert row.status in (Status.VERIFIED, Status.DERIVED, Status.DEFAULT)
        assert getattr(standard, row.key) == float(row.value)


@pytest.mark.parametrize("name", STANDARD_NAMES)
def test_no_key_stands_twice_in_a_packaged_standard(name):
    keys = [row["key"] for _, row in packaged_rows(f"standard_{name}.csv")]
    assert len(keys) == len(set(keys))


def test_counts_are_whole_numbers():
    standard = load_standard("iran")
    assert isinstance(standard.feeders_per_transformer_max, int)
    assert isinstance(standard.life_years, int)


def test_the_two_standards_differ_where_the_countries_do():
    iran, europe = load_standard("iran"), load_standard("europe")
    assert (iran.lv_drop_limit_pct, europe.lv_drop_limit_pct) == (5.0, 6.5)
    assert (iran.soil_temperature_c, europe.soil_temperature_c) == (35.0, 20.0)
    assert (iran.lv_voltage_min_pu, europe.lv_voltage_min_pu) == (0.95, 0.90)


def test_a_users_row_takes_the_place_of_the_packaged_one_and_counts_as_given():
    standard = load_standard(
        "iran",
        own(
            ("lv_drop_limit_pct", "۴٫۵"),
        ),
        "mine.csv",
    )
    row = next(row for row in standard.rows if row.key == "lv_drop_limit_pct")
    assert standard.lv_drop_limit_pct == 4.5
    assert (row.status, row.source) == (Status.GIVEN, "mine.csv")
    assert standard.lv_voltage_v == load_standard("iran").lv_voltage_v


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("lv_drop_limit", "5"), "figure_key_unknown"),
        (("lv_drop_limit_pct", ""), "figure_missing"),
        (("lv_drop_limit_pct", "five"), "figure_not_a_number"),
        (("lv_drop_limit_pct", "nan"), "figure_not_a_number"),
        (("lv_drop_limit_pct", "inf"), "figure_not_a_number"),
        (("lv_drop_limit_pct", "-5"), "figure_out_of_range"),
        (("life_years", "0"), "figure_out_of_range"),
        (("life_years", "7.5"), "figure_not_whole"),
        (("lv_voltage_min_n1_pu", "0.99"), "figure_not_ascending"),
    ],
)
def test_a_bad_row_is_refused_by_its_kind(row, code):
    assert [fault[0] for fault in faults_of(own(row))] == [code]


def test_every_fault_is_named_with_its_row_and_field_at_once():
    faults = faults_of(own(("lv_drop_limit_pct", "x"), ("nothing", "1"), ("clearing_time_limit_s", "900")))
    assert faults == [
        ("figure_not_a_number", "2", "lv_drop_limit_pct"),
        ("figure_key_unknown", "3", "key"),
        ("figure_out_of_range", "4", "clearing_time_limit_s"),
    ]


def test_an_unknown_key_is_answered_with_the_nearest_ones():
    with pytest.raises(Refused) as refused:
        load_standard("iran", own(("lv_drop_limit", "5")), "mine.csv")
    assert "lv_drop_limit_pct" in refused.value.faults[0].details["right"]


def test_doubled_key_foreign_unit_unknown_status_and_missing_column_are_refused():
    doubled = own(("life_years", "20"), ("life_years", "30"))
    assert faults_of(doubled) == [("figure_doubled", "3", "life_years")]
    foreign = [(2, {"key": "life_years", "value": "30", "unit": "months", "status": "sure"})]
    assert [fault[0] for fault in faults_of(foreign)] == ["figure_unit_wrong", "figure_status_unknown"]
    assert faults_of([(2, {"key": "life_years"})]) == [("figure_column_missing", "1", "value")]


def test_a_contradiction_is_laid_to_the_users_row():
    faults = faults_of(own(("life_years", "30"), ("mv_drop_n1_limit_pct", "1")))
    assert faults == [("figure_not_ascending", "3", "mv_drop_n1_limit_pct")]


def test_an_unknown_standard_is_refused():
    with pytest.raises(Refused, match="figure_key_unknown"):
        load_standard("mars")


def test_present_value_factor_of_thirty_years_at_ten_percent():
    assert present_value_factor(10.0, 30) == pytest.approx(9.4269, abs=1e-4)
    assert present_value_factor(0.0, 30) == 30.0


@given(st.floats(0.01, 50.0), st.integers(1, 80))
def test_present_value_factor_is_the_sum_of_the_discounted_years(rate, years):
    discounted = np.sum((1.0 + rate / 100.0) ** -np.arange(1.0, years + 1.0))
    assert present_value_factor(rate, years) == pytest.approx(discounted, rel=1e-9)


def test_losses_at_peak_cost_the_loss_load_factor_of_standing_losses():
    standard = load_standard("europe")
    standing, peak = loss_prices_per_kw(standard, 0.2)
    assert standing == pytest.approx(8760 * 0.08 * present_value_factor(5.0, 30))
    assert peak == pytest.approx(0.2 * standing)


@given(st.floats(0.0, 1.0))
def test_loss_load_factor_lies_between_the_square_of_the_load_factor_and_the_load_factor(load_factor):
    assert load_factor**2 - 1e-12 <= loss_load_factor_of(load_factor) <= load_factor + 1e-12
