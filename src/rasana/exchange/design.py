"""The design as files that others work with: ``design.gpkg`` with its styles for QGIS, and ``summary.json``."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from shapely import Point

import rasana
from rasana.exchange.colours import area_colours
from rasana.exchange.provenance import subject_names
from rasana.exchange.styles import Style, layer_styles
from rasana.exchange.words import sentence
from rasana.planning.finding import Finding, count_by_severity
from rasana.planning.result import Study

FIXED_TIME = "2000-01-01T00:00:00Z"
"""Stands where a GeoPackage keeps the time of its last change: the same study gives the same bytes."""
GEOPACKAGE_VERSION = "1.2"
"""Older programs read it without a warning, and nothing later is used."""
RESERVED = ("fid", "geom")
JSON_DIGITS = 6

TRANSFORMER_COLUMNS = (
    "id", "rating_kva", "peak_kva", "loading_pct", "ring_id", "existing", "phase_year", "tap_pct", "geometry",
)  # fmt: skip
CABLE_COLUMNS = (
    "id", "level", "type", "from_node", "to_node", "length_m", "peak_a", "rating_a", "loading_pct", "transformer_id",
    "feeder_id", "ring_id", "normally_open", "existing", "phase_year", "parallel", "grouping", "fuse_a", "geometry",
)  # fmt: skip
TRENCH_COLUMNS = ("id", "length_m", "cables", "levels", "trench_factor", "price", "geometry")
NODE_COLUMNS = ("id", "kind", "level", "geometry")


def write_design(study: Study, path: Path) -> None:
    """Write ``design.gpkg``: the layers of the contract, ``about``, and ``layer_styles``.

    Raises ``OSError`` where it can't be written whole, so that a full disk is never taken for a result.
    """
    layers = design_layers(study)
    shapes = study.plots.geometry
    points = bool(len(shapes)) and bool((shapes.geom_type == "Point").all())
    styles = layer_styles(area_colours(study.plots), study.standard.lv_voltage_min_pu, plots_are_points=points)
    layers["layer_styles"] = _style_table(styles, layers)
    with _fixed_time():
        for name, table in layers.items():
            _write_layer(table, path, name)
    for name, table in layers.items():
        try:
            written = pyogrio.read_info(path, layer=name)["features"]
        except (OSError, ValueError, RuntimeError) as error:
            raise OSError(f"{path.name} could not be written whole: {error}") from error
        if written != len(table):
            raise OSError(f"{path.name} could not be written whole: {name} has {written} of {len(table)} rows")


def design_layers(study: Study) -> dict[str, pd.DataFrame]:
    """The layers of ``design.gpkg`` by name; those with places are GeoDataFrames in the estate's coordinate system."""
    network = study.network
    return {
        "plots": _plots(study.plots),
        "trenches": network.trenches[list(TRENCH_COLUMNS)],
        "cables": network.cables[list(CABLE_COLUMNS)],
        "nodes": network.nodes[list(NODE_COLUMNS)],
        "transformers": network.transformers[list(TRANSFORMER_COLUMNS)],
        "findings": _findings(study),
        "assumptions": _assumptions(study),
        "about": pd.DataFrame([about(study)]),
    }


def about(study: Study) -> dict[str, str]:
    """What the study is of and what made it, as text by name."""
    return {
        "estate": study.estate.name,
        "label": study.estate.label,
        "attribution": study.estate.attribution,
        "fingerprint": study.fingerprint,
        "version": rasana.__version__,
        "standard": study.standard.name,
        "catalogue": study.catalogue.name,
        "currency": study.cost.currency,
        "effort": study.settings.effort,
        "seed": str(study.settings.seed),
    }


def _plots(plots: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """All columns of the input and of the study; a name that GeoPackage keeps for itself gets a prefix."""
    renamed = {name: f"input_{name}" for name in plots.columns if str(name).lower() in RESERVED}
    table = plots.rename(columns=renamed)
    for name in table.columns:
        if table[name].dtype == object and name != table.geometry.name:
            table[name] = [None if pd.isna(value) else str(value) for value in table[name]]
    return table


def places(study: Study) -> dict[str, Point]:
    """Where each subject a finding may name is: plots, nodes, transformers, feeders, cables, supply points."""
    network = study.network
    found: dict[str, Point] = {}
    tables = ((network.cables, "id"), (network.nodes, "id"), (network.transformers, "id"), (study.plots, "plot_id"))
    for table, key in tables:
        found.update(zip(table[key], shapely.point_on_surface(table.geometry.to_numpy()), strict=True))
    heads = network.cables[network.cables["level"] == "lv"].drop_duplicates("feeder_id")
    found.update({feeder: found[cable] for feeder, cable in zip(heads["feeder_id"], heads["id"], strict=True)})
    supply = study.estate.supply_points
    found.update(zip(supply["supply_id"], supply.geometry, strict=True))
    rings = network.cables[network.cables["ring_id"] != ""].drop_duplicates("ring_id")
    found.update({ring: found[cable] for ring, cable in zip(rings["ring_id"], rings["id"], strict=True)})
    return found


def _findings(study: Study) -> gpd.GeoDataFrame:
    place = places(study)
    names = subject_names(study, "en"), subject_names(study, "fa")
    rows = [_finding_row(finding, *names) for finding in study.findings]
    columns = ["code", "severity", "subject_id", "value", "limit", "unit", "message_en", "message_fa"]
    table = pd.DataFrame(rows, columns=columns).astype({"value": float, "limit": float})
    return gpd.GeoDataFrame(table, geometry=[place.get(row["subject_id"]) for row in rows], crs=study.estate.crs)


def _finding_row(finding: Finding, names_en: dict[str, str], names_fa: dict[str, str]) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "subject_id": finding.subject_id,
        "value": finding.value,
        "limit": finding.limit,
        "unit": finding.unit,
        "message_en": sentence(finding, "en", names=names_en),
        "message_fa": sentence(finding, "fa", names=names_fa),
    }


def _assumptions(study: Study) -> pd.DataFrame:
    columns = ["subject", "property", "value", "unit", "source", "status"]
    rows = [[str(getattr(assumption, name)) for name in columns] for assumption in study.assumptions]
    return pd.DataFrame(rows, columns=columns, dtype=str)


def _style_table(styles: list[Style], layers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows of QGIS's table ``layer_styles``; the column names are QGIS's."""
    return pd.DataFrame(
        {
            "f_table_catalog": ["" for _ in styles],
            "f_table_schema": ["" for _ in styles],
            "f_table_name": [style.layer for style in styles],
            "f_geometry_column": ["geom" for _ in styles],
            "styleName": [style.name for style in styles],
            "styleQML": [style.qml for style in styles],
            "styleSLD": ["" for _ in styles],
            "useAsDefault": [style.default for style in styles],
            "description": [style.description for style in styles],
            "owner": ["" for _ in styles],
            "ui": ["" for _ in styles],
            "update_time": [FIXED_TIME for _ in styles],
        }
    )


@contextmanager
def _fixed_time() -> Iterator[None]:
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_TIME})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _write_layer(table: pd.DataFrame, path: Path, name: str) -> None:
    options: dict[str, Any] = {"layer": name, "driver": "GPKG", "append": path.exists()}
    if not path.exists():
        options["dataset_options"] = {"VERSION": GEOPACKAGE_VERSION}
    if name == "layer_styles":
        options["layer_options"] = {"FID": "id"}
    if isinstance(table, gpd.GeoDataFrame):
        kinds = set(table.geometry.geom_type.dropna())
        options["geometry_type"] = _layer_geometry(kinds) if kinds else "Point"
        options["promote_to_multi"] = options["geometry_type"].startswith("Multi")
    try:
        pyogrio.write_dataframe(table, path, **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
        raise OSError(f"{path.name}: {error}") from error


def _layer_geometry(kinds: set[str]) -> str:
    if kinds <= {"Polygon", "MultiPolygon"}:
        return "MultiPolygon"
    return kinds.pop() if len(kinds) == 1 else "Unknown"


def summary(study: Study) -> dict[str, Any]:
    """What ``summary.json`` holds. A figure that is not known is None; ``bound`` is None until one is proven."""
    network = study.network
    ratings = Counter(f"{rating:g}" for rating in network.transformers["rating_kva"])
    by_level = network.cables.groupby("level")["length_m"].sum()
    length = {level: float(by_level.get(level, 0.0)) for level in ("service", "lv", "mv")}
    failed = int((~study.n1["ok"].astype(bool)).sum()) if len(study.n1) else 0
    figures = {
        **about(study),
        "seed": study.settings.seed,
        "interrupted": study.interrupted,
        "plots": len(study.plots),
        "peak_kw": study.peak_kw,
        "transformers": dict(sorted(ratings.items(), key=lambda entry: float(entry[0]))),
        "length_m": {**length, "trench": float(network.trenches["length_m"].sum())},
        "cost": {
            "capital": dict(study.cost.capital),
            "losses_pv": study.cost.losses_pv,
            "interruptions_pv": study.cost.interruptions_pv,
            "total": study.cost.total,
        },
        "bound": None,
        "gap_pct": None,
        "losses_kw": study.losses_kw,
        "losses_mwh": study.losses_mwh,
        "voltage_min_pu": study.voltage_min_pu,
        "loading_max_pct": study.loading_max_pct,
        "saifi": study.saifi,
        "saidi_h": study.saidi_h,
        "ens_mwh": study.ens_mwh,
        "findings": count_by_severity(study.findings),
        "n1": {"states_checked": len(study.n1), "states_failed": failed},
        "seconds": dict(study.seconds),
    }
    return {name: _plain(value) for name, value in figures.items()}


def _plain(value: object) -> object:
    """``value`` as JSON can hold it: numbers rounded to a micro-unit, what is not finite as None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return round(float(value), JSON_DIGITS) if math.isfinite(value) else None
    return value


def write_summary(study: Study, path: Path) -> None:
    """Write ``summary.json``; apart from ``seconds`` the same study gives the same bytes."""
    path.write_text(json.dumps(summary(study), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
