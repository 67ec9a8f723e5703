"""Maps of a design: supply areas, loading and voltage, each with scale, north and the numbers of the findings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Point

from rasana.exchange import colours
from rasana.exchange.svg import Frame, Geometries, Labels, fit_frame, picture, tag, text
from rasana.exchange.words import Language, number, percent, quantity, term, unit_word
from rasana.planning.finding import Severity
from rasana.planning.result import Study

SERVICES_DRAWN_MAX = 4000
NAMES_DRAWN_MAX = 150
STREET_M = 8.0
MV_BESIDE_PX = 3.2
SCALE_BAR_PX = 190.0
SEVERITY_COLOUR = {Severity.ERROR: colours.LATE, Severity.WARNING: colours.RISK, Severity.NOTE: colours.PLAN}


@dataclass(frozen=True)
class Mark:
    """A numbered finding on the map."""

    number: int
    severity: Severity
    place: Point
    code: str
    subject_id: str


@dataclass(frozen=True)
class MapBook:
    """What all maps of a study share: the frame, the paths by name (drawn once, used often), the colours of areas."""

    frame: Frame
    paths: Mapping[str, str]
    hues: Mapping[str, int]

    def definitions(self) -> str:
        """The hidden picture that holds every path."""
        shapes = "".join(tag("path", id=name, d=path) for name, path in self.paths.items() if path)
        return tag("svg", tag("defs", shapes), width=0, height=0, style="position:absolute", aria_hidden="true")

    def use(self, name: str, **attributes: object) -> str:
        """A path by its name, drawn with ``attributes``; nothing where it is empty."""
        return tag("use", href=f"#{name}", **attributes) if self.paths.get(name) else ""


def make_maps(study: Study) -> MapBook:
    """Paths of streets, plots and cables by class."""
    network, plots = study.network, study.plots
    everything = np.array([plots.total_bounds, network.nodes.total_bounds])
    frame = fit_frame((*everything.min(axis=0)[:2], *everything.max(axis=0)[2:]))
    hues = colours.area_colours(plots)
    hue = plots["transformer_id"].map(hues).fillna(-1).to_numpy(int)
    voltage = np.searchsorted(
        colours.voltage_steps(study.standard.lv_voltage_min_pu), plots["voltage_min_pu"].fillna(2.0), side="right"
    )
    voltage = np.where(plots["voltage_min_pu"].isna(), -1, voltage)
    shapes = plots.geometry.to_numpy()
    cables = network.cables
    level = cables["level"].to_numpy()
    lines = np.where(level == "mv", _beside(cables.geometry.to_numpy(), frame), cables.geometry.to_numpy())
    opened = cables["normally_open"].to_numpy(bool)
    owner = cables["transformer_id"].map(hues).fillna(-1).to_numpy(int)
    load = np.array([colours.loading_class(value) for value in cables["loading_pct"].fillna(0.0)], dtype=int)
    paths = {"streets": frame.path(study.estate.streets.geometry), "no-go": frame.path(study.estate.no_go.geometry)}
    paths |= {f"area{row}": frame.path(shapes[hue == row]) for row in range(-1, len(colours.AREA))}
    paths |= {f"volt{row}": frame.path(shapes[voltage == row]) for row in range(-1, len(colours.VOLTAGE))}
    paths |= {f"lv{row}": frame.path(lines[(level == "lv") & (owner == row)]) for row in range(len(colours.AREA))}
    for row in range(len(colours.LOADING)):
        paths |= {f"{name}-load{row}": frame.path(lines[(level == name) & (load == row)]) for name in ("lv", "mv")}
    paths |= {
        "mv": frame.path(lines[(level == "mv") & ~opened]),
        "mv-open": frame.path(lines[(level == "mv") & opened]),
    }
    services = lines[level == "service"]
    paths["service"] = frame.path(services if len(services) <= SERVICES_DRAWN_MAX else services[:0])
    return MapBook(frame, paths, hues)


def _beside(lines: Geometries, frame: Frame) -> Geometries:
    """Lines moved a little to their left, so that a ring is seen beside the feeders in its trench."""
    moved = shapely.offset_curve(lines, MV_BESIDE_PX / frame.scale, join_style="mitre", mitre_limit=2.0)
    return np.where(shapely.is_empty(moved), lines, moved)


def supply_map(study: Study, book: MapBook, marks: Iterable[Mark], language: Language) -> str:
    """The design: plots by transformer, LV feeders, MV rings with open points, stations, supply points, findings."""
    line = book.frame.line
    parts = [_ground(book), _plots(book, [*colours.AREA_SOFT], "area", colours.MAP_EDGE)]
    parts.append(book.use("service", class_="ln", stroke=colours.CABLE_SERVICE, stroke_width=0.7 * line))
    parts.append(_rings(book, colours.CABLE_MV))
    for row, colour in enumerate(colours.AREA):
        under = book.use(f"lv{row}", class_="ln", stroke=colours.SURFACE, stroke_width=2.8 * line)
        dash = {"stroke_dasharray": colours.AREA_DASH[row]} if colours.AREA_DASH[row] else {}
        parts.append(under + book.use(f"lv{row}", class_="ln", stroke=colour, stroke_width=1.7 * line, **dash))
    parts.append(_equipment(study, book, marks, language))
    return _finish(book, parts, language, term("map.supply", language))


def loading_map(study: Study, book: MapBook, language: Language) -> str:
    """Cables and transformers coloured by how much of their rating they carry."""
    line = book.frame.line
    parts = [_ground(book), _plots(book, [colours.SURFACE] * len(colours.AREA), "area", colours.LINE)]
    for level, extra in (("mv", 2.2), ("lv", 0.0)):
        names = [f"{level}-load{row}" for row in range(len(colours.LOADING))]
        parts += [
            book.use(name, class_="ln", stroke=colours.SURFACE, stroke_width=(3.4 + extra) * line) for name in names
        ]
        for row, (_, colour) in enumerate(colours.LOADING):
            width = (1.8 + extra + 0.5 * (row >= 2)) * line
            parts.append(book.use(names[row], class_="ln", stroke=colour, stroke_width=width))
    labels = Labels(book.frame.width, book.frame.height)
    stations = _stations(study, book)
    for _, x, y, _ in stations:
        labels.block(x, y, 7.0)
    half = 6.0 if len(stations) <= NAMES_DRAWN_MAX else 3.0
    for row, x, y, name in stations:
        loading = float(study.network.transformers["loading_pct"].iloc[row])
        colour = colours.LOADING[colours.loading_class(loading)][1]
        place = {"x": round(x - half, 1), "y": round(y - half, 1), "width": 2 * half, "height": 2 * half}
        parts.append(tag("rect", **place, rx=2, fill=colour, class_="edge"))
        if len(stations) <= NAMES_DRAWN_MAX:
            parts.append(labels.put(x, y, [name, percent(loading, language, 0)], 11.5))
    return _finish(book, parts, language, term("map.loading", language))


def voltage_map(study: Study, book: MapBook, language: Language) -> str:
    """Plots coloured by the lowest voltage at their meter."""
    parts = [_ground(book), _plots(book, [*colours.VOLTAGE], "volt", colours.MAP_EDGE)]
    style = {"class_": "ln", "stroke": colours.CABLE_LV, "stroke_width": 1.0 * book.frame.line}
    parts += [book.use(f"lv{row}", **style) for row in range(len(colours.AREA))]
    labels = Labels(book.frame.width, book.frame.height)
    stations = _stations(study, book)
    for _, x, y, _ in stations:
        labels.block(x, y, 7.0)
        parts.append(_station(x, y, small=len(stations) > NAMES_DRAWN_MAX))
    worst = study.plots["voltage_min_pu"].idxmin() if study.plots["voltage_min_pu"].notna().any() else None
    if worst is not None:
        x, y = book.frame.place(*shapely.get_coordinates(study.plots.geometry[worst].representative_point())[0])
        parts.append(tag("circle", cx=x, cy=y, r=7, fill="none", stroke=colours.INK, stroke_width=2))
        value = quantity(study.plots["voltage_min_pu"][worst], "pu", language)
        parts.append(labels.put(x, y, [str(study.plots["plot_id"][worst]), value]))
    if len(stations) <= NAMES_DRAWN_MAX:
        parts += [labels.put(x, y, [name], 11.5) for _, x, y, name in stations]
    return _finish(book, parts, language, term("map.voltage", language))


def _ground(book: MapBook) -> str:
    frame = book.frame
    width = max(STREET_M * frame.scale, 1.0)
    return (
        tag("rect", width=frame.width, height=frame.height, fill=colours.MAP_GROUND)
        + book.use("no-go", fill="#DDE6D3", stroke=colours.LINE_STRONG, stroke_width=0.6, stroke_dasharray="4 3")
        + book.use("streets", class_="ln", stroke=colours.MAP_EDGE, stroke_width=width + 1.0)
        + book.use("streets", class_="ln", stroke=colours.MAP_STREET, stroke_width=width)
    )


def _plots(book: MapBook, fills: list[str], name: str, edge: str) -> str:
    width = min(0.6, 0.8 * book.frame.line)
    bare = book.use(f"{name}-1", fill=colours.SURFACE, stroke=colours.LINE_STRONG, stroke_width=width)
    return bare + "".join(
        book.use(f"{name}{row}", fill=colour, stroke=edge, stroke_width=width) for row, colour in enumerate(fills)
    )


def _rings(book: MapBook, colour: str) -> str:
    line = book.frame.line
    parts = [book.use(name, class_="ln", stroke=colours.SURFACE, stroke_width=7.0 * line) for name in ("mv", "mv-open")]
    parts.append(book.use("mv", class_="ln", stroke=colour, stroke_width=4.2 * line))
    parts.append(book.use("mv-open", class_="ln", stroke=colour, stroke_width=4.2 * line, stroke_dasharray="10 7"))
    return "".join(parts)


def _stations(study: Study, book: MapBook) -> list[tuple[int, float, float, str]]:
    """Row, place and name of every transformer."""
    points = shapely.get_coordinates(study.network.transformers.geometry.to_numpy())
    names = study.network.transformers["id"]
    return [(row, *book.frame.place(*point), str(names.iloc[row])) for row, point in enumerate(points)]


def _station(x: float, y: float, *, small: bool) -> str:
    """A transformer's square; ``small`` where there are too many for more than a dot each."""
    half = 3.0 if small else 7.0
    place = {"x": round(x - half, 1), "y": round(y - half, 1), "width": 2 * half, "height": 2 * half}
    shape = tag("rect", **place, rx=half / 3, fill=colours.INK, class_="edge")
    bolt = f"M{x + 1:g} {y - 5:g}l-4 6h3l-1 4 4-6h-3z"
    return shape if small else shape + tag("path", d=bolt, fill=colours.SURFACE)


def _supply(x: float, y: float) -> str:
    bolt = f"M{x + 1:g} {y - 6:g}l-5 7h4l-1 5 5-7h-4z"
    shape = tag("circle", cx=round(x, 1), cy=round(y, 1), r=10, fill=colours.COPPER, class_="edge")
    return shape + tag("path", d=bolt, fill=colours.SURFACE)


def open_symbol(x: float, y: float) -> str:
    """A normally open point: a ring with two bars."""
    bars = tag("path", d=f"M{x - 2:g} {y - 3.5:g}v7M{x + 2:g} {y - 3.5:g}v7", stroke=colours.CABLE_MV, stroke_width=1.8)
    ring = tag(
        "circle", cx=round(x, 1), cy=round(y, 1), r=7, fill=colours.SURFACE, stroke=colours.CABLE_MV, stroke_width=2
    )
    return ring + bars


def _equipment(study: Study, book: MapBook, marks: Iterable[Mark], language: Language) -> str:
    frame, network = book.frame, study.network
    labels = Labels(frame.width, frame.height)
    stations = _stations(study, book)
    parts, names = [], []
    for _, x, y, _ in stations:
        labels.block(x, y, 8.0)
        parts.append(_station(x, y, small=len(stations) > NAMES_DRAWN_MAX))
    for cable in network.cables.geometry[network.cables["normally_open"].to_numpy(bool)]:
        back = min(22.0 / frame.scale, cable.length / 2.0)
        x, y = frame.place(*cable.interpolate(cable.length - back).coords[0])
        labels.block(x, y, 8.0)
        parts.append(open_symbol(x, y))
    for mark in marks:
        x, y = frame.place(mark.place.x, mark.place.y)
        labels.block(x, y - 3, 10.0)
        parts.append(_triangle(x, y, number(mark.number, language), mark.severity))
    for node in network.nodes[network.nodes["kind"] == "supply"].itertuples():
        x, y = frame.place(node.geometry.x, node.geometry.y)
        labels.block(x, y, 11.0)
        parts.append(_supply(x, y))
        names.append(labels.put(x, y, [str(node.id).removeprefix("S-")], gap=14.0))
    if len(stations) <= NAMES_DRAWN_MAX:
        loading = network.transformers["loading_pct"]
        names += [
            labels.put(x, y, [name, percent(loading.iloc[row], language, 0)], 11.5) for row, x, y, name in stations
        ]
    return "".join(parts + names)


def _triangle(x: float, y: float, words: str, severity: Severity) -> str:
    colour = SEVERITY_COLOUR[severity]
    shape = tag("path", d=f"M{x:g} {y - 14:g}l12 20h-24z", fill=colour, class_="edge", stroke_linejoin="round")
    size = 11.0 if len(words) < 2 else 9.5
    return shape + text(x, y + 3.5, words, size, text_anchor="middle", class_="on")


def _finish(book: MapBook, parts: list[str], language: Language, label: str) -> str:
    frame = book.frame
    return picture(
        frame.width,
        frame.height,
        "".join([*parts, _scale_bar(frame, language), _north(frame, language)]),
        label,
        class_="map",
    )


def _scale_bar(frame: Frame, language: Language) -> str:
    room = SCALE_BAR_PX / frame.scale
    power = 10.0 ** math.floor(math.log10(room))
    length = max(step * power for step in (1.0, 2.0, 5.0) if step * power <= room)
    x, y, wide = 20.0, frame.height - 18.0, length * frame.scale
    unit, shown = ("km", length / 1000.0) if length >= 1000.0 else ("m", length)
    words = f"{number(shown, language)} {unit_word(unit, language)}"
    back = tag("rect", x=x - 8, y=y - 24, width=wide + 16, height=34, rx=4, class_="pill")
    bar = tag(
        "path",
        d=f"M{x:g} {y - 5:g}v5h{wide:.1f}v-5M{x + wide / 2:.1f} {y - 3:g}v3",
        fill="none",
        stroke=colours.INK,
        stroke_width=1.6,
    )
    return back + bar + text(x + wide / 2, y - 8, words, 12.0, text_anchor="middle", class_="soft")


def _north(frame: Frame, language: Language) -> str:
    x, y = frame.width - 30.0, 26.0
    back = tag("rect", x=x - 20, y=y - 18, width=40, height=50, rx=4, class_="pill")
    arrow = tag("path", d=f"M{x:g} {y - 12:g}l8 22-8-5-8 5z", fill=colours.INK)
    return back + arrow + text(x, y + 27, term("map.north", language), 12.0, text_anchor="middle", class_="soft")
