"""A study's maps: one GeoJSON text for each field class and language, made when the study is brought in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rasana.exchange.plan import Feature
from rasana.exchange.result_folder import ResultFolder
from rasana.exchange.words import Language
from rasana.portal.apps.studies import classes
from rasana.portal.base.persian import format_number, local_digits

WORDS: dict[str, dict[Language, str]] = {
    "substation": {"fa": "پست", "en": "substation"},
    "kva": {"fa": "کیلوولت‌آمپر", "en": "kVA"},
    "loaded": {"fa": "بارگیری", "en": "loading"},
    "voltage": {"fa": "ولتاژ", "en": "voltage"},
    "none": {"fa": "بی پست", "en": "no substation"},
    "open": {"fa": "نقطه باز", "en": "open point"},
    "percent": {"fa": "٪", "en": "%"},
}


def study_map(
    result: ResultFolder, plan: list[Feature], field_class: str, language: Language, urls: Mapping[str, str]
) -> str:
    """The map's file for those who may read ``field_class`` (P2 or P3).

    ``plan``: what lies under the design, such as streets; ``urls``: pages of plots by plot id.
    """
    company = field_class == classes.COMPANY
    features = [
        *plan,
        *(_plot(feature, language, urls, company=company) for feature in result.plots),
        *(_cable(feature, company=company) for feature in result.cables),
        *(_transformer(feature, language, company=company) for feature in result.transformers),
        *(_supply(feature) for feature in result.supply),
        *_findings(result.findings, language, field_class),
    ]
    if company:
        features += _open_points(result.cables, language)
    attribution = str(result.summary.get("attribution") or "") if language == "en" else ""
    file = {"type": "FeatureCollection", "attribution": attribution, "legend": [], "features": features}
    return json.dumps(file, ensure_ascii=False, separators=(",", ":"))


def _feature(geometry: object, **properties: object) -> Feature:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _percent(value: float, language: Language, decimals: int = 0) -> str:
    return format_number(value, language, decimals) + WORDS["percent"][language]


def _plot(feature: Feature, language: Language, urls: Mapping[str, str], *, company: bool) -> Feature:
    told = feature["properties"]
    name = str(told["plot_id"])
    station = str(told.get("transformer_id") or "")
    word = f"{WORDS['substation'][language]} {local_digits(station, language)}" if station else WORDS["none"][language]
    if company and told.get("voltage_min_pu"):
        word += f" · {WORDS['voltage'][language]} {_percent(100 * told['voltage_min_pu'], language, 1)}"
    return _feature(
        feature["geometry"],
        kind="plot",
        id=name,
        label=local_digits(name, language),
        status="outside" if station else "none",
        word=word,
        block=f"{WORDS['substation'][language]} {local_digits(station, language)}" if station else "",
        url=urls.get(name, ""),
    )


def _cable(feature: Feature, *, company: bool) -> Feature:
    told = feature["properties"]
    kept = {name: told.get(name) for name in classes.PARTNER_CABLE}
    if company:
        kept["loading_pct"] = round(told["loading_pct"], 1) if told.get("loading_pct") is not None else None
    return _feature(feature["geometry"], kind="cable", **kept)


def _transformer(feature: Feature, language: Language, *, company: bool) -> Feature:
    told = feature["properties"]
    kept = {name: told.get(name) for name in classes.PARTNER_TRANSFORMER}
    word = f"{format_number(told['rating_kva'], language)} {WORDS['kva'][language]}"
    if company and told.get("loading_pct") is not None:
        word += f" · {WORDS['loaded'][language]} {_percent(told['loading_pct'], language)}"
    label = local_digits(str(told["id"]), language)
    return _feature(feature["geometry"], kind="transformer", label=label, word=word, **kept)


def _supply(feature: Feature) -> Feature:
    name = str(feature["properties"].get("id", "")).removeprefix("S-")
    return _feature(feature["geometry"], kind="supply", id=name, label=name)


def _findings(findings: Iterable[Mapping[str, Any]], language: Language, field_class: str) -> list[Feature]:
    """Pins numbered as in the list beside the map: warnings and errors with a place, of the classes up to this one."""
    seen = [each for each in findings if each["class"] <= field_class and each["severity"] != "note"]
    return [
        _feature(
            {"type": "Point", "coordinates": [each["longitude"], each["latitude"]]},
            kind="problem",
            id=f"finding-{each['number']}",
            label=format_number(each["number"], language),
            title=each[f"message_{language}"],
        )
        for each in seen
        if each["longitude"] is not None
    ]


def _open_points(cables: Iterable[Feature], language: Language) -> list[Feature]:
    """Where the rings are open: a switching state, for the companies."""
    found = []
    for cable in cables:
        if cable["properties"].get("normally_open"):
            points = cable["geometry"]["coordinates"]
            middle = points[len(points) // 2] if cable["geometry"]["type"] == "LineString" else points[0][0]
            place = {"type": "Point", "coordinates": middle}
            found.append(_feature(place, kind="problem", label=WORDS["open"][language], title=WORDS["open"][language]))
    return found
