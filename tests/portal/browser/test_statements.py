"""What each page costs in SQL statements stands in statements.csv; no page may cost more than is written there.

``WRITE_STATEMENTS=1`` writes the table anew: an explicit decision, seen in review.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from benchmarks.office_server import address_of

pytestmark = pytest.mark.slow

TABLE = Path(__file__).parents[1] / "statements.csv"
MOST = 12
ABOVE = frozenset({"", "commitments/<int:pk>/", "estates/<slug:estate>/reports/delay/", "audit/<slug:estate>/"})
"""Pages over the limit: they gather what lies in many tables: the desk, a case whole, an estate in delays and lines."""
FILES = (".pdf", ".json", ".ics", "dossier/", "<str:name>", "<int:attachment>/")
WALKERS = (("head", "operator"), ("expert", "distribution"), ("secretary", "governor"), ("administrator", "operator"))


@pytest.fixture(scope="module")
def counted(office) -> dict:
    return office.inside("statements", people=[address_of(*each) for each in WALKERS])


def table() -> dict[str, int]:
    with TABLE.open(encoding="utf-8", newline="") as rows:
        return {row["address"]: int(row["statements"]) for row in csv.DictReader(rows)}


def test_no_page_costs_more_statements_than_its_table_says(counted):
    if os.environ.get("WRITE_STATEMENTS"):
        with TABLE.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows([("address", "statements"), *counted["statements"].items()])
    written = table()
    assert {a: n for a, n in counted["statements"].items() if n > written.get(a, 0)} == {}
    assert set(counted["statements"]) == set(written), "an address is new or gone: write the table anew"


def test_every_link_leads_to_a_page(counted):
    assert counted["wrong"] == []


def test_a_page_costs_at_most_twelve_statements():
    pages = {address: number for address, number in table().items() if not address.endswith(FILES)}
    assert {address for address, number in pages.items() if number > MOST} <= ABOVE
