"""What a study hands over: the design, how it behaves, what it costs and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from rasana.planning.estate import Estate
from rasana.planning.finding import Assumption, Finding
from rasana.planning.network import Network

if TYPE_CHECKING:
    from rasana.planning.catalogue import Catalogue
    from rasana.planning.demand import Demand
    from rasana.planning.standard import Standard


@dataclass(frozen=True)
class Settings:
    """How a study is run. ``effort`` is fast, balanced or best; the same seed gives the same design to the byte."""

    effort: str = "balanced"
    seed: int = 1
    jobs: int = 1


@dataclass(frozen=True)
class Cost:
    """What the design costs over its life, in the catalogue's currency: exactly what the search minimises.

    ``capital`` is by item of the bill; ``losses_pv`` and ``interruptions_pv`` are present values.
    """

    capital: Mapping[str, float]
    losses_pv: float
    interruptions_pv: float
    currency: str

    @property
    def total(self) -> float:
        """Capital and present values together."""
        return float(sum(self.capital.values())) + self.losses_pv + self.interruptions_pv


@dataclass(frozen=True)
class Study:
    """One run of the planning engine with all its inputs; immutable.

    - ``plots``: the estate's plots with ``unit_peak_kw``, ``plot_peak_kw``, ``transformer_id``, ``feeder_id``,
      ``service_node``, ``voltage_min_pu``, ``drop_pct``, ``fault_min_ka``, ``clearing_s``, ``saifi``, ``saidi_h``,
      ``load_kw``, ``load_kvar`` (the load in the state in which every transformer is at its own peak), ``phase`` (1, 2
      or 3 that a single-phase service hangs on, 0 for three phases).
    - ``rings``: ``ring_id``, ``supply_from``, ``supply_to``, ``transformer_ids`` (tuple, in order), ``length_m``,
      ``peak_kva``, ``open_cable_id``, ``type``.
    - ``bill``: ``item``, ``type``, ``unit``, ``quantity``, ``unit_price``, ``amount``.
    - ``n1``: a row a state: ``element``, ``kind`` (section, supply), ``ring_id``, ``loading_max_pct``,
      ``voltage_min_pu``, ``unsupplied_kva``, ``ok``.
    - ``busbars``: ``id``, ``level``, ``fault_max_ka``, ``rating_ka``.
    - ``seconds``: by stage; the only part that differs between two runs with the same input.
    - ``curve``: (trial, cost of the best design so far).
    """

    estate: Estate
    standard: Standard
    catalogue: Catalogue
    settings: Settings
    fingerprint: str
    demand: Demand
    network: Network
    plots: gpd.GeoDataFrame
    rings: pd.DataFrame
    cost: Cost
    bill: pd.DataFrame
    n1: pd.DataFrame
    busbars: pd.DataFrame
    peak_kw: float
    losses_kw: float
    losses_mwh: float
    voltage_min_pu: float
    loading_max_pct: float
    saifi: float
    saidi_h: float
    ens_mwh: float
    findings: tuple[Finding, ...]
    assumptions: tuple[Assumption, ...]
    seconds: Mapping[str, float]
    curve: tuple[tuple[int, float], ...]
    interrupted: bool = False
    """True where the search was stopped by the user; the design is the best found until then."""
