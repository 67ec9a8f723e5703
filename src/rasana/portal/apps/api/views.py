"""Pages of the API: how it is used, the own tokens, the organisation's webhooks."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rasana.portal.apps.api import actions, docs, forms
from rasana.portal.apps.api.models import DeliveryState, Token, Webhook
from rasana.portal.apps.api.webhooks import ATTEMPTS_MAX
from rasana.portal.base import clock
from rasana.portal.base.access import can, page
from rasana.portal.base.people import Estate

POST = ("POST",)
DELIVERIES_SHOWN = 50


@page("api.docs")
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    return JsonResponse(docs.openapi())


@page("api.docs")
def guide(request: HttpRequest) -> HttpResponse:
    """How the API is used."""
    context = {
        "groups": docs.groups(),
        "host": request.build_absolute_uri("/").rstrip("/"),
        "may_hook": can(request.actor, "webhook.list"),  # type: ignore[attr-defined]
    }
    return render(request, "api/guide.html", context)


def _add_errors(form: Any, fault: ValidationError) -> None:
    """What an action refused, beside its field; what belongs to no field of the form, above it."""
    by_field = fault.error_dict if hasattr(fault, "error_dict") else {None: fault.error_list}
    for name, errors in by_field.items():
        form.add_error(name if name in form.fields else None, errors)


@page("token.list")
def tokens(request: HttpRequest) -> HttpResponse:
    """The own tokens."""
    return _tokens(request, forms.TokenForm(estates=_estates(request)))


def _estates(request: HttpRequest) -> Any:
    return Estate.objects.filter(pk__in=request.actor.estate_ids)  # type: ignore[attr-defined]


def _tokens(request: HttpRequest, form: forms.TokenForm, status: int = 200, secret: str = "") -> HttpResponse:
    mine = Token.objects.filter(person=request.actor.person).select_related("only_estate", "use")  # type: ignore[attr-defined]
    today = clock.today()
    rows = [(token, token.revoked_at is None and token.expires_on >= today) for token in mine]
    response = render(request, "api/tokens.html", {"rows": rows, "form": form, "secret": secret}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


@page("token.make", methods=POST)
def make_token(request: HttpRequest) -> HttpResponse:
    """A new token; its secret is on this page and nowhere else."""
    form = forms.TokenForm(request.POST, estates=_estates(request))
    if form.is_valid():
        try:
            _token, secret = actions.make_token(request.actor, **form.cleaned_data)  # type: ignore[attr-defined]
        except ValidationError as fault:
            _add_errors(form, fault)
        else:
            return _tokens(request, forms.TokenForm(estates=_estates(request)), secret=secret)
    return _tokens(request, form, status=422)


@page("token.revoke", Token, methods=POST)
def revoke_token(request: HttpRequest, token: Token) -> HttpResponse:
    """End a token."""
    actions.revoke_token(request.actor, token)  # type: ignore[attr-defined]
    messages.success(request, _("The token is revoked."))
    return redirect("api:tokens")


@page("webhook.list")
def webhooks(request: HttpRequest) -> HttpResponse:
    """The organisation's webhooks."""
    return _webhooks(request, forms.WebhookForm())


def _webhooks(request: HttpRequest, form: forms.WebhookForm, status: int = 200, secret: str = "") -> HttpResponse:
    states = {state.value: Count("deliveries", Q(deliveries__state=state)) for state in DeliveryState}
    rows = Webhook.objects.filter(organisation=request.actor.organisation).annotate(**states)  # type: ignore[attr-defined]
    response = render(request, "api/webhooks.html", {"rows": rows, "form": form, "secret": secret}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


@page("webhook.make", methods=POST)
def make_webhook(request: HttpRequest) -> HttpResponse:
    """A new webhook; the key of its signature is on this page and nowhere else."""
    form = forms.WebhookForm(request.POST)
    if form.is_valid():
        try:
            made = actions.make_webhook(request.actor, **form.cleaned_data)  # type: ignore[attr-defined]
        except ValidationError as fault:
            _add_errors(form, fault)
        else:
            return _webhooks(request, forms.WebhookForm(), secret=made.secret)
    return _webhooks(request, form, status=422)


@page("webhook.view", Webhook)
def webhook(request: HttpRequest, record: Webhook) -> HttpResponse:
    """A webhook and its last deliveries."""
    rows = list(record.deliveries.all()[:DELIVERIES_SHOWN])
    has_dead = any(row.state == DeliveryState.DEAD for row in rows)
    context = {"record": record, "rows": rows, "has_dead": has_dead, "attempts_max": ATTEMPTS_MAX}
    return render(request, "api/webhook.html", context)


@page("webhook.change", Webhook, methods=POST)
def switch_webhook(request: HttpRequest, record: Webhook) -> HttpResponse:
    """Off or on."""
    actions.switch_webhook(request.actor, record, active=request.POST.get("active") == "1")  # type: ignore[attr-defined]
    messages.success(request, _("The webhook is switched."))
    return redirect("api:webhook", record.pk)


@page("webhook.change", Webhook, methods=POST)
def retry_webhook(request: HttpRequest, record: Webhook) -> HttpResponse:
    """Try again what was given up."""
    actions.retry(request.actor, record)  # type: ignore[attr-defined]
    messages.success(request, _("What was given up is tried again."))
    return redirect("api:webhook", record.pk)
