"""From a problem to a promise that was kept late, by four people in browsers; a meeting by keyboard, and counted."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import date

import pytest

from benchmarks.office_server import ROOT, STORY, TemporaryOffice
from rasana.portal.base.persian import format_date, format_number
from tests.portal.browser.people import Someone
from tests.portal.cluster import MISSING

pytestmark = pytest.mark.slow

DAY = date(2025, 11, 9)
MORNING = "2025-11-09T09:00+03:30"
DUE = date(2025, 12, 9)
LATER = date(2026, 1, 20)
DELIVERED = "2025-12-28T09:00+03:30"
DAYS_LATE = 19
WORDS = {
    "fa": {
        "title": "کابل بلوک ۳ بریده است",
        "meeting": "جلسه برق بلوک ۳",
        "place": "سالن جلسات",
        "decision": "کابل بلوک ۳ تعویض و برق‌دار می‌شود",
        "regional": "برق منطقه‌ای",
        "note": "مسیر کابل آزاد نیست",
        "no": "کالا در انبار هست",
        "done": "کابل تعویض شد",
        "late": "دیر",
    },
    "en": {
        "title": "The cable of block 3 is cut",
        "meeting": "Power of block 3",
        "place": "Meeting room",
        "decision": "Replace the cable of block 3 and energise it",
        "regional": "Regional company",
        "note": "The route is not free",
        "no": "The goods are in store",
        "done": "The cable is replaced",
        "late": "late",
    },
}
MOST_STEPS = 60


@pytest.fixture
def office(tmp_path) -> Iterator[TemporaryOffice]:
    """A small office on the day of the meeting, on the database that the tests run on."""
    address = os.environ.get("RASANA_DATABASE", "")
    made = TemporaryOffice(tmp_path / "office", address if address.startswith("postgres") else "")
    made.environment["RASANA_NOW"] = MORNING
    made.inside("fill", plots=40)
    made.start(processes=1)
    yield made
    made.stop()


@pytest.fixture
def someone(browser, office) -> Iterator[Callable[..., Someone]]:
    """someone("head", "operator", "fa"): at a browser, signed in."""
    people: list[Someone] = []

    def make(role: str, organisation: str, language: str = "fa") -> Someone:
        people.append(Someone(browser, office, role, organisation, language))
        return people[-1].sign_in()

    yield make
    for each in people:
        each.close()


def typed(day: date, language: str) -> str:
    """A day as people type it."""
    return format_date(day, language, "short") if language == "fa" else day.isoformat()


def call(officer: Someone, language: str, *, parties: tuple[str, ...], agenda: str = "") -> str:
    """A meeting today with some of the six parties; returns its address."""
    officer.open("/meetings/")
    officer.go('a[href="/meetings/new/khodro/"]')
    officer.write("[name=title]", WORDS[language]["meeting"])
    officer.write("[name=date]", typed(DAY, language))
    if not officer.page.locator("[name=place]").input_value():
        officer.write("[name=place]", WORDS[language]["place"])
    for box in officer.page.locator("[name=parties]").all():
        if officer.page.locator(f"label[for={box.get_attribute('id')}]").inner_text().strip() not in parties:
            officer.press(f"#{box.get_attribute('id')}")
    if agenda:
        officer.press(agenda)
    officer.go("form:has([name=title]) button.primary")
    return officer.place


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_problem_becomes_a_promise_is_overdue_climbs_and_is_kept_late(someone, office, language):
    words = WORDS[language]
    officer, head = someone("officer", "operator", language), someone("head", "operator", language)
    debtor, governor = someone("head", "regional", language), someone("head", "governor", language)

    # the problem
    officer.open("/problems/")
    officer.go('a[href="/problems/new/khodro/"]')
    officer.write("[name=title]", words["title"])
    officer.page.select_option("[name=kind]", "line")
    officer.write("[name=plots]", "K-0003, K-0004")
    officer.go("form:has([name=title]) button.primary")
    problem = officer.place
    assert words["title"] in officer.text
    officer.go('form[action$="/triage/"] button')
    officer.page.select_option('form[action$="/assign/"] select', label=debtor_name(officer))
    officer.go('form[action$="/assign/"] button')

    # the meeting, with the problem on its agenda
    three = names(officer, "operator", "regional", "governor")
    meeting = call(officer, language, parties=three, agenda="[name=suggested]")
    officer.go('form[action$="/hold/"] button')
    officer.write("textarea[name$=-text]", words["decision"])
    officer.choose("select[name$=-responsible]", words["regional"])
    officer.write("[name$=-due]", typed(DUE, language))
    officer.go("button[name=circulate]")
    for each in (head, debtor, governor):
        each.open(meeting)
        each.go("button[name=verdict][value=agreed]")
    officer.open(meeting)
    officer.press('form[action$="/seal/"] button')
    with officer.page.expect_navigation():
        officer.press("#confirm button[value=yes]")
    officer.go('form[action^="/decisions/"] button')
    commitment = officer.place
    assert words["decision"] in officer.text
    assert format_date(DUE, language) in officer.text

    # a later date is asked for and refused: the first one stays
    debtor.open(commitment)
    debtor.write('form[action$="/extension/"] [name=new_due]', typed(LATER, language))
    debtor.write('form[action$="/extension/"] [name=reason]', words["note"])
    debtor.go('form[action$="/extension/"] button.primary')
    head.open(commitment)
    head.write('form[action$="/extension/grant/"] [name=answer]', words["no"])
    head.go('button[formaction$="/extension/refuse/"]')
    assert words["no"] in head.text
    assert format_date(DUE, language) in head.page.inner_text("h1")

    # the date passes, the ladder climbs
    office.move_to(DELIVERED)
    office.inside("climb")
    governor.open(commitment)
    assert format_number(DAYS_LATE, language) in governor.page.inner_text(".overdue")
    assert governor.page.locator(".ladder .past, .ladder .here").count() >= 2
    paper = governor.page.locator(".downloads a, .ladder a").first.get_attribute("href")
    assert governor.context.request.get(governor.root + paper).body().startswith(b"%PDF")

    # proof, and the creditor's word
    debtor.open(commitment)
    debtor.write('form[action$="/deliver/"] [name=text]', words["done"])
    debtor.write('form[action$="/deliver/"] [name=letter_number]', "1404/77")
    debtor.write('form[action$="/deliver/"] [name=letter_date]', typed(date(2025, 12, 28), language))
    if debtor.page.locator('form[action$="/deliver/"] [name=delivered_on]').input_value() == "":
        debtor.write('form[action$="/deliver/"] [name=delivered_on]', typed(date(2025, 12, 28), language))
    debtor.go('form[action$="/deliver/"] button.primary')
    head.open(commitment)
    head.go('form[action$="/verify/"] button.primary')
    assert words["late"] in head.page.inner_text(".hero")
    assert format_number(DAYS_LATE, language) in head.page.inner_text(".overdue")
    officer.open(problem)
    assert officer.page.locator(f'a[href="{commitment}"]').count() >= 1
    assert office.rasana("audit", "--json").returncode == 0


def test_a_meeting_with_six_decisions_takes_at_most_sixty_clicks_and_fields(someone, capsys):
    people = {name: someone("head", name) for name in ("operator", "regional", "distribution", "governor")}
    officer = someone("secretary", "operator")
    officer.steps = 0
    meeting = call(officer, "fa", parties=names(officer, *people))
    officer.go('form[action$="/hold/"] button')
    for number in range(6):
        officer.write(f"textarea[name$='-{number}-text']", f"تصمیم {number + 1}: کابل بلوک {number + 1} برق‌دار می‌شود")
        officer.choose(f"select[name$='-{number}-responsible']", "برق منطقه‌ای")
        officer.write(f"[name$='-{number}-due']", typed(DUE, "fa"))
    officer.go("button[name=circulate]")
    for each in people.values():
        each.open("/")
        each.go(f'main a[href="{meeting}"]')
        each.go("button[name=verdict][value=agreed]")
    officer.open(meeting)
    officer.press('form[action$="/seal/"] button')
    with officer.page.expect_navigation():
        officer.press("#confirm button[value=yes]")
    for left in range(6, 0, -1):
        assert officer.page.locator('form[action^="/decisions/"]').count() == left
        officer.go('form[action^="/decisions/"] button')
        if left > 1:
            officer.go(f'a[href="{meeting}"]')
    officer.open("/commitments/")
    assert officer.page.locator('main a[href^="/commitments/"]:has-text("تصمیم")').count() >= 6 or "۶" in officer.text
    steps = officer.steps + sum(each.steps for each in people.values())
    with capsys.disabled():
        print(f"\nclicks and fields of a meeting with 6 decisions, 4 parties, sealed, 6 commitments: {steps}")
    assert steps <= MOST_STEPS


def test_the_keyboard_alone_completes_a_meeting(someone):
    officer = someone("secretary", "operator")
    signers = [someone("head", name) for name in ("operator", "regional", "governor")]
    keep = names(officer, "operator", "regional", "governor")
    officer.open("/")
    officer.enter('a[href="/meetings/"]')
    officer.enter('a[href="/meetings/new/khodro/"]')
    officer.key("[name=title]", typed="جلسه با صفحه‌کلید")
    officer.key("[name=date]", typed=typed(DAY, "fa"))
    officer.key("[name=place]", typed="سالن جلسات")
    for box in officer.page.locator("[name=parties]").all():
        if officer.page.locator(f"label[for={box.get_attribute('id')}]").inner_text().strip() not in keep:
            officer.key(f"#{box.get_attribute('id')}", "Space")
    officer.enter("form:has([name=title]) button.primary")
    meeting = officer.place
    officer.enter('form[action$="/hold/"] button')
    officer.key("textarea[name$='-0-text']", typed="کابل بلوک ۳ برق‌دار می‌شود")
    officer.key("select[name$='-0-responsible']", "ArrowDown", "ArrowDown")
    officer.key("[name$='-0-due']", typed=typed(DUE, "fa"))
    officer.enter("button[name=circulate]")
    assert officer.place == meeting
    for each in signers:
        each.open(meeting)
        each.enter("button[name=verdict][value=agreed]")
    officer.open(meeting)
    officer.key('form[action$="/seal/"] button', "Enter")
    officer.enter("#confirm button[value=yes]")
    officer.enter('form[action^="/decisions/"] button')
    assert officer.place.startswith("/commitments/")
    assert "کابل بلوک ۳ برق‌دار می‌شود" in officer.text


def test_the_same_path_on_postgresql():
    if os.environ.get("RASANA_DATABASE", "").startswith("postgres"):
        return  # this is that run
    test = f"{__file__}::test_a_problem_becomes_a_promise_is_overdue_climbs_and_is_kept_late[fa]"
    python = (sys.executable, "-m")
    command = [*python, "tests.portal.cluster", *python, "pytest", "-q", "-p", "no:cacheprovider", test]
    run = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if run.returncode == MISSING:
        pytest.skip("PostgreSQL is missing (apt-get install postgresql): the path was walked on SQLite only")
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]
    assert "1 passed" in run.stdout


def debtor_name(officer: Someone) -> str:
    """The regional company's full name in the officer's language."""
    return names(officer, "regional")[0]


def names(officer: Someone, *codes: str) -> tuple[str, ...]:
    """Full names of organisations in the officer's language."""
    rows = tomllib.loads(STORY.read_text(encoding="utf-8"))["organisations"]
    language = officer.page.evaluate("document.documentElement.lang")
    known = {row["code"]: row[f"name_{language}"] for row in rows}
    return tuple(known[code] for code in codes)
