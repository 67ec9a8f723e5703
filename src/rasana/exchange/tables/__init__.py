"""Tables of the importer: what tags of OpenStreetMap mean here. Figures in them are rows, not constants in code."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Highway:
    """What a class of street is used for: ``rank`` 0 is the main road; ``used`` streets may hold cables."""

    rank: float
    used: bool


@dataclass(frozen=True)
class TagMeaning:
    """What a tag says about a building.

    ``trade`` "" means that it has no supply of its own. ``levels`` is assumed where none are given, ``unit_m2`` is the
    floor of one unit (0: the building is one unit), ``order`` decides between points in one building.
    """

    trade: str
    levels: float
    unit_m2: float
    order: int


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def highways() -> dict[str, Highway]:
    """Classes of streets by the value of ``highway``."""
    return {row["highway"]: Highway(float(row["rank"]), row["used"] == "1") for row in _rows("osm_streets.csv")}


@cache
def tag_meanings() -> dict[tuple[str, str], TagMeaning]:
    """Meaning of a tag by key and value; value "*" stands for every other one."""
    return {
        (row["key"], row["value"]): TagMeaning(row["trade"], float(row["levels"]), float(row["unit_m2"]), number)
        for number, row in enumerate(_rows("osm_trades.csv"))
    }
