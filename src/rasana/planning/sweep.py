"""The compiled sweeps of the radial power flow: :data:`LANES` states side by side on one flat array.

The array holds, in this order: for each level of the tree the power that its branches draw (P and Q, a lane each), for
each node v = |V|^2 and the fall of v along its branch, and the profiles that the loads follow. In one array with
constant distances the compiler can prove that lanes do not touch each other and makes vector instructions of the loops.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

LANES = 32
"""States that are swept side by side: a few vector registers a row, and small enough for the second-level cache."""
PAIR = 2 * LANES
"""Two figures of each lane: P and Q of a level, v and its fall of a node."""
SWEEPS_MAX = 100
"""A state that has not settled after so many sweeps has no solution, or is too near to collapse to be of use."""


class Columns(NamedTuple):
    """A grid in depth-first order behind one ideal source of 1 pu.

    ``row`` (own), ``above`` (feeding node) and ``level`` are places in the flat array; ``order`` and ``parent`` are the
    caller's rows. ``g`` is the branch's own shunt conductance, ``shunt_g`` and ``shunt_b`` are what stands at the node.
    ``per_p``, ``per_q`` and ``per_current`` say what ``backward`` notes of each branch: so much a unit of P, of Q and
    of |I|^2; that is the fall of v in the sweeps, and the losses when they are asked for.
    """

    order: Ints
    parent: Ints
    row: Ints
    above: Ints
    level: Ints
    r: Floats
    x: Floats
    g: Floats
    shunt_g: Floats
    shunt_b: Floats
    ratio_squared: Floats
    per_p: Floats
    per_q: Floats
    per_current: Floats


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
    """Sum the powers from the ends to the source; note each branch's fall of v, or what else ``grid`` asks for."""
    work[PAIR : 2 * PAIR] = 0.0
    for node in range(grid.row.size - 1, -1, -1):
        own, at = grid.row[node], grid.level[node]
        p_at, q_at = loads.active_at[node], loads.reactive_at[node]
        if own < 0 or at < 0 or p_at < 0 or q_at < 0:
            continue  # never: it tells the compiler that no index counts from the end
        active, reactive = loads.active[node], loads.reactive[node]
        r, x, g, b = grid.r[node], grid.x[node], grid.shunt_g[node], grid.shunt_b[node]
        per_p, per_q, per_current = grid.per_p[node], grid.per_q[node], grid.per_current[node]
        for w in range(LANES):
            v = work[own + w]
            p = work[at + PAIR + w] + active * work[p_at + w] + g * v
            q = work[at + PAIR + LANES + w] + reactive * work[q_at + w] - b * v
            current_squared = (p * p + q * q) / v
            work[own + LANES + w] = per_p * p + per_q * q + per_current * current_squared
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
    """Sweep until no voltage of any lane moves by more than the tolerance; says which lanes did, and whether all."""
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
    lowest = np.ones(LANES)
    for node in range(grid.row.size):
        square = work[grid.row[node] : grid.row[node] + LANES]
        for w in range(lowest.size):
            lowest[w] = min(lowest[w], square[w])
    settled &= lowest > 0.0


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
        for w in range(lanes):
            settled[first + w] = lane_settled[w]
        for node in range(nodes):
            square = work[grid.row[node] : grid.row[node] + LANES]
            result = voltage[grid.order[node]]
            for w in range(lanes):
                result[first + w] = np.sqrt(square[w])
        if not lane_settled.all():
            flat_start(grid, work)


@njit(cache=True)
def solve_year(
    grid: Columns,
    meter: Columns,
    loads: Loads,
    shapes: Floats,
    tolerance: float,
    loss: Floats,
    energy: Floats,
    extremes: Floats,
    settled: Flags,
) -> None:
    """Every hour of ``shapes`` (shapes, hours) without keeping any.

    ``meter`` is the grid with losses in the place of the fall of v. ``loss`` (hours,) is the whole grid's; ``energy``
    (nodes,) adds each branch's losses over the hours; ``extremes`` (nodes, 2) are the lowest and highest v. All per
    unit, in the caller's order.
    """
    profiles = grid.row[0] + PAIR * grid.row.size
    work = np.empty(profiles + LANES * shapes.shape[0])
    flat_start(grid, work)
    lane_settled = np.zeros(LANES, np.bool_)
    for first in range(0, shapes.shape[1], LANES):
        lanes = min(LANES, shapes.shape[1] - first)
        for shape in range(shapes.shape[0]):
            copy_lanes(shapes[shape], first, lanes, work, profiles + LANES * shape)
        solve_lanes(grid, loads, work, tolerance, lane_settled)
        for w in range(lanes):
            settled[first + w] = lane_settled[w]
        if not lane_settled.all():
            flat_start(grid, work)
            continue
        backward(meter, loads, work)
        read_meters(grid, work, lanes, loss[first : first + lanes], energy, extremes)


@njit(cache=True)
def read_meters(grid: Columns, work: Floats, lanes: int, loss: Floats, energy: Floats, extremes: Floats) -> None:
    """Add up what ``backward`` noted for the meters: series losses of each branch, to which its iron losses come."""
    for node in range(grid.row.size):
        own, above, row = grid.row[node], grid.above[node], grid.order[node]
        iron, ratio_squared = 0.5 * grid.g[node], grid.ratio_squared[node]
        v, v_above, series = work[own : own + LANES], work[above : above + LANES], work[own + LANES : own + PAIR]
        total, lowest, highest = 0.0, extremes[row, 0], extremes[row, 1]
        for w in range(lanes):
            lost = series[w] + iron * (v[w] + ratio_squared * v_above[w])
            loss[w] += lost
            total += lost
            lowest, highest = min(lowest, v[w]), max(highest, v[w])
        energy[row] += total
        extremes[row, 0], extremes[row, 1] = lowest, highest


@njit(cache=True, error_model="numpy")
def branch_states(grid: Columns, v: Floats, p: Floats, q: Floats, current_squared: Floats, angle: Floats) -> None:
    """Powers, currents and angles of all branches and states from the squared voltages, in the caller's order.

    ``p`` and ``q`` (nodes, states) hold the loads before and what arrives at the far end of each branch after.
    """
    for node in range(grid.order.size - 1, -1, -1):
        row, feeding, r, x = grid.order[node], grid.parent[node], grid.r[node], grid.x[node]
        for state in range(v.shape[1]):
            p[row, state] += grid.shunt_g[node] * v[row, state]
            q[row, state] -= grid.shunt_b[node] * v[row, state]
            current_squared[row, state] = (p[row, state] ** 2 + q[row, state] ** 2) / v[row, state]
            if feeding >= 0:
                p[feeding, state] += p[row, state] + r * current_squared[row, state]
                q[feeding, state] += q[row, state] + x * current_squared[row, state]
    for node in range(grid.order.size):
        row, feeding, r, x = grid.order[node], grid.parent[node], grid.r[node], grid.x[node]
        for state in range(v.shape[1]):
            real = v[row, state] + r * p[row, state] + x * q[row, state]
            turn = np.arctan2(x * p[row, state] - r * q[row, state], real)
            angle[row, state] = (angle[feeding, state] if feeding >= 0 else 0.0) - turn
