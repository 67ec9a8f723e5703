"""Forms of tokens and webhooks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from rasana.portal.apps.api.models import Scope
from rasana.portal.base import clock
from rasana.portal.base.fields import CleanCharField, JalaliDateField
from rasana.portal.base.people import Estate

DAYS_AT_FIRST = 90


class TokenForm(forms.Form):
    """A new token."""

    name = CleanCharField(
        label=gettext_lazy("What it is for"), max_length=80, help_text=gettext_lazy("Such as: monthly report")
    )
    scope = forms.ChoiceField(label=gettext_lazy("What it may do"), choices=Scope.choices, initial=Scope.READ)
    only_estate = forms.ModelChoiceField(
        label=gettext_lazy("In which estate"), queryset=Estate.objects.none(), required=False,
        empty_label=gettext_lazy("all of mine"),
    )  # fmt: skip
    expires_on = JalaliDateField(label=gettext_lazy("Last day"))

    def __init__(self, *args: Any, estates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["only_estate"].queryset = estates  # type: ignore[attr-defined]
        self.fields["expires_on"].initial = lambda: clock.today() + timedelta(days=DAYS_AT_FIRST)


class WebhookForm(forms.Form):
    """A new webhook."""

    url = CleanCharField(
        label=pgettext_lazy("webhook", "Address"), max_length=500,
        widget=forms.TextInput(attrs={"dir": "ltr", "inputmode": "url", "autocomplete": "off"}),
        help_text=gettext_lazy("Such as https://office.example/rasana"),
    )  # fmt: skip
    events = CleanCharField(
        label=pgettext_lazy("webhook", "Events"), required=False, max_length=200,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
        help_text=gettext_lazy("Beginnings of the names of actions, with spaces between; empty: everything."),
    )  # fmt: skip
