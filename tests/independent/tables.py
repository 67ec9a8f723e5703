"""The shipped figures read as plain CSV, and the few formulas that turn them into ratings and impedances."""

from __future__ import annotations

import csv
import itertools
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "src" / "rasana" / "planning" / "data"

Figures = dict[str, float]


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _numbers(row: dict[str, str]) -> Figures:
    found: Figures = {}
    for key, text in row.items():
        try:
            found[key] = float(text)
        except (TypeError, ValueError):
            continue
    return found


@dataclass(frozen=True)
class Tables:
    """Limits, types and prices of one standard; cables by level and type name."""

    limits: Figures
    cables: dict[str, dict[str, Figures]]
    transformers: dict[float, Figures]
    fuses: dict[float, Figures]
    trades: dict[str, tuple[float, float]]
    grouping: list[float]
    prices: Figures
    money_per_eur: float

    def rating_a(self, level: str, kind: str, side_by_side: int) -> float:
        """Current one cable may carry in this ground: temperature, resistivity, depth and neighbours."""
        cable = self.cables[level][kind]
        hottest, soil = cable["temperature_max_c"], self.limits["soil_temperature_c"]
        warm = math.sqrt(max(hottest - soil, 0.0) / (hottest - 20.0))
        depth_m = self.limits["mv_cable_depth_m" if level == "mv" else "lv_cable_depth_m"]
        return cable["ampacity_a"] * warm * self._dry() * self._deep(depth_m) * self.grouping_factor(side_by_side)

    def _dry(self) -> float:
        keys = {0.7: "0_7", 1.0: "1_0", 1.5: "1_5", 2.0: "2_0", 2.5: "2_5"}
        points = [(value, self.limits[f"resistivity_factor_{key}"]) for value, key in keys.items()]
        return _between(points, self.limits["soil_resistivity_km_per_w"])

    def _deep(self, depth_m: float) -> float:
        return _between([(0.7, 1.0), (1.0, self.limits["depth_factor_1_0"])], depth_m)

    def grouping_factor(self, side_by_side: int) -> float:
        """Factor for so many cables in one trench."""
        return self.grouping[min(max(side_by_side, 1), len(self.grouping)) - 1]

    def ohm_per_m(self, level: str, kind: str, temperature_c: float) -> complex:
        """Positive-sequence impedance of one metre of one cable."""
        cable = self.cables[level][kind]
        warm = 1.0 + cable["alpha"] * (temperature_c - 20.0)
        return complex(cable["r20_ohm_per_km"] * warm, cable["x_ohm_per_km"]) / 1000.0

    def working_temperature_c(self, level: str, kind: str) -> float:
        """Conductor temperature for drop and losses, by its insulation."""
        hot = self.cables[level][kind]["temperature_max_c"] > 80.0
        return self.limits["conductor_temperature_xlpe_c" if hot else "conductor_temperature_pvc_c"]

    def transformer_ohm(self, rating_kva: float) -> complex:
        """Short-circuit impedance of a transformer on its LV side."""
        row = self.transformers[rating_kva]
        base = self.limits["lv_voltage_v"] ** 2 / (rating_kva * 1000.0)
        resistance = row["load_loss_kw"] / rating_kva * base
        whole = row["uk_pct"] / 100.0 * base
        return complex(resistance, math.sqrt(whole**2 - resistance**2))


def _between(points: list[tuple[float, float]], x: float) -> float:
    """Straight lines between points, flat outside them."""
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


@cache
def tables(standard: str) -> Tables:
    """Everything of one standard ("iran" or "europe")."""
    cables = {}
    for level, name in (("lv", "lv_cables"), ("mv", "mv_cables"), ("service", "service_cables")):
        alpha = {"copper": 0.00393, "aluminium": 0.00403}
        cables[level] = {row["item"]: _numbers(row) | {"alpha": alpha[row["conductor"]]} for row in _rows(name)}
    classes = {row["item"]: float(row["g_inf"]) for row in _rows("coincidence")}
    return Tables(
        limits={row["key"]: float(row["value"]) for row in _rows(f"standard_{standard}")},
        cables=cables,
        transformers={float(row["rating_kva"]): _numbers(row) for row in _rows(f"transformers_{standard}")},
        fuses={float(row["rating_a"]): _numbers(row) for row in _rows("fuses")},
        trades={
            row["item"]: (classes[row["coincidence_class"]], float(row["power_factor"])) for row in _rows("trades")
        },
        grouping=_every_count([(int(row["cables"]), float(row["factor"])) for row in _rows("grouping")]),
        prices={row["item"]: float(row["price"]) for row in _rows(f"prices_{standard}")},
        money_per_eur=float(_rows(f"currency_{standard}")[0]["per_eur"]),
    )


def _every_count(points: list[tuple[int, float]], most: int = 200) -> list[float]:
    """Grouping factor for 1, 2, 3 ... cables: straight between the table's counts, then their power law."""
    (count0, factor0), (count1, factor1) = points[-2:]
    power = math.log(factor1 / factor0) / math.log(count1 / count0)
    listed = [_between([(float(count), factor) for count, factor in points], float(n)) for n in range(1, count1 + 1)]
    return listed + [factor1 * (n / count1) ** power for n in range(count1 + 1, most + 1)]
