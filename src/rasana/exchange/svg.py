"""Small pieces of SVG: elements, paths from geometries, and the frame that maps metres to the picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries: TypeAlias = NDArray[np.object_]

MAP_WIDTH = 1000.0
MAP_HEIGHT_MIN, MAP_HEIGHT_MAX = 420.0, 1240.0
MARGIN = 56.0
SIMPLIFY_PX = 0.2


def tag(name: str, content: str = "", /, **attributes: object) -> str:
    """One element; ``_`` in an attribute's name stands for ``-``, a trailing one for nothing. ``content`` is SVG."""
    parts = []
    for key, value in attributes.items():
        text = f"{value:g}" if isinstance(value, float) else str(value)
        parts.append(f' {key.rstrip("_").replace("_", "-")}="{escape(text)}"')
    head = f"<{name}{''.join(parts)}"
    return f"{head}>{content}</{name}>" if content else f"{head}/>"


def text(x: float, y: float, words: str, size: float = 12.0, **attributes: object) -> str:
    """Words at a place, in plain text."""
    return tag("text", escape(words), x=round(x, 1), y=round(y, 1), font_size=size, **attributes)


def picture(width: float, height: float, content: str, label: str, **attributes: object) -> str:
    """A whole picture with a name for those who don't see it."""
    return tag(
        "svg", tag("title", escape(label)) + content, viewBox=f"0 0 {width:g} {height:g}", role="img",
        aria_label=label, direction="ltr", **attributes,
    )  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """How metres become the units of the picture: x to the right, y downwards, north up."""

    west: float
    north: float
    scale: float
    width: float
    height: float

    def place(self, x: float, y: float) -> tuple[float, float]:
        """The point of the picture for a point of the ground."""
        return (x - self.west) * self.scale, (self.north - y) * self.scale

    @property
    def line(self) -> float:
        """Factor for line widths: thinner where the picture shows a large area."""
        return float(np.clip(np.sqrt(self.scale / 0.7), 0.4, 1.15))

    def path(self, shapes: Iterable[shapely.Geometry]) -> str:
        """One path of all ``shapes`` (lines, polygons, or points as small squares), relative and to a tenth."""
        parts = shapely.get_parts(np.array(list(shapes), dtype=object))
        parts = parts[~(shapely.is_empty(parts) | shapely.is_missing(parts))]
        kinds = shapely.get_type_id(parts)
        spots = shapely.buffer(parts[kinds == 0], 5.0, cap_style="square")
        areas = np.concatenate([parts[kinds == 3], spots])
        rings = shapely.get_rings(areas) if len(areas) else np.empty(0, dtype=object)
        return self._lines(parts[kinds == 1], "") + self._lines(rings, "z")

    def _lines(self, lines: Geometries, end: str) -> str:
        if not len(lines):
            return ""
        thin = shapely.simplify(lines, SIMPLIFY_PX / self.scale, preserve_topology=True)
        points, owner = shapely.get_coordinates(thin, return_index=True)
        tenths = np.rint((points - (self.west, self.north)) * (10.0 * self.scale, -10.0 * self.scale)).astype(int)
        found = []
        for rows in np.split(tenths, np.flatnonzero(np.diff(owner)) + 1):
            steps = np.diff(rows[:-1] if end else rows, axis=0)
            moves = " ".join(f"{_tenth(dx)} {_tenth(dy)}" for dx, dy in steps)
            found.append(f"M{_tenth(rows[0, 0])} {_tenth(rows[0, 1])}l{moves}{end}" if moves else "")
        return "".join(found)


def _tenth(value: int) -> str:
    return f"{value / 10:g}"


def fit_frame(bounds: Iterable[float]) -> Frame:
    """The frame in which ``bounds`` (west, south, east, north) fill the width, or the height where they are tall."""
    west, south, east, north = bounds
    wide, tall = max(east - west, 1.0), max(north - south, 1.0)
    scale = min((MAP_WIDTH - 2 * MARGIN) / wide, (MAP_HEIGHT_MAX - 2 * MARGIN) / tall)
    height = max(tall * scale + 2 * MARGIN, MAP_HEIGHT_MIN)
    left = west - (MAP_WIDTH / scale - wide) / 2.0
    top = north + (height / scale - tall) / 2.0
    return Frame(left, top, scale, MAP_WIDTH, height)


@dataclass
class Labels:
    """Puts names beside their symbols where nothing else is written; a name without room is left out."""

    width: float
    height: float
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    def block(self, x: float, y: float, radius: float) -> None:
        """Keep a symbol free of names."""
        self.taken.append((x - radius, y - radius, x + radius, y + radius))

    def put(self, x: float, y: float, lines: list[str], size: float = 12.0, gap: float = 11.0) -> str:
        """A pill with ``lines`` beside the symbol at (x, y), or nothing."""
        wide = max(len(line) for line in lines) * size * 0.6 + 10.0
        tall = len(lines) * size * 1.3 + 5.0
        beside, above, middle = (x + gap, x - gap - wide), (y - gap / 2 - tall, y + gap / 2), y - tall / 2
        places = [(left, middle) for left in beside]
        places += [(x - wide / 2, y - gap - tall), (x - wide / 2, y + gap)]
        places += [(left, top) for top in above for left in beside]
        for left, top in places:
            box = (left, top, left + wide, top + tall)
            if self._free(box):
                self.taken.append(box)
                return self._pill(box, lines, size)
        return ""

    def _free(self, box: tuple[float, float, float, float]) -> bool:
        inside = box[0] >= 2 and box[1] >= 2 and box[2] <= self.width - 2 and box[3] <= self.height - 2
        return inside and not any(
            box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3] for other in self.taken
        )

    def _pill(self, box: tuple[float, float, float, float], lines: list[str], size: float) -> str:
        left, top, right, bottom = box
        shape = tag("rect", x=left, y=top, width=right - left, height=bottom - top, rx=4, class_="pill")
        words = [
            text(
                (left + right) / 2, top + 2.5 + size * (1.0 + 1.3 * row), line, size, text_anchor="middle",
                class_="strong" if row == 0 else "soft",
            )
            for row, line in enumerate(lines)
        ]  # fmt: skip
        return shape + "".join(words)
