"""The estate: what is there. Tables in one projected coordinate system (metres), already validated."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd

from rasana.planning.finding import Assumption, Finding


@dataclass(frozen=True)
class Estate:
    """An estate as read from its plan.

    Every table is in ``crs``, a projected system in metres. A missing figure is NaN, a missing text is "".

    - ``plots``: geometry (polygon, multipolygon or point); ``plot_id`` text, unique; ``trade`` text; ``units`` float;
      ``floor_area_m2``; ``connected_kw``; ``demand_kw``; ``phases`` float (1, 3 or NaN); ``ready_year``;
      ``status`` text; further columns of the input are kept.
    - ``streets``: LineString; ``street_id``; ``trench_factor`` float; ``no_trench`` bool. Noded: lines meet at
      their ends only, and all of them hang together.
    - ``supply_points``: Point; ``supply_id``; ``voltage_kv``; ``capacity_kva``; ``fault_mva``; ``available_year``.
      Never empty: a missing one was placed by the importer and is listed in ``assumptions``.
    - ``transformer_sites``: Point; ``site_id``; ``max_kva``. Empty: sites are derived along the streets.
    - ``existing_transformers``, ``existing_cables``, ``no_go``: as in the contract; may be empty.
    """

    name: str
    crs: str
    plots: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    supply_points: gpd.GeoDataFrame
    transformer_sites: gpd.GeoDataFrame
    existing_transformers: gpd.GeoDataFrame
    existing_cables: gpd.GeoDataFrame
    no_go: gpd.GeoDataFrame
    label: str = ""
    """What the plan is when it is not a survey, for example a reconstruction; shown wherever the estate is."""
    attribution: str = ""
    """Credit that the licence of the plan asks for, for example of OpenStreetMap."""
    assumptions: tuple[Assumption, ...] = ()
    findings: tuple[Finding, ...] = ()
