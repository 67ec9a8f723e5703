"""The escalation ladder as data (data/ladder.csv): when a step is climbed, who is told, what is asked of whom by when.

The days and roles are defaults of this product, to be agreed by the parties; changing them is changing the file.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from django.utils.translation import get_language


@dataclass(frozen=True)
class Step:
    """One step. Working days are of the commitment's clock when overdue, of the silent organisation in silence."""

    number: int
    key: str
    overdue_working_days: int
    silence_working_days: int | None
    """None: silence alone does not lead here."""

    roles: frozenset[str]
    """Roles of people, in debtor, creditor and the organisations of ``kinds``, who are told."""

    kinds: frozenset[str]
    """Kinds of organisation that are told beside debtor and creditor."""

    answer_working_days: int
    name_fa: str
    name_en: str
    asks_fa: str
    asks_en: str
    basis_fa: str
    basis_en: str

    @property
    def name(self) -> str:
        """What the step is called, in the language of the page."""
        return _said(self.name_fa, self.name_en)

    @property
    def asks(self) -> str:
        """What is asked of who is told."""
        return _said(self.asks_fa, self.asks_en)

    @property
    def basis(self) -> str:
        """What happens on this step, or the rule that it rests on."""
        return _said(self.basis_fa, self.basis_en)


def _said(persian: str, english: str) -> str:
    return english if (get_language() or "fa").startswith("en") else persian


@cache
def ladder() -> tuple[Step, ...]:
    """The steps, lowest first.

    Raises:
        ValueError: steps that are not numbered 1, 2, ... or whose days do not grow.
    """
    text = files("rasana.portal.base").joinpath("data/ladder.csv").read_text(encoding="utf-8")
    steps = tuple(_step(row) for row in csv.DictReader(text.splitlines()))
    if [step.number for step in steps] != list(range(1, len(steps) + 1)):
        raise ValueError("ladder.csv: number the steps 1, 2, 3 and so on")
    days = [step.overdue_working_days for step in steps]
    if sorted(set(days)) != days or days[0] < 1:
        raise ValueError("ladder.csv: overdue_working_days must be at least 1 and grow from step to step")
    return steps


def top() -> int:
    """Number of the highest step."""
    return ladder()[-1].number


def _step(row: dict[str, str]) -> Step:
    return Step(
        number=int(row["step"]),
        key=row["key"],
        overdue_working_days=int(row["overdue_working_days"]),
        silence_working_days=int(row["silence_working_days"]) if row["silence_working_days"] else None,
        roles=frozenset(filter(None, row["roles"].split(";"))),
        kinds=frozenset(filter(None, row["kinds"].split(";"))),
        answer_working_days=int(row["answer_working_days"]),
        **{name: row[name] for name in ("name_fa", "name_en", "asks_fa", "asks_en", "basis_fa", "basis_en")},
    )
