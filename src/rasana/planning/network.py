"""The designed network as columns: what is built, where, and of which type."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd


@dataclass(frozen=True)
class Network:
    """Tables of one design, in the estate's coordinate system. Ids are text, lengths metres.

    - ``nodes``: Point; ``id``; ``kind`` (supply, transformer_mv, transformer_lv, joint, service, plot); ``level``
      (mv, lv). A ``service`` node is the pillar that plots hang on; a ``plot`` node is the meter.
    - ``transformers``: Point; ``id``; ``node_mv``, ``node_lv`` (rows of ``nodes``); ``rating_kva``; ``type_row`` (row
      of the catalogue's transformers); ``tap_pct`` (rise of the secondary voltage, 2.5 means +2.5 %); ``peak_kva``;
      ``loading_pct``; ``ring_id``; ``existing`` bool; ``phase_year`` Int64.
    - ``cables``: LineString; ``id``; ``level`` (service, lv, mv); ``type``; ``type_row`` (row of the catalogue's LV or
      MV cables); ``parallel`` int; ``from_node``, ``to_node`` (ids of nodes, from the source side); ``from_row``,
      ``to_row`` (rows of ``nodes``); ``length_m``; ``grouping`` (cables side by side in the fullest part of its
      trench); ``rating_a`` (derated, of all parallel cables together); ``peak_a``; ``loading_pct``; ``fuse_a`` (of its
      feeder, or of the service); ``transformer_id``; ``feeder_id``; ``ring_id``; ``normally_open`` bool (open at its
      far end); ``existing``; ``phase_year`` Int64.
    - ``trenches``: LineString; ``id``; ``length_m``; ``cables`` (how many lie in it); ``levels`` (for example "lv+mv");
      ``trench_factor``; ``price`` (of this trench, whole).
    - ``plots``: one row a plot of the estate, in its order: ``plot_id``; ``node_row`` (-1 where not supplied);
      ``service_node``; ``transformer_id``; ``feeder_id``.
    """

    nodes: gpd.GeoDataFrame
    transformers: gpd.GeoDataFrame
    cables: gpd.GeoDataFrame
    trenches: gpd.GeoDataFrame
    plots: gpd.GeoDataFrame
