"""The living style page: every part in the language of the page, with matter that is invented. For development only."""

from __future__ import annotations

import json
from datetime import date, datetime
from math import cos, radians
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language

from rasana.portal.base.fields import CleanCharField, CleanTextField, JalaliDateField, NumberField
from rasana.portal.base.persian import format_number, is_persian

MATTER = Path(__file__).parent / "data" / "style.json"


def _matter() -> Any:
    """What stands in the file, in the language of the page."""
    return _said(json.loads(MATTER.read_text(encoding="utf-8")), "fa" if is_persian(get_language()) else "en")


def _said(node: Any, language: str) -> Any:
    if isinstance(node, list):
        return [_said(each, language) for each in node]
    if not isinstance(node, dict):
        return node
    if set(node) == {"fa", "en"}:
        return node[language]
    return {key: _said(value, language) for key, value in node.items()}


class Sample(forms.Form):
    """One field of each kind."""

    due = JalaliDateField()
    title = CleanCharField(max_length=80)
    reason = CleanTextField(max_length=400)
    plots = NumberField(min_value=1, max_value=400, required=False)
    kind = forms.ChoiceField(choices=())
    severity = forms.ChoiceField(choices=(), widget=forms.RadioSelect)
    phone = forms.CharField(required=False, widget=forms.TextInput(attrs={"dir": "ltr", "inputmode": "tel"}))
    proof = forms.FileField(required=False)
    shared = forms.BooleanField(required=False)

    def __init__(self, said: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in said.items():
            self.fields[name].label, self.fields[name].help_text = words["label"], words["hint"]
            if "choices" in words:
                self.fields[name].choices = [tuple(choice) for choice in words["choices"]]  # type: ignore[attr-defined]


def style(request: HttpRequest) -> HttpResponse:
    """Every part, as on real pages: ``?said=1`` with messages, ``?public=1`` in the shell of those not signed in."""
    matter = _matter()
    who = matter["parties"]
    for row in (*matter["tasks"], *matter["promises"]):
        row["organisation"] = who[row["party"]]
    for task in matter["tasks"]:
        task["due"] = date.fromisoformat(task["due"])
    for figure in matter["figures"]:
        if "date" in figure.get("provenance", {}):
            figure["provenance"]["date"] = date.fromisoformat(figure["provenance"]["date"])
    for event in matter["events"]:
        event["when"] = (datetime if "T" in event["when"] else date).fromisoformat(event["when"])
    if request.GET.get("said"):
        messages.success(request, matter["done"])
        messages.error(request, matter["failed"])
    if request.GET.get("public"):
        matter["navigation"] = []
    context = matter | {
        "actor": {"person": matter["person"], "organisation": who["operator"], "roles": ["expert"]},
        "unread": {"count": 3},
        "who": who,
        "org_list": list(who.values()),
        "statuses": ("live", "plan", "risk", "late", "broken", "wait", "hidden"),
        "shares": [
            (who["applicant"], 9),
            (who["operator"], 14),
            (who["regional"], 11),
            (who["distribution"], 19),
            (who["distribution"], 8, True),
        ],
        "fresh": Sample(matter["fields"]),
        "refused": Sample(matter["fields"], {f"r-{name}": text for name, text in matter["typed"].items()}, prefix="r"),
        "page": Paginator(range(1404), 25).get_page(request.GET.get("page", 7)),
    }
    return render(request, "base/style.html", context)


def style_map(request: HttpRequest) -> JsonResponse:
    """A small invented estate: four blocks of sixty plots, two streets, two transformers, a ring, a problem."""
    matter = _matter()
    features: list[dict[str, Any]] = []

    def add(kind: str, shape: str, points: Any, **more: Any) -> None:
        geometry = {"type": shape, "coordinates": points}
        features.append({"type": "Feature", "geometry": geometry, "properties": {"kind": kind} | more})

    statuses = ("energised", "active", "planned", "built", "unauthorised")
    add("boundary", "Polygon", _box(-20, -20, 420, 200))
    for number in range(4):
        x, y = 200 * (number % 2), 90 * (number // 2)
        name = matter["letters"]["block"] + _figure(number + 1)
        add("block", "Point", _at(x + 90, y + 35), id=name, label=name)
        for index in range(60):
            outline = _box(x + 6 * (index % 30), y + 35 * (index // 30), 6, 30)
            state = statuses[0 if index % 7 < 4 - number else (number + index // 23) % 5]
            label = f"{name}-{_figure(index + 1)}"
            add("plot", "Polygon", outline, id=label, label=label, status=state, block=name, url="/style/?plot=1")
    add("street", "LineString", [_at(-15, 80), _at(395, 80)], label=matter["streets"][0])
    add("street", "LineString", [_at(190, -15), _at(190, 175)], label=matter["streets"][1])
    add("cable", "LineString", [_at(-15, 84), _at(188, 84), _at(188, 170)], level="mv")
    for area, (x, y) in enumerate(((60, 77), (320, 77)), start=1):
        label = matter["letters"]["transformer"] + _figure(area)
        add("cable", "LineString", [_at(x, y), _at(x + 70, y)], level="lv", area=area)
        add("transformer", "Point", _at(x, y), id=label, label=label, area=area)
    add("problem", "Point", _at(250, 60), id="problem", label=_figure(1), url="#problem")
    return JsonResponse({"type": "FeatureCollection", "features": features})


def _figure(number: int) -> str:
    return format_number(number, get_language() or "fa")


def _at(x_m: float, y_m: float) -> list[float]:
    """Longitude and latitude of a place by its distance in metres from the corner of the sample estate."""
    longitude, latitude = 50.9, 34.6
    return [longitude + x_m / (111_320 * cos(radians(latitude))), latitude + y_m / 110_950]


def _box(x: float, y: float, width: float, depth: float) -> list[list[list[float]]]:
    corners = ((x, y), (x + width, y), (x + width, y + depth), (x, y + depth), (x, y))
    return [[_at(*corner) for corner in corners]]
