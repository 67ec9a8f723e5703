"""What is done with commitments by POST, one address a verb. A refusal comes back beside its field, with status 422."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rasana.portal.apps.commitments import actions, checks, forms
from rasana.portal.apps.commitments.models import Commitment
from rasana.portal.apps.commitments.views import show
from rasana.portal.apps.meetings.models import Decision
from rasana.portal.base.access import page
from rasana.portal.base.fields import JalaliDateField
from rasana.portal.base.people import Estate

POST = ("POST",)
UNPROCESSABLE = 422


def _do(
    request: HttpRequest,
    commitment: Commitment,
    name: str,
    form: forms.VersionForm,
    verb: Callable[..., Any],
    said: str,
) -> HttpResponse:
    """Do it and go back to the commitment, or show its page with what was refused and what was typed."""
    if form.is_valid():
        try:
            verb(request.actor, commitment, version=form.cleaned_data["version"], **form.given())
        except ValidationError as refused:
            form.refuse(refused)
        else:
            messages.success(request, said)
            return redirect(commitment)
    return show(request, commitment, bound={name: form}, status=UNPROCESSABLE)


@page("commitment.agree", Commitment, methods=POST)
def agree(request: HttpRequest, commitment: Commitment) -> HttpResponse:
    """Agree for the own organisation."""
    return _do(request, commitment, "agree", forms.VersionForm(request.POST), actions.agree, _("Agreed."))


@page("commitment.deliver", Commitment, methods=POST)
def deliver(request: HttpRequest, commitment: Commitment) -> HttpResponse:
    """Declare it delivered, with the proof."""
    form = forms.DeliveryForm(request.POST, request.FILES, commitment=commitment, auto_id="deliver_%s")
    return _do(request, commitment, "deliver", form, actions.deliver, _("Delivery recorded. The creditor verifies it."))


@page("commitment.request_extension", Commitment, methods=POST)
def request_extension(request: HttpRequest, commitment: Commitment) -> HttpResponse:
    """Ask for a later date."""
    form = forms.ExtensionForm(request.POST, auto_id="extension_%s")
    said = _("Request recorded. The due date stays until the creditor answers.")
    return _do(request, commitment, "extension", form, actions.request_extension, said)


@page("commitment.answer_extension", Commitment, methods=POST)
def grant(request: HttpRequest, commitment: Commitment) -> HttpResponse:
    """Grant the later date."""
    form = forms.AnswerForm(request.POST, auto_id="answer_%s")
    return _do(
        request, commitment, "answer", form, actions.grant, _("Extension granted. The first date stays visible.")
    )


@page("commitment.answer_extension", Commitment, methods=POST)
def refuse(request: HttpRequest, commitment: Commitment) -> HttpResponse:
    """Refuse the later date."""
    form = forms.AnswerForm(request.POST, auto_id="answer_%s")
    return _do(request, commitment, "answer", form, actions.refuse, _("Extension refused."))


@page("commitment.verify", Commitment, methods=POST)
def verify(request: HttpRequest, commitment: Commitment) -> HttpResponse:
    """Accept what was delivered."""
    form = forms.VerdictForm(request.POST, auto_id="verdict_%s")
    return _do(request, commitment, "verdict", form, actions.verify, _("Delivery verified. The commitment is closed."))


@page("commitment.dispute", Commitment, methods=POST)
def dispute(request: HttpRequest, commitment: Commitment) -> HttpResponse:
    """Dispute what was delivered."""
    form = forms.VerdictForm(request.POST, auto_id="verdict_%s")
    return _do(request, commitment, "verdict", form, actions.dispute, _("Delivery disputed. The debtor owes it again."))


@page("commitment.void", Commitment, methods=POST)
def void(request: HttpRequest, commitment: Commitment) -> HttpResponse:
    """End it by a later decision."""
    form = forms.VoidForm(request.POST, commitment=commitment, auto_id="void_%s")
    return _do(
        request, commitment, "void", form, actions.void, _("The commitment is void by the decision that you cited.")
    )


@page("commitment.link", Commitment, methods=POST)
def link(request: HttpRequest, commitment: Commitment) -> HttpResponse:
    """Name what waits behind it."""
    return _of_links(request, commitment, actions.link, _("Linked."))


@page("commitment.link", Commitment, methods=POST)
def unlink(request: HttpRequest, commitment: Commitment) -> HttpResponse:
    """End links that were a mistake."""
    return _of_links(request, commitment, actions.unlink, _("The link is ended."))


def _of_links(request: HttpRequest, commitment: Commitment, verb: Callable[..., Any], said: str) -> HttpResponse:
    form = forms.LinkForm(request.POST, estate=commitment.estate, auto_id="link_%s")

    def named(actor: Any, record: Commitment, *, version: int | None, **_given: Any) -> None:
        verb(actor, record, form.behind(), version=version)

    return _do(request, commitment, "link", form, named, said)


@page("commitment.make", Decision, methods=POST)
def from_decision(request: HttpRequest, decision: Decision) -> HttpResponse:
    """Make the promise that a decision is, in one click; what the decision lacks is asked in the form."""
    try:
        commitment = actions.from_decision(request.actor, decision)
    except ValidationError as refused:
        return _ask(request, decision, refused)
    messages.success(
        request, _("Commitment %(number)s was made of the decision.") % {"number": commitment.number_shown}
    )
    return redirect(commitment)


def _ask(request: HttpRequest, decision: Decision, refused: ValidationError) -> HttpResponse:
    made = Commitment.objects.filter(decision=decision).first()
    if made is not None:
        messages.warning(request, refused.messages[0])
        return redirect(made)
    creditor, typed = checks.creditor_of(decision), JalaliDateField().prepare_value
    values = {
        "text": decision.text,
        "debtor": decision.responsible_id or "",
        "creditor": creditor.pk if creditor else "",
        "due": typed(decision.due) if decision.due else "",
        "decision": decision.pk,
        "promised_on": typed(checks.day_of_decision(decision)),
        "deliverable": "works",
        "evidence_rule": "letter",
        "problems": "",
        "plots": "",
    }
    form = forms.ProposalForm(values, estate=decision.estate)
    form.full_clean()
    form.refuse(refused)
    return _form(request, decision.estate, form, UNPROCESSABLE)


@page("commitment.make", Estate, methods=("GET", "HEAD", "POST"))
def create(request: HttpRequest, estate: Estate) -> HttpResponse:
    """Propose a commitment by hand."""
    if request.method != "POST":
        return _form(request, estate, forms.ProposalForm(estate=estate))
    form = forms.ProposalForm(request.POST, estate=estate)
    if form.is_valid():
        try:
            commitment = actions.propose(request.actor, estate, **form.given())
        except ValidationError as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("Commitment %(number)s recorded.") % {"number": commitment.number_shown})
            return redirect(commitment)
    return _form(request, estate, form, UNPROCESSABLE)


def _form(request: HttpRequest, estate: Estate, form: forms.ProposalForm, status: int = 200) -> HttpResponse:
    return render(request, "commitments/form.html", {"form": form, "estate": estate}, status=status)
