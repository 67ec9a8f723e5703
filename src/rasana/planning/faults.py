"""Fault levels of the designed network: the largest for switchgear and cables, the least for fuses.

The largest currents: maximum source, K_T, conductors at 20 °C, through the nearer way of the ring; never both ways at
once. The least: minimum source through the farther way, nameplate transformers, conductors at the end of the fault,
and the loop phase to PEN of cables with four equal cores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rasana.planning.catalogue import Fuses
from rasana.planning.diversity import Bools, Floats, Ints, along
from rasana.planning.grid_model import Grid
from rasana.planning.outages import Outages
from rasana.planning.peaks import Peaks
from rasana.planning.shortcircuit import SQRT3, Phasors, as_ohm, fault_ka, feeder_ohm, transformer_factor
from rasana.planning.standard import Standard


@dataclass(frozen=True)
class FaultLevels:
    """``node_max_ka`` (nodes,): largest three-phase fault of MV nodes and LV busbars, NaN elsewhere and where dead.

    ``node_min_ka`` (nodes,): least earth fault of LV nodes. By cable, at its far end: ``cable_min_ka``,
    ``clearing_s`` of its fuse, ``thermal_ka``: the current that heats it as much in 1 s. NaN where no fuse is given
    (LV) or the cable is dead.
    """

    node_max_ka: Floats
    node_min_ka: Floats
    cable_min_ka: Floats
    clearing_s: Floats
    thermal_ka: Floats


def fault_levels(
    grid: Grid, standard: Standard, fuses: Fuses, outages: Outages, peaks: Peaks, fuse_row: Ints
) -> FaultLevels:
    """Fault levels of the whole network; ``fuse_row`` (cables,) is the row of each cable's fuse, -1 without one."""
    node_max, loop = _busbars(grid, standard, outages)
    node_min = _loop_faults_ka(grid, standard, peaks, loop)
    cables = len(grid.cable_start)
    far = np.full(cables, -1, dtype=np.int64)
    fed = (peaks.tree.branch >= 0) & (peaks.tree.branch < cables)
    far[peaks.tree.branch[fed]] = np.flatnonzero(fed)
    least = np.where((far >= 0) & ~grid.cable_is_mv, node_min[far], np.nan)
    # Each of several parallel cables has its own fuse and bears its part of the fault.
    clearing = clearing_times_s(fuses, fuse_row, least * 1000.0 / grid.cable_parallel)
    # Where the fuse stays in, the clearing time says so, not the cable's heating.
    with np.errstate(invalid="ignore"):
        thermal = np.where(np.isfinite(clearing), least * np.sqrt(clearing), np.nan)
    ends = np.fmax(node_max[grid.cable_start], node_max[grid.cable_end])
    thermal = np.where(grid.cable_is_mv, ends * np.sqrt(standard.mv_fault_duration_s), thermal)
    return FaultLevels(node_max, node_min, least, clearing, thermal)


def _busbars(grid: Grid, standard: Standard, outages: Outages) -> tuple[Floats, Phasors]:
    """Largest fault (kA) by node, and the loop impedance at each transformer's LV busbar (ohm), worst of all states."""
    kv, rx = grid.mv_voltage_v / 1000.0, standard.default_fault_rx
    fed = outages.node_root >= 0
    strong = feeder_ohm(standard.c_max_mv, kv, grid.supply_mva, rx)[outages.node_root]
    weak_mva = grid.supply_mva * standard.default_fault_min_share
    weak = feeder_ohm(standard.c_min_mv, kv, weak_mva, rx)[outages.node_root]
    near = strong + as_ohm(outages.r20_ohm, outages.x_ohm)
    distant = np.where(fed, weak + as_ohm(outages.r_fault_ohm, outages.x_ohm), 0.0)
    largest = np.full(grid.nodes, np.nan)
    largest[outages.switching.node] = _worst(fault_ka(kv, standard.c_max_mv, near), fed)
    at = np.searchsorted(outages.switching.node, grid.transformer_mv)
    to_lv = (grid.lv_voltage_v / grid.mv_voltage_v) ** 2
    z = grid.transformer_z_ohm
    ukr_pct = grid.transformer_load_loss_kw / grid.transformer_kva * 100.0
    factor = transformer_factor(standard.c_max_lv, grid.transformer_uk * 100.0, ukr_pct)
    behind = near[:, at] * to_lv + factor * z
    largest[grid.transformer_lv] = _worst(fault_ka(grid.lv_voltage_v / 1000.0, standard.c_max_lv, behind), fed[:, at])
    far = np.take_along_axis(distant[:, at], np.abs(distant[:, at]).argmax(axis=0)[None, :], axis=0)[0]
    zero = as_ohm(z.real * grid.transformer_r0_ratio, z.imag * grid.transformer_x0_ratio)
    # One phase to earth: (Z1 + Z2 + Z0) / 3; the MV side has no part in Z0 behind a delta or star without neutral.
    return largest, np.asarray((2.0 * far * to_lv + 2.0 * z + zero) / 3.0)


def _worst(current_ka: Floats, fed: Bools) -> Floats:
    """Largest current of each column over the states that feed it, NaN without one."""
    worst = np.where(fed, current_ka, 0.0).max(axis=0)
    return np.where(worst > 0.0, worst, np.nan)


def _loop_faults_ka(grid: Grid, standard: Standard, peaks: Peaks, loop: Phasors) -> Floats:
    """Least earth fault at every LV node: c_min U0 over the loop of transformer and cables, there and back."""
    cables = len(grid.cable_start)
    own = np.zeros((cables + len(grid.transformer_lv), 2))
    lv = ~grid.cable_is_mv
    # (Z1 + Z2 + Z0) / 3 again: with four equal cores Z0 is four times Z1, the loop there and back.
    resistance = grid.cable_r_fault[lv] * (2.0 + grid.cable_r0_ratio[lv]) / 3.0
    own[:cables][lv] = np.column_stack([resistance, grid.cable_x[lv] * (2.0 + grid.cable_x0_ratio[lv]) / 3.0])
    way = along(peaks.tree.order, peaks.tree.parent, peaks.tree.branch, own)
    known = peaks.node_transformer >= 0
    total = np.where(known, loop[peaks.node_transformer] + way[:, 0] + 1j * way[:, 1], np.nan)
    return np.asarray(standard.c_min_lv * grid.lv_voltage_v / SQRT3 / np.abs(total) / 1000.0, dtype=np.float64)


def fuse_rows(fuses: Fuses, fuse_a: Floats) -> Ints:
    """Row of each rating in the catalogue's fuses, -1 where it is none of them."""
    row = np.searchsorted(fuses.rating_a, fuse_a)
    row = np.minimum(row, len(fuses.rating_a) - 1)
    return np.where(fuses.rating_a[row] == fuse_a, row, -1)


def clearing_times_s(fuses: Fuses, row: Ints, current_a: Floats) -> Floats:
    """Time in which each fuse clears its current, 5 (I5s / I)^n: infinite up to its rating, NaN without a fuse (-1)."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        time = 5.0 * (fuses.current_5s_a[row] / current_a) ** fuses.time_exponent[row]
    time = np.where(current_a > fuses.rating_a[row], time, np.inf)
    return np.where((row >= 0) & ~np.isnan(current_a), time, np.nan)
