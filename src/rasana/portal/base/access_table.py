"""The table of who sees and does what. Generated into docs/access.md, tested cell by cell.

``roles``: 'anyone' (not signed in too), 'person' (anyone signed in who has a standing), 'administrator' (of the
organisation), or roles of people. ``standing``: how the organisation must stand to the record (one of them is enough);
empty: being a party in its estate, or no record is named.
"""

from __future__ import annotations

from typing import NamedTuple


class Access(NamedTuple):
    """One row: an action, the roles that may do it, the standing their organisation needs, and what it is."""

    roles: frozenset[str]
    standing: frozenset[str]
    what: str


ANYONE = frozenset({"anyone"})
PERSON = frozenset({"person"})
ADMINISTRATOR = frozenset({"administrator"})
STAFF = frozenset({"officer", "expert", "secretary", "head", "managing_director"})
EXPERTS = frozenset({"expert", "head", "managing_director"})
HEADS = frozenset({"head", "managing_director"})
SECRETARIES = frozenset({"secretary", "head", "managing_director"})
READERS = STAFF | {"viewer"}


def _row(roles: frozenset[str], what: str, *standing: str) -> Access:
    return Access(roles, frozenset(standing), what)


ACCESS: dict[str, Access] = {
    # --- parties and people
    "people.view": _row(ADMINISTRATOR | READERS, "see the people of the own organisation", "own"),
    "people.manage": _row(ADMINISTRATOR, "add people, give and end roles, in the own organisation", "own"),
    "people.create": _row(ADMINISTRATOR, "add a person to the own organisation"),
    "delegation.give": _row(STAFF, "let a colleague stand in until a date"),
    "delegation.end": _row(STAFF | ADMINISTRATOR, "end a delegation early", "own"),
    "calendar.view": _row(READERS, "see holidays and working days"),
    "calendar.confirm": _row(SECRETARIES, "confirm or correct an estimated holiday"),
    "me.change": _row(PERSON, "change the own language and sign-in"),
    # --- estates
    "estate.list": _row(READERS, "see the list of estates"),
    "estate.view": _row(READERS, "see an estate, its map, plots, units and figures"),
    "estate.manage": _row(HEADS, "add or change an estate's parts", "party"),
    "figure.add": _row(STAFF, "give a figure with its source"),
    "figure.adopt": _row(HEADS, "choose which of several figures is used"),
    # --- desk, notices, search
    "desk.view": _row(READERS, "see what waits for one"),
    "notice.view": _row(PERSON, "see the own notices"),
    "search": _row(READERS, "search what one may see"),
    # --- audit
    "audit.view": _row(READERS, "see what was done to a record"),
    "audit.export": _row(HEADS, "export the audit lines of an estate"),
}
