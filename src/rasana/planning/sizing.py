"""Sizing of services: the cable from a pillar to a plot's meter, its fuse, and which plots need the board itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasana.planning.catalogue import (
    Catalogue,
    derated_ampacity_a,
    operating_resistance_ohm_per_km,
    resistance_ohm_per_km,
)
from rasana.planning.demand import Demand
from rasana.planning.standard import Standard

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PARALLEL_MAX = 4
"""Service cables side by side that one plot may have; beyond, its supply is a matter of 20 kV."""
BOARD_GROUPING = 4
"""Cables side by side that are reckoned with where feeders leave a transformer."""
SERVICE_LOOP_SHARE = 0.5
"""Part of a service fuse's fault loop that the service cable itself may take up; the rest is the network's."""


@dataclass(frozen=True)
class Services:
    """One row a plot. ``supplied``: it has a demand that low voltage can carry; ``too_large``: it has one that can't.

    ``direct``: fed from a transformer's own board by ``parallel`` cables. ``type_row`` is a row of the service cables;
    ``fuse_a`` holds for each parallel cable; ``rating_a`` is derated, of all together. ``current_a`` is the plot's
    peak. ``drop_pu`` is that of the service, ``loop_limit_ohm`` what fault loop its fuse leaves to the network at the
    pillar.
    """

    supplied: NDArray[np.bool_]
    too_large: NDArray[np.bool_]
    direct: NDArray[np.bool_]
    parallel: Ints
    current_a: Floats
    type_row: Ints
    fuse_a: Floats
    rating_a: Floats
    drop_pu: Floats
    loop_limit_ohm: Floats
    loss_kw: Floats


def peak_current_a(demand: Demand, standard: Standard) -> Floats:
    """Peak current of each plot at nominal voltage; single-phase plots load one conductor."""
    kva = np.hypot(demand.peak_kw, demand.peak_kvar)
    three_phase = kva * 1000.0 / (np.sqrt(3.0) * standard.lv_voltage_v)
    return np.asarray(np.where(demand.phases == 1, 3.0 * three_phase, three_phase))


def classify(
    demand: Demand, standard: Standard, catalogue: Catalogue
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_], Ints]:
    """Which plots are supplied, too large for low voltage, fed from the board; and their parallel service cables."""
    current = peak_current_a(demand, standard) / standard.lv_voltage_min_pu
    has = np.hypot(demand.peak_kw, demand.peak_kvar) > 0.0
    parallel = np.ones(len(current), np.int64)
    direct = has & (current > _capacity_a(1, standard, catalogue))
    for count in range(1, PARALLEL_MAX + 1):
        parallel[direct & (current > _capacity_a(count, standard, catalogue))] = count + 1
    rating_max = min(standard.transformer_rating_max_kva, float(catalogue.transformers.rating_kva[-1]))
    kva = np.hypot(demand.peak_kw, demand.peak_kvar)
    too_large = direct & (
        (parallel > PARALLEL_MAX) | (kva > 0.97 * rating_max * standard.transformer_loading_limit_pct / 100.0)
    )
    parallel[direct & (parallel == 1)] = 2
    return has & ~too_large, too_large, direct & ~too_large, np.where(direct, parallel, 1)


def _capacity_a(parallel: int, standard: Standard, catalogue: Catalogue) -> float:
    """What so many fused cables carry together: one as it leaves a board among others, several side by side."""
    ampacity = min(derated_ampacity_a(table, standard)[-1] for table in (catalogue.lv_cables, catalogue.service_cables))
    limit = ampacity * catalogue.grouping_factor[BOARD_GROUPING if parallel == 1 else parallel]
    return parallel * float(max((fuse for fuse in usable_fuses(catalogue, standard) if fuse <= limit), default=0.0))


def pillar_current_a(standard: Standard, catalogue: Catalogue) -> float:
    """Sum of peaks (A) that one pillar may have: what one feeder carries."""
    return _capacity_a(1, standard, catalogue) / current_margin(standard)


def usable_fuses(catalogue: Catalogue, standard: Standard) -> Floats:
    """Fuse ratings (A) that the standard admits, ascending."""
    return catalogue.fuses.rating_a[catalogue.fuses.rating_a <= standard.fuse_max_a]


def current_margin(standard: Standard) -> float:
    """How much more current flows at low voltage than at nominal voltage, which the search works at.

    The voltage is that halfway between nominal and the lowest limit.
    """
    return 1.0 + (1.0 - standard.lv_voltage_min_pu) / 2.0


def size_services(demand: Demand, service_m: Floats, standard: Standard, catalogue: Catalogue) -> Services:
    """Fuse and cable of every service, which is ``service_m`` long.

    The smallest fuse that carries the plot's peak, and the cheapest cable that the fuse protects, whose drop is within
    a third of the limit where any is, and whose fault loop leaves half to the network.
    """
    supplied, too_large, direct, parallel = classify(demand, standard, catalogue)
    cables, fuses = catalogue.service_cables, catalogue.fuses
    current = peak_current_a(demand, standard)
    # At a meter the voltage may be at its lowest, and the current of the same power the larger.
    each = current / standard.lv_voltage_min_pu / parallel
    ratings = usable_fuses(catalogue, standard)
    fuse_row = np.minimum(np.searchsorted(ratings, each - 1e-9), len(ratings) - 1)
    ampacity = derated_ampacity_a(cables, standard)
    grouping = catalogue.grouping_factor[parallel]
    km = service_m / 1000.0
    resistance = operating_resistance_ohm_per_km(cables, standard)
    hot = resistance_ohm_per_km(cables, standard.conductor_temperature_fault_c)
    loop_v = standard.c_min_lv * standard.lv_voltage_v / np.sqrt(3.0)
    allowed = loop_v / fuses.current_5s_a[fuse_row]
    # One row a plot, one column a cable.
    conductors = np.where(demand.phases == 1, 6.0, 1.0)[:, None]
    drop = conductors * (
        (demand.peak_kw / parallel * km)[:, None] * resistance
        + (demand.peak_kvar / parallel * km)[:, None] * cables.x_ohm_per_km
    ) * 1000.0 / standard.lv_voltage_v**2  # fmt: skip
    loop = 2.0 * km[:, None] * np.hypot(hot, cables.x_ohm_per_km)
    withstand = (
        cables.withstand_1s_ka * 1000.0
        >= (fuses.current_5s_a[fuse_row] * np.sqrt(standard.clearing_time_limit_s))[:, None]
    )
    carries = (ampacity[None, :] * grouping[:, None] >= ratings[fuse_row][:, None]) & withstand
    within = drop <= standard.lv_drop_limit_pct / 100.0 / 3.0
    short = loop <= SERVICE_LOOP_SHARE * allowed[:, None]
    price = np.broadcast_to(cables.price_per_m, drop.shape)
    rank = price + np.where(carries, 0.0, 1e9) + np.where(within, 0.0, 1e6) + np.where(short, 0.0, 1e6)
    # Where no cable does it all, the thickest.
    rank = np.where((rank.min(axis=1) >= 1e6)[:, None] & carries, 1e6 - np.arange(len(cables.name))[None, :], rank)
    row = np.argmin(rank, axis=1)
    plots = np.arange(len(row))
    lines = np.where(demand.phases == 1, 2.0, 3.0)
    return Services(
        supplied=supplied,
        too_large=too_large,
        direct=direct,
        parallel=parallel,
        current_a=current,
        type_row=row.astype(np.int64),
        fuse_a=ratings[fuse_row],
        rating_a=ampacity[row] * grouping * parallel,
        drop_pu=drop[plots, row],
        loop_limit_ohm=np.maximum(allowed - loop[plots, row], 1e-4),
        loss_kw=np.where(supplied, lines * (current / parallel) ** 2 * resistance[row] * km * parallel / 1000.0, 0.0),
    )
