"""Forms of commitments. They read what is typed; what may be done is for checks.py and the table of access."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from rasana.portal.apps.commitments.models import (
    REASON_LENGTH,
    TEXT_LENGTH,
    Commitment,
    Deliverable,
    EvidenceRule,
)
from rasana.portal.apps.estates.models import Plot
from rasana.portal.apps.meetings.models import Decision, MeetingState
from rasana.portal.apps.problems.models import Problem
from rasana.portal.base.fields import CleanCharField, CleanTextField, JalaliDateField
from rasana.portal.base.people import Estate, Organisation
from rasana.portal.base.persian import ascii_digits, is_persian, local_digits
from rasana.portal.base.record import Record

DECISIONS_SHOWN = 100
LINKS_MAX = 200
NOT_A_PARTY = gettext_lazy("This organisation is not a party in this estate.")
NOT_SEALED_HERE = gettext_lazy("Choose a sealed decision of this estate.")


class VersionForm(forms.Form):
    """A form that knows which version of the record its reader saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def refuse(self, refused: ValidationError) -> None:
        """Put what was refused beside its fields; what belongs to none stands above them."""
        faults = refused.error_dict if hasattr(refused, "error_dict") else {NON_FIELD_ERRORS: refused.error_list}
        for field, errors in faults.items():
            place = field if field in self.fields else None
            for error in errors:
                self.add_error(place, error)

    def given(self) -> dict[str, Any]:
        """What was typed, by field, without the version."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class OrganisationField(forms.ModelChoiceField):
    """A party of an estate."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Organisation.objects.none(), **{"empty_label": "—"} | kwargs)
        self.error_messages["invalid_choice"] = NOT_A_PARTY

    def label_from_instance(self, organisation: Organisation) -> str:
        """Its full name."""
        return organisation.name


class ClockField(OrganisationField):
    """Whose working days count; nothing chosen: calendar days."""

    def label_from_instance(self, organisation: Organisation) -> str:
        """Whose days they are."""
        return _("working days of %(organisation)s") % {"organisation": organisation.short}


class DecisionField(forms.ModelChoiceField):
    """A sealed decision of an estate."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Decision.objects.none(), **{"empty_label": "—"} | kwargs)
        self.error_messages["invalid_choice"] = NOT_SEALED_HERE

    def label_from_instance(self, decision: Decision) -> str:
        """Its meeting, number and first words."""
        text = decision.text if len(decision.text) < 80 else decision.text[:79] + "…"
        return _("meeting %(meeting)s, decision %(number)s: %(text)s") % {
            "meeting": _digits(decision.meeting.number),
            "number": _digits(decision.order),
            "text": text,
        }


def sealed_decisions(estate: Estate) -> Any:
    """The newest decisions of sealed minutes."""
    sealed = Decision.objects.filter(estate=estate, dropped=False, meeting__state=MeetingState.SEALED)
    return sealed.select_related("meeting").order_by("-meeting__starts_at", "order")


class FilesInput(forms.ClearableFileInput):
    """Several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Pictures and PDFs; the value is a list."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Each file by itself."""
        files = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(each, initial) for each in files if each]


class LinkForm(VersionForm):
    """What waits behind a promise, by number: there may be thousands to choose from."""

    problems = CleanCharField(
        label=gettext_lazy("Problems"), max_length=500, required=False, help_text=gettext_lazy("Numbers, such as 3, 12")
    )
    plots = CleanCharField(
        label=gettext_lazy("Plots"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("Plot numbers, with commas"),
    )

    def __init__(self, *args: Any, estate: Estate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.estate = estate

    def clean_problems(self) -> list[Record]:
        """Problems of this estate by number."""
        wanted = _parts(self.cleaned_data["problems"])
        strange = [each for each in wanted if not each.isdecimal()]
        numbers = [int(each) for each in wanted if each.isdecimal() and len(each) <= 9]
        found = {each.number: each for each in Problem.objects.filter(estate=self.estate, number__in=numbers)}
        missing = [*strange, *(str(number) for number in numbers if number not in found)]
        if missing:
            raise ValidationError(_("There is no problem %(number)s in this estate.") % {"number": _list(missing)})
        return list(found.values())

    def clean_plots(self) -> list[Record]:
        """Plots of this estate by number."""
        wanted = _parts(self.cleaned_data["plots"])
        found = {each.plot_id: each for each in Plot.objects.filter(estate=self.estate, plot_id__in=wanted)}
        missing = [each for each in wanted if each not in found]
        if missing:
            raise ValidationError(_("There is no plot %(number)s in this estate.") % {"number": _list(missing)})
        return list(found.values())

    def behind(self) -> list[Record]:
        """Everything that was named."""
        return [*self.cleaned_data["problems"], *self.cleaned_data["plots"]]


def _parts(text: str) -> list[str]:
    parts = [part for part in re.split(r"[،,;؛\s]+", ascii_digits(text)) if part]
    if len(parts) > LINKS_MAX:
        raise ValidationError(_("Name at most %(count)s at once.") % {"count": _digits(LINKS_MAX)})
    return list(dict.fromkeys(parts))


def _digits(number: int) -> str:
    return local_digits(str(number), get_language() or "fa")


def _list(words: Iterable[str]) -> str:
    language = get_language() or "fa"
    return local_digits(("، " if is_persian(language) else ", ").join(words), language)


class ProposalForm(LinkForm):
    """A promise by hand, or what a decision lacked to become one."""

    text = CleanTextField(
        label=gettext_lazy("What is promised"),
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One thing that can be seen or shown when it is done"),
    )
    debtor = OrganisationField(label=gettext_lazy("Debtor"), help_text=gettext_lazy("Who owes it"))
    creditor = OrganisationField(label=gettext_lazy("Creditor"), help_text=gettext_lazy("To whom it is owed"))
    due = JalaliDateField(label=gettext_lazy("Due date"))
    clock_of = ClockField(
        label=gettext_lazy("Clock"), required=False, empty_label=pgettext_lazy("clock", "calendar days")
    )
    promised_on = JalaliDateField(
        label=gettext_lazy("Day of the promise"),
        required=False,
        help_text=gettext_lazy("Empty: the day of the meeting, or today"),
    )
    deliverable = forms.ChoiceField(label=gettext_lazy("Deliverable"), choices=Deliverable.choices, initial="works")
    evidence_rule = forms.ChoiceField(
        label=gettext_lazy("Rule of evidence"),
        choices=EvidenceRule.choices,
        initial="letter",
        help_text=gettext_lazy("What proves that it was done"),
    )
    evidence_note = CleanCharField(label=gettext_lazy("More about the proof"), max_length=300, required=False)
    decision = DecisionField(label=gettext_lazy("Decision"), required=False)
    field_order = (
        "text",
        "debtor",
        "creditor",
        "due",
        "clock_of",
        "evidence_rule",
        "evidence_note",
        "deliverable",
        "decision",
        "promised_on",
        "problems",
        "plots",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parties = Organisation.objects.filter(party_rows__estate=self.estate)
        for name in ("debtor", "creditor", "clock_of"):
            self.fields[name].queryset = parties  # type: ignore[attr-defined]
        decisions = sealed_decisions(self.estate)
        self.fields["decision"].queryset = decisions  # type: ignore[attr-defined]
        shown = decisions[:DECISIONS_SHOWN]
        label = self.fields["decision"].label_from_instance  # type: ignore[attr-defined]
        self.fields["decision"].widget.choices = [("", "—"), *((each.pk, label(each)) for each in shown)]

    def given(self) -> dict[str, Any]:
        """What ``propose`` takes."""
        values = super().given()
        values.pop("problems"), values.pop("plots")
        return values | {"behind": self.behind()}


class DeliveryForm(VersionForm):
    """The proof that a promise was kept, by its rule of evidence."""

    delivered_on = JalaliDateField(label=gettext_lazy("Day of delivery"))
    text = CleanTextField(
        label=gettext_lazy("What was done"), max_length=TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )
    letter_number = CleanCharField(label=gettext_lazy("Number of the letter"), max_length=60, required=False)
    letter_date = JalaliDateField(label=gettext_lazy("Date of the letter"), required=False)
    files = FilesField(
        label=gettext_lazy("Files"), required=False, help_text=gettext_lazy("Pictures or PDF, each at most 20 MB")
    )

    def __init__(self, *args: Any, commitment: Commitment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rule = EvidenceRule(commitment.evidence_rule)
        for name in ("letter_number", "letter_date"):
            self.fields[name].required = rule == EvidenceRule.LETTER
        self.fields["files"].required = rule in {
            EvidenceRule.PHOTO,
            EvidenceRule.MEASUREMENT,
            EvidenceRule.INSPECTION,
        }


class ExtensionForm(VersionForm):
    """A later date, and why."""

    new_due = JalaliDateField(label=gettext_lazy("New date"))
    reason = CleanTextField(
        label=gettext_lazy("Reason"), max_length=REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )


class AnswerForm(VersionForm):
    """The answer to a request for more time; needed when it is refused."""

    answer = CleanTextField(
        label=gettext_lazy("Answer"),
        max_length=REASON_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Needed when the extension is refused"),
    )


class VerdictForm(VersionForm):
    """The word on a delivery; needed when it is disputed."""

    reason = CleanTextField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Needed when the delivery is disputed"),
    )


class VoidForm(VersionForm):
    """The later decision that ends a promise."""

    decision = DecisionField(label=gettext_lazy("Later decision"))

    def __init__(self, *args: Any, commitment: Commitment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        later = sealed_decisions(commitment.estate).exclude(pk=commitment.decision_id)
        self.fields["decision"].queryset = later  # type: ignore[attr-defined]
