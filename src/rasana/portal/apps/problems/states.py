"""How a problem gets from one state to the next: one table, shown in docs/problems.md and asked by every action."""

from __future__ import annotations

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from rasana.portal.apps.problems.models import Problem, ProblemState
from rasana.portal.base.access_table import ACCESS


class Move(NamedTuple):
    """One row: what is done, from which states, to which, and to whom the ball passes with it."""

    action: str
    sources: frozenset[str]
    targets: tuple[str, ...]
    ball: str
    who: str = ""
    """Who does it, where it is no action of its own in the table of access."""


S = ProblemState
OPEN = (S.REPORTED, S.ACCEPTED, S.ASSIGNED, S.STUDIED, S.PLANNED, S.FIXED, S.REOPENED)
"""States in which someone still has to act."""
UNSOLVED = (S.REPORTED, S.ACCEPTED, S.ASSIGNED, S.STUDIED, S.PLANNED, S.REOPENED)
TONES = {
    S.REPORTED: "wait",
    S.ACCEPTED: "risk",
    S.DUPLICATE: "hidden",
    S.REFERRED: "hidden",
    S.ASSIGNED: "plan",
    S.STUDIED: "plan",
    S.PLANNED: "plan",
    S.FIXED: "risk",
    S.CONFIRMED: "live",
    S.REOPENED: "late",
}
"""Status of the design that each state is drawn with."""

MOVES: dict[str, Move] = {
    move.action: move
    for move in (
        Move("triage", frozenset({S.REPORTED}), (S.ACCEPTED, S.DUPLICATE, S.REFERRED), "stays; nobody when it ends"),
        Move("assign", frozenset({S.ACCEPTED, S.ASSIGNED, S.STUDIED, S.REOPENED}), (S.ASSIGNED,), "the assigned"),
        Move("study", frozenset({S.ASSIGNED, S.STUDIED, S.REOPENED}), (S.STUDIED,), "the assigned"),
        Move(
            "plan",
            frozenset({S.REPORTED, S.ACCEPTED, S.ASSIGNED, S.STUDIED, S.PLANNED, S.REOPENED}),
            (S.PLANNED,),
            "the debtor",
            "a commitment that names it",
        ),
        Move("fix", frozenset({S.ASSIGNED, S.STUDIED, S.PLANNED, S.REOPENED}), (S.FIXED,), "the reporter"),
        Move("confirm", frozenset({S.FIXED}), (S.CONFIRMED,), "nobody"),
        Move(
            "reopen",
            frozenset({S.FIXED, S.CONFIRMED, S.DUPLICATE, S.REFERRED}),
            (S.REOPENED,),
            "the assigned, else who sorts reports",
        ),
    )
}


def check(problem: Problem, action: str) -> Move:
    """The row for an action, if the problem's state lets it happen.

    Raises:
        ValidationError: with the state that stands against it.
    """
    move = MOVES[action]
    if problem.state not in move.sources:
        sentence = _("This problem is now “%(state)s”; this step does not follow from there.")
        raise ValidationError(sentence % {"state": problem.get_state_display()}, code="state")
    return move


def as_markdown() -> str:
    """The table as docs/problems.md shows it."""
    lines = ["| step | from | to | who | the ball passes to |", "|---|---|---|---|---|"]
    for move in MOVES.values():
        sources = ", ".join(state.value for state in S if state in move.sources)
        who = move.who or ", ".join(sorted(ACCESS[f"problem.{move.action}"].standing))
        lines.append(f"| {move.action} | {sources} | {', '.join(move.targets)} | {who} | {move.ball} |")
    return "\n".join(lines) + "\n"
