"""The pages of commitments: what each reader sees and may send, what is refused, what a page costs."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest
from django.urls import reverse

from rasana.portal.apps.commitments import actions
from rasana.portal.apps.commitments.models import Commitment, Opening, State
from tests.portal.commitments.conftest import PNG, TODAY

DAY = dt.timedelta(days=1)
STATEMENTS_OF_A_LIST = 12
STATEMENTS_OF_A_COMMITMENT = 17


def path(name: str, commitment: Commitment) -> str:
    return reverse(f"commitments:{name}", args=[commitment.pk])


def html(response) -> str:
    return response.content.decode()


def without_chance(response) -> str:
    """The page without its nonces, tokens and own address."""
    return re.sub(r'(nonce|value)="[^"]*"|/commitments/\d+/', "", html(response))


@pytest.mark.parametrize("language", ["fa", "en"])
def test_pages_open_in_both_languages(office, client_of, language):
    commitment = office.active()
    client = client_of("regional", "expert", language)
    for address in (
        reverse("commitments:list"),
        commitment.get_absolute_url(),
        reverse("commitments:promises"),
        reverse("commitments:delay", args=["khodro"]),
        reverse("commitments:create", args=["khodro"]),
    ):
        response = client.get(address)
        assert response.status_code == 200, address
        assert html(response).count("<h1") == 1


def test_one_click_makes_a_promise_of_a_decision(office, client_of):
    decision = office.decide()
    client = client_of("operator", "secretary")
    address = reverse("commitments:from_decision", args=[decision.pk])
    response = client.post(address)
    commitment = Commitment.objects.get()
    assert response.status_code == 302
    assert response.url == commitment.get_absolute_url()
    assert commitment.state == State.ACTIVE
    assert client.post(address).url == commitment.get_absolute_url()
    assert Commitment.objects.count() == 1


def test_a_decision_that_is_a_promise_already_is_refused_in_the_form(office, client_of):
    decision = office.decide()
    actions.from_decision(office.act_as("operator"), decision)
    data = {
        "text": "نامه ظرفیت پست",
        "debtor": office.organisations["regional"].pk,
        "creditor": office.organisations["operator"].pk,
        "due": "1404/09/30",
        "deliverable": "letter",
        "evidence_rule": "letter",
        "decision": decision.pk,
    }
    response = client_of("operator", "secretary").post(reverse("commitments:create", args=["khodro"]), data)
    assert response.status_code == 422
    assert "decision" in response.context["form"].errors


def test_what_a_decision_lacks_is_asked_in_the_form_with_its_words_kept(office, client_of):
    decision = office.decide(responsible=None, due=None)
    response = client_of("operator", "secretary").post(reverse("commitments:from_decision", args=[decision.pk]))
    assert response.status_code == 422
    form = response.context["form"]
    assert {"debtor", "due"} <= set(form.errors)
    assert decision.text in html(response)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"due": "۳۱ مهر ۱۴۰۴"}, "due"),
        ({"due": "1404/07/01"}, "due"),
        ({"due": "فردا"}, "due"),
        ({"debtor": ""}, "debtor"),
        ({"creditor": "regional"}, "creditor"),
        ({"debtor": "stranger"}, "debtor"),
        ({"plots": "ب۵-۱۷"}, "plots"),
        ({"problems": "999"}, "problems"),
        ({"text": "ت" * 10_000}, "text"),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_kept(office, client_of, typed, field):
    key = {code: each.pk for code, each in office.organisations.items()}
    values = {
        "text": "نامه ظرفیت پست",
        "debtor": "regional",
        "creditor": "operator",
        "due": "1404/09/30",
        "deliverable": "letter",
        "evidence_rule": "letter",
    } | typed
    data = values | {name: key.get(values[name], "") for name in ("debtor", "creditor")}
    response = client_of("operator", "secretary").post(reverse("commitments:create", args=["khodro"]), data)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert values["text"] in html(response)
    assert not Commitment.objects.exists()


def test_the_whole_life_of_a_promise_by_its_pages(office, client_of, today):
    commitment = actions.from_decision(office.act_as("operator", "secretary"), office.decide())
    debtor, creditor = client_of("regional", "expert"), client_of("operator", "head")
    asked = {"new_due": "1404/11/30", "reason": "ترانسفورماتور نرسیده است."}
    assert debtor.post(path("request_extension", commitment), asked).status_code == 302
    assert creditor.post(path("refuse", commitment), {"answer": ""}).status_code == 422
    assert creditor.post(path("refuse", commitment), {"answer": "زمان کافی بود."}).status_code == 302
    today(commitment.due + 3 * DAY)
    assert "دیرکرد" in html(debtor.get(commitment.get_absolute_url()))
    proof = {
        "delivered_on": "1404/09/10",
        "text": "نامه فرستاده شد.",
        "letter_number": "۱۲",
        "letter_date": "1404/09/10",
    }
    assert debtor.post(path("deliver", commitment), proof).status_code == 302
    assert creditor.post(path("dispute", commitment), {"reason": ""}).status_code == 422
    assert creditor.post(path("verify", commitment), {"reason": ""}).status_code == 302
    commitment.refresh_from_db()
    assert commitment.state == State.CLOSED
    for client in (debtor, creditor):
        assert client.get(commitment.get_absolute_url()).status_code == 200


def test_a_reader_sees_the_forms_of_his_next_step_only(office, client_of):
    commitment = office.active()

    def offered(code: str, role: str) -> set[str]:
        return set(client_of(code, role).get(commitment.get_absolute_url()).context["forms"])

    assert offered("regional", "expert") == {"deliver", "extension", "link"}
    assert offered("operator", "head") == {"void", "link"}
    assert offered("governor", "viewer") == set()
    office.deliver(commitment)
    assert offered("operator", "head") == {"verdict", "void", "link"}
    assert offered("regional", "head") == {"link"}


def test_what_waits_is_linked_and_unlinked_by_number(office, client_of):
    from rasana.portal.apps.problems import actions as problems

    problem = problems.report(office.act_as("board", "officer"), office.khodro, title="پست پر است", kind="line")
    commitment = office.active()
    client = client_of("governor", "officer")
    assert client.post(path("link", commitment), {"problems": "۱، ۲"}).status_code == 422
    assert client.post(path("link", commitment), {"problems": "۱"}).status_code == 302
    problem.refresh_from_db()
    assert problem.state == "planned"
    assert problem.title in html(client.get(commitment.get_absolute_url()))
    assert client.post(path("unlink", commitment), {"problems": "1"}).status_code == 302
    assert problem.title not in html(client.get(commitment.get_absolute_url()))


def test_a_photo_is_the_proof_where_that_was_agreed(office, client_of):
    commitment = office.active(evidence_rule="photo")
    client = client_of("regional", "expert")
    data = {"delivered_on": "1404/08/18", "text": "پست نصب شد."}
    assert client.post(path("deliver", commitment), data).status_code == 422
    from django.core.files.uploadedfile import SimpleUploadedFile

    wrong = data | {"files": SimpleUploadedFile("a.png", b"MZ" + b"0" * 40)}
    response = client.post(path("deliver", commitment), wrong)
    assert response.status_code == 422
    assert response.context["forms"]["deliver"].errors["files"]
    right = data | {"files": [SimpleUploadedFile("a.png", PNG), SimpleUploadedFile("b.png", PNG + b"1")]}
    assert client.post(path("deliver", commitment), right).status_code == 302
    page = html(client.get(commitment.get_absolute_url()))
    assert page.count("/files/") == 2


def test_files_are_given_to_parties_of_the_commitment_only(office, client_of):
    commitment, other = office.active(evidence_rule="photo"), office.active(estate=office.sonuf)
    office.deliver(commitment, letter_number="", letter_date=None, files=[office.photo()])
    from rasana.portal.base.files import Attachment

    file = Attachment.objects.get()
    address = reverse("commitments:file", args=[commitment.pk, file.pk])
    assert client_of("governor", "viewer").get(address).status_code == 200
    assert client_of("stranger", "head").get(address).status_code == 404
    elsewhere = reverse("commitments:file", args=[other.pk, file.pk])
    assert client_of("governor", "viewer").get(elsewhere).status_code == 404


def test_a_stale_form_gets_both_versions(office, client_of):
    commitment = office.active()
    data = {"delivered_on": "1404/08/18", "text": "نامه", "letter_number": "۱", "letter_date": "1404/08/18"}
    office.deliver(commitment)
    response = client_of("operator", "head").post(path("verify", commitment), {"version": commitment.version})
    assert response.status_code == 409
    assert data


def test_get_does_nothing_and_opening_is_noted_once(office, client_of):
    commitment = office.active()
    client = client_of("regional", "expert")
    for name in ("agree", "deliver", "grant", "verify", "void"):
        assert client.get(path(name, commitment)).status_code == 405
    client.get(commitment.get_absolute_url())
    client.get(commitment.get_absolute_url())
    assert Opening.objects.count() == 1
    client_of("governor", "head").get(commitment.get_absolute_url())
    assert Opening.objects.count() == 1


def test_strangers_get_what_is_missing(office, client_of):
    commitment = office.active()
    client = client_of("stranger", "head")
    missing = client.get(reverse("commitments:detail", args=[commitment.pk + 99]))
    seen = client.get(commitment.get_absolute_url())
    assert (seen.status_code, without_chance(seen)) == (404, without_chance(missing))
    assert client.get(reverse("commitments:delay", args=["khodro"])).status_code == 404
    assert commitment.text not in html(client.get(reverse("commitments:list")))


def test_the_register_narrows_by_state_party_and_words(office, client_of, today):
    late = office.active(text="پست يكم", due=TODAY + DAY)
    soon = office.active(text="نامه دوم", due=TODAY + 20 * DAY, debtor=office.organisations["distribution"])
    proposed = office.propose(text="وعده سوم")
    today(TODAY + 10 * DAY)
    client = client_of("governor", "viewer")

    def found(**query) -> set[int]:
        response = client.get(reverse("commitments:list"), query)
        assert response.status_code == 200
        return {row["commitment"].pk for row in response.context["rows"]}

    assert found() == {late.pk, soon.pk, proposed.pk}
    assert found(outcome="overdue") == {late.pk}
    assert found(outcome="due_soon") == {soon.pk}
    assert found(outcome="proposed") == {proposed.pk}
    assert found(debtor="distribution") == {soon.pk}
    assert found(creditor="regional") == set()
    assert found(text="یکم") == {late.pk}
    assert found(text="۳") == {proposed.pk}
    assert found(estate="sonuf") == set()
    assert found(outcome="nonsense") == {late.pk, soon.pk, proposed.pk}


def test_the_register_as_csv_has_the_filters_and_the_mark(office, client_of):
    office.active(invented=True)
    office.propose()
    response = client_of("governor", "viewer", "en").get(
        reverse("commitments:list"), {"outcome": "proposed", "format": "csv"}
    )
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert len(rows) == 2
    all_rows = client_of("governor", "viewer", "en").get(reverse("commitments:list"), {"format": "csv"})
    assert "invented" in all_rows.content.decode("utf-8-sig")


def test_lists_cost_at_most_twelve_statements_however_long_they_are(office, client_of, django_assert_max_num_queries):
    for _ in range(30):
        office.propose()
    client = client_of("operator", "head")
    for address in (reverse("commitments:list"), reverse("commitments:promises")):
        with django_assert_max_num_queries(STATEMENTS_OF_A_LIST):
            assert client.get(address).status_code == 200


def test_a_commitment_costs_the_same_statements_however_much_happened(office, client_of, today):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.portal.commitments.test_climb import full_case

    commitment = full_case(office, today)
    client = client_of("governor", "viewer")
    client.get(commitment.get_absolute_url())
    with CaptureQueriesContext(connection) as queries:
        assert client.get(commitment.get_absolute_url()).status_code == 200
    assert len(queries) <= STATEMENTS_OF_A_COMMITMENT, len(queries)
