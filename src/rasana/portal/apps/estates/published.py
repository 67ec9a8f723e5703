"""Published figures of an estate from a file: every value with its source, and which of them is used."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from rasana.portal.apps.estates.data import properties, sayings
from rasana.portal.apps.estates.models import Figure, FigureStatus
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import act, current
from rasana.portal.base.people import Estate

UNDECIDED = frozenset({"power_published_kw"})
"""Published, and adopted by nobody: it is not known what the figure covers."""

COMPUTED_FROM = "computed from "
"""The status says it already."""


def load_figures(actor: Actor, estate: Estate, path: Path) -> int:
    """Write down the published figures of an estate from a file such as ``examples/qom/figures.toml``.

    Every value is kept beside the one that is adopted, with source, date, status and the reason. A figure that is
    there (same property, source and value) is left as it is. Returns how many were new.

    Raises:
        ValidationError: the file can't be read, has no table for the estate, or a figure is without source.
    """
    tables, sources = _figure_tables(path, estate.code)
    with act(actor, "figure.adopt", estate):
        there = {_identity(figure) for figure in Figure.objects.filter(estate=estate)}
        adopted = set(Figure.objects.filter(estate=estate, adopted=True).values_list("key", flat=True))
        new = 0
        for name, table in tables.items():
            for figure in _figures_of(estate, name, table, sources):
                if _identity(figure) in there:
                    continue
                if figure.adopted and figure.key in adopted:
                    figure.adopted = False
                if figure.adopted:
                    figure.adopted_by, figure.adopted_for = actor.person, actor.organisation
                    figure.adopted_at = current().at
                    adopted.add(figure.key)
                figure.save()
                there.add(_identity(figure))
                new += 1
    return new


def _figure_tables(path: Path, code: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise ValidationError(
            {"file": _("This file of figures could not be read: %(why)s") % {"why": fault}}
        ) from fault
    tables = data.get(code)
    if not isinstance(tables, dict):
        raise ValidationError({"file": _("The file has no figures of %(code)s.") % {"code": code}})
    return {name: table for name, table in tables.items() if isinstance(table, dict)}, data.get("sources", {})


def _identity(figure: Figure) -> tuple[Any, ...]:
    return figure.key, figure.source, figure.value, figure.said_en


def _figures_of(estate: Estate, name: str, table: Mapping[str, Any], sources: Mapping[str, Any]) -> list[Figure]:
    """The figures in one table of the file: those it adopts or states, then those that disagree."""
    conflicts = table.get("conflicts", [])
    why = table.get("why") or "; ".join(dict.fromkeys(each.get("why_not", "") for each in conflicts))
    why_fa = in_persian(table["why"]) if table.get("why") else "؛ ".join(
        dict.fromkeys(in_persian(each.get("why_not", "")) for each in conflicts)
    )  # fmt: skip
    fields = {name if key == "adopted" else f"{name}_{key}": value for key, value in table.items() if key != "parts"}
    fields |= {f"{name}_{part}": value for part, value in table.get("parts", {}).items()}
    found = []
    for key, value in fields.items():
        if key not in properties():
            continue
        figure = _figure(estate, key, value, table, sources)
        figure.note_en, figure.note_fa = table.get("note", ""), in_persian(table.get("note", ""))
        figure.adopted = key not in UNDECIDED
        figure.reason_en, figure.reason_fa = (why, why_fa) if key == name else ("", "")
        found.append(figure)
    for each in conflicts:
        saying = sayings().get(str(each["value"]))
        figure = _figure(estate, saying.key if saying and saying.key else name, each["value"], each, sources)
        figure.note_en, figure.note_fa = each.get("why_not", ""), in_persian(each.get("why_not", ""))
        figure.status = FigureStatus.VERIFIED
        found.append(figure)
    return found


def _figure(estate: Estate, key: str, value: object, table: Mapping[str, Any], sources: Mapping[str, Any]) -> Figure:
    known = properties()[key]
    source = sources.get(table.get("source", ""), {})
    if not source.get("page"):
        raise ValidationError({"file": _("A figure of %(property)s has no source.") % {"property": known.name.en}})
    number, said_en = (value, "") if isinstance(value, int | float) else (None, str(value))
    saying = sayings().get(said_en)
    if saying and saying.value is not None:
        number = saying.value
    date = source.get("date")
    page = source["page"].removeprefix(COMPUTED_FROM)
    return Figure(
        estate=estate,
        key=key,
        property_fa=known.name.fa,
        property_en=known.name.en,
        order=known.order,
        unit=known.unit,
        value=None if number is None else round(float(number) * known.scale, 6),
        said_en=said_en,
        said_fa=in_persian(said_en),
        source=page,
        source_fa=sayings()[page].fa if page in sayings() else "",
        source_date=date if isinstance(date, dt.date) else None,
        status=known.status or _status(str(table.get("status", ""))),
    )


def _status(text: str) -> str:
    for word, status in (("verified", "verified"), ("computed", "derived"), ("invented", "invented")):
        if text.startswith(word):
            return status
    return FigureStatus.DEFAULT


def in_persian(text: str) -> str:
    """A file's English words in Persian; as they are where the office has no Persian for them."""
    return sayings()[text].fa if text in sayings() else text
