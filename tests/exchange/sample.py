"""A small design made by hand: six streets of plots, a transformer in the middle of each, two open rings between two
supply points. It stands in for a study where results are tested, so that these tests need no optimiser."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point, box

from rasana.planning.catalogue import load_catalogue
from rasana.planning.estate import Estate
from rasana.planning.finding import Assumption, Finding, Severity, Status
from rasana.planning.network import Network
from rasana.planning.result import Cost, Settings, Study
from rasana.planning.standard import load_standard

CRS = "EPSG:32639"
EAST, NORTH = 500_000.0, 3_830_000.0
ROWS, WIDTH, SPACING, PLOT_W, PLOT_D = 6, 200.0, 70.0, 10.0, 25.0
PILLAR_EVERY = 25.0
LOAD_KW, LOAD_KVAR = 4.0, 1.9

CATALOGUE = load_catalogue("iran")
LV_THIN, LV_THICK = CATALOGUE.lv_cables.name.index("NAYY 4x95"), CATALOGUE.lv_cables.name.index("NAYY 4x150")
SERVICE = CATALOGUE.service_cables.name.index("NYY 4x16")
MV = 1
TRANSFORMER = int(np.searchsorted(CATALOGUE.transformers.rating_kva, 250.0))


class Builder:
    """Collects nodes, cables and trenches of the design."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.cables: list[dict[str, Any]] = []
        self.trenches: list[dict[str, Any]] = []
        self.row_of: dict[str, int] = {}

    def node(self, name: str, kind: str, level: str, x: float, y: float) -> str:
        self.row_of[name] = len(self.nodes)
        self.nodes.append({"id": name, "kind": kind, "level": level, "geometry": place(x, y)})
        return name

    def cable(self, name: str, level: str, start: str, end: str, way: list[tuple[float, float]], **more: Any) -> None:
        line = LineString([(EAST + x, NORTH + y) for x, y in way])
        table = {"mv": CATALOGUE.mv_cables, "lv": CATALOGUE.lv_cables, "service": CATALOGUE.service_cables}[level]
        row = {"parallel": 1, "grouping": 1, "rating_a": 150.0, "peak_a": 20.0, "fuse_a": 100.0}
        row |= {"transformer_id": "", "feeder_id": "", "ring_id": "", "normally_open": False, "existing": False} | more
        self.cables.append(
            row
            | {"id": name, "level": level, "type": table.name[row["type_row"]], "from_node": start, "to_node": end}
            | {"from_row": self.row_of[start], "to_row": self.row_of[end], "length_m": line.length, "geometry": line}
            | {"loading_pct": 100.0 * row["peak_a"] / row["rating_a"], "phase_year": None}
        )

    def trench(self, way: list[tuple[float, float]], levels: str, cables: int) -> None:
        line = LineString([(EAST + x, NORTH + y) for x, y in way])
        row = {"id": f"TR-{len(self.trenches) + 1:04d}", "length_m": line.length, "cables": cables, "levels": levels}
        self.trenches.append(row | {"trench_factor": 1.0, "price": 91.0 * line.length, "geometry": line})


def place(x: float, y: float) -> Point:
    return Point(EAST + x, NORTH + y)


def sample_study(rows: int = ROWS) -> Study:
    """The design with ``rows`` streets (an even number); every figure is plausible, none was computed by the engine."""
    build = Builder()
    plots: list[dict[str, Any]] = []
    build.node("S-east", "supply", "mv", WIDTH, -50.0 if rows % 2 else rows * SPACING)
    build.node("S-west", "supply", "mv", 0.0, -50.0)
    transformers = [_station(build, plots, row) for row in range(rows)]
    rings = _rings(build, rows)
    frame = gpd.GeoDataFrame(plots, crs=CRS)
    network = Network(
        nodes=gpd.GeoDataFrame(build.nodes, crs=CRS),
        transformers=gpd.GeoDataFrame(transformers, crs=CRS),
        cables=gpd.GeoDataFrame(build.cables, crs=CRS).astype({"phase_year": "Int64"}),
        trenches=gpd.GeoDataFrame(build.trenches, crs=CRS),
        plots=frame[["plot_id", "service_node", "transformer_id", "feeder_id", "geometry"]].assign(
            node_row=[build.row_of[f"P-{plot}"] for plot in frame["plot_id"]]
        ),
    )
    network.transformers["phase_year"] = pd.array([None] * rows, dtype="Int64")
    cost = Cost(
        {
            "transformer": 12_000.0 * rows,
            "station": 8000.0 * rows,
            "lv_cable": 30_500.5,
            "mv_cable": 22_000.0,
            "service_cable": 9000.0,
            "trench": 120_000.0,
            "pillar": 15_000.0,
        },
        41_000.0,
        22_000.0,
        "million rial",
    )
    return Study(
        estate=_estate(frame, rows),
        standard=load_standard("iran"),
        catalogue=CATALOGUE,
        settings=Settings(),
        fingerprint="7f3a91c4" * 8,
        demand=cast("Any", None),
        network=network,
        plots=frame,
        rings=rings,
        cost=cost,
        bill=_bill(rows),
        n1=_n1(rings),
        busbars=_busbars(build),
        peak_kw=LOAD_KW * len(frame) * 0.8,
        losses_kw=12.4,
        losses_mwh=41.7,
        voltage_min_pu=float(frame["voltage_min_pu"].min()),
        loading_max_pct=97.1,
        saifi=0.31,
        saidi_h=0.42,
        ens_mwh=1.9,
        findings=_findings(),
        assumptions=_assumptions(),
        seconds={"demand": 0.1, "search": 3.25},
        curve=((0, 400_000.0), (20, 390_000.0), (60, 381_000.0)),
    )


def _station(build: Builder, plots: list[dict[str, Any]], row: int) -> dict[str, Any]:
    """One street with its transformer in the middle, a feeder to each side, pillars, services and plots."""
    name, y, middle = f"T{row + 1:03d}", row * SPACING, WIDTH / 2
    build.node(f"{name}.mv", "transformer_mv", "mv", middle, y)
    build.node(f"{name}.lv", "transformer_lv", "lv", middle, y)
    for side in (-1, 1):
        feeder, before, x_before = f"{name}-F{1 if side < 0 else 2}", f"{name}.lv", middle
        steps = int(WIDTH / 2 / PILLAR_EVERY)
        for step in range(steps):
            x = middle + side * (step + 0.5) * PILLAR_EVERY
            pillar = build.node(f"N{len(build.nodes) + 1:04d}", "service", "lv", x, y)
            share = (steps - step) / steps
            build.cable(
                f"LV-{len(build.cables) + 1:04d}",
                "lv",
                before,
                pillar,
                [(x_before, y), (x, y)],
                type_row=LV_THICK if step < 2 else LV_THIN,
                peak_a=190.0 * share,
                rating_a=230.0 if step < 2 else 175.0,
                transformer_id=name,
                feeder_id=feeder,
                fuse_a=200.0,
            )
            build.trench([(x_before, y), (x, y)], "lv+mv", 2)
            _services(build, plots, pillar, x, y, (name, feeder), 2.2 + 3.1 * (1.0 - share**2))
            before, x_before = pillar, x
    peak_kva = 78.0 * LOAD_KW / 0.9 * (0.62 + 0.04 * row)
    return {
        "id": name,
        "node_mv": build.row_of[f"{name}.mv"],
        "node_lv": build.row_of[f"{name}.lv"],
        "rating_kva": 250.0,
        "type_row": TRANSFORMER,
        "tap_pct": 2.5,
        "peak_kva": peak_kva,
        "loading_pct": peak_kva / 2.5,
        "ring_id": f"R{1 if row < 3 else 2}",
        "existing": False,
        "geometry": place(middle, y),
    }


def _services(
    build: Builder, plots: list[dict[str, Any]], pillar: str, x: float, y: float, ids: tuple[str, str], drop_pct: float
) -> None:
    trades = ("auto_repair", "showroom", "car_service")
    for side in (-1, 1):
        for left in range(math.ceil((x - 12.5) / PLOT_W), math.ceil((x + 12.5) / PLOT_W)):
            name = f"A{len(plots) + 1:03d}"
            x_from, front = left * PLOT_W, y + side * 5.0
            meter = build.node(f"P-{name}", "plot", "lv", x_from + PLOT_W / 2, front)
            build.cable(
                f"SV-{name}",
                "service",
                pillar,
                meter,
                [(x, y), (x_from + PLOT_W / 2, front)],
                peak_a=8.0,
                rating_a=60.0,
                fuse_a=25.0,
                type_row=SERVICE,
                transformer_id=ids[0],
                feeder_id=ids[1],
            )
            shape = box(EAST + x_from, NORTH + front, EAST + x_from + PLOT_W, NORTH + front + side * PLOT_D)
            plots.append(
                {
                    "plot_id": name,
                    "trade": trades[len(plots) % 3],
                    "units": 1.0,
                    "نام مالک": "—",
                    "unit_peak_kw": 5.2,
                    "plot_peak_kw": 5.2,
                    "transformer_id": ids[0],
                    "feeder_id": ids[1],
                    "service_node": pillar,
                    "voltage_min_pu": 1.015 - drop_pct / 100.0,
                    "drop_pct": drop_pct,
                    "fault_min_ka": 2.4 - 0.3 * drop_pct,
                    "clearing_s": 0.1 * drop_pct**2,
                    "saifi": 0.31,
                    "saidi_h": 0.42,
                    "load_kw": LOAD_KW,
                    "load_kvar": LOAD_KVAR,
                    "geometry": shape,
                }
            )


def _rings(build: Builder, rows: int) -> pd.DataFrame:
    """MV cables that wind through the streets from west to east; the middle one of each ring is open."""
    found = []
    half = rows // 2
    for ring, members in (("R1", range(half)), ("R2", range(half, rows))):
        stops = ["S-west", *(f"T{row + 1:03d}.mv" for row in members), "S-east"]
        open_id, length = "", 0.0
        for step, (start, end) in enumerate(pairwise(stops)):
            name = f"MV-{len([1 for cable in build.cables if cable['level'] == 'mv']) + 1:04d}"
            is_open = step == len(members) // 2 + 1
            way = _way(build, start, end, step)
            build.cable(
                name,
                "mv",
                start,
                end,
                way,
                type_row=MV,
                ring_id=ring,
                normally_open=is_open,
                rating_a=190.0,
                fuse_a=math.nan,
                peak_a=0.0 if is_open else 14.0 - 3.0 * step,
            )
            build.trench(way, "mv", 1)
            length += build.cables[-1]["length_m"]
            open_id = name if is_open else open_id
        found.append(
            {
                "ring_id": ring,
                "supply_from": "S-west",
                "supply_to": "S-east",
                "transformer_ids": tuple(f"T{row + 1:03d}" for row in members),
                "length_m": length,
                "peak_kva": 640.0,
                "open_cable_id": open_id,
                "type": CATALOGUE.mv_cables.name[MV],
            }
        )
    return pd.DataFrame(found)


def _way(build: Builder, start: str, end: str, step: int) -> list[tuple[float, float]]:
    ends = [build.nodes[build.row_of[name]]["geometry"] for name in (start, end)]
    (x0, y0), (x1, y1) = ((point.x - EAST, point.y - NORTH) for point in ends)
    side = 0.0 if step % 2 == 0 else WIDTH
    way = [(x0, y0), (side, y0), (side, y1), (x1, y1)]
    return [point for place, point in enumerate(way) if place == 0 or point != way[place - 1]]


def _estate(plots: gpd.GeoDataFrame, rows: int) -> Estate:
    lines = [LineString([place(0, y * SPACING), place(WIDTH, y * SPACING)]) for y in range(rows)]
    lines += [LineString([place(x, -50), place(x, rows * SPACING)]) for x in (0.0, WIDTH)]
    streets = gpd.GeoDataFrame(
        {"street_id": [f"ST-{n}" for n in range(len(lines))], "trench_factor": 1.0, "no_trench": False},
        geometry=lines,
        crs=CRS,
    )
    supply = gpd.GeoDataFrame(
        {"supply_id": ["west", "east"], "voltage_kv": 20.0, "capacity_kva": 4000.0, "fault_mva": 250.0},
        geometry=[place(0, -50), place(WIDTH, rows * SPACING)],
        crs=CRS,
    )
    none = gpd.GeoDataFrame({"site_id": []}, geometry=[], crs=CRS)
    return Estate(
        "شهرک نمونه",
        CRS,
        plots,
        streets,
        supply,
        none,
        none,
        none,
        none,
        label="made by hand, not a survey",
        attribution="© sample",
    )


def _bill(rows: int) -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("transformer", "250 kVA", "piece", rows, 12_000.0),
            ("station", "", "piece", rows, 8000.0),
            ("lv_cable", "NAYY 4x150", "m", 1200.0, 14.0),
            ("lv_cable", "NAYY 4x95", "m", 800.0, 17.125625),
            ("mv_cable", "NA2XS(F)2Y 3x1x120", "m", 1100.0, 20.0),
            ("service_cable", "NYY 4x16", "m", 900.0, 10.0),
            ("trench", "", "m", 1318.681319, 91.0),
            ("pillar", "", "piece", 48, 312.5),
        ],
        columns=["item", "type", "unit", "quantity", "unit_price"],
    ).assign(amount=lambda bill: bill["quantity"] * bill["unit_price"])


def _n1(rings: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {
            "element": f"MV-{number + 1:04d}",
            "kind": "section",
            "ring_id": f"R{1 + number // 4}",
            "loading_max_pct": 40.0 + 6 * number,
            "voltage_min_pu": 0.965 - 0.002 * number,
            "unsupplied_kva": 0.0,
            "ok": number != 7,
        }
        for number in range(4 * len(rings))
    ]
    rows += [
        {
            "element": f"S-{name}",
            "kind": "supply",
            "ring_id": "",
            "loading_max_pct": 71.0,
            "voltage_min_pu": 0.951,
            "unsupplied_kva": 0.0,
            "ok": True,
        }
        for name in ("west", "east")
    ]
    return pd.DataFrame(rows)


def _busbars(build: Builder) -> pd.DataFrame:
    rows = [
        {
            "id": node["id"],
            "level": node["level"],
            "fault_max_ka": 7.2 if node["level"] == "mv" else 8.8,
            "rating_ka": 16.0 if node["level"] == "mv" else 25.0,
        }
        for node in build.nodes
        if node["kind"] in ("supply", "transformer_mv", "transformer_lv")
    ]
    return pd.DataFrame(rows)


def _findings() -> tuple[Finding, ...]:
    return (
        Finding("lv_drop", Severity.ERROR, "A020", 5.3, 5.0, "%"),
        Finding("mv_overload_n1", Severity.ERROR, "MV-0008", 104.0, 100.0, "%"),
        *(Finding("clearing_time", Severity.WARNING, f"T00{n}-F1", 4.0 + 0.3 * n, 5.0, "s") for n in range(1, 6)),
        Finding("coincidence_disagrees", Severity.NOTE, "auto_repair", 12.0, 10.0, "%"),
    )


def _assumptions() -> tuple[Assumption, ...]:
    return (
        Assumption("supply_points", "fault_mva", "250", "MVA", "given with the plan", Status.GIVEN),
        Assumption(
            "iran",
            "lv_drop_limit_pct",
            "5",
            "%",
            "practice in Iran: 5 % from the transformer to the meter",
            Status.DEFAULT,
        ),
        Assumption("auto_repair", "unit_peak_kw", "5.2", "kW", "survey of trades", Status.VERIFIED),
    )
