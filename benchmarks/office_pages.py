"""What the pages of an office cost: SQL statements an address, counted inside the office while people go through it."""

from __future__ import annotations

import re
from typing import Any

LINK = re.compile(r'(?:href|data-src|data-layer-src)="(/[^"#]*)"')
OF_A_KIND = 3
"""Pages of one address that are opened by each person: they differ in how much is on them."""
NOT_PAGES = ("/static/", "/language/", "/accounts/logout/")


def statements(people: list[str]) -> dict[str, Any]:
    """The most SQL statements of each address (its pattern), over all pages that these people reach by links."""
    from django.conf import settings
    from django.test import Client

    from rasana.portal.base.people import Person

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    most: dict[str, int] = {}
    wrong: set[str] = set()
    for email in people:
        client = Client()
        client.force_login(Person.objects.get(email=email))
        _walk(client, most, wrong)
    return {"statements": dict(sorted(most.items())), "wrong": sorted(wrong), "unreached": _unreached(set(most))}


def _walk(client: Any, most: dict[str, int], wrong: set[str]) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.urls import Resolver404, resolve

    waiting, known, opened = ["/"], {"/"}, dict[str, int]()
    while waiting:
        address = waiting.pop(0)
        path, _mark, query = address.replace("&amp;", "&").partition("?")
        try:
            route = resolve(path).route
        except Resolver404:
            wrong.add(f"{address}: no such address")
            continue
        kind = f"{route}?{sorted(each.partition('=')[0] for each in query.split('&'))}"
        opened[kind] = opened.get(kind, 0) + 1
        if opened[kind] > OF_A_KIND or query.count("&") > 1:
            continue
        address = path + ("?" + query if query else "")
        client.get(address)  # the day's first opening of a case is written down; that is not the page's cost
        with CaptureQueriesContext(connection) as counted:
            answer = client.get(address)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if answer.status_code not in {200, 302}:
            wrong.add(f"{address}: {answer.status_code}")
            continue
        if "export" not in query:
            most[route] = max(most.get(route, 0), len(counted))
        if answer.headers["Content-Type"].startswith("text/html"):
            for link in LINK.findall(body.decode()):
                if link not in known and not link.startswith(NOT_PAGES):
                    known.add(link)
                    waiting.append(link)


def _unreached(reached: set[str]) -> list[str]:
    """Pages behind the gate that no link led to."""
    from rasana.portal.site.checks import addresses

    gated = {path for path, _name, view in addresses() if "GET" in getattr(view, "methods", ())}
    return sorted(gated - reached)
