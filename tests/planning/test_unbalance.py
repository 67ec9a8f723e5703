"""Phases of single-phase services: deterministic, balanced on each feeder; what one phase does to the voltages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasana.planning.grid_model import make_grid
from rasana.planning.unbalance import assign_phases, run_unbalance
from tests.planning.small_networks import two_on_a_ring


@given(st.lists(st.tuples(st.floats(0.5, 8.0), st.integers(0, 3)), min_size=1, max_size=40))
def test_phases_of_a_feeder_differ_by_no_more_than_its_largest_plot(plots):
    size = np.array([kva for kva, _ in plots])
    feeder = np.array([number for _, number in plots])
    phase = assign_phases(np.ones(len(size), bool), size, feeder, feeder // 2)
    for number in set(feeder):
        here = feeder == number
        load = np.bincount(phase[here], weights=size[here], minlength=3)
        assert load.max() - load.min() <= size[here].max() + 1e-9


def test_three_phase_plots_get_no_phase_and_equal_ones_go_round():
    single = np.array([True, False, True, True, True])
    phase = assign_phases(single, np.ones(5), np.zeros(5, int), np.zeros(5, int))
    assert phase.tolist() == [0, -1, 1, 2, 0]


def test_a_feeders_first_plot_goes_where_its_transformer_has_least():
    phase = assign_phases(np.ones(3, bool), np.array([3.0, 2.0, 1.0]), np.array([0, 1, 2]), np.zeros(3, int))
    assert phase.tolist() == [0, 1, 2]


def run(power_kw, phase):
    case = two_on_a_ring()
    grid = make_grid(case.estate, case.standard, case.catalogue, case.network)
    load = np.asarray(power_kw, float) * 1000.0 + 0j
    return run_unbalance(grid, np.asarray(phase), load, np.ones(6, bool), np.zeros(grid.nodes, bool)), grid


def test_equal_loads_on_three_phases_of_one_meter_unbalance_nothing():
    found, grid = run([10.0, 0, 0, 0, 0, 0], [-1] * 6)
    meter = grid.plot_node[0]
    assert found.unbalance_pct[meter] == pytest.approx(0.0, abs=1e-9)
    assert np.ptp(found.phase_pu[meter]) == pytest.approx(0.0, abs=1e-12)


def test_one_phase_alone_drops_most_on_its_own_conductor():
    found, grid = run([10.0, 0, 0, 0, 0, 0], [1, -1, -1, -1, -1, -1])
    meter = grid.plot_node[0]
    assert found.phase_pu[meter].argmin() == 1
    # Unloaded phases see the neutral shift only: one of them rises.
    assert found.phase_pu[meter].max() > found.phase_pu[grid.transformer_lv[0]].max()
    assert found.cable_a[grid.cable_end == meter] == pytest.approx(10e3 / (found.phase_pu[meter, 1] * 400 / np.sqrt(3)))


def test_negative_sequence_of_one_phase_is_its_current_through_the_way_there():
    found, grid = run([3.0, 0, 0, 0, 0, 0], [0, -1, -1, -1, -1, -1])
    pillar = grid.cable_start[grid.cable_end == grid.plot_node[0]][0]
    main = np.flatnonzero(grid.cable_end == pillar)[0]
    # I2 = I / 3 meets the transformer, the main and the MV cable behind them.
    behind = grid.transformer_z_ohm[0] + complex(grid.cable_r[main], grid.cable_x[main])
    current = 3e3 / (found.phase_pu[grid.plot_node[0], 0] * 400 / np.sqrt(3))
    expected = current / 3 * abs(behind) / (400 / np.sqrt(3)) * 100
    assert found.unbalance_pct[pillar] == pytest.approx(expected, rel=0.02)
