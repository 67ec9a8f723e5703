"""Numbers, choices and flags of tables from outside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasana.exchange.columns import TableReader, folded, number_of
from rasana.exchange.intake import Layer
from rasana.exchange.words import number

DIGIT_SETS = ("0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩")


def table(**columns: list[object]) -> TableReader:
    count = len(next(iter(columns.values())))
    arrays = {name: np.array(values, object) for name, values in columns.items()}
    return TableReader(Layer("plots", "EPSG:32639", np.arange(1, count + 1), arrays, None), "estate.gpkg")


@given(st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False), st.sampled_from(DIGIT_SETS))
def test_a_number_is_the_same_in_every_digit_set(value: object, digits: str) -> None:
    text = str(value).translate(str.maketrans("0123456789", digits))
    assert number_of(text) == float(str(value))
    assert number_of(text.replace(".", "٫")) == float(str(value))


@given(st.floats(min_value=-1e9, max_value=1e9, allow_nan=False), st.integers(0, 3))
def test_every_number_that_is_shown_in_persian_is_read_back(value: float, decimals: int) -> None:
    shown = number(value, "fa", decimals)
    assert number_of(shown) == pytest.approx(round(value, decimals), abs=1e-9)


@pytest.mark.parametrize(
    "text", ["", "12,5", "1,23,456", "1.2.3", "12kW", "0x10", "1_000", "nan", "٫", "--1", "1e", "۱۲/۵"]
)
def test_what_is_no_number_beyond_doubt_is_none(text: str) -> None:
    assert number_of(text) is None


def test_ids_are_folded_to_latin_digits_and_persian_letters_and_whole_numbers_keep_no_decimals() -> None:
    reader = table(plot_id=["قطعه ۱۲", "ك‌ي\u200f", 7.0, 8])
    assert reader.ids("plot_id") == ["قطعه 12", "ک‌ی", "7", "8"]
    assert reader.faults == []


def test_missing_figures_are_nan_and_no_faults() -> None:
    reader = table(demand_kw=[None, np.nan, "", "  ", 3.0])
    found = reader.numbers("demand_kw")
    assert np.isnan(found[:4]).all()
    assert found[4] == 3.0
    assert np.isnan(reader.numbers("not_there")).all()
    assert reader.faults == []


def test_flags_are_read_in_both_languages_and_anything_else_is_a_fault() -> None:
    reader = table(no_trench=[True, 1, "yes", "بله", "۱", False, 0.0, "خیر", None, "maybe"])
    assert reader.flags("no_trench").tolist() == [True] * 5 + [False] * 5
    assert [(fault.code, fault.subject_id) for fault in reader.faults] == [("flag_wrong", "fid 10")]


def test_columns_under_other_names_are_found() -> None:
    reader = table(parcel=["a", "b"])
    reader.names["plot_id"] = "parcel"
    assert reader.ids("plot_id") == ["a", "b"]


def test_invisible_marks_do_not_make_a_difference() -> None:
    assert folded("\u202bP-۱۲\u202c") == "P-12"
