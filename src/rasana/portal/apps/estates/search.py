"""One search over everything that an actor may see.

The apps above register what they know in ``AppConfig.ready``::

    from rasana.portal.apps.estates import search

    search.register("problems", selectors.found, heading=gettext_lazy("Problems"))   # (actor, key) -> results

``key`` is the text in the form of ``persian.search_key``: ye and kaf alike, half-space a space, ASCII digits. A
provider compares it with search keys that it stored, gives at most ``EACH_MAX`` results that the actor may see, the
best first, and needs one SQL statement at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rasana.portal.base import persian
from rasana.portal.base.actor import Actor

EACH_MAX = 20
SHOWN_FIRST = 6
"""Results of a kind that stand open where several kinds were found."""
LAST = ("plots", "units")
"""Kinds of which many are found by one word of a trade or block."""
KEY_MIN = 2
WORDS_MAX = 8


@dataclass(frozen=True)
class Result:
    """Something found: its title and what is known beside it, where it is, and its status if it has one."""

    title: str
    url: str
    detail: str | Promise = ""
    tone: str = ""
    word: str | Promise = ""
    invented: bool = False


@dataclass(frozen=True)
class Group:
    """Results of one kind. ``more``: the provider had as many as it may give, perhaps there are others."""

    name: str
    heading: str | Promise
    results: list[Result]

    @property
    def first(self) -> list[Result]:
        """Those that stand open."""
        return self.results[:SHOWN_FIRST]

    @property
    def rest(self) -> list[Result]:
        """Those behind them."""
        return self.results[SHOWN_FIRST:]

    @property
    def more(self) -> bool:
        """Whether there may be others."""
        return len(self.results) >= EACH_MAX


Provider: TypeAlias = Callable[[Actor, str], Iterable[Result]]

_providers: dict[str, tuple[str | Promise, Provider]] = {}


def register(name: str, provider: Provider, *, heading: str | Promise = "") -> None:
    """Register who finds one kind of thing; the same name again replaces."""
    _providers[name] = (heading or _(name.capitalize()), provider)


def key_of(text: str) -> str:
    """The text as search keys are stored, at most ``WORDS_MAX`` words of it."""
    return " ".join(persian.search_key(text).split()[:WORDS_MAX])


def has_words(key: str, field: str = "search_key") -> Q:
    """A condition: every word of the key is in the field."""
    condition = Q()
    for word in key.split():
        condition &= Q(**{f"{field}__contains": word})
    return condition


def find(actor: Actor, text: str) -> list[Group]:
    """What the actor may see of what the text says, by kind; nothing for a text of less than two letters."""
    key = key_of(text)
    if len(key) < KEY_MIN:
        return []
    groups = [
        Group(name, heading, list(provider(actor, key))[:EACH_MAX]) for name, (heading, provider) in _providers.items()
    ]
    found = [group for group in groups if group.results]
    return sorted(found, key=lambda group: group.name in LAST and len(group.results) > SHOWN_FIRST)
