"""Standards: every limit and setting of a study, each one row of data with unit, source and status."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import NamedTuple

from rasana.planning.figures import (
    FieldRule,
    NumberedRows,
    Place,
    Row,
    checked_number,
    checked_status,
    fault,
    missing_columns,
)
from rasana.planning.finding import Finding, Refused

STANDARD_NAMES = ("iran", "europe")


@dataclass(frozen=True)
class Standard:
    """Limits and settings of one study; the attributes are the keys of the tables ``standard_*.csv``.

    What each means, its unit and its range stand in ``standard_keys.csv``. Prices are in the catalogue's currency.
    ``rows`` holds the same figures with source and status.
    """

    name: str
    rows: tuple[Row, ...]

    lv_voltage_v: float
    mv_voltage_kv: float
    source_voltage_pu: float
    lv_drop_limit_pct: float
    lv_voltage_min_pu: float
    lv_voltage_max_pu: float
    lv_voltage_min_n1_pu: float
    mv_drop_limit_pct: float
    mv_drop_n1_limit_pct: float
    tap_step_pct: float
    tap_limit_pct: float
    transformer_loading_limit_pct: float
    lv_loading_limit_pct: float
    mv_loading_limit_pct: float
    mv_loading_n1_limit_pct: float
    clearing_time_limit_s: float
    fuse_max_a: float
    c_max_lv: float
    c_min_lv: float
    c_max_mv: float
    c_min_mv: float
    conductor_temperature_fault_c: float
    conductor_temperature_pvc_c: float
    conductor_temperature_xlpe_c: float
    lv_board_fault_rating_ka: float
    mv_switchgear_fault_rating_ka: float
    mv_fault_duration_s: float
    default_fault_mva: float
    default_fault_min_share: float
    default_fault_rx: float
    default_capacity_kva: float
    unbalance_limit_pct: float
    single_phase_limit_kw: float
    light_load_share: float

    soil_temperature_c: float
    soil_resistivity_km_per_w: float
    altitude_m: float
    lv_cable_depth_m: float
    mv_cable_depth_m: float
    resistivity_factor_0_7: float
    resistivity_factor_1_0: float
    resistivity_factor_1_5: float
    resistivity_factor_2_0: float
    resistivity_factor_2_5: float
    depth_factor_1_0: float

    feeders_per_transformer_max: int
    transformer_rating_max_kva: float
    ring_transformers_max: int
    ring_kva_max: float
    services_per_pillar_max: int
    pillar_spacing_m: float
    service_length_limit_m: float
    site_spacing_m: float

    horizon_years: int
    demand_growth_pct_per_year: float
    take_up_rate_per_year: float
    take_up_midpoint_years: float
    life_years: int
    discount_rate_pct: float
    loss_price_per_kwh: float
    interruption_price_per_kwh: float
    switching_manual_h: float
    switching_remote_h: float
    remote_switch_share: float

    floor_area_scale_min: float
    floor_area_scale_max: float
    coincidence_tolerance_pct: float
    year_first_weekday: int
    saturday_shape_weekday: int
    sunday_shape_weekday: int
    flat_season_workshops: int
    cooling_base_c: float
    temperature_mean_c: float
    temperature_season_amplitude_c: float
    temperature_day_amplitude_c: float
    temperature_warmest_day: int
    temperature_warmest_hour: int

    import_building_area_min_m2: float
    import_merge_gap_m: float
    import_snap_m: float
    import_bridge_m: float
    import_plot_distance_max_m: float


def packaged_rows(name: str) -> list[tuple[int, dict[str, str]]]:
    """Rows of one of the package's own tables, numbered as in the file (the heading is row 1)."""
    text = resources.files("rasana.planning.data").joinpath(name).read_text(encoding="utf-8")
    return [(number, dict(row)) for number, row in enumerate(csv.DictReader(text.splitlines()), start=2)]


@cache
def standard_rules() -> dict[str, FieldRule]:
    """Unit and range of every key of a standard."""
    return {
        row["key"]: FieldRule(row["unit"], float(row["least"]), float(row["most"]))
        for _, row in packaged_rows("standard_keys.csv")
    }


@cache
def _whole_keys() -> frozenset[str]:
    """Keys that count something."""
    return frozenset(field.name for field in fields(Standard) if field.type == "int")


class Figure(NamedTuple):
    """One figure with the place of its row."""

    value: float
    file: str
    number: int
    row: Row


def load_standard(name: str = "iran", rows: NumberedRows = (), file: str = "standard") -> Standard:
    """The standard ``name`` ("iran" or "europe"), with a user's own ``rows`` in place of its figures.

    ``rows`` have the columns key, value and, where wanted, unit, source and status. Raises ``Refused`` with one
    finding a fault: unknown or doubled key, missing or unreadable value, value out of range, another unit.
    """
    if name not in STANDARD_NAMES:
        raise Refused([fault("figure_key_unknown", Place(file, 1, "standard"), name, ", ".join(STANDARD_NAMES))])
    packaged = f"standard_{name}.csv"
    figures, faults = _read(packaged_rows(packaged), packaged)
    own, own_faults = _read(rows, file)
    faults += own_faults
    figures.update(own)
    missing = [key for key in standard_rules() if key not in figures]
    faults += [fault("figure_missing", Place(packaged, 1, key), right=standard_rules()[key].unit) for key in missing]
    faults += _contradictions(figures, file)
    if faults:
        raise Refused(faults)
    whole = _whole_keys()
    values = {key: int(figure.value) if key in whole else figure.value for key, figure in figures.items()}
    return Standard(name=name, rows=tuple(figure.row for figure in figures.values()), **values)  # type: ignore[arg-type]


def _read(rows: NumberedRows, file: str) -> tuple[dict[str, Figure], list[Finding]]:
    """Figures by key, and the faults of their rows."""
    faults = missing_columns(rows, ("key", "value"), file)
    if faults:
        return {}, faults
    rules = standard_rules()
    figures: dict[str, Figure] = {}
    for number, row in rows:
        key = (row["key"] or "").strip()
        if key not in rules:
            faults.append(fault("figure_key_unknown", Place(file, number, "key"), key, _nearest(key, rules)))
            continue
        if key in figures:
            faults.append(fault("figure_doubled", Place(file, number, key), key))
            continue
        rule, place = rules[key], Place(file, number, key)
        value, wrong = checked_number(row["value"] or "", rule, place)
        if not wrong and key in _whole_keys() and value != int(value):
            wrong.append(fault("figure_not_whole", place, row["value"]))
        unit = (row.get("unit") or rule.unit).strip()
        if unit != rule.unit:
            wrong.append(fault("figure_unit_wrong", place, unit, rule.unit))
        status, wrong_status = checked_status(row.get("status") or "", place)
        faults += wrong + wrong_status
        figures[key] = Figure(
            value, file, number, Row(key, f"{value:.12g}", rule.unit, (row.get("source") or file).strip(), status)
        )
    return figures, faults


def _contradictions(figures: dict[str, Figure], file: str) -> list[Finding]:
    """Pairs of figures that can't both hold, such as a lowest voltage above the highest."""
    pairs = (
        ("lv_voltage_min_n1_pu", "lv_voltage_min_pu"),
        ("lv_voltage_min_pu", "lv_voltage_max_pu"),
        ("mv_drop_limit_pct", "mv_drop_n1_limit_pct"),
        ("mv_loading_limit_pct", "mv_loading_n1_limit_pct"),
        ("c_min_lv", "c_max_lv"),
        ("c_min_mv", "c_max_mv"),
        ("floor_area_scale_min", "floor_area_scale_max"),
    )
    faults = []
    for low, high in pairs:
        if low in figures and high in figures and figures[low].value > figures[high].value:
            wrong, other = (low, high) if figures[low].file == file else (high, low)
            place = Place(figures[wrong].file, figures[wrong].number, wrong)
            faults.append(fault("figure_not_ascending", place, figures[wrong].row.value, _told(other, figures)))
    return faults


def _told(key: str, figures: dict[str, Figure]) -> str:
    return f"{key} = {figures[key].row.value}"


def _nearest(key: str, rules: dict[str, FieldRule]) -> str:
    """The keys that resemble a wrong one most, for the sentence that refuses it."""
    return ", ".join(get_close_matches(key, rules, n=3)) or "a key of standard_keys.csv"


def present_value_factor(discount_rate_pct: float, years: int) -> float:
    """Present value of 1 a year over ``years`` at the end of each year (annuity factor)."""
    rate = discount_rate_pct / 100.0
    return float(years) if rate == 0.0 else (1.0 - (1.0 + rate) ** -years) / rate


def life_present_value(standard: Standard) -> float:
    """Present value of 1 a year over the life of the equipment."""
    return present_value_factor(standard.discount_rate_pct, standard.life_years)


def loss_prices_per_kw(standard: Standard, loss_load_factor: float) -> tuple[float, float]:
    """Present value of 1 kW of losses that stand all year (A) and of 1 kW at peak load (B), in the currency.

    A = 8760 c_e PVF, B = A F_ls: the capitalised losses of tender practice. ``loss_load_factor`` is F_ls, mean of the
    squared load over the squared peak.
    """
    standing = 8760.0 * standard.loss_price_per_kwh * life_present_value(standard)
    return standing, standing * loss_load_factor


def loss_load_factor_of(load_factor: float) -> float:
    """Loss load factor from the load factor where no hourly shape is known: 0.3 LF + 0.7 LF^2."""
    return 0.3 * load_factor + 0.7 * load_factor**2
