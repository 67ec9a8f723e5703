"""A small trade quarter for tests of the engine: streets at right angles, plots along them, one or two supplies."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString, Point, box

from rasana.planning.catalogue import load_catalogue
from rasana.planning.demand import Demand, estimate
from rasana.planning.estate import Estate
from rasana.planning.problem import Problem, pose
from rasana.planning.result import Settings, Study
from rasana.planning.sizing import Services, classify, peak_current_a, pillar_current_a, size_services
from rasana.planning.standard import load_standard
from rasana.planning.streets import StreetGraph, build
from rasana.planning.study import study

CRS = "EPSG:32639"
ORIGIN = (512_000.0, 3_832_000.0)
TRADES = ("auto_repair", "carpentry", "spare_parts_shop", "metal_welding", "restaurant")
STANDARD = load_standard("iran")
CATALOGUE = load_catalogue("iran")


def empty(**columns: str) -> gpd.GeoDataFrame:
    table = {name: pd.Series(dtype=kind) for name, kind in columns.items()}
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([], crs=CRS))


def point(x: float, y: float) -> Point:
    return Point(ORIGIN[0] + x, ORIGIN[1] + y)


def line(*places: tuple[float, float]) -> LineString:
    return LineString([(ORIGIN[0] + x, ORIGIN[1] + y) for x, y in places])


def make_estate(
    plots: gpd.GeoDataFrame, streets: gpd.GeoDataFrame, supply_points: gpd.GeoDataFrame, name: str = "grid"
) -> Estate:
    """An estate of these tables alone."""
    return Estate(
        name=name, crs=CRS, plots=plots, streets=streets, supply_points=supply_points,
        transformer_sites=empty(site_id=str, max_kva=float),
        existing_transformers=empty(transformer_id=str, rating_kva=float),
        existing_cables=empty(cable_id=str), no_go=empty(reason=str),
    )  # fmt: skip


def street_table(lines: list[LineString]) -> gpd.GeoDataFrame:
    columns = {"street_id": [f"ST{row}" for row in range(len(lines))], "trench_factor": 1.0, "no_trench": False}
    return gpd.GeoDataFrame(columns, geometry=lines, crs=CRS)


def supply_table(points: list[Point]) -> gpd.GeoDataFrame:
    columns = {"supply_id": [f"S{row}" for row in range(len(points))], "voltage_kv": 20.0, "capacity_kva": np.nan}
    columns |= {"fault_mva": 250.0, "available_year": np.nan}
    return gpd.GeoDataFrame(columns, geometry=points, crs=CRS)


def plot_table(shapes: list, demand_kw: np.ndarray, trades: list[str] | None = None) -> gpd.GeoDataFrame:
    number = len(shapes)
    columns = {
        "plot_id": [f"P{row:03d}" for row in range(number)], "trade": trades or ["auto_repair"] * number, "units": 1.0,
        "floor_area_m2": np.nan, "connected_kw": np.nan, "demand_kw": demand_kw, "phases": np.nan, "ready_year": np.nan,
        "status": "planned",
    }  # fmt: skip
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


@cache
def grid_estate(blocks: int = 2, supplies: int = 2, seed: int = 1, mean_kw: float = 18.0) -> Estate:
    """``blocks`` blocks of 100 m by 60 m in a row, 10 plots on either long side of each."""
    rng = np.random.default_rng(seed)
    x = 100.0 * np.arange(blocks + 1)
    lines = [line((a, y), (b, y)) for y in (0.0, 60.0) for a, b in pairwise(x)]
    lines += [line((a, 0.0), (a, 60.0)) for a in x]
    shapes = []
    for left in x[:-1]:
        for low in (-24.0, 6.0, 36.0, 66.0):
            shapes += [
                box(*(ORIGIN[0] + left + 10 + 16 * step, ORIGIN[1] + low),
                    *(ORIGIN[0] + left + 24 + 16 * step, ORIGIN[1] + low + 18))
                for step in range(5)
            ]  # fmt: skip
    kw = np.round(rng.gamma(4.0, mean_kw / 4.0, len(shapes)) + 2.0, 1)
    trades = [TRADES[row] for row in rng.integers(len(TRADES), size=len(shapes))]
    points = [point(-20.0, 0.0), point(100.0 * blocks + 20.0, 60.0)][:supplies]
    return make_estate(plot_table(shapes, kw, trades), street_table(lines), supply_table(points))


def prepared(estate: Estate) -> tuple[Demand, Services, StreetGraph, Problem]:
    """What the study makes before it searches."""
    demand = estimate(estate, STANDARD, CATALOGUE)
    supplied, _, _, _ = classify(demand, STANDARD, CATALOGUE)
    limit_a = pillar_current_a(STANDARD, CATALOGUE)
    graph = build(estate, STANDARD, supplied, peak_current_a(demand, STANDARD), limit_a)
    services = size_services(demand, graph.service_m, STANDARD, CATALOGUE)
    return demand, services, graph, pose(estate, STANDARD, CATALOGUE, demand, services, graph)


@cache
def grid_problem(blocks: int = 2, supplies: int = 2, seed: int = 1, mean_kw: float = 18.0) -> Problem:
    """The search's view of a grid estate."""
    return prepared(grid_estate(blocks, supplies, seed, mean_kw))[3]


@cache
def grid_study(blocks: int = 2, supplies: int = 2, seed: int = 1, mean_kw: float = 18.0) -> Study:
    """A quick study of a grid estate."""
    return study(grid_estate(blocks, supplies, seed, mean_kw), STANDARD, CATALOGUE, Settings("fast", 1, 1))
