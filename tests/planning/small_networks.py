"""Small networks made by hand for the tests of verification: two transformers on one ring, two supply points."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString, Point

from rasana.planning.catalogue import Catalogue, derated_ampacity_a, load_catalogue
from rasana.planning.demand import Demand
from rasana.planning.estate import Estate
from rasana.planning.network import Network
from rasana.planning.standard import Standard, load_standard

CRS = "EPSG:32639"
STANDARD = load_standard("iran")
CATALOGUE = load_catalogue("iran")


@dataclass(frozen=True)
class Case:
    estate: Estate
    standard: Standard
    catalogue: Catalogue
    demand: Demand
    network: Network

    @property
    def arguments(self):
        return self.estate, self.standard, self.catalogue, self.demand, self.network

    def under(self, **limits: float) -> Case:
        """The same network under other limits."""
        return replace(self, standard=replace(self.standard, **limits))


def make_demand(kw: list[float], power_factor: float = 0.9, g: float = 0.4, phases: list[int] | None = None) -> Demand:
    """One unit a plot."""
    peak = np.asarray(kw, dtype=np.float64)
    kvar = peak * np.tan(np.arccos(power_factor))
    count = len(peak)
    return Demand(
        trade=("general",) * count, units=np.ones(count), connected_kw=peak, unit_peak_kw=peak, peak_kw=peak,
        peak_kvar=kvar, a_kw=g * peak, b_kw=(1 - g) * peak, a_kvar=g * kvar, b_kvar=(1 - g) * kvar,
        power_factor=np.full(count, power_factor), phases=np.asarray(phases or [3] * count, dtype=np.int64),
        demand_given=np.ones(count, bool), connected_given=np.zeros(count, bool), shape=np.zeros(count, np.int64),
        shapes=np.ones((1, 8760)), class_row=np.zeros(count, np.int64), class_names=("general",),
        energy_mwh=g * peak * 8.76, yearly_peak_kw=np.array([peak.sum()]), assumptions=(), findings=(),
    )  # fmt: skip


class Builder:
    """Collects nodes and cables; places are metres on a plane, lengths are given."""

    def __init__(self, supplies: dict[str, dict[str, float]]):
        self.nodes: list[dict] = []
        self.cables: list[dict] = []
        self.transformers: list[dict] = []
        self.plots: list[dict] = []
        self.row: dict[str, int] = {}
        self.supplies = supplies
        for name in supplies:
            self.node(f"S-{name}", "supply", "mv")

    def node(self, name: str, kind: str, level: str) -> int:
        self.row[name] = len(self.nodes)
        self.nodes.append({"id": name, "kind": kind, "level": level})
        return self.row[name]

    def transformer(self, name: str, rating_kva: float, ring_id: str = "R1", tap_pct: float = 0.0) -> None:
        kva = CATALOGUE.transformers.rating_kva
        self.transformers.append(
            {
                "id": name, "node_mv": self.node(f"{name}.mv", "transformer_mv", "mv"),
                "node_lv": self.node(f"{name}.lv", "transformer_lv", "lv"), "rating_kva": rating_kva,
                "type_row": int(np.flatnonzero(kva == rating_kva)[0]), "tap_pct": tap_pct, "peak_kva": np.nan,
                "loading_pct": np.nan, "ring_id": ring_id, "existing": False, "phase_year": pd.NA,
            }
        )  # fmt: skip

    def cable(self, name: str, level: str, kind: str, start: str, end: str, length_m: float, **columns: object) -> None:
        table = {"mv": CATALOGUE.mv_cables, "lv": CATALOGUE.lv_cables, "service": CATALOGUE.service_cables}[level]
        row = table.name.index(kind)
        parallel = int(columns.get("parallel", 1))
        self.cables.append(
            {
                "id": name, "level": level, "type": kind, "type_row": row, "parallel": parallel, "from_node": start,
                "to_node": end, "from_row": self.row[start], "to_row": self.row[end], "length_m": length_m,
                "grouping": 1, "rating_a": float(derated_ampacity_a(table, STANDARD)[row]) * parallel, "peak_a": np.nan,
                "loading_pct": np.nan, "fuse_a": np.nan, "transformer_id": "", "feeder_id": "", "ring_id": "",
                "normally_open": False, "existing": False, "phase_year": pd.NA,
            }
            | columns
        )  # fmt: skip

    def plot(
        self, name: str, pillar: str, kind: str, length_m: float, transformer: str, feeder: str, **columns: object
    ):
        node = self.node(f"P-{name}", "plot", "lv")
        self.cable(
            f"SV-{name}", "service", kind, pillar, f"P-{name}", length_m, transformer_id=transformer, feeder_id=feeder,
            **({"fuse_a": 63.0} | columns),
        )  # fmt: skip
        self.plots.append(
            {
                "plot_id": name,
                "node_row": node,
                "service_node": pillar,
                "transformer_id": transformer,
                "feeder_id": feeder,
            }
        )  # fmt: skip

    def case(self, demand: Demand, standard: Standard = STANDARD) -> Case:
        def table(rows: list[dict], geometry: object) -> gpd.GeoDataFrame:
            return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=[geometry] * len(rows), crs=CRS)

        line, point = LineString([(0, 0), (1, 0)]), Point(0, 0)
        plots = table(self.plots, point)
        supplies = table([{"supply_id": name} | row for name, row in self.supplies.items()], point)
        empty = gpd.GeoDataFrame(geometry=[], crs=CRS)
        estate = Estate("small", CRS, plots[["plot_id", "geometry"]], empty, supplies, empty, empty, empty, empty)
        network = Network(
            table(self.nodes, point), table(self.transformers, point), table(self.cables, line), empty, plots
        )
        return Case(estate, standard, CATALOGUE, demand, network)


MV = "NA2XS(F)2Y 3x1x150"
SUPPLY = {"voltage_kv": 20.0, "capacity_kva": 5000.0, "fault_mva": 350.0, "available_year": np.nan}


def two_on_a_ring(
    kw: float = 20.0,
    plots: int = 3,
    *,
    main_m: float = 60.0,
    service_m: float = 15.0,
    rating_kva: float = 250.0,
    tap_pct: float = 0.0,
    section_m: float = 400.0,
    same_supply: bool = False,
    phases: list[int] | None = None,
    supply: dict[str, float] | None = None,
    fuse_a: float = 160.0,
) -> Case:
    """S1 - T001 - T002 - S2 in three sections, the middle one open; a transformer has one feeder of pillars in a row.

    Each pillar has one plot of ``kw``; with ``same_supply`` the ring ends where it began.
    """
    build = Builder({"1": supply or SUPPLY} | ({} if same_supply else {"2": supply or SUPPLY}))
    for name in ("T001", "T002"):
        build.transformer(name, rating_kva, tap_pct=tap_pct)
    far = "S-1" if same_supply else "S-2"
    build.cable("MV-0001", "mv", MV, "S-1", "T001.mv", section_m, ring_id="R1")
    build.cable("MV-0002", "mv", MV, "T001.mv", "T002.mv", section_m, ring_id="R1", normally_open=True)
    build.cable("MV-0003", "mv", MV, far, "T002.mv", section_m, ring_id="R1")
    for name in ("T001", "T002"):
        before = f"{name}.lv"
        for place in range(plots):
            pillar = f"{name}-N{place + 1}"
            build.node(pillar, "service", "lv")
            build.cable(
                f"LV-{name}-{place + 1}", "lv", "NAYY 4x150", before, pillar, main_m, transformer_id=name,
                feeder_id=f"{name}-F1", fuse_a=fuse_a,
            )  # fmt: skip
            build.plot(f"{name}-{place + 1}", pillar, "NYY 4x16", service_m, name, f"{name}-F1")
            before = pillar
    return build.case(make_demand([kw] * (2 * plots), phases=phases))
