"""Every electrical limit, held against the second computation of flows and faults."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.independent.breach import Breach, ids_of
from tests.independent.costs import ways_of
from tests.independent.design import Design, Row, Tree, number, spread
from tests.independent.electrical import (
    Flow,
    Physics,
    coincident_state,
    flow,
    largest_fault_ka,
    least_fault_a,
    power,
    sums,
    unbalance_pct,
)
from tests.independent.structure import differ, pieces

ROUNDING = 1.005
"""Two computations of one figure may differ by this much before it counts as a breach."""
VOLTAGE_ROUNDING = 0.0005


def electrical(physics: Physics) -> Iterator[Breach]:
    """All breaches of electrical limits."""
    design = physics.design
    tree = spread(sources(design), closed(design), design.transformers)
    for cable in tree.loops:
        yield Breach("written_not_radial", cable["id"])
    if tree.loops:
        return
    state = flow(physics, tree, coincident_state(physics, tree))
    if not state.converged:
        yield Breach("voltage_low", "all", within=frozenset(row["plot_id"] for row in design.plots))
    yield from _demands(physics)
    yield from _counts(physics, tree)
    yield from _cables(physics, tree, state)
    yield from _drops(physics, tree)
    yield from _voltages(physics, tree, state)
    yield from _unbalance(physics, tree, state)
    yield from _transformers(physics, tree, state)
    yield from _fuses(physics, tree)
    yield from _faults(physics, tree)
    yield from supply_capacity(physics, tree, state, "supply_capacity")


def sources(design: Design) -> list[str]:
    """Ids of the supply points' nodes."""
    return [name for name, row in design.nodes.items() if row["kind"] == "supply"]


def closed(design: Design) -> list[Row]:
    """Cables that carry current in the normal state."""
    return [cable for cable in design.cables if not number(cable.get("normally_open"), 0.0)]


def neighbours(design: Design) -> dict[str, int]:
    """How many cables lie side by side in the fullest piece of each cable's route, parallel ones counted."""
    most: dict[str, int] = defaultdict(lambda: 1)
    for rows in pieces(design, design.cables).values():
        count = sum(int(number(row.get("parallel"), 1.0)) for row in rows)
        for row in rows:
            most[row["id"]] = max(most[row["id"]], count)
    return most


def amperes(physics: Physics, cable: Row, kva: float, volts_pu: float = 1.0) -> float:
    """Current of a cable row at ``kva``, parallel cables together; in one phase where the service has one."""
    return (
        (3.0 if physics.is_single_phase(cable) else 1.0)
        * kva
        * 1000.0
        / (math.sqrt(3.0) * physics.volts(cable["level"]) * volts_pu)
    )


def rating_a(physics: Physics, cable: Row, side_by_side: int) -> float:
    """Derated rating of a cable row, parallel ones together."""
    return physics.tables.rating_a(cable["level"], cable["type"], side_by_side) * physics.parallel(cable)


def _demands(physics: Physics) -> Iterator[Breach]:
    """A demand that the plan gives is what the plot is designed for, at its meter."""
    for plot in physics.design.plots:
        given = number(plot.get("demand_kw"), math.nan)
        designed = power(physics.loads[f"P-{plot['plot_id']}"]).real
        if math.isfinite(given) and differ(given, designed, relative=1e-4, absolute=1e-3):
            yield Breach("written_demand", plot["plot_id"], designed, given)


def _counts(physics: Physics, tree: Tree) -> Iterator[Breach]:
    """Limits of practice: length of a service, services on a pillar, transformers and load on a ring."""
    design, limits = physics.design, physics.tables.limits
    services = design.of_level("service")
    for cable in services:
        if cable["length_m"] > limits["service_length_limit_m"] * ROUNDING:
            where = ids_of(cable) | {cable["to_node"].removeprefix("P-")}
            yield Breach("service_long", cable["id"], cable["length_m"], limits["service_length_limit_m"], where)
    for pillar, number_of in Counter(cable["from_node"] for cable in services).items():
        if design.nodes[pillar]["kind"] == "service" and number_of > limits["services_per_pillar_max"]:
            yield Breach("pillar_too_full", pillar, number_of, limits["services_per_pillar_max"])
    below = physics.groups(tree)
    for ring, members in _rings(design).items():
        whole = sums(below[row["lv"]] for row in members if row["lv"] in below)
        if len(members) > limits["ring_transformers_max"]:
            yield Breach("ring_too_large", ring, len(members), limits["ring_transformers_max"])
        if abs(power(whole)) > limits["ring_kva_max"] * ROUNDING:
            yield Breach("ring_load_too_large", ring, abs(power(whole)), limits["ring_kva_max"])


def _rings(design: Design) -> dict[str, list[Row]]:
    rings = defaultdict(list)
    for row in design.transformers:
        if row["ring_id"]:
            rings[row["ring_id"]].append(row)
    return rings


def _cables(physics: Physics, tree: Tree, state: Flow) -> Iterator[Breach]:
    limits, below, beside = physics.tables.limits, physics.groups(tree), neighbours(physics.design)
    fullest = physics.fullest_phase(tree, coincident_state(physics, tree))
    for node, (_, cable) in tree.feeder.items():
        if physics.is_transformer(cable):
            continue
        level = cable["level"]
        current = amperes(physics, cable, abs(power(below[node]) + state.lost_kva[node]), abs(state.volts_pu[node]))
        if level == "lv":
            # Mains are sized for balanced load; single-phase services may load one phase more than that.
            uneven = fullest[node] + abs(state.lost_kva[node])
            current = max(current, amperes(physics, cable, uneven, abs(state.volts_pu[node])))
        rated = rating_a(physics, cable, beside[cable["id"]])
        code = {"lv": "lv_overload", "mv": "mv_overload", "service": "service_overload"}[level]
        share = limits["mv_loading_limit_pct" if level == "mv" else "lv_loading_limit_pct"] / 100.0
        if current > rated * share * ROUNDING:
            yield Breach(code, cable["id"], current, rated * share, ids_of(cable))
        if cable["rating_a"] > rated * ROUNDING:
            yield Breach("written_rating", cable["id"], cable["rating_a"], rated)
        if cable["peak_a"] < current * 0.9 - 0.5:
            yield Breach("written_peak", cable["id"], cable["peak_a"], current)
        if differ(cable["loading_pct"], cable["peak_a"] / cable["rating_a"] * 100.0, relative=0.01, absolute=0.1):
            yield Breach(
                "written_loading", cable["id"], cable["loading_pct"], cable["peak_a"] / cable["rating_a"] * 100
            )


def drops_pct(physics: Physics, tree: Tree) -> dict[str, float]:
    """Drop from the source of its own voltage level to each node, with the diversity of each section."""
    below = physics.groups(tree)
    found = dict.fromkeys(tree.order, 0.0)
    for node in tree.order:
        if node not in tree.feeder:
            continue
        parent, edge = tree.feeder[node]
        if physics.is_transformer(edge):
            continue
        load, ohm = power(below[node]), physics.ohm(edge)
        ohm *= 6.0 if physics.is_single_phase(edge) else 1.0
        step = (load.real * ohm.real + load.imag * ohm.imag) * 1000.0 / physics.volts(edge["level"]) ** 2
        found[node] = found[parent] + step * 100.0
    return found


def _drops(physics: Physics, tree: Tree) -> Iterator[Breach]:
    limits, drop = physics.tables.limits, drops_pct(physics, tree)
    for plot in physics.design.plots:
        value = drop.get(f"P-{plot['plot_id']}", 0.0)
        if value > limits["lv_drop_limit_pct"] * ROUNDING:
            yield Breach("lv_drop", plot["plot_id"], value, limits["lv_drop_limit_pct"], ids_of(plot))
    for row in physics.design.transformers:
        value = drop.get(row["mv"], 0.0)
        if value > limits["mv_drop_limit_pct"] * ROUNDING:
            yield Breach("mv_drop", row["id"], value, limits["mv_drop_limit_pct"], ids_of(row))


def _voltages(physics: Physics, tree: Tree, state: Flow) -> Iterator[Breach]:
    limits = physics.tables.limits
    light = flow(physics, tree, coincident_state(physics, tree, limits["light_load_share"]))
    for plot in physics.design.plots:
        node = f"P-{plot['plot_id']}"
        if node not in state.volts_pu:
            continue
        low, high = abs(state.volts_pu[node]), abs(light.volts_pu[node])
        if low < limits["lv_voltage_min_pu"] - VOLTAGE_ROUNDING:
            yield Breach("voltage_low", plot["plot_id"], low, limits["lv_voltage_min_pu"], ids_of(plot))
        if max(low, high) > limits["lv_voltage_max_pu"] + VOLTAGE_ROUNDING:
            yield Breach("voltage_high", plot["plot_id"], max(low, high), limits["lv_voltage_max_pu"], ids_of(plot))
        if number(plot["voltage_min_pu"], 2.0) > low + 0.01:
            yield Breach("written_voltage", plot["plot_id"], number(plot["voltage_min_pu"], 2.0), low)


def _unbalance(physics: Physics, tree: Tree, state: Flow) -> Iterator[Breach]:
    """Where three phases are taken: boards, pillars and the meters of three-phase plots."""
    limit = physics.tables.limits["unbalance_limit_pct"]
    for node, value in unbalance_pct(physics, tree, coincident_state(physics, tree), state).items():
        if physics.design.nodes[node]["level"] == "lv" and physics.phase.get(node, 0) == 0 and value > limit * 1.03:
            yield Breach("unbalance", node, value, limit)


def _transformers(physics: Physics, tree: Tree, state: Flow) -> Iterator[Breach]:
    limits, below = physics.tables.limits, physics.groups(tree)
    for row in physics.design.transformers:
        if row["lv"] not in below:
            yield Breach("ring_missing", row["id"], within=ids_of(row))
            continue
        peak = abs(power(below[row["lv"]]) + state.lost_kva[row["lv"]])
        most = float(row["rating_kva"]) * limits["transformer_loading_limit_pct"] / 100.0
        if peak > most * ROUNDING:
            yield Breach("transformer_overload", row["id"], peak, most, ids_of(row))
        if row["peak_kva"] < peak * 0.97 - 0.5:
            yield Breach("written_peak", row["id"], row["peak_kva"], peak)
        ways = ways_of(physics.design, row["lv"])
        if ways > limits["feeders_per_transformer_max"]:
            yield Breach("feeders_too_many", row["id"], ways, limits["feeders_per_transformer_max"], ids_of(row))


def _fuses(physics: Physics, tree: Tree) -> Iterator[Breach]:
    """Each feeder and service has a fuse that carries the load, spares the cable and clears every fault in time."""
    limits, below, beside = physics.tables.limits, physics.groups(tree), neighbours(physics.design)
    for node, (parent, cable) in tree.feeder.items():
        if physics.is_transformer(cable) or cable["level"] == "mv":
            continue
        fuse = number(cable.get("fuse_a"), 0.0)
        where = ids_of(cable) | {node, node.removeprefix("P-")}
        figures = physics.tables.fuses.get(fuse)
        if figures is None:
            yield Breach("fuse_missing", cable["id"], fuse, 0.0, where)
            continue
        is_head = cable["level"] == "service" or parent.endswith(".lv")
        # Each of several parallel cables has its own fuse and bears its part of load and fault.
        current = amperes(physics, cable, abs(power(below[node]))) / physics.parallel(cable)
        rated = rating_a(physics, cable, beside[cable["id"]]) / physics.parallel(cable)
        if is_head and (current > fuse * ROUNDING or fuse > rated * ROUNDING):
            yield Breach("fuse_missing", cable["id"], fuse, min(current, rated), where)
        if cable["level"] == "lv" and fuse > limits["fuse_max_a"]:
            yield Breach("fuse_missing", cable["id"], fuse, limits["fuse_max_a"], where)
        fault = least_fault_a(physics, tree, node) / physics.parallel(cable)
        seconds = 5.0 * (figures["current_5s_a"] / fault) ** figures["time_exponent"] if fault > fuse else math.inf
        withstand = physics.tables.cables[cable["level"]][cable["type"]]["withstand_1s_ka"] * 1000.0
        if math.isfinite(seconds) and fault * math.sqrt(seconds) > withstand * 1.02:
            yield Breach("cable_withstand", cable["id"], fault * math.sqrt(seconds), withstand, where)
        if seconds > limits["clearing_time_limit_s"] * 1.02:
            yield Breach("clearing_time", node, seconds, limits["clearing_time_limit_s"], where)


def _faults(physics: Physics, tree: Tree) -> Iterator[Breach]:
    limits = physics.tables.limits
    for name, row in physics.design.nodes.items():
        if name not in tree.source or row["kind"] not in ("supply", "transformer_mv", "transformer_lv"):
            continue
        key = "lv_board_fault_rating_ka" if row["kind"] == "transformer_lv" else "mv_switchgear_fault_rating_ka"
        current = largest_fault_ka(physics, tree, name)
        if current > limits[key] * 1.01:
            within = frozenset({name, name.split(".")[0], name.removeprefix("S-"), tree.source[name]})
            yield Breach("fault_level_high", name, current, limits[key], within)
    for cable in physics.design.of_level("mv"):
        ends = [end for end in (cable["from_node"], cable["to_node"]) if end in tree.source]
        current = max((largest_fault_ka(physics, tree, end) for end in ends), default=0.0)
        withstand = physics.tables.cables["mv"][cable["type"]]["withstand_1s_ka"] * physics.parallel(cable)
        if current * math.sqrt(limits["mv_fault_duration_s"]) > withstand * 1.01:
            yield Breach("cable_withstand", cable["id"], current, withstand, ids_of(cable))


def supply_capacity(physics: Physics, tree: Tree, state: Flow, code: str) -> Iterator[Breach]:
    """What each supply point gives in this state, against its capacity."""
    below = physics.groups(tree)
    for supply in sources(physics.design):
        if supply not in below:
            continue
        row = physics.design.supplies.get(supply, {})
        most = number(row.get("capacity_kva"), physics.tables.limits["default_capacity_kva"])
        given = abs(power(below[supply]) + state.lost_kva[supply])
        if given > most * ROUNDING:
            yield Breach(code, supply, given, most, frozenset({supply.removeprefix("S-")}))
