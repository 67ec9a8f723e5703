"""The state of the search: areas, rings and trenches as arrays, with what one ring costs.

Every figure that the search compares is a sum over what stands here, so that a move's effect is exact: areas and rings
add their own cost, and each street edge adds its trench once, however many cables lie in it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from rasana.planning.ways import EDGES_MAX, MEMBERS_MAX, Floats, Ground, Ints, Workspace, shortest_between

LINK_EDGES_MAX = 2048
"""Street pieces one ring section may run along."""


class RingRules(NamedTuple):
    """MV cables that withstand the fault level (ascending), limits and prices of the rings."""

    cable_r: Floats
    cable_x: Floats
    cable_ampacity_a: Floats
    cable_price: Floats
    grouping: Floats
    voltage_v: float
    normal_limit: float
    outage_limit: float
    drop_limit_pu: float
    drop_outage_limit_pu: float
    transformers_max: int
    kva_max: float
    ring_price: float
    loss_price_per_kw: float
    outage_price_per_kw_m: float
    route_price_per_m: float
    penalty: float


class Plan(NamedTuple):
    """One whole design. Areas are rows (``root`` -1: free row), rings likewise (``ring_size`` 0: free row).

    ``ring_areas`` holds a ring's areas in order from ``ring_from`` to ``ring_to`` (nodes of supply points); its
    sections run along ``links``. ``used`` counts who digs on an edge, ``cables`` the cables that lie there; ``trench``
    is their price.
    """

    root: Ints
    transformer: Ints
    member_count: Ints
    members: Ints
    area_of: Ints
    edge_count: Ints
    edges: Ints
    edge_cables: Ints
    cost: Floats
    excess: Floats
    estimate: Floats
    sums: Floats
    limit_scale: Floats
    ring_of: Ints
    ring_size: Ints
    ring_areas: Ints
    ring_from: Ints
    ring_to: Ints
    ring_cost: Floats
    ring_excess: Floats
    ring_type: Ints
    ring_open: Ints
    link_count: Ints
    links: Ints
    link_m: Floats
    used: Ints
    cables: Ints
    trench: Floats
    is_root: Ints


def make_plan(nodes: int, edges: int, areas: int, rings: int, ring_areas: int) -> Plan:
    """An empty plan with room for so many areas and rings, each ring of ``ring_areas`` areas at most."""

    def ints(*shape: int) -> Ints:
        return np.zeros(shape, np.int64)

    def none(*shape: int) -> Ints:
        return np.full(shape, -1, np.int64)

    return Plan(
        root=none(areas), transformer=none(areas), member_count=ints(areas), members=ints(areas, MEMBERS_MAX),
        area_of=none(nodes), edge_count=ints(areas), edges=ints(areas, EDGES_MAX), edge_cables=ints(areas, EDGES_MAX),
        cost=np.zeros(areas), excess=np.zeros(areas), estimate=np.zeros(areas), sums=np.zeros((areas, 5)),
        limit_scale=np.ones(areas),
        ring_of=none(areas), ring_size=ints(rings), ring_areas=none(rings, ring_areas),
        ring_from=none(rings), ring_to=none(rings),
        ring_cost=np.zeros(rings), ring_excess=np.zeros(rings), ring_type=ints(rings), ring_open=ints(rings),
        link_count=ints(rings, ring_areas + 1), links=ints(rings, ring_areas + 1, LINK_EDGES_MAX),
        link_m=np.zeros((rings, ring_areas + 1)), used=ints(edges), cables=ints(edges), trench=np.zeros(1),
        is_root=ints(nodes),
    )  # fmt: skip


def copy_plan(plan: Plan) -> Plan:
    """An independent copy."""
    return Plan._make(column.copy() for column in plan)


@njit(cache=True)
def lay(plan: Plan, ground: Ground, edges: Ints, cables: Ints) -> None:
    """One more digger on each of ``edges`` with so many cables; the first pays the trench.

    Columns stand in names of their own here and in other loops: numba counts references at each use of a tuple's.
    """
    used, lying, price = plan.used, plan.cables, ground.trench_price
    paid = 0.0
    for place in range(edges.size):
        edge = edges[place]
        if used[edge] == 0:
            paid += price[edge]
        used[edge] += 1
        lying[edge] += cables[place]
    plan.trench[0] += paid


@njit(cache=True)
def lift(plan: Plan, ground: Ground, edges: Ints, cables: Ints) -> None:
    """One digger less on each of ``edges``."""
    used, lying, price = plan.used, plan.cables, ground.trench_price
    saved = 0.0
    for place in range(edges.size):
        edge = edges[place]
        used[edge] -= 1
        lying[edge] -= cables[place]
        if used[edge] == 0:
            saved += price[edge]
    plan.trench[0] -= saved


@njit(cache=True)
def lift_link(plan: Plan, ground: Ground, ring: int, place: int) -> None:
    """Take a ring section out of its trench."""
    count = plan.link_count[ring, place]
    lift(plan, ground, plan.links[ring, place, :count], np.ones(count, np.int64))
    plan.link_count[ring, place] = 0
    plan.link_m[ring, place] = 0.0


@njit(cache=True)
def ring_node(plan: Plan, ring: int, place: int) -> int:
    """Graph node before section ``place``: first supply point, then transformers, then last supply point."""
    if place < 0:
        return int(plan.ring_from[ring])
    if place >= plan.ring_size[ring]:
        return int(plan.ring_to[ring])
    return int(plan.root[plan.ring_areas[ring, place]])


@njit(cache=True)
def lay_link(
    plan: Plan, ground: Ground, work: Workspace, rules: RingRules, ring: int, place: int, start: int, end: int
) -> bool:
    """Lay section ``place`` of a ring the cheapest way from ``start`` to ``end``; a trench already dug is free."""
    plan.link_count[ring, place] = 0
    plan.link_m[ring, place] = 0.0
    if not shortest_between(ground, work, start, end, rules.route_price_per_m, plan.used):
        return False
    link, before, before_edge, length_m = plan.links[ring, place], work.before, work.before_edge, ground.length_m
    node = end
    count = 0
    length = 0.0
    while node != start:
        if count >= LINK_EDGES_MAX:
            return False
        edge = before_edge[node]
        link[count] = edge
        length += length_m[edge]
        count += 1
        node = before[node]
    for step in range(count // 2):
        other = count - 1 - step
        link[step], link[other] = link[other], link[step]
    lay(plan, ground, link[:count], np.ones(count, np.int64))
    plan.link_count[ring, place] = count
    plan.link_m[ring, place] = length
    return True


@njit(cache=True)
def _half(
    sums: Floats, length: Floats, order: Ints, r: float, x: float, rules: RingRules
) -> tuple[float, float, float, float, float]:
    """A chain of areas fed from one end.

    Returns current at its head (A), drop at its end (pu), recurring loss (kW), length (m) and mean power (kW).
    ``order`` are rows of ``sums`` from the source outwards, ``length`` the sections before them.
    """
    volts = rules.voltage_v
    a = 0.0
    b2 = 0.0
    qa = 0.0
    qb2 = 0.0
    mean_kw = 0.0
    drop = 0.0
    loss = 0.0
    reach = 0.0
    head = 0.0
    for place in range(order.size - 1, -1, -1):
        row = order[place]
        a += sums[row, 0]
        b2 += sums[row, 1]
        qa += sums[row, 2]
        qb2 += sums[row, 3]
        mean_kw += sums[row, 4]
        active = a + np.sqrt(b2)
        reactive = qa + np.sqrt(qb2)
        head = np.hypot(active, reactive) * 1000.0 / (np.sqrt(3.0) * volts)
        drop += (active * r + reactive * x) * 1000.0 * length[place] / volts**2
        loss += (a**2 + qa**2) * 1e3 / volts**2 * r * length[place]
        reach += length[place]
    return head, drop, loss, reach, mean_kw


@njit(cache=True)
def price_ring(plan: Plan, rules: RingRules, ring: int) -> None:
    """Choose cable and open point of a ring and write its cost and its excess over limits; trenches are not in it."""
    size = plan.ring_size[ring]
    plan.ring_cost[ring] = 0.0
    plan.ring_excess[ring] = 0.0
    if size == 0:
        return
    most = 1
    total_m = 0.0
    links, cables = plan.links[ring], plan.cables
    for place in range(size + 1):
        total_m += plan.link_m[ring, place]
        for step in range(plan.link_count[ring, place]):
            most = max(most, cables[links[place, step]])
    grouping = rules.grouping[min(most, rules.grouping.size - 1)]
    forward = plan.ring_areas[ring, :size]
    ahead = plan.link_m[ring, :size]
    backward = forward[::-1].copy()
    behind = plan.link_m[ring, 1 : size + 1][::-1].copy()
    best = np.inf
    for row in range(rules.cable_r.size):
        r, x = rules.cable_r[row], rules.cable_x[row]
        limit = rules.cable_ampacity_a[row] * grouping
        current, drop_a, _, _, _ = _half(plan.sums, ahead, forward, r, x, rules)
        _, drop_b, _, _, _ = _half(plan.sums, behind, backward, r, x, rules)
        over = max(0.0, current / (limit * rules.outage_limit) - 1.0)
        over += max(0.0, max(drop_a, drop_b) / rules.drop_outage_limit_pu - 1.0)
        kva = current * np.sqrt(3.0) * rules.voltage_v / 1000.0
        over += max(0.0, kva / rules.kva_max - 1.0) + max(0.0, size / rules.transformers_max - 1.0)
        fixed = rules.cable_price[row] * total_m + rules.ring_price
        for cut in range(size + 1):
            near = _half(plan.sums, ahead[:cut], forward[:cut], r, x, rules)
            far = _half(plan.sums, behind[: size - cut], backward[: size - cut], r, x, rules)
            beyond = max(0.0, max(near[0], far[0]) / (limit * rules.normal_limit) - 1.0)
            beyond += max(0.0, max(near[1], far[1]) / rules.drop_limit_pu - 1.0)
            running = (near[2] + far[2]) * rules.loss_price_per_kw
            dead = plan.link_m[ring, cut]
            for end in range(2):
                outage = (near[3] + dead * end) * near[4] + (far[3] + dead * (1 - end)) * far[4]
                cost = fixed + running + outage * rules.outage_price_per_kw_m + (over + beyond) * rules.penalty
                if cost < best:
                    best = cost
                    plan.ring_type[ring] = row
                    plan.ring_open[ring] = 2 * cut + end
                    plan.ring_excess[ring] = over + beyond
    plan.ring_cost[ring] = best


@njit(cache=True)
def total_cost(plan: Plan) -> float:
    """What the whole plan costs, penalties of excess included; constants such as services are not in it."""
    total = float(plan.trench[0])
    for area in range(plan.root.size):
        if plan.root[area] >= 0:
            total += plan.cost[area]
    for ring in range(plan.ring_size.size):
        if plan.ring_size[ring] > 0:
            total += plan.ring_cost[ring]
    return total


@njit(cache=True)
def total_excess(plan: Plan) -> float:
    """Sum of all relative excess over limits; 0 where every limit of the search holds."""
    total = 0.0
    for area in range(plan.root.size):
        if plan.root[area] >= 0:
            total += plan.excess[area]
    for ring in range(plan.ring_size.size):
        if plan.ring_size[ring] > 0:
            total += plan.ring_excess[ring]
    return total
