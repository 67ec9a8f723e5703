"""Builds the two example estates at Qom: published counts, invented geometry, one seed.

``python examples/qom/build.py --out DIR [--seed N]`` writes ``khodro.gpkg`` and ``sonuf.gpkg``. Counts and areas come
from ``figures.toml``, the drawn skeletons from ``plans.toml``. Nothing here is a survey, and the files say so.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point, Polygon, affinity
from shapely.geometry.base import BaseGeometry

HERE = Path(__file__).parent
if str(HERE) not in sys.path:  # a script beside its module, also when a test loads it by path
    sys.path.insert(0, str(HERE))

import layout  # noqa: E402

CRS = "EPSG:32639"
SCRIPT_VERSION = "1"
WRITTEN = "2026-11-01T00:00:00.000Z"  # stands in the file instead of the hour of writing: same seed, same file
TRENCH_FACTOR = {"access": 1.3, "boulevard": 1.3}  # asphalt to be restored
CORRIDOR_TRENCH_FACTOR = 2.0  # sleeves under the gas line
FRONT_M = 2.5  # a plot fronts on a street this near: a turning place may lie between
OPEN_SPACE_MIN_M2 = 60.0

Layers = dict[str, pd.DataFrame]
Quota = tuple[str, tuple[int, ...], int]
"""A class of plots, the blocks that it is shared out over, and how many plots they get together."""


@dataclass(frozen=True)
class Drawing:
    """A plan's geometry in its own axes."""

    boundary: Polygon
    corridor: BaseGeometry
    reserve: BaseGeometry
    streets: list[layout.Street]
    streets_land: BaseGeometry
    rows: list[layout.Row]


def build_khodro(seed: int = 1) -> Layers:
    """Shahrak-e Khodro: the layers of the estate by name, one plot a unit."""
    plan, figures = _read("khodro")
    rng = np.random.default_rng(seed)
    drawing = _draw(plan)
    parts, line_1 = figures["units"]["parts"], figures["line_1"]["parts"]
    others = tuple(range(2, figures["layout"]["blocks"] + 1))
    quotas: list[Quota] = [
        ("showroom", (1,), line_1["showroom"]),
        ("repair", (1,), line_1["repair"] + line_1["service"]),
    ]
    quotas += [(group, others, parts[group] - line_1[group]) for group in parts]
    plots = _plots(drawing, quotas, figures["prefix"], rng)
    plots["group"] = _with_corner_services(plots, line_1["service"], rng)
    plots["phase"] = _phases(plots, plan)
    plots["trade"] = _trades(plots, figures["trades"], rng)
    plots["floor_area_m2"] = _floor_areas(plots, figures)
    plots["status"] = "planned"
    plots.loc[plots.index[: figures["ready"]["adopted"]], "status"] = "built"
    first = plots.index[plots["block"].isin(figures["active"]["blocks"]) & (plots["status"] == "built")]
    plots.loc[rng.choice(first, figures["active"]["adopted"], replace=False), "status"] = "active"
    return _layers(plan, figures, drawing, plots, seed)


def build_sonuf(seed: int = 1) -> Layers:
    """Shahrak-e Sonuf: the layers of the estate by name, one record a plot."""
    plan, figures = _read("sonuf")
    rng = np.random.default_rng(seed)
    drawing = _draw(plan)
    parts, phase_3 = figures["units"]["parts"], figures["phase_3"]["adopted"]
    blocks = {k: tuple(numbers) for k, numbers in enumerate(plan["phases"], start=1)}
    quotas: list[Quota] = [
        ("iron", blocks[1], parts["iron"]),
        ("building", blocks[2], parts["building"]),
        ("door_window", blocks[3], phase_3),
        ("door_window", blocks[4] + blocks[5], parts["door_window"] - phase_3),
    ]
    plots = _plots(drawing, quotas, figures["prefix"], rng)
    plots["phase"] = _phases(plots, plan)
    plots["trade"] = _trades(plots, figures["trades"], rng)
    iron = plots.index[plots["group"] == "iron"][: figures["iron"]["complete"]]
    plots["status"] = "planned"
    plots.loc[iron, "status"] = "built"
    plots.loc[rng.choice(iron, figures["iron"]["moved"], replace=False), "status"] = "active"
    order = np.argsort(plots["phase"].map({1: 0, 3: 1, 2: 2}).fillna(3), kind="stable")
    plots["prepared"] = np.isin(np.arange(len(plots)), order[: figures["prepared"]["adopted"]])
    return _layers(plan, figures, drawing, plots, seed)


def _read(estate: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The plan and the figures of one estate; the figures carry the label and the sources too."""
    plan = tomllib.loads((HERE / "plans.toml").read_text(encoding="utf-8"))[estate]
    figures = tomllib.loads((HERE / "figures.toml").read_text(encoding="utf-8"))
    shared = {key: figures[key] for key in ("label", "label_fa", "attribution", "sources")}
    return plan, {**figures[estate], **shared}


def _draw(plan: Mapping[str, Any]) -> Drawing:
    """Streets, rows of plots and corridor of a plan."""
    boundary = Polygon(plan["boundary"])
    axis = LineString(plan["corridor"]["line"])
    corridor = axis.buffer(plan["corridor"]["width"] / 2, cap_style="flat").intersection(boundary)
    main = layout.draw_streets(plan["street"])
    cuts = [LineString(points) for points in plan["cuts"]]
    rows, local = layout.fill_blocks(plan["fill"], main, [*cuts, axis], boundary, corridor)
    streets = layout.node_streets([*main, *local], layout.lines_of(corridor.boundary))
    land = layout.right_of_way(streets)
    reserve = Polygon(plan.get("reserve")).intersection(boundary).difference(land)
    return Drawing(boundary, corridor, reserve, streets, land, layout.clip_rows(rows, land))


def _plots(drawing: Drawing, quotas: Sequence[Quota], prefix: str, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """One record a plot: a quota is shared out over its rows by their land, then each row is cut into so many plots."""
    counts = np.zeros(len(drawing.rows), dtype=int)
    for group, blocks, count in quotas:
        chosen = [i for i, row in enumerate(drawing.rows) if row.block in blocks and row.use == group]
        counts[chosen] += layout.share_out(count, [drawing.rows[i].land.area for i in chosen])
    records = []
    for row, count in zip(drawing.rows, counts, strict=True):
        pieces = layout.slice_row(row, int(count), rng)
        records += [
            {"block": row.block, "group": row.use, "corner": k in (0, len(pieces) - 1), "geometry": piece}
            for k, piece in enumerate(pieces)
        ]
    frame = gpd.GeoDataFrame(records, geometry="geometry", crs=None)
    frame = frame.sort_values("block", kind="stable", ignore_index=True)
    number = frame.groupby("block").cumcount() + 1
    frame.insert(0, "plot_id", [f"{prefix}{b:02d}-{n:03d}" for b, n in zip(frame["block"], number, strict=True)])
    return frame


def _phases(plots: gpd.GeoDataFrame, plan: Mapping[str, Any]) -> pd.Series:
    """The phase of every plot, from its block."""
    return plots["block"].map({block: k for k, blocks in enumerate(plan["phases"], start=1) for block in blocks})


def _with_corner_services(plots: gpd.GeoDataFrame, services: int, rng: np.random.Generator) -> pd.Series:
    """Block 1 keeps its few services in its repair rows, the corners first."""
    group = plots["group"].copy()
    repair = plots[(plots["block"] == 1) & (group == "repair")]
    corners = list(repair.index[repair["corner"]])
    inner = list(rng.permutation(repair.index[~repair["corner"]]))
    group.loc[(corners + inner)[:services]] = "service"
    return group


def _trades(plots: gpd.GeoDataFrame, shares: Mapping[str, Any], rng: np.random.Generator) -> pd.Series:
    """A trade for every plot: each class split by the assumed shares into whole plots, then dealt out at random.

    Trades that need room are dealt out first, to the largest plots of their class.
    """
    trades = pd.Series("", index=plots.index, dtype=object)
    for group, members in plots.groupby("group"):
        parts = dict(zip(shares[group], layout.share_out(len(members), list(shares[group].values())), strict=True))
        first = [code for code in shares["on_largest"] if code in parts]
        others = [code for code in parts if code not in first]
        roomy = np.repeat(first, [parts[code] for code in first])
        rest = rng.permutation(np.repeat(others, [parts[code] for code in others]))
        order = members.area.sort_values(ascending=False, kind="stable").index
        trades.loc[order[: len(roomy)]] = roomy
        trades.loc[order[len(roomy) :].sort_values()] = rest
    return trades


def _floor_areas(plots: gpd.GeoDataFrame, figures: Mapping[str, Any]) -> pd.Series:
    """Floor areas to a tenth of a square metre, by land and class, that add up to the published built area."""
    weight = plots.area * plots["group"].map(figures["floor_area"]["weight"])
    tenths = layout.share_out(round(figures["built_m2"]["adopted"] * 10), list(weight))
    return pd.Series(np.asarray(tenths) / 10, index=plots.index)


def _layers(
    plan: Mapping[str, Any], figures: Mapping[str, Any], drawing: Drawing, plots: gpd.GeoDataFrame, seed: int
) -> Layers:
    """All layers, scaled to the published area, turned and set down at the nominal place."""
    plots["units"] = 1
    ready = figures["ready_year"]
    years = plots["phase"].map(dict(enumerate(ready["by_phase"], start=1)))
    plots["ready_year"] = years.where(plots["status"] == "planned", ready["standing"])
    plots["street"] = _fronts(plots, drawing.streets)
    supply = gpd.GeoDataFrame(figures["supply"]["points"], geometry=[Point(xy) for xy in plan["supply"]])
    supply.insert(1, "voltage_kv", 20.0)
    used = shapely.union_all([*plots.geometry, drawing.streets_land, drawing.corridor, drawing.reserve])
    open_land = drawing.boundary.difference(used).buffer(-1.5).buffer(1.5, quad_segs=2)
    layers = {
        "plots": plots.drop(columns="corner"),
        "streets": _street_table(drawing),
        "supply_points": supply,
        "no_go": _named("gas corridor", layout.polygons_of(drawing.corridor.difference(drawing.streets_land))),
        "open_spaces": _named("green or parking", layout.polygons_of(open_land, OPEN_SPACE_MIN_M2)),
        "reserve": _named("reserve", layout.polygons_of(drawing.reserve)),
        "boundary": _named(figures["name"], [drawing.boundary]),
    }
    place = _placement(plan, drawing.boundary, figures["area_m2"]["adopted"])
    placed: Layers = {
        name: layer.set_geometry(_to_the_millimetre(layer.geometry.map(place)), crs=CRS)
        for name, layer in layers.items()
        if len(layer)
    }
    placed["plots"]["area_m2"] = placed["plots"].area.round(1)
    placed["about"] = _about(figures, seed)
    return placed


def _fronts(plots: gpd.GeoDataFrame, streets: Sequence[layout.Street]) -> list[str]:
    """The street that every plot shares most of its outline with."""
    land = np.array([street.line.buffer(street.width_m / 2 + FRONT_M, cap_style="flat") for street in streets])
    plot, street = shapely.STRtree(land).query(plots.geometry.values, predicate="intersects")
    shared = shapely.length(shapely.intersection(shapely.boundary(plots.geometry.values[plot]), land[street]))
    longest = pd.DataFrame({"plot": plot, "street": street, "shared": shared}).sort_values("shared", kind="stable")
    return [streets[k].street_id for k in longest.groupby("plot")["street"].last()]


def _named(name: str, geometry: Sequence[BaseGeometry]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": [name] * len(geometry)}, geometry=list(geometry))


def _street_table(drawing: Drawing) -> gpd.GeoDataFrame:
    """Noded streets; trenches cost more where asphalt or the gas corridor is crossed."""
    inside = drawing.corridor.buffer(0.1)
    factor = [
        CORRIDOR_TRENCH_FACTOR if inside.covers(street.line) else TRENCH_FACTOR.get(street.kind, 1.0)
        for street in drawing.streets
    ]
    return gpd.GeoDataFrame(
        {
            "street_id": [street.street_id for street in drawing.streets],
            "kind": [street.kind for street in drawing.streets],
            "width_m": [street.width_m for street in drawing.streets],
            "trench_factor": factor,
            "no_trench": False,
        },
        geometry=[street.line for street in drawing.streets],
    )


def _placement(plan: Mapping[str, Any], boundary: Polygon, area_m2: float) -> Callable[[BaseGeometry], BaseGeometry]:
    """The map from the plan's axes to the ground: one scale, one turn, one shift."""
    scale = float(np.sqrt(area_m2 / boundary.area))
    angle = np.radians(plan["turn_deg"])
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    east, north = plan["place"]
    return lambda geometry: affinity.affine_transform(geometry, [cos, -sin, sin, cos, east, north])


def _to_the_millimetre(geometry: gpd.GeoSeries) -> NDArray[np.object_]:
    """Coordinates rounded alike, so that shared ends stay shared; a polygon that this folds over is mended."""
    rounded = shapely.set_precision(geometry.values, 0.001, mode="pointwise")
    return np.where(shapely.is_valid(rounded), rounded, shapely.buffer(rounded, 0.0))


def _about(figures: Mapping[str, Any], seed: int) -> pd.DataFrame:
    """What the file is, as key and value."""
    pages = [f"{entry['page']} ({entry['date']})" for entry in figures["sources"].values() if "date" in entry]
    pages += [entry["page"] for entry in figures["sources"].values() if "date" not in entry]
    entries = {
        **{key: figures[key] for key in ("name", "name_fa", "label", "label_fa", "attribution")},
        "seed": str(seed),
        "script_version": SCRIPT_VERSION,
        "sources": "; ".join(pages),
        "findings": json.dumps(_conflicts(figures), ensure_ascii=False),
        "assumptions": json.dumps(_inventions(figures), ensure_ascii=False),
    }
    return pd.DataFrame({"key": list(entries), "value": list(entries.values())})


def _conflicts(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The published need of power, which the study's loads are not scaled to meet."""
    power = figures["power"]
    if "published_kw" not in power:
        return []
    finding = {"code": "published_power", "severity": "note", "subject_id": figures["name"], "unit": "kW"}
    return [finding | {"value": power["published_kw"], "limit": None, "details": {}}]


def _inventions(figures: Mapping[str, Any]) -> list[dict[str, str]]:
    """What no source gives: supply points, and which plot has which trade."""
    invented = {
        "supply_points": "place, capacity, fault level and date",
        "trades": "share of each trade in a published class",
    }
    return [
        {
            "subject": subject,
            "property": what,
            "value": "invented",
            "unit": "",
            "source": "figures.toml",
            "status": "default",
        }
        for subject, what in invented.items()
    ]


def write(layers: Layers, path: Path) -> None:
    """Write the layers as a GeoPackage, replacing an older one; the clock leaves no trace in it."""
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WRITTEN})
    for name, layer in layers.items():
        pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", append=path.exists())
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Build the two example estates at Qom.")
    parser.add_argument("--out", type=Path, required=True, help="folder for khodro.gpkg and sonuf.gpkg")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, build in {"khodro": build_khodro, "sonuf": build_sonuf}.items():
        write(build(arguments.seed), arguments.out / f"{name}.gpkg")


if __name__ == "__main__":
    main()
