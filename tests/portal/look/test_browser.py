"""The style page in a real browser: what a screen reader, a keyboard, a phone and a slow line meet."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread

from rasana.portal.base import persian

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PORTAL = Path(__file__).parents[3] / "src/rasana/portal"
AXE = PORTAL / "frontend/node_modules/axe-core/axe.min.js"
HEAVIEST_BYTES = 150_000
COMPRESSED = {"html", "css", "javascript", "json"}

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="chromium is missing: apt-get install chromium")
pytestmark = [pytest.mark.slow, pytest.mark.urls("tests.portal.look.urls")]


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as play:
        chromium = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def address(settings) -> Iterator[str]:
    settings.RASANA_NOW = datetime(2025, 11, 9, 5, 30, tzinfo=UTC)
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    assert server.error is None
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()


@pytest.fixture
def visit(browser, address) -> Iterator[Callable[..., sync_api.Page]]:
    said: list[str] = []
    contexts = []

    def open_page(path: str = "/style/", language: str = "fa", width: int = 1360, **more: object) -> sync_api.Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **more)
        contexts.append(context)
        context.add_cookies([{"name": "django_language", "value": language, "url": address}])
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [line for line in said if "GPU stall" not in line] == []


@needs_browser
@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("fa", 1360, "light"), ("en", 390, "light"), ("en", 1360, "dark"), ("fa", 390, "dark")],
)
def test_axe_finds_nothing(visit, language, width, theme):
    page = visit("/style/?said=1", language, width, color_scheme=theme, bypass_csp=True)
    page.wait_for_selector(".map-key")
    page.add_script_tag(path=AXE)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


@needs_browser
@pytest.mark.parametrize("language", ["fa", "en"])
def test_no_page_scrolls_sideways(visit, language):
    for path in ("/style/", "/style/?public=1"):
        page = visit(path, language)
        for width in (320, 390, 800, 1024, 1360):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0, (path, width)


@needs_browser
def test_a_page_without_a_map_weighs_at_most_150_kilobytes(visit):
    page = visit()
    weights: dict[str, int] = {}

    def weigh(answer: sync_api.Response) -> None:
        if "/portal/map" in answer.url or "maplibre" in answer.url or answer.url.endswith("map.json"):
            return
        body = answer.body()
        kind = answer.headers.get("content-type", "").split(";")[0].split("/")[-1]
        weights[answer.url] = len(brotli.compress(body, quality=5)) if kind in COMPRESSED else len(body)

    page.on("response", weigh)
    page.reload(wait_until="networkidle")
    assert any("woff2" in url for url in weights), "the font is counted"
    assert any("htmx" in url for url in weights)
    assert sum(weights.values()) <= HEAVIEST_BYTES, weights


@needs_browser
def test_a_date_is_chosen_with_the_keyboard_in_a_month_that_begins_on_saturday(visit):
    page = visit()
    page.fill("#id_due", "۲۵ دی ۱۴۰۴")
    assert page.locator("output[for=id_due]").inner_text() == "پنجشنبه ۲۵ دی ۱۴۰۴، ۶۷ روز دیگر"
    page.locator("#id_due").press("Tab")
    page.keyboard.press("Enter")
    grid = page.locator("#id_due-month")
    assert grid.locator("th abbr").all_inner_texts() == ["ش", "ی", "د", "س", "چ", "پ", "ج"]
    assert grid.locator("td[aria-selected=true]").inner_text() == "۲۵"
    assert "off" in grid.locator("button[data-day]").nth(25).get_attribute("class"), "26 Dey 1404 is a Friday"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value("#id_due") == "۱۴۰۴/۱۱/۰۳"
    assert grid.is_hidden()
    assert page.evaluate("() => document.activeElement.getAttribute('aria-expanded')") == "false", "back on the button"
    page.keyboard.press("Enter")
    page.keyboard.press("PageUp")
    page.keyboard.press("Escape")
    assert page.input_value("#id_due") == "۱۴۰۴/۱۱/۰۳"


@needs_browser
def test_in_english_the_calendar_is_gregorian_and_reads_jalali_too(visit):
    page = visit(language="en")
    page.fill("#id_due", "1404/10/25")
    assert page.locator("output[for=id_due]").inner_text() == "Thursday 15 January 2026, 67 days from now"
    page.locator("#id_due ~ button").click()
    assert page.locator("#id_due-month h3").inner_text() == "January 2026"


@needs_browser
def test_one_spare_row_is_shown_and_enter_goes_on_to_it(visit):
    page = visit()
    rows = page.locator("[data-rows] > li")
    assert [row.is_visible() for row in rows.all()] == [True, False, False]
    page.locator("#decision-1").press_sequentially("ظرفیت آزاد شود.")
    assert [row.is_visible() for row in rows.all()] == [True, True, False]
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "decision-2"
    assert page.input_value("#decision-1") == "ظرفیت آزاد شود.\n"


@needs_browser
def test_what_cannot_be_undone_is_asked_with_the_verb_of_its_button(visit):
    page = visit()
    page.fill("#id_title", "عنوان")
    page.locator("#form .primary").click()
    dialog = page.locator("#confirm")
    assert "برگشت‌پذیر نیست" in dialog.inner_text()
    assert dialog.locator("[value=yes]").inner_text() == "ثبت درخواست"
    page.keyboard.press("Escape")
    assert dialog.is_hidden()
    assert page.input_value("#id_title") == "عنوان"
    page.locator("#form .primary").click()
    with page.expect_request(lambda request: request.method == "POST"):
        dialog.locator("[value=yes]").click()


@needs_browser
def test_leaving_with_typed_text_asks_first(visit):
    page = visit()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.locator("#id_title").press_sequentially("متن")
    page.evaluate("() => { location.href = '/style/?page=2'; }")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert page.input_value("#id_title") == "متن"


@needs_browser
def test_the_shell_by_keyboard(visit):
    page = visit()
    page.locator("main").focus()
    page.keyboard.press("/")
    assert page.evaluate("() => document.activeElement.name") == "q"
    page.locator(".top .to-end summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(".top .to-end .sheet").is_visible()
    page.keyboard.press("Escape")
    assert page.locator(".top .to-end .sheet").is_hidden()
    page.goto(page.url)
    page.evaluate("() => document.activeElement.blur()")
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"


@needs_browser
def test_the_map_draws_and_the_same_plots_are_links(visit):
    page = visit()
    page.wait_for_selector("[data-map][data-ready]", timeout=30_000)
    key = page.locator(".map-key li").all_inner_texts()
    counts = [found[0] for found in (re.search(r"[۰-۹]+$", text) for text in key) if found]
    assert sum(int(persian.ascii_digits(count)) for count in counts) == 240
    page.locator("details.alt > summary").click()
    page.locator("details.alt details summary").first.click()
    page.wait_for_selector("details.alt .plots a")
    assert page.locator("details.alt .plots a").count() == 60
    assert page.locator(".scale").inner_text() == "۵۰ متر"


@needs_browser
def test_without_script_the_page_still_has_its_forms_and_menus(visit):
    page = visit(java_script_enabled=False)
    assert page.locator("#id_due").is_visible()
    page.locator(".top .to-end summary").click()
    assert page.locator(".top .to-end .sheet").is_visible()


@pytest.mark.skipif(shutil.which("node") is None, reason="node is missing: apt-get install nodejs")
def test_the_script_and_the_server_agree_on_every_day_from_1343_to_1472():
    code = (
        "import { jalali, gregorian, read } from './calendars.js';"
        "const days = []; const first = jalali.toDay(1343, 1, 1), last = jalali.toDay(1473, 1, 1);"
        "for (let day = first; day < last; day += 1) { const d = jalali.ofDay(day);"
        " if (jalali.toDay(d.year, d.month, d.date) !== day) throw new Error('no return: ' + day);"
        " days.push([d.year, d.month, d.date]); }"
        "console.log(JSON.stringify({ first, days, leap: jalali.length(1403, 12), none: read('۳۱ مهر ۱۴۰۴') }));"
    )
    place = PORTAL / "frontend/src"
    made = subprocess.run(
        ["node", "--input-type=module", "-e", code], cwd=place, capture_output=True, text=True, check=True, timeout=60
    )
    answer = json.loads(made.stdout)
    epoch = datetime(1970, 1, 1, tzinfo=UTC).date().toordinal()
    start = datetime.fromordinal(epoch + answer["first"]).date()
    assert persian.jalali(start) == (1343, 1, 1)
    wrong = [
        day for offset, day in enumerate(answer["days"])
        if persian.jalali(start.fromordinal(start.toordinal() + offset)) != tuple(day)
    ]  # fmt: skip
    assert wrong == []
    assert answer["leap"] == 30
    assert answer["none"] is None
