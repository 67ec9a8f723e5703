"""Forms of the app. The form of a step is made of what the table of steps asks for."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from rasana.portal.apps.connections import stages
from rasana.portal.apps.connections.models import Builder, DeliveryVoltage, SupplyClass, Use
from rasana.portal.apps.estates.models import Plot
from rasana.portal.base import clock, persian
from rasana.portal.base.fields import CleanCharField, CleanTextField, JalaliDateField, NumberField
from rasana.portal.base.people import Estate, OrganisationKind

POWER_MAX_KW = 100_000
SUPPLIES = (("1x25", 25, 1), ("1x32", 32, 1), ("3x15", 15, 3), ("3x25", 25, 3), ("3x32", 32, 3))
"""Standard sizes below 30 kW: code, amperes, phases."""
REASON_MAX = 250
WAITED_FOR = tuple((kind.value, kind.label) for kind in (OrganisationKind.REGIONAL, OrganisationKind.OPERATOR))
"""Who may hold an estate's case while a block has no supply."""
NATIONAL_ID_DIGITS = 10


def check_national_id(text: str) -> str:
    """A national number in ASCII digits, by its own check digit.

    Raises:
        ValidationError: when it is none.
    """
    digits = persian.ascii_digits(text).replace("-", "").replace(" ", "")
    if len(digits) != NATIONAL_ID_DIGITS or not digits.isdigit() or len(set(digits)) == 1:
        raise ValidationError(_("The national number is not valid."))
    rest = sum(int(digit) * (NATIONAL_ID_DIGITS - place) for place, digit in enumerate(digits[:9])) % 11
    if int(digits[9]) != (rest if rest < 2 else 11 - rest):
        raise ValidationError(_("The national number is not valid."))
    return digits


class ApplicantForm(forms.Form):
    """Who asks for how much power: few fields, the rest has defaults."""

    applicant_name = CleanCharField(label=gettext_lazy("Applicant's name"), max_length=120)
    national_id = CleanCharField(
        label=gettext_lazy("National number"), required=False, max_length=20,
        widget=forms.TextInput(attrs={"dir": "ltr", "inputmode": "numeric", "autocomplete": "off"}),
        help_text=gettext_lazy("Ten digits"),
    )  # fmt: skip
    phone = CleanCharField(
        label=gettext_lazy("Phone"), required=False, max_length=20,
        widget=forms.TextInput(attrs={"dir": "ltr", "inputmode": "tel", "autocomplete": "off"}),
        help_text=gettext_lazy("Example: 09121234567"),
    )  # fmt: skip
    use = forms.ChoiceField(label=gettext_lazy("Use"), choices=Use.choices, initial=Use.TRADE)
    supply = forms.ChoiceField(
        label=pgettext_lazy("connection", "Connection"), initial="3x25",
        help_text=gettext_lazy("Below 30 kW in standard sizes."),
    )  # fmt: skip
    power_kw = NumberField(
        label=gettext_lazy("Power asked for (kW)"), required=False, min_value=stages.BOUNDARY_KW,
        max_value=POWER_MAX_KW, decimal_places=1, help_text=gettext_lazy("Only for 30 kW and above."),
    )  # fmt: skip
    delivery = forms.ChoiceField(
        label=pgettext_lazy("supply", "Delivery"), choices=DeliveryVoltage.choices, initial=DeliveryVoltage.SECONDARY
    )
    builder = forms.ChoiceField(
        label=gettext_lazy("Who builds line and substation"), choices=Builder.choices, initial=Builder.COMPANY
    )
    inside_limits = forms.BooleanField(
        label=gettext_lazy("Inside the city's service limits"), required=False, initial=True
    )
    papers = forms.MultipleChoiceField(
        label=gettext_lazy("Papers brought"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supply"].choices = supply_choices()  # type: ignore[attr-defined]
        self.fields["papers"].choices = [(kind.kind, kind.name) for kind in stages.paper_kinds().values()]  # type: ignore[attr-defined]

    def clean_national_id(self) -> str:
        """Empty, or a number whose check digit is right."""
        return check_national_id(self.cleaned_data["national_id"]) if self.cleaned_data["national_id"] else ""

    def clean_phone(self) -> str:
        """Digits, with a plus before them perhaps."""
        text = persian.ascii_digits(self.cleaned_data["phone"]).replace(" ", "").replace("-", "")
        if text and not (text.lstrip("+").isdigit() and 8 <= len(text) <= 14):
            raise ValidationError(_("The phone number is not valid. Example: 09121234567"))
        return text

    def clean(self) -> dict[str, Any]:
        """Power for the larger class."""
        values = super().clean() or {}
        if values.get("supply") == "kw" and values.get("power_kw") is None and "power_kw" not in self.errors:
            self.add_error("power_kw", _("Give the power in kW."))
        return values

    @property
    def applicant(self) -> dict[str, str]:
        """What the actions take as ``applicant``."""
        return {name: self.cleaned_data[name] for name in ("applicant_name", "phone", "national_id")}

    @property
    def power(self) -> dict[str, Any]:
        """What the actions take as ``power``."""
        values = self.cleaned_data
        common = {name: values[name] for name in ("use", "delivery", "builder", "inside_limits")}
        if values["supply"] == "kw":
            return common | {"supply_class": SupplyClass.DEMAND, "power_kw": values["power_kw"]}
        amperes, phases = next((a, p) for code, a, p in SUPPLIES if code == values["supply"])
        return common | {
            "supply_class": SupplyClass.AMPERE, "amperes": amperes, "phases": phases,
            "delivery": DeliveryVoltage.SECONDARY, "builder": Builder.COMPANY, "inside_limits": True,
        }  # fmt: skip


def supply_choices() -> list[tuple[str, str]]:
    """The standard sizes in words, and the larger class."""
    sizes = [(code, supply_name(amperes, phases)) for code, amperes, phases in SUPPLIES]
    return [*sizes, ("kw", _("30 kW and above, by contract"))]


def supply_name(amperes: int, phases: int) -> str:
    """25 A three-phase, in words."""
    sentence = _("%(amperes)s A, three-phase") if phases == 3 else _("%(amperes)s A, single-phase")
    return sentence % {"amperes": persian.format_number(amperes, stages.language())}


class PlotField(CleanCharField):
    """A plot by its number, typed in any digits; the form says in which estate."""

    def find(self, estate: Estate, text: str) -> Plot:
        """The plot.

        Raises:
            ValidationError: there is none of that number in the estate.
        """
        typed = persian.ascii_digits(text)
        plot = Plot.objects.filter(estate=estate, plot_id__in={text, typed}).first()
        if plot is None:
            words = persian.search_key(text)
            found = list(Plot.objects.filter(estate=estate, search_key__contains=words)[:50])
            exact = [each for each in found if persian.norm(each.plot_id) == persian.norm(text)]
            plot = exact[0] if exact else None
        if plot is None:
            raise ValidationError({"plot": _("There is no plot %(plot)s in this estate.") % {"plot": text}})
        return plot


class NewRequestForm(ApplicantForm):
    """A request as a clerk enters it."""

    estate = forms.ModelChoiceField(label=gettext_lazy("Estate"), queryset=Estate.objects.none(), empty_label=None)
    plot = PlotField(label=gettext_lazy("Plot number"), max_length=60)
    registered_on = JalaliDateField(label=gettext_lazy("Registered on"))
    field_order = ("estate", "plot", "applicant_name", "national_id", "phone", "use", "supply", "power_kw")

    def __init__(self, *args: Any, estates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["estate"].queryset = estates  # type: ignore[attr-defined]
        self.fields["registered_on"].initial = clock.today

    def clean(self) -> dict[str, Any]:
        """The plot is one of the estate."""
        values = super().clean()
        if values.get("estate") and values.get("plot"):
            try:
                values["plot"] = self.fields["plot"].find(values["estate"], values["plot"])  # type: ignore[attr-defined]
            except ValidationError as fault:
                self.add_error(None, fault)
        return values


class FoundForm(forms.Form):
    """An unauthorised connection that was found."""

    estate = forms.ModelChoiceField(label=gettext_lazy("Estate"), queryset=Estate.objects.none(), empty_label=None)
    plot = PlotField(label=gettext_lazy("Plot number"), max_length=60)
    found_on = JalaliDateField(label=gettext_lazy("Found on"))
    power_kw = NumberField(
        label=gettext_lazy("Power by estimate (kW)"), required=False, min_value=0, max_value=POWER_MAX_KW,
        decimal_places=1,
    )  # fmt: skip
    note = CleanTextField(label=gettext_lazy("What was found"), max_length=REASON_MAX)

    def __init__(self, *args: Any, estates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["estate"].queryset = estates  # type: ignore[attr-defined]
        self.fields["found_on"].initial = clock.today

    clean = NewRequestForm.clean


class Versioned(forms.Form):
    """A form of a request's page; it carries the version that was read."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Several such forms stand on one page: each has ids of its own."""
        super().__init__(*args, **{"auto_id": f"{type(self).__name__.lower()}_%s"} | kwargs)


class StepForm(Versioned):
    """What the open step asks for."""

    happened_on = JalaliDateField(label=gettext_lazy("Done on"))
    note = CleanCharField(label=gettext_lazy("Note"), required=False, max_length=500)

    def __init__(self, *args: Any, stage: stages.Stage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["happened_on"].initial = clock.today
        if stage.day_key != "happened_on":
            del self.fields["happened_on"]
        known = stages.facts()
        for key in stage.facts:
            self.fields[key] = _field(known[key])
        self.order_fields([*stage.facts, "happened_on", "note", "version"])
        self.keys, self.day_key = stage.facts, stage.day_key

    @property
    def day(self) -> date:
        """The day on which it was done."""
        day: date = self.cleaned_data[self.day_key]
        return day

    @property
    def facts(self) -> dict[str, Any]:
        """What the action takes as ``facts``."""
        return {key: self.cleaned_data[key] for key in self.keys}


def _field(fact: stages.Fact) -> forms.Field:
    common: dict[str, Any] = {"label": fact.name, "required": fact.required, "help_text": fact.hint}
    if fact.kind == "date":
        return JalaliDateField(**common, initial=clock.today)
    if fact.kind == "number":
        return NumberField(**common, min_value=0, max_value=POWER_MAX_KW, decimal_places=2)
    if fact.kind == "money":
        return NumberField(**common, min_value=0, max_value=10**15)
    return CleanCharField(**common, max_length=40)


class PaperForm(Versioned):
    """A paper that came in."""

    kind = forms.ChoiceField(label=gettext_lazy("Paper"))
    number = CleanCharField(label=gettext_lazy("Its number"), required=False, max_length=60)
    received_on = JalaliDateField(label=gettext_lazy("Received on"))
    upload = forms.FileField(
        label=gettext_lazy("Picture or PDF"), required=False, help_text=gettext_lazy("JPEG, PNG or PDF, at most 20 MB.")
    )

    def __init__(self, *args: Any, kinds: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["received_on"].initial = clock.today
        first = [kind for _need, group in kinds for kind in group]
        rest = [kind for kind in stages.paper_kinds().values() if kind not in first]
        self.fields["kind"].choices = [(kind.kind, kind.name) for kind in (*first, *rest)]  # type: ignore[attr-defined]


class ReturnForm(Versioned):
    """Back to the applicant."""

    reason = CleanCharField(label=gettext_lazy("What must be put right"), max_length=REASON_MAX)
    illegible = forms.MultipleChoiceField(
        label=gettext_lazy("Papers that can't be read"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, papers: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = {paper.kind.kind: paper.kind.name for paper in papers if paper.legible}
        self.fields["illegible"].choices = list(kinds.items())  # type: ignore[attr-defined]
        if not kinds:
            del self.fields["illegible"]


class ConditionForm(Versioned):
    """The result of one condition of acceptance."""

    letter = forms.ChoiceField(label=gettext_lazy("Condition"))
    met = forms.ChoiceField(
        label=gettext_lazy("Result"),
        choices=(("1", pgettext_lazy("condition", "met")), ("0", pgettext_lazy("condition", "not met"))),
    )
    evidence = CleanCharField(label=gettext_lazy("What shows it"), max_length=REASON_MAX)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["letter"].choices = [(key, condition.name) for key, condition in stages.conditions().items()]  # type: ignore[attr-defined]


class CheckForm(Versioned):
    """A technical check."""

    fed_from = CleanCharField(
        label=gettext_lazy("Fed from"), max_length=120, help_text=gettext_lazy("Transformer and feeder.")
    )
    headroom_kw = NumberField(
        label=gettext_lazy("Spare capacity there (kW)"), min_value=-POWER_MAX_KW, max_value=POWER_MAX_KW,
        decimal_places=1,
    )  # fmt: skip
    voltage_drop_pct = NumberField(
        label=gettext_lazy("Voltage drop with it (%)"), min_value=0, max_value=100, decimal_places=2
    )
    fits = forms.ChoiceField(
        label=gettext_lazy("Result"), choices=(("1", gettext_lazy("it fits")), ("0", gettext_lazy("it does not fit")))
    )
    constraint = CleanCharField(
        label=gettext_lazy("The limit that binds"), required=False, max_length=REASON_MAX,
        help_text=gettext_lazy("Only when it does not fit."),
    )  # fmt: skip
    relief = CleanCharField(label=gettext_lazy("Cheapest way out"), required=False, max_length=REASON_MAX)

    @property
    def facts(self) -> dict[str, Any]:
        """What the action takes as ``facts``."""
        values = {key: self.cleaned_data[key] for key in self.fields if key != "version"}
        return values | {"fits": values["fits"] == "1"}


class StudyForm(Versioned):
    """Which study of the estate."""

    number = NumberField(label=gettext_lazy("Number of the study"), min_value=1, max_value=10**6)


class ReasonForm(Versioned):
    """A reason in one line."""

    reason = CleanCharField(label=gettext_lazy("Reason"), max_length=REASON_MAX)


class ResumeForm(ReasonForm):
    """Why a waiting request goes on."""


class WithdrawForm(ReasonForm):
    """Why an applicant takes his request back."""


class WaitForm(ReasonForm):
    """For whom a request waits while its block has no supply."""

    waits_for = forms.ChoiceField(label=gettext_lazy("Who holds the estate's case"), choices=WAITED_FOR)
    field_order = ("waits_for", "reason")


class RefuseForm(ReasonForm):
    """A refusal names what binds and the cheapest way out."""

    constraint = CleanCharField(label=gettext_lazy("The condition or limit that binds"), max_length=REASON_MAX)
    relief = CleanCharField(label=gettext_lazy("Cheapest way out"), required=False, max_length=REASON_MAX)


class FilterForm(forms.Form):
    """The register's filter; a GET form, so that it can be shared as a link."""

    q = forms.CharField(label=gettext_lazy("Number or applicant"), required=False, max_length=100)
    plot = forms.CharField(label=gettext_lazy("Plot"), required=False, max_length=60)
    stage = forms.ChoiceField(label=pgettext_lazy("request", "Step"), required=False)
    supply_class = forms.ChoiceField(label=gettext_lazy("Class"), required=False)
    holder = forms.ChoiceField(label=gettext_lazy("With whom"), required=False)
    order = forms.ChoiceField(label=pgettext_lazy("list", "Order"), required=False)

    def __init__(self, *args: Any, organisations: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        any_one = ("", _("all"))
        steps = [(each.code, each.name) for each in stages.choices() if each.code not in (*stages.CONFIDENTIAL, "B1")]
        holders = [(each.code, each.short) for each in organisations]
        choices = {
            "stage": [any_one, ("open", pgettext("requests", "open")), *steps],
            "supply_class": [any_one, *SupplyClass.choices],
            "holder": [any_one, (stages.APPLICANT, _("applicant")), *holders],
            "order": [("newest", _("newest first")), ("queue", _("queue"))],
        }
        for name, values in choices.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]
