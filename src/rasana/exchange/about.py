"""What an estate file says about itself: name, label, credit, and what its import found and assumed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rasana.exchange.columns import TableReader
from rasana.exchange.intake import Source
from rasana.planning.finding import Assumption, Finding, Severity, Status

ATTRIBUTION_LAYER = "attribution"


@dataclass(frozen=True)
class About:
    """The entries of the layer ``about`` (key, value) that travel with an estate."""

    name: str = ""
    label: str = ""
    attribution: str = ""
    findings: tuple[Finding, ...] = ()
    assumptions: tuple[Assumption, ...] = ()


def about_of(source: Source) -> tuple[About, list[Finding]]:
    """What the file says about itself, and faults where its entries can't be read."""
    entries = about_entries(source)
    faults = []
    findings: tuple[Finding, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    try:
        findings = tuple(_finding(row) for row in json.loads(entries.get("findings") or "[]"))
        assumptions = tuple(_assumption(row) for row in json.loads(entries.get("assumptions") or "[]"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as wrong:
        details = {"file": source.file, "layer": "about", "field": "value", "wrong": str(wrong)[:60]}
        faults.append(Finding("about_unreadable", Severity.ERROR, "about", details=details))
    credit = entries.get("attribution") or attribution_of(source)
    return About(entries.get("name", ""), entries.get("label", ""), credit, findings, assumptions), faults


def about_entries(source: Source) -> dict[str, str]:
    """All entries of the layer ``about`` by key, none where the file has no such layer."""
    layer = source.layers.get("about")
    if layer is None:
        return {}
    table = TableReader(layer, source.file)
    return dict(zip(table.texts("key"), table.whole_texts("value"), strict=True))


def attribution_of(source: Source) -> str:
    """The credit in a layer ``attribution``, "" where there is none."""
    layer = source.layers.get(ATTRIBUTION_LAYER)
    if layer is None or ATTRIBUTION_LAYER not in layer.columns or not len(layer.fid):
        return ""
    return str(layer.columns[ATTRIBUTION_LAYER][0] or "").strip()


def entries_of(
    name: str, label: str, attribution: str, findings: Iterable[Finding], assumptions: Iterable[Assumption]
) -> dict[str, str]:
    """Keys and values of the layer ``about``."""
    told = [
        {
            "code": each.code,
            "severity": each.severity.value,
            "subject_id": each.subject_id,
            "value": each.value,
            "limit": each.limit,
            "unit": each.unit,
            "details": each.details,
        }
        for each in findings
    ]
    assumed = [
        {
            "subject": each.subject,
            "property": each.property,
            "value": each.value,
            "unit": each.unit,
            "source": each.source,
            "status": each.status.value,
        }
        for each in assumptions
    ]
    texts = {"name": name, "label": label, "attribution": attribution}
    return {
        **texts,
        "findings": json.dumps(told, ensure_ascii=False),
        "assumptions": json.dumps(assumed, ensure_ascii=False),
    }


def _finding(row: Mapping[str, Any]) -> Finding:
    return Finding(
        code=str(row["code"]),
        severity=Severity(row["severity"]),
        subject_id=str(row["subject_id"]),
        value=_number(row.get("value")),
        limit=_number(row.get("limit")),
        unit=str(row.get("unit", "")),
        details={str(key): str(text) for key, text in row.get("details", {}).items()},
    )


def _assumption(row: Mapping[str, Any]) -> Assumption:
    keys = ("subject", "property", "value", "unit", "source")
    return Assumption(**{key: str(row[key]) for key in keys}, status=Status(row["status"]))


def _number(value: object) -> float | None:
    number = float(value) if isinstance(value, int | float) else math.nan
    return number if math.isfinite(number) else None
