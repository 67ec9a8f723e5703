"""The own account: language, second factor, sessions, roles, a colleague who stands in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rasana.portal.apps.parties import actions, selectors
from rasana.portal.apps.parties.forms import DelegationForm
from rasana.portal.apps.parties.signin import LATER_COOKIE
from rasana.portal.base.access import can, page
from rasana.portal.base.people import Delegation

LANGUAGE_COOKIE = "django_language"
YEAR_S = 365 * 24 * 3600
MONTH_S = 30 * 24 * 3600


@page("me.view")
def me(request: HttpRequest) -> HttpResponse:
    """The own account."""
    return _me(request, DelegationForm(request.actor))


def _me(request: HttpRequest, form: DelegationForm, status: int = 200) -> HttpResponse:
    actor = request.actor
    context = {
        "person": actor.person,
        "second_factor": selectors.second_factor_of(actor.person),
        "roles": selectors.roles_of(actor.person),
        "delegations": selectors.delegations_of(actor.person),
        "delegation_form": form,
        "may_delegate": can(actor, "delegation.give"),
    }
    return render(request, "parties/me.html", context, status=status)


@page("delegation.give", methods=("POST",))
def delegate(request: HttpRequest) -> HttpResponse:
    """A colleague stands in."""
    form = DelegationForm(request.actor, request.POST)
    if form.is_valid():
        try:
            actions.delegate(request.actor, **form.cleaned_data)
        except ValidationError as fault:
            form.add_error(None, fault)
        else:
            messages.success(request, _("Recorded. Your colleague can stand in from that day."))
            return redirect("parties:me")
    return _me(request, form, 422)


@page("delegation.end", Delegation, methods=("POST",))
def end_delegation(request: HttpRequest, delegation: Delegation) -> HttpResponse:
    """A colleague stands in no longer."""
    try:
        actions.end_delegation(request.actor, delegation)
    except ValidationError as fault:
        messages.error(request, " ".join(fault.messages))
        return _me(request, DelegationForm(request.actor), 422)
    messages.success(request, _("Ended."))
    return redirect("parties:me")


@page("me.change", methods=("POST",))
def end_sessions(request: HttpRequest) -> HttpResponse:
    """All other sessions of the person end; this one goes on."""
    person = actions.end_sessions(request.actor)
    update_session_auth_hash(request, person)
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("parties:me")


@page("me.view", methods=("GET", "HEAD", "POST"))
def offer_second_factor(request: HttpRequest) -> HttpResponse:
    """After signing in without one: set up a second factor, or not now."""
    following = _safe(request, request.POST.get("next") or request.GET.get("next", "/"))
    if request.method == "POST":
        response = HttpResponseRedirect(following)
        response.set_cookie(LATER_COOKIE, "1", max_age=MONTH_S, httponly=True, samesite="Lax")
        return response
    return render(request, "parties/second_factor.html", {"following": following})


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The language of this browser; for who has signed in, of the person too."""
    chosen = request.POST.get("language", "")
    response = HttpResponseRedirect(_safe(request, request.POST.get("next", "/")))
    if chosen in {"fa", "en"}:
        actions.change_language(request.actor, chosen)
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=YEAR_S, samesite="Lax")
    return response


def _safe(request: HttpRequest, address: str) -> str:
    ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if ours else "/"
