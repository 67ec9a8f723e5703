"""The search's own view of a study: estate, demand, standard and catalogue as flat arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rasana.planning.catalogue import (
    Catalogue,
    derated_ampacity_a,
    operating_resistance_ohm_per_km,
    resistance_ohm_per_km,
)
from rasana.planning.demand import Demand
from rasana.planning.estate import Estate
from rasana.planning.moves import Site
from rasana.planning.plan import RingRules
from rasana.planning.reliability import switching_h
from rasana.planning.sections import Load, Rules, Types
from rasana.planning.sizing import Services, current_margin, usable_fuses
from rasana.planning.standard import Standard, life_present_value
from rasana.planning.streets import StreetGraph
from rasana.planning.ways import Floats, Ground, Ints, Workspace, make_workspace

DROP_MARGIN = 0.965
"""Linear drops at nominal voltage lie up to 3 % below those of AC power flow at the voltages that limits allow."""
PENALTY_TRANSFORMERS = 25.0
"""What a limit exceeded by its own size costs in the search, in transformers: more than any way to mend it."""
NEAR_PILLARS = 12
NEAR_SITES = 8


@dataclass(frozen=True)
class Problem:
    """All that the search needs, and the rows of the catalogue behind its types."""

    ground: Ground
    load: Load
    types: Types
    rules: Rules
    ring_rules: RingRules
    site: Site
    work: Workspace
    supply_node: Ints
    transformer_rows: Ints
    mv_rows: Ints
    loss_hours: float


def pose(
    estate: Estate, standard: Standard, catalogue: Catalogue, demand: Demand, services: Services, graph: StreetGraph
) -> Problem:
    """The problem of one estate."""
    ground = Ground(
        graph.first,
        graph.neighbour,
        graph.edge,
        graph.length_m,
        graph.length_m * graph.factor * catalogue.prices["trench_per_m"],
        graph.x,
        graph.y,
    )
    load = _load(demand, services, graph)
    hours = loss_hours(demand)
    worth = life_present_value(standard)
    fault_mva = weakest_fault_mva(estate, standard)
    transformer_rows = np.flatnonzero(catalogue.transformers.rating_kva <= standard.transformer_rating_max_kva)
    types = _types(standard, catalogue, transformer_rows)
    source_z = standard.lv_voltage_v**2 / (fault_mva * 1e6)
    source_x = source_z / np.hypot(1.0, standard.default_fault_rx)
    outage = standard.interruption_price_per_kwh * worth
    rates = catalogue.rates
    rules = Rules(
        voltage_v=standard.lv_voltage_v,
        drop_limit_pu=standard.lv_drop_limit_pct / 100.0 * DROP_MARGIN,
        current_margin=current_margin(standard),
        loop_voltage_v=standard.c_min_lv * standard.lv_voltage_v / np.sqrt(3.0) * 0.99,
        source_r=source_x * standard.default_fault_rx,
        source_x=source_x,
        transformer_limit=standard.transformer_loading_limit_pct / 100.0 * 0.995,
        feeders_max=standard.feeders_per_transformer_max,
        loss_price_per_kw=hours * standard.loss_price_per_kwh * worth,
        no_load_price_per_kw=8760.0 * standard.loss_price_per_kwh * worth,
        lv_outage_price_per_kw_m=rates["lv_cable"].failures_per_year / 1000.0 * rates["lv_cable"].repair_h * outage,
        transformer_outage_price_per_kw=rates["transformer"].failures_per_year * rates["transformer"].repair_h * outage,
        feeder_way_price=catalogue.prices["feeder_way"],
        route_price_per_m=float(types.cable_price[types.cable_price.size // 2]),
        penalty=PENALTY_TRANSFORMERS * float(types.transformer_price.mean()),
    )
    ring_rules, mv_rows = _ring_rules(estate, standard, catalogue, hours, outage)
    pillars = np.flatnonzero((load.active_a > 0.0) | (load.direct_ways > 0))
    near_pillar, near_site = _neighbours(ground, pillars, graph.is_site, NEAR_PILLARS, NEAR_SITES)
    return Problem(
        ground, load, types, rules, ring_rules, Site(pillars, near_pillar, near_site, graph.x, graph.y),
        make_workspace(len(graph.x)), graph.supply_node, transformer_rows, mv_rows, hours,
    )  # fmt: skip


def loss_hours(demand: Demand) -> float:
    """Hours at the mean load's peak that cause the losses of a year: the sum of the estate's squared load curve.

    The curve is that of the hours, ``a_kw`` times shape; what single plots add at times (``b_kw``) recurs too seldom to
    matter for losses.
    """
    weights = np.bincount(demand.shape, weights=demand.a_kw, minlength=len(demand.shapes))
    curve = weights @ demand.shapes
    return float(np.sum(curve**2) / weights.sum() ** 2) if weights.sum() > 0.0 else 0.0


def fault_mva(estate: Estate, standard: Standard) -> Floats:
    """Largest fault level of each supply point, the standard's where none is given."""
    given = estate.supply_points["fault_mva"].to_numpy(float)
    return np.where(np.isfinite(given) & (given > 0.0), given, standard.default_fault_mva)


def weakest_fault_mva(estate: Estate, standard: Standard) -> float:
    """Smallest fault level with which protection has to work."""
    return float(fault_mva(estate, standard).min()) * standard.default_fault_min_share


def _load(demand: Demand, services: Services, graph: StreetGraph) -> Load:
    nodes = len(graph.x)
    fed = services.supplied & (graph.plot_node >= 0)
    by_feeder, by_board = fed & ~services.direct, fed & services.direct
    mean_kw = demand.energy_mwh * 1000.0 / 8760.0

    def gather(values: Floats, rows: NDArray[np.bool_]) -> Floats:
        return np.bincount(graph.plot_node[rows], weights=values[rows], minlength=nodes).astype(np.float64)

    drop = np.zeros(nodes)
    np.maximum.at(drop, graph.plot_node[by_feeder], services.drop_pu[by_feeder])
    loop = np.full(nodes, np.inf)
    np.minimum.at(loop, graph.plot_node[by_feeder], services.loop_limit_ohm[by_feeder])
    ways = gather(services.parallel.astype(np.float64), by_board).astype(np.int64)
    return Load(
        active_a=gather(demand.a_kw, by_feeder), active_b2=gather(demand.b_kw**2, by_feeder),
        reactive_a=gather(demand.a_kvar, by_feeder), reactive_b2=gather(demand.b_kvar**2, by_feeder),
        direct_active_a=gather(demand.a_kw, by_board), direct_active_b2=gather(demand.b_kw**2, by_board),
        direct_reactive_a=gather(demand.a_kvar, by_board), direct_reactive_b2=gather(demand.b_kvar**2, by_board),
        direct_ways=ways, anchored=((ways > 0) & graph.is_site).astype(np.int64), mean_kw=gather(mean_kw, by_feeder),
        direct_mean_kw=gather(mean_kw, by_board), service_drop_pu=drop, loop_limit_ohm=loop,
        site_limit_kva=np.where(graph.is_site, graph.site_limit_kva, 0.0),
    )  # fmt: skip


def _types(standard: Standard, catalogue: Catalogue, rows: Ints) -> Types:
    cables, transformers, fuses = catalogue.lv_cables, catalogue.transformers, catalogue.fuses
    ratings = usable_fuses(catalogue, standard)
    gates = fuses.current_5s_a[: len(ratings)]
    # At the limit of the clearing time the fuse lets most heat through: the section that bears it is the least one.
    heat_ka = gates * np.sqrt(standard.clearing_time_limit_s) / 1000.0
    smallest = np.minimum(np.searchsorted(cables.withstand_1s_ka, heat_ka), len(cables.name) - 1)
    kva = transformers.rating_kva[rows]
    z = transformers.uk_pct[rows] / 100.0 * standard.lv_voltage_v**2 / (kva * 1000.0)
    r = transformers.load_loss_kw[rows] * 1000.0 * standard.lv_voltage_v**2 / (kva * 1000.0) ** 2
    prices = catalogue.prices
    return Types(
        cable_r=operating_resistance_ohm_per_km(cables, standard) / 1000.0,
        cable_x=cables.x_ohm_per_km / 1000.0,
        cable_r_fault=resistance_ohm_per_km(cables, standard.conductor_temperature_fault_c) / 1000.0,
        cable_ampacity_a=derated_ampacity_a(cables, standard) * standard.lv_loading_limit_pct / 100.0,
        cable_price=cables.price_per_m + prices["cable_laying_per_m"],
        grouping=catalogue.grouping_factor,
        fuse_a=ratings,
        fuse_5s_a=gates,
        fuse_cable_min=smallest.astype(np.int64),
        transformer_kva=kva,
        transformer_price=transformers.price[rows] + prices["station"] + prices["rmu"],
        transformer_no_load_kw=transformers.no_load_loss_kw[rows],
        transformer_load_kw=transformers.load_loss_kw[rows],
        transformer_r=r,
        transformer_x=np.sqrt(z**2 - r**2),
    )


def _ring_rules(
    estate: Estate, standard: Standard, catalogue: Catalogue, hours: float, outage_price: float
) -> tuple[RingRules, Ints]:
    """Rules of the rings with the MV cables that bear the fault level long enough, and their rows in the catalogue."""
    cables, prices = catalogue.mv_cables, catalogue.prices
    fault_ka = float(fault_mva(estate, standard).max()) / (np.sqrt(3.0) * standard.mv_voltage_kv)
    bears = cables.withstand_1s_ka >= fault_ka * np.sqrt(standard.mv_fault_duration_s)
    rows = np.flatnonzero(bears) if bears.any() else np.array([len(cables.name) - 1])
    worth = life_present_value(standard)
    price = cables.price_per_m[rows] + prices["cable_laying_per_m"]
    rules = RingRules(
        cable_r=operating_resistance_ohm_per_km(cables, standard)[rows] / 1000.0,
        cable_x=cables.x_ohm_per_km[rows] / 1000.0,
        cable_ampacity_a=derated_ampacity_a(cables, standard)[rows],
        cable_price=price,
        grouping=catalogue.grouping_factor,
        voltage_v=standard.mv_voltage_kv * 1000.0,
        normal_limit=standard.mv_loading_limit_pct / 100.0 * 0.97,
        outage_limit=standard.mv_loading_n1_limit_pct / 100.0 * 0.95,
        drop_limit_pu=standard.mv_drop_limit_pct / 100.0 * 0.95,
        drop_outage_limit_pu=standard.mv_drop_n1_limit_pct / 100.0 * 0.95,
        transformers_max=standard.ring_transformers_max,
        kva_max=standard.ring_kva_max,
        ring_price=2.0 * prices["supply_cubicle"],
        loss_price_per_kw=hours * standard.loss_price_per_kwh * worth,
        outage_price_per_kw_m=catalogue.rates["mv_cable"].failures_per_year
        / 1000.0
        * switching_h(standard)
        * outage_price,
        route_price_per_m=float(price[0]),
        penalty=PENALTY_TRANSFORMERS * (prices["station"] + prices["rmu"]),
    )
    return rules, rows.astype(np.int64)


@njit(cache=True)
def _take_nearest(frontier: list[tuple[float, int]]) -> tuple[float, int]:
    """Take the first of the least (distance, node) out of the list; the last one fills its place."""
    best = 0
    for place in range(1, len(frontier)):
        if frontier[place] < frontier[best]:
            best = place
    nearest = frontier[best]
    frontier[best] = frontier[-1]
    frontier.pop()
    return nearest


@njit(cache=True)
def _neighbours(
    ground: Ground, pillars: Ints, is_site: NDArray[np.bool_], pillars_wanted: int, sites_wanted: int
) -> tuple[Ints, Ints]:
    """For each node the pillars (of pillars only) and the sites nearest along the streets, -1 where there are fewer."""
    nodes = ground.first.size - 1
    near_pillar = np.full((nodes, pillars_wanted), -1, np.int64)
    near_site = np.full((nodes, sites_wanted), -1, np.int64)
    is_pillar = np.zeros(nodes, np.bool_)
    for pillar in pillars:
        is_pillar[pillar] = True
    distance = np.full(nodes, np.inf)
    for source in range(nodes):
        frontier = [(0.0, source)]
        touched = [source]
        distance[source] = 0.0
        found_pillars, found_sites, steps = 0, 0, 0
        while len(frontier) > 0 and (found_pillars < pillars_wanted or found_sites < sites_wanted) and steps < 400:
            reached, node = _take_nearest(frontier)
            if reached > distance[node]:
                continue
            steps += 1
            if node != source and is_pillar[node] and found_pillars < pillars_wanted:
                near_pillar[source, found_pillars] = node
                found_pillars += 1
            if is_site[node] and found_sites < sites_wanted:
                near_site[source, found_sites] = node
                found_sites += 1
            for place in range(ground.first[node], ground.first[node + 1]):
                other = ground.neighbour[place]
                further = reached + ground.length_m[ground.edge[place]]
                if further < distance[other]:
                    if np.isinf(distance[other]):
                        touched.append(other)
                    distance[other] = further
                    frontier.append((further, other))
        for node in touched:
            distance[node] = np.inf
    return near_pillar, near_site
