"""Sentences, numbers and dates are right in both languages."""

from __future__ import annotations

import csv
import datetime
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasana.exchange import words
from rasana.planning.finding import Finding, Severity

SENTENCES = Path(words.__file__).parent / "sentences"
TABLES = sorted(SENTENCES.glob("*.csv"))


@pytest.mark.parametrize(
    ("value", "decimals", "persian", "english"),
    [
        (1250.5, 1, "۱٬۲۵۰٫۵", "1,250.5"),
        (-0.04, 1, "۰٫۰", "0.0"),
        (-3.0, 0, "-۳", "-3"),
        (0.948, 3, "۰٫۹۴۸", "0.948"),
        (float("nan"), 1, "–", "–"),
        (None, 0, "–", "–"),
    ],
)
def test_numbers_have_the_digits_and_separators_of_the_language(value, decimals, persian, english):
    assert words.number(value, "fa", decimals) == persian
    assert words.number(value, "en", decimals) == english


@given(st.floats(-1e9, 1e9))
def test_a_persian_number_reads_back_as_the_english_one(value):
    back = words.number(value, "fa", 2).translate(str.maketrans("۰۱۲۳۴۵۶۷۸۹٫٬", "0123456789.,"))
    assert back == words.number(value, "en", 2)


def test_percent_sticks_to_its_number_and_other_units_stand_apart():
    assert words.percent(95.25, "fa") == "۹۵٫۲٪"
    assert words.percent(95.25, "en") == "95.2%"
    assert words.quantity(12.5, "kW", "fa") == "۱۲٫۵ کیلووات"
    assert words.quantity(12.5, "kW", "en") == "12.5 kW"


def test_money_is_told_in_the_word_that_keeps_it_short():
    assert words.money(266_600, "million rial", "fa") == "۲۶۶٫۶ میلیارد ریال"
    assert words.money(760, "million rial", "fa") == "۷۶۰ میلیون ریال"
    assert words.money(1_234_567, "EUR", "en") == "1.23 million EUR"
    assert words.money(1_234_567, "EUR", "fa") == "۱٫۲۳ میلیون یورو"
    assert words.money(950, "EUR", "en") == "950 EUR"


@pytest.mark.parametrize(
    ("day", "in_words", "in_figures"),
    [
        (datetime.date(2026, 11, 24), "۳ آذر ۱۴۰۵", "۱۴۰۵/۰۹/۰۳"),
        (datetime.date(2025, 3, 20), "۳۰ اسفند ۱۴۰۳", "۱۴۰۳/۱۲/۳۰"),  # leap year
        (datetime.date(2025, 3, 21), "۱ فروردین ۱۴۰۴", "۱۴۰۴/۰۱/۰۱"),
        (datetime.date(2025, 11, 9), "۱۸ آبان ۱۴۰۴", "۱۴۰۴/۰۸/۱۸"),
    ],
)
def test_persian_dates_are_jalali(day, in_words, in_figures):
    assert words.date_in_words(day, "fa") == in_words
    assert words.date_in_figures(day, "fa") == in_figures
    assert words.date_in_figures(day, "en") == day.isoformat()


def test_english_date_is_gregorian():
    assert words.date_in_words(datetime.date(2026, 11, 24), "en") == "24 November 2026"


def test_a_breach_never_shows_value_and_limit_as_the_same_number():
    assert words.told_apart(95.04, 95.0, "%", "en") == ("95.04", "95.00")
    assert words.told_apart(0.94996, 0.95, "pu", "fa") == ("۰٫۹۴۹۹۶", "۰٫۹۵۰۰۰")


@given(st.floats(0.1, 1e4), st.floats(1e-5, 10.0))
def test_value_and_limit_are_told_apart_down_to_a_hundred_thousandth(limit, excess):
    shown = words.told_apart(limit + excess, limit, "A", "en")
    assert shown[0] != shown[1]


def test_a_finding_without_a_sentence_still_tells_code_place_value_and_limit():
    finding = Finding("never_heard_of", Severity.ERROR, "T001", 101.5, 100.0, "%")
    assert words.sentence(finding, "en") == "T001: never_heard_of 101.5%, limit 100.0%"
    assert words.sentence(finding, "fa") == "T001: never_heard_of ۱۰۱٫۵٪، حد مجاز ۱۰۰٫۰٪"


def test_ids_can_be_isolated_from_the_sentence_around_them():
    finding = Finding("never_heard_of", Severity.NOTE, "T001")
    assert "<bdi>T001</bdi>" in words.sentence(finding, "fa", lambda text: f"<bdi>{text}</bdi>")


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.name)
def test_every_sentence_stands_in_both_languages_with_the_same_words_and_in_clean_persian(table):
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert rows
    for row in rows:
        assert set(row) == {"code", "en", "fa"}, row
        assert bool(row["en"]) == bool(row["fa"]), row
        places = [set(re.findall(r"\{(\w+)\}", row[language])) for language in ("en", "fa")]
        assert places[0] == places[1], row
        assert not re.search("[يكىۀ\u0654]", row["fa"]), row
        assert not re.search(r"\u200c[\s،.]|[\s]\u200c|[ادذرزژو]\u200c", row["fa"]), row
        assert not re.search(r"[0-9](?![^{]*})", re.sub(r"[A-Za-z]\S*( \d+)?|\{\w+\}", "", row["fa"])), row


def test_no_code_has_two_sentences():
    codes = [row["code"] for table in TABLES for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines())]
    assert len(codes) == len(set(codes))


def test_numbers_among_the_details_have_the_digits_of_the_language_and_codes_get_their_names():
    details = {"units": "113"}
    finding = Finding("coincidence_disagrees", Severity.NOTE, "dwellings", 146.0, 204.0, "kW", details)
    told = words.sentence(finding, "fa", names={"dwellings": "واحدهای مسکونی"})
    assert "۱۱۳" in told
    assert "واحدهای مسکونی" in told
    assert "113" in words.sentence(finding, "en")
