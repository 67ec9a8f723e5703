"""Changes to single rings of a plan: areas taken off, put on, and sections laid anew."""

from __future__ import annotations

from numba import njit

from rasana.planning.plan import Plan, RingRules, lay_link, lift_link, ring_node
from rasana.planning.ways import Ground, Workspace


@njit(cache=True)
def place_on_ring(plan: Plan, ring: int, area: int) -> int:
    """Place of an area on its ring, -1 where it is not there."""
    for place in range(plan.ring_size[ring]):
        if plan.ring_areas[ring, place] == area:
            return place
    return -1


@njit(cache=True)
def _shift_links(plan: Plan, ring: int, start: int, by: int) -> None:
    """Move the sections from ``start`` on by one place (``by`` 1 or -1), areas with them."""
    size = plan.ring_size[ring]
    if by > 0:
        for place in range(size, start - 1, -1):
            used = plan.link_count[ring, place]
            plan.link_count[ring, place + 1] = used
            plan.link_m[ring, place + 1] = plan.link_m[ring, place]
            plan.links[ring, place + 1, :used] = plan.links[ring, place, :used]
        plan.link_count[ring, start] = 0
        plan.link_m[ring, start] = 0.0
        for place in range(size - 1, start - 1, -1):
            plan.ring_areas[ring, place + 1] = plan.ring_areas[ring, place]
    else:
        for place in range(start, size):
            used = plan.link_count[ring, place + 1]
            plan.link_count[ring, place] = used
            plan.link_m[ring, place] = plan.link_m[ring, place + 1]
            plan.links[ring, place, :used] = plan.links[ring, place + 1, :used]
        plan.link_count[ring, size] = 0
        plan.link_m[ring, size] = 0.0
        for place in range(start, size - 1):
            plan.ring_areas[ring, place] = plan.ring_areas[ring, place + 1]


@njit(cache=True)
def take_off_ring(plan: Plan, ground: Ground, work: Workspace, rules: RingRules, ring: int, place: int) -> bool:
    """Close the ring past the area at ``place``."""
    lift_link(plan, ground, ring, place)
    lift_link(plan, ground, ring, place + 1)
    plan.ring_of[plan.ring_areas[ring, place]] = -1
    _shift_links(plan, ring, place, -1)
    plan.ring_size[ring] -= 1
    if plan.ring_size[ring] == 0:
        return True
    return lay_link(
        plan, ground, work, rules, ring, place, ring_node(plan, ring, place - 1), ring_node(plan, ring, place)
    )


@njit(cache=True)
def put_on_ring(
    plan: Plan, ground: Ground, work: Workspace, rules: RingRules, ring: int, place: int, area: int
) -> bool:
    """Insert an area before ``place``."""
    if plan.ring_size[ring] + 1 >= plan.ring_areas.shape[1]:
        return False
    if plan.ring_size[ring] > 0:
        lift_link(plan, ground, ring, place)
    _shift_links(plan, ring, place, 1)
    plan.ring_areas[ring, place] = area
    plan.ring_of[area] = ring
    plan.ring_size[ring] += 1
    return relay(plan, ground, work, rules, ring, place)


@njit(cache=True)
def relay(plan: Plan, ground: Ground, work: Workspace, rules: RingRules, ring: int, place: int) -> bool:
    """Lay both sections at an area anew."""
    lift_link(plan, ground, ring, place)
    lift_link(plan, ground, ring, place + 1)
    here = ring_node(plan, ring, place)
    if not lay_link(plan, ground, work, rules, ring, place, ring_node(plan, ring, place - 1), here):
        return False
    return lay_link(plan, ground, work, rules, ring, place + 1, here, ring_node(plan, ring, place + 1))
