"""docs/access.md is what the program has."""

from __future__ import annotations

from pathlib import Path

from rasana.portal.base.access_table import ACCESS
from rasana.portal.site.access_document import document
from rasana.portal.site.checks import addresses

WRITTEN = Path(__file__).parents[3] / "docs" / "access.md"


def test_the_written_document_is_what_would_be_written_now():
    hint = "run python -m rasana.portal.site.access_document"
    assert WRITTEN.read_text(encoding="utf-8") == document(), hint


def test_every_action_and_every_address_stands_in_it():
    text = document()
    assert [action for action in ACCESS if f"| `{action}` |" not in text] == []
    missing = [path for path, name, view in addresses() if hasattr(view, "action") and f"| `/{path}` |" not in text]
    assert missing == []
