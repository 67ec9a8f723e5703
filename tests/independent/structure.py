"""What can be seen without physics: ids, references, reach, radiality, routes, trenches, lengths and sums."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterator

import shapely

from tests.independent.breach import Breach, ids_of
from tests.independent.design import Design, Row, number, spread

LENGTH_M = 0.05
"""Lengths agree to this, or to a thousandth."""
OFF_STREET_M = 0.5
ONE_PLACE_M = 0.002


def structure(design: Design) -> Iterator[Breach]:
    """All breaches of form."""
    yield from _ids(design)
    yield from _references(design)
    yield from _lengths(design)
    yield from _reach(design)
    yield from _low_voltage_is_radial(design)
    yield from _routes(design)
    yield from _forbidden_ground(design)
    yield from _trenches(design)
    yield from _sums(design)


def differ(a: float, b: float, relative: float = 1e-3, absolute: float = LENGTH_M) -> bool:
    """Whether two figures that should be one are not."""
    return not abs(a - b) <= max(absolute, relative * max(abs(a), abs(b)))


def _ids(design: Design) -> Iterator[Breach]:
    tables = {
        "transformers": [row["id"] for row in design.transformers],
        "cables": [row["id"] for row in design.cables],
        "trenches": [row["id"] for row in design.trenches],
        "plots": [row["plot_id"] for row in design.plots],
    }
    for table, ids in tables.items():
        for name, times in Counter(ids).items():
            if times > 1 or not name:
                yield Breach("written_id_doubled", f"{table} {name}", times, 1)


def _references(design: Design) -> Iterator[Breach]:
    transformers = {row["id"] for row in design.transformers}
    for row in design.transformers:
        for node in (row["mv"], row["lv"]):
            if node not in design.nodes:
                yield Breach("written_node_missing", f"{row['id']} {node}")
    for cable in design.cables:
        for end in ("from_node", "to_node"):
            if cable[end] not in design.nodes:
                yield Breach("written_node_missing", f"{cable['id']} {cable[end]}")
        if cable["level"] != "mv" and cable["transformer_id"] not in transformers:
            yield Breach("written_transformer_missing", f"{cable['id']} {cable['transformer_id']}")
    feeders = {cable["feeder_id"] for cable in design.of_level("lv", "service")}
    for plot in design.plots:
        if plot["transformer_id"] and plot["transformer_id"] not in transformers:
            yield Breach("written_transformer_missing", f"{plot['plot_id']} {plot['transformer_id']}")
        if plot["feeder_id"] and plot["feeder_id"] not in feeders:
            yield Breach("written_feeder_missing", f"{plot['plot_id']} {plot['feeder_id']}")
        if plot["service_node"] and plot["service_node"] not in design.nodes:
            yield Breach("written_node_missing", f"{plot['plot_id']} {plot['service_node']}")


def _lengths(design: Design) -> Iterator[Breach]:
    for row in design.cables + design.trenches:
        if differ(row["length_m"], row["geometry"].length):
            yield Breach("written_length", row["id"], row["length_m"], row["geometry"].length)
    for cable in design.cables:
        ends = shapely.get_coordinates(cable["geometry"])[[0, -1]]
        for key, end in zip(("from_node", "to_node"), ends, strict=True):
            node = design.nodes.get(cable[key])
            if node is not None and node["geometry"].distance(shapely.Point(end)) > OFF_STREET_M:
                yield Breach(
                    "written_cable_end", f"{cable['id']} {cable[key]}", node["geometry"].distance(shapely.Point(end))
                )


def _reach(design: Design) -> Iterator[Breach]:
    """Every plot with demand hangs on the transformer it names."""
    sources = [row["lv"] for row in design.transformers]
    tree = spread(sources, design.of_level("lv", "service"), [])
    for plot in design.plots:
        if number(plot["unit_peak_kw"], 0.0) <= 0.0 and number(plot.get("demand_kw"), 0.0) <= 0.0:
            continue
        meter = f"P-{plot['plot_id']}"
        if meter not in tree.source:
            yield Breach("plot_not_supplied", plot["plot_id"], within=ids_of(plot))
        elif tree.source[meter] != f"{plot['transformer_id']}.lv":
            yield Breach("written_plot_transformer", plot["plot_id"])


def _low_voltage_is_radial(design: Design) -> Iterator[Breach]:
    sources = [row["lv"] for row in design.transformers]
    cables = design.of_level("lv", "service")
    tree = spread(sources, cables, [])
    for cable in tree.loops:
        yield Breach("written_not_radial", cable["id"])
    reached = set(tree.source)
    for cable in cables:
        if cable["from_node"] not in reached:
            yield Breach("written_cable_unfed", cable["id"])
        elif tree.source[cable["from_node"]] != f"{cable['transformer_id']}.lv":
            yield Breach("written_cable_transformer", cable["id"])
    for parent, cable in tree.feeder.values():
        if cable["from_node"] != parent:
            yield Breach("written_cable_direction", cable["id"])


def _routes(design: Design) -> Iterator[Breach]:
    """Cables lie in streets; only the connection of a station or supply point that stands beside one leaves it."""
    if not design.streets:
        return
    streets = shapely.buffer(shapely.union_all([row["geometry"] for row in design.streets]), OFF_STREET_M)
    stations = ("supply", "transformer_mv", "transformer_lv")
    beside = shapely.MultiPoint([row["geometry"] for row in design.nodes.values() if row["kind"] in stations])
    for cable in design.of_level("lv", "mv"):
        outside = cable["geometry"].difference(streets)
        for part in getattr(outside, "geoms", [outside]):
            if part.length > LENGTH_M and part.distance(beside) > 2 * OFF_STREET_M:
                yield Breach("written_off_street", cable["id"], part.length)


def _forbidden_ground(design: Design) -> Iterator[Breach]:
    """No equipment and no trench where the plan forbids it."""
    if not design.no_go:
        return
    ground = shapely.buffer(shapely.union_all([row["geometry"] for row in design.no_go]), -OFF_STREET_M)
    for row in design.transformers + design.cables:
        if row["geometry"].intersects(ground):
            yield Breach("no_go_crossed", row["id"], row["geometry"].intersection(ground).length, 0.0, ids_of(row))


def pieces(design: Design, rows: list[Row]) -> dict[tuple, list[Row]]:
    """Cut the routes of ``rows`` at every point where one has a vertex; which rows lie in each piece of ground.

    Points less than ``ONE_PLACE_M`` apart are one place.
    """
    points = shapely.get_coordinates([row["geometry"] for row in rows])
    corners = shapely.points(points)
    tree = shapely.STRtree(corners)
    place = list(range(len(points)))
    for one, other in tree.query(corners, predicate="dwithin", distance=ONE_PLACE_M).T:
        place[one] = min(place[one], int(other))
    found: dict[tuple, list[Row]] = defaultdict(list)
    for row in rows:
        for a, b in itertools.pairwise(shapely.get_coordinates(row["geometry"])):
            line = shapely.LineString([a, b])
            on = tree.query(line, predicate="dwithin", distance=ONE_PLACE_M)
            places = {place[k] for k in on}
            along = sorted(places, key=lambda k: line.project(corners[k]))
            for start, end in itertools.pairwise(along):
                ends = tuple(points[start]), tuple(points[end])
                found[min(ends), max(ends)].append(row)
    return found


def _trenches(design: Design) -> Iterator[Breach]:
    """Trenches are exactly the ground that cables lie in, each metre once, and each says how many cables it holds."""
    ground = pieces(design, design.cables)
    dug = pieces(design, design.trenches)
    union_m = sum(math.dist(*piece) for piece in ground)
    trench_m = sum(row["length_m"] for row in design.trenches)
    if differ(union_m, trench_m, absolute=0.5):
        yield Breach("written_trench_length", "all", trench_m, union_m)
    for piece, rows in dug.items():
        if len(rows) > 1 and math.dist(*piece) > OFF_STREET_M:
            yield Breach("written_trench_doubled", rows[0]["id"], len(rows), 1)


def _sums(design: Design) -> Iterator[Breach]:
    summary = design.summary
    written = summary["length_m"]
    for level in ("mv", "lv", "service"):
        total = sum(row["length_m"] for row in design.of_level(level))
        if differ(total, number(written.get(level), 0.0), absolute=1.0):
            yield Breach("written_sum", f"length_m.{level}", number(written.get(level), 0.0), total)
    total = sum(row["length_m"] for row in design.trenches)
    if differ(total, number(written.get("trench"), 0.0), absolute=1.0):
        yield Breach("written_sum", "length_m.trench", number(written.get("trench"), 0.0), total)
    ratings = Counter(f"{row['rating_kva']:g}" for row in design.transformers)
    if ratings != Counter({f"{float(key):g}": count for key, count in summary["transformers"].items()}):
        yield Breach("written_sum", "transformers", sum(summary["transformers"].values()), len(design.transformers))
    cost = summary["cost"]
    total = sum(cost["capital"].values()) + cost["losses_pv"] + cost["interruptions_pv"]
    if differ(total, cost["total"], relative=1e-6, absolute=1e-3):
        yield Breach("written_sum", "cost.total", cost["total"], total)
    for severity in ("error", "warning", "note"):
        count = sum(row["severity"] == severity for row in design.findings)
        if count != summary["findings"].get(severity, 0):
            yield Breach("written_sum", f"findings.{severity}", summary["findings"].get(severity, 0), count)
