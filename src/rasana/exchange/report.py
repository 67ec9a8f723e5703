"""The report: one HTML file in Persian and English that needs nothing else and prints on A4."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup, escape

import rasana
from rasana.exchange import colours, words
from rasana.exchange.bill import item_name
from rasana.exchange.design import places
from rasana.exchange.diagram import drop_histogram, ring_diagram
from rasana.exchange.drawing import Mark, loading_map, make_maps, supply_map, voltage_map
from rasana.exchange.words import LANGUAGES, Language
from rasana.planning.finding import Assumption, Finding, Severity
from rasana.planning.result import Study

FINDINGS_EACH = 8
MARKS_MAX = 40
TRANSFORMERS_MAX = 60
STATES_MAX = 24
BUSBARS_MAX = 8
ASSUMPTIONS_EACH = 40
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
    facts = _facts(study)
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
        context = _words(study.cost.currency, language) | facts
        context |= {"pictures": {name: Markup(picture) for name, picture in pictures.items()}}  # noqa: S704
        context |= {"rings": rings, "groups": _told(groups, marks, language), "date": date, "lang": language}
        context |= {"study": study, "assumptions": _assumption_groups(study.assumptions), "version": rasana.__version__}
        parts.append(Markup(environment.get_template("study.html").render(context)))  # noqa: S704
    return page.render(style=style, definitions=Markup(maps.definitions()), parts=parts, estate=study.estate.name)  # noqa: S704


def _words(currency: str, language: Language) -> dict[str, Any]:
    """What a template needs to write one language."""
    return {
        "say": lambda fa, en: fa if language == "fa" else en,
        "n": partial(_swap, words.number, language),
        "q": lambda value, unit, decimals=None: words.quantity(value, unit, language, decimals),
        "fig": lambda value, unit="": words.figure(value, language, unit),
        "pct": partial(_swap, words.percent, language),
        "money": lambda value: words.money(value, currency, language),
        "t": lambda code, fallback=None: words.term(code, language, fallback),
        "unit": lambda unit: words.unit_word(unit, language),
        "item": lambda item: item_name(item, language),
        "day": lambda date: words.date_in_words(date, language),
        "digits": lambda text: words.digits(str(text), language),
        "value": partial(_assumed, language),
    }


def _swap(function: Callable[..., str], language: Language, value: float | None, decimals: int = 0) -> str:
    return function(value, language, decimals)


def _assumed(language: Language, text: str) -> str:
    """An assumption's value: a number in the language's digits, a word as it is."""
    try:
        number = float(text)
    except ValueError:
        return text
    decimals = len(text.partition(".")[2]) if "e" not in text.lower() else words.fitting_decimals(number)
    return words.number(number, language, decimals)


def _facts(study: Study) -> dict[str, Any]:
    """Figures of the report that stand in no single field of the study."""
    network, plots = study.network, study.plots
    length = network.cables.groupby("level")["length_m"].sum()
    demanding = plots["plot_peak_kw"].fillna(0.0) > 0.0
    supplied = plots["transformer_id"].fillna("") != ""
    ratings = Counter(float(rating) for rating in network.transformers["rating_kva"])
    errors = [finding for finding in study.findings if finding.severity is Severity.ERROR]
    return {
        "plots_total": len(plots),
        "plots_demanding": int(demanding.sum()),
        "plots_supplied": int((demanding & supplied).sum()),
        "ratings": sorted(ratings.items()),
        "length_m": {level: float(length.get(level, 0.0)) for level in ("service", "lv", "mv")},
        "trench_m": float(network.trenches["length_m"].sum()),
        "capital": float(sum(study.cost.capital.values())),
        "cost_rows": _cost_rows(study),
        "errors": len(errors),
        "broken_rules": len({finding.code for finding in errors}),
        "transformers": _transformers(study),
        "states": _states(study),
        "busbars": _busbars(study),
        "worst": _worst(plots),
        "loading_classes": _loading_classes(network.cables),
        "voltage_classes": _voltage_classes(study),
        "hues": colours,
    }


def _cost_rows(study: Study) -> list[tuple[str, float, bool]]:
    """Item, amount and whether it is paid over the years, the largest first."""
    capital = sorted(((name, amount, False) for name, amount in study.cost.capital.items()), key=lambda row: -row[1])
    later = [("losses_pv", study.cost.losses_pv, True), ("interruptions_pv", study.cost.interruptions_pv, True)]
    return [*capital, *later]


def _transformers(study: Study) -> dict[str, Any]:
    """Rows of the transformers' table: all of them, or the most loaded ones."""
    table = study.network.transformers.drop(columns="geometry")
    by_station = study.plots.groupby("transformer_id")
    table["plots"] = table["id"].map(by_station.size()).fillna(0)
    table["drop_pct"] = table["id"].map(by_station["drop_pct"].max())
    table["voltage_min_pu"] = table["id"].map(by_station["voltage_min_pu"].min())
    feeders = (
        study.network.cables[study.network.cables["level"] == "lv"].groupby("transformer_id")["feeder_id"].nunique()
    )
    table["feeders"] = table["id"].map(feeders).fillna(0)
    shown = table
    if len(table) > TRANSFORMERS_MAX:
        shown = table.sort_values(["loading_pct", "id"], ascending=[False, True]).head(TRANSFORMERS_MAX)
    return {"rows": shown.to_dict("records"), "rest": len(table) - len(shown)}


def _states(study: Study) -> dict[str, Any]:
    """Rows of the N-1 table: failed states first, then the most loaded ones."""
    table = study.n1
    shown = table
    if len(table) > STATES_MAX:
        shown = table.sort_values(["ok", "loading_max_pct", "element"], ascending=[True, False, True]).head(STATES_MAX)
    failed = int((~table["ok"].astype(bool)).sum()) if len(table) else 0
    return {"rows": shown.to_dict("records"), "rest": len(table) - len(shown), "failed": failed, "count": len(table)}


def _busbars(study: Study) -> dict[str, Any]:
    """Busbars by how much of their withstand the largest fault takes."""
    table = study.busbars.assign(share=lambda rows: rows["fault_max_ka"] / rows["rating_ka"])
    shown = table.sort_values(["share", "id"], ascending=[False, True]).head(BUSBARS_MAX)
    return {"rows": shown.to_dict("records"), "rest": len(table) - len(shown)}


def _worst(plots: pd.DataFrame) -> dict[str, dict[str, Any] | None]:
    """The plot with the extreme of each figure, None where nobody has it."""
    found: dict[str, dict[str, Any] | None] = {}
    for name, least in (("voltage_min_pu", True), ("drop_pct", False), ("fault_min_ka", True), ("clearing_s", False)):
        column = plots[name].replace(np.inf, np.nan)
        row = (column.idxmin() if least else column.idxmax()) if column.notna().any() else None
        found[name] = None if row is None else {"plot_id": plots["plot_id"][row], "value": float(column[row])}
    return found


def _loading_classes(cables: pd.DataFrame) -> list[tuple[float, float, str, float]]:
    """Lower and upper end, colour and length (km) of each class of loading, LV and MV cables together."""
    main = cables[cables["level"] != "service"]
    row = np.array([colours.loading_class(value) for value in main["loading_pct"].fillna(0.0)], dtype=int)
    lower, found = 0.0, []
    for number, (upper, colour) in enumerate(colours.LOADING):
        found.append((lower, upper, colour, float(main["length_m"].to_numpy()[row == number].sum()) / 1000.0))
        lower = upper
    return found


def _voltage_classes(study: Study) -> list[tuple[float | None, float | None, str, int]]:
    """Lower and upper end, colour and number of plots of each class of voltage."""
    steps = colours.voltage_steps(study.standard.lv_voltage_min_pu)
    voltage = study.plots["voltage_min_pu"].dropna().to_numpy(np.float64)
    counts = np.bincount(np.searchsorted(steps, voltage, side="right"), minlength=len(steps) + 1)
    ends = [None, *steps, None]
    return [(ends[row], ends[row + 1], colours.VOLTAGE[row], int(counts[row])) for row in range(len(counts))]


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


def _told(groups: list[list[Finding]], marks: list[Mark], language: Language) -> list[dict[str, Any]]:
    """Groups as the template shows them: sentences of the first ones with their numbers, the rest counted."""
    numbers = {(mark.code, mark.subject_id): mark.number for mark in marks}
    return [
        {
            "severity": group[0].severity.value,
            "code": group[0].code,
            "count": len(group),
            "rest": max(0, len(group) - FINDINGS_EACH),
            "rows": [
                (numbers.get((finding.code, finding.subject_id)), _sentence(finding, language))
                for finding in group[:FINDINGS_EACH]
            ],
        }
        for group in groups
    ]


def _sentence(finding: Finding, language: Language) -> Markup:
    """A finding's sentence with its ids isolated from the direction of the text around them."""
    text = words.sentence(finding, language, lambda part: f"{_OPEN}{part}{_CLOSE}")
    return Markup(str(escape(text)).replace(_OPEN, "<bdi>").replace(_CLOSE, "</bdi>"))  # noqa: S704


def _assumption_groups(assumptions: tuple[Assumption, ...]) -> list[dict[str, Any]]:
    """Assumptions by subject in the order in which they were made; long groups are cut and the rest counted."""
    groups: dict[str, list[Assumption]] = {}
    for assumption in assumptions:
        groups.setdefault(assumption.subject, []).append(assumption)
    return [
        {
            "subject": subject,
            "rows": rows[:ASSUMPTIONS_EACH],
            "rest": max(0, len(rows) - ASSUMPTIONS_EACH),
            "count": len(rows),
        }
        for subject, rows in groups.items()
    ]
