"""How a meeting gets from one state to the next: one table, shown in docs/meetings.md and asked by every action."""

from __future__ import annotations

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from rasana.portal.apps.meetings.models import Meeting, MeetingState
from rasana.portal.base.access_table import ACCESS

S = MeetingState


class Move(NamedTuple):
    """One row: what is done, in which states it may be done, and the state after it (empty: it stays)."""

    action: str
    sources: frozenset[str]
    target: str


MOVES: dict[str, Move] = {
    move.action: move
    for move in (
        Move("change", frozenset({S.DRAFT, S.INVITED}), ""),
        Move("invite", frozenset({S.DRAFT}), S.INVITED),
        Move("reply", frozenset({S.INVITED}), ""),
        Move("hold", frozenset({S.DRAFT, S.INVITED}), S.HELD),
        Move("minutes", frozenset({S.HELD, S.DRAFTED}), S.DRAFTED),
        Move("circulate", frozenset({S.DRAFTED}), S.CIRCULATED),
        Move("correct", frozenset({S.CIRCULATED}), S.DRAFTED),
        Move("countersign", frozenset({S.CIRCULATED}), ""),
        Move("seal", frozenset({S.CIRCULATED}), S.SEALED),
        Move("addendum", frozenset({S.SEALED}), ""),
    )
}
TONES = {
    S.DRAFT: "wait",
    S.INVITED: "plan",
    S.HELD: "plan",
    S.DRAFTED: "plan",
    S.CIRCULATED: "risk",
    S.SEALED: "live",
}
"""Status of the design that each state is drawn with."""


def check(meeting: Meeting, action: str) -> Move:
    """The row for an action, if the meeting's state lets it happen.

    Raises:
        ValidationError: with the reason, once sealed that only an addendum may follow.
    """
    move = MOVES[action]
    if meeting.state in move.sources:
        return move
    if meeting.state == S.SEALED:
        sentence = _("The minutes are sealed and stay as they are. What is still to be said goes into an addendum.")
        raise ValidationError(sentence, code="sealed")
    sentence = _("This meeting is now “%(state)s”; this step does not follow from there.")
    raise ValidationError(sentence % {"state": meeting.get_state_display()}, code="state")


def as_markdown() -> str:
    """The table as docs/meetings.md shows it."""
    lines = ["| step | when the meeting is | then it is | who |", "|---|---|---|---|"]
    for move in MOVES.values():
        sources = ", ".join(state.value for state in S if state in move.sources)
        who = ", ".join(sorted(ACCESS[f"meeting.{move.action}"].standing))
        lines.append(f"| {move.action} | {sources} | {move.target or 'the same'} | {who} |")
    return "\n".join(lines) + "\n"
