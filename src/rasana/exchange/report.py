"""The report: one HTML file in Persian and English that needs nothing else and prints on A4."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup, escape

import rasana
from rasana.exchange import words
from rasana.exchange.bill import item_name
from rasana.exchange.design import places
from rasana.exchange.diagram import drop_histogram, ring_diagram
from rasana.exchange.drawing import Mark, loading_map, make_maps, supply_map, voltage_map
from rasana.exchange.facts import report_facts
from rasana.exchange.provenance import assumption_groups, subject_names
from rasana.exchange.words import LANGUAGES, Language
from rasana.planning.finding import Finding, Severity
from rasana.planning.result import Study

FINDINGS_EACH = 8
MARKS_MAX = 40
_OPEN, _CLOSE = "\u2068", "\u2069"


class _Templates(BaseLoader):
    """Templates from inside the package."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        file = resources.files("rasana.exchange").joinpath("templates", template)
        if not file.is_file():
            raise TemplateNotFound(template)
        return file.read_text(encoding="utf-8"), template, lambda: True


def write_report(study: Study, path: Path, date: datetime.date) -> None:
    """Write ``report.html``. ``date`` stands on it; the same study and date give the same bytes."""
    path.write_text(render_report(study, date), encoding="utf-8")


def render_report(study: Study, date: datetime.date) -> str:
    """The report's HTML."""
    environment = Environment(
        loader=_Templates(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("report.html")
    style = Markup(resources.files("rasana.exchange").joinpath("templates", "report.css").read_text(encoding="utf-8"))  # noqa: S704
    maps = make_maps(study)
    facts = report_facts(study)
    place = places(study)
    groups = finding_groups(study.findings)
    marks = _marks(groups, place)
    parts = []
    for language in LANGUAGES:
        pictures = {
            "supply": supply_map(study, maps, marks, language),
            "loading": loading_map(study, maps, language),
            "voltage": voltage_map(study, maps, language),
            "histogram": drop_histogram(study, language),
        }
        rings = [(ring, Markup(ring_diagram(study, ring, language))) for ring in study.rings.to_dict("records")]  # noqa: S704
        context = _words(study, language) | facts
        context |= {"pictures": {name: Markup(picture) for name, picture in pictures.items()}}  # noqa: S704
        context |= {
            "rings": rings,
            "groups": _told(groups, marks, language, subject_names(study, language)),
            "date": date,
            "lang": language,
        }
        context |= {"study": study, "assumptions": assumption_groups(study, language), "version": rasana.__version__}
        parts.append(Markup(environment.get_template("study.html").render(context)))  # noqa: S704
    return page.render(style=style, definitions=Markup(maps.definitions()), parts=parts, estate=study.estate.name)  # noqa: S704


def _words(study: Study, language: Language) -> dict[str, Any]:
    """What a template needs to write one language."""
    currency = study.cost.currency
    return {
        "say": lambda fa, en: fa if language == "fa" else en,
        "n": partial(_swap, words.number, language),
        "q": lambda value, unit, decimals=None: words.quantity(value, unit, language, decimals),
        "fig": lambda value, unit="": words.figure(value, language, unit),
        "pct": partial(_swap, words.percent, language),
        "money": lambda value: words.money(value, currency, language),
        "sum": lambda value: words.money_parts(value, currency, language),
        "t": lambda code, fallback=None: words.term(code, language, fallback),
        "unit": lambda unit: words.unit_word(unit, language),
        "item": lambda item: item_name(item, language),
        "day": lambda date: words.date_in_words(date, language),
        "digits": lambda text: words.digits(str(text), language),
    }


def _swap(function: Callable[..., str], language: Language, value: float | None, decimals: int = 0) -> str:
    return function(value, language, decimals)


def finding_groups(findings: tuple[Finding, ...]) -> list[list[Finding]]:
    """Findings of one severity and code together; errors first, the worst of a group first."""
    order = list(Severity)
    groups: dict[tuple[int, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((order.index(finding.severity), finding.code), []).append(finding)
    return [sorted(groups[key], key=_excess, reverse=True) for key in sorted(groups)]


def _excess(finding: Finding) -> float:
    """How far a finding is beyond its limit, relative to it."""
    if finding.value is None or not finding.limit:
        return 0.0
    return abs(finding.value / finding.limit - 1.0)


def _marks(groups: list[list[Finding]], place: dict[str, Any]) -> list[Mark]:
    """Numbers on the map for the errors and warnings that the report lists and that have a place."""
    marks: list[Mark] = []
    for group in groups:
        for finding in group[:FINDINGS_EACH]:
            here = place.get(finding.subject_id)
            if finding.severity is not Severity.NOTE and here is not None and len(marks) < MARKS_MAX:
                marks.append(Mark(len(marks) + 1, finding.severity, here, finding.code, finding.subject_id))
    return marks


def _told(
    groups: list[list[Finding]], marks: list[Mark], language: Language, names: dict[str, str]
) -> list[dict[str, Any]]:
    """Groups as the template shows them: sentences of the first ones with their numbers, the rest counted."""
    numbers = {(mark.code, mark.subject_id): mark.number for mark in marks}
    return [
        {
            "severity": group[0].severity.value,
            "code": group[0].code,
            "count": len(group),
            "rest": max(0, len(group) - FINDINGS_EACH),
            "rows": [
                (numbers.get((finding.code, finding.subject_id)), _sentence(finding, language, names))
                for finding in group[:FINDINGS_EACH]
            ],
        }
        for group in groups
    ]


def _sentence(finding: Finding, language: Language, names: dict[str, str]) -> Markup:
    """A finding's sentence with its ids isolated from the direction of the text around them."""
    text = words.sentence(finding, language, lambda part: f"{_OPEN}{part}{_CLOSE}", names)
    return Markup(str(escape(text)).replace(_OPEN, "<bdi>").replace(_CLOSE, "</bdi>"))  # noqa: S704
