"""One section or one supply point out: everything is still fed, within the limits that hold then."""

from __future__ import annotations

from collections.abc import Iterator

from tests.independent.breach import Breach, ids_of
from tests.independent.design import Row, Tree, spread
from tests.independent.electrical import Flow, Physics, coincident_state, flow, power
from tests.independent.rules import (
    ROUNDING,
    VOLTAGE_ROUNDING,
    amperes,
    drops_pct,
    neighbours,
    rating_a,
    sources,
    supply_capacity,
)


def outages(physics: Physics) -> Iterator[Breach]:
    """All breaches with one MV section out (its ring's open point closed) or one supply point out."""
    design = physics.design
    beside = neighbours(design)
    for section in design.of_level("mv"):
        rest = [c for c in design.cables if c is not section and (not c["normally_open"] or _takes_over(c, section))]
        tree = spread(sources(design), rest, design.transformers)
        within = ids_of(section)
        for row in design.transformers:
            if row["mv"] not in tree.source:
                yield Breach("ring_missing", row["id"], within=ids_of(row) | within)
        if not section["normally_open"]:
            yield from _limits(physics, tree, beside, within)
    yield from _supplies(physics)


def _takes_over(cable: Row, section: Row) -> bool:
    return bool(cable["ring_id"] == section["ring_id"] and not section["normally_open"])


def _supplies(physics: Physics) -> Iterator[Breach]:
    """With a supply point out, its transformers are fed by another, within that one's capacity."""
    design = physics.design
    for supply in sources(design):
        rings = {c["ring_id"] for c in design.of_level("mv") if supply in (c["from_node"], c["to_node"])}
        cables = [c for c in design.cables if not c["normally_open"] or c["ring_id"] in rings]
        cables = [c for c in cables if c["level"] != "mv" or supply not in (c["from_node"], c["to_node"])]
        tree = spread([other for other in sources(design) if other != supply], cables, design.transformers)
        within = frozenset({supply, supply.removeprefix("S-")}) | rings
        for row in design.transformers:
            if row["mv"] not in tree.source:
                yield Breach("n1_unsupplied", row["id"], within=within | ids_of(row))
        if tree.order:
            yield from _capacity(physics, tree, within)


def _capacity(physics: Physics, tree: Tree, within: frozenset[str]) -> Iterator[Breach]:
    state = flow(physics, tree, coincident_state(physics, tree))
    if state.converged:
        for breach in supply_capacity(physics, tree, state, "supply_capacity_n1"):
            yield Breach(breach.code, breach.subject, breach.value, breach.limit, breach.within | within)


def _limits(physics: Physics, tree: Tree, beside: dict[str, int], within: frozenset[str]) -> Iterator[Breach]:
    limits = physics.tables.limits
    state = flow(physics, tree, coincident_state(physics, tree))
    if not state.converged:
        yield Breach("voltage_low_n1", "all", within=within | {row["plot_id"] for row in physics.design.plots})
    yield from _currents(physics, tree, state, beside, within)
    drop = drops_pct(physics, tree)
    for row in physics.design.transformers:
        if drop.get(row["mv"], 0.0) > limits["mv_drop_n1_limit_pct"] * ROUNDING:
            yield Breach("mv_drop_n1", row["id"], drop[row["mv"]], limits["mv_drop_n1_limit_pct"], ids_of(row) | within)
    for plot in physics.design.plots:
        volts = abs(state.volts_pu.get(f"P-{plot['plot_id']}", 1.0))
        if volts < limits["lv_voltage_min_n1_pu"] - VOLTAGE_ROUNDING:
            lowest = limits["lv_voltage_min_n1_pu"]
            yield Breach("voltage_low_n1", plot["plot_id"], volts, lowest, ids_of(plot) | within)
    for breach in supply_capacity(physics, tree, state, "supply_capacity_n1"):
        yield Breach(breach.code, breach.subject, breach.value, breach.limit, breach.within | within)


def _currents(
    physics: Physics, tree: Tree, state: Flow, beside: dict[str, int], within: frozenset[str]
) -> Iterator[Breach]:
    share = physics.tables.limits["mv_loading_n1_limit_pct"] / 100.0
    below = physics.groups(tree)
    for node, (_, cable) in tree.feeder.items():
        if physics.is_transformer(cable) or cable["level"] != "mv":
            continue
        current = amperes(physics, cable, abs(power(below[node]) + state.lost_kva[node]), abs(state.volts_pu[node]))
        most = rating_a(physics, cable, beside[cable["id"]]) * share
        if current > most * ROUNDING:
            yield Breach("mv_overload_n1", cable["id"], current, most, ids_of(cable) | within)
