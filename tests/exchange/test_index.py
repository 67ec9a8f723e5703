"""The page of several studies: a card a study in both languages, links that lead to it, text that stays text."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest

from rasana.exchange.index import write_index
from rasana.exchange.words import term

SUMMARY = {
    "estate": "Quarter <1> & more", "plots": 40, "transformers": {"400": 1, "630": 2}, "peak_kw": 512.4,
    "cost": {"total": 104_971.0}, "currency": "million rial", "findings": {"error": 0, "warning": 1, "note": 0},
}  # fmt: skip


class Page(HTMLParser):
    """Links, languages and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.sections: list[tuple[str, str]] = []
        self.words: dict[str, str] = {}
        self._language = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        if tag == "a":
            self.links.append(named["href"])
        if tag == "section":
            self._language = named["lang"]
            self.sections.append((named["lang"], named["dir"]))

    def handle_data(self, data):
        self.words[self._language] = self.words.get(self._language, "") + data


@pytest.fixture
def page(tmp_path):
    for name, changes in {
        "one": {},
        "two": {"findings": {"error": 3, "warning": 0, "note": 0}, "label": "a sketch"},
    }.items():
        (tmp_path / name).mkdir()
        text = json.dumps(SUMMARY | changes, ensure_ascii=False)
        (tmp_path / name / "summary.json").write_text(text, encoding="utf-8")
    folders = [tmp_path / name for name in ("one", "two", "not there")]
    write_index(folders, tmp_path / "index.html")
    return Page((tmp_path / "index.html").read_text(encoding="utf-8"))


def test_a_card_a_study_in_both_languages(page):
    assert page.sections == [("fa", "rtl"), ("en", "ltr")]
    assert page.links == ["one/report.html", "two/report.html", "one/report.html#en", "two/report.html#en"]
    for language in ("fa", "en"):
        assert page.words[language].count("Quarter <1> & more") == 2
        assert page.words[language].count(term("index.met", language)) == 1
        assert term("index.breaches", language) in page.words[language]
        assert page.words[language].count("a sketch") == 1


def test_numbers_are_in_the_digits_of_the_language(page):
    assert "40" in page.words["en"]
    assert "۴۰" in page.words["fa"]
    assert not set("0123456789") & set(page.words["fa"].replace("Quarter <1> & more", ""))


def test_without_a_study_it_says_so(tmp_path):
    write_index([tmp_path / "nothing"], tmp_path / "index.html")
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert term("index.none", "en") in text
    assert term("index.none", "fa") in text
    assert Page(text).links == []
