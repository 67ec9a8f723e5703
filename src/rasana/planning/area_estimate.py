"""A quick estimate of an area's cost from its tree alone, to tell moves that can't pay from those worth a design.

Limits of drop, fuses and fault loops are left out, and a street piece carries as many equal cables as its current asks
for. So the estimate lies below what ``area.evaluate`` finds, but changes from one area to its neighbour as that does.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from rasana.planning.area import first_guess
from rasana.planning.sections import Load, Rules, Types
from rasana.planning.ways import Floats, Ints, Workspace

CABLES_MAX = 8
"""Most cables side by side that are tried on a street piece."""


@njit(cache=True)
def _gather_sums(work: Workspace, load: Load, size: int) -> None:
    """Coincidence sums and mean kW behind each node of the tree, into the first rows of the sections' memory."""
    tree_node, tree_member, section_sums = work.tree_node, work.tree_member, work.section_sums
    section_flow, tree_parent, tree_length = work.section_flow, work.tree_parent, work.tree_length
    active_a, active_b2, reactive_a = load.active_a, load.active_b2, load.reactive_a
    reactive_b2, mean_kw = load.reactive_b2, load.mean_kw
    for place in range(size):
        node = tree_node[place]
        own = tree_member[place] == 1
        section_sums[place, 0] = active_a[node] if own else 0.0
        section_sums[place, 1] = active_b2[node] if own else 0.0
        section_sums[place, 2] = reactive_a[node] if own else 0.0
        section_sums[place, 3] = reactive_b2[node] if own else 0.0
        section_flow[place, 0] = mean_kw[node] if own else 0.0
        section_flow[place, 1] = 0.0
    for place in range(size - 1, 0, -1):
        parent = tree_parent[place]
        for column in range(4):
            section_sums[parent, column] += section_sums[place, column]
        section_flow[parent, 0] += section_flow[place, 0]
        section_flow[place, 1] += tree_length[place] - tree_length[parent]
        section_flow[parent, 1] += section_flow[place, 1]


@njit(cache=True)
def _cheapest(current: float, recurring: float, outside: int, cable_price: Floats, cable_r: Floats,
              cable_ampacity_a: Floats, grouping: Floats) -> tuple[float, int]:  # fmt: skip
    """Cheapest cables, per metre over their life, that carry ``current`` (A) beside ``outside`` others; how many."""
    last = cable_r.size - 1
    best = np.inf
    count = 1
    cables = 1
    while cables <= CABLES_MAX and best == np.inf:
        share = current / (cables * grouping[min(outside + cables, grouping.size - 1)])
        for row in range(last + 1):
            if cable_ampacity_a[row] >= share or (cables == CABLES_MAX and row == last):
                dear = cables * cable_price[row] + recurring * cable_r[row] / cables
                if dear < best:
                    best, count = dear, cables
        cables += 1
    return best, count


@njit(cache=True)
def estimate_area(work: Workspace, load: Load, types: Types, rules: Rules, size: int, members: Ints,
                  outside_cables: Ints) -> float:  # fmt: skip
    """Cost without trenches of the area whose tree of ``size`` nodes stands in ``work``; its sections are overwritten.

    A load too large for any transformer or site counts with its penalty.
    """
    tree_node, section_sums, tree_edge = work.tree_node, work.section_sums, work.tree_edge
    tree_parent, tree_length, section_flow = work.tree_parent, work.tree_length, work.section_flow
    active_a, direct_active_a, reactive_a = load.active_a, load.direct_active_a, load.reactive_a
    direct_reactive_a, mean_kw, direct_mean_kw = load.direct_reactive_a, load.mean_kw, load.direct_mean_kw
    cable_price, cable_r, cable_ampacity_a = types.cable_price, types.cable_r, types.cable_ampacity_a
    grouping, transformer_kva, transformer_price = types.grouping, types.transformer_kva, types.transformer_price
    transformer_no_load_kw, transformer_load_kw = types.transformer_no_load_kw, types.transformer_load_kw
    root = tree_node[0]
    _gather_sums(work, load, size)
    to_ampere = 1000.0 / (np.sqrt(3.0) * rules.voltage_v) * rules.current_margin
    to_loss = 1000.0 / rules.voltage_v**2 * rules.loss_price_per_kw
    cost = 0.0
    for place in range(1, size):
        a, qa = section_sums[place, 0], section_sums[place, 2]
        current = np.hypot(a + np.sqrt(section_sums[place, 1]), qa + np.sqrt(section_sums[place, 3])) * to_ampere
        dear, count = _cheapest(
            current, (a * a + qa * qa) * to_loss, outside_cables[tree_edge[place]], cable_price,
            cable_r, cable_ampacity_a, grouping,
        )  # fmt: skip
        parent = tree_parent[place]
        cost += dear * (tree_length[place] - tree_length[parent])
        if parent == 0:
            cost += count * rules.feeder_way_price
            cost += section_flow[place, 0] * section_flow[place, 1] / count * rules.lv_outage_price_per_kw_m
    chosen, over, _, _, ways = first_guess(load, root, members, types, rules)
    rating = transformer_kva[chosen]
    a, qa, mean = 0.0, 0.0, 0.0
    for node in members:
        a += active_a[node] + direct_active_a[node]
        qa += reactive_a[node] + direct_reactive_a[node]
        mean += mean_kw[node] + direct_mean_kw[node]
    cost += transformer_price[chosen] + transformer_no_load_kw[chosen] * rules.no_load_price_per_kw
    cost += transformer_load_kw[chosen] * (a * a + qa * qa) / rating**2 * rules.loss_price_per_kw
    cost += mean * rules.transformer_outage_price_per_kw + ways * rules.feeder_way_price + over * rules.penalty
    return float(cost)
