"""The API: who reads what, versions, repeated writes, faults in two languages."""

from __future__ import annotations

import datetime as dt
import json
import random

import pytest
from django.test import Client
from django.urls import reverse

from rasana.portal.apps.api import actions, docs, v1
from rasana.portal.apps.api.models import Answer, Token
from rasana.portal.apps.api.resources import BY_KIND, RESOURCES
from rasana.portal.apps.connections import counter
from rasana.portal.apps.connections.models import Request
from rasana.portal.apps.problems.models import Problem
from rasana.portal.base import clock
from rasana.portal.base.access_table import ACCESS
from rasana.portal.base.actor import SYSTEM
from rasana.portal.base.audit import AuditLine, act
from tests.portal.api.conftest import Caller
from tests.portal.connections.conftest import DEMAND

PROBLEM = {"estate": "khodro", "title": "ترانس پربار است", "kind": "transformer", "plots": ["B5-1"]}
NEW = {
    "estate": "khodro", "plot": "B5-2", "applicant_name": "علي كريمي", "national_id": "0012345679", "supply": "3x25",
    "registered_on": "2025-11-01", "papers": ["identity_card"],
}  # fmt: skip


def test_every_operation_has_its_row_in_the_table(db) -> None:
    found = list(v1.operations())
    assert len(found) >= 29
    for each in found:
        assert each.action in ACCESS
        assert (each.kind is not None) is ("{pk}" in each.path)


def test_openapi_names_every_operation(client, db) -> None:
    said = client.get("/api/v1/openapi.json").json()
    assert said["openapi"].startswith("3.")
    assert {each.path for each in v1.operations()} == set(said["paths"])
    assert all(docs.groups())


def test_without_a_token_nothing_is_said(client, world) -> None:
    client.force_login(world.people["distribution", "head"])
    for headers in ({}, {"Authorization": "Bearer rsn_wrong"}, {"Authorization": "Basic abc"}):
        response = client.get("/api/v1/plots", headers=headers)
        assert response.status_code == 401
        assert response["Content-Type"].startswith("application/problem+json")
        assert response["WWW-Authenticate"] == "Bearer"


def test_a_token_is_kept_as_a_hash_and_ends(office, caller) -> None:
    actor = office.expert
    token, secret = actions.make_token(actor, name="گزارش", expires_on=clock.today())
    assert secret not in str(Token.objects.values())
    assert not any(token.digest in json.dumps(line.changes) for line in AuditLine.objects.all())
    assert Caller(secret).get("/plots").status_code == 200
    actions.revoke_token(actor, token)
    assert Caller(secret).get("/plots").status_code == 401


def test_an_expired_token_is_not_valid(office, settings) -> None:
    _token, secret = actions.make_token(office.expert, name="x", expires_on=clock.today())
    settings.RASANA_NOW = settings.RASANA_NOW + dt.timedelta(days=1)
    assert Caller(secret).get("/plots").status_code == 401


def test_a_reading_token_does_not_write(caller) -> None:
    response = caller("operator", "officer", scope="read").post("/problems", PROBLEM)
    assert response.status_code == 403
    assert response.json()["detail"] == "This token is for reading only."
    assert not Problem.objects.exists()


def test_a_token_of_one_estate_sees_no_other(office, caller) -> None:
    program = caller("distribution", "officer", only_estate=office.sonuf)
    assert [item["plot_id"] for item in program.get("/plots").json()["items"]] == ["S-1"]
    assert program.get(f"/plots/{office.plots[0].pk}").status_code == 404


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_lists_are_of_the_own_estates_and_valid(office, ask, caller, resource) -> None:
    ask(DEMAND)
    caller("operator", "officer").post("/problems", PROBLEM)
    for organisation, mine in (("distribution", True), ("stranger", False)):
        answer = caller(organisation, "head").get(f"/{resource.name}")
        assert answer.status_code == 200
        items = answer.json()["items"]
        for item in items:
            resource.out.model_validate(item)
            assert (item["estate"] in {"khodro", "sonuf"}) is mine
            one = caller(organisation, "head").get(f"/{resource.name}/{item['id']}")
            assert one["ETag"] == f'"{item["version"]}"'
            assert one.json() == item
            stranger = caller("stranger" if mine else "distribution", "head")
            assert stranger.get(f"/{resource.name}/{item['id']}").status_code == 404


def test_another_estates_record_is_like_a_missing_one(office, ask, caller) -> None:
    request, stranger = ask(DEMAND), caller("stranger", "head")
    for path in (f"/requests/{request.pk}", f"/plots/{office.plots[0].pk}"):
        missing = path.rpartition("/")[0] + "/999999"
        assert stranger.get(path).content == stranger.get(missing).content
    body = {"happened_on": "2025-11-09"}
    for verb in ("advance", "record"):
        answers = [stranger.post(f"/requests/{pk}/{verb}", body, If_Match='"1"') for pk in (request.pk, 999_999)]
        assert [each.status_code for each in answers] == [404, 404]
        assert answers[0].content == answers[1].content


def test_lists_continue_by_cursor(office, caller) -> None:
    program, seen, after = caller("distribution"), [], ""
    while True:
        said = program.get(f"/plots?limit=4&after={after}").json()
        seen += [item["id"] for item in said["items"]]
        after = said["next"]
        if after is None:
            break
    assert seen == [plot.pk for plot in office.plots[:6]]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "after=zzz", "limit=x", "after=%00"])
def test_bad_cursors_and_limits_are_refused(caller, query) -> None:
    for language, word in (("fa", "نشد"), ("en", "")):
        response = caller("distribution", language=language).get(f"/plots?{query}")
        assert response.status_code == 422
        assert (
            word in response.json()["title"]
            or "نشانگر" in response.content.decode()
            or "بین" in response.content.decode()
        )


def test_filters(office, ask, caller) -> None:
    ask(DEMAND)
    program = caller("distribution")
    assert len(program.get("/requests?stage=B2&estate=khodro").json()["items"]) == 1
    assert program.get("/requests?stage=B9").json()["items"] == []
    assert len(program.get("/plots?estate=sonuf").json()["items"]) == 1


def test_not_modified(ask, caller) -> None:
    request, program = ask(DEMAND), caller("distribution")
    etag = program.get(f"/requests/{request.pk}")["ETag"]
    assert program.get(f"/requests/{request.pk}", **{"If-None-Match": etag}).status_code == 304


def test_phone_and_number_only_with_a_counter(ask, caller) -> None:
    request = ask(DEMAND)
    for organisation, phone in (("operator", "09120000000"), ("distribution", "09120000000"), ("governor", None)):
        said = caller(organisation).get(f"/requests/{request.pk}").json()
        assert said["phone"] == phone
        assert (said["national_id"] is None) is (said["applicant_name"] is None) is (phone is None)


def test_found_connections_are_hidden(office, caller) -> None:
    found = counter.find(office.company, office.plots[3], found_on=clock.today(), note="کابل")
    for organisation, role, seen in (
        ("distribution", "officer", True),
        ("operator", "officer", False),
        ("board", "head", False),
    ):
        program = caller(organisation, role)
        assert program.get(f"/requests/{found.pk}").status_code == (200 if seen else 404)
        assert (len(program.get("/requests").json()["items"]) == 1) is seen
        lines = program.get("/audit?limit=200").json()["items"]
        assert any(line["action"] == "unauthorised.find" for line in lines) is seen


def test_figures_and_studies_by_class(office, caller) -> None:
    figure, study = (next(each.kind for each in RESOURCES if each.name == name) for name in ("figures", "studies"))
    with act(SYSTEM, "estate.manage", None, estate=office.khodro):
        common = {"estate": office.khodro, "property_fa": "x", "property_en": "x", "source": "s", "status": "verified"}
        for field_class in ("P0", "P2", "P3"):
            figure(key=f"k{field_class}".lower(), value=1, field_class=field_class, **common).save()
        study(
            estate=office.khodro, number=1, fingerprint="f", folder_sha256="1", effort="quick", standard="iran",
            catalogue="iran", engine_version="1", currency="EUR", figures={"peak": 1}, company_figures={"MARK": 3},
            findings=[], assumptions=[],
        ).save()  # fmt: skip
    for organisation, count in (("regional", 3), ("board", 2)):
        program = caller(organisation)
        assert len(program.get("/figures").json()["items"]) == count
        said = program.get("/studies").content.decode()
        assert ("MARK" in said) is (count == 3)


def test_a_problem_is_reported_once_for_a_key(office, caller) -> None:
    program = caller("board", "officer")
    first = program.post("/problems", PROBLEM, Idempotency_Key="a-1")
    again = program.post("/problems", PROBLEM, Idempotency_Key="a-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again["Idempotent-Replayed"] == "true"
    assert first["Location"] == f"/api/v1/problems/{Problem.objects.get().pk}"
    other = program.post("/problems", PROBLEM | {"title": "دیگر"}, Idempotency_Key="a-1")
    assert other.status_code == 422
    assert other.json()["type"].endswith("key-reused")
    assert caller("operator", "officer").post("/problems", PROBLEM, Idempotency_Key="a-1").status_code == 201
    assert Problem.objects.count() == 2


def test_a_refused_write_leaves_its_key_free(caller) -> None:
    program = caller("board", "officer")
    assert program.post("/problems", PROBLEM | {"plots": ["Z9"]}, Idempotency_Key="k").status_code == 422
    assert not Answer.objects.exists()
    assert program.post("/problems", PROBLEM, Idempotency_Key="k").status_code == 201


def test_a_request_is_entered_and_advanced(office, caller) -> None:
    clerk, company = caller("operator", "officer"), caller("distribution", "officer")
    made = clerk.post("/requests", NEW)
    assert made.status_code == 201
    said = made.json()
    assert said["applicant_name"] == "علی کریمی"
    path = f"/requests/{said['id']}"
    for kind in ("title_deed", "neighbours_bill", "postcode", "sketch_form", "trade_licence"):
        version = clerk.get(path)["ETag"]
        assert (
            clerk.post(f"{path}/papers", {"kind": kind, "received_on": "2025-11-02"}, If_Match=version).status_code
            == 200
        )
    body = {"happened_on": "2025-11-05", "facts": {"visited_on": "2025-11-05", "sketch_number": "۷۷"}}
    assert company.post(f"{path}/advance", body).status_code == 428
    stale = company.post(f"{path}/advance", body, If_Match='"1"')
    assert stale.status_code == 412
    answer = stale.json()
    assert answer["your_version"] == "1"
    assert answer["current"]["version"] == answer["current_version"] == Request.objects.get().version
    assert answer["yours"] == body
    done = company.post(f"{path}/advance", body, If_Match=company.get(path)["ETag"])
    assert done.status_code == 200
    assert done.json()["stage"] == "B10"
    assert clerk.post(f"{path}/advance", body, If_Match=done["ETag"]).status_code == 403


@pytest.mark.parametrize(
    ("change", "field", "fa", "en"),
    [
        ({"plot": "Z-9"}, "plot", "در این شهرک نیست", "There is no plot Z-9"),
        ({"national_id": "1"}, "national_id", "کد ملی درست نیست", "not valid"),
        ({"estate": "other"}, "estate", "یکی از شهرک‌های خود", "your own estates"),
        ({"supply": "kw"}, "power_kw", "قدرت را", "Give the power"),
        ({"registered_on": "2025-13-01"}, "registered_on", "پذیرفته نمی‌شود", "not accepted"),
        ({"registered_on": "2025-11-20"}, "registered_on", "هنوز نرسیده", "not come yet"),
        ({"applicant_name": "ن" * 10_000}, "applicant_name", "۱۰٬۰۰۰", "10,000"),
        ({"papers": ["bribe"]}, "papers", "", ""),
    ],
)
def test_bad_input_is_refused_in_the_callers_language(caller, change, field, fa, en) -> None:
    for language, words in (("fa", fa), ("en", en)):
        response = caller("operator", "officer", language=language).post("/requests", NEW | change)
        assert response.status_code == 422
        assert response["Content-Type"].startswith("application/problem+json")
        assert response["Content-Language"] == language
        assert any(words in said for said in response.json()["errors"][field])
    assert not Request.objects.exists()


def test_a_missing_field_is_named(caller) -> None:
    said = caller("operator", "officer", language="fa").post("/requests", {}).json()
    assert said["errors"]["plot"] == ["این مورد را وارد کنید."]


def test_other_verbs(office, caller) -> None:
    plot, company = office.plots[0], caller("distribution", "officer")
    body = {"status": "built", "happened_on": "2025-11-01", "reason": "بازدید ۱۲"}
    done = company.post(f"/plots/{plot.pk}/status", body, If_Match=company.get(f"/plots/{plot.pk}")["ETag"])
    assert done.status_code == 200
    assert done.json()["status"] == "built"
    governor = caller("governor", "officer")
    assert governor.post(f"/plots/{plot.pk}/status", body, If_Match=done["ETag"]).status_code == 403


def test_fuzzed_bodies_never_break_it(office, ask, caller) -> None:
    """R16, small: 400 calls with ye and kaf, bidi marks, NUL, deep and long values."""
    chance, request, plot = random.Random(16), ask(DEMAND), office.plots[0]
    program = caller("distribution", "head")
    odd = ["\x00", "\u202e\u200f", "يك", "a" * 5000, None, True, -1, 1e308, 2**70, [], [[]], {}, {"a": 1}, "2025-02-30",
           "<script>x</script>", "١٢٣", "NaN", "😀", "\ud800"]  # fmt: skip
    of_request = [f"/requests/{request.pk}/{verb}" for verb in ("advance", "papers")]
    of_plot = [f"/plots/{pk}/status" for pk in (plot.pk, 2**62, 2**64)]
    paths = ["/problems", "/requests", "/figures", "/commitments/1/deliver", "/problems/1/fix", *of_request, *of_plot]
    more = "happened_on facts note reason status key source value received_on delivered_on text longitude power_kw"
    names = sorted({*NEW, *PROBLEM, *more.split()})
    statuses = set()
    for number in range(400):
        body = {name: chance.choice(odd) for name in chance.sample(names, chance.randint(0, 8))}
        body |= chance.choice([{}, NEW, PROBLEM, {"happened_on": "2025-11-09"}])
        said = json.dumps(body).encode()
        if number % 7 == 0:
            said = bytes(chance.randrange(256) for _ in range(60))
        key = {"Idempotency_Key": chance.choice(["\t", "x", "é", "k" * 300])} if number % 5 == 0 else {}
        response = program.post(
            chance.choice(paths), said, If_Match=chance.choice(['"1"', '"2"', "x", "*", '"9"']), **key
        )
        statuses.add(response.status_code)
        assert response.status_code < 500, (response.status_code, body)
        assert b"<script>" not in response.content or response["Content-Type"].startswith("application/")
    assert {404, 422} <= statuses


def test_unknown_addresses_and_languages(caller) -> None:
    program = caller("distribution", language="de, en;q=0.3, fa;q=0.2")
    assert program.get("/plots/999999").json()["title"].startswith("There is no such thing")
    assert caller("distribution", language="xx;q=z").get("/plots/999999")["Content-Language"] == "fa"


def test_every_kind_has_one_resource() -> None:
    assert len(BY_KIND) == len(RESOURCES)


def test_tokens_are_made_on_the_page_and_shown_once(office, client_of) -> None:
    client = client_of("board", "expert")
    response = client.post(reverse("api:make_token"), {"name": "گزارش", "scope": "read", "expires_on": "1404/09/30"})
    token, page = Token.objects.get(), response.content.decode()
    secret = page.partition('class="secret">')[2].partition("<")[0]
    assert Caller(secret).get("/plots").status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert secret not in client.get(reverse("api:tokens")).content.decode()
    colleague = client_of("board", "head")
    assert colleague.post(reverse("api:revoke_token", args=[token.pk])).status_code == 404
    assert client.post(reverse("api:revoke_token", args=[token.pk])).status_code == 302
    assert Caller(secret).get("/plots").status_code == 401


@pytest.mark.parametrize(
    ("day", "fa"), [("1406/01/01", "یک سال دیگر"), ("1404/08/17", "یک سال دیگر"), ("x", "تاریخ درست نیست")]
)
def test_a_tokens_last_day(client_of, world, day, fa) -> None:
    response = client_of("board").post(reverse("api:make_token"), {"name": "x", "scope": "read", "expires_on": day})
    assert response.status_code == 422
    assert fa in response.content.decode()
    assert not Token.objects.exists()


def test_the_guide_is_open_and_says_every_path(db) -> None:
    page = Client().get("/api/").content.decode()
    assert all(each.path in page for each in v1.operations())
    assert "cdn" not in page
    assert len(page.encode()) < 150_000
