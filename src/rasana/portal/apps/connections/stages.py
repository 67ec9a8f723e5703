"""The steps of a connection as one table (data/stages.csv, docs/requests.md), and what each asks for.

The fourteen steps of 30 kW and above are those that a distribution company published (process.md, R14); the six of the
smaller class follow R32, which does not name the sixth: it is taken as the entry in billing.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from django.utils.translation import get_language

ENDS = ("energised", "regularised", "refused", "withdrawn")
"""States after which nobody has to act."""
CONFIDENTIAL = ("unauthorised_found", "provisional")
WAITING = "waiting_for_block"
APPLICANT = "applicant"
PERSONAL = frozenset({"applicant_signatory"})
"""Facts that name the applicant."""
FIRST = "B1"
BOUNDARY_KW = 30
"""Where the larger class begins."""
BESIDE = ("paper", "condition", "check", "study", "quotation", "returned", "waiting", "resumed", "refused", "withdrawn")
"""What is written down beside the steps."""


def rows(name: str) -> list[dict[str, str]]:
    """A table of this app's data folder."""
    text = files("rasana.portal.apps.connections").joinpath(f"data/{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def language() -> str:
    """The language of the page."""
    return get_language() or "fa"


def _said(fa: str, en: str) -> str:
    return en if language().startswith("en") else fa


@dataclass(frozen=True)
class Named:
    """Something with a name in both languages."""

    name_fa: str
    name_en: str

    @property
    def name(self) -> str:
        """In the language of the page."""
        return _said(self.name_fa, self.name_en)


@dataclass(frozen=True)
class Stage(Named):
    """One step, or a state in which a request rests. ``acts``: kind of organisation, 'applicant', or empty."""

    supply_class: str
    code: str
    place: int
    acts: str
    desk_fa: str
    desk_en: str
    facts: tuple[str, ...]
    gates: tuple[str, ...]
    following: str
    tone: str
    source: str
    status: str

    @property
    def desk(self) -> str:
        """The desk in the organisation that does it."""
        return _said(self.desk_fa, self.desk_en)

    @property
    def day_key(self) -> str:
        """The fact that says on which day the step was done; without one it is asked for as ``happened_on``."""
        return next((key for key in self.facts if facts()[key].kind == "date"), "happened_on")

    @property
    def is_step(self) -> bool:
        """Whether it is a numbered step."""
        return self.code.startswith("B")


@dataclass(frozen=True)
class Fact(Named):
    """Something that is shown for a step. ``kind``: text, number, money or date."""

    key: str
    kind: str
    required: bool
    hint_fa: str
    hint_en: str

    @property
    def hint(self) -> str:
        """A word of help."""
        return _said(self.hint_fa, self.hint_en)


@dataclass(frozen=True)
class PaperKind(Named):
    """A paper; papers with the same ``need`` stand for each other."""

    need: str
    kind: str
    supply_class: str
    use: str


@dataclass(frozen=True)
class ConditionText(Named):
    """A condition of acceptance and where it is written."""

    letter: str
    letter_fa: str
    source: str

    @property
    def label(self) -> str:
        """Its letter in the by-law, in the script of the page."""
        return _said(self.letter_fa, self.letter)


@cache
def _table() -> dict[tuple[str, str], Stage]:
    found = {}
    for row in rows("stages"):
        stage = Stage(
            row["name_fa"], row["name_en"], row["class"], row["code"], int(row["place"]), row["acts"], row["desk_fa"],
            row["desk_en"], tuple(row["facts"].split()), tuple(row["gates"].split()), row["next"], row["tone"],
            row["source"], row["status"],
        )  # fmt: skip
        found[stage.supply_class, stage.code] = stage
    return found


def stage(supply_class: str, code: str) -> Stage:
    """A step of a class, or a state.

    Raises:
        KeyError: there is none of that code.
    """
    table = _table()
    return table.get((supply_class, code)) or table["any", code]


@cache
def steps(supply_class: str) -> tuple[Stage, ...]:
    """The steps of a class in order."""
    return tuple(sorted((s for s in _table().values() if s.supply_class == supply_class), key=lambda s: s.place))


@cache
def choices() -> tuple[Stage, ...]:
    """Every step and state once, for filters: the longer class names the steps."""
    return (*steps("demand"), *steps("any"))


@cache
def facts() -> dict[str, Fact]:
    """What can be shown, by key."""
    return {
        row["key"]: Fact(
            row["name_fa"], row["name_en"], row["key"], row["kind"], row["required"] == "1", row["hint_fa"],
            row["hint_en"],
        )
        for row in rows("facts")
    }  # fmt: skip


@cache
def conditions() -> dict[str, ConditionText]:
    """The conditions of item 35-4-1 by letter."""
    return {row["letter"]: ConditionText(**row) for row in rows("conditions")}


@cache
def paper_kinds() -> dict[str, PaperKind]:
    """Every kind of paper by its code."""
    return {
        row["kind"]: PaperKind(row["name_fa"], row["name_en"], row["need"], row["kind"], row["class"], row["use"])
        for row in rows("papers")
    }


@cache
def needed(supply_class: str, use: str) -> dict[str, tuple[PaperKind, ...]]:
    """The papers that a request needs: each need with the kinds that satisfy it."""
    found: dict[str, tuple[PaperKind, ...]] = {}
    for kind in paper_kinds().values():
        if kind.supply_class in {"any", supply_class} and kind.use in {"any", use}:
            found[kind.need] = (*found.get(kind.need, ()), kind)
    return found


def as_markdown() -> str:
    """The steps of both classes as docs/requests.md shows them."""
    lines = ["| class | step | what | who | asked for | waits for | source |", "|---|---|---|---|---|---|---|"]
    for supply_class in ("demand", "ampere"):
        for number, step in enumerate(steps(supply_class), 1):
            who = "applicant, at a counter" if step.acts == APPLICANT else f"company: {step.desk_en}"
            asked, waits = ", ".join(step.facts), ", ".join(step.gates)
            source = f"{step.source}, {step.status}"
            lines.append(
                f"| {supply_class} | {number} ({step.code}) | {step.name_en} | {who} | {asked} | {waits} | {source} |"
            )
    return "\n".join(lines) + "\n"
