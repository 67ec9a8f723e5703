"""Forms of the register of problems and of letters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from rasana.portal.apps.estates.models import Plot
from rasana.portal.apps.problems.models import Letter, Problem, ProblemKind, ProblemState, Severity
from rasana.portal.base import clock, persian
from rasana.portal.base.fields import CleanCharField, CleanTextField, JalaliDateField, NumberField
from rasana.portal.base.people import Estate, Organisation
from rasana.portal.base.record import Record

TITLE_MAX, TEXT_MAX, PLOTS_MAX = 200, 8000, 300
SEPARATORS = re.compile(r"[،,;؛\s]+")


class PlotsField(CleanCharField):
    """Plot numbers of one estate, typed with commas or spaces between; its value is the list of plots."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=4000, **kwargs)
        self.estate: Estate | None = None
        self.widget.attrs |= {"autocomplete": "off"}

    def clean(self, value: Any) -> Any:
        """The plots, in the order typed.

        Raises:
            ValidationError: which of the numbers are no plots of this estate.
        """
        text = super().clean(value)
        numbers = list(dict.fromkeys(each for each in SEPARATORS.split(text or "") if each))
        if len(numbers) > PLOTS_MAX:
            raise ValidationError(gettext("Name at most %(most)s plots.") % {"most": PLOTS_MAX})
        keys = {persian.norm(each): each for each in numbers}
        written = {form for each in numbers for form in _written(each)}
        plots = Plot.objects.filter(estate=self.estate, plot_id__in=written).defer("outline")
        found = {persian.norm(plot.plot_id): plot for plot in plots}
        missing = [typed for key, typed in keys.items() if key not in found]
        if missing:
            sentence = gettext("These plots are not in this estate: %(plots)s")
            raise ValidationError(sentence % {"plots": gettext(", ").join(missing)})
        return [found[key] for key in keys]


def _written(number: str) -> set[str]:
    """The ways in which an estate's file may write a plot's number: either digits, letters small or capital."""
    digits = {number, persian.ascii_digits(number), persian.persian_digits(number)}
    return digits | {each.upper() for each in digits} | {each.lower() for each in digits}


class ProblemForm(forms.Form):
    """What is reported: the least first, the place last."""

    title = CleanCharField(
        label=_("Title"), max_length=TITLE_MAX, help_text=_("What is wrong, in one sentence. Name no person.")
    )
    kind = forms.ChoiceField(label=_("Kind of problem"), choices=[("", "—"), *ProblemKind.choices])
    severity = forms.TypedChoiceField(
        label=_("How bad is it"),
        choices=Severity.choices,
        coerce=int,
        initial=Severity.MEDIUM,
        widget=forms.RadioSelect,
    )
    effect = CleanCharField(
        label=_("What it blocks"),
        max_length=300,
        required=False,
        help_text=_("Such as: 40 workshops stand ready without power."),
    )
    plots = PlotsField(
        label=_("Plots it holds up"), required=False, help_text=_("Plot numbers with a comma between them.")
    )
    description = CleanTextField(label=_("Description"), max_length=TEXT_MAX, required=False)
    file = forms.FileField(
        label=_("Photo or document"), required=False, help_text=_("A JPEG or PNG picture, or a PDF, of at most 20 MB.")
    )
    longitude = NumberField(
        label=_("Longitude"), required=False, decimal_places=7, min_value=44, max_value=64, help_text=_("Such as 50.88")
    )
    latitude = NumberField(
        label=_("Latitude"), required=False, decimal_places=7, min_value=25, max_value=40, help_text=_("Such as 34.64")
    )

    def __init__(self, *args: Any, estate: Estate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plots"].estate = estate

    def clean(self) -> dict[str, Any]:
        """Both coordinates or none."""
        data = super().clean() or {}
        both = {"longitude", "latitude"}
        if not both & set(self.errors):
            missing = [name for name in sorted(both) if data.get(name) is None]
            if len(missing) == 1:
                self.add_error(missing[0], gettext("Give both longitude and latitude, or neither."))
        return data


class TriageForm(forms.Form):
    """What becomes of a report."""

    verdict = forms.ChoiceField(
        label=_("What becomes of it"),
        choices=(
            (ProblemState.ACCEPTED, pgettext_lazy("triage", "accept it")),
            (ProblemState.DUPLICATE, pgettext_lazy("triage", "it repeats another problem")),
            (ProblemState.REFERRED, pgettext_lazy("triage", "not ours: refer it")),
        ),
        initial=ProblemState.ACCEPTED,
        widget=forms.RadioSelect,
    )
    severity = forms.TypedChoiceField(label=_("How bad is it"), choices=Severity.choices, coerce=int)
    duplicate_of = NumberField(
        label=_("Number of the problem it repeats"), required=False, min_value=1, help_text=_("Only for a repetition.")
    )
    referred_to = CleanCharField(
        label=_("Whose business it is"), max_length=200, required=False, help_text=_("Only when it is referred.")
    )
    note = CleanTextField(label=_("Reason"), max_length=TEXT_MAX, required=False)

    def __init__(self, *args: Any, problem: Problem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.problem = problem
        self.fields["severity"].initial = problem.severity

    def clean_duplicate_of(self) -> Problem | None:
        """The problem of that number in the same estate."""
        number = self.cleaned_data["duplicate_of"]
        if number is None:
            return None
        found = Problem.objects.filter(estate=self.problem.estate_id, number=number).first()
        if found is None:
            raise ValidationError(gettext("This estate has no problem of that number."))
        return found


class AssignForm(forms.Form):
    """Who has to solve it."""

    organisation = forms.ModelChoiceField(
        label=_("Organisation that has to solve it"), queryset=Organisation.objects.none(), empty_label="—"
    )
    note = CleanTextField(label=_("What is expected"), max_length=TEXT_MAX, required=False)

    def __init__(self, *args: Any, problem: Problem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = parties(problem.estate)


class NoteForm(forms.Form):
    """Words that a step needs."""

    note = CleanTextField(label=_("Note"), max_length=TEXT_MAX)

    def __init__(self, *args: Any, problem: Problem, label: str = "", required: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].label = label or self.fields["note"].label
        self.fields["note"].required = required


class FileForm(forms.Form):
    """A photo or document."""

    file = forms.FileField(
        label=_("Photo or document"), help_text=_("A JPEG or PNG picture, or a PDF, of at most 20 MB.")
    )
    title = CleanCharField(label=_("What it shows"), max_length=200, required=False)

    def __init__(self, *args: Any, problem: Problem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class LetterLinkForm(forms.Form):
    """A letter of the estate, by its number."""

    letter = CleanCharField(label=_("Number of the letter"), max_length=60)

    def __init__(self, *args: Any, record: Record, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.estate = record.estate_of()

    def clean_letter(self) -> Letter:
        """The letter of that number, the latest where several have it."""
        number = self.cleaned_data["letter"]
        found = Letter.objects.filter(estate=self.estate, number=number).first()
        if found is None:
            raise ValidationError(gettext("No letter of this number is recorded in this estate. Record it first."))
        return found


class LetterForm(forms.Form):
    """An official letter."""

    number = CleanCharField(label=_("Number of the letter"), max_length=60)
    date = JalaliDateField(label=_("Date of the letter"))
    subject = CleanCharField(label=_("Subject"), max_length=300)
    sender = forms.ModelChoiceField(
        label=pgettext_lazy("letter", "From"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=_("another body"),
    )
    sender_other = CleanCharField(label=_("Name of the other body it is from"), max_length=200, required=False)
    recipient = forms.ModelChoiceField(
        label=pgettext_lazy("letter", "To"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=_("another body"),
    )
    recipient_other = CleanCharField(label=_("Name of the other body it went to"), max_length=200, required=False)
    scan = forms.FileField(
        label=_("Scan"), required=False, help_text=_("A JPEG or PNG picture, or a PDF, of at most 20 MB.")
    )

    def __init__(self, *args: Any, estate: Estate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("sender", "recipient"):
            self.fields[name].queryset = parties(estate)

    def clean_date(self) -> Any:
        """Not in the future."""
        day = self.cleaned_data["date"]
        if day > clock.today():
            raise ValidationError(gettext("The date of the letter is in the future."))
        return day


class FilterForm(forms.Form):
    """What the register shows; every part may be left empty, and nonsense is taken as empty."""

    SORTS = (
        ("newest", gettext_lazy("newest first")),
        ("severity", gettext_lazy("worst first")),
        ("waiting", gettext_lazy("waiting longest first")),
        ("plots", gettext_lazy("most plots first")),
    )
    q = CleanCharField(label=pgettext_lazy("filter", "Text"), required=False, max_length=200)
    estate = forms.ChoiceField(label=_("Estate"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("all that are open")), ("all", _("all")), *ProblemState.choices],
    )
    kind = forms.ChoiceField(
        label=pgettext_lazy("problem", "Kind"), required=False, choices=[("", _("all kinds")), *ProblemKind.choices]
    )
    severity = forms.TypedChoiceField(
        label=_("At least"), required=False, coerce=int, empty_value=None, choices=[("", _("any")), *Severity.choices]
    )
    holder = forms.ChoiceField(label=_("Who must act"), required=False)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=SORTS)

    def __init__(
        self, *args: Any, estates: Iterable[Estate], organisations: Iterable[Organisation], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.estates = {each.code: each for each in estates}
        self.organisations = {each.code: each for each in organisations}
        self.fields["estate"].choices = choices(self.estates, gettext("all estates"))
        self.fields["holder"].choices = choices(self.organisations, gettext("anyone"))

    def wishes(self) -> dict[str, Any]:
        """What was asked for and makes sense."""
        self.is_valid()
        found = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        for name, known in (("estate", self.estates), ("holder", self.organisations)):
            if name in found:
                found[name] = known[found[name]]
        return found


def choices(known: Mapping[str, Any], empty: str) -> list[tuple[str, str]]:
    """Records by their code, after the empty choice."""
    return [("", empty), *((code, each.name) for code, each in known.items())]


def parties(estate: Estate) -> Any:
    """The parties of an estate, as choices."""
    return Organisation.objects.filter(party_rows__estate=estate).order_by("pk")
