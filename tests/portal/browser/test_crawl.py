"""Everyone goes through the example's office from link to link: every page holds what pages must hold.

Three people at one width each; with ``CRAWL=full`` (``make bench``) seven and a visitor, in both languages and
at both widths. Pictures of all pages go to demo/pictures.
"""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import pytest

from tests.portal.browser.conftest import ROOT
from tests.portal.browser.crawl import Walk

pytestmark = pytest.mark.slow

PICTURES = ROOT / "demo" / "pictures"
HEAVIEST_BYTES = 150_000
PHONE, DESK = 390, 1360
FULL = os.environ.get("CRAWL") == "full"
RESULT = os.environ.get("CRAWL_RESULT", "")
"""A file to which every page is written as one JSON line."""
PEOPLE = (
    ("head", "operator"),
    ("expert", "distribution"),
    ("secretary", "governor"),
    ("managing_director", "regional"),
    ("officer", "contractor"),
    ("viewer", "board"),
    ("administrator", "operator"),
    None,
)
FEW = ((PEOPLE[0], "fa", PHONE), (PEOPLE[1], "fa", DESK), (PEOPLE[3], "en", PHONE), (None, "fa", PHONE))
MANY = tuple((person, language, width) for person in PEOPLE for language in ("fa", "en") for width in (PHONE, DESK))
LEAST_PAGES = 30


@pytest.mark.parametrize(("person", "language", "width"), MANY if FULL else FEW)
def test_every_page_that_one_reaches_is_sound(browser, axe, office, person, language, width):
    walk = Walk(browser, office, person, language, width)
    try:
        seen = list(walk.all(axe, PICTURES, of_a_kind=2 if FULL else 1))
    finally:
        walk.close()
    if RESULT:
        with Path(RESULT).open("a", encoding="utf-8") as out:
            out.writelines(json.dumps(dataclasses.asdict(each), ensure_ascii=False) + "\n" for each in seen)
    assert [fault for each in seen for fault in each.told] == []
    assert [(each.address, each.weight) for each in seen if each.weight > HEAVIEST_BYTES] == []
    if person is not None and person[0] != "administrator":
        assert len({each.route for each in seen}) >= LEAST_PAGES
