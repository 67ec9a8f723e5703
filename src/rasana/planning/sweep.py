"""The compiled sweeps of the radial power flow: :data:`LANES` states side by side on one flat array.

The array holds, in this order: for each level of the tree the power that its branches draw (P and Q, a lane each), for each
node v = |V|^2 and the fall of v along its branch, and the profiles that the loads follow. One array with constant distances
lets the compiler prove that lanes do not touch each other, so that the loops over lanes become vector instructions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

LANES = 16
"""States that are swept side by side: a few vector registers a row, and small enough for the second-level cache."""
PAIR = 2 * LANES
"""Two figures of each lane: P and Q of a level, v and its fall of a node."""
SWEEPS_MAX = 100
"""A state that has not settled after so many sweeps has no solution, or is too near to collapse to be of use."""


class Columns(NamedTuple):
    """A grid in depth-first order behind one ideal source of 1 pu.

    ``row`` (own), ``above`` (feeding node) and ``level`` are places in the flat array; ``order`` is the caller's row.
    ``g`` is the branch's own shunt conductance, ``shunt_g`` and ``shunt_b`` are what stands at the node.
    """

    order: Ints
    row: Ints
    above: Ints
    level: Ints
    r: Floats
    x: Floats
    g: Floats
    shunt_g: Floats
    shunt_b: Floats
    ratio_squared: Floats


class Loads(NamedTuple):
    """Each node's load: a factor times a profile, whose first lane stands at ``active_at`` and ``reactive_at``."""

    active: Floats
    reactive: Floats
    active_at: Ints
    reactive_at: Ints


@njit(cache=True)
def flat_start(grid: Columns, work: Floats) -> None:
    """Every node at the source's voltage."""
    work[: grid.row[0]] = 0.0
    for node in range(-1, grid.row.size):
        place = grid.row[0] + PAIR * node
        work[place : place + LANES] = 1.0
        work[place + LANES : place + PAIR] = 0.0


@njit(cache=True, error_model="numpy")
def backward(grid: Columns, loads: Loads, work: Floats) -> None:
    """Sum the powers from the ends to the source and note each branch's fall of v."""
    work[PAIR : 2 * PAIR] = 0.0
    for node in range(grid.row.size - 1, -1, -1):
        own, at = grid.row[node], grid.level[node]
        p_at, q_at = loads.active_at[node], loads.reactive_at[node]
        if own < 0 or at < 0 or p_at < 0 or q_at < 0:
            continue  # never: it tells the compiler that no index counts from the end
        active, reactive = loads.active[node], loads.reactive[node]
        r, x, g, b = grid.r[node], grid.x[node], grid.shunt_g[node], grid.shunt_b[node]
        z_squared = r * r + x * x
        for w in range(LANES):
            v = work[own + w]
            p = work[at + PAIR + w] + active * work[p_at + w] + g * v
            q = work[at + PAIR + LANES + w] + reactive * work[q_at + w] - b * v
            current_squared = (p * p + q * q) / v
            work[own + LANES + w] = 2.0 * (r * p + x * q) + z_squared * current_squared
            work[at + w] += p + r * current_squared
            work[at + LANES + w] += q + x * current_squared
            work[at + PAIR + w] = 0.0
            work[at + PAIR + LANES + w] = 0.0


@njit(cache=True, error_model="numpy")
def forward(grid: Columns, work: Floats, change: Floats) -> None:
    """Voltages from the source to the ends; ``change`` is each lane's sum of squared changes of v."""
    change[:] = 0.0
    lanes = change.size
    for node in range(grid.row.size):
        own, above = grid.row[node], grid.above[node]
        if own < 0 or above < 0:
            continue  # never, as in backward
        ratio_squared = grid.ratio_squared[node]
        for w in range(lanes):
            v = ratio_squared * work[above + w] - work[own + LANES + w]
            step = v - work[own + w]
            change[w] += step * step
            work[own + w] = v


@njit(cache=True, error_model="numpy")
def settle(grid: Columns, loads: Loads, work: Floats, tolerance: float, settled: Flags) -> bool:
    """Sweep until no voltage of any lane moves by more than the tolerance; says which lanes did settle, and whether all."""
    change = np.empty(LANES)
    limit = (2.0 * tolerance) ** 2
    for _ in range(SWEEPS_MAX):
        backward(grid, loads, work)
        forward(grid, work, change)
        for w in range(LANES):
            settled[w] = change[w] <= limit
        if settled.all():
            return True
    return False


@njit(cache=True)
def solve_lanes(grid: Columns, loads: Loads, work: Floats, tolerance: float, settled: Flags) -> None:
    """One group of states, started from the group before; once more from the flat start where that does not settle."""
    if not settle(grid, loads, work, tolerance, settled):
        flat_start(grid, work)
        settle(grid, loads, work, tolerance, settled)
    for node in range(grid.row.size):
        for w in range(LANES):
            if not work[grid.row[node] + w] > 0.0:
                settled[w] = False


@njit(cache=True)
def copy_lanes(states: Floats, first: int, lanes: int, work: Floats, place: int) -> None:
    """Some states of one row into the flat array; lanes to spare repeat the last state."""
    target = work[place : place + LANES]
    for w in range(lanes):
        target[w] = states[first + w]
    for w in range(lanes, LANES):
        target[w] = states[first + lanes - 1]


@njit(cache=True)
def solve_states(
    grid: Columns, active: Floats, reactive: Floats, per_kva: float, tolerance: float, voltage: Floats, settled: Flags
) -> None:
    """All states; ``active`` and ``reactive`` (nodes, states) in the caller's order, like the result ``voltage``."""
    nodes, states = active.shape
    profiles = grid.row[0] + PAIR * nodes
    places = profiles + PAIR * np.arange(nodes)
    loads = Loads(np.full(nodes, per_kva), np.full(nodes, per_kva), places, places + LANES)
    work = np.empty(profiles + PAIR * nodes)
    flat_start(grid, work)
    lane_settled = np.zeros(LANES, np.bool_)
    for first in range(0, states, LANES):
        lanes = min(LANES, states - first)
        for node in range(nodes):
            row = grid.order[node]
            copy_lanes(active[row], first, lanes, work, places[node])
            copy_lanes(reactive[row], first, lanes, work, places[node] + LANES)
        solve_lanes(grid, loads, work, tolerance, lane_settled)
        settled[first : first + lanes] = lane_settled[:lanes]
        for node in range(nodes):
            square = work[grid.row[node] : grid.row[node] + LANES]
            result = voltage[grid.order[node]]
            for w in range(lanes):
                result[first + w] = np.sqrt(square[w])
        if not lane_settled.all():
            flat_start(grid, work)
