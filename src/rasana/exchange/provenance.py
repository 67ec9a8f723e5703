"""Assumptions as the report shows them: by kind of subject, what has one source on one line."""

from __future__ import annotations

from dataclasses import dataclass, field

from rasana.exchange import words
from rasana.exchange.words import Language
from rasana.planning.finding import Assumption
from rasana.planning.result import Study

LINES_EACH = 150
KINDS = ("trade", "coincidence", "standard", "catalogue")
"""Subjects that are told together, such as all trades; everything else is about the plan."""


@dataclass
class Line:
    """One line: what it is about, its figures as (name, value with unit), and where they came from."""

    name: str
    source: str
    status: str
    figures: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Group:
    """Lines about one kind of subject. ``rest`` counts those that the page leaves out."""

    title: str
    lines: list[Line]
    rest: int


def assumption_groups(study: Study, language: Language) -> list[Group]:
    """All assumptions of ``study``, the plan's own first."""
    found: dict[str, dict[tuple[str, str, str], Line]] = {kind: {} for kind in ("plan", *KINDS)}
    for assumption in study.assumptions:
        kind, _, rest = assumption.subject.partition(" ")
        kind = kind if kind in KINDS else "plan"
        name, figure = _names(study, kind, rest, assumption, language)
        lines = found[kind]
        key = (name, assumption.source, assumption.status.value)
        line = lines.setdefault(key, Line(name, assumption.source, assumption.status.value))
        line.figures.append((figure, _value(assumption, study.cost.currency, language)))
    return [
        Group(_title(study, kind, language), list(lines.values())[:LINES_EACH], max(0, len(lines) - LINES_EACH))
        for kind, lines in found.items()
        if lines
    ]


def subject_names(study: Study, language: Language) -> dict[str, str]:
    """Names of what findings and assumptions know by a code: trades, and classes of coincidence."""
    trades = study.catalogue.trades
    names = trades.name_fa if language == "fa" else trades.name_en
    classes = {code: words.term(f"class.{code}", language, code) for code in study.catalogue.coincidence}
    return {**classes, **dict(zip(trades.code, names, strict=True))}


def _title(study: Study, kind: str, language: Language) -> str:
    title = words.term(f"subject.{kind}", language)
    names = {"standard": study.standard.name, "catalogue": study.catalogue.name}
    return f"{title} {words.term(f'place.{names[kind]}', language, names[kind])}" if kind in names else title


def _names(study: Study, kind: str, rest: str, assumption: Assumption, language: Language) -> tuple[str, str]:
    """What a line is about, and the name of one figure in it ("" where the line's own name says it)."""
    if kind == "trade":
        name = subject_names(study, language).get(rest, rest)
        return name, words.term(f"key.{assumption.property}", language, assumption.property)
    if kind == "coincidence":
        return words.term(f"class.{rest}", language, rest.replace("_", " ")), ""
    parts = assumption.property.split("/")
    labels = [words.term(f"key.{part}", language, part) for part in parts]
    if kind == "catalogue" and len(parts) == len(("table", "item", "property")):
        return labels[1], "" if parts[2] in ("price", "per_eur", "factor") else labels[2]
    if kind == "plan" and assumption.subject != "plots":
        return f"{_plan_subject(assumption.subject, language)}: {labels[-1]}", ""
    return labels[-1], ""


def _plan_subject(subject: str, language: Language) -> str:
    """A number of plots in the language; an id as it is."""
    count, _, rest = subject.partition(" ")
    return words.quantity(float(count), "plots", language) if rest == "plots" and count.isdigit() else subject


def _value(assumption: Assumption, currency: str, language: Language) -> str:
    """The figure with its unit; a word as it is."""
    try:
        number = float(assumption.value)
    except ValueError:
        return words.term(f"class.{assumption.value}", language, assumption.value)
    plain = "e" not in assumption.value.lower()
    decimals = len(assumption.value.partition(".")[2]) if plain else words.fitting_decimals(number)
    unit = currency if assumption.unit == "money" else assumption.unit
    shown = words.number(number, language, decimals)
    sign = words.unit_sign(unit, language)
    return f"{shown}{sign}" if sign in ("%", "٪") else f"{shown} {sign}".strip()
