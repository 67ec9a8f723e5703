"""Colours of maps and figures, and which transformer's area takes which of the four area colours."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

INK, INK_2, INK_3 = "#1A2330", "#46505E", "#626B78"
SURFACE, LINE, LINE_STRONG = "#FFFFFF", "#DEDAD1", "#8C8679"
ACCENT, COPPER = "#1F4E96", "#9C4E25"
MAP_GROUND, MAP_STREET, MAP_BLOCK, MAP_EDGE = "#F3F1EB", "#FFFFFF", "#E9E5DB", "#CBC5B8"
CABLE_MV, CABLE_LV, CABLE_SERVICE = "#8A4A20", "#46505E", "#8C8679"
RISK, LATE, PLAN = "#CD8205", "#B43C27", "#1F88DE"

AREA = ("#6B2FA0", "#0F4C5C", "#2A9D6F", "#7C8CA8")
"""Supply areas: told apart under every kind of colour blindness, each with its own dash beside."""
AREA_SOFT = ("#E4D9EE", "#D2DDE0", "#D7EDE4", "#E7EAF0")
"""The same mixed into white, for the plots of an area."""
AREA_DASH = ("", "9 3", "3.5 3", "9 3 2 3")

LOADING = ((50.0, "#969FAE"), (80.0, "#42659F"), (100.0, "#D28D39"), (float("inf"), "#881E35"))
"""Upper end of each class of loading in percent and its colour."""
VOLTAGE = ("#9E2A0E", "#E5A13C", "#6BA3D0", "#B4D0E8", "#E6EFF8")
"""Classes of voltage from the limit upwards: below it, then four equal steps to the nominal voltage."""

NEIGHBOUR_M = 30.0


def area_colours(plots: gpd.GeoDataFrame) -> dict[str, int]:
    """Row of ``AREA`` for each transformer, so that areas side by side differ wherever four colours can do it.

    ``plots`` has ``transformer_id``, geometry in metres. Greedy colouring, the most entangled area first; the same
    plots give the same colours.
    """
    served = plots[plots["transformer_id"].fillna("") != ""]
    names = sorted(served["transformer_id"].unique())
    place = {name: number for number, name in enumerate(names)}
    owner = served["transformer_id"].map(place).to_numpy()
    shapes = served.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=NEIGHBOUR_M)
    pairs = np.unique(np.column_stack([owner[left], owner[right]]), axis=0) if len(left) else np.empty((0, 2), int)
    beside: list[set[int]] = [set() for _ in names]
    for one, other in pairs:
        if one != other:
            beside[one].add(int(other))
    colour = [-1] * len(names)
    for _ in names:
        waiting = [row for row in range(len(names)) if colour[row] < 0]
        taken = {row: {colour[other] for other in beside[row]} - {-1} for row in waiting}
        row = max(waiting, key=lambda row: (len(taken[row]), len(beside[row]), -row))
        uses = [sum(colour[other] == hue for other in beside[row]) for hue in range(len(AREA))]
        total = [colour.count(hue) for hue in range(len(AREA))]
        colour[row] = min(range(len(AREA)), key=lambda hue: (uses[hue], total[hue], hue))
    return {name: colour[place[name]] for name in names}


def loading_class(loading_pct: float) -> int:
    """Row of ``LOADING``; a class holds its upper end, so that exactly 100 % is no overload."""
    return next(row for row, (upper, _) in enumerate(LOADING) if loading_pct <= upper or upper == float("inf"))


def voltage_steps(limit_pu: float) -> tuple[float, ...]:
    """Ends of the voltage classes: the limit, and four equal steps from there to 1 pu."""
    return tuple(limit_pu + step * (1.0 - limit_pu) / 4.0 for step in range(4))
