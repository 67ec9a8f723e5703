"""Form fields that read what people type in Persian: dates, numbers and text, each with a sentence when it can't."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from rasana.portal.base import clock, persian


def _language() -> str:
    return get_language() or "fa"


class JalaliDateInput(forms.TextInput):
    """A text input for a date; `data-jalali` is where the script hangs the calendar, which the field can do without."""

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        """The attributes, with an example in the reader's language."""
        example = persian.format_date(date(2025, 11, 9), _language(), "short")
        own = {"inputmode": "text", "dir": "auto", "autocomplete": "off", "data-jalali": "", "placeholder": example}
        return super().build_attrs(own | base_attrs, extra_attrs)


class JalaliDateField(forms.Field):
    """A date, typed Jalali or Gregorian in any digits (see `persian.parse_date`); its value is a Gregorian date."""

    widget = JalaliDateInput

    def to_python(self, value: Any) -> date | None:
        """The date, or None for an empty field.

        Raises:
            ValidationError: with the reason in the reader's language.
        """
        if value is None or isinstance(value, date):
            return clock.day_of(value) if isinstance(value, datetime) else value
        typed = persian.clean(str(value))
        try:
            return persian.parse_date(typed) if typed else None
        except persian.DateRefused as refused:
            raise ValidationError(refused.sentence(_language()), code="invalid") from None

    def prepare_value(self, value: Any) -> Any:
        """A stored date as it is typed; what was typed stays as it was typed."""
        if not isinstance(value, date):
            return value
        day = clock.day_of(value) if isinstance(value, datetime) else value
        return persian.format_date(day, _language(), "short")


class NumberInput(forms.TextInput):
    """A text input for a number: `type=number` would refuse Persian digits."""

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        """The attributes of a numeric keyboard, from left to right."""
        own = {"inputmode": "decimal", "dir": "ltr", "autocomplete": "off"}
        return super().build_attrs(own | base_attrs, extra_attrs)


class NumberField(forms.Field):
    """A number in any digits, with ٫ or . for decimals and ٬ or , for thousands.

    Its value is an int when `decimal_places` is 0, else a Decimal with at most that many places.
    """

    widget = NumberInput
    default_error_messages = {"invalid": gettext_lazy("Enter a number.")}

    def __init__(
        self,
        *,
        min_value: float | None = None,
        max_value: float | None = None,
        decimal_places: int = 0,
        **kwargs: Any,
    ) -> None:
        self.min_value, self.max_value, self.decimal_places = min_value, max_value, decimal_places
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Decimal | int | None:
        """The number, or None for an empty field.

        Raises:
            ValidationError: when it is none, or has more decimals than are kept.
        """
        typed = "" if value is None else persian.clean(str(value))
        if not typed:
            return None
        try:
            number = persian.parse_number(typed)
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        if self.decimal_places == 0 and number == number.to_integral_value():
            return int(number)
        places = -int(number.normalize().as_tuple().exponent)
        if places <= self.decimal_places:
            return number
        if self.decimal_places == 0:
            raise ValidationError(_("Enter a whole number."), code="decimals")
        sentence = ngettext(
            "Enter at most %(places)s decimal.", "Enter at most %(places)s decimals.", self.decimal_places
        )
        raise ValidationError(sentence % {"places": self._shown(self.decimal_places)}, code="decimals")

    def validate(self, value: Any) -> None:
        """Hold the number to its range.

        Raises:
            ValidationError: for an empty required field or a value outside.
        """
        super().validate(value)
        if value is None:
            return
        low, high = self.min_value, self.max_value
        if (low is None or value >= low) and (high is None or value <= high):
            return
        if low is not None and high is not None:
            sentence = _("The value must be between %(low)s and %(high)s.")
        elif low is not None:
            sentence = _("The value must be at least %(low)s.")
        else:
            sentence = _("The value must be at most %(high)s.")
        raise ValidationError(sentence % {"low": self._shown(low), "high": self._shown(high)}, code="range")

    def prepare_value(self, value: Any) -> Any:
        """A stored number as it is typed, without separators between thousands; what was typed stays."""
        if value is None or isinstance(value, str):
            return value
        plain = f"{Decimal(str(value)):f}"
        text = plain.rstrip("0").rstrip(".") if "." in plain else plain
        return persian.persian_digits(text).replace(".", "٫") if persian.is_persian(_language()) else text

    @staticmethod
    def _shown(value: float | None) -> str:
        return "" if value is None else persian.format_number(value, _language())


class CleanCharField(forms.CharField):
    """One line of text, stored by `persian.clean`. No `maxlength` attribute: a browser would cut a paste in silence."""

    lines = False

    def __init__(self, *, max_length: int | None = None, **kwargs: Any) -> None:
        self.limit = max_length
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str | None:
        """The cleaned text; its empty value for an empty field."""
        if value in self.empty_values:
            return self.empty_value  # type: ignore[no-any-return]
        return persian.clean(str(value), lines=self.lines) or self.empty_value

    def validate(self, value: Any) -> None:
        """Hold the text to its length.

        Raises:
            ValidationError: for an empty required field, or with the characters typed and allowed.
        """
        super().validate(value)
        if self.limit is None or not value or len(value) <= self.limit:
            return
        sentence = _("The text has %(typed)s characters. Write at most %(limit)s.")
        figures = {
            "typed": persian.format_number(len(value), _language()),
            "limit": persian.format_number(self.limit, _language()),
        }
        raise ValidationError(sentence % figures, code="max_length")


class CleanTextField(CleanCharField):
    """Text of several lines, stored by `persian.clean` with its line ends."""

    lines = True
    widget = forms.Textarea
