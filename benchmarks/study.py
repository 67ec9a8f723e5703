"""``study``: whole studies. An instance is an estate file, ``khodro`` or ``sonuf``, or ``grid:PLOTS[:EFFORT]``.

Grids are streets of 8 plots, four on each side, in rows and columns; trades are drawn with a seed. The cost is the
design's, to be compared between runs; no bound is proven yet. Kernels are compiled before time is taken.
"""

from __future__ import annotations

import math
import resource
import runpy
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point, box

from benchmarks import Goal
from benchmarks.scaling import EXPONENT_MAX, exponent, points
from rasana.exchange.gis import read_estate
from rasana.planning.catalogue import load_catalogue
from rasana.planning.estate import Estate
from rasana.planning.finding import Severity
from rasana.planning.result import Settings
from rasana.planning.standard import load_standard
from rasana.planning.study import study

INSTANCES = ("grid:320:balanced", "khodro:fast", "sonuf:fast", "khodro:balanced", "sonuf:balanced",
             "grid:250:fast", "grid:1000:fast", "grid:4000:fast", "grid:16000:fast")  # fmt: skip
EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "qom"
CRS = "EPSG:32639"
PLOT_WIDTH_M, PLOT_DEPTH_M, STREET_WIDTH_M = 12.0, 20.0, 12.0
PLOTS_A_SIDE = 4
TRADES = ("auto_repair", "body_shop", "tyre_shop", "spare_parts_shop", "metal_welding", "aluminium_upvc", "carpentry")
SEED = 1
JOBS = 2


def grid_estate(plots: int) -> Estate:
    """About ``plots`` plots along parallel streets between two avenues, with two supply points at opposite corners."""
    rng = np.random.default_rng(SEED)
    streets_wanted = math.ceil(plots / (2 * PLOTS_A_SIDE))
    columns = max(
        1,
        round(
            math.sqrt(
                streets_wanted * (2 * PLOT_DEPTH_M + STREET_WIDTH_M) / (PLOTS_A_SIDE * PLOT_WIDTH_M + STREET_WIDTH_M)
            )
        ),
    )
    rows = math.ceil(streets_wanted / columns)
    long_m = PLOTS_A_SIDE * PLOT_WIDTH_M + STREET_WIDTH_M
    pitch_m = 2 * PLOT_DEPTH_M + STREET_WIDTH_M
    streets, shapes = [], []
    for column in range(columns + 1):
        streets += [
            LineString([(column * long_m, row * pitch_m), (column * long_m, (row + 1) * pitch_m)])
            for row in range(rows - 1)
        ]
    for column in range(columns):
        for row in range(rows):
            y = row * pitch_m
            streets.append(LineString([(column * long_m, y), ((column + 1) * long_m, y)]))
            for place in range(PLOTS_A_SIDE):
                x = column * long_m + STREET_WIDTH_M / 2 + place * PLOT_WIDTH_M
                half = STREET_WIDTH_M / 2
                shapes.append(box(x, y + half, x + PLOT_WIDTH_M, y + half + PLOT_DEPTH_M))
                shapes.append(box(x, y - half - PLOT_DEPTH_M, x + PLOT_WIDTH_M, y - half))
    shapes = shapes[:plots]
    count = len(shapes)
    plot_table = gpd.GeoDataFrame({
        "plot_id": [f"P{number:05d}" for number in range(count)], "trade": rng.choice(TRADES, count), "units": 1.0,
        "floor_area_m2": np.nan, "connected_kw": np.nan, "demand_kw": np.nan, "phases": np.nan,
        "ready_year": np.nan, "status": "built",
    }, geometry=shapes, crs=CRS)  # fmt: skip
    street_table = gpd.GeoDataFrame({
        "street_id": [f"S{number}" for number in range(len(streets))], "trench_factor": 1.0, "no_trench": False,
    }, geometry=streets, crs=CRS)  # fmt: skip
    ends = [Point(0, 0), Point(columns * long_m, (rows - 1) * pitch_m)]
    supply = gpd.GeoDataFrame({
        "supply_id": ["A", "B"], "voltage_kv": 20.0, "capacity_kva": 10.0 * count + 5000.0, "fault_mva": 300.0,
        "available_year": np.nan,
    }, geometry=ends, crs=CRS)  # fmt: skip

    def none(**columns: str) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()}, geometry=[], crs=CRS)

    empty = none(site_id="object", max_kva="float64")
    return Estate(f"grid of {count}", CRS, plot_table, street_table, supply, empty, none(), none(), none())


@cache
def _examples() -> Path:
    """Folder with both example estates, made anew."""
    folder = Path(tempfile.mkdtemp(prefix="rasana-estates-"))
    words, sys.argv = sys.argv, [str(EXAMPLES / "build.py"), "--out", str(folder)]
    try:
        runpy.run_path(str(EXAMPLES / "build.py"), run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
    finally:
        sys.argv = words
    return folder


def _estate(name: str) -> Estate:
    standard, trades = load_standard("iran"), load_catalogue("iran").trades.code
    if name.startswith("grid:"):
        return grid_estate(int(name.split(":")[1]))
    path = _examples() / f"{name}.gpkg" if name in ("khodro", "sonuf") else Path(name)
    return read_estate(path, standard, trades)


def _cpu_seconds() -> float:
    """Time that this process and its ended children were given by the processor."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def run(names: Sequence[str], seconds: float) -> Iterator[dict[str, object]]:
    """One record an instance. Effort counts trials, not seconds, so that ``seconds`` has no effect here."""
    del seconds
    standard, catalogue = load_standard("iran"), load_catalogue("iran")
    study(grid_estate(60), standard, catalogue, Settings("fast"))
    for name in names:
        base, _, effort = name.rpartition(":")
        instance, effort = (base, effort) if effort in ("fast", "balanced", "best") else (name, "fast")
        estate = _estate(instance)
        start, cpu_start = time.perf_counter(), _cpu_seconds()
        result = study(estate, standard, catalogue, Settings(effort, SEED, JOBS), clock=time.perf_counter)
        took = time.perf_counter() - start
        length = result.network.cables.groupby("level")["length_m"].sum()
        yield {
            "instance": name, "cost": result.cost.total, "bound": None, "seconds": took, "optimal": False,
            "cpu_seconds": _cpu_seconds() - cpu_start, "plots": len(estate.plots),
            "transformers": len(result.network.transformers),
            "kva": float(result.network.transformers["rating_kva"].sum()),
            "lv_km": float(length.get("lv", 0.0)) / 1000.0, "service_km": float(length.get("service", 0.0)) / 1000.0,
            "mv_km": float(length.get("mv", 0.0)) / 1000.0, "voltage_min_pu": result.voltage_min_pu,
            "loading_max_pct": result.loading_max_pct,
            "errors": sum(finding.severity is Severity.ERROR for finding in result.findings),
            "by_stage": dict(result.seconds),
        }  # fmt: skip


LIMITS_S = {
    "grid:320:balanced": 6.0,
    "khodro:fast": 10.0,
    "sonuf:fast": 10.0,
    "khodro:balanced": 60.0,
    "sonuf:balanced": 60.0,
}


def goals(records: Sequence[dict[str, object]]) -> Iterator[Goal]:
    """Time limits, no breach, and how time grows with plots."""
    for record in records:
        name = str(record["instance"])
        if name in LIMITS_S:
            took, errors = float(str(record["seconds"])), int(str(record["errors"]))
            met = took <= LIMITS_S[name] and errors == 0
            yield Goal(name, f"{LIMITS_S[name]:g} s, no breach", f"{took:.1f} s, {errors} breaches", met)
    grown = points(records)
    if len(grown) > 1:
        slope = exponent(grown)
        yield Goal(
            "processor time against plots, fast",
            f"exponent at most {EXPONENT_MAX}",
            f"{slope:.2f}",
            slope <= EXPONENT_MAX,
        )
