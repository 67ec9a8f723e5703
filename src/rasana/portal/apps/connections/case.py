"""A request with everything that was written down for it, and what that means: what is missing, what holds the step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import QuerySet, Subquery
from django.utils.translation import gettext as _

from rasana.portal.apps.connections import fees, stages
from rasana.portal.apps.connections.models import Request, Step
from rasana.portal.base import clock, persian

SMALL_BELOW_KW = 250
"""Below this a recorded technical check stands for a study: from here on the fee table adds substation equipment."""


@dataclass(frozen=True)
class Gate:
    """Something that a step waits for. ``sentence`` says what is there, or what is missing."""

    key: str
    is_open: bool
    sentence: str

    @property
    def place(self) -> str:
        """Where on the page it is shown."""
        return {"papers": "papers", "conditions": "conditions", "study": "check", "check": "check"}.get(
            self.key, "quotation"
        )


@dataclass(frozen=True)
class Paper:
    """A paper that came in; one that can't be read is not counted."""

    kind: stages.PaperKind
    number: str
    received_on: date
    file: int | None
    """Key of the attachment."""

    legible: bool


@dataclass
class Case:
    """A request and everything that was written down for it, as read."""

    request: Request
    steps: list[Step]

    @cached_property
    def papers(self) -> list[Paper]:
        """The papers in the order in which they came in."""
        illegible: dict[str, int] = {
            kind: step.pk for step in self.steps if step.code == "returned" for kind in step.facts.get("illegible", ())
        }
        return [
            Paper(
                stages.paper_kinds()[step.facts["kind"]],
                step.facts.get("number", ""),
                step.happened_on,
                step.facts.get("file"),
                step.pk > illegible.get(step.facts["kind"], 0),
            )
            for step in self.steps
            if step.code == "paper"
        ]

    @cached_property
    def done(self) -> dict[str, Step]:
        """The steps that were done, by code; the last of each."""
        return {step.code: step for step in self.steps if step.code not in stages.BESIDE}

    @cached_property
    def conditions(self) -> dict[str, Step]:
        """The last result of each condition of acceptance, by letter."""
        return {step.facts["letter"]: step for step in self.steps if step.code == "condition"}

    def last(self, code: str) -> Step | None:
        """The last entry of a code."""
        return next((step for step in reversed(self.steps) if step.code == code), None)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What was shown, by key of data/facts.csv."""
        return {key: value for step in self.done.values() for key, value in step.facts.items()}

    @cached_property
    def missing(self) -> tuple[tuple[str, tuple[stages.PaperKind, ...]], ...]:
        """The needs that no legible paper satisfies, with the kinds that would."""
        given = {paper.kind.kind for paper in self.papers if paper.legible}
        needs = stages.needed(self.request.supply_class, self.request.use)
        return tuple((need, kinds) for need, kinds in needs.items() if not given & {kind.kind for kind in kinds})

    @property
    def missing_names(self) -> list[str]:
        """The missing papers in words: «title deed or sale agreement»."""
        return [_(" or ").join(kind.name for kind in kinds) for _need, kinds in self.missing]

    @property
    def is_small(self) -> bool:
        """Whether a technical check may stand for a study."""
        return self.request.supply_class == "ampere" or (self.request.power_kw or 0) < SMALL_BELOW_KW

    def quote(self, on: date | None = None) -> fees.Quote | None:
        """What it costs by the table of a day (today); None when no table covers it."""
        request = self.request
        ask = fees.Ask(
            request.supply_class, request.power_kw, request.amperes, request.phases, request.delivery,
            request.inside_limits, request.builder,
        )  # fmt: skip
        try:
            return fees.quote(ask, on or clock.today())
        except fees.NoTable:
            return None

    def gates(self, stage: stages.Stage | None = None) -> list[Gate]:
        """What a step (the open one) waits for, each with its answer."""
        checks = {
            "papers": self._papers, "conditions": self._conditions, "study": self._study, "check": self._study,
            "quotation": self._quotation, "payment": self._payment, "signatures": self._signatures,
        }  # fmt: skip
        return [Gate(key, *checks[key]()) for key in (stage or self.request.state).gates]

    @property
    def is_held(self) -> bool:
        """Whether the open step waits for something."""
        return not all(gate.is_open for gate in self.gates())

    def _papers(self) -> tuple[bool, str]:
        if self.missing:
            return False, _("Missing: %(papers)s.") % {"papers": _(", ").join(self.missing_names)}
        return True, _("All papers are here.")

    def _conditions(self) -> tuple[bool, str]:
        open_ones = [letter for letter in stages.conditions() if letter not in self.conditions]
        failed = [letter for letter, step in self.conditions.items() if not step.facts["met"]]
        known = stages.conditions()
        if failed:
            return False, _("Not met: %(letters)s.") % {
                "letters": _(", ").join(known[letter].label for letter in failed)
            }
        if open_ones:
            return False, _("Conditions not checked yet: %(letters)s.") % {
                "letters": _(", ").join(known[letter].label for letter in open_ones)
            }
        return True, _("All five conditions of item 35-4-1 are met.")

    def _study(self) -> tuple[bool, str]:
        if self.request.study_id:
            return True, _("A study's result is attached.")
        check = self.last("check")
        if not self.is_small:
            return False, _("A study's result must be attached: from 250 kW a technical check is not enough.")
        if check is None:
            return False, _("A technical check or a study's result must be attached.")
        if not check.facts["fits"]:
            return False, _("The technical check found that it does not fit: %(constraint)s") % {
                "constraint": check.facts["constraint"]
            }
        return True, _("The technical check found that it fits.")

    def _quotation(self) -> tuple[bool, str]:
        if self.quote() is None:
            return False, _("No fee table covers this delivery, builder and place.")
        return True, _("The amount is computed and kept when the payment slip is issued.")

    def _payment(self) -> tuple[bool, str]:
        quotation = self.last("quotation")
        if quotation is None:
            return False, _("There is no quotation to be paid.")
        return True, _("To be paid: %(amount)s.") % {"amount": money(quotation.facts["total_rial"])}

    def _signatures(self) -> tuple[bool, str]:
        if {"B8", "B9"} <= self.done.keys():
            return True, _("Both have signed the contract.")
        return False, _("The contract needs both signatures.")


def money(rials: int) -> str:
    """An amount in rials in full, in the language of the page."""
    language = stages.language()
    return f"{persian.format_number(rials, language)} {'ریال' if persian.is_persian(language) else 'rials'}"


def load(request: Request, **counts: QuerySet[Any]) -> Case:
    """The case of a request. One statement; ``counts`` are answered in it, as attributes of every step."""
    asked = Step.objects.filter(request=request).select_related("organisation")
    steps = list(asked.annotate(**{name: Subquery(query) for name, query in counts.items()}))
    for step in steps:
        step.request = request
    return Case(request, steps)
