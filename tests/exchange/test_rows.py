"""A user's own figures: rows with their numbers, and a refusal that names the file for anything else."""

from __future__ import annotations

import pytest

from rasana.exchange.rows import SIZE_MAX, read_rows
from rasana.exchange.words import sentence
from rasana.planning.finding import Refused


def refused(path) -> str:
    with pytest.raises(Refused) as refusal:
        read_rows(path)
    (fault,) = refusal.value.faults
    for language in ("en", "fa"):
        assert path.name in sentence(fault, language)
    return fault.code


def test_rows_are_numbered_as_an_editor_shows_them(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("key,value\nlv_drop_limit_pct,4\nlife_years,25\n", encoding="utf-8")
    assert read_rows(path) == [
        (2, {"key": "lv_drop_limit_pct", "value": "4"}), (3, {"key": "life_years", "value": "25"}),
    ]  # fmt: skip


def test_a_byte_order_mark_and_missing_cells_are_no_fault(tmp_path):
    path = tmp_path / "own.csv"
    path.write_bytes(b"\xef\xbb\xbfkey,value,unit\r\nlife_years,25\r\n")
    assert read_rows(path) == [(2, {"key": "life_years", "value": "25", "unit": ""})]


def test_cells_beyond_the_heading_are_left_out(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("key,value\nlife_years,25,more,still more\n", encoding="utf-8")
    assert read_rows(path) == [(2, {"key": "life_years", "value": "25"})]


@pytest.mark.parametrize("content", [b"", b"key,value\n", b"\n"], ids=["nothing", "heading alone", "empty line"])
def test_a_table_without_rows_is_refused(tmp_path, content):
    path = tmp_path / "own.csv"
    path.write_bytes(content)
    assert refused(path) == "rows_empty"


def test_what_is_no_text_in_utf_8_is_refused(tmp_path):
    path = tmp_path / "own.csv"
    path.write_bytes("key,value\nname,قم\n".encode("cp1256"))
    assert refused(path) == "rows_unreadable"


def test_what_is_not_there_or_no_file_is_refused(tmp_path):
    assert refused(tmp_path / "missing.csv") == "rows_unreadable"
    assert refused(tmp_path) == "rows_unreadable"


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "own.csv"
    with path.open("wb") as file:
        file.truncate(SIZE_MAX + 1)
    assert refused(path) == "rows_too_large"
