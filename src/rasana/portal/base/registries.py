"""What apps tell each other without knowing each other: points for an agenda, and what is related to a record.

An app registers its function when it starts; an app below asks. So the arrows between apps point one way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rasana.portal.base.actor import Actor
    from rasana.portal.base.people import Estate
    from rasana.portal.base.record import Record


@dataclass(frozen=True)
class Suggestion:
    """A record that waits to be talked about, in the words of its app: ``why`` says since when or what it holds up."""

    subject: Record
    title: str
    why: str
    weight: float = 0.0
    """Heavier ones come first."""


@dataclass(frozen=True)
class Related:
    """Something to be shown beside a record: a commitment beside its problem, a meeting beside what it was about."""

    heading: str
    title: str
    address: str
    status: str = ""
    word: str = ""
    detail: str = ""
    invented: bool = False
    part: int = 0
    """Key of the part that it belongs to, such as a decision of a meeting."""


Suggester = Callable[["Actor", "Estate"], Iterable[Suggestion]]
Relater = Callable[["Actor", Any], Iterable[Related]]

_suggesters: list[Suggester] = []
_relaters: list[Relater] = []


def suggest_with(suggester: Suggester) -> Suggester:
    """Register who suggests points for the agenda of an estate's meeting; bounded number of statements, at most 20."""
    if suggester not in _suggesters:
        _suggesters.append(suggester)
    return suggester


def suggestions(actor: Actor, estate: Estate) -> list[Suggestion]:
    """What waits to be talked about in an estate, heaviest first."""
    found = [each for suggester in _suggesters for each in suggester(actor, estate)]
    return sorted(found, key=lambda each: -each.weight)


def relate_with(relater: Relater) -> Relater:
    """Register who knows what is related to a record: [] for kinds it does not know, one statement at most."""
    if relater not in _relaters:
        _relaters.append(relater)
    return relater


def related(actor: Actor, record: Record) -> list[Related]:
    """What stands beside a record, by the order in which the apps registered."""
    return [each for relater in _relaters for each in relater(actor, record)]
