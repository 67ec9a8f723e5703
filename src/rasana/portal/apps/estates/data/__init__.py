"""Names for codes that estate files and published figures come with."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import NamedTuple


class Name(NamedTuple):
    """A Persian and an English name."""

    fa: str
    en: str


class Property(NamedTuple):
    """A property that figures are given of, with its place in lists.

    ``scale``: what a figure of a file is multiplied with; ``status``: what its figures have whatever their file says
    ("": the file's).
    """

    name: Name
    unit: str
    scale: float
    status: str
    order: int


class Saying(NamedTuple):
    """A sentence of a file of figures in Persian.

    Where it holds a figure: of which property ("": the one it stands at) and what value (None: it is no number).
    """

    fa: str
    key: str
    value: float | None


def _rows(table: str) -> list[dict[str, str]]:
    text = resources.files(__name__).joinpath(table).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def guild_names() -> dict[str, Name]:
    """Names of guilds by their code in estate files (column ``group``)."""
    return {row["code"]: Name(row["fa"], row["en"]) for row in _rows("guilds.csv")}


@cache
def properties() -> dict[str, Property]:
    """Properties by key; the order of the table is that of the pages."""
    return {
        row["key"]: Property(Name(row["fa"], row["en"]), row["unit"], float(row["scale"]), row["status"], number)
        for number, row in enumerate(_rows("properties.csv"), 1)
    }


@cache
def sayings() -> dict[str, Saying]:
    """What published figures' notes, sources and values say, by their English words."""
    return {
        row["en"]: Saying(row["fa"], row["key"], float(row["value"]) if row["value"] else None)
        for row in _rows("sayings.csv")
    }
