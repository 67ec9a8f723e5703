from __future__ import annotations

import re
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from rasana.portal.base.actor import Actor

pytestmark = pytest.mark.urls("tests.portal.look.urls")
PAGES = ("403.html", "403_csrf.html", "404.html", "409.html", "500.html")
VOID = {"meta", "link", "input", "br", "hr", "path", "rect", "circle", "img"}


class Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def page(name: str, language: str, **context: object) -> str:
    request = RequestFactory().get("/somewhere/")
    request.actor = Actor()
    with translation.override(language):
        if name == "500.html":
            return render_to_string(name)
        return render_to_string(name, context, request=request)


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_refusal_stands_by_itself_in_both_languages(name, language):
    html = page(name, language, typed=[("reason", ["متن من"])], record="تعهد ۱۹", address="/commitments/19/")
    assert html.count("<h1") == 1
    assert f'lang="{language}" dir="{"rtl" if language == "fa" else "ltr"}"' in html
    assert "style=" not in re.sub(r'rel="stylesheet"', "", html)
    assert not re.search(r"<(script|style)>", html), "nothing inline"
    balance = Balance()
    balance.feed(html)
    assert balance.open == []


def test_no_english_is_left_on_a_persian_page_of_refusal():
    for name in PAGES:
        text = re.sub(r"<[^>]+>", " ", page(name, "fa", record="", address="/"))
        assert set(re.findall(r"[A-Za-z]{2,}", text)) <= {"English"}, name


def test_what_was_typed_stands_on_the_page_of_a_changed_record():
    sides = [{"label": "دلیل", "typed": "متن من", "now": "متن دیگری"}]
    again = [("reason", "متن من")]
    html = page("409.html", "fa", sides=sides, again=again, record="تعهد ۱۹", address="/commitments/19/")
    assert html.count("متن من") == 2, "shown, and ready to be saved over the other"
    assert "متن دیگری" in html
    assert "تعهد ۱۹" in html
    assert 'href="/commitments/19/"' in html


def test_a_refusal_gives_its_reason():
    assert "فقط رئیس اداره" in page("403.html", "fa", exception="فقط رئیس اداره این کار را می‌کند.")


def test_the_shell_shows_places_counts_and_who_acts():
    organisation = SimpleNamespace(kind="operator", name="سازمان ساماندهی", short="سازمان", monogram="سا")
    person = SimpleNamespace(name="کارشناس")
    navigation = [
        {"label": name, "url": f"/{name}/", "icon": "desk", "count": 14, "current": name == "a"} for name in "abcdefg"
    ]
    html = page(
        "404.html", "fa", navigation=navigation, unread=SimpleNamespace(count=3),
        actor=SimpleNamespace(person=person, organisation=organisation, is_administrator=False, on_behalf_of=None),
        estate=SimpleNamespace(name="شهرک خودرو", label="بازسازی از شمارهای منتشرشده"),
    )  # fmt: skip
    assert html.count('aria-current="page"') == 2, "in the side bar and in the tab bar"
    assert "اعلان‌ها: ۳ تازه" in html
    assert "۱۴" in html
    assert "بازسازی از شمارهای منتشرشده" in html
    assert 'class="mono operator"' in html
