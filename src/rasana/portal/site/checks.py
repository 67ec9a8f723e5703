"""What must be right before the office starts: settings, the table of access, every address behind it."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import ERROR, CheckMessage, Error, Tags, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, get_resolver

from rasana.portal.base.access_table import ACCESS, READERS

ROLES = READERS | {"anyone", "person", "administrator", "system"}
OPEN = {
    "account_login": "signing in",
    "account_logout": "signing out",
    "account_inactive": "who has a closed account is told so",
    "account_reauthenticate": "the password again, before the second factor is changed",
    "account_change_password": "the own password",
    "mfa_authenticate": "the second factor while signing in",
    "mfa_reauthenticate": "the second factor again",
    "mfa_index": "the own second factor",
    "mfa_activate_totp": "the own second factor",
    "mfa_deactivate_totp": "the own second factor",
    "mfa_view_recovery_codes": "the own recovery codes",
    "mfa_generate_recovery_codes": "the own recovery codes",
    "mfa_download_recovery_codes": "the own recovery codes",
    "set_language": "the language of the browser",
    "style": "the parts of pages, while developing: invented matter only",
    "style_map": "its map",
    "api:api-v1:api-root": "nothing is there",
    "parties:welcome": "choosing a password by a link that is good once",
}
"""Addresses without a row in the table, each with its reason. allauth's own ask for a sign-in by themselves."""


def addresses(
    resolver: URLResolver | None = None, before: str = "", spaces: str = ""
) -> Iterator[tuple[str, str, Any]]:
    """Every address of the portal: its path, its name and its view."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path, spaces + (entry.name or ""), entry.callback
        else:
            yield from addresses(entry, path, f"{spaces}{entry.namespace}:" if entry.namespace else spaces)


def operations() -> Iterator[tuple[str, str, str]]:
    """Every operation of the interface for programs: its path, its method and its action ('' when it has none)."""
    for path, _name, view in addresses():
        if _is_interface(view):
            for each in inspect.getclosurevars(view).nonlocals["self"].operations:
                for method in each.methods:
                    yield path, method, getattr(each.view_func, "action", "")


@register(Tags.security)
def table_is_whole(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Every row of the table of access names roles that there are."""
    return [
        Error(f"The action '{action}' names roles that there are not: {sorted(row.roles - ROLES)}.", id="rasana.E001")
        for action, row in ACCESS.items()
        if not row.roles or row.roles - ROLES
    ]


@register(Tags.security)
def addresses_ask(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Every address asks the table of access, or is one of the open ones."""
    faults: list[CheckMessage] = []
    for path, name, view in addresses():
        if name in OPEN or getattr(view, "__module__", "") == "rasana.portal.base.style":  # while developing only
            continue
        action = getattr(view, "action", None)
        if action not in ACCESS and not _is_interface(view):
            faults.append(Error(f"The address '/{path}' asks nobody whether one may.", id="rasana.E002"))
    faults += [
        Error(f"The operation {method} '/{path}' asks nobody whether one may.", id="rasana.E002")
        for path, method, action in operations()
        if action not in ACCESS
    ]
    return faults


def _is_interface(view: Any) -> bool:
    """Whether a view is one of django-ninja's, whose operations carry their actions."""
    return str(getattr(view, "__module__", "")) == "ninja.operation"


@register()
def data_is_writable(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The folder of files and of SQLite's database can be written to."""
    place = settings.RASANA_DATA
    while not place.exists():
        place = place.parent
    if place.is_dir() and os.access(place, os.W_OK):
        return []
    return [Error(f"RASANA_DATA: '{settings.RASANA_DATA}' cannot be written to.", id="rasana.E003")]


def refuse_faults() -> None:
    """Nothing, or the reasons why the office does not start.

    Raises:
        ImproperlyConfigured: with one line for each fault.
    """
    faults = [each for each in run_checks() if each.level >= ERROR]
    if faults:
        lines = "\n".join(f"  {each.id}: {each.msg}" for each in faults)
        raise ImproperlyConfigured(f"the office does not start:\n{lines}")
