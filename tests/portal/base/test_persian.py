"""Persian text, digits, numbers, dates and money."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from persiantools.jdatetime import JalaliDate

from rasana.portal.base import persian
from rasana.portal.base.persian import DateRefused, clean, norm

MARKS = "يىیكکةۀهأإٱاؤوئء\u0640\u064b\u0654\u0670\u200b\u200c\u200d\u200e\u202b\u2066\ufeff\u00a0\x00\n\t ۰٠0ﻻﷲǰİßK"
WORDS = st.text(st.one_of(st.sampled_from(MARKS), st.characters()), max_size=30)

NINE_PAIRS = (
    ("علي", "علی"),
    ("موسى", "موسی"),
    ("كابل", "کابل"),
    ("قطعة خانۀ", "قطعه خانه"),
    ("تأمین إمكان ٱلف", "تامین امکان الف"),
    ("مؤسسه", "موسسه"),
    ("شهـــرکِ\u202b \u200eصنوفّ\ufeff", "شهرک صنوف"),
    ("می\u200cشود\u00a0 ها", "می شود ها"),
    ("پلاک ۱۲ و ٣٤ kVA", "پلاک 12 و 34 KVA"),
)


@pytest.mark.parametrize(("one", "other"), NINE_PAIRS)
def test_two_spellings_of_a_word_have_one_norm(one, other):
    assert norm(one) == norm(other)
    assert persian.search_key(one) == persian.search_key(other)


def test_norm_keeps_what_differs():
    words = ["کابل", "قابل", "آب", "اب", "ها", "می", "قطعه ۱", "قطعه ۲", "PVC", "XLPE"]
    assert len({norm(word) for word in words}) == len(words)


@given(WORDS)
def test_norm_and_clean_are_idempotent(text):
    assert norm(norm(text)) == norm(text)
    assert clean(clean(text)) == clean(text)
    assert clean(clean(text, lines=True), lines=True) == clean(text, lines=True)


@given(WORDS)
def test_what_is_stored_is_found_as_it_was_typed(text):
    assert norm(clean(text)).replace(" ", "") == norm(text).replace(" ", "")


@given(WORDS)
def test_stored_text_can_be_stored_anywhere(text):
    stored = clean(text)
    assert "\x00" not in stored
    assert not set(stored) & set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeffيىك")
    stored.encode("utf-8")
    assert stored == stored.strip()
    assert "  " not in stored


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  كارگاه   علي ", "کارگاه علی"),
        ("می\u200c\u200cشود", "می\u200cشود"),
        ("کار\u200cها", "کارها"),
        ("قطعه\u200c ها \u200cی", "قطعه ها ی"),
        ("قطعه\u200cها", "قطعه\u200cها"),
        ("RMU\u200cها", "RMU\u200cها"),
        ("۱۲٣4", "۱۲٣4"),
        ("تأمین مسئول خانۀ قهوة", "تأمین مسئول خانۀ قهوة"),
        ("ﻛﺎﺑﻞ", "کابل"),
        ("متن\u202e برگشته\x00", "متن برگشته"),
        ("سطر\nدوم", "سطر دوم"),
        ("mm² é", "mm² é"),
    ],
)
def test_text_is_cleaned_for_storage(typed, stored):
    assert clean(typed) == stored


def test_text_of_several_lines_keeps_its_lines():
    assert clean(" یک  \r\n\r\n\r\n\r\n دو\tسه \r\n", lines=True) == "یک\n\nدو سه"


def test_names_sort_by_the_persian_alphabet():
    first = "۲ ۳ آب ابر باغ پل تور ثبت جاده چاه حریم خط دشت ذرت راه زمین ژرف سیم شهر صنف"
    order = f"{first} ضلع طرح ظرف عمق غرب فاز قطعه کابل گاز لوله متن نور وصل هوا یزد Ring".split()
    assert sorted(sorted(order, key=lambda name: name[::-1]), key=persian.sort_key) == order
    assert sorted(["پ ب", "پب", "پ"], key=persian.sort_key) == ["پ", "پ ب", "پب"]


@given(WORDS, WORDS)
def test_sort_keys_are_ascii_and_follow_the_letters(one, other):
    key = persian.sort_key(one)
    assert key.isascii()
    assert key == key.lower()
    assert key.isalnum() or not key
    assert persian.sort_key(one + "ب") < persian.sort_key(one + "پ")
    assert (persian.sort_key(one) == persian.sort_key(other)) == (norm(one) == norm(other))


# -------------------------------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("value", "decimals", "fa", "en"),
    [
        (1250, None, "۱٬۲۵۰", "1,250"),
        (1250.5, None, "۱٬۲۵۰٫۵", "1,250.5"),
        (Decimal("0.125"), None, "۰٫۱۳", "0.13"),
        (12.0, 1, "۱۲٫۰", "12.0"),
        (-5, None, "\u200e\u2212۵", "\u22125"),
        (-0.001, None, "۰", "0"),
        (1e15, None, "۱٬۰۰۰٬۰۰۰٬۰۰۰٬۰۰۰٬۰۰۰", "1,000,000,000,000,000"),
        (float("nan"), None, "—", "—"),
        (float("inf"), 2, "—", "—"),
    ],
)
def test_numbers_by_language(value, decimals, fa, en):
    assert persian.format_number(value, "fa", decimals) == fa
    assert persian.format_number(value, "en", decimals) == en


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**15), max_value=10**15))
def test_a_shown_number_is_read_back(value):
    for language in ("fa", "en"):
        assert persian.parse_number(persian.format_number(value, language)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_can_be_shown(value):
    assert persian.format_number(value, "fa", 1)
    assert persian.format_money(value, "fa").endswith("ریال")


@pytest.mark.parametrize("typed", ["1250.5", "۱۲۵۰٫۵", "١٬٢٥٠٫٥", "1,250.5", " ۱٬۲۵۰.5 ", "+1250.50"])
def test_a_number_in_any_digits_is_read(typed):
    assert persian.parse_number(typed) == Decimal("1250.5")


@pytest.mark.parametrize("typed", ["", "12,5", "1,25,000", "1.2.3", "یک", "1e5", "NaN", "٫۵", "--1", "1" * 40, "۱۲،۵"])
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(ValueError, match="not a number"):
        persian.parse_number(typed)


@pytest.mark.parametrize(
    ("rials", "fa", "en"),
    [
        (266_600_000_000, "۲۶۶٫۶ میلیارد ریال", "266.6 billion rials"),
        (12_000_000, "۱۲ میلیون ریال", "12 million rials"),
        (950_000, "۹۵۰٬۰۰۰ ریال", "950,000 rials"),
        (999_999, "۹۹۹٬۹۹۹ ریال", "999,999 rials"),
        (Decimal("-1500000000"), "\u200e\u2212۱٫۵ میلیارد ریال", "\u22121.5 billion rials"),
        (0, "۰ ریال", "0 rials"),
    ],
)
def test_money_is_said_in_its_unit(rials, fa, en):
    assert persian.format_money(rials, "fa") == fa
    assert persian.format_money(rials, "en") == en


@given(st.text())
def test_digits_go_both_ways(text):
    assert persian.ascii_digits(persian.persian_digits(text)) == persian.ascii_digits(text)
    assert persian.persian_digits(persian.ascii_digits(text)) == persian.persian_digits(text)


# ---------------------------------------------------------------------------------------------------------------- dates


def test_every_day_of_1300_to_1500_goes_both_ways():
    day = persian.gregorian(1300, 1, 1)
    assert day == date(1921, 3, 21)
    for year in range(1300, 1501):
        for month in range(1, 13):
            for number in range(1, persian.month_days(year, month) + 1):
                assert persian.gregorian(year, month, number) == day
                assert persian.jalali(day) == (year, month, number)
                day += timedelta(days=1)
    assert persian.jalali(day) == (1501, 1, 1)


def test_leap_years_are_those_of_the_calendar():
    leap = {1375, 1379, 1383, 1387, 1391, 1395, 1399, 1403, 1408, 1412}
    assert {year for year in range(1372, 1413) if persian.month_days(year, 12) == 30} == leap


@given(st.dates(persian.gregorian(1300, 1, 1), persian.gregorian(1500, 12, 29)), st.sampled_from(["fa", "en"]))
def test_a_shown_date_is_read_back(day, language):
    for style in ("short", "long", "full"):
        assert persian.parse_date(persian.format_date(day, language, style)) == day


@pytest.mark.parametrize(
    "typed",
    [
        *("1404/8/18", "۱۴۰۴/۰۸/۱۸", "١٤٠٤/٠٨/١٨", "1404-08-18", "1404.8.18", "۱۴۰۴ ۸ ۱۸", " 1404 / 08 / 18 "),
        *("18 آبان 1404", "۱۸ آبان ۱۴۰۴", "18 ابان 1404", "یکشنبه ۱۸ آبان ۱۴۰۴", "یک\u200cشنبه، ۱۸ آبان ماه ۱۴۰۴"),
        *("2025-11-09", "2025/11/9", "۲۰۲۵-۱۱-۰۹", "9 Nov 2025", "9 november 2025", "Sunday 9 Nov 2025"),
    ],
)
def test_a_date_is_read_as_people_type_it(typed):
    assert persian.parse_date(typed) == date(2025, 11, 9)


@pytest.mark.parametrize(
    ("typed", "fa", "en"),
    [
        ("1404/7/31", "مهر ۳۰ روز دارد.", "Month 7 has 30 days."),
        ("31 مهر 1404", "مهر ۳۰ روز دارد.", "Month 7 has 30 days."),
        ("1404/1/32", "فروردین ۳۱ روز دارد.", "Month 1 has 31 days."),
        (
            "1404/12/30",
            "سال ۱۴۰۴ کبیسه نیست و اسفند آن ۲۹ روز دارد.",
            "1404 is not a leap year: its month 12 has 29 days.",
        ),
        ("1403/12/31", "اسفند ۳۰ روز دارد.", "Month 12 has 30 days."),
        ("1404/13/1", "ماه باید بین ۱ و ۱۲ باشد. نمونه: ۱۴۰۴/۰۸/۱۸", "The month must be between 1 and 12."),
        ("2025-02-30", "این تاریخ میلادی وجود ندارد. نمونه: ۱۴۰۴/۰۸/۱۸", "There is no such day. Example: 2025-11-09"),
    ],
)
def test_a_day_that_is_not_is_refused_with_the_reason(typed, fa, en):
    with pytest.raises(DateRefused) as refused:
        persian.parse_date(typed)
    assert refused.value.sentence("fa") == fa
    assert refused.value.sentence("en") == en
    assert str(refused.value) == f"{fa} / {en}"


@pytest.mark.parametrize("typed", ["", "فردا", "18/8/1404", "8/18", "1404/8", "140/8/18", "18 Aban", "۱۸ مهرگان ۱۴۰۴"])
def test_what_is_no_date_is_refused_with_an_example(typed):
    with pytest.raises(DateRefused, match="نمونه: ۱۴۰۴/۰۸/۱۸"):
        persian.parse_date(typed)


@pytest.mark.parametrize("typed", ["1501/1/1", "1199/12/29", "9999/1/1", "2150-01-01", "1750-01-01", "0000/1/1"])
def test_a_year_outside_the_sure_conversion_is_refused(typed):
    with pytest.raises(DateRefused, match="۱۲۰۰"):
        persian.parse_date(typed)


@given(st.text(max_size=20))
def test_reading_a_date_answers_or_refuses(text):
    try:
        found = persian.parse_date(text)
    except DateRefused:
        return
    assert 1200 <= JalaliDate(found).year <= 1500


def test_days_left_are_said():
    today = date(2025, 11, 9)
    assert persian.days_left(date(2025, 11, 21), today, "fa") == "۱۲ روز دیگر"
    assert persian.days_left(date(2025, 10, 28), today, "fa") == "۱۲ روز دیرکرد"
    assert persian.days_left(today, today, "fa") == "امروز"
    assert persian.days_left(date(2025, 11, 10), today, "en") == "in 1 day"
    assert persian.days_left(date(2025, 10, 28), today, "en") == "12 days late"


# -------------------------------------------------------------------------------------------------------------- filters


def shown(source, language="fa", **context):
    with translation.override(language):
        return Template("{% load persian %}" + source).render(Context(context))


NIGHT = datetime(2025, 11, 8, 21, 5, tzinfo=UTC)  # 00:35 of 9 November in Tehran


@pytest.mark.parametrize(
    ("source", "value", "fa", "en"),
    [
        ("{{ v|number }}", 1250.5, "۱٬۲۵۰٫۵", "1,250.5"),
        ("{{ v|number:1 }}", 12, "۱۲٫۰", "12.0"),
        ("{{ v|digits }}", "63/20", "۶۳/۲۰", "63/20"),
        ("{{ v|money }}", 1_500_000, "۱٫۵ میلیون ریال", "1.5 million rials"),
        ("{{ v|jdate }}", date(2025, 11, 9), "۱۸ آبان ۱۴۰۴", "9 Nov 2025"),
        ("{{ v|jdate:'full' }}", date(2025, 11, 9), "یکشنبه ۱۸ آبان ۱۴۰۴", "Sunday 9 Nov 2025"),
        ("{{ v|jdate_short }}", date(2025, 11, 9), "۱۴۰۴/۰۸/۱۸", "2025-11-09"),
        ("{{ v|jdate }}", NIGHT, "۱۸ آبان ۱۴۰۴", "9 Nov 2025"),
        ("{{ v|jdatetime }}", NIGHT, "۱۸ آبان ۱۴۰۴، ۰۰:۳۵", "9 Nov 2025, 00:35"),
        ("{{ v|working_days }}", 8, "۸ روز کاری", "8 working days"),
        ("{{ v|working_days }}", 1, "۱ روز کاری", "1 working day"),
        ("{{ v|ltr }}", "20 kV", '<bdi dir="ltr">20 kV</bdi>', '<bdi dir="ltr">20 kV</bdi>'),
    ],
)
def test_filters_speak_the_readers_language(source, value, fa, en):
    assert shown(source, v=value) == fa
    assert shown(source, "en", v=value) == en


def test_days_left_counts_from_today(settings):
    settings.RASANA_NOW = datetime(2025, 11, 8, 21, 0, tzinfo=UTC)
    assert shown("{{ v|days_left }}", v=date(2025, 11, 21)) == "۱۲ روز دیگر"
    assert shown("{{ v|days_left }}", v=NIGHT) == "امروز"


@pytest.mark.parametrize(
    "name",
    ["number", "digits", "money", "jdate", "jdate_short", "jdatetime", "days_left", "working_days", "ltr"],
)
def test_nothing_is_shown_for_nothing(name):
    assert shown(f"{{{{ v|{name} }}}}", v=None) == ""


@pytest.mark.parametrize("name", ["digits", "ltr"])
def test_markup_in_a_value_is_escaped(name):
    text = shown(f"{{{{ v|{name} }}}}", v="<b>1</b>&'")
    assert "<b>" not in text
    assert "&lt;b&gt;" in text


def test_an_entity_keeps_its_number():
    assert shown("{{ v|digits }}", v="a'1") == "a&#x27;۱"
