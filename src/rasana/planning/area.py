"""One transformer's area as a whole: tree, feeders, sections and transformer, with its cost over life."""

from __future__ import annotations

import numpy as np
from numba import njit

from rasana.planning.section_sizing import price, size_and_price
from rasana.planning.sections import Load, Rules, Types, arrange
from rasana.planning.ways import Ground, Ints, Workspace, grow_tree

NO_LOAD_CURRENT = 0.003
"""Magnetising current of the search's transformers; the power flow takes that of the type."""
SHARES_TRIED = 7
"""How many numbers of cables side by side are tried for an area."""


@njit(cache=True)
def _primary_kva(active: float, reactive: float, row: int, types: Types, rules: Rules) -> float:
    """Power that a transformer draws for a load at its board: its own losses and reactive power with it."""
    rating = types.transformer_kva[row]
    square = (active**2 + reactive**2) / rating
    leak = types.transformer_x[row] * 1000.0 / rules.voltage_v**2 * rating
    drawn = active + types.transformer_no_load_kw[row] + types.transformer_load_kw[row] * square / rating
    return float(np.hypot(drawn, reactive + leak * square + NO_LOAD_CURRENT * rating))


@njit(cache=True)
def _choose_transformer(
    active: float, reactive: float, mean_kva: float, site_limit_kva: float, types: Types, rules: Rules
) -> int:
    """Transformer of least life-cycle cost that carries the peak, or -1; ``mean_kva`` is the load that recurs daily."""
    best = -1
    best_price = np.inf
    for row in range(types.transformer_kva.size):
        rating = types.transformer_kva[row]
        if rating > site_limit_kva or rating * rules.transformer_limit < _primary_kva(
            active, reactive, row, types, rules
        ):
            continue
        price = types.transformer_price[row] + types.transformer_no_load_kw[row] * rules.no_load_price_per_kw
        price += types.transformer_load_kw[row] * (mean_kva / rating) ** 2 * rules.loss_price_per_kw
        if price < best_price:
            best, best_price = row, price
    return best


@njit(cache=True)
def area_sums(load: Load, members: Ints) -> tuple[float, float, float, float, float]:
    """Coincidence sums and mean power (kW) of everything that hangs on ``members``."""
    active_a, direct_active_a, active_b2 = load.active_a, load.direct_active_a, load.active_b2
    direct_active_b2, reactive_a, direct_reactive_a = load.direct_active_b2, load.reactive_a, load.direct_reactive_a
    reactive_b2, direct_reactive_b2, mean_kw = load.reactive_b2, load.direct_reactive_b2, load.mean_kw
    direct_mean_kw = load.direct_mean_kw
    a = 0.0
    b2 = 0.0
    qa = 0.0
    qb2 = 0.0
    mean = 0.0
    for node in members:
        a += active_a[node] + direct_active_a[node]
        b2 += active_b2[node] + direct_active_b2[node]
        qa += reactive_a[node] + direct_reactive_a[node]
        qb2 += reactive_b2[node] + direct_reactive_b2[node]
        mean += mean_kw[node] + direct_mean_kw[node]
    return a, b2, qa, qb2, mean


@njit(cache=True)
def _tightened(rules: Rules, scale: float) -> Rules:
    return Rules(
        rules.voltage_v, rules.drop_limit_pu * scale, rules.current_margin / scale, rules.loop_voltage_v * scale,
        rules.source_r, rules.source_x, rules.transformer_limit * scale, rules.feeders_max, rules.loss_price_per_kw,
        rules.no_load_price_per_kw, rules.lv_outage_price_per_kw_m, rules.transformer_outage_price_per_kw,
        rules.feeder_way_price, rules.route_price_per_m, rules.penalty,
    )  # fmt: skip


@njit(cache=True)
def evaluate(ground: Ground, load: Load, types: Types, rules: Rules, work: Workspace, root: int, members: Ints,
             used: Ints, outside_cables: Ints, limit_scale: float) -> tuple[float, float, int, int, int]:  # fmt: skip
    """Design one area: tree, feeders, sections and transformer; the best of a few ways to share cables.

    ``used`` and ``outside_cables`` count, per edge, who else digs and how many cables of others lie there.
    ``limit_scale`` (at most 1) tightens drop and current for areas where the AC power flow found more than the linear
    sums do.

    Returns (cost without trenches, excess over limits, row of the transformer, nodes of the tree, sections). The
    excess is 0 where every limit holds; the tree and the sections are left in ``work``. The cost includes the penalty
    of the excess.
    """
    size = grow_tree(ground, work, root, members, rules.route_price_per_m, used)
    if size < 0:
        return np.inf, np.inf, -1, 0, 0
    if limit_scale < 1.0:
        rules = _tightened(rules, limit_scale)
    guess, over, zt_r, zt_x, ways = first_guess(load, root, members, types, rules)
    best_cost = np.inf
    best_share = 0
    best_count = 0
    share = _least_share(ground, load, types, rules, root, members)
    most = share + SHARES_TRIED
    while share < most:
        cap_a = types.cable_ampacity_a[types.cable_r.size - 1] * types.grouping[min(share, types.grouping.size - 1)]
        count = arrange(work, load, size, cap_a, zt_r, zt_x, types, rules)
        if count >= 0:
            excess, cost = size_and_price(work, load, count, ways, zt_r, zt_x, outside_cables, types, rules)
            if cost < best_cost:
                best_cost, best_share, best_count = cost, share, count
            if excess == 0.0:
                break
            # Pack again for as many cables as really lie side by side; where that was done, others are in the way.
            fullest = _fullest(work, size, outside_cables)
            if fullest <= share:
                break
            share = max(share, fullest - 1)
        share += 1
    if best_share == 0:
        return np.inf, np.inf, -1, 0, 0
    if best_share != share:
        cap_a = (
            types.cable_ampacity_a[types.cable_r.size - 1] * types.grouping[min(best_share, types.grouping.size - 1)]
        )
        best_count = arrange(work, load, size, cap_a, zt_r, zt_x, types, rules)
        excess, best_cost = size_and_price(work, load, best_count, ways, zt_r, zt_x, outside_cables, types, rules)
    chosen, cost, over = _with_transformer(work, load, best_count, root, members, over, guess, best_cost, types, rules)
    return cost, excess + over, chosen, size, best_count


@njit(cache=True)
def _fullest(work: Workspace, size: int, outside_cables: Ints) -> int:
    """Most cables, others' with them, on any street piece of the tree."""
    tree_cables, tree_edge = work.tree_cables, work.tree_edge
    most = 1
    for node in range(1, size):
        most = max(most, tree_cables[node] + outside_cables[tree_edge[node]])
    return most


@njit(cache=True)
def _least_share(ground: Ground, load: Load, types: Types, rules: Rules, root: int, members: Ints) -> int:
    """Fewest cables side by side with which all current can leave the root: more ways out, fewer in each."""
    a, b2, qa, qb2, _ = area_sums(load, members)
    active = a + np.sqrt(b2) - load.active_a[root] - load.direct_active_a[root]
    reactive = qa + np.sqrt(qb2) - load.reactive_a[root] - load.direct_reactive_a[root]
    current = np.hypot(max(active, 0.0), max(reactive, 0.0)) * 1000.0 / (np.sqrt(3.0) * rules.voltage_v)
    ways_out = ground.first[root + 1] - ground.first[root]
    largest = types.cable_ampacity_a[types.cable_r.size - 1]
    share = 1
    while share < rules.feeders_max and share * largest * types.grouping[share] * ways_out < current:
        share += 1
    return share


@njit(cache=True)
def _with_transformer(work: Workspace, load: Load, count: int, root: int, members: Ints, over: float, guess: int,
                      cost: float, types: Types, rules: Rules) -> tuple[int, float, float]:  # fmt: skip
    """Transformer for the peak with its cables' losses; ``cost`` grows by all that stands at the root."""
    a, b2, qa, qb2, mean_kw = area_sums(load, members)
    _, loss_kw = price(work, load, count, types, rules)
    active, reactive, mean_kva = a + np.sqrt(b2) + loss_kw, qa + np.sqrt(qb2), np.hypot(a, qa)
    chosen = max(_choose_transformer(active, reactive, mean_kva, load.site_limit_kva[root], types, rules), guess)
    rating = types.transformer_kva[chosen]
    cost += types.transformer_price[chosen] + types.transformer_no_load_kw[chosen] * rules.no_load_price_per_kw
    cost += types.transformer_load_kw[chosen] * (mean_kva / rating) ** 2 * rules.loss_price_per_kw
    cost += mean_kw * rules.transformer_outage_price_per_kw
    cost += _ways_at(load, root, members) * rules.feeder_way_price
    over = max(over, _primary_kva(active, reactive, chosen, types, rules) / (rating * rules.transformer_limit) - 1.0)
    return chosen, cost + over * rules.penalty, over


@njit(cache=True)
def resize(load: Load, types: Types, rules: Rules, work: Workspace, members: Ints, count: int, outside_cables: Ints,
           limit_scale: float) -> tuple[float, float, int]:  # fmt: skip
    """Size the sections that stand in ``work`` anew for ``outside_cables``: tree and feeders stay as they are.

    Returns (cost without trenches, excess over limits, row of the transformer).
    """
    if limit_scale < 1.0:
        rules = _tightened(rules, limit_scale)
    root = work.tree_node[0]
    guess, over, zt_r, zt_x, ways = first_guess(load, root, members, types, rules)
    excess, cost = size_and_price(work, load, count, ways, zt_r, zt_x, outside_cables, types, rules)
    chosen, cost, over = _with_transformer(work, load, count, root, members, over, guess, cost, types, rules)
    return cost, excess + over, chosen


@njit(cache=True)
def _ways_at(load: Load, root: int, members: Ints) -> int:
    """Ways of the board for the plots that stand beside it, where they are this area's."""
    for member in members:
        if member == root:
            return int(load.direct_ways[root]) + (1 if load.active_a[root] > 0.0 else 0)
    return 0


@njit(cache=True)
def first_guess(
    load: Load, root: int, members: Ints, types: Types, rules: Rules
) -> tuple[int, float, float, float, int]:
    """Transformer before cable losses are known, excess over what may stand here, fault loop to its board, ways."""
    a, b2, qa, qb2, _ = area_sums(load, members)
    active, reactive = a + np.sqrt(b2), qa + np.sqrt(qb2)
    guess = _choose_transformer(active * 1.01, reactive, np.hypot(a, qa), load.site_limit_kva[root], types, rules)
    over = 0.0
    if guess < 0:
        guess = 0
        for row in range(types.transformer_kva.size):
            if types.transformer_kva[row] <= load.site_limit_kva[root]:
                guess = row
        over = (
            _primary_kva(active, reactive, guess, types, rules)
            / (types.transformer_kva[guess] * rules.transformer_limit)
            - 1.0
            + 0.02
        )
    for member in members:
        if load.anchored[member] == 1 and member != root:
            over += 10.0
    return (
        guess,
        over,
        types.transformer_r[guess] + rules.source_r,
        types.transformer_x[guess] + rules.source_x,
        _ways_at(load, root, members),
    )
