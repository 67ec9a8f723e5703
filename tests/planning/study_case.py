"""Study cases: a folder holds an estate as small tables (geometry as WKT in metres) and the figures that must come out.

``plots.csv``, ``streets.csv``, ``supply_points.csv`` and, where there are any, ``transformer_sites.csv`` have the
columns of the contract and ``wkt``. ``expected.toml`` holds ``[settings]`` (standard, effort, seed) and a table
``[figures]`` in which each name is a figure of the study (see ``figures``) with ``value`` and ``tolerance`` (relative;
0: exactly).
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.affinity import translate

from rasana.planning.catalogue import load_catalogue
from rasana.planning.estate import Estate
from rasana.planning.result import Settings, Study
from rasana.planning.standard import load_standard
from rasana.planning.study import study
from tests.planning.grid_estate import CRS, ORIGIN, make_estate

CASES = Path(__file__).resolve().parents[1] / "cases" / "study"
NAN_COLUMNS = {
    "plots": ("units", "floor_area_m2", "connected_kw", "demand_kw", "phases", "ready_year"),
    "streets": ("trench_factor",),
    "supply_points": ("voltage_kv", "capacity_kva", "fault_mva", "available_year"), "transformer_sites": ("max_kva",),
}  # fmt: skip


def names() -> list[str]:
    return sorted(folder.name for folder in CASES.iterdir() if (folder / "expected.toml").is_file())


def table(folder: Path, name: str) -> gpd.GeoDataFrame:
    rows = pd.read_csv(
        folder / f"{name}.csv", dtype={"plot_id": str, "street_id": str, "supply_id": str, "site_id": str}
    )
    for column in NAN_COLUMNS[name]:
        rows[column] = rows[column].astype(float) if column in rows else np.nan
    shapes = [translate(shapely.from_wkt(text), *ORIGIN) for text in rows.pop("wkt")]
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS)


def read_estate(folder: Path) -> Estate:
    plots = table(folder, "plots").assign(status="planned")
    streets = table(folder, "streets")
    streets["no_trench"] = streets["no_trench"].astype(bool) if "no_trench" in streets else False
    estate = make_estate(plots, streets, table(folder, "supply_points"), folder.name)
    if (folder / "transformer_sites.csv").is_file():
        estate = replace(estate, transformer_sites=table(folder, "transformer_sites"))
    return estate


def expected(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))


def run(folder: Path) -> Study:
    settings = expected(folder)["settings"]
    standard = settings["standard"]
    chosen = Settings(settings["effort"], settings["seed"], 1)
    return study(read_estate(folder), load_standard(standard), load_catalogue(standard), chosen)


def figures(result: Study) -> dict[str, Any]:
    """What a case may expect, by name: totals, ``plot.ID.COLUMN``, ``feeder.ID.COLUMN`` (its first cable) and so on."""
    network = result.network
    lv = network.cables[network.cables["level"] == "lv"]
    services = network.cables[network.cables["level"] == "service"]
    found: dict[str, Any] = {
        "transformers": len(network.transformers), "feeders": lv["feeder_id"].nunique(), "rings": len(result.rings),
        "plots_supplied": int((network.plots["node_row"] >= 0).sum()), "peak_kw": result.peak_kw,
        "lv_cable_m": lv["length_m"].sum(), "service_cable_m": services["length_m"].sum(),
        "mv_cable_m": network.cables.loc[network.cables["level"] == "mv", "length_m"].sum(),
        "trench_m": network.trenches["length_m"].sum(), "losses_kw": result.losses_kw, "losses_mwh": result.losses_mwh,
        "voltage_min_pu": result.voltage_min_pu, "cost": result.cost.total, "losses_pv": result.cost.losses_pv,
        "ens_mwh": result.ens_mwh, "saifi": result.saifi, "saidi_h": result.saidi_h,
        "errors": sorted({finding.code for finding in result.findings if finding.severity == "error"}),
        "warnings": sorted({finding.code for finding in result.findings if finding.severity == "warning"}),
    }  # fmt: skip
    for kind, rows in (
        ("plot", result.plots.set_index("plot_id")), ("transformer", network.transformers.set_index("id")),
        ("feeder", lv.drop_duplicates("feeder_id").set_index("feeder_id")), ("cable", network.cables.set_index("id")),
    ):  # fmt: skip
        found |= {
            f"{kind}.{name}.{column}": value
            for name, row in rows.drop(columns="geometry").iterrows()
            for column, value in row.items()
        }
    return found
