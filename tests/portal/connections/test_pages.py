"""The pages: who sees what, what is refused in words, how many statements they need."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from rasana.portal.apps.connections import actions, counter, selectors, stages
from rasana.portal.apps.connections.models import Request
from rasana.portal.base import clock
from rasana.portal.base.files import Attachment
from tests.portal.connections.conftest import AMPERE, DEMAND, FACTS, PERSON

STATEMENTS_MAX = 12
NEW = {
    "plot": "b5-۲", "applicant_name": "علي كريمي", "national_id": "۰۰۱۲۳۴۵۶۷۹", "phone": "۰۹۱۲ ۰۰۰ ۰۰۰۰",
    "use": "trade", "supply": "3x25", "delivery": "secondary", "builder": "company", "inside_limits": "on",
    "registered_on": "۱۴۰۴/۰۸/۰۱", "papers": ["identity_card"],
}  # fmt: skip


def test_a_clerk_enters_a_request(office, client_of) -> None:
    client = client_of("operator", "officer")
    assert client.get(reverse("connections:new")).status_code == 200
    response = client.post(reverse("connections:new"), NEW | {"estate": office.khodro.pk})
    made = Request.objects.get()
    assert response.url == made.get_absolute_url()
    assert (made.plot.plot_id, made.applicant_name, made.national_id) == ("B5-2", "علی کریمی", "0012345679")
    assert made.phone == "09120000000"
    assert client.get(response.url).status_code == 200


@pytest.mark.parametrize(
    ("change", "fa", "en"),
    [
        ({"plot": "Z-9"}, "قطعه Z-9 در این شهرک نیست", "There is no plot Z-9 in this estate."),
        ({"national_id": "1234567890"}, "کد ملی درست نیست", "The national number is not valid."),
        ({"phone": "abc"}, "شماره تلفن درست نیست", "The phone number is not valid."),
        ({"supply": "kw"}, "قدرت را به کیلووات وارد کنید", "Give the power in kW."),
        ({"supply": "kw", "power_kw": "12"}, "مقدار باید بین", "The value must be between 30"),
        ({"registered_on": "1404/07/31"}, "مهر ۳۰ روز دارد", "Month 7 has 30 days"),
        ({"registered_on": "1499/01/01"}, "این روز هنوز نرسیده است", "This day has not come yet."),
        ({"applicant_name": "ن" * 10_000}, "۱۰٬۰۰۰", "10,000"),
        ({"estate": "999"}, "", "Select a valid choice"),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_kept(office, client_of, change, fa, en) -> None:
    for language, words in (("fa", fa), ("en", en)):
        client = client_of("operator", "officer", language)
        response = client.post(reverse("connections:new"), NEW | {"estate": office.khodro.pk} | change)
        assert response.status_code == 422
        page = response.content.decode()
        assert words in page
        name, typed = next(iter(change.items()))
        if name not in {"estate", "supply"}:
            assert typed in page
        assert not Request.objects.exists()


def test_another_estates_requests_are_not_there(office, ask, client_of) -> None:
    request = ask()
    stranger = client_of("stranger", "head")
    for name in ("detail", "advance", "record", "paper", "return", "condition", "check", "wait", "refuse", "withdraw"):
        bodies = []
        for pk in (request.pk, request.pk + 1):
            address = reverse(f"connections:{name}", args=[pk])
            response = stranger.get(address) if name == "detail" else stranger.post(address, {"version": 1})
            assert response.status_code == 404
            body = response.content.decode().replace(address, "")
            bodies.append(re.sub(r'value="[A-Za-z0-9]{64}"', "", body))
        assert bodies[0] == bodies[1]
    assert request.applicant_name not in stranger.get(reverse("connections:list")).content.decode()


def test_another_estates_plot_is_not_found(office, client_of) -> None:
    client = client_of("operator", "officer")
    response = client.post(reverse("connections:new"), NEW | {"estate": office.khodro.pk, "plot": "X-1"})
    assert response.status_code == 422


def test_phone_and_national_number_only_at_a_counter(office, ask, client_of) -> None:
    request = ask()
    address = request.get_absolute_url()
    for code, seen in (("operator", True), ("distribution", True), ("regional", False), ("governor", False)):
        page = client_of(code, "expert", "en").get(address).content.decode()
        assert ("0012345679" in page) is seen
        assert ("09120000000" in page) is seen
        assert (request.applicant_name in page) is seen
        found = client_of(code, "expert").get(reverse("connections:list"), {"q": "متقاضی"}).content.decode()
        assert (address in found) is seen


def test_a_papers_picture_is_for_the_counter(office, ask, client_of) -> None:
    request, png = ask(papers=()), b"\x89PNG\r\n\x1a\n" + b"0" * 40
    client = client_of("operator", "officer")
    form = {"version": request.version, "kind": "identity_card", "received_on": "1404/08/17"}
    address = reverse("connections:paper", args=[request.pk])
    refused = client.post(address, form | {"upload": SimpleUploadedFile("card.png", b"MZ" + b"0" * 40)})
    assert refused.status_code == 422
    assert "این فایل خوانده نشد" in refused.content.decode()
    assert client.post(address, form | {"upload": SimpleUploadedFile("card.png", png)}).status_code == 302
    file = reverse("connections:file", args=[request.pk, Attachment.objects.get().pk])
    assert b"".join(client.get(file).streaming_content) == png
    assert file in client.get(request.get_absolute_url()).content.decode()
    assert client_of("governor", "head").get(file).status_code == 404
    assert client_of("stranger", "head").get(file).status_code == 404


def test_a_step_is_written_down_by_its_form(office, ask, client_of) -> None:
    request = ask(DEMAND)
    client = client_of("distribution", "officer")
    page = client.get(request.get_absolute_url()).content.decode()
    assert reverse("connections:advance", args=[request.pk]) in page
    day = "1404/08/18"
    response = client.post(
        reverse("connections:advance", args=[request.pk]), {"version": request.version, "happened_on": day, "note": ""}
    )
    assert response.status_code == 302
    request.refresh_from_db()
    assert request.stage == "B3"


def test_what_a_step_waits_for_is_said(office, ask, client_of) -> None:
    request = ask(AMPERE, papers=())
    client = client_of("distribution", "officer", "en")
    form = {
        "version": request.version, "happened_on": "2025-11-09", "visited_on": "2025-11-09", "sketch_number": "77",
    }  # fmt: skip
    response = client.post(reverse("connections:advance", args=[request.pk]), form)
    assert response.status_code == 422
    page = response.content.decode()
    assert "Missing: Identity card, Title deed or Informal deed of sale or Building permit" in page
    assert 'value="77"' in page


def test_a_stale_form_gets_both_versions(office, ask, client_of) -> None:
    request = ask(DEMAND)
    client = client_of("distribution", "officer")
    form = {"version": request.version, "happened_on": "1404/08/18"}
    assert client.post(reverse("connections:advance", args=[request.pk]), form).status_code == 302
    assert client.post(reverse("connections:advance", args=[request.pk]), form).status_code == 409


def test_a_refusal_is_read_with_what_binds(office, ask, client_of) -> None:
    request = actions.refuse(
        office.head, ask(), reason="ظرفیت نیست", constraint="ترانسفورماتور ت۷", relief="کابل دوم از پست ت۸"
    )
    page = client_of("governor", "head").get(request.get_absolute_url()).content.decode()
    assert "ترانسفورماتور ت۷" in page
    assert "کابل دوم از پست ت۸" in page
    assert "<form" not in page.partition("<main")[2].partition("</main>")[0]


def test_found_connections_are_confidential(office, client_of) -> None:
    found = counter.find(office.company, office.plots[3], found_on=clock.today(), note="کابل بدون کنتور")
    listing, address = reverse("connections:unauthorised"), found.get_absolute_url()
    for code, role, seen in (
        ("distribution", "officer", True),
        ("operator", "head", True),
        ("operator", "officer", False),
        ("regional", "head", False),
        ("governor", "head", False),
    ):
        client = client_of(code, role)
        assert (address in client.get(listing).content.decode()) is seen
        assert client.get(address).status_code == (200 if seen else 404)
        everything = client.get(reverse("connections:list")).content.decode()
        assert address not in everything
        assert client.get(listing).status_code == 200
    counts = selectors.found_counts(office.who["governor", "head"])
    assert [row["found"] for row in counts] == [1, 0]


def test_from_found_to_regularised(office, walk, client_of) -> None:
    found = counter.find(office.company, office.plots[3], found_on=clock.today(), note="کابل بدون کنتور")
    client = client_of("distribution", "officer")
    form = {"version": found.version, "inspected_on": "1404/08/18", "safety_result": ""}
    assert client.post(reverse("connections:provisional", args=[found.pk]), form).status_code == 422
    form["safety_result"] = "بی‌خطر"
    assert client.post(reverse("connections:provisional", args=[found.pk]), form).status_code == 302
    found.refresh_from_db()
    assert found.stage == "provisional"
    papers = ["identity_card", "title_deed", "neighbours_bill", "postcode", "sketch_form", "trade_licence"]
    form = {key: value for key, value in NEW.items() if key not in {"plot", "registered_on"}}
    form |= {"version": found.version, "papers": papers}
    assert client.post(reverse("connections:regularise", args=[found.pk]), form).status_code == 302
    found.refresh_from_db()
    assert not found.is_confidential
    assert client_of("governor", "head").get(found.get_absolute_url()).status_code == 200
    assert walk(found, "regularised").stage == "regularised"
    for code, seen in (("distribution", True), ("governor", False)):
        assert ("کابل بدون کنتور" in client_of(code, "head").get(found.get_absolute_url()).content.decode()) is seen


def test_the_history_of_a_lawful_connection_does_not_tell_others_that_it_was_found(office, client_of) -> None:
    note = "کابل بدون کنتور"
    found = counter.find(office.company, office.plots[3], found_on=clock.today(), note=note)
    found = actions.advance(office.company, found, facts=FACTS | {"inspected_on": clock.today()})
    found = counter.regularise(office.company, found, applicant=PERSON, power=AMPERE)
    assert not found.is_confidential
    told = (note, "unauthorised", "rovisional", "Found")
    for code, sees in (("distribution", True), ("governor", False)):
        client = client_of(code, "head", "en")
        day = f"?on={clock.today().isoformat()}"
        pages = [client.get(f"/history/connections.request/{found.pk}/{day}").content.decode()]
        pages.append(client.get(f"/audit/{office.khodro.code}/").content.decode())
        pages.append(b"".join(client.post(f"/audit/{office.khodro.code}/export/").streaming_content).decode())
        for page in pages:
            assert any(word in page for word in told) is sees
        for step in found.steps.filter(code__in=stages.CONFIDENTIAL):
            assert (client.get(f"/history/connections.step/{step.pk}/").status_code == 200) is sees


def test_a_found_connection_is_not_treated_as_a_request(office) -> None:
    found = counter.find(office.company, office.plots[3], found_on=clock.today(), note="کابل بدون کنتور")
    with pytest.raises(ValidationError):
        actions.refuse(office.head, found, reason="x", constraint="y")
    with pytest.raises(ValidationError):
        counter.give_paper(office.company, found, kind="identity_card")


def test_pages_need_few_statements(office, ask, walk, client_of) -> None:
    for number in range(12):
        ask(name=f"متقاضی {number}", plot=number % 4)
    busy = walk(ask(DEMAND), "B11")
    client = client_of("distribution", "officer")
    counts = {}
    for address in (reverse("connections:list"), busy.get_absolute_url(), reverse("connections:unauthorised")):
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        counts[address] = [query["sql"][:110] for query in asked.captured_queries]
    assert all(len(each) <= STATEMENTS_MAX for each in counts.values()), counts


def test_filters_and_export(office, ask, walk, client_of) -> None:
    first, second = ask(), walk(ask(DEMAND, plot=1), "B8")
    client = client_of("distribution", "officer", "en")
    address = reverse("connections:list")
    for query, there in (
        ("supply_class=demand", second), ("holder=applicant", second), ("holder=distribution", first),
        ("stage=B8", second), ("plot=B5-1", first), (f"q={first.number}", first), ("q=متقاضي نمونه", first),
    ):  # fmt: skip
        page = client.get(f"{address}?{query}").content.decode()
        assert there.get_absolute_url() in page, query
    page = client.get(f"{address}?stage=B8").content.decode()
    assert first.get_absolute_url() not in page
    file = client.get(f"{address}?stage=B8&format=csv").content.decode("utf-8-sig")
    assert len(file.strip().splitlines()) == 2
    assert "0012345679" not in file
    assert client.get(f"{address}?after=zzz&stage=nonsense&estate=١").status_code == 200


def test_the_register_continues_by_key(office, ask) -> None:
    made = [ask(name=f"متقاضی {number}", plot=number % 4).pk for number in range(selectors.PAGE_ROWS + 3)]
    for order in ("newest", "queue"):
        filters = selectors.Filters(order=order)
        first = selectors.register(office.company, filters)
        second = selectors.register(office.company, filters, first.after)
        seen = [row.pk for row in (*first.rows, *second.rows)]
        assert sorted(seen) == made
        assert seen == sorted(made, reverse=order == "newest")
        assert not second.after
