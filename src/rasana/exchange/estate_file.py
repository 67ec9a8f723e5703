"""Estates written as GeoPackage: whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from rasana.exchange.about import entries_of
from rasana.planning.estate import Estate

WRITTEN = "2026-01-01T00:00:00.000Z"
"""Stands in the file in place of the hour of writing, so that the same estate is the same file."""


def write_estate(estate: Estate, path: Path) -> None:
    """Write ``estate`` with the layers of the contract and ``about`` (name, label, credit, findings, assumptions).

    The file appears whole or an older one stays as it is. Raises ``OSError`` where it can't be written.
    """
    layers: dict[str, pd.DataFrame] = {
        "plots": estate.plots,
        "streets": estate.streets,
        "supply_points": estate.supply_points,
        "transformer_sites": estate.transformer_sites,
        "existing_transformers": estate.existing_transformers,
        "existing_cables": estate.existing_cables,
        "no_go": estate.no_go,
    }
    entries = entries_of(estate.name, estate.label, estate.attribution, estate.findings, estate.assumptions)
    layers["about"] = pd.DataFrame({"key": list(entries), "value": list(entries.values())})
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}.gpkg")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WRITTEN})
    try:
        for name, layer in layers.items():
            if len(layer):
                kind, append = _geometry_type(layer), unfinished.exists()
                pyogrio.write_dataframe(layer, unfinished, layer=name, driver="GPKG", append=append, geometry_type=kind)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as fault:
        raise OSError(f"{path}: {fault}") from fault
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
        unfinished.unlink(missing_ok=True)


def _geometry_type(layer: pd.DataFrame) -> str | None:
    """The one type of a layer's geometries, "Unknown" where they are mixed, None for a table without."""
    if not isinstance(layer, gpd.GeoDataFrame):
        return None
    kinds = layer.geometry.geom_type.unique()
    return str(kinds[0]) if len(kinds) == 1 else "Unknown"
