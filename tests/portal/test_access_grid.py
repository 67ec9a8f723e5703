"""Every address by every method for everyone, in the own estate and in another: as the table of access says.

What must come out is read off the table's rows and the standings of made.py in plain words, not asked of ``can``.
The gate of each page is tried in every cell; the pages behind it by each role that may pass.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.urls import get_resolver
from django.urls.resolvers import RoutePattern

from rasana.portal.base.access import NotAllowed
from rasana.portal.base.access_table import ACCESS
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit_rows import record_kinds
from rasana.portal.site.checks import OPEN, addresses
from tests.portal.conftest import ROLES
from tests.portal.grid import DONE, ORGANISATIONS, Who, ask, called, expected, made_office
from tests.portal.made import FOR_EVERYONE, MAKERS, Made

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
OWN_ONLY = frozenset({"desk:follow"})
"""Addresses of things that belong to one person: another's is not there for anyone else, whatever the role."""
NOT_YET = frozenset(
    {"meetings:pdf", "meetings:json", "meetings:verify", "commitments:unlink", "studies:file", "studies:map"}
)
"""Addresses of what comes with a later state of the record than the one made here."""
ONLY_FOR = {"connections:find": frozenset({"distribution"}), "studies:map_company": frozenset()}
"""Pages that ask for more than their row can say by standing: a counter of the company; a field class (and here the
study that was made has no such map even for the companies)."""
CSRF = re.compile(rb'(name="csrfmiddlewaretoken" value="|nonce="|"X-CSRFToken": ")[^"]*')

pytestmark = pytest.mark.django_db


class Address(NamedTuple):
    """One address of the portal."""

    path: str
    name: str
    view: Any

    @property
    def kind(self) -> str | None:
        """The kind of record it names."""
        return self.view.kind._meta.label if self.view.kind is not None else None

    @property
    def methods(self) -> tuple[str, ...]:
        """Methods that it answers."""
        return self.view.methods

    def names(self, made: Made | None, office: SimpleNamespace) -> dict[str, Any]:
        """What stands in the path's places."""
        found: dict[str, Any] = {}
        for place in re.findall(r"<(?:\w+:)?(\w+)>", self.path):
            if place == "pk":
                found[place] = made.record.pk
            elif place == "estate":
                found[place] = made.record.code
            elif place == "attachment":
                found[place] = office.file_of(made.record)
            elif place in office.places:
                found[place] = office.places[place]
            else:
                pytest.fail(f"'/{self.path}': say in this test what stands for <{place}>")
        return found

    def url(self, made: Made | None, office: SimpleNamespace) -> str:
        """The path with its places filled."""
        names = self.names(made, office)
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(names[match[1]]), self.path)


def every() -> list[tuple[str, str, Any]]:
    return [each for each in addresses() if getattr(each[2], "__module__", "") != "ninja.operation"]


def gated() -> list[Address]:
    """Addresses that stand behind the gate of ``page`` and name a record of a known kind or none."""
    found = (Address(*each) for each in every() if each[1] not in OPEN)
    return [each for each in found if hasattr(each.view, "methods") and not hasattr(each.view, "names_its_kind")]


def known() -> list[Address]:
    """Those of them whose kind made.py can make; that these are all is a test of its own."""
    return [each for each in gated() if each.kind is None or each.kind in MAKERS]


@pytest.fixture(scope="module")
def office(django_db_setup: None, django_db_blocker: Any) -> Iterator[SimpleNamespace]:
    """See ``made_office``."""
    with django_db_blocker.unblock(), made_office() as office:
        yield office


# ------------------------------------------------------------------------------------------ what the table says


def cells(address: Address, office: SimpleNamespace) -> Iterator[tuple[Who | None, Made | None]]:
    """Everyone, signed in or not, with the record of the six's estate and of the stranger's."""
    kind = address.kind
    objects = [None] if kind is None else [office.made[kind, code] for code in ("khodro", "other")]
    for made in objects:
        for who in (None, *office.people):
            yield who, made


# ------------------------------------------------------------------------------------------------ none missing


def test_every_address_asks_the_table_or_is_one_of_the_open_ones():
    silent = [f"/{path}" for path, name, view in every() if name not in OPEN and view_action(view) not in ACCESS]
    assert silent == []


def view_action(view: Any) -> str:
    return str(getattr(view, "action", ""))


def test_every_open_address_is_there():
    while_developing = {"style", "style_map"}
    assert set(OPEN) - while_developing <= {name for _path, name, _view in every()}


def test_every_kind_that_an_address_names_is_tried():
    kinds = {each.kind for each in gated()} - {None}
    assert kinds <= MAKERS.keys(), f"make one of these in made.py: {sorted(kinds - MAKERS.keys())}"


def test_every_address_is_tried():
    tried = {each.path for each in gated()}
    others = {path for path, name, view in every() if name not in OPEN and path not in tried}
    assert others <= {"", "history/<str:kind>/<int:pk>/"}, "these need a test of their own"


def test_no_row_of_the_table_names_what_there_is_not():
    roles = {*ROLES, "administrator", "person", "anyone", "system"}
    assert {action for action, row in ACCESS.items() if not row.roles or row.roles - roles} == set()


# --------------------------------------------------------------------------------------- every cell of the gate


def without_page(gate: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The gate with an empty page behind it: the inner view is swapped in the gate's own cell."""
    inner = gate
    while "methods" not in inner.__code__.co_freevars:
        inner = inner.__wrapped__
    cell = inner.__closure__[inner.__code__.co_freevars.index("view")]
    page = cell.cell_contents

    def restore() -> None:
        cell.cell_contents = page

    cell.cell_contents = lambda request, *args, **names: HttpResponse()
    gate.restore = restore
    return gate


def answer(gate: Callable[..., HttpResponse], method: str, who: Who | None, names: dict[str, Any]) -> int:
    request = RequestFactory().generic(method, "/x/")
    request.actor = who.actor if who else Actor()
    try:
        return gate(request, **names).status_code
    except Http404:
        return 404
    except NotAllowed:
        return 403


def test_the_whole_grid(office):
    """Address x method x everyone x own or other estate."""
    wrong: list[str] = []
    tried: Counter[int] = Counter()
    for address in known():
        gate = without_page(address.view)
        try:
            row = ACCESS[address.view.action]
            for who, made in cells(address, office):
                for method in METHODS:
                    should = expected(row, who, made) if method in address.methods else 405
                    names = address.names(made, office) if should != 405 else {}
                    got = answer(gate, method, who, names)
                    tried[should] += 1
                    if got != should:
                        where = made.record.estate_of() if made else ""
                        name = f"{who.role} of {who.organisation}" if who else "nobody"
                        wrong.append(
                            f"{method} /{address.path} ({address.view.action}) {name} {where}: {got}, not {should}"
                        )
        finally:
            gate.restore()
    print(f"\n{sum(tried.values())} cells: {dict(tried)}")
    assert not wrong, "\n".join([f"{len(wrong)} of {sum(tried.values())} cells", *wrong[:40]])
    assert set(tried) == {200, 302, 403, 404, 405}


# ---------------------------------------------------------------------------------------- the pages behind it


def one_of_each(address: Address, method: str, office: SimpleNamespace) -> Iterator[tuple[Who, Made | None]]:
    """One person of each role and standing who may, in the six's estate."""
    row = ACCESS[address.view.action]
    made = office.made[address.kind, "khodro"] if address.kind else None
    seen: set[tuple[str, frozenset[str]]] = set()
    for who in office.people:
        words = frozenset(made.standings.get(who.organisation, ())) & row.standing if made else frozenset()
        if address.name in ONLY_FOR:
            words = frozenset({str(who.organisation in ONLY_FOR[address.name])})
        if (who.role, words) not in seen and expected(row, who, made) == 200:
            seen.add((who.role, words))
            yield who, made


def test_who_may_gets_the_page_or_a_sentence(office):
    """Behind the gate nothing else refuses: what a page does inside asks for no more than its row."""
    wrong: list[str] = []
    for address in known():
        allowed = DONE | {404} if address.name in OWN_ONLY | NOT_YET else DONE
        for method in set(address.methods) - {"HEAD"}:
            for who, made in one_of_each(address, method, office):
                got = ask(office.client(who), method, address.url(made, office)).status_code
                is_outside = who.organisation not in ONLY_FOR.get(address.name, ORGANISATIONS)
                if got not in ({403, 404} if is_outside else allowed):
                    wrong.append(f"{method} /{address.path} {who.role} of {who.organisation}: {got}")
    assert not wrong, "\n".join([str(len(wrong)), *wrong[:40]])


def bare(response: HttpResponse) -> bytes:
    return CSRF.sub(b"", response.content)


def test_what_belongs_to_others_is_answered_like_what_is_missing(office):
    """The same body, but for the token of the form and the nonce."""
    wrong: list[str] = []
    for address in known():
        if address.kind is None or address.kind in FOR_EVERYONE or "anyone" in ACCESS[address.view.action].roles:
            continue
        who = next(
            each for each in office.people if (each.organisation, each.role) == ("regional", "managing_director")
        )
        other = office.made[address.kind, "other"]
        url = address.url(other, office)
        instead = "none" if re.search(r"/other\b", url) else "987654"
        missing = re.sub(rf"/({other.record.pk}|other)\b", f"/{instead}", url, count=1)
        assert missing != url
        for method in address.methods:
            theirs, gone = ask(office.client(who), method, url), ask(office.client(who), method, missing)
            if theirs.status_code != 404 or gone.status_code != 404:
                wrong.append(f"{method} {url}: {theirs.status_code}, {gone.status_code}")
            elif bare(theirs).replace(url.encode(), b"") != bare(gone).replace(missing.encode(), b""):
                wrong.append(f"{method} {url}: another body")
    assert not wrong, "\n".join(wrong[:40])


def test_refusals_say_so_in_a_sentence(office):
    """403 with the page of the look, not a bare word."""
    viewer = office.someone("operator", "viewer")
    for address in known():
        made = office.made[address.kind, "khodro"] if address.kind else None
        if "POST" in address.methods and expected(ACCESS[address.view.action], viewer, made) == 403:
            response = ask(office.client(viewer), "POST", address.url(made, office))
            assert response.status_code == 403, address.path
            assert b"<h1>" in response.content, address.path


def test_nobody_who_has_not_signed_in_gets_behind_the_open_addresses(office):
    for path, name, view in every():
        if name in OPEN or "anyone" in ACCESS[view.action].roles:
            continue
        url = "/" + re.sub(r"<(?:\w+:)?(\w+)>", "1", path)
        for method in getattr(view, "methods", ("GET",)):
            response = ask(office.client(None), method, url)
            assert (response.status_code, response.headers.get("Location", "")[:16]) == (302, "/accounts/login/"), url


@pytest.mark.parametrize("name", sorted(name for name in OPEN if name.startswith(("account_", "mfa_"))))
def test_own_sign_in_pages_need_a_sign_in(office, name):
    open_to_all = {"account_login", "account_logout", "account_inactive", "mfa_authenticate"}
    path = next(path for path, known, _view in every() if known == name)
    response = ask(office.client(None), "GET", "/" + path)
    if name in open_to_all:
        assert response.status_code in {200, 302}
    else:
        assert response.headers["Location"].startswith("/accounts/login/")


def test_methods_that_an_address_does_not_know_are_refused(office):
    head = office.someone("operator", "head")
    for address in known():
        made = office.made[address.kind, "khodro"] if address.kind else None
        for method in set(METHODS) - set(address.methods):
            response = ask(office.client(head), method, address.url(made, office))
            assert response.status_code == 405, f"{method} /{address.path}"


# ----------------------------------------------------------------------------------- the history of every kind


def test_the_history_of_every_kind_is_for_whom_the_record_is(office):
    row = ACCESS["audit.view"]
    organisations = {"operator", "regional", "stranger"}
    chosen = [
        each for each in office.people if each.role in {"head", "administrator"} and each.organisation in organisations
    ]
    wrong: list[str] = []
    for (kind, code), made in office.made.items():
        for who in (None, *chosen):
            got = ask(office.client(who), "GET", f"/history/{kind.lower()}/{made.record.pk}/").status_code
            should = expected(row, who, made)
            if got != should:
                wrong.append(f"{kind} in {code}, {called(who)}: {got}, not {should}")
    assert not wrong, "\n".join([str(len(wrong)), *wrong[:40]])


def test_there_is_no_history_of_what_is_no_record(office):
    head = office.someone("operator", "head")
    for kind in (
        "sessions.session",
        "mfa.authenticator",
        "base.auditline",
        "base.notice",
        "base.attachment",
        "x",
        "x.y",
    ):
        assert ask(office.client(head), "GET", f"/history/{kind}/1/").status_code == 404


def test_every_record_says_its_estate_or_whose_it_is():
    """A kind whose access would fall through: no estate and no standing of its own."""
    from rasana.portal.base.record import Record

    for kind in record_kinds():
        fields = {each.name for each in kind._meta.fields}
        says = "estate" in fields or kind.estate_of is not Record.estate_of or kind.standing is not Record.standing
        open_to_nobody = {"estates.Guild", "estates.Trade"}
        assert says or kind._meta.label in open_to_nobody, kind


def test_paths_are_plain():
    """The grid fills in the places of plain paths; a regular expression would pass it by."""
    patterns = [entry.pattern for entry in get_resolver().url_patterns]
    assert all(isinstance(each, RoutePattern) for each in patterns), inspect.cleandoc(str(patterns))
