"""The office that the grid of access is tried in, and what must come out by the wording of the table."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, NamedTuple

from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from rasana.portal.base.actor import Actor, actor_of
from tests.portal.conftest import build
from tests.portal.made import SIX, Made, file_of, make_all

DONE = frozenset({200, 201, 204, 302, 303, 304, 400, 409, 412, 422})
"""What someone may get who may: the page, the way on, or a sentence about what was typed."""
ORGANISATIONS = (*SIX, "stranger")


def called(who: Who | None) -> str:
    return f"{who.role} of {who.organisation}" if who else "nobody"


class Who(NamedTuple):
    """Someone, and the actor he is."""

    organisation: str
    role: str
    actor: Actor


@contextmanager
def made_office() -> Iterator[SimpleNamespace]:
    """The world with one record of each kind, to be made once for a whole module."""
    logging.getLogger("django.request").setLevel(logging.ERROR)
    with transaction.atomic():
        world = build()
        made = make_all(world)
        files: dict[tuple[str, int], int] = {}

        def of(record: Any) -> int:
            key = record._meta.label, record.pk
            if key not in files:
                files[key] = file_of(record)
            return files[key]

        for record, *_words in made.values():
            if record.estate_of() is not None:
                of(record)
        people = [Who(organisation, role, actor_of(person)) for (organisation, role), person in world.people.items()]
        clients = {None: Client(raise_request_exception=False)}
        for who in people:
            clients[who.organisation, who.role] = Client(raise_request_exception=False)
            clients[who.organisation, who.role].force_login(who.actor.person)

        def client(who: Who | None) -> Client:
            return clients[(who.organisation, who.role) if who else None]

        yield SimpleNamespace(
            someone=lambda *key: next(each for each in people if (each.organisation, each.role) == key),
            world=world,
            made=made,
            people=people,
            client=client,
            file_of=of,
            places={"number": 999_999, "name": "x.json"},
        )
        transaction.set_rollback(True)
    logging.getLogger("django.request").setLevel(logging.NOTSET)


def expected(row: Any, who: Who | None, made: Made | None) -> int:
    """The status by the wording of the table: 200 stands for 'may', whatever comes of it."""
    if "anyone" in row.roles:
        return 200
    if who is None:
        return 302
    roles = set() if who.role == "administrator" else {who.role}
    if made is not None and made.only not in {None, (who.organisation, who.role)}:
        return 404
    if made is not None:
        words = made.standings.get(who.organisation, set())
        if "party" in words and not roles:
            words = set()  # who has no role in an estate sees nothing of it, also as an administrator
        if not words:
            return 404
        if row.standing and not words & row.standing:
            return 403
    may = roles & row.roles or "person" in row.roles or ("administrator" in row.roles and who.role == "administrator")
    return 200 if may else 403


def ask(client: Client, method: str, url: str) -> HttpResponse:
    """One request whose writes are taken back, and with them the cookies of a session that was made anew."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        response = client.generic(method, url)
        if getattr(response, "streaming", False):
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    client.cookies = cookies
    return response
