"""What holds a plot or an estate up, told by the apps above: problems, commitments, requests, each with its holder.

An app registers in its ``AppConfig.ready``::

    from rasana.portal.apps.estates import threads

    threads.register_plot("problems", selectors.threads_of_plot)       # (actor, plot) -> threads
    threads.register_estates("problems", selectors.threads_of_estates)  # (actor, estate keys) -> (estate key, thread)

A provider gives only what the actor may see, open cases only, and needs one SQL statement at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from django.utils.functional import Promise

from rasana.portal.apps.estates.models import Plot
from rasana.portal.base.actor import Actor
from rasana.portal.base.people import Organisation

TONES = ("broken", "late", "risk", "plan", "wait")
"""Statuses of the design, the most pressing first."""


@dataclass(frozen=True)
class Thread:
    """One case that holds something up."""

    heading: str | Promise
    """What kind of case it is: problem, commitment, request."""
    title: str
    url: str
    holder: Organisation | None = None
    tone: str = "wait"
    word: str | Promise = ""
    """What the status is called, such as '12 days late'."""
    due: date | None = None
    since: date | None = None
    plots: int = 0
    """How many plots it holds up, 0 where nobody said."""
    invented: bool = False


PlotProvider: TypeAlias = Callable[[Actor, Plot], Iterable[Thread]]
EstatesProvider: TypeAlias = Callable[[Actor, list[int]], Iterable[tuple[int, Thread]]]

_of_plots: dict[str, PlotProvider] = {}
_of_estates: dict[str, EstatesProvider] = {}


def register_plot(name: str, provider: PlotProvider) -> None:
    """Who knows what holds a plot up; the same name again replaces."""
    _of_plots[name] = provider


def register_estates(name: str, provider: EstatesProvider) -> None:
    """Who knows what holds estates up: (estate key, thread) for the keys asked for; the same name again replaces."""
    _of_estates[name] = provider


def of_plot(actor: Actor, plot: Plot) -> list[Thread]:
    """What holds a plot up, the most pressing first. At most one statement a provider."""
    return _ordered(thread for provider in _of_plots.values() for thread in provider(actor, plot))


def of_estates(actor: Actor, estates: list[int]) -> dict[int, list[Thread]]:
    """What holds estates up, by key, the most pressing first. At most one statement a provider."""
    found: dict[int, list[Thread]] = {key: [] for key in estates}
    for provider in _of_estates.values():
        for key, thread in provider(actor, estates):
            found[key].append(thread)
    return {key: _ordered(threads) for key, threads in found.items()}


def _ordered(threads: Iterable[Thread]) -> list[Thread]:
    """By how pressing, then by how many plots, then by the date."""
    rank = {tone: number for number, tone in enumerate(TONES)}
    return sorted(threads, key=lambda each: (rank.get(each.tone, len(TONES)), -each.plots, each.due or date.max))
