"""Estates from GIS files: ``ESTATE.gpkg``, other vector files with plots and streets, and the check of both."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pyproj

from rasana.exchange import osm
from rasana.exchange.about import about_of
from rasana.exchange.assembly import Draft, finished
from rasana.exchange.columns import TableReader
from rasana.exchange.ground import crs_fault, metric_crs, moved, of_types, whole_polygons
from rasana.exchange.intake import Layer, Source, read_vector
from rasana.planning.estate import Estate
from rasana.planning.finding import Finding, Refused, Severity
from rasana.planning.standard import Standard

POLYGONS = ("Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString")
POINTS = ("Point",)
STATUSES = ("planned", "built", "active", "energised", "unauthorised")
LEVELS = ("lv", "mv")
PHASES = (1.0, 3.0)

GEOMETRY_TYPES = {
    "plots": (*POLYGONS, *POINTS),
    "streets": LINES,
    "supply_points": POINTS,
    "transformer_sites": POINTS,
    "existing_transformers": POINTS,
    "existing_cables": LINES,
    "no_go": POLYGONS,
}
"""The layers of an estate and what they may hold."""

REQUIRED = ("plots", "streets")
SIDE_LAYERS = ("about", "attribution", "landuse", "pois")


class Wishes(NamedTuple):
    """Where the layers and columns of the contract are in a file: the file's names by the contract's."""

    layers: Mapping[str, str]
    columns: Mapping[str, str]
    foreign: bool = False
    """A file that was not made for this: ids may be missing (features are numbered), tags of the map are understood."""


def read_estate(path: Path, standard: Standard, trades: Collection[str] | None = None) -> Estate:
    """The estate in ``path`` (contract, section 3), validated, in metres, its streets noded and connected.

    ``trades``: the codes that a plot's trade may be; None leaves them unchecked. Raises ``Refused`` with all faults
    that were found, each with file, layer, feature id, field, what is wrong and what would be right.
    """
    wishes = Wishes({name: name for name in GEOMETRY_TYPES}, {})
    source = read_vector(path, [*GEOMETRY_TYPES, *SIDE_LAYERS])
    return finished(_draft(source, wishes, standard, trades), standard)


def check_estate(path: Path, standard: Standard, trades: Collection[str] | None = None) -> tuple[Finding, ...]:
    """Every finding about an estate file; no content of a file makes this raise."""
    try:
        return read_estate(path, standard, trades).findings
    except Refused as refusal:
        return refusal.faults


def from_gis(
    path: Path,
    plots: str,
    streets: str,
    standard: Standard,
    supply: str | None = None,
    columns: Mapping[str, str] | None = None,
    trades: Collection[str] | None = None,
) -> Estate:
    """An estate from layers of any GeoPackage or GeoJSON file.

    ``plots``, ``streets``, ``supply``: the file's layers; ``columns``: the file's columns by the contract's names.
    Where ``plots`` has OpenStreetMap's column ``building``, plots are derived from the buildings; where ``streets``
    has ``highway``, the streets that can hold cables are taken. Raises ``Refused`` as ``read_estate`` does.
    """
    layers = {name: name for name in GEOMETRY_TYPES} | {"plots": plots, "streets": streets}
    if supply is not None:
        layers["supply_points"] = supply
    source = read_vector(path, [*layers.values(), *SIDE_LAYERS])
    missing = [layers["supply_points"]] if supply is not None and supply not in source.layers else []
    if missing:
        raise Refused([_missing_layer(source, name) for name in missing])
    return finished(_draft(source, Wishes(layers, columns or {}, foreign=True), standard, trades), standard)


def _missing_layer(source: Source, name: str) -> Finding:
    details = {"file": source.file, "layer": name, "right": ", ".join(source.names)}
    return Finding("layer_missing", Severity.ERROR, name, details=details)


def _draft(source: Source, wishes: Wishes, standard: Standard, trades: Collection[str] | None) -> Draft:
    """All tables of the file in one system of metres, with all findings; ``Refused`` where layers can't be placed."""
    present = {name: source.layers[layer] for name, layer in wishes.layers.items() if layer in source.layers}
    faults = [_missing_layer(source, wishes.layers[name]) for name in REQUIRED if name not in present]
    faults += [fault for layer in present.values() if (fault := crs_fault(layer, source.file)) is not None]
    about, unreadable = about_of(source)
    if faults:
        raise Refused([*faults, *unreadable, *source.faults])
    crs = metric_crs(present["streets"])
    name = about.name or Path(source.file).stem
    draft = Draft(source.file, name, crs, {}, about.label, about.attribution)
    draft.findings += [*about.findings, *unreadable, *_of_layers(source, present.values())]
    draft.assumptions += about.assumptions
    mapped = osm.mapped_tables(source, present if wishes.foreign else {}, crs, standard)
    draft.findings += mapped.findings
    draft.assumptions += mapped.assumptions
    draft.derived = "plots" in mapped.tables
    for each in GEOMETRY_TYPES:
        if each in mapped.tables:
            draft.tables[each] = mapped.tables[each]
        else:
            draft.tables[each] = _table(each, present.get(each), source, wishes, crs, trades, draft.findings)
    return draft


def _of_layers(source: Source, layers: Iterable[Layer]) -> list[Finding]:
    """The door's findings about features of these layers."""
    names = {layer.name for layer in layers}
    return [fault for fault in source.faults if fault.details["layer"] in names]


def _table(
    name: str, layer: Layer | None, source: Source, wishes: Wishes, crs: pyproj.CRS, trades: Collection[str] | None,
    findings: list[Finding],
) -> gpd.GeoDataFrame:  # fmt: skip
    """One table of the contract; without rows where the layer is not there. Faults are added to ``findings``."""
    there = layer is not None
    if layer is None:
        layer = Layer(name, crs.to_wkt(), np.zeros(0, np.int64), {}, np.zeros(0, object))
    reader = TableReader(layer, source.file, dict(wishes.columns))
    columns = _columns(name, reader, there and not wishes.foreign, trades)
    geometry, wrong = of_types(layer, source, GEOMETRY_TYPES[name])
    polygons, repaired = whole_polygons(geometry, layer, source)
    findings += [*reader.faults, *wrong, *repaired]
    placed = Layer(layer.name, layer.crs, layer.fid, layer.columns, polygons)
    kept = _further_columns(layer, reader, columns) if name in REQUIRED else {}
    table = gpd.GeoDataFrame({**columns, **kept}, geometry=moved(placed, crs), crs=crs)
    return table.explode(index_parts=False, ignore_index=True) if GEOMETRY_TYPES[name] == LINES else table


def _further_columns(layer: Layer, reader: TableReader, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that the contract doesn't name, as they came, but for those that a name of the contract was given to."""
    taken = {*columns, *reader.names.values(), "geometry", "geom", "fid"}
    return {name: values for name, values in layer.columns.items() if name not in taken and name.lower() not in taken}


def _columns(
    name: str, reader: TableReader, ids_given: bool, trades: Collection[str] | None
) -> dict[str, list[str] | np.ndarray[Any, Any]]:
    """The columns of the contract for one table."""
    if name == "plots":
        return _plot_columns(reader, ids_given, trades)
    if name == "streets":
        return {
            "street_id": _ids(reader, "street_id", ids_given, unique=False),
            "trench_factor": np.nan_to_num(reader.numbers("trench_factor", positive=True), nan=1.0),
            "no_trench": reader.flags("no_trench"),
        }
    if name == "supply_points":
        return {
            "supply_id": _ids(reader, "supply_id", ids_given),
            "voltage_kv": reader.numbers("voltage_kv", positive=True),
            "capacity_kva": reader.numbers("capacity_kva", positive=True),
            "fault_mva": reader.numbers("fault_mva", positive=True),
            "available_year": reader.numbers("available_year"),
        }
    if name == "transformer_sites":
        return {"site_id": _ids(reader, "site_id", ids_given), "max_kva": reader.numbers("max_kva", positive=True)}
    if name == "existing_transformers":
        identity = _ids(reader, "transformer_id", ids_given)
        return {"transformer_id": identity, "rating_kva": reader.numbers("rating_kva", positive=True)}
    if name == "existing_cables":
        return {
            "cable_id": _ids(reader, "cable_id", ids_given),
            "level": reader.choices("level", LEVELS),
            "type": reader.texts("type"),
            "normally_open": reader.flags("normally_open"),
        }
    return {}


def _plot_columns(
    reader: TableReader, ids_given: bool, trades: Collection[str] | None
) -> dict[str, list[str] | np.ndarray[Any, Any]]:
    phases = reader.numbers("phases")
    for row in np.flatnonzero(~np.isnan(phases) & ~np.isin(phases, PHASES)):
        reader.fault("choice_unknown", int(row), "phases", wrong=f"{phases[row]:g}", right="1, 3")
    return {
        "plot_id": _ids(reader, "plot_id", ids_given),
        "trade": reader.texts("trade") if trades is None else reader.choices("trade", trades, "trade_unknown"),
        "units": reader.numbers("units", whole=True),
        "floor_area_m2": reader.numbers("floor_area_m2"),
        "connected_kw": reader.numbers("connected_kw"),
        "demand_kw": reader.numbers("demand_kw"),
        "phases": phases,
        "ready_year": reader.numbers("ready_year", whole=True),
        "status": reader.choices("status", STATUSES),
    }


def _ids(reader: TableReader, name: str, given: bool, *, unique: bool = True) -> list[str]:
    """Ids of the features: the file's own, or numbers where none are asked for and none are there."""
    if given or reader.raw(name) is not None:
        return reader.ids(name, unique=unique)
    letter = name[0].upper()
    return [f"{letter}{number:04d}" for number in range(1, len(reader.layer.fid) + 1)]
