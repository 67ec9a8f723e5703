"""From tables in metres to an estate: streets repaired, distances checked, a missing supply point placed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from rasana.exchange import tables
from rasana.exchange.ground import crs_name
from rasana.exchange.streets_repair import Repair, listed, repaired
from rasana.planning.estate import Estate
from rasana.planning.finding import Assumption, Finding, Refused, Severity, Status
from rasana.planning.standard import Standard

EDGE_SHARE = 0.02
"""How near to the outline of all streets an end is where a street leaves, as a share of the outline's size."""


@dataclass
class Draft:
    """The tables of an estate while they are read, all in ``crs``, with what was found and assumed so far.

    A table without rows stands for a layer that is not there. ``derived``: the plots were made from buildings, so that
    what can't be reached is left out with a finding; else it is a fault of the plan.
    """

    file: str
    name: str
    crs: pyproj.CRS
    tables: dict[str, gpd.GeoDataFrame]
    label: str = ""
    attribution: str = ""
    derived: bool = False
    findings: list[Finding] = field(default_factory=list)
    assumptions: list[Assumption] = field(default_factory=list)


def finished(draft: Draft, standard: Standard) -> Estate:
    """The estate; ``Refused`` with every error among the findings, a finding a fault."""
    usable = {name: table[~table.geometry.isna()].reset_index(drop=True) for name, table in draft.tables.items()}
    plots, streets, supply = usable["plots"], usable["streets"], usable["supply_points"]
    if len(streets):
        rules = Repair(standard.import_snap_m, standard.import_bridge_m, strict=not draft.derived)
        streets, found = repaired(streets, plots.geometry.to_numpy(), usable["no_go"].geometry.to_numpy(), rules)
        where = {"file": draft.file, "layer": "streets", "field": "geometry"}
        draft.findings += [replace(finding, details={**where, **finding.details}) for finding in found]
    closed = len(streets) > 0 and bool(streets["no_trench"].all())
    if len(streets) and not closed:
        plots = _plots_in_reach(draft, plots, streets, standard)
        _check_reach(draft, usable["transformer_sites"], "site", streets, standard)
        _check_reach(draft, supply, "supply", streets, standard)
        if not len(draft.tables["supply_points"]):
            supply = _placed_supply(draft, streets)
    else:
        code = "streets_closed" if closed else "layer_empty"
        _fault(draft, code, "streets", layer="streets", field="no_trench" if closed else "geometry")
    if not len(plots) and not _errors(draft):
        _fault(draft, "layer_empty", "plots", layer="plots", field="geometry")
    draft.findings += _large_plots(plots, standard)
    faults = _errors(draft)
    if faults:
        raise Refused(faults)
    rest = ("transformer_sites", "existing_transformers", "existing_cables", "no_go")
    return Estate(
        name=draft.name,
        crs=crs_name(draft.crs),
        plots=plots,
        streets=streets,
        supply_points=supply,
        **{name: usable[name] for name in rest},
        label=draft.label,
        attribution=draft.attribution,
        assumptions=tuple(draft.assumptions),
        findings=tuple(draft.findings),
    )


def _errors(draft: Draft) -> list[Finding]:
    return [finding for finding in draft.findings if finding.severity == Severity.ERROR]


def _fault(draft: Draft, code: str, subject: str, **details: str) -> None:
    draft.findings.append(Finding(code, Severity.ERROR, subject, details={"file": draft.file, **details}))


def _distances(table: gpd.GeoDataFrame, streets: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Metres from each feature to the nearest street that may be dug."""
    tree = shapely.STRtree(streets.geometry.to_numpy()[~streets["no_trench"].to_numpy(bool)])
    _, distance = tree.query_nearest(table.geometry.to_numpy(), return_distance=True, all_matches=False)
    return np.asarray(distance, np.float64)


def _plots_in_reach(
    draft: Draft, plots: gpd.GeoDataFrame, streets: gpd.GeoDataFrame, standard: Standard
) -> gpd.GeoDataFrame:
    """Plots near enough to a street: others are faults, or left out where plots were derived."""
    if not draft.derived:
        _check_reach(draft, plots, "plot", streets, standard)
        return plots
    distance, limit = _distances(plots, streets), standard.import_plot_distance_max_m
    far = distance > limit
    if far.any():
        details = {"plots": listed(plots.loc[far, "plot_id"].tolist())}
        draft.findings.append(
            Finding("plots_far_left_out", Severity.WARNING, "plots", float(far.sum()), limit, "m", details)
        )
    return plots[~far].reset_index(drop=True)


def _check_reach(
    draft: Draft, table: gpd.GeoDataFrame, kind: str, streets: gpd.GeoDataFrame, standard: Standard
) -> None:
    """A fault for each feature that is too far from any street."""
    limit = standard.import_plot_distance_max_m
    layer = {"plot": "plots", "site": "transformer_sites", "supply": "supply_points"}[kind]
    details = {"file": draft.file, "layer": layer, "field": "geometry"}
    distance = _distances(table, streets) if len(table) else np.zeros(0)
    for row in np.flatnonzero(distance > limit):
        identity = str(table[f"{kind}_id"].iloc[row])
        finding = Finding(f"{kind}_far", Severity.ERROR, identity, float(distance[row]), limit, "m", dict(details))
        draft.findings.append(finding)


def _large_plots(plots: gpd.GeoDataFrame, standard: Standard) -> list[Finding]:
    """A note for each plot whose given demand asks for more than the largest station."""
    limit = standard.transformer_rating_max_kva
    asked = plots["demand_kw"].to_numpy(float)
    return [
        Finding("plot_demand_large", Severity.NOTE, str(plots["plot_id"].iloc[row]), float(asked[row]), limit, "kW")
        for row in np.flatnonzero(asked > limit)
    ]


def _placed_supply(draft: Draft, streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One supply point where the main street enters the estate, said as a finding and an assumption."""
    point, street = main_entrance(streets)
    details = {"street": street}
    draft.findings.append(Finding("supply_assumed", Severity.WARNING, "SP1", details=details))
    place = f"{point.x:.1f}, {point.y:.1f}"
    source = f"no supply point given: placed where the main street {street} enters the estate"
    draft.assumptions.append(Assumption("SP1", "location", place, "m", source, Status.DEFAULT))
    figures = {name: [np.nan] for name in ("voltage_kv", "capacity_kva", "fault_mva", "available_year")}
    return gpd.GeoDataFrame({"supply_id": ["SP1"], **figures}, geometry=[point], crs=draft.crs)


def main_entrance(streets: gpd.GeoDataFrame) -> tuple[shapely.Point, str]:
    """Where the main street enters, and its id.

    Candidates are street ends at the outline (hull) of all streets; the one on the street of the highest class wins,
    then the one on the longest street. Where no street ends, it is the corner nearest to the outline.
    """
    dug = streets[~streets["no_trench"].to_numpy(bool)].reset_index(drop=True)
    lines = dug.geometry.to_numpy()
    hull = shapely.convex_hull(shapely.multilinestrings(lines))
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    owner = np.concatenate([np.arange(len(lines)), np.arange(len(lines))])
    _, corner, degree = np.unique(
        np.round(shapely.get_coordinates(ends), 2), axis=0, return_inverse=True, return_counts=True
    )
    loose = degree[corner.reshape(-1)] == 1
    edge = shapely.distance(shapely.boundary(hull), ends)
    rank = _class_rank(dug)[owner]
    length = dug.length.groupby(dug["street_id"]).transform("sum").to_numpy(float)[owner]
    candidates = np.flatnonzero(loose) if loose.any() else np.arange(len(ends))
    near = candidates[edge[candidates] <= max(EDGE_SHARE * np.sqrt(hull.area), edge[candidates].min())]
    best = near[np.lexsort((edge[near], -length[near], rank[near]))[0]]
    return ends[best], str(dug["street_id"].iloc[owner[best]])


def _class_rank(streets: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Rank of each street by its class on the map, 0 the highest; all the same where no classes are given."""
    if "highway" not in streets:
        return np.zeros(len(streets))
    ranks = {name: row.rank for name, row in tables.highways().items()}
    return np.array([ranks.get(value, np.inf) for value in streets["highway"]])
