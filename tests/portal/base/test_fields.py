"""Form fields: what people type in Persian, and the sentence when it can't be read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from rasana.portal.base.fields import CleanCharField, CleanTextField, JalaliDateField, NumberField


class Letter(forms.Form):
    """One of each."""

    received = JalaliDateField()
    power_kw = NumberField(min_value=1, max_value=5000, decimal_places=1)
    plots = NumberField(min_value=0, required=False)
    subject = CleanCharField(max_length=20)
    body = CleanTextField(max_length=50, required=False)


GOOD = {"received": "۱۴۰۴/۸/۱۸", "power_kw": "۱٬۲۵۰٫۵", "plots": "٤٢", "subject": " كابل \x00 ", "body": "سطر\r\nدوم "}


def errors(language="fa", **typed):
    with translation.override(language):
        form = Letter(GOOD | typed)
        form.is_valid()
        return {name: [str(error) for error in found] for name, found in form.errors.items()}


def test_what_is_typed_in_persian_is_stored_plain():
    form = Letter(GOOD)
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {
        "received": date(2025, 11, 9),
        "power_kw": Decimal("1250.5"),
        "plots": 42,
        "subject": "کابل",
        "body": "سطر\nدوم",
    }


@pytest.mark.parametrize(
    ("field", "typed", "fa", "en"),
    [
        ("received", "", "این مورد را وارد کنید.", "This field is required."),
        (
            "received",
            "فردا",
            "تاریخ درست نیست. نمونه: ۱۴۰۴/۰۸/۱۸",
            "The date is not valid. Example: 1404/08/18 or 2025-11-09",
        ),
        ("received", "۱۴۰۴/۷/۳۱", "مهر ۳۰ روز دارد.", "Month 7 has 30 days."),
        ("power_kw", "زیاد", "یک عدد وارد کنید.", "Enter a number."),
        ("power_kw", "12,5", "یک عدد وارد کنید.", "Enter a number."),
        ("power_kw", "۰", "مقدار باید بین ۱ و ۵٬۰۰۰ باشد.", "The value must be between 1 and 5,000."),
        ("power_kw", "1.25", "حداکثر ۱ رقم اعشار وارد کنید.", "Enter at most 1 decimal."),
        ("plots", "۱٫۵", "یک عدد صحیح وارد کنید.", "Enter a whole number."),
        ("plots", "-1", "مقدار باید دست‌کم ۰ باشد.", "The value must be at least 0."),
        ("subject", " \u200f\x00", "این مورد را وارد کنید.", "This field is required."),
        (
            "subject",
            "ک" * 21,
            "متن ۲۱ نویسه دارد. حداکثر ۲۰ نویسه بنویسید.",
            "The text has 21 characters. Write at most 20.",
        ),
        (
            "body",
            "ک\n" * 40,
            "متن ۷۹ نویسه دارد. حداکثر ۵۰ نویسه بنویسید.",
            "The text has 79 characters. Write at most 50.",
        ),
    ],
)
def test_a_refusal_says_what_to_do_in_the_readers_language(field, typed, fa, en):
    assert errors(**{field: typed}) == {field: [fa]}
    assert errors("en", **{field: typed}) == {field: [en]}


def test_at_most_is_said_of_one_sided_ranges():
    with translation.override("fa"), pytest.raises(ValidationError) as refused:
        NumberField(max_value=10).clean("11")
    assert refused.value.messages == ["مقدار باید حداکثر ۱۰ باشد."]


def test_an_empty_field_that_may_be_empty_is_none_or_empty():
    assert JalaliDateField(required=False).clean("") is None
    assert NumberField(required=False).clean(" ") is None
    assert CleanCharField(required=False).clean(None) == ""
    assert CleanCharField(required=False, empty_value=None).clean("\u200e") is None


def test_a_refused_form_keeps_what_was_typed():
    html = Letter(GOOD | {"received": "۱۴۰۴/۷/۳۱", "power_kw": "زیاد"}).as_div()
    assert 'value="۱۴۰۴/۷/۳۱"' in html
    assert 'value="زیاد"' in html


@pytest.mark.parametrize(
    ("language", "day", "number"), [("fa", "۱۴۰۴/۰۸/۱۸", "۱۲۵۰٫۵"), ("en", "2025-11-09", "1250.5")]
)
def test_a_stored_value_is_shown_as_it_is_typed_and_has_not_changed(language, day, number):
    initial = {
        "received": date(2025, 11, 9),
        "power_kw": Decimal("1250.50"),
        "plots": 10,
        "subject": "کابل",
        "body": "",
    }
    with translation.override(language):
        html = Letter(initial=initial).as_div()
        assert f'value="{day}"' in html
        assert f'value="{number}"' in html
        again = {"received": day, "power_kw": number, "plots": "10", "subject": "کابل", "body": ""}
        assert Letter(again, initial=initial).changed_data == []


def test_a_stored_moment_is_shown_as_its_day_in_tehran():
    with translation.override("en"):
        assert JalaliDateField().prepare_value(datetime(2025, 11, 8, 21, 0, tzinfo=UTC)) == "2025-11-09"


def test_the_inputs_open_the_right_keyboard_and_never_cut_a_paste():
    with translation.override("fa"):
        html = Letter().as_div()
    assert html.count('dir="ltr"') == 2
    assert html.count('dir="auto"') == 1, "a date may be typed with the month's name"
    assert 'data-jalali=""' in html
    assert 'placeholder="۱۴۰۴/۰۸/۱۸"' in html
    assert "maxlength" not in html
    assert 'type="number"' not in html


@given(st.text(max_size=60))
def test_whatever_is_typed_is_answered(text):
    form = Letter(dict.fromkeys(Letter.base_fields, text))
    assert form.is_valid() or form.errors
    assert "\x00" not in str(form.cleaned_data)
