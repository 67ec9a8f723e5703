"""Signing in; choosing a password by a link."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from rasana.portal.apps.parties import actions, selectors
from rasana.portal.apps.parties.forms import PasswordForm
from rasana.portal.apps.parties.signin import DEMO_PASSWORD


class SignIn(LoginView):  # type: ignore[misc]
    """allauth's sign-in; the demo offers its accounts beside it."""

    def get_form(self, form_class: Any = None) -> Any:
        """Both fields are Latin, and their labels say what they are."""
        form = super().get_form(form_class)
        for name in ("login", "password"):
            form.fields[name].widget.attrs |= {"dir": "ltr", "placeholder": ""}
        return form

    def get_context_data(self, **names: Any) -> dict[str, Any]:
        """What the page shows."""
        context: dict[str, Any] = super().get_context_data(**names)
        if settings.RASANA_DEMO:
            context |= {"demo": selectors.demo_accounts(), "demo_password": DEMO_PASSWORD}
        return context

    def form_invalid(self, form: Any) -> HttpResponse:
        """The page with its sentences: 429 after too many tries, else 422."""
        codes = {fault.code for fault in form.non_field_errors().as_data()}
        response: HttpResponse = super().form_invalid(form)
        response.status_code = 429 if "too_many_login_attempts" in codes else 422
        if response.status_code == 429:
            response.headers["Retry-After"] = "300"
        return response


@never_cache
@sensitive_post_parameters("password", "again")
def welcome(request: HttpRequest, key: str) -> HttpResponse:
    """The link that an administrator gave: choose a password, then sign in."""
    person = actions.welcomed(key)
    if person is None:
        return render(request, "parties/welcome_over.html", status=404)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.choose_password(person, form.cleaned_data["password"])
        except ValidationError as fault:
            form.add_error(None, fault)
        else:
            return redirect(f"{reverse('account_login')}?welcome=1")
    context = {"form": form, "welcomed": person}
    return render(request, "parties/welcome.html", context, status=422 if form.errors else 200)
