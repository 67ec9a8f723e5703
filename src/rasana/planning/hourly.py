"""Load over the hours of a year: class profiles shifted to the standard's week and climate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rasana.planning.finding import Finding, Severity
from rasana.planning.standard import Standard, packaged_rows

if TYPE_CHECKING:
    from rasana.planning.demand import Demand

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOURS = 8760
DAYS = 365
_SEASONS = ("winter", "transition", "summer")
_DAY_TYPES = ("workday", "saturday", "sunday")
# First day of the year (0 = 1 January) of each season of the BDEW profiles: 21 March, 15 May, 15 September, 1 November.
_SEASON_STARTS = ((0, 0), (79, 1), (134, 2), (257, 1), (304, 0))


@dataclass(frozen=True)
class Profile:
    """One class: mean load by season, day type and hour, in thousandths of its highest hour."""

    permille: Floats
    flat_season: bool


@cache
def profiles(standard_name: str) -> dict[str, Profile]:
    """The class profiles by name; a standard's own stand in place of the general ones."""
    tables: dict[str, Floats] = {}
    flat: dict[str, bool] = {}
    # General rows come first in the table, so that a standard's own overwrite them.
    for _, row in packaged_rows("load_shapes.csv"):
        if row["standard"] not in ("", standard_name):
            continue
        table = tables.setdefault(row["shape"], np.zeros((len(_SEASONS), len(_DAY_TYPES), 24)))
        hours = [float(row[f"h{hour:02d}_permille"]) for hour in range(24)]
        table[_SEASONS.index(row["season"]), _DAY_TYPES.index(row["day_type"])] = hours
        flat[row["shape"]] = row["flat_season"] == "1"
    return {name: Profile(table, flat[name]) for name, table in tables.items()}


def temperature_c(standard: Standard) -> Floats:
    """The synthetic temperature year, hour by hour: a cosine of the day of the year and one of the hour."""
    hour = np.arange(HOURS)
    season = np.cos(2.0 * np.pi * (hour // 24 + 1 - standard.temperature_warmest_day) / DAYS)
    day = np.cos(2.0 * np.pi * (hour % 24 - standard.temperature_warmest_hour) / 24.0)
    swing = standard.temperature_season_amplitude_c * season + standard.temperature_day_amplitude_c * day
    return np.asarray(standard.temperature_mean_c + swing, dtype=np.float64)


def day_types(standard: Standard) -> Ints:
    """Day type of each day of the year: 0 workday, 1 the Saturday shape, 2 the Sunday shape."""
    weekday = (np.arange(DAYS) + standard.year_first_weekday) % 7
    types = np.zeros(DAYS, dtype=np.int64)
    types[weekday == standard.saturday_shape_weekday] = 1
    types[weekday == standard.sunday_shape_weekday] = 2
    return types


def seasons() -> Ints:
    """Season of each day of the year: 0 winter, 1 transition, 2 summer."""
    season = np.zeros(DAYS, dtype=np.int64)
    for start, kind in _SEASON_STARTS:
        season[start:] = kind
    return season


def hourly_shapes(kinds: Sequence[tuple[str, float]], standard: Standard) -> Floats:
    """One row a kind (class profile, cooling per kelvin) of 8,760 hours, each with the peak 1.

    The profile follows the standard's week; cooling multiplies it by 1 + a max(0, T - base). Where the standard says
    so, workshops and shops keep the summer profile all year, since their winter share is lighting of the north.
    """
    warmth = np.maximum(temperature_c(standard) - standard.cooling_base_c, 0.0)
    types, season = day_types(standard), seasons()
    shapes = np.zeros((len(kinds), HOURS))
    for row, (name, cooling_per_k) in enumerate(kinds):
        profile = profiles(standard.name)[name]
        flat = profile.flat_season and standard.flat_season_workshops == 1
        days = profile.permille[np.full(DAYS, _SEASONS.index("summer")) if flat else season, types]
        shapes[row] = days.reshape(HOURS) * (1.0 + cooling_per_k * warmth)
        shapes[row] /= shapes[row].max()
    return shapes


def load_by_class(demand: Demand) -> Floats:
    """Mean load of each coincidence class hour by hour in kW (classes x 8,760): coincident part times shape."""
    groups = np.zeros((len(demand.class_names), len(demand.shapes)))
    np.add.at(groups, (demand.class_row, demand.shape), demand.a_kw)
    return np.asarray(groups @ demand.shapes, dtype=np.float64)


def hourly_check(demand: Demand, standard: Standard) -> tuple[Finding, ...]:
    """The peak by the sum of hourly profiles against the coincidence formula.

    For each class of the estate, and for all of it, the peak of the summed profiles stands against the formula's.
    Beyond ``coincidence_tolerance_pct`` a note names the class with both figures: ``coincidence_disagrees`` where the
    class by itself is in question (few units have a peak above their mean profile), ``coincidence_apart`` where
    classes that peak at different hours were added as if they met; it names the class farthest from its peak then.
    """
    hours = load_by_class(demand)
    tolerance = standard.coincidence_tolerance_pct / 100.0
    b_squared = np.bincount(demand.class_row, demand.b_kw**2, minlength=len(hours))
    a = np.bincount(demand.class_row, demand.a_kw, minlength=len(hours))
    formula, peak = a + np.sqrt(b_squared), hours.max(axis=1)
    units = np.bincount(demand.class_row, demand.units * (demand.peak_kw > 0.0), minlength=len(hours))
    findings = [
        _note("coincidence_disagrees", demand.class_names[row], peak[row], formula[row], units[row])
        for row in range(len(hours))
        if formula[row] > 0.0 and abs(peak[row] / formula[row] - 1.0) > tolerance
    ]
    total = hours.sum(axis=0)
    hour = int(total.argmax())
    # The unmet part is compared at the same diversity within classes, so that only the hours' difference shows.
    if peak.sum() > 0.0 and 1.0 - total[hour] / peak.sum() > tolerance:
        apart = int((peak - hours[:, hour]).argmax())
        findings.append(
            _note("coincidence_apart", demand.class_names[apart], hours[apart, hour], peak[apart], units[apart])
        )
    return tuple(findings)


def _note(code: str, name: str, hours_kw: float, formula_kw: float, units: float) -> Finding:
    return Finding(code, Severity.NOTE, name, float(hours_kw), float(formula_kw), "kW", {"units": f"{units:.0f}"})
