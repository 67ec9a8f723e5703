"""Diagrams of a design: each ring as a single line, and how many plots have which voltage drop."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rasana.exchange import colours
from rasana.exchange.drawing import open_symbol
from rasana.exchange.svg import picture, tag, text
from rasana.exchange.words import Language, number, percent, quantity, term
from rasana.planning.result import Study

STEP, ROW, SIDE, TURN = 128.0, 158.0, 116.0, 50.0
STATIONS_A_ROW = 6
CHART_W, CHART_H, CHART_LEFT, CHART_BOTTOM = 640.0, 250.0, 56.0, 44.0
BINS_MAX = 24


@dataclass(frozen=True)
class Section:
    """The cables between two stops of a ring, as one."""

    length_m: float
    loading_pct: float
    types: tuple[str, ...]
    open_end: int
    """0: closed; 1: open at its far end; -1: open at its near end."""


def ring_sections(study: Study, ring: Mapping[Any, Any]) -> tuple[list[str], list[Section | None]]:
    """Node ids of a ring's stops in order, and the section between each two (None where no cable leads)."""
    nodes = set(study.network.nodes["id"])
    ends = [name if name in nodes else f"S-{name}" for name in (str(ring["supply_from"]), str(ring["supply_to"]))]
    stops = [ends[0], *(f"{name}.mv" for name in ring["transformer_ids"]), ends[1]]
    cables = study.network.cables
    of_ring: list[Any] = cables[(cables["ring_id"] == ring["ring_id"]) & (cables["level"] == "mv")].to_dict("records")
    used: set[str] = set()
    return stops, [_section(of_ring, stops, place, used) for place in range(len(stops) - 1)]


def _section(cables: list[Any], stops: list[str], place: int, used: set[str]) -> Section | None:
    """Cables from one stop to the next, found breadth first through joints that are no stops."""
    start, goal = stops[place], stops[place + 1]
    before: dict[str, tuple[str, dict[str, Any]]] = {}
    waiting = deque([start])
    while waiting and goal not in before:
        node = waiting.popleft()
        for cable in cables:
            if cable["id"] in used or node not in (cable["from_node"], cable["to_node"]):
                continue
            other = cable["to_node"] if cable["from_node"] == node else cable["from_node"]
            if other not in before and other != start and (other == goal or other not in stops):
                before[other] = (node, cable)
                waiting.append(other)
    if goal not in before:
        return None
    way, node = [], goal
    while node != start:
        node, cable = before[node]
        way.append((cable, cable["from_node"] == node))
    used.update(cable["id"] for cable, _ in way)
    opened = [1 if forward else -1 for cable, forward in way if cable["normally_open"]]
    return Section(
        length_m=float(sum(cable["length_m"] for cable, _ in way)),
        loading_pct=float(np.nanmax([cable["loading_pct"] for cable, _ in way])),
        types=tuple(dict.fromkeys(str(cable["type"]) for cable, _ in way)),
        open_end=opened[0] if opened else 0,
    )


def ring_diagram(study: Study, ring: Mapping[Any, Any], language: Language) -> str:
    """One ring from supply point to supply point: sections with length and loading, transformers, the open point."""
    stops, sections = ring_sections(study, ring)
    places = [_stop_place(row) for row in range(len(stops))]
    rows = 1 + (len(stops) - 1) // (STATIONS_A_ROW + 1)
    parts = [
        _draw_section(section, places[row], places[row + 1], language)
        for row, section in enumerate(sections)
        if section is not None
    ]
    stations = study.network.transformers.set_index("id")
    for row, (x, y) in enumerate(places):
        name = stops[row].removesuffix(".mv")
        if name in stations.index:
            parts.append(_draw_station(x, y, name, stations.loc[name], language))
        else:
            parts.append(_draw_supply(x, y, name))
    label = f"{term('diagram.ring', language)} {ring['ring_id']}"
    wide = 2 * SIDE + min(len(stops) - 1, STATIONS_A_ROW) * STEP
    size = f"max-inline-size:{wide:g}px"
    return picture(wide, rows * ROW, "".join(parts), label, class_="diagram", style=size)


def _stop_place(row: int) -> tuple[float, float]:
    """Stops run in rows that turn round at their ends, as the ring does."""
    line, place = divmod(row, STATIONS_A_ROW + 1)
    if line % 2:
        place = STATIONS_A_ROW - place
    return SIDE + place * STEP, 46.0 + line * ROW


def _draw_section(section: Section, start: tuple[float, float], end: tuple[float, float], language: Language) -> str:
    (x0, y0), (x1, y1) = start, end
    dash = {"stroke_dasharray": "8 5"} if section.open_end else {}
    colour = colours.CABLE_MV if section.loading_pct <= 100.0 else colours.LOADING[-1][1]
    length = quantity(section.length_m, "m", language, 0)
    load = term("diagram.open", language) if section.open_end else percent(section.loading_pct, language, 0)
    if y0 == y1:
        way, word_x, word_y = f"M{x0:g} {y0:g}H{x1:g}", (x0 + x1) / 2, (y0 - 10, y0 + 20)
        open_x, open_y = x0 + (x1 - x0) * (0.70 if section.open_end > 0 else 0.30), y0
    else:
        outward = TURN if x0 > SIDE + STEP else -TURN
        way, word_x = f"M{x0:g} {y0:g}h{outward:g}V{y1:g}h{-outward:g}", x0 + outward * 1.62
        word_y = ((y0 + y1) / 2 - 4, (y0 + y1) / 2 + 14)
        open_x, open_y = x0 + outward, y0 + (y1 - y0) * (0.82 if section.open_end > 0 else 0.18)
    parts = [tag("path", d=way, stroke=colour, stroke_width=3.2, fill="none", stroke_linejoin="round", **dash)]
    for y, words in zip(word_y, (length, load), strict=True):
        parts.append(text(word_x, y, words, 11.5, text_anchor="middle", class_="soft"))
    if section.open_end:
        parts.append(open_symbol(open_x, open_y))
    return "".join(parts)


def _draw_station(x: float, y: float, name: str, station: pd.Series, language: Language) -> str:
    """Busbar with its transformer below: two circles, the rating, the loading."""
    loading = float(station["loading_pct"])
    colour = colours.LOADING[colours.loading_class(loading)][1]
    rating = number(float(station["rating_kva"]), language)
    return "".join(
        [
            tag("rect", x=x - 5, y=y - 5, width=10, height=10, rx=2, fill=colours.INK),
            tag("path", d=f"M{x:g} {y + 5:g}v10M{x:g} {y + 43:g}v7", stroke=colours.INK, stroke_width=1.6),
            tag("circle", cx=x, cy=y + 24, r=9, fill=colours.SURFACE, stroke=colours.INK, stroke_width=1.6),
            tag("circle", cx=x, cy=y + 35, r=9, fill="none", stroke=colours.INK, stroke_width=1.6),
            text(x, y - 14, name, 12.5, text_anchor="middle", class_="strong"),
            text(x, y + 66, f"{rating} kVA", 11.5, text_anchor="middle"),
            tag("rect", x=x - 26, y=y + 73, width=52, height=6, rx=2, fill="#EEECE6"),
            tag("rect", x=x - 26, y=y + 73, width=round(0.52 * min(loading, 100.0), 1), height=6, rx=2, fill=colour),
            text(x, y + 94, percent(loading, language, 0), 11.5, text_anchor="middle", class_="strong"),
        ]
    )  # fmt: skip


def _draw_supply(x: float, y: float, name: str) -> str:
    bar = tag("path", d=f"M{x:g} {y - 20:g}v40", stroke=colours.COPPER, stroke_width=6, stroke_linecap="round")
    return bar + text(x, y + 38, name.removeprefix("S-"), 12.0, text_anchor="middle", class_="strong")


def drop_histogram(study: Study, language: Language) -> str:
    """Number of plots by their voltage drop from the transformer to the meter, with the limit; empty without drops."""
    drops = study.plots["drop_pct"].dropna().to_numpy(np.float64)
    if not len(drops):
        return ""
    limit = study.standard.lv_drop_limit_pct
    most = max(limit * 1.08, float(drops.max()))
    step = next((step for step in (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0) if most / step <= BINS_MAX), most / BINS_MAX)
    count = math.ceil(most / step + 1e-9)
    heights, _ = np.histogram(drops, bins=np.arange(count + 1) * step)
    return _bars(heights, step, limit, language)


def _bars(heights: Sequence[int] | np.ndarray[Any, Any], step: float, limit: float, language: Language) -> str:
    """The bars; distance from zero runs to the left in Persian, to the right in English."""
    count, top = len(heights), max(int(max(heights)), 1)
    wide, tall = CHART_W - CHART_LEFT - 20.0, CHART_H - CHART_BOTTOM - 24.0
    ground = CHART_H - CHART_BOTTOM

    def across(share: float) -> float:
        return CHART_W - CHART_LEFT - share * wide if language == "fa" else CHART_LEFT + share * wide

    parts = []
    for row, height in enumerate(heights):
        left = min(across(row / count), across((row + 1) / count))
        colour = colours.LATE if row * step >= limit - 1e-9 else colours.ACCENT
        high = tall * float(height) / top
        parts.append(tag("rect", x=round(left + 1, 1), y=round(ground - high, 1), width=round(wide / count - 2, 1),
                         height=round(high, 1), rx=1.5, fill=colour))  # fmt: skip
    ends = (across(0.0), across(1.0))
    parts.append(tag("path", d=f"M{ends[0]:g} {ground:g}H{ends[1]:g}", stroke=colours.LINE_STRONG))
    every = max(1, round(1.0 / step)) if count * step > 2.0 else max(1, round(0.5 / step))
    for row in range(0, count + 1, every):
        words = percent(row * step, language, 0 if every * step >= 1.0 else 1)
        parts.append(text(across(row / count), ground + 17, words, 12.0, text_anchor="middle", class_="soft"))
    at = across(limit / (count * step))
    parts.append(tag("path", d=f"M{at:g} 22V{ground:g}", stroke=colours.LATE, stroke_width=1.6, stroke_dasharray="5 4"))
    words = f"{term('chart.limit', language)} {percent(limit, language)}"
    parts.append(text(at, 15, words, 12.0, text_anchor="middle", class_="late"))
    tip = int(np.argmax(heights))
    words = quantity(float(top), "plots", language)
    parts.append(
        text(across((tip + 0.5) / count), ground - tall - 6, words, 12.0, text_anchor="middle", class_="strong")
    )
    axis = term("chart.drop", language)
    parts.append(text(CHART_W / 2, CHART_H - 6, axis, 12.0, text_anchor="middle", class_="soft"))
    return picture(CHART_W, CHART_H, "".join(parts), axis, class_="chart")
