"""The pages of the register: what is refused stands beside its field in the reader's language, what was typed stays."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rasana.portal.apps.problems import actions
from rasana.portal.apps.problems.models import Letter, Problem, ProblemState
from rasana.portal.base.audit import AuditLine

pytestmark = pytest.mark.django_db
GOOD = {"title": "کابل بریده است", "kind": "line", "severity": "2"}
STATEMENTS_MAX = 12


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


def statements(client, address):
    with CaptureQueriesContext(connection) as asked:
        response = client.get(address)
    assert response.status_code == 200, address
    return len(asked)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("title", "ا" * 10_000, "متن ۱۰٬۰۰۰ نویسه دارد. حداکثر ۲۰۰ نویسه بنویسید."),
        ("title", "", "این مورد را وارد کنید."),
        ("plots", "A-1، Z-1", "این قطعه‌ها در این شهرک نیست: Z-1"),
        ("longitude", "پنجاه", "یک عدد وارد کنید."),
        ("longitude", "۵۰٫۸۸", "هم طول و هم عرض جغرافیایی را بدهید، یا هیچ‌کدام را."),
        ("latitude", "۸۰", "مقدار باید بین ۲۵ و ۴۰ باشد."),
    ],
)
def test_bad_input_stays_typed_with_its_reason_beside_it(field, typed, said, world, client_of, plots):
    response = client_of("board", "officer").post("/problems/new/khodro/", GOOD | {field: typed, "effect": "نوشته من"})
    assert response.status_code == 422
    assert said in text(response)
    assert "نوشته من" in text(response)
    assert typed in response.content.decode()
    assert not Problem.objects.exists()


def test_an_unknown_kind_and_a_wrong_file_are_refused(world, client_of):
    client = client_of("board", "officer")
    assert client.post("/problems/new/khodro/", GOOD | {"kind": "x"}).status_code == 422
    wrong = SimpleUploadedFile("photo.jpg", b"%PDF-1.7")
    response = client.post("/problems/new/khodro/", GOOD | {"file": wrong})
    assert response.status_code == 422
    assert "این فایل با نامش یکی نیست" in text(response) or "فایل" in text(response)
    assert not Problem.objects.exists()


def test_a_report_shows_on_its_page_and_in_the_list(world, client_of, plots):
    client = client_of("board", "officer")
    photo = SimpleUploadedFile("p.png", b"\x89PNG\r\n\x1a\n" + b"0" * 30)
    sent = GOOD | {"plots": "A-1، A-2", "longitude": "۵۰٫۸۵", "latitude": "34.62", "file": photo}
    response = client.post("/problems/new/khodro/", sent)
    problem = Problem.objects.get()
    assert response["Location"] == problem.get_absolute_url()
    assert (problem.plots_count, problem.longitude, problem.holder.code) == (2, 50.85, "operator")
    page = text(client.get(problem.get_absolute_url()))
    assert "مسئول اقدام: سازمان ساماندهی مشاغل شهری" in page
    assert GOOD["title"] in text(client.get("/problems/"))
    file = problem.steps.exclude(attachment=None).get().attachment
    assert client.get(f"/problems/{problem.pk}/files/{file.pk}/")["Content-Type"] == "image/png"
    assert client_of("stranger").get(f"/problems/{problem.pk}/files/{file.pk}/").status_code == 404


def test_steps_by_their_forms(problem, world, client_of):
    operator, company, board = client_of("operator"), client_of("distribution"), client_of("board")
    address = problem.get_absolute_url()

    def step(client, action, **values):
        version = Problem.objects.get(pk=problem.pk).version
        data = {f"{action}-{name}": value for name, value in values.items()} | {"version": version}
        return client.post(f"{address}{action}/", data)

    assert step(operator, "triage", verdict="duplicate", severity="3").status_code == 422
    assert step(operator, "triage", verdict="accepted", severity="4").status_code == 302
    wrong = step(operator, "assign", organisation=world.organisations["stranger"].pk)
    assert wrong.status_code == 422
    assert step(operator, "assign", organisation=world.organisations["distribution"].pk).status_code == 302
    assert step(company, "study", note="").status_code == 422
    assert step(company, "study", note="سیم‌پیچ").status_code == 302
    assert step(company, "fix", note="عوض شد").status_code == 302
    assert step(company, "confirm").status_code == 403
    assert step(board, "confirm").status_code == 302
    again = step(company, "fix", note="نوشته من")
    assert again.status_code == 422
    assert "این مشکل اکنون" in text(again)
    assert Problem.objects.get(pk=problem.pk).state == ProblemState.CONFIRMED


def test_a_stale_form_shows_both_versions(problem, actor, client_of):
    version = problem.version
    actions.triage(actor("operator"), problem, ProblemState.ACCEPTED)
    sent = {"triage-verdict": "referred", "triage-severity": "3", "triage-referred_to": "شهرداری", "version": version}
    response = client_of("operator").post(f"{problem.get_absolute_url()}triage/", sent)
    assert response.status_code == 409
    assert "شهرداری" in text(response)


def test_strangers_learn_nothing(problem, client_of):
    stranger = client_of("stranger")
    missing = stranger.get("/problems/999999/")
    for suffix in ("", "map.json", "files/1/"):
        assert stranger.get(f"{problem.get_absolute_url()}{suffix}").status_code == 404
    token = re.compile(rb'csrfmiddlewaretoken" value="\w+"|nonce="[^"]+"|/problems/\d+/')
    seen = stranger.get(problem.get_absolute_url())
    assert token.sub(b"", seen.content) == token.sub(b"", missing.content)
    assert problem.title not in text(stranger.get("/problems/?state=all"))
    assert stranger.post("/problems/new/khodro/", GOOD).status_code == 404


def test_the_list_filters_sorts_and_takes_nonsense(problem, world, actor, client_of):
    actions.report(actor("regional"), world.sonuf, title="كابل عربي", kind="line", severity=1)
    client = client_of("operator")
    for query, found in (
        ("q=ترانسفورماتور", [problem.title]),
        ("q=کابل", ["كابل عربي"]),
        ("q=۱", [problem.title, "كابل عربي"]),
        ("estate=sonuf", ["كابل عربي"]),
        ("severity=3", [problem.title]),
        ("kind=line&holder=operator", ["كابل عربي"]),
        ("state=confirmed", []),
        ("state=nonsense&severity=x&page=99&sort=up", [problem.title, "كابل عربي"]),
        ("sort=severity", [problem.title, "كابل عربي"]),
    ):
        page = text(client.get(f"/problems/?{query}"))
        shown = sorted(title for title in (problem.title, "كابل عربي") if title in page)
        assert shown == sorted(found), query
    assert client.get("/problems/?format=csv")["Content-Type"].startswith("text/csv")


def test_a_letter_by_its_form(problem, world, client_of):
    client = client_of("operator", "secretary")
    good = {
        "number": "۱۲/۳",
        "date": "۳۱ مهر ۱۴۰۴",
        "subject": "x",
        "sender": world.organisations["operator"].pk,
        "recipient_other": "توانیر",
    }
    refused = client.post("/letters/new/khodro/", good)
    assert refused.status_code == 422
    assert "۳۱ مهر ۱۴۰۴" in text(refused)
    assert "مهر" in text(refused)
    assert client.post("/letters/new/khodro/", good | {"date": "۳۰ مهر ۱۴۰۴", "recipient_other": ""}).status_code == 422
    assert client.post("/letters/new/khodro/", good | {"date": "۱ مهر ۱۵۰۰"}).status_code == 422
    assert not Letter.objects.exists()
    assert client.post("/letters/new/khodro/", good | {"date": "۳۰ مهر ۱۴۰۴"}).status_code == 302
    linked = client.post(f"{problem.get_absolute_url()}link/", {"link-letter": "۱۲/۳"})
    assert linked.status_code == 302
    assert "۱۲/۳" in text(client.get(problem.get_absolute_url()))


def test_statements_a_page(problem, world, actor, client_of):
    for number in range(6):
        actions.report(actor("board"), world.khodro, title=f"مشکل {number}", kind="other")
        actions.record_letter(
            actor("operator"), world.khodro, number=str(number), date=problem.reported_at.date(), subject="x",
            sender_other="a", recipient=world.organisations["operator"], about=[problem],
        )  # fmt: skip
    actions.triage(actor("operator"), problem, ProblemState.ACCEPTED)
    actions.assign(actor("operator"), problem, world.organisations["distribution"])
    client = client_of("operator")
    letter = Letter.objects.first()
    counted = {
        address: statements(client, address)
        for address in (
            "/problems/", "/problems/?estate=khodro&holder=operator&q=a", problem.get_absolute_url(),
            "/problems/new/khodro/", "/letters/", letter.get_absolute_url(), "/letters/new/khodro/",
        )
    }  # fmt: skip
    assert max(counted.values()) <= STATEMENTS_MAX, counted


def test_no_english_is_left_on_a_persian_page(problem, client_of, world):
    client = client_of("operator")
    for address in (
        "/problems/",
        "/problems/new/khodro/",
        problem.get_absolute_url(),
        "/letters/",
        "/letters/new/khodro/",
    ):
        body = text(client.get(address)).partition('<main class="main"')[2].partition(">")[2].partition("</main>")[0]
        words = re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>|&\w+;", " ", body)
        latin = set(re.findall(r"[A-Za-z]{3,}", words)) - {"JPEG", "PNG", "PDF", "CSV", "Excel", "expert", "officer"}
        assert not latin, (address, latin)


def test_every_write_has_its_line(problem, client_of):
    lines = AuditLine.objects.count()
    client_of("operator").post(
        f"{problem.get_absolute_url()}triage/", {"triage-verdict": "accepted", "triage-severity": "2"}
    )
    assert AuditLine.objects.count() == lines + 1


def test_the_map_of_an_estate_shows_its_open_problems(problem, world, actor, client_of):
    closed = actions.report(actor("board"), world.khodro, title="بسته", kind="other", longitude=50.8, latitude=34.6)
    actions.triage(actor("operator"), closed, ProblemState.REFERRED, referred_to="شهرداری")
    client = client_of("operator")
    drawn = client.get("/problems/map/khodro.json").json()["features"]
    points = [each["properties"] for each in drawn if each["properties"]["kind"] == "problem"]
    assert [(each["title"], each["url"]) for each in points] == [(problem.title, problem.get_absolute_url())]
    assert "/problems/map/khodro.json" in text(client.get("/problems/?estate=khodro"))
    assert client.get("/problems/map/other.json").status_code == 404
