"""The pages of meetings: one form calls, one sheet writes; what is refused stands beside its field; files, checks."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from rasana.portal.apps.meetings import actions, states
from rasana.portal.apps.meetings.models import Decision, Meeting, Seal
from rasana.portal.apps.problems import actions as problems
from rasana.portal.base import clock
from rasana.portal.base.persian import format_date
from tests.portal.meetings.conftest import PARTIES, call, sign_all
from tests.portal.meetings.hand import Hand

pytestmark = pytest.mark.django_db
STATEMENTS_MAX = 12


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


def good(world, **changes):
    day = format_date(clock.today(), "fa", "short")
    values = {"title": "جلسه", "date": day, "time": "۱۰:۳۰", "place": "دفتر", "agenda": "بند یک\nبند دو"}
    return values | {"parties": [world.organisations[code].pk for code in PARTIES]} | changes


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("date", "۳۱ مهر ۱۴۰۴", "مهر"),
        ("date", "فردا", "تاریخ"),
        ("time", "۲۵:۰۰", "ساعت درست نیست. نمونه: ۱۰:۳۰"),
        ("title", "ا" * 10_000, "متن ۱۰٬۰۰۰ نویسه دارد. حداکثر ۲۰۰ نویسه بنویسید."),
        ("title", "", "این مورد را وارد کنید."),
        ("agenda", "ا" * 300, "هر بند حداکثر ۲۰۰ نویسه دارد."),
        ("place", "", "این مورد را وارد کنید."),
    ],
)
def test_bad_input_stays_typed_with_its_reason_beside_it(field, typed, said, world, client_of):
    response = client_of("operator").post("/meetings/new/khodro/", good(world, **{field: typed, "chair": "نوشته من"}))
    assert response.status_code == 422
    page = text(response)
    assert said in page.partition(f'id="id_{field}_error"')[2].partition("</div>")[0]
    assert "نوشته من" in page
    assert typed in response.content.decode()
    assert not Meeting.objects.exists()


def test_a_party_or_point_of_another_estate_is_refused(world, client_of, actor):
    stranger = world.organisations["stranger"].pk
    other = problems.report(actor("board"), world.sonuf, title="از شهرک دیگر", kind="other")
    client = client_of("operator")
    refused = client.post("/meetings/new/khodro/", good(world, parties=[stranger]))
    assert refused.status_code == 422
    assert "این سازمان از طرف‌های این شهرک نیست." in text(refused)
    problems.report(actor("board"), world.khodro, title="از این شهرک", kind="other")
    refused = client.post("/meetings/new/khodro/", good(world, suggested=[f"problems.Problem:{other.pk}"]))
    assert refused.status_code == 422
    assert "در نوبت نیست" in text(refused)
    assert not Meeting.objects.exists()


def test_open_problems_are_offered_and_tell_of_the_meeting(world, client_of, actor):
    problem = problems.report(actor("board"), world.khodro, title="کابل بریده است", kind="line", severity=4)
    client = client_of("operator")
    assert "کابل بریده است" in text(client.get("/meetings/new/khodro/"))
    client.post("/meetings/new/khodro/", good(world, suggested=[f"problems.Problem:{problem.pk}"]))
    meeting = Meeting.objects.get()
    assert [item.title for item in meeting.items.all()] == ["کابل بریده است", "بند یک", "بند دو"]
    assert (meeting.state, meeting.invitations.count()) == ("invited", 4)
    step = problem.steps.first()
    assert (step.action, step.address) == ("agenda", meeting.get_absolute_url())


def test_a_meeting_is_changed_until_it_is_held(called, world, client_of):
    hand = Hand(client_of("operator"), f"{called.get_absolute_url()}change/")
    first, second = called.items.all()
    hand.fill(f"item-{first.pk}", "بند تازه‌نام")
    hand.fill(f"item-{second.pk}", "")
    hand.fill("agenda", "بند افزوده")
    hand.untick("parties", str(world.organisations["governor"].pk))
    hand.press("ذخیره")
    assert [item.title for item in called.items.filter(dropped=False)] == ["بند تازه‌نام", "بند افزوده"]
    assert called.invitations.filter(withdrawn=False).count() == 3
    assert client_of("governor").post(f"{called.get_absolute_url()}reply/", {"answer": "coming"}).status_code == 403


def test_an_organisation_answers_its_invitation(called, client_of):
    address = f"{called.get_absolute_url()}reply/"
    assert client_of("regional").post(address, {"answer": "perhaps"}).status_code == 422
    client_of("regional").post(address, {"answer": "declined", "delegates": "معاون"})
    client_of("operator").post(f"{called.get_absolute_url()}hold/")
    attendance = dict(called.invitations.values_list("organisation__code", "attendance"))
    assert attendance == {"operator": "present", "regional": "absent", "distribution": "present", "governor": "present"}


def sheet(meeting, **rows):
    """The sheet's fields as a browser sends them, everybody present."""
    data = {"version": meeting.version, "new_point": ""}
    for invitation in meeting.invitations.all():
        data |= {f"a{invitation.pk}-present": "on", f"a{invitation.pk}-delegates": ""}
    for item in meeting.items.all():
        data[f"p{item.pk}-said"] = "گفته شد"
    return data | rows


def row(item, place, words, responsible="", due="", key=""):
    prefix = f"d{item.pk}-{place}"
    return {f"{prefix}-text": words, f"{prefix}-responsible": responsible, f"{prefix}-due": due, f"{prefix}-key": key}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"due": "۱ فروردین ۱۴۰۰"}, "مهلت پیش از تاریخ جلسه است."),
        ({"due": "۳۱ مهر ۱۴۰۴"}, "مهر"),
        ({"responsible": "stranger"}, "این سازمان از طرف‌های این شهرک نیست."),
        ({"words": "ا" * 10_000}, "متن ۱۰٬۰۰۰ نویسه دارد."),
        ({"words": "", "due": "۱ فروردین ۱۴۹۰"}, "متن مصوبه را بنویسید."),
        ({"key": "999999"}, "این مصوبه از صورت‌جلسه دیگری است."),
    ],
)
def test_a_bad_row_keeps_the_whole_sheet_as_typed(values, said, called, world, client_of, actor):
    held = actions.hold(actor("operator"), called)
    first, second = held.items.all()
    if "responsible" in values:
        values = {"responsible": world.organisations["stranger"].pk}
    rows = row(first, 0, "کار درست") | row(second, 0, **({"words": "کار دیگر"} | values))
    response = client_of("operator").post(f"{called.get_absolute_url()}minutes/", sheet(held, **rows))
    assert response.status_code == 422
    assert said in text(response)
    for typed in ("کار درست", "گفته شد", values.get("words", "کار دیگر")):
        assert typed in response.content.decode()
    assert not Decision.objects.exists()
    assert Meeting.objects.get().state == "held"


def test_the_sheet_saves_itself_and_knows_its_new_rows(called, world, client_of, actor):
    held = actions.hold(actor("operator"), called)
    first, second = held.items.all()
    client, address = client_of("operator"), f"{called.get_absolute_url()}minutes/"
    rows = row(first, 0, "یک") | row(first, 1, "") | row(second, 0, "دو")
    answer = client.post(address, sheet(held, **rows), headers={"HX-Request": "true"})
    keys = {each.text: each.pk for each in Decision.objects.all()}
    assert f'id="id_d{first.pk}-0-key" value="{keys["یک"]}"' in text(answer)
    assert f'id="id_d{second.pk}-0-key" value="{keys["دو"]}"' in text(answer)
    saved = Meeting.objects.get()
    assert f'id="minutes-version" value="{saved.version}"' in text(answer)
    rows = row(first, 0, "یک!", key=keys["یک"]) | row(second, 0, "دو", key=keys["دو"])
    client.post(address, sheet(saved, **rows), headers={"HX-Request": "true"})
    assert sorted(Decision.objects.values_list("text", flat=True)) == ["دو", "یک!"]


def test_a_stale_sheet_shows_both_versions(called, client_of, actor):
    held = actions.hold(actor("operator"), called)
    first = held.items.first()
    actions.save_minutes(actor("operator"), held, actions.MinutesDraft(said={first.pk: "از دیگری"}))
    client, address = client_of("operator"), f"{called.get_absolute_url()}minutes/"
    typed = sheet(held, **row(first, 0, "نوشته من"))
    quiet = client.post(address, typed, headers={"HX-Request": "true"})
    assert "کاربر دیگری این صورت‌جلسه را تغییر داده است" in text(quiet)
    loud = client.post(address, typed)
    assert loud.status_code == 409
    assert "نوشته من" in text(loud)
    first.refresh_from_db()
    assert first.minutes == "از دیگری"


def test_a_point_raised_in_the_meeting_joins_the_agenda(called, client_of, actor):
    held = actions.hold(actor("operator"), called)
    client_of("operator").post(f"{called.get_absolute_url()}minutes/", sheet(held, new_point="بند تازه"))
    assert [item.title for item in held.items.all()] == ["پست ۶۳/۲۰", "حریم خط", "بند تازه"]


def test_countersigning_twice_and_objecting_without_words_are_told(circulated, client_of):
    client, address = client_of("regional", "head"), f"{circulated.get_absolute_url()}countersign/"
    empty = client.post(address, {"verdict": "objected", "objection": ""})
    assert empty.status_code == 422
    assert "این مورد را وارد کنید." in text(empty)
    assert client.post(address, {"verdict": "agreed"}).status_code == 302
    twice = client.post(address, {"verdict": "agreed"})
    assert twice.status_code == 422
    assert "سازمان شما پیش‌تر نظر خود را درباره این صورت‌جلسه ثبت کرده است." in text(twice)
    assert circulated.signatures.count() == 1


def test_a_sealed_meeting_edited_by_address_answers_with_a_sentence(sealed, client_of, world):
    before = Seal.objects.get().content
    client = client_of("operator", "head")
    for verb in ("minutes", "circulate", "correct", "hold", "invite", "seal", "change", "countersign", "reply"):
        data = good(world) if verb == "change" else {"verdict": "agreed", "answer": "coming"}
        response = client.post(f"{sealed.get_absolute_url()}{verb}/", data)
        assert response.status_code == 422, verb
        assert "این صورت‌جلسه قطعی شده است و تغییر نمی‌کند." in text(response), verb
    assert Seal.objects.get().content == before


def test_the_second_of_two_sealers_gets_a_sentence(circulated, client_of, actor):
    sign_all(circulated, actor)
    one, two = client_of("operator", "head"), client_of("operator", "secretary")
    version = Meeting.objects.get().version
    assert one.post(f"{circulated.get_absolute_url()}seal/", {"version": version}).status_code == 302
    late = two.post(f"{circulated.get_absolute_url()}seal/", {"version": version})
    assert late.status_code == 422
    assert "این صورت‌جلسه قطعی شده است" in text(late)
    assert Seal.objects.count() == 1


def test_what_the_seal_gives_out_can_be_checked_by_anyone(drawn, sealed, client_of):
    client, address, seal = client_of("board"), sealed.get_absolute_url(), Seal.objects.get()
    assert hashlib.sha256(client.get(f"{address}minutes.json").content).hexdigest() == seal.sha256
    pdf = b"".join(client.get(f"{address}minutes.pdf").streaming_content)
    assert hashlib.sha256(pdf).hexdigest() == seal.pdf_sha256
    parts = [zlib.decompress(each) for each in re.findall(rb"stream\r?\n(x.*?)\nendstream", pdf, re.DOTALL)]
    assert any(b"/StructTreeRoot" in each for each in parts)
    assert "از قطعی شدن" in text(client.get(f"{address}verify/"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE meetings_decision SET text = 'x'")
    assert "چیزی با آنچه قطعی شده است یکی نیست." in text(client.get(f"{address}verify/"))


def test_the_page_after_the_seal_shows_what_was_sealed(sealed, client_of):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE meetings_decision SET text = 'عوض شده'")
    page = text(client_of("operator").get(sealed.get_absolute_url()))
    assert "کار 1" in page
    assert "عوض شده" not in page
    assert "مهلت بند ۱ شدنی نیست." in page


def test_addenda_by_the_page(sealed, client_of):
    address = f"{sealed.get_absolute_url()}addendum/"
    assert client_of("regional").post(address, {"text": ""}).status_code == 422
    assert client_of("board").post(address, {"text": "x"}).status_code == 403
    assert client_of("regional").post(address, {"text": "نشانی درست شد."}).status_code == 302
    assert "نشانی درست شد." in text(client_of("operator").get(sealed.get_absolute_url()))


def test_the_calendar_file_invites_with_the_jalali_date(called, client_of):
    response = client_of("regional").get(f"{called.get_absolute_url()}invitation.ics")
    assert "method=REQUEST" in response["Content-Type"]
    calendar = Calendar.from_ical(response.content)
    (event,) = calendar.walk("VEVENT")
    assert calendar["method"] == "REQUEST"
    assert event["dtstart"].dt == called.starts_at.replace(microsecond=0) or event["dtstart"].dt == called.starts_at
    assert format_date(clock.day_of(called.starts_at), "fa", "full") in str(event["description"])
    assert "expert@regional.example" in str(event["attendee"])
    assert int(event["sequence"]) == called.version


def test_strangers_learn_nothing(sealed, client_of):
    stranger = client_of("stranger", "head")
    for suffix in ("", "minutes/", "minutes.pdf", "minutes.json", "verify/", "invitation.ics"):
        assert stranger.get(f"{sealed.get_absolute_url()}{suffix}").status_code == 404
    assert stranger.post(f"{sealed.get_absolute_url()}addendum/", {"text": "x"}).status_code == 404
    assert sealed.title not in text(stranger.get("/meetings/"))


def test_statements_a_page(sealed, world, actor, client_of):
    invited = call(world, actor, title="دعوت")
    held = actions.hold(actor("operator"), call(world, actor, title="برگزار"))
    client = client_of("operator", "head")
    pages = (
        "/meetings/", "/meetings/?estate=khodro&state=sealed&q=a", "/meetings/new/khodro/",
        sealed.get_absolute_url(), f"{sealed.get_absolute_url()}verify/", invited.get_absolute_url(),
        f"{invited.get_absolute_url()}change/", held.get_absolute_url(), f"{held.get_absolute_url()}minutes/",
    )  # fmt: skip
    counted = {}
    for address in pages:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200, address
        counted[address] = len(asked)
    assert max(counted.values()) <= STATEMENTS_MAX, counted


def test_statements_of_minutes_that_are_out(circulated, client_of):
    client = client_of("regional", "head")
    with CaptureQueriesContext(connection) as asked:
        client.get(circulated.get_absolute_url())
    assert len(asked) <= STATEMENTS_MAX


def test_no_english_is_left_on_a_persian_page(sealed, world, actor, client_of):
    invited = call(world, actor, title="دعوت")
    held = actions.hold(actor("operator"), call(world, actor, title="برگزار"))
    client = client_of("operator", "head")
    for address in (
        "/meetings/", "/meetings/new/khodro/", sealed.get_absolute_url(), f"{sealed.get_absolute_url()}verify/",
        invited.get_absolute_url(), f"{held.get_absolute_url()}minutes/", f"{invited.get_absolute_url()}change/",
    ):  # fmt: skip
        body = text(client.get(address)).partition('<main class="main"')[2].partition(">")[2].partition("</main>")[0]
        words = re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>|&\w+;", " ", body)
        latin = set(re.findall(r"[A-Za-z]{3,}", re.sub(r"\b[0-9a-f]{64}\b", "", words))) - {
            "PDF",
            "CSV",
            "Excel",
            "JSON",
            "SHA",
        }
        assert not latin, (address, latin)


def test_a_seal_holds_the_estates_chain_in_its_content(sealed):
    content = json.loads(Seal.objects.get().content)
    assert (content["position"], content["previous"]) == (1, "0" * 64)


def test_the_states_table_in_the_docs_is_this_one():
    assert states.as_markdown() in Path("docs/meetings.md").read_text(encoding="utf-8")


def test_a_letter_is_linked_to_the_meeting_by_its_number(called, world, actor, client_of):
    day = clock.today()
    for estate, number in ((world.khodro, "۱۲/۳"), (world.sonuf, "۹۹")):
        problems.record_letter(
            actor("operator"),
            estate,
            number=number,
            date=day,
            subject="ظرفیت پست",
            sender_other="a",
            recipient_other="b",
        )
    client, address = client_of("operator"), called.get_absolute_url()
    refused = client.post(f"{address}link/", {"letter": "۹۹"})
    assert refused.status_code == 422
    assert "نامه‌ای با این شماره در این شهرک ثبت نشده است." in text(refused)
    actions.hold(actor("operator"), called)
    assert client.post(f"{address}link/", {"letter": "۱۲/۳"}).status_code == 302
    assert "ظرفیت پست" in text(client.get(address))
