"""States of one ring: the section that is open, and what flows and drops with a section out.

A ring of k transformers has k + 1 sections; section i lies before transformer i, the last one ends at the far supply
point. Loads are rows of four columns, ``a_kw, b_kw, a_kvar, b_kvar``: a group of rows draws P = sum(a_kw) +
sqrt(sum(b_kw^2)) and likewise Q. Loads that simply add have b = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class OpenPoint:
    """Where a ring is open: at the start (0) or far end (1) of ``section``; ``price`` (sections x 2) of every place."""

    section: int
    end: int
    price: Matrix


@dataclass(frozen=True)
class RingCheck:
    """Largest current and drop of a ring in its normal state and with the worst single section out."""

    current_a: float
    drop_pct: float
    current_n1_a: float
    drop_n1_pct: float


@njit(cache=True)
def chain_power(load: Matrix) -> tuple[Vector, Vector]:
    """Power (kW, kvar) through each section of a chain; section i feeds transformers i and beyond."""
    count = load.shape[0]
    power, reactive = np.zeros(count), np.zeros(count)
    a_kw = b_kw = a_kvar = b_kvar = 0.0
    for i in range(count - 1, -1, -1):
        a_kw += load[i, 0]
        b_kw += load[i, 1] ** 2
        a_kvar += load[i, 2]
        b_kvar += load[i, 3] ** 2
        power[i] = a_kw + np.sqrt(b_kw)
        reactive[i] = a_kvar + np.sqrt(b_kvar)
    return power, reactive


@njit(cache=True)
def _half(
    load: Matrix, length_m: Vector, dead_end_m: float, loss_price: float, stop_price: float
) -> tuple[float, float]:
    """Price of one half ring (losses, interruptions) and the kVA at its head."""
    power, reactive = chain_power(load)
    energised = dead_end_m
    losses = 0.0
    for i in range(load.shape[0]):
        losses += (power[i] ** 2 + reactive[i] ** 2) * length_m[i]
        energised += length_m[i]
    if load.shape[0] == 0:
        return 0.0, 0.0
    return loss_price * losses + stop_price * energised * power[0], float(np.hypot(power[0], reactive[0]))


@njit(cache=True)
def _price_cuts(
    load: Matrix, length_m: Vector, loss_price: float, stop_price: float, kva_max: float
) -> tuple[Matrix, Matrix]:
    count = load.shape[0]
    price, excess = np.zeros((count + 1, 2)), np.zeros((count + 1, 2))
    for section in range(count + 1):
        for end in range(2):
            dead = length_m[section]
            near, near_kva = _half(load[:section], length_m[:section], dead * end, loss_price, stop_price)
            back, back_m = load[section:][::-1].copy(), length_m[section + 1 :][::-1].copy()
            far, far_kva = _half(back, back_m, dead * (1 - end), loss_price, stop_price)
            price[section, end] = near + far
            excess[section, end] = max(0.0, near_kva - kva_max) + max(0.0, far_kva - kva_max)
    return price, excess


def open_point(
    load: Matrix,
    length_m: Vector,
    loss_price_per_kva2_m: float,
    interruption_price_per_kw_m: float,
    half_kva_max: float = np.inf,
) -> OpenPoint:
    """Open a ring where losses and interruptions together cost least, by trying every place.

    ``load`` (k, 4) in order from the first supply point, ``length_m`` (k + 1,). Losses are ``loss_price`` times the
    sum of S^2 * length; a fault anywhere on a half ring, its dead end included, stops that half until it is switched
    out: ``interruption_price`` times energised length times the half's kW. Places that load a half above
    ``half_kva_max`` are taken only where none keeps to it (the least excess then). Ties go to the earliest place.
    """
    load, length_m = np.ascontiguousarray(load, dtype=np.float64), np.ascontiguousarray(length_m, dtype=np.float64)
    if len(length_m) != len(load) + 1:
        raise ValueError("a ring of k transformers has k + 1 sections")
    price, excess = _price_cuts(load, length_m, loss_price_per_kva2_m, interruption_price_per_kw_m, half_kva_max)
    lightest = excess <= excess.min() + 1e-9
    section, end = divmod(int(np.argmin(np.where(lightest, price, np.inf))), 2)
    return OpenPoint(section, end, price)


def fed_from_one_end(
    load: Matrix, length_m: Vector, r_ohm_per_km: Vector | float, x_ohm_per_km: Vector | float, voltage_kv: float
) -> tuple[Vector, Vector]:
    """Current (A) of every section and drop (%) at every transformer of a chain fed through its first section.

    ``load`` (k, 4) from the source outwards, ``length_m`` (k,). Linearised: powers at nominal voltage, losses
    neglected, drop = sum(R P + X Q) / V^2.
    """
    power, reactive = chain_power(np.ascontiguousarray(load, dtype=np.float64))
    current = np.hypot(power, reactive) / (np.sqrt(3.0) * voltage_kv)
    length_km = np.asarray(length_m, dtype=np.float64) / 1000.0
    drop = (power * r_ohm_per_km + reactive * x_ohm_per_km) * length_km / (voltage_kv**2 * 1000.0) * 100.0
    return current, np.cumsum(drop)


def check_ring(
    load: Matrix,
    length_m: Vector,
    r_ohm_per_km: float,
    x_ohm_per_km: float,
    voltage_kv: float,
    open_section: int,
) -> RingCheck:
    """Normal state (two half rings, open in ``open_section``) and the worst with any one section out.

    The worst outages are those of the first and the last section: the whole ring hangs on one end then, so that no
    other outage has a larger current or drop.
    """
    back, back_m = load[::-1], length_m[::-1]
    count = len(load)
    rest = count - open_section
    chains = [
        fed_from_one_end(part, metres, r_ohm_per_km, x_ohm_per_km, voltage_kv)
        for part, metres in (
            (load[:open_section], length_m[:open_section]),
            (back[:rest], back_m[:rest]),
            (load, length_m[:count]),
            (back, back_m[:count]),
        )
    ]
    current = [float(c.max(initial=0.0)) for c, _ in chains]
    drop = [float(d.max(initial=0.0)) for _, d in chains]
    return RingCheck(max(current[:2]), max(drop[:2]), max(current[2:]), max(drop[2:]))
