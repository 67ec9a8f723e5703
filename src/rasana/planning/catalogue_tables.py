"""The catalogue's tables as rows: the package's own, with a user's figures in their place, checked field by field."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from itertools import pairwise

from rasana.planning.figures import (
    FieldRule,
    NumberedRows,
    Place,
    checked_number,
    checked_status,
    fault,
    missing_columns,
    number_of,
)
from rasana.planning.finding import Finding, Refused, Status
from rasana.planning.standard import packaged_rows

CATALOGUE_NAMES = ("iran", "europe")
CABLE_TABLES = ("lv_cables", "service_cables", "mv_cables")
RESISTANCE_TOLERANCE = 0.05
"""Conductors off IEC 60228 by more than this are refused: a drawn or copied figure, not a cable."""

_OWN_BY_NAME = ("currency", "transformers", "prices", "rates")
_CLOSED = ("currency", "prices", "rates")
_ASCENDING = {
    "transformers": ("rating_kva", ("rating_kva", "no_load_loss_kw", "load_loss_kw", "price")),
    "lv_cables": ("section_mm2", ("section_mm2", "ampacity_a", "withstand_1s_ka")),
    "service_cables": ("section_mm2", ("section_mm2",)),
    "mv_cables": ("section_mm2", ("section_mm2", "ampacity_a", "withstand_1s_ka")),
    "fuses": ("rating_a", ("rating_a", "current_5s_a")),
    "grouping": ("cables", ("cables",)),
}


@dataclass
class Item:
    """One row of a table: its figures, and for each where it came from."""

    name: str
    row: int
    file: str
    numbers: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    sources: dict[str, tuple[str, Status]] = field(default_factory=dict)


Tables = dict[str, dict[str, Item]]


@cache
def catalogue_rules() -> dict[str, dict[str, FieldRule]]:
    """Unit and range of every field, by table."""
    rules: dict[str, dict[str, FieldRule]] = {}
    for _, row in packaged_rows("catalogue_fields.csv"):
        rule = FieldRule(row["unit"], float(row["least"]), float(row["most"]))
        rules.setdefault(row["table"], {})[row["property"]] = rule
    return rules


def read_tables(name: str, own: NumberedRows, file: str) -> Tables:
    """The tables of the catalogue ``name`` with a user's ``own`` rows in place. Raises ``Refused``, a finding a fault.

    A row of the user's has the columns table, item, property and value and, where wanted, unit, source and status.
    Prices become amounts of the catalogue's currency; rows with ``stocked`` 0 are left out.
    """
    if name not in CATALOGUE_NAMES:
        raise Refused([fault("figure_key_unknown", Place(file, 1, "catalogue"), name, ", ".join(CATALOGUE_NAMES))])
    tables: Tables = {}
    faults: list[Finding] = []
    for table in catalogue_rules():
        path = f"{table}_{name}.csv" if table in _OWN_BY_NAME else f"{table}.csv"
        tables[table], wrong = _read_packaged(table, path)
        faults += wrong
    faults += _apply_own(tables, own, file)
    faults = faults or _faults_of_items(tables)
    if faults:
        raise Refused(faults)
    _convert_prices(tables)
    stocked = {table: _stocked(table, items) for table, items in tables.items()}
    empty = [table for table, items in stocked.items() if not items]
    if empty:
        raise Refused([fault("figure_missing", Place(file, 1, table), right="stocked = 1") for table in empty])
    return stocked


def _read_packaged(table: str, path: str) -> tuple[dict[str, Item], list[Finding]]:
    """Items of one of the package's own tables."""
    items: dict[str, Item] = {}
    faults: list[Finding] = []
    for number, row in packaged_rows(path):
        item = items[row["item"]] = Item(row["item"], number, path)
        status, wrong = checked_status(row["status"], Place(path, number, "status"))
        faults += wrong
        for key, rule in catalogue_rules()[table].items():
            faults += _set(item, key, rule, row[key], Place(path, number, key))
            item.sources[key] = (row["source"], status)
    return items, faults


def _set(item: Item, key: str, rule: FieldRule, text: str, place: Place) -> list[Finding]:
    """Write one figure into its item; the faults it has."""
    if rule.is_text:
        item.texts[key] = text.strip()
        return [] if text.strip() else [fault("figure_missing", place, right=rule.unit)]
    item.numbers[key], faults = checked_number(text, rule, place)
    return faults


def _apply_own(tables: Tables, own: NumberedRows, file: str) -> list[Finding]:
    """Put a user's figures in place; the faults of their rows."""
    faults = missing_columns(own, ("table", "item", "property", "value"), file)
    if faults:
        return faults
    currency = next(iter(tables["currency"].values()))
    seen: set[tuple[str, str, str]] = set()
    # The exchange rate first: it is needed to read the amounts.
    for number, row in sorted(own, key=lambda numbered: (numbered[1]["table"] or "").strip() != "currency"):
        table, name, key = ((row[column] or "").strip() for column in ("table", "item", "property"))
        wrong = _address_faults(tables, table, name, key, file, number)
        if (table, name, key) in seen:
            wrong.append(fault("figure_doubled", Place(file, number, key), f"{table}/{name}/{key}"))
        if wrong:
            faults += wrong
            continue
        seen.add((table, name, key))
        rule, place = catalogue_rules()[table][key], Place(file, number, key)
        item = tables[table].setdefault(name, Item(name, number, file))
        item.row, item.file = number, file
        faults += _set(item, key, rule, row["value"] or "", place)
        faults += _apply_unit(item, key, rule, (row.get("unit") or "").strip(), currency, place)
        status, wrong = checked_status(row.get("status") or "", place)
        faults += wrong
        item.sources[key] = ((row.get("source") or file).strip(), status)
    return faults


def _address_faults(tables: Tables, table: str, name: str, key: str, file: str, row: int) -> list[Finding]:
    """Whether a user's row speaks of a table, an item and a property that exist or may be added."""
    rules = catalogue_rules()
    if table not in rules:
        return [fault("figure_table_unknown", Place(file, row, "table"), table, ", ".join(rules))]
    if key not in rules[table]:
        return [fault("figure_key_unknown", Place(file, row, "property"), key, ", ".join(rules[table]))]
    if not name or (table in _CLOSED and name not in tables[table]):
        known = get_close_matches(name, tables[table], n=3) or list(tables[table])
        return [fault("figure_key_unknown", Place(file, row, "item"), name, ", ".join(known))]
    return []


def _apply_unit(item: Item, key: str, rule: FieldRule, unit: str, currency: Item, place: Place) -> list[Finding]:
    """Check the unit that a user wrote; an amount in the catalogue's own currency is held in EUR until converted."""
    if rule.unit != "money":
        return [] if unit in ("", rule.unit) or rule.is_text else [fault("figure_unit_wrong", place, unit, rule.unit)]
    written = unit.split("/", maxsplit=1)[0].strip()
    if written in ("", currency.name):
        item.numbers[key] /= currency.numbers["per_eur"]
    elif written != "EUR":
        return [fault("figure_unit_wrong", place, unit, f"{currency.name}, EUR")]
    return []


def _faults_of_items(tables: Tables) -> list[Finding]:
    """Faults that only a whole item or a whole table shows."""
    faults: list[Finding] = []
    for table, items in tables.items():
        for item in items.values():
            faults += [
                fault("figure_missing", Place(item.file, item.row, f"{table}/{item.name}/{key}"), right=rule.unit)
                for key, rule in catalogue_rules()[table].items()
                if key not in item.numbers and key not in item.texts and key != "stocked"
            ]
    if faults:
        return faults
    for table in _ASCENDING:
        faults += _order_faults(table, tables[table])
    for table in CABLE_TABLES:
        for item in tables[table].values():
            faults += _resistance_faults(item)
    classes, shapes = tables["coincidence"], shape_names()
    for item in tables["trades"].values():
        for key, known in (("coincidence_class", list(classes)), ("shape", shapes)):
            if item.texts[key] not in known:
                place = Place(item.file, item.row, key)
                faults.append(fault("figure_key_unknown", place, item.texts[key], ", ".join(known)))
    return faults


@cache
def shape_names() -> list[str]:
    """Classes of the hourly load shapes."""
    return list(dict.fromkeys(row["shape"] for _, row in packaged_rows("load_shapes.csv")))


def _order_faults(table: str, items: Mapping[str, Item]) -> list[Finding]:
    """Figures that must grow from item to item and don't; two items of one size."""
    by, keys = _ASCENDING[table]
    ordered = sorted(items.values(), key=lambda item: item.numbers[by])
    return [
        fault(
            "figure_not_ascending",
            Place(later.file, later.row, f"{table}/{later.name}/{key}"),
            f"{later.numbers[key]:g}",
            f"{earlier.name}: {earlier.numbers[key]:g}",
        )
        for earlier, later in pairwise(ordered)
        for key in keys
        if later.numbers[key] < earlier.numbers[key] or (key == by and later.numbers[key] == earlier.numbers[key])
    ]


@cache
def iec_60228() -> dict[tuple[str, float], float]:
    """Largest resistance at 20 °C in ohm per km, by conductor and section."""
    return {
        (metal, float(row["section_mm2"])): value
        for _, row in packaged_rows("iec_60228.csv")
        for metal in ("copper", "aluminium")
        if (value := number_of(row[f"{metal}_ohm_per_km"])) is not None
    }


@cache
def temperature_coefficients() -> dict[str, float]:
    """Rise of resistance per kelvin over its value at 20 °C, by conductor."""
    return {row["item"]: float(row["temperature_coefficient_per_k"]) for _, row in packaged_rows("conductors.csv")}


def _resistance_faults(item: Item) -> list[Finding]:
    """A cable's resistance against IEC 60228 for its conductor and section."""
    metal, section = item.texts["conductor"], item.numbers["section_mm2"]
    known = {size: value for (conductor, size), value in iec_60228().items() if conductor == metal}
    if not known:
        place = Place(item.file, item.row, "conductor")
        return [fault("figure_key_unknown", place, metal, "copper, aluminium")]
    if section not in known:
        place = Place(item.file, item.row, "section_mm2")
        return [fault("figure_key_unknown", place, f"{section:g}", ", ".join(f"{size:g}" for size in known))]
    resistance, right = item.numbers["r20_ohm_per_km"], known[section]
    if math.isclose(resistance, right, rel_tol=RESISTANCE_TOLERANCE):
        return []
    place = Place(item.file, item.row, f"{item.name}/r20_ohm_per_km")
    wrong = fault("figure_resistance_off", place, f"{resistance:g}", f"{right:g}")
    wrong.details["tolerance"] = f"{100.0 * RESISTANCE_TOLERANCE:g}"
    return [wrong]


def _convert_prices(tables: Tables) -> None:
    """Turn every amount from EUR into the catalogue's currency."""
    per_eur = next(iter(tables["currency"].values())).numbers["per_eur"]
    for table, rules in catalogue_rules().items():
        for key in (key for key, rule in rules.items() if rule.unit == "money"):
            for item in tables[table].values():
                item.numbers[key] *= per_eur


def _stocked(table: str, items: dict[str, Item]) -> dict[str, Item]:
    """The items that are stocked, in ascending order where the table has one."""
    kept = [item for item in items.values() if item.numbers.get("stocked", 1.0) != 0.0]
    if table in _ASCENDING:
        by = _ASCENDING[table][0]
        kept.sort(key=lambda item: item.numbers[by])
    return {item.name: item for item in kept}
