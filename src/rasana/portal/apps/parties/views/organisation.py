"""The own organisation: its people and their roles. Nobody manages another organisation's people."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from rasana.portal.apps.parties import actions, selectors
from rasana.portal.apps.parties.forms import EndRoleForm, PersonForm, RoleForm
from rasana.portal.base import clock
from rasana.portal.base.access import can, page
from rasana.portal.base.people import Membership, Person


@page("people.view")
def people(request: HttpRequest) -> HttpResponse:
    """Everyone of the organisation, with roles."""
    context = {
        "organisation": request.actor.organisation,
        "people": selectors.people_of(request.actor.organisation),
        "may_add": can(request.actor, "people.create"),
    }
    return render(request, "parties/people.html", context)


@page("people.create", methods=("GET", "HEAD", "POST"))
def add(request: HttpRequest) -> HttpResponse:
    """A new colleague; the link to choose a password is shown once, and mailed."""
    form = PersonForm(request.POST or None, initial={"language": "fa"})
    if request.method != "POST":
        return render(request, "parties/add.html", {"form": form})
    if form.is_valid():
        try:
            person = actions.add_person(request.actor, **form.cleaned_data)
        except ValidationError as fault:
            form.add_error(None, fault)
        else:
            return _welcome(request, person)
    return render(request, "parties/add.html", {"form": form}, status=422)


def _welcome(request: HttpRequest, person: Person) -> HttpResponse:
    address = request.build_absolute_uri(reverse("parties:welcome", args=[actions.welcome_key(person)]))
    actions.send_welcome(person, address)
    response = render(request, "parties/welcome_link.html", {"person": person, "address": address})
    response.headers["Cache-Control"] = "no-store"
    return response


@page("people.view", Person)
def person(request: HttpRequest, person: Person) -> HttpResponse:
    """One colleague."""
    return _person(request, person)


def _person(
    request: HttpRequest,
    person: Person,
    *,
    form: Form | None = None,
    role_form: RoleForm | None = None,
    ending: tuple[int, EndRoleForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    names = ("name_fa", "name_en", "email", "language", "is_administrator")
    today = clock.today()
    roles = list(selectors.roles_of(person))
    for each in roles:
        each.is_over = each.ends is not None and each.ends < today
        each.form = ending[1] if ending and ending[0] == each.pk else EndRoleForm(auto_id=f"id_{each.pk}_%s")
    context = {
        "person": person,
        "form": form or PersonForm(initial={name: getattr(person, name) for name in names}),
        "role_form": role_form or RoleForm(person.organisation),
        "roles": roles,
        "may_manage": can(request.actor, "people.manage", person),
    }
    return render(request, "parties/person.html", context, status=status)


@page("people.manage", Person, methods=("POST",))
def change(request: HttpRequest, person: Person) -> HttpResponse:
    """Names, address, administrator or not."""
    form = PersonForm(request.POST)
    if form.is_valid():
        try:
            actions.change_person(request.actor, person, _version(request), **form.cleaned_data)
        except ValidationError as fault:
            form.add_error(None, fault)
        else:
            messages.success(request, _("Saved."))
            return redirect("parties:person", pk=person.pk)
    return _person(request, person, form=form, status=422)


@page("people.manage", Person, methods=("POST",))
def give_role(request: HttpRequest, person: Person) -> HttpResponse:
    """A role for a colleague."""
    form = RoleForm(person.organisation, request.POST)
    if form.is_valid():
        try:
            actions.give_role(request.actor, person, **form.cleaned_data)
        except ValidationError as fault:
            form.add_error(None, fault)
        else:
            messages.success(request, _("Role given."))
            return redirect("parties:person", pk=person.pk)
    return _person(request, person, role_form=form, status=422)


@page("people.manage", Membership, methods=("POST",))
def end_role(request: HttpRequest, role: Membership) -> HttpResponse:
    """A role ends."""
    form = EndRoleForm(request.POST, auto_id=f"id_{role.pk}_%s")
    if form.is_valid():
        try:
            actions.end_role(request.actor, role, _version(request), form.cleaned_data["ends"])
        except ValidationError as fault:
            form.add_error(None, fault)
        else:
            messages.success(request, _("Role ended."))
            return redirect("parties:person", pk=role.person_id)
    return _person(request, role.person, ending=(role.pk, form), status=422)


@page("people.manage", Person, methods=("POST",))
def deactivate(request: HttpRequest, person: Person) -> HttpResponse:
    """Close an account, at once."""
    return _verb(request, person, actions.deactivate, _("Closed. Sessions, roles and delegations have ended."))


@page("people.manage", Person, methods=("POST",))
def activate(request: HttpRequest, person: Person) -> HttpResponse:
    """Open a closed account."""
    return _verb(request, person, actions.activate, _("Open again. Give the roles anew."))


def _verb(request: HttpRequest, person: Person, verb: Callable[..., None], done: str) -> HttpResponse:
    try:
        verb(request.actor, person, _version(request))
    except ValidationError as fault:
        messages.error(request, " ".join(fault.messages))
        return _person(request, person, status=422)
    messages.success(request, done)
    return redirect("parties:person", pk=person.pk)


@page("people.manage", Person, methods=("POST",))
def new_link(request: HttpRequest, person: Person) -> HttpResponse:
    """A new link to choose a password."""
    return _welcome(request, actions.renew_welcome(request.actor, person, _version(request)))


def _version(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and text.isascii() else None
