"""Pages of connection requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from rasana.portal.apps.connections import actions, counter, forms, selectors, stages
from rasana.portal.apps.connections.case import load
from rasana.portal.apps.connections.models import CLERKS, COMPANY, Request, sees_applicant, sees_confidential
from rasana.portal.apps.problems.views import send_file
from rasana.portal.base.access import NotThere, can, page
from rasana.portal.base.actor import Actor
from rasana.portal.base.people import Estate
from rasana.portal.base.registries import related
from rasana.portal.base.tables import INVENTED, Column, export

COLUMNS = (
    Column(gettext_lazy("Number"), "number"),
    Column(gettext_lazy("Estate"), "estate.name"),
    Column(gettext_lazy("Plot"), "plot.plot_id"),
    Column(gettext_lazy("Class"), "get_supply_class_display"),
    Column(gettext_lazy("Power, kW"), "power_kw"),
    Column(gettext_lazy("Amperes"), "amperes"),
    Column(gettext_lazy("Phases"), "phases"),
    Column(gettext_lazy("Use"), "get_use_display"),
    Column(pgettext_lazy("request", "Step"), lambda row: row.state.name),
    Column(gettext_lazy("With whom"), lambda row: _("applicant") if row.with_applicant else _name(row.holder)),
    Column(gettext_lazy("Registered on"), "registered_on"),
    Column(gettext_lazy("Complete since"), "completed_on"),
    Column(gettext_lazy("Energised on"), "energised_on"),
    INVENTED,
)
POST = ("POST",)


def _name(organisation: Any) -> str:
    return organisation.short if organisation else ""


def _filters(request: HttpRequest, organisations: Any) -> tuple[forms.FilterForm, selectors.Filters]:
    """The filter in the address; what it can't be is left out."""
    form = forms.FilterForm(request.GET, organisations=organisations)
    form.is_valid()
    values = form.cleaned_data
    estate = request.GET.get("estate", "")
    return form, selectors.Filters(
        estate=int(estate) if estate.isascii() and estate.isdigit() and len(estate) < 12 else None,
        stage=values.get("stage", ""),
        supply_class=values.get("supply_class", ""),
        holder=values.get("holder", ""),
        plot=values.get("plot", ""),
        text=values.get("q", ""),
        order=values.get("order") or "newest",
    )


@page("request.list")
def register(request: HttpRequest) -> HttpResponse:
    """The register of requests."""
    organisations = list(selectors.companies(request.actor))
    form, filters = _filters(request, organisations)
    if request.GET.get("format"):
        rows = selectors.chosen(request.actor, filters).select_related("plot", "estate", "holder")
        if (file := export(request, rows, COLUMNS, "requests")) is not None:
            return file
    found = selectors.register(request.actor, filters, request.GET.get("after", "")[:40])
    query = request.GET.copy()
    query["after"] = found.after
    context = {
        "form": form,
        "filters": filters,
        "register": found,
        "following": f"?{query.urlencode()}" if found.after else "",
        "is_filtered": filters != selectors.Filters(order=filters.order),
        "may_create": may_create(request.actor),
        "queue_rule": selectors.QUEUE_RULE,
    }
    return render(request, "connections/register.html", context)


def may_create(actor: Actor) -> bool:
    """Whether the actor stands at a counter."""
    return bool(actor.organisation and actor.organisation.kind in CLERKS and can(actor, "request.create"))


def _estates(actor: Actor) -> QuerySet[Estate]:
    return Estate.objects.filter(pk__in=[pk for pk in actor.estate_ids if actor.roles(pk) - {"viewer"}])


def add_errors(form: Form, fault: ValidationError) -> None:
    """What an action refused, beside its field; what belongs to no field of the form, above it."""
    if not hasattr(fault, "error_dict"):
        form.add_error(None, fault)
        return
    for name, errors in fault.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


@page("request.create", methods=("GET", "HEAD", "POST"))
def new(request: HttpRequest) -> HttpResponse:
    """A clerk enters a request."""
    counter.only(request.actor, CLERKS)
    initial = {name: request.GET[name] for name in ("plot", "estate") if name in request.GET}
    form = forms.NewRequestForm(request.POST or None, estates=_estates(request.actor), initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            made = counter.register(
                request.actor,
                values["plot"],
                applicant=form.applicant,
                power=form.power,
                registered_on=values["registered_on"],
                papers=values["papers"],
            )
        except ValidationError as fault:
            add_errors(form, fault)
        else:
            messages.success(request, _("Request %(number)s is on the register.") % {"number": made.number_shown})
            return redirect(made)
    status = 422 if form.is_bound else 200
    return render(request, "connections/new.html", {"form": form}, status=status)


# ------------------------------------------------------------------------------------------------------- one request


@page("request.view", Request)
def detail(request: HttpRequest, record: Request) -> HttpResponse:
    """One request: what is next, who does it, what is missing."""
    return _show(request, record)


def _show(request: HttpRequest, record: Request, **bound: Form) -> HttpResponse:
    """The page, with the form that was refused if there is one."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = selectors.detail(actor, record)
    case, start = found.case, {"version": record.version}
    forms_of = _forms(actor, case, start) | bound
    quotation = case.last("quotation")
    context = {
        "record": record,
        "estate": record.estate,
        "found": found,
        "case": case,
        "forms": forms_of,
        "may_next": "next" in forms_of,
        "others": [name for name in ("return", "wait", "resume", "refuse", "withdraw") if name in forms_of],
        "conditions": [(letter, text, case.conditions.get(letter)) for letter, text in stages.conditions().items()],
        "check": case.last("check"),
        "closing": None if record.is_open else case.last(record.stage),
        "quote": None if quotation else case.quote(),
        "quotation": quotation.facts if quotation else None,
        "sees_applicant": sees_applicant(actor, record.estate_id),
        "related": related(actor, record),
        "next_action": _next_action(record),
        "refused": next(iter(bound), ""),
    }
    return render(request, "connections/detail.html", context, status=422 if bound else 200)


def _next_action(record: Request) -> str:
    if record.stage == "unauthorised_found":
        return "unauthorised.provisional"
    return "request.record" if record.state.acts == stages.APPLICANT else "request.advance"


def _forms(actor: Actor, case: Any, start: dict[str, Any]) -> dict[str, Form]:
    """The forms that the actor may use now, by the name of their address."""
    record: Request = case.request
    if not record.is_open:
        return {}
    may: dict[str, Form] = {}
    moving = record.state.is_step or record.stage == "unauthorised_found"
    if moving and not case.is_held and can(actor, _next_action(record), record):
        initial = start | ({"power_kw": record.power_kw} if record.power_kw else {})
        if (quotation := case.last("quotation")) is not None:
            initial["paid_rial"] = quotation.facts["total_rial"]
        may["next"] = forms.StepForm(stage=record.state, initial=initial)
    if record.stage == "provisional" and can(actor, "unauthorised.regularise", record):
        may["regularise"] = RegulariseForm(initial=start | {"supply": "3x25"})
    if record.is_confidential:
        return may
    with_company = record.state.is_step and not record.with_applicant and record.state.acts != stages.APPLICANT
    offers = {
        "paper": ("request.record", True, lambda: forms.PaperForm(kinds=case.missing, initial=start)),
        "return": ("request.return", with_company, lambda: forms.ReturnForm(papers=case.papers, initial=start)),
        "condition": ("request.condition", True, lambda: forms.ConditionForm(initial=start)),
        "check": ("request.check", True, lambda: forms.CheckForm(initial=start)),
        "study": ("request.check", True, lambda: forms.StudyForm(initial=start)),
        "wait": ("request.wait", record.stage != stages.WAITING, lambda: forms.WaitForm(initial=start)),
        "resume": ("request.wait", record.stage == stages.WAITING, lambda: forms.ResumeForm(initial=start)),
        "refuse": ("request.refuse", True, lambda: forms.RefuseForm(initial=start)),
        "withdraw": ("request.withdraw", True, lambda: forms.WithdrawForm(initial=start)),
    }
    return may | {
        name: make() for name, (action, open_now, make) in offers.items() if open_now and can(actor, action, record)
    }


class RegulariseForm(forms.ApplicantForm, forms.Versioned):
    """A found connection becomes an ordinary request."""


def _do(
    request: HttpRequest, record: Request, name: str, form: Form, action: Callable[[dict[str, Any]], Any], said: str
) -> HttpResponse:
    """One verb: done and back to the page, or the page again with what was typed and why not."""
    if form.is_valid():
        try:
            action(form.cleaned_data)
        except ValidationError as fault:
            add_errors(form, fault)
        else:
            messages.success(request, said)
            return redirect(record)
    return _show(request, record, **{name: form})


def _advance(request: HttpRequest, record: Request) -> HttpResponse:
    form = forms.StepForm(request.POST, stage=record.state)
    name = record.state.name

    def write(values: dict[str, Any]) -> None:
        actions.advance(
            request.actor,  # type: ignore[attr-defined]
            record,
            facts=form.facts,
            happened_on=form.day,
            note=values["note"],
            version=values["version"],
        )

    return _do(request, record, "next", form, write, _("Written down: %(step)s.") % {"step": name})


advance = page("request.advance", Request, methods=POST)(_advance)
record_step = page("request.record", Request, methods=POST)(_advance)
provisional = page("unauthorised.provisional", Request, methods=POST)(_advance)


@page("request.record", Request, methods=POST)
def paper(request: HttpRequest, record: Request) -> HttpResponse:
    """A paper came in."""
    form = forms.PaperForm(request.POST, request.FILES)
    return _do(
        request, record, "paper", form,
        lambda values: counter.give_paper(request.actor, record, **values), _("The paper is in the file."),
    )  # fmt: skip


@page("request.view", Request)
def file(request: HttpRequest, record: Request, attachment: int) -> HttpResponse:
    """A paper's picture or PDF, for those with a counter."""
    if not sees_applicant(request.actor, record.estate_id):  # type: ignore[attr-defined]
        raise NotThere
    return send_file(request, record, attachment)


@page("request.return", Request, methods=POST)
def give_back(request: HttpRequest, record: Request) -> HttpResponse:
    """Back to the applicant for papers."""
    form = forms.ReturnForm(request.POST, papers=load(record).papers)
    return _do(
        request, record, "return", form,
        lambda values: counter.give_back(request.actor, record, **values), _("The request is with its applicant."),
    )  # fmt: skip


@page("request.condition", Request, methods=POST)
def condition(request: HttpRequest, record: Request) -> HttpResponse:
    """The result of a condition of acceptance."""
    form = forms.ConditionForm(request.POST)
    return _do(
        request, record, "condition", form,
        lambda values: actions.judge_condition(request.actor, record, **values | {"met": values["met"] == "1"}),
        _("The result is written down."),
    )  # fmt: skip


@page("request.check", Request, methods=POST)
def check(request: HttpRequest, record: Request) -> HttpResponse:
    """A technical check."""
    form = forms.CheckForm(request.POST)
    return _do(
        request, record, "check", form,
        lambda values: actions.check(request.actor, record, facts=form.facts, version=values["version"]),
        _("The check is written down."),
    )  # fmt: skip


def _verb(
    action: str, part: str, form: type[Form], do: Callable[..., object], said: Any
) -> Callable[..., HttpResponse]:
    """A verb whose form's values are what its action takes."""

    @page(action, Request, methods=POST)
    def view(request: HttpRequest, record: Request) -> HttpResponse:
        def write(values: dict[str, Any]) -> object:
            return do(request.actor, record, **values)  # type: ignore[attr-defined]

        return _do(request, record, part, form(request.POST), write, said)

    return view


study = _verb("request.check", "study", forms.StudyForm, actions.attach_study, gettext_lazy("The study is attached."))
wait = _verb("request.wait", "wait", forms.WaitForm, actions.wait, gettext_lazy("The request waits for its block."))
resume = _verb("request.wait", "resume", forms.ResumeForm, actions.resume, gettext_lazy("The request goes on."))
refuse = _verb("request.refuse", "refuse", forms.RefuseForm, actions.refuse, gettext_lazy("The request is refused."))
withdraw = _verb(
    "request.withdraw", "withdraw", forms.WithdrawForm, actions.withdraw, gettext_lazy("The request is withdrawn.")
)


# ------------------------------------------------------------------------------------------------------- unauthorised


@page("unauthorised.list")
def unauthorised(request: HttpRequest) -> HttpResponse:
    """Unauthorised connections that were found: each of them for who is entitled, counts for the others."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {
        "counts": selectors.found_counts(actor),
        "rows": list(selectors.confidential(actor)[: selectors.PAGE_ROWS * 4]),
        "entitled": any(sees_confidential(actor, pk) for pk in actor.estate_ids),
        "may_find": is_finder(actor),
    }
    return render(request, "connections/unauthorised.html", context)


def is_finder(actor: Actor) -> bool:
    """Whether the actor's organisation inspects connections."""
    return bool(actor.organisation and actor.organisation.kind == COMPANY and can(actor, "unauthorised.find"))


@page("unauthorised.find", methods=("GET", "HEAD", "POST"))
def find(request: HttpRequest) -> HttpResponse:
    """One more was found."""
    counter.only(request.actor, {COMPANY})
    form = forms.FoundForm(request.POST or None, estates=_estates(request.actor))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            made = counter.find(
                request.actor,
                values["plot"],
                found_on=values["found_on"],
                note=values["note"],
                power_kw=values["power_kw"],
            )
        except ValidationError as fault:
            add_errors(form, fault)
        else:
            messages.success(request, _("The connection is on the confidential register."))
            return redirect(made)
    return render(request, "connections/find.html", {"form": form}, status=422 if form.is_bound else 200)


@page("unauthorised.regularise", Request, methods=POST)
def regularise(request: HttpRequest, record: Request) -> HttpResponse:
    """A found connection becomes an ordinary request."""
    form = RegulariseForm(request.POST)
    return _do(
        request, record, "regularise", form,
        lambda values: counter.regularise(
            request.actor, record, applicant=form.applicant, power=form.power, papers=values["papers"],
            version=values["version"],
        ),
        _("The request is on its way to a lawful connection."),
    )  # fmt: skip
