"""Local search on open rings: compiled moves that a larger search calls at every step.

Layout of a plan: ``rings`` is an integer matrix with one row a ring; ``size[r]`` entries of row r count. The first
and the last entry are supply points, those between are transformers; a row of size 2 is a ring that is not built and
costs nothing. The width of the matrix less 2 is the most transformers a ring may have. ``distance`` is symmetric and
holds what a connection costs; ``price`` is paid once a ring (its two cubicles).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Indices = NDArray[np.int64]

LONGEST_SEGMENT = 3
"""Transformers moved together at most; longer chains move by exchanging tails."""
TOLERANCE = 1e-9


@njit(cache=True)
def ring_cost(distance: Matrix, ring: Indices, size: int, price: float) -> float:
    """Cost of one ring: its connections and its price; 0 where it has no transformer."""
    if size <= 2:
        return 0.0
    total = price
    for i in range(size - 1):
        total += distance[ring[i], ring[i + 1]]
    return total


@njit(cache=True)
def rings_cost(distance: Matrix, rings: Indices, size: Indices, price: float) -> float:
    """Cost of all rings."""
    total = 0.0
    for r in range(rings.shape[0]):
        total += ring_cost(distance, rings[r], size[r], price)
    return total


@njit(cache=True)
def ring_load(load: Vector, ring: Indices, size: int) -> float:
    """Sum of the loads of one ring's transformers."""
    total = 0.0
    for i in range(1, size - 1):
        total += load[ring[i]]
    return total


@njit(cache=True)
def ring_insertion(
    distance: Matrix,
    load: Vector,
    rings: Indices,
    size: Indices,
    supplies: Indices,
    node: int,
    load_max: float,
    price: float,
    ends_differ: bool,
) -> tuple[float, int, int, int, int]:
    """Cheapest place for one more transformer.

    Returns (added cost, ring, position, start, end): put ``node`` before entry ``position`` of the ring, whose ends are
    then ``start`` and ``end``. The added cost is infinite where no ring has room.
    """
    best, best_ring, best_position = np.inf, -1, -1
    start, end = -1, -1
    width = rings.shape[1]
    seen_empty = False
    for r in range(rings.shape[0]):
        m = size[r]
        if m >= width or ring_load(load, rings[r], m) + load[node] > load_max + TOLERANCE:
            continue
        if m == 2:
            if seen_empty:
                continue
            seen_empty = True
            added, first, last = cheapest_ends(distance, supplies, node, node, ends_differ)
            if added + price < best - TOLERANCE:
                best, best_ring, best_position, start, end = added + price, r, 1, first, last
            continue
        for i in range(1, m):
            before, after = rings[r, i - 1], rings[r, i]
            added = distance[before, node] + distance[node, after] - distance[before, after]
            if added < best - TOLERANCE:
                best, best_ring, best_position, start, end = added, r, i, rings[r, 0], rings[r, m - 1]
    return best, best_ring, best_position, start, end


@njit(cache=True)
def cheapest_ends(
    distance: Matrix, supplies: Indices, first: int, last: int, ends_differ: bool
) -> tuple[float, int, int]:
    """Cheapest supply points for a ring whose outer transformers are ``first`` and ``last``: (cost, start, end)."""
    best, start, end = np.inf, supplies[0], supplies[-1]
    for a in supplies:
        for b in supplies:
            if ends_differ and a == b:
                continue
            cost = distance[a, first] + distance[last, b]
            if cost < best - TOLERANCE:
                best, start, end = cost, a, b
    return best, start, end


@njit(cache=True)
def insert(rings: Indices, size: Indices, r: int, position: int, node: int, start: int, end: int) -> None:
    """Put one transformer into a ring, in place; arguments as :func:`ring_insertion` returns them."""
    for i in range(size[r], position, -1):
        rings[r, i] = rings[r, i - 1]
    rings[r, position] = node
    size[r] += 1
    rings[r, 0] = start
    rings[r, size[r] - 1] = end


@njit(cache=True)
def remove(rings: Indices, size: Indices, r: int, position: int) -> None:
    """Take one transformer out of a ring, in place."""
    for i in range(position, size[r] - 1):
        rings[r, i] = rings[r, i + 1]
    size[r] -= 1


@njit(cache=True)
def _reverse(ring: Indices, first: int, last: int) -> None:
    while first < last:
        ring[first], ring[last] = ring[last], ring[first]
        first += 1
        last -= 1


@njit(cache=True)
def _improve_within(distance: Matrix, ring: Indices, size: int) -> float:
    """Reverse stretches and move short segments inside one ring until neither helps; returns the saving."""
    saved = 0.0
    better = True
    while better:
        better = False
        for i in range(1, size - 2):
            for j in range(i + 1, size - 1):
                old = distance[ring[i - 1], ring[i]] + distance[ring[j], ring[j + 1]]
                new = distance[ring[i - 1], ring[j]] + distance[ring[i], ring[j + 1]]
                if new < old - TOLERANCE:
                    _reverse(ring, i, j)
                    saved += old - new
                    better = True
        gain = _move_segment(distance, ring, size)
        if gain > 0.0:
            saved += gain
            better = True
    return saved


@njit(cache=True)
def _move_segment(distance: Matrix, ring: Indices, size: int) -> float:
    """First helpful move of a segment to another place of its ring (rotation by reversals, either way round)."""
    for i in range(1, size - 1):
        for j in range(i, min(i + LONGEST_SEGMENT, size - 1)):
            out = distance[ring[i - 1], ring[i]] + distance[ring[j], ring[j + 1]] - distance[ring[i - 1], ring[j + 1]]
            if out <= TOLERANCE:
                continue
            for k in range(size - 1):
                if i - 1 <= k <= j:
                    continue
                a, b = ring[k], ring[k + 1]
                straight = distance[a, ring[i]] + distance[ring[j], b] - distance[a, b]
                turned = distance[a, ring[j]] + distance[ring[i], b] - distance[a, b]
                if min(straight, turned) < out - TOLERANCE:
                    _shift(ring, i, j, k, turned < straight)
                    return float(out - min(straight, turned))
    return 0.0


@njit(cache=True)
def _shift(ring: Indices, i: int, j: int, k: int, turned: bool) -> None:
    """Move entries i..j between entries k and k + 1."""
    length = j - i + 1
    if k > j:
        _reverse(ring, i, j)
        _reverse(ring, j + 1, k)
        _reverse(ring, i, k)
        first = k - length + 1
    else:
        _reverse(ring, k + 1, i - 1)
        _reverse(ring, i, j)
        _reverse(ring, k + 1, j)
        first = k + 1
    if turned:
        _reverse(ring, first, first + length - 1)


@njit(cache=True)
def _exchange_gain(
    distance: Matrix,
    rings: Indices,
    size: Indices,
    supplies: Indices,
    r: int,
    i: int,
    p: int,
    s: int,
    j: int,
    q: int,
    price: float,
    ends_differ: bool,
) -> tuple[float, int, int, bool, bool]:
    """Saving by exchanging p entries of ring r from i with q of ring s from j.

    Returns (saving, ends of ring s then, whether the p entries turn round, whether the q entries do).
    """
    first, last, before, after = rings[r, i], rings[r, i + p - 1], rings[r, i - 1], rings[r, i + p]
    left, right, start, end = rings[s, j - 1], rings[s, j + q], rings[s, 0], rings[s, size[s] - 1]
    old = distance[before, first] + distance[last, after]
    turn_in, turn_back = False, False
    if size[s] == 2:
        into, start, end = cheapest_ends(distance, supplies, first, last, ends_differ)
        into += price
    else:
        straight = distance[left, first] + distance[last, right]
        turned = distance[left, last] + distance[first, right]
        into, turn_in = min(straight, turned), turned < straight
        old += distance[left, right]
    if q > 0:
        head, tail = rings[s, j], rings[s, j + q - 1]
        old += distance[left, head] + distance[tail, right] - distance[left, right]
        straight = distance[before, head] + distance[tail, after]
        turned = distance[before, tail] + distance[head, after]
        fill, turn_back = min(straight, turned), turned < straight
    else:
        fill = -price if size[r] - p == 2 else distance[before, after]
    return old - into - fill, start, end, turn_in, turn_back


@njit(cache=True)
def _exchange(
    distance: Matrix,
    load: Vector,
    rings: Indices,
    size: Indices,
    loads: Vector,
    supplies: Indices,
    r: int,
    s: int,
    load_max: float,
    price: float,
    ends_differ: bool,
) -> float:
    """First helpful exchange of a segment of ring r with a shorter or empty one of ring s; returns the saving."""
    width = rings.shape[1]
    m, n = size[r], size[s]
    for i in range(1, m - 1):
        moved = 0.0
        for p in range(1, min(LONGEST_SEGMENT, m - 1 - i) + 1):
            moved += load[rings[r, i + p - 1]]
            for j in range(1, n):
                back = 0.0
                for q in range(min(p, n - 1 - j) + 1):
                    if q > 0:
                        back += load[rings[s, j + q - 1]]
                    if n + p - q > width or loads[s] + moved - back > load_max + TOLERANCE:
                        continue
                    if loads[r] - moved + back > load_max + TOLERANCE:
                        continue
                    gain, start, end, turn_in, turn_back = _exchange_gain(
                        distance, rings, size, supplies, r, i, p, s, j, q, price, ends_differ
                    )
                    if gain > TOLERANCE:
                        _swap(rings, size, r, i, p, s, j, q, turn_in, turn_back)
                        rings[s, 0], rings[s, size[s] - 1] = start, end
                        loads[r] += back - moved
                        loads[s] += moved - back
                        return float(gain)
    return 0.0


@njit(cache=True)
def _swap(
    rings: Indices,
    size: Indices,
    r: int,
    i: int,
    p: int,
    s: int,
    j: int,
    q: int,
    turn_in: bool,
    turn_back: bool,
) -> None:
    """Exchange p entries of ring r from i with q entries of ring s from j."""
    one, other = rings[r, : size[r]].copy(), rings[s, : size[s]].copy()
    _splice(rings, size, r, i, p, one, other[j : j + q], turn_back)
    _splice(rings, size, s, j, q, other, one[i : i + p], turn_in)


@njit(cache=True)
def _splice(
    rings: Indices, size: Indices, r: int, i: int, cut: int, old: Indices, piece: Indices, turned: bool
) -> None:
    """Write ``old`` with ``cut`` entries from i replaced by ``piece``."""
    length = piece.shape[0]
    for k in range(length):
        rings[r, i + k] = piece[length - 1 - k] if turned else piece[k]
    for k in range(i + cut, old.shape[0]):
        rings[r, k - cut + length] = old[k]
    size[r] = old.shape[0] - cut + length


@njit(cache=True)
def _exchange_tails(
    distance: Matrix,
    load: Vector,
    rings: Indices,
    size: Indices,
    loads: Vector,
    r: int,
    s: int,
    load_max: float,
    price: float,
    ends_differ: bool,
) -> float:
    """First helpful exchange of everything behind a point of ring r with everything behind a point of ring s."""
    width = rings.shape[1]
    m, n = size[r], size[s]
    if ends_differ and (rings[r, 0] == rings[s, n - 1] or rings[s, 0] == rings[r, m - 1]):
        return 0.0
    head_r = 0.0
    for i in range(m - 1):
        head_r += load[rings[r, i]]
        head_s = 0.0
        for j in range(n - 1):
            head_s += load[rings[s, j]]
            new_m, new_n = i + n - j, j + m - i
            if max(new_m, new_n) > width:
                continue
            load_r, load_s = head_r + loads[s] - head_s, head_s + loads[r] - head_r
            if max(load_r, load_s) > load_max + TOLERANCE:
                continue
            old = distance[rings[r, i], rings[r, i + 1]] + distance[rings[s, j], rings[s, j + 1]]
            new = -price if new_m == 2 else distance[rings[r, i], rings[s, j + 1]]
            new += -price if new_n == 2 else distance[rings[s, j], rings[r, i + 1]]
            if new < old - TOLERANCE:
                one, other = rings[r, :m].copy(), rings[s, :n].copy()
                _splice(rings, size, r, i + 1, m - i - 1, one, other[j + 1 :], False)
                _splice(rings, size, s, j + 1, n - j - 1, other, one[i + 1 :], False)
                loads[r], loads[s] = load_r, load_s
                return float(old - new)
    return 0.0


@njit(cache=True)
def _improve_ends(
    distance: Matrix, rings: Indices, size: Indices, supplies: Indices, r: int, ends_differ: bool
) -> float:
    """Start and end ring r at the supply points that cost least; returns the saving."""
    m = size[r]
    cost, start, end = cheapest_ends(distance, supplies, rings[r, 1], rings[r, m - 2], ends_differ)
    saved = distance[rings[r, 0], rings[r, 1]] + distance[rings[r, m - 2], rings[r, m - 1]] - cost
    if saved <= TOLERANCE:
        return 0.0
    rings[r, 0], rings[r, m - 1] = start, end
    return float(saved)


@njit(cache=True)
def improve(
    distance: Matrix,
    load: Vector,
    rings: Indices,
    size: Indices,
    supplies: Indices,
    load_max: float,
    price: float,
    ends_differ: bool,
) -> float:
    """Better the rings in place until no move helps; returns the saving (>= 0).

    Moves: reversal and segment shift inside a ring, exchange of segments (up to 3 for 0 to 3) and of tails between two
    rings, other supply points at the ends. ``load`` has an entry a row of ``distance`` (0 at supply points). Rings that
    keep to ``load_max`` and to the width before do so after. One spare row of size 2 lets a further ring open.
    """
    count = rings.shape[0]
    loads = np.zeros(count)
    for r in range(count):
        loads[r] = ring_load(load, rings[r], size[r])
    saved = 0.0
    better = True
    while better:
        better = False
        before = saved
        for r in range(count):
            if size[r] > 2:
                saved += _improve_within(distance, rings[r], size[r])
                saved += _improve_ends(distance, rings, size, supplies, r, ends_differ)
        for r in range(count):
            for s in range(count):
                if r == s or size[r] == 2:
                    continue
                saved += _exchange(distance, load, rings, size, loads, supplies, r, s, load_max, price, ends_differ)
                if r < s and size[r] > 2 and size[s] > 2:
                    gain = _exchange_tails(distance, load, rings, size, loads, r, s, load_max, price, ends_differ)
                    if gain == 0.0:
                        _reverse(rings[s], 0, size[s] - 1)
                        gain = _exchange_tails(distance, load, rings, size, loads, r, s, load_max, price, ends_differ)
                    saved += gain
        better = saved > before + TOLERANCE
    return saved
