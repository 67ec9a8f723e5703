"""Forms about people, roles, delegations and holidays. Choices hold only what the actor may choose."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rasana.portal.apps.parties import selectors
from rasana.portal.base import clock
from rasana.portal.base.actor import Actor
from rasana.portal.base.fields import CleanCharField, JalaliDateField
from rasana.portal.base.people import Organisation, Person, Role

LANGUAGES = (("fa", "فارسی"), ("en", "English"))
NOT_YOURS = {"invalid_choice": _("Choose one from the list: what you sent is not your organisation's.")}


class PersonForm(forms.Form):
    """Who someone is and whether he manages the people of his organisation."""

    name_fa = CleanCharField(label=_("Name in Persian"), max_length=120)
    name_en = CleanCharField(label=_("Name in English"), max_length=120)
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("The person signs in with it. Example: name@company.ir"),
        error_messages={"invalid": _("This is no e-mail address. Example: name@company.ir")},
        widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    is_administrator = forms.BooleanField(
        label=_("Administrator"), required=False, help_text=_("Adds people and gives roles in this organisation.")
    )


class RoleForm(forms.Form):
    """A role in one of the organisation's estates, or in all of them."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    estate = forms.ModelChoiceField(
        queryset=None, label=_("Estate"), required=False, empty_label=_("all estates"), error_messages=NOT_YOURS
    )
    starts = JalaliDateField(label=pgettext_lazy("date", "From"))
    ends = JalaliDateField(label=_("Last day"), required=False, help_text=_("Empty: until it is ended."))

    def __init__(self, organisation: Organisation, data: Any = None) -> None:
        super().__init__(data, initial={"starts": clock.today()}, prefix="role")
        self.fields["estate"].queryset = selectors.estates_of(organisation)


class EndRoleForm(forms.Form):
    """The last day of a role."""

    ends = JalaliDateField(label=_("Last day"), required=False, help_text=_("Empty: it ends now."))


class DelegationForm(forms.Form):
    """To whom, from when, until when and why."""

    taker = forms.ModelChoiceField(
        queryset=None, label=_("Colleague"), empty_label=_("choose"), error_messages=NOT_YOURS
    )
    starts = JalaliDateField(label=pgettext_lazy("date", "From"))
    ends = JalaliDateField(label=_("Last day"), help_text=_("Three months at most."))
    reason = CleanCharField(label=_("Reason"), max_length=300)

    def __init__(self, actor: Actor, data: Any = None) -> None:
        super().__init__(data, initial={"starts": clock.today()})
        self.fields["taker"].queryset = selectors.colleagues(actor)
        self.fields["taker"].label_from_instance = _name


class PasswordForm(forms.Form):
    """A password, chosen by its owner."""

    password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=200,
        help_text=_("At least 10 characters; a sentence of your own is good."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "dir": "ltr"}),
    )
    again = forms.CharField(
        label=_("The same again"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "dir": "ltr"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both must be equal."""
        values: dict[str, Any] = super().clean() or {}
        if {"password", "again"} <= values.keys() and values["password"] != values["again"]:
            self.add_error("again", _("The two passwords differ. Type the same one twice."))
        return values


class HolidayForm(forms.Form):
    """A day off by decree."""

    date = JalaliDateField(label=_("Day"))
    name_fa = CleanCharField(label=_("Name in Persian"), max_length=200)
    name_en = CleanCharField(label=_("Name in English"), max_length=200)
    source = CleanCharField(label=_("Source"), max_length=200, help_text=_("Who announced it, and when."))


class ConfirmForm(forms.Form):
    """What became of an estimated holiday."""

    date = JalaliDateField(label=_("Day"), help_text=_("Another day moves the holiday there."))
    source = CleanCharField(label=_("Source"), max_length=200, help_text=_("Who announced it, and when."))
    is_cancelled = forms.BooleanField(label=_("It is a working day"), required=False)


class PeriodForm(forms.Form):
    """Lines of the audit between two days, of one organisation or of all."""

    since = JalaliDateField(label=pgettext_lazy("date", "From"), required=False)
    until = JalaliDateField(label=_("Last day"), required=False)
    organisation = forms.ModelChoiceField(
        queryset=None,
        label=_("Organisation"),
        required=False,
        empty_label=_("all organisations"),
        to_field_name="code",
    )

    def __init__(self, data: Any, organisations: Any) -> None:
        super().__init__(data)
        self.fields["organisation"].queryset = organisations


class DayForm(forms.Form):
    """A past day on which one wants to look."""

    on = JalaliDateField(label=_("As it was known at the end of"), required=False)


def _name(person: Person) -> str:
    return person.name
