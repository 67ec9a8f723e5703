"""Every operation of the interface for programs, by a token of everyone, in the own estate and in another.

The same reading of the table as for the pages: 401 stands for 'sign in', and a body that cannot be read is refused
before anyone asks who may, so each operation gets one that can.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from rasana.portal.apps.api.models import Token, digest_of
from rasana.portal.apps.api.v1 import operations
from rasana.portal.base import clock
from rasana.portal.base.access_table import ACCESS
from rasana.portal.site import checks
from tests.portal.grid import DONE, Who, called, expected, made_office
from tests.portal.made import MAKERS, Made, writing

BODIES: dict[str, dict[str, Any]] = {
    "add_figure": {"estate": "khodro", "key": "area", "value": 1, "source": "x"},
    "report_problem": {"estate": "khodro", "title": "بی‌برق", "kind": "line"},
    "register_request": {
        "estate": "khodro",
        "plot": "B1-1",
        "applicant_name": "x",
        "supply": "3x25",
        "registered_on": "2025-11-09",
    },
    "fix_problem": {"note": "x"},
    "confirm_problem": {"note": "x"},
    "deliver_commitment": {"delivered_on": "2025-11-09", "text": "x"},
    "advance_request": {},
    "record_request": {},
    "give_paper": {"kind": "x", "received_on": "2025-11-09"},
    "change_plot_status": {"status": "built", "happened_on": "2025-11-09", "reason": "x"},
}
"""A body that can be read, by operation."""
ONLY_FOR = {"register_request": frozenset({"operator", "distribution"})}
"""Operations that name no record and ask for more than their row can say: a counter."""

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def office(django_db_setup: None, django_db_blocker: Any) -> Iterator[SimpleNamespace]:
    """See ``made_office``; everyone has a token for reading and writing."""
    with django_db_blocker.unblock(), made_office() as office:
        with writing():
            for who in office.people:
                secret = f"rsn_{who.organisation}-{who.role}"
                Token(
                    person=who.actor.person,
                    name="grid",
                    shown=secret[:12],
                    digest=digest_of(secret),
                    scope="write",
                    expires_on=clock.today() + dt.timedelta(days=1),
                ).save()
        yield office


def call(operation: Any, who: Who | None, made: Made | None) -> int:
    """The status of one call, whose writes are taken back."""
    headers = {"HTTP_IF_MATCH": '"1"', "REMOTE_ADDR": "127.0.0.1"}
    if who is not None:
        headers["HTTP_AUTHORIZATION"] = f"Bearer rsn_{who.organisation}-{who.role}"
    path = operation.path.replace("{pk}", str(made.record.pk) if made else "")
    body = json.dumps(BODIES[operation.name]) if operation.method != "GET" else ""
    with transaction.atomic():
        client = Client(raise_request_exception=False)
        status = client.generic(operation.method, path, body, content_type="application/json", **headers).status_code
        transaction.set_rollback(True)
    return int(status)


def test_every_operation_has_a_row_a_body_and_a_kind_that_can_be_made():
    for each in operations():
        assert each.action in ACCESS
        assert each.method == "GET" or each.name in BODIES, f"give {each.name} a body in this test"
        assert each.kind is None or each.kind._meta.label in MAKERS, each.kind


def test_the_addresses_are_those_that_the_checks_know():
    known = {(method, "/" + path.replace("<", "{").replace(">", "}")) for path, method, _action in checks.operations()}
    assert known == {(each.method, each.path) for each in operations()}


def test_every_cell_of_the_interface(office):
    """Operation x everyone x own or other estate."""
    wrong: list[str] = []
    tried = 0
    for operation in operations():
        row = ACCESS[operation.action]
        kind = operation.kind._meta.label if operation.kind else None
        for code in ("khodro", "other") if kind else ("khodro",):
            made = office.made[kind, code] if kind else None
            for who in (None, *office.people):
                should = expected(row, who, made)
                got = call(operation, who, made)
                tried += 1
                if not _right(operation, who, should, got):
                    wrong.append(f"{operation.method} {operation.path} {called(who)} {code}: {got}, not {should}")
    print(f"\n{tried} cells of the interface")
    assert not wrong, "\n".join([f"{len(wrong)} of {tried}", *wrong[:40]])


def _right(operation: Any, who: Who | None, should: int, got: int) -> bool:
    if should == 302:
        return got == 401
    if should != 200:
        return got == should
    if operation.kind is None and operation.method != "GET":
        in_estate = who.organisation != "stranger"  # the body names an estate that is not the stranger's
        in_scope = who.organisation in ONLY_FOR.get(operation.name, {who.organisation})
        if not in_estate or not in_scope:
            return got in {403, 404, 422}
    return got in DONE - {302, 303}


def test_a_revoked_an_expired_and_a_made_up_token_open_nothing(office):
    operation = next(each for each in operations() if each.method == "GET" and each.kind is None)
    who = office.someone("operator", "head")
    assert call(operation, who, None) == 200
    for change in ({"revoked_at": clock.now()}, {"expires_on": clock.today() - dt.timedelta(days=1)}):
        with transaction.atomic():
            token = Token.objects.get(person=who.actor.person, name="grid")
            with writing():
                for name, value in change.items():
                    setattr(token, name, value)
                token.save()
            assert call(operation, who, None) == 401
            transaction.set_rollback(True)
    assert Client().get(operation.path, HTTP_AUTHORIZATION="Bearer rsn_made-up").status_code == 401


def test_a_session_does_not_open_the_interface(office):
    operation = next(each for each in operations() if each.method == "GET" and each.kind is None)
    assert office.client(office.someone("operator", "head")).get(operation.path).status_code == 401
