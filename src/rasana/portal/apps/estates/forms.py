"""Forms of the app."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rasana.portal.apps.estates import selectors
from rasana.portal.apps.estates.models import FigureStatus, PlotStatus
from rasana.portal.base.fields import CleanCharField, CleanTextField, JalaliDateField, NumberField

CLASSES = {
    "P0": _("public"),
    "P1": _("the trader's own"),
    "P2": _("parties in the estate's case"),
    "P3": _("the electric companies only"),
}


class StatusForm(forms.Form):
    """A plot's new status."""

    status = forms.ChoiceField(label=_("New status"), choices=[("", "—"), *PlotStatus.choices])
    happened_on = JalaliDateField(label=_("Since which day"))
    reason = CleanTextField(
        label=_("Why, and how it is known"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example: minutes of installation 1402/212."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, is_supplier: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_supplier:
            self.fields["status"].help_text = _("That a plot is energised is for the distribution company to say.")


class FigureForm(forms.Form):
    """A figure of a property, with its source."""

    key = forms.ChoiceField(label=_("Property"))
    value = NumberField(
        label=_("Value"), required=False, decimal_places=3, help_text=_("In the unit that stands beside the property.")
    )
    said = CleanCharField(label=_("In words, where the source gives no number"), required=False, max_length=200)
    source = CleanCharField(
        label=_("Source"), max_length=300, help_text=_("A letter with number and date, a page, or who measured it.")
    )
    source_date = JalaliDateField(label=_("Date of the source"), required=False)
    status = forms.ChoiceField(label=_("How well it is known"), choices=FigureStatus.choices)
    field_class = forms.ChoiceField(label=_("Who may see it"))
    note = CleanTextField(label=_("Note"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, classes: tuple[str, ...] = ("P0",), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].choices = selectors.property_choices()  # type: ignore[attr-defined]
        self.fields["field_class"].choices = [(each, CLASSES[each]) for each in classes if each != "P1"]  # type: ignore[attr-defined]


class AdoptForm(forms.Form):
    """Why a figure is the one to be used."""

    reason = CleanTextField(
        label=_("Why this figure and not another"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
