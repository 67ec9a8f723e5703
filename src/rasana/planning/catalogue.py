"""Catalogues: equipment, prices, trades, coincidence classes and failure rates, each figure with source and status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasana.planning.catalogue_tables import Item, catalogue_rules, read_tables, temperature_coefficients
from rasana.planning.figures import NumberedRows, Row
from rasana.planning.standard import Standard

Floats = NDArray[np.float64]

REFERENCE_C = 20.0
"""Temperature to which catalogue figures refer: of the ground (VDE 0276-603) and of the conductor (IEC 60228)."""
GROUPING_LENGTH = 65


@dataclass(frozen=True)
class Transformers:
    """Distribution transformers in ascending rating; ``r0_ratio`` and ``x0_ratio`` are zero over positive sequence."""

    name: tuple[str, ...]
    rating_kva: Floats
    uk_pct: Floats
    no_load_loss_kw: Floats
    load_loss_kw: Floats
    no_load_current_pct: Floats
    price: Floats
    r0_ratio: Floats
    x0_ratio: Floats
    vector_group: tuple[str, ...]


@dataclass(frozen=True)
class Cables:
    """Cables in ascending section. ``ampacity_a`` is that in ground of 20 °C, 1.0 K.m/W, 0.7 m deep, alone.

    A price is that of all cores of one circuit. ``r0_ratio`` and ``x0_ratio`` are zero over positive sequence.
    """

    name: tuple[str, ...]
    section_mm2: Floats
    r20_ohm_per_km: Floats
    x_ohm_per_km: Floats
    c_nf_per_km: Floats
    ampacity_a: Floats
    temperature_max_c: Floats
    temperature_coefficient_per_k: Floats
    withstand_1s_ka: Floats
    r0_ratio: Floats
    x0_ratio: Floats
    price_per_m: Floats
    depth_is_mv: bool


@dataclass(frozen=True)
class Fuses:
    """Fuses gG in ascending rating. Clearing time t = 5 s (I5s / I)^n with n the ``time_exponent``."""

    name: tuple[str, ...]
    rating_a: Floats
    current_5s_a: Floats
    time_exponent: Floats


@dataclass(frozen=True)
class Rate:
    """Permanent failures a year of one component (of one km of cable) and hours to repair or replace it."""

    failures_per_year: float
    repair_h: float


@dataclass(frozen=True)
class Trades:
    """Trades by code: load of one usual unit. ``g_inf`` is the coincidence of very many units of the trade's class."""

    code: tuple[str, ...]
    name_en: tuple[str, ...]
    name_fa: tuple[str, ...]
    unit_m2: Floats
    connected_kw: Floats
    demand_factor: Floats
    power_factor: Floats
    three_phase_share: Floats
    floor_scaled: Floats
    cooling_per_k: Floats
    g_inf: Floats
    coincidence_class: tuple[str, ...]
    shape: tuple[str, ...]

    def row_of(self) -> dict[str, int]:
        """Row of each trade by its code."""
        return {code: row for row, code in enumerate(self.code)}


@dataclass(frozen=True)
class Catalogue:
    """One catalogue. Amounts are in ``currency``; ``grouping_factor[n]`` holds for n cables side by side in a trench.

    ``rows`` holds every figure with source and status under the key ``table/item/property``.
    """

    name: str
    currency: str
    transformers: Transformers
    lv_cables: Cables
    service_cables: Cables
    mv_cables: Cables
    fuses: Fuses
    prices: Mapping[str, float]
    trades: Trades
    coincidence: Mapping[str, float]
    rates: Mapping[str, Rate]
    grouping_factor: Floats
    rows: tuple[Row, ...]


def load_catalogue(name: str = "iran", rows: NumberedRows = (), file: str = "catalogue") -> Catalogue:
    """The catalogue ``name`` ("iran" or "europe"), with a user's own ``rows`` in place of its figures or beside them.

    ``rows`` have the columns table, item, property, value and, where wanted, unit, source, status. A new item needs
    all its properties; ``stocked`` 0 takes one away. Raises ``Refused`` with one finding a fault.
    """
    tables = read_tables(name, rows, file)
    currency = next(iter(tables["currency"]))
    coincidence = {item.name: item.numbers["g_inf"] for item in tables["coincidence"].values()}
    return Catalogue(
        name=name,
        currency=currency,
        transformers=_transformers(tables["transformers"]),
        lv_cables=_cables(tables["lv_cables"], depth_is_mv=False),
        service_cables=_cables(tables["service_cables"], depth_is_mv=False),
        mv_cables=_cables(tables["mv_cables"], depth_is_mv=True),
        fuses=Fuses(
            tuple(tables["fuses"]),
            *(_column(tables["fuses"], key) for key in ("rating_a", "current_5s_a", "time_exponent")),
        ),
        prices={item.name: item.numbers["price"] for item in tables["prices"].values()},
        trades=_trades(tables["trades"], coincidence),
        coincidence=coincidence,
        rates={
            item.name: Rate(item.numbers["failures_per_year"], item.numbers["repair_h"])
            for item in tables["rates"].values()
        },
        grouping_factor=grouping_factors(
            _column(tables["grouping"], "cables"), _column(tables["grouping"], "factor"), GROUPING_LENGTH
        ),
        rows=tuple(_rows(tables, currency)),
    )


def _number_keys(table: str) -> list[str]:
    """Fields of a table that are numbers of its equipment."""
    return [key for key, rule in catalogue_rules()[table].items() if not rule.is_text and key != "stocked"]


def _column(items: Mapping[str, Item], key: str) -> Floats:
    return np.array([item.numbers[key] for item in items.values()], dtype=np.float64)


def _words(items: Mapping[str, Item], key: str) -> tuple[str, ...]:
    return tuple(item.texts[key] for item in items.values())


def _transformers(items: Mapping[str, Item]) -> Transformers:
    columns = {key: _column(items, key) for key in _number_keys("transformers")}
    return Transformers(name=tuple(items), vector_group=_words(items, "vector_group"), **columns)


def _cables(items: Mapping[str, Item], *, depth_is_mv: bool) -> Cables:
    columns = {key: _column(items, key) for key in _number_keys("lv_cables")}
    by_metal = temperature_coefficients()
    columns["temperature_coefficient_per_k"] = np.array([by_metal[metal] for metal in _words(items, "conductor")])
    return Cables(name=tuple(items), depth_is_mv=depth_is_mv, **columns)


def _trades(items: Mapping[str, Item], coincidence: Mapping[str, float]) -> Trades:
    columns = {key: _column(items, key) for key in _number_keys("trades")}
    classes = _words(items, "coincidence_class")
    return Trades(
        code=tuple(items),
        name_en=_words(items, "name_en"),
        name_fa=_words(items, "name_fa"),
        coincidence_class=classes,
        shape=_words(items, "shape"),
        g_inf=np.array([coincidence[word] for word in classes], dtype=np.float64),
        **columns,
    )


def _rows(tables: Mapping[str, Mapping[str, Item]], currency: str) -> list[Row]:
    """Every figure of the catalogue with where it came from."""
    found = []
    for table, items in tables.items():
        rules = catalogue_rules()[table]
        for item in items.values():
            values = {**{key: f"{value:.12g}" for key, value in item.numbers.items()}, **item.texts}
            for key, (source, status) in item.sources.items():
                unit = _unit_of(f"{item.name}/{key}", rules[key].unit, currency)
                found.append(Row(f"{table}/{item.name}/{key}", values[key], unit, source, status))
    return found


def _unit_of(name: str, unit: str, currency: str) -> str:
    """The unit as a person reads it: none of a word, the currency of an amount."""
    if unit == "money":
        return f"{currency}/m" if "_per_m" in name else currency
    return "" if unit == "text" else unit


def grouping_factors(cables: Floats, factor: Floats, length: int) -> Floats:
    """Ampacity factors by number of cables side by side, for 0 to ``length`` - 1 of them.

    Between the table's rows it is linear; beyond the last one the power law of its last two rows goes on, so that the
    factor keeps falling as more cables heat one trench.
    """
    count = np.arange(length, dtype=np.float64)
    factors = np.interp(count, cables, factor)
    if len(cables) > 1:
        exponent = np.log(factor[-1] / factor[-2]) / np.log(cables[-1] / cables[-2])
        beyond = count > cables[-1]
        factors[beyond] = factor[-1] * (count[beyond] / cables[-1]) ** exponent
    factors[count < 2] = 1.0
    return factors


def resistance_ohm_per_km(cables: Cables, temperature_c: float | Floats) -> Floats:
    """Resistance at a conductor temperature: R20 (1 + a (T - 20)), IEC 60228 and 60287."""
    warmth = 1.0 + cables.temperature_coefficient_per_k * (np.asarray(temperature_c) - REFERENCE_C)
    return np.asarray(cables.r20_ohm_per_km * warmth, dtype=np.float64)


def operating_resistance_ohm_per_km(cables: Cables, standard: Standard) -> Floats:
    """Resistance at the standard's operating temperature: XLPE where a cable bears 90 °C, PVC where less."""
    hot = cables.temperature_max_c >= 90.0
    temperature = np.where(hot, standard.conductor_temperature_xlpe_c, standard.conductor_temperature_pvc_c)
    return resistance_ohm_per_km(cables, temperature)


def soil_factor(cables: Cables, standard: Standard) -> Floats:
    """Ampacity factor of warm ground: sqrt((Tmax - Tsoil) / (Tmax - 20)), as IEC 60364-5-52 table B.52.15."""
    room = np.maximum(cables.temperature_max_c - standard.soil_temperature_c, 0.0)
    return np.asarray(np.sqrt(room / (cables.temperature_max_c - REFERENCE_C)), dtype=np.float64)


def resistivity_factor(standard: Standard) -> float:
    """Ampacity factor of the ground's thermal resistivity, between the rows of the standard (VDE 0276-1000)."""
    resistivities = (0.7, 1.0, 1.5, 2.0, 2.5)
    factors = (
        standard.resistivity_factor_0_7,
        standard.resistivity_factor_1_0,
        standard.resistivity_factor_1_5,
        standard.resistivity_factor_2_0,
        standard.resistivity_factor_2_5,
    )
    # Linear in the logarithm, where the table is nearly straight; a drier ground than the last row follows its slope.
    x, y = np.log(resistivities), np.log(factors)
    at = float(np.log(standard.soil_resistivity_km_per_w))
    slope = (y[-1] - y[-2]) / (x[-1] - x[-2])
    beyond = max(at - x[-1], 0.0)
    return float(np.exp(np.interp(at, x, y) + slope * beyond))


def depth_factor(cables: Cables, standard: Standard) -> float:
    """Ampacity factor of the depth: 1 at 0.7 m, the standard's at 1.0 m, straight between and beyond."""
    depth = standard.mv_cable_depth_m if cables.depth_is_mv else standard.lv_cable_depth_m
    slope = (standard.depth_factor_1_0 - 1.0) / 0.3
    return 1.0 + slope * max(depth - 0.7, 0.0)


def derated_ampacity_a(cables: Cables, standard: Standard) -> Floats:
    """Ampacity of one cable alone in the standard's ground: temperature, resistivity and depth, without grouping."""
    factor = soil_factor(cables, standard) * resistivity_factor(standard) * depth_factor(cables, standard)
    return np.asarray(cables.ampacity_a * factor, dtype=np.float64)


def clearing_time_s(fuses: Fuses, row: int, current_a: float) -> float:
    """Time in which a fuse clears a current, from its gate at 5 s: t = 5 (I5s / I)^n; infinite below its rating."""
    if current_a <= fuses.rating_a[row]:
        return float("inf")
    return float(5.0 * (fuses.current_5s_a[row] / current_a) ** fuses.time_exponent[row])
