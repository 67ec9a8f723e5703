"""The map of an estate as a GeoJSON file for each set of field classes: what they may not read is not in the file."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max, Sum
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rasana.portal.apps.estates.models import Block, PlanLayer, Plot, PlotStatus
from rasana.portal.apps.estates.selectors import STATUS_ORDER
from rasana.portal.base import persian
from rasana.portal.base.people import Estate

DRAWN_AS = {"open_space": "green", "supply_point": "supply"}
"""What the map's script calls a kind of feature, where it has another name."""
NOT_DRAWN = frozenset({"no_go", "reserve"})


def version_of(estate: Estate, classes: tuple[str, ...]) -> str:
    """A text that changes whenever the map does. Two statements."""
    plots = Plot.objects.filter(estate=estate).aggregate(Count("pk"), Sum("version"), Max("pk"))
    layers = PlanLayer.objects.filter(estate=estate, field_class__in=classes).aggregate(Count("pk"), Sum("version"))
    counts = [*plots.values(), *layers.values(), estate.version]
    return f"{estate.code}-{get_language()}-{'-'.join(classes)}-" + "-".join(str(each or 0) for each in counts)


def drawn_layers(estate: Estate, classes: tuple[str, ...]) -> list[dict[str, Any]]:
    """What lies around the plots, as far as the classes allow: boundary, streets, green, supply. One statement."""
    features = [
        {**feature, "properties": {**feature["properties"], "kind": DRAWN_AS.get(layer.kind, layer.kind)}}
        for layer in PlanLayer.objects.filter(estate=estate, field_class__in=classes)
        if layer.kind not in NOT_DRAWN
        for feature in layer.features
    ]
    for feature in features:
        if feature["properties"]["kind"] == "supply":
            feature["properties"]["label"] = feature["properties"].get("supply_id") or _("supply point")
    return features


def plan(estate: Estate, classes: tuple[str, ...]) -> dict[str, Any]:
    """The map's file: boundary, streets, green, plots by status, blocks' names, and what else the classes allow."""
    features = drawn_layers(estate, classes)
    plots, counts = _plots(estate)
    blocks = [
        point("block", block.longitude, block.latitude, label=block.name, id=f"block-{block.pk}")
        for block in Block.objects.filter(estate=estate, longitude__isnull=False)
    ]
    legend = [
        {"status": status.value, "label": str(status.label), "count": counts[status]}
        for status in STATUS_ORDER
        if counts.get(status)
    ]
    label = estate.label
    return {"type": "FeatureCollection", "attribution": label, "legend": legend, "features": features + plots + blocks}


def point(kind: str, longitude: float | None, latitude: float | None, **properties: object) -> dict[str, Any]:
    """A point feature of the map."""
    geometry = {"type": "Point", "coordinates": [longitude, latitude]}
    return {"type": "Feature", "properties": {"kind": kind, **properties}, "geometry": geometry}


def _plots(estate: Estate) -> tuple[list[dict[str, Any]], dict[str, int]]:
    language = get_language() or "fa"
    words = {status.value: str(status.label) for status in PlotStatus}
    features, counts = [], dict.fromkeys(words, 0)
    name = "block__name_fa" if persian.is_persian(language) else "block__name_en"
    rows = Plot.objects.filter(estate=estate, outline__isnull=False).order_by("block__number", "plot_id")
    for pk, plot_id, status, block, outline in rows.values_list("pk", "plot_id", "status", name, "outline"):
        counts[status] += 1
        properties = {
            "kind": "plot",
            "id": plot_id,
            "label": persian.local_digits(plot_id, language),
            "status": status,
            "word": words[status],
            "block": block,
            "url": f"/plots/{pk}/",
        }
        features.append({"type": "Feature", "properties": properties, "geometry": outline})
    return features, counts
