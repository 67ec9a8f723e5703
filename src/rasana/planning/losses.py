"""Losses of the 8,760 hours of a year: AC power flow of the whole network at every hour's mean load."""

from __future__ import annotations

import numpy as np

from rasana.planning.catalogue import Catalogue
from rasana.planning.demand import Demand
from rasana.planning.estate import Estate
from rasana.planning.grid_model import Grid, make_grid
from rasana.planning.network import Network
from rasana.planning.peaks import network_tree
from rasana.planning.powerflow import RadialGrid, yearly
from rasana.planning.standard import Standard

BASE_KVA = 1000.0
MAINS_HZ = 50.0


def yearly_losses_mwh(
    estate: Estate, standard: Standard, catalogue: Catalogue, demand: Demand, network: Network
) -> float:
    """Losses (MWh) of one year at full take-up: cables, and transformers with their iron losses.

    Each plot draws its class's hourly mean, ``a_kw`` times shape. NaN where an hour has no solution.
    """
    grid = make_grid(estate, standard, catalogue, network)
    radial = radial_grid(grid)
    p, q = np.zeros(grid.nodes), np.zeros(grid.nodes)
    shape = np.zeros(grid.nodes, np.int64)
    fed = grid.plot_node >= 0
    p[grid.plot_node[fed]] = demand.a_kw[fed]
    q[grid.plot_node[fed]] = demand.a_kvar[fed]
    shape[grid.plot_node[fed]] = demand.shape[fed]
    return float(yearly(radial, p, q, shape, demand.shapes).loss_kw.sum() / 1000.0)


def radial_grid(grid: Grid) -> RadialGrid:
    """The network in its normal state for the radial power flow, per unit of nominal voltages and ``BASE_KVA``."""
    tree = network_tree(grid)
    cables = len(grid.cable_start)
    volts = np.where(grid.cable_is_mv, grid.mv_voltage_v, grid.lv_voltage_v)
    base = volts**2 / (BASE_KVA * 1000.0)
    lv_base = grid.lv_voltage_v**2 / (BASE_KVA * 1000.0)
    z = grid.transformer_z_ohm / lv_base
    iron = grid.transformer_no_load_loss_kw / BASE_KVA
    magnetising = np.sqrt(
        np.maximum((grid.transformer_no_load_current * grid.transformer_kva / BASE_KVA) ** 2 - iron**2, 0.0)
    )
    charging = 2.0 * np.pi * MAINS_HZ * grid.cable_c * base
    columns = {
        "r_pu": np.concatenate([grid.cable_r / base, z.real]),
        "x_pu": np.concatenate([grid.cable_x / base, z.imag]),
        "g_pu": np.concatenate([np.zeros(cables), iron]),
        "b_pu": np.concatenate([charging, -magnetising]),
        "ratio": np.concatenate([np.ones(cables), 1.0 - grid.transformer_tap_pct / 100.0]),
    }
    has = tree.branch >= 0
    at_node = {
        name: np.where(has, values[np.maximum(tree.branch, 0)], 0.0 if name != "ratio" else 1.0)
        for name, values in columns.items()
    }
    return RadialGrid(tree.parent, **at_node, base_kva=BASE_KVA, source_voltage_pu=grid.source_voltage_pu)
