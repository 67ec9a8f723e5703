"""Single-phase services: the phase each is put on, and what they unbalance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from power_grid_model import ComponentType

from rasana.planning.diversity import Bools, Floats, Ints
from rasana.planning.grid_model import Grid, grid_input, solve, with_loads

TURN = np.exp(2j * np.pi / 3.0)
SEQUENCES = np.array([[1.0, TURN, TURN**2], [1.0, TURN**2, TURN]]) / 3.0
"""Rows: positive and negative sequence of three phases (Fortescue)."""


@dataclass(frozen=True)
class Unbalance:
    """The state in which every transformer is at its own peak, phase by phase.

    ``phase_pu`` (nodes, 3) phase to neutral and ``unbalance_pct`` (nodes,), NaN where dead; ``cable_a`` (cables,) of
    the fullest phase; ``solved`` as in ``grid_model.solve``.
    """

    phase_pu: Floats
    unbalance_pct: Floats
    cable_a: Floats
    solved: bool


def assign_phases(single: Bools, size_kva: Floats, feeder: Ints, transformer: Ints) -> Ints:
    """Phase 0, 1 or 2 for each single-phase plot, -1 for the others.

    Largest first, each on the phase of its ``feeder`` (number) that carries least; of equal ones that of its
    ``transformer`` with least, then the first. Deterministic.
    """
    phase = np.full(len(single), -1, dtype=np.int64)
    rows = np.flatnonzero(single)
    on_feeder = np.zeros((int(feeder.max(initial=-1)) + 2, 3))
    on_transformer = np.zeros((int(transformer.max(initial=-1)) + 2, 3))
    for row in rows[np.argsort(-size_kva[rows], kind="stable")]:
        here, above = on_feeder[feeder[row]], on_transformer[transformer[row]]
        chosen = min(range(3), key=lambda k: (here[k], above[k], k))
        phase[row] = chosen
        here[chosen] += size_kva[row]
        above[chosen] += size_kva[row]
    return phase


def run_unbalance(
    grid: Grid, plot_phase: Ints, load_va: NDArray[np.complex128], live: Bools, dead_node: Bools
) -> Unbalance:
    """Asymmetric power flow of ``load_va`` (plots,): single-phase loads on their phase, the others on all three alike.

    ``live`` (plots,) marks loads that are fed, ``dead_node`` (nodes,) nodes that are not.
    """
    share = np.where(plot_phase[:, None] < 0, 1.0 / 3.0, plot_phase[:, None] == np.arange(3))
    network = grid_input(grid, np.arange(len(grid.cable_start)))
    dataset = with_loads(grid, network, grid.plot_node[live], (load_va[:, None] * share)[live])
    wanted = {ComponentType.node: {"u_pu", "u_angle"}, ComponentType.line: {"i_from", "i_to"}}
    found, solved = solve(dataset, wanted, symmetric=False)
    node, line = found[ComponentType.node], found[ComponentType.line]
    phase_pu = np.full((grid.nodes, 3), np.nan)
    negative = np.full(grid.nodes, np.nan)
    rows = dataset[ComponentType.node]["id"]
    phase_pu[rows] = node["u_pu"]
    parts = SEQUENCES @ (node["u_pu"] * np.exp(1j * node["u_angle"])).T
    with np.errstate(divide="ignore", invalid="ignore"):
        negative[rows] = np.abs(parts[1]) / np.abs(parts[0]) * 100.0
    phase_pu[dead_node], negative[dead_node] = np.nan, np.nan
    return Unbalance(phase_pu, negative, np.fmax(line["i_from"], line["i_to"]).max(axis=1, initial=0.0), solved)
