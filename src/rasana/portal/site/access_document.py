"""Writes docs/access.md: who sees and does what, address by address, as the program has it.

``python -m rasana.portal.site.access_document [PATH]``
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

ROLES = ("viewer", "officer", "expert", "secretary", "head", "managing_director", "administrator")
SHORT = ("viewer", "officer", "expert", "secretary", "head", "director", "administrator")
CLASSES = (
    ("P0", "everyone", "outlines, the state of works, planned dates, counts by estate"),
    ("P1", "the parties of the estate", "a trader's own plot, load, request and documents"),
    ("P2", "the parties of the estate", "places and sizes of substations, routes of cables, draft commitments"),
    ("P3", "the electric companies", "protection settings, fault levels, switching states, weak points, N-1 results"),
)
HEAD = """# Who sees and does what

Written by `python -m rasana.portal.site.access_document` from the table in `portal/base/access_table.py` and from the
addresses themselves; `tests/portal/test_access_grid.py` tries every address, by every method, as everyone, in the own
estate and in another.

## How to read it

- A person has roles, in one estate or in all estates of the organisation. A colleague who stands in until a date has
  them too; what he does is recorded as done for the other.
- Who has no role in an estate, or whose organisation is no party in it, is answered as if nothing were there (404),
  with the same page as for what is missing. Who sees something but may not do this with it is told so (403).
- *Standing*: what the organisation must be to the record, one of the words is enough. Without a word, being a party in
  the record's estate is enough. `own`: the people of the organisation itself.
- `everyone`: not signed in too. `person`: whoever has signed in and sees the record.
- The office itself (ladder, digest) does what is marked *the office*.
"""


def document() -> str:
    """The whole text. Django must be set up."""
    return "\n".join([HEAD, *_actions(), *_classes(), *_addresses(), *_interface(), *_open()]).rstrip() + "\n"


def _actions() -> Iterator[str]:
    from rasana.portal.base.access_table import ACCESS

    yield "## Actions\n"
    yield f"| action | what | {' | '.join(SHORT)} | standing |"
    yield f"|---|---|{'---|' * len(SHORT)}---|"
    for action, row in ACCESS.items():
        if "anyone" in row.roles:
            marks = ["everyone"] * len(ROLES)
        elif "person" in row.roles:
            marks = ["person"] * len(ROLES)
        elif "system" in row.roles:
            marks = ["the office"] * len(ROLES)
        else:
            marks = ["yes" if role in row.roles else "" for role in ROLES]
        yield f"| `{action}` | {row.what} | {' | '.join(marks)} | {', '.join(sorted(row.standing))} |"
    yield ""


def _classes() -> Iterator[str]:
    from rasana.portal.base.audit_rows import record_kinds

    yield "## Field classes\n"
    yield "| class | who reads it | what |"
    yield "|---|---|---|"
    yield from (f"| {name} | {who} | {what} |" for name, who, what in CLASSES)
    kinds = [kind for kind in record_kinds() if any(each.name == "field_class" for each in kind._meta.fields)]
    names = ", ".join(f"`{kind._meta.label}`" for kind in sorted(kinds, key=lambda kind: kind._meta.label))
    yield f"\nRecords that carry a class of their own: {names}. People, their roles and delegations are shown to their"
    yield "own organisation only, in the audit too.\n"


def _addresses() -> Iterator[str]:
    from rasana.portal.site.checks import OPEN, addresses

    yield "## Addresses\n"
    yield "| address | methods | action | record |"
    yield "|---|---|---|---|"
    for path, name, view in sorted(addresses(), key=lambda each: each[0]):
        action = getattr(view, "action", None)
        if name in OPEN or action is None:
            continue
        kind: Any = getattr(view, "kind", None)
        methods = " ".join(method for method in getattr(view, "methods", ("GET",)) if method != "HEAD")
        record = kind._meta.label if kind else "any" if hasattr(view, "names_its_kind") else ""
        yield f"| `/{path}` | {methods} | `{action}` | {record} |"
    yield ""


def _interface() -> Iterator[str]:
    from rasana.portal.site.checks import operations

    rows = sorted(operations())
    if not rows:
        return
    yield "## Interface for programs\n"
    yield "| address | method | action |"
    yield "|---|---|---|"
    for path, group in groupby(rows, key=lambda each: each[0]):
        for _path, method, action in group:
            yield f"| `/{path}` | {method} | `{action}` |"
    yield ""


def _open() -> Iterator[str]:
    from rasana.portal.site.checks import OPEN, addresses

    yield "## Open addresses\n"
    yield "These have no row in the table; each says why.\n"
    yield "| address | what for |"
    yield "|---|---|"
    yield from (f"| `/{path}` | {OPEN[name]} |" for path, name, _view in sorted(addresses()) if name in OPEN)


def main(path: str = "docs/access.md") -> None:
    """Write the file."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rasana.portal.site.settings")
    os.environ.setdefault("RASANA_DEMO", "1")
    django.setup()
    Path(path).write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
