"""The network as a file of pandapower 3: ``pandapower.from_json(path)`` and ``pandapower.runpp(net)`` work as it is.

The file is written without pandapower, which would be a heavy thing to install for one output. Its format is
pandapower's own: a JSON object of tables, each a pandas frame in the orientation "split" as text. The state is that in
which every transformer is at its own peak, with the conventions of the study's own power flow (see ``grid_model``).
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from rasana.planning.grid_model import CABLE_LENGTH_MIN_M, Grid, make_grid
from rasana.planning.result import Study

FORMAT_VERSION = "3.0.0"
FREQUENCY_HZ = 50.0
DEGREES_PER_HOUR = 30.0
"""Phase shift of one hour of a vector group's clock."""


def write_pandapower(study: Study, path: Path) -> None:
    """Write ``network.pandapower.json``; the same study gives the same bytes."""
    tables = {name: _frame(table) for name, table in pandapower_tables(study).items()}
    plain = {"version": FORMAT_VERSION, "format_version": FORMAT_VERSION, "name": study.estate.name}
    net = {**tables, **plain, "f_hz": FREQUENCY_HZ, "sn_mva": 1.0}
    whole = {"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": net}
    path.write_text(json.dumps(whole, ensure_ascii=False) + "\n", encoding="utf-8")


def pandapower_tables(study: Study) -> dict[str, pd.DataFrame]:
    """Tables ``bus``, ``line``, ``switch``, ``trafo``, ``load``, ``ext_grid``; a bus is a row of the network's nodes.

    A cable that is open at its far end is a line with an open switch there. The loads are the plots' ``load_kw`` and
    ``load_kvar``.
    """
    grid = make_grid(study.estate, study.standard, study.catalogue, study.network)
    return {
        "bus": _buses(study, grid),
        "line": _lines(study, grid),
        "switch": _switches(study, grid),
        "trafo": _transformers(study, grid),
        "load": _loads(study, grid),
        "ext_grid": _supplies(study, grid),
    }


def _buses(study: Study, grid: Grid) -> pd.DataFrame:
    points = shapely.get_coordinates(study.network.nodes.geometry.to_numpy())
    return pd.DataFrame(
        {
            "name": study.network.nodes["id"].to_numpy(),
            "vn_kv": np.where(grid.node_is_mv, grid.mv_voltage_v, grid.lv_voltage_v) / 1000.0,
            "type": "b",
            "zone": study.network.nodes["kind"].to_numpy(),
            "in_service": True,
            "geo": [f'{{"coordinates": [{x:.3f}, {y:.3f}], "type": "Point"}}' for x, y in points],
        }
    )


def _lines(study: Study, grid: Grid) -> pd.DataFrame:
    cables = study.network.cables
    length_km = np.maximum(cables["length_m"].to_numpy(np.float64), CABLE_LENGTH_MIN_M) / 1000.0
    return pd.DataFrame(
        {
            "name": cables["id"].to_numpy(),
            "std_type": cables["type"].to_numpy(),
            "from_bus": grid.cable_start,
            "to_bus": grid.cable_end,
            "length_km": length_km,
            "r_ohm_per_km": grid.cable_r / length_km,
            "x_ohm_per_km": grid.cable_x / length_km,
            "c_nf_per_km": grid.cable_c * 1e9 / length_km,
            "g_us_per_km": 0.0,
            "max_i_ka": cables["rating_a"].to_numpy(np.float64) / 1000.0,
            "df": 1.0,
            "parallel": 1,
            "type": "cs",
            "in_service": True,
        }
    )


def _switches(study: Study, grid: Grid) -> pd.DataFrame:
    rows = np.flatnonzero(grid.cable_open)
    return pd.DataFrame(
        {
            "bus": grid.cable_end[rows],
            "element": rows,
            "et": ["l" for _ in rows],
            "type": ["LBS" for _ in rows],
            "closed": np.zeros(len(rows), dtype=bool),
            "name": study.network.cables["id"].to_numpy()[rows],
            "z_ohm": np.zeros(len(rows)),
        }
    )


def _transformers(study: Study, grid: Grid) -> pd.DataFrame:
    step = study.standard.tap_step_pct if study.standard.tap_step_pct > 0.0 else 1.0
    clocks = [int("".join(sign for sign in group if sign.isdigit()) or 0) for group in grid.transformer_group]
    no_load = np.maximum(grid.transformer_no_load_current, grid.transformer_no_load_loss_kw / grid.transformer_kva)
    return pd.DataFrame(
        {
            "name": study.network.transformers["id"].to_numpy(),
            "std_type": [study.catalogue.transformers.name[row] for row in study.network.transformers["type_row"]],
            "hv_bus": grid.transformer_mv,
            "lv_bus": grid.transformer_lv,
            "sn_mva": grid.transformer_kva / 1000.0,
            "vn_hv_kv": grid.mv_voltage_v / 1000.0,
            "vn_lv_kv": grid.lv_voltage_v / 1000.0,
            "vk_percent": grid.transformer_uk * 100.0,
            "vkr_percent": grid.transformer_load_loss_kw / grid.transformer_kva * 100.0,
            "pfe_kw": grid.transformer_no_load_loss_kw,
            "i0_percent": no_load * 100.0,
            "shift_degree": np.array(clocks) * DEGREES_PER_HOUR,
            "vector_group": [group.rstrip("0123456789") for group in grid.transformer_group],
            "tap_side": "hv",
            "tap_neutral": 0.0,
            "tap_min": -np.ceil(study.standard.tap_limit_pct / step),
            "tap_max": np.ceil(study.standard.tap_limit_pct / step),
            "tap_step_percent": step,
            "tap_step_degree": 0.0,
            "tap_pos": -grid.transformer_tap_pct / step,
            "tap_changer_type": "Ratio",
            "tap_dependency_table": False,
            "oltc": False,
            "parallel": 1,
            "df": 1.0,
            "in_service": True,
        }
    )


def _loads(study: Study, grid: Grid) -> pd.DataFrame:
    kw = study.plots["load_kw"].to_numpy(np.float64)
    kvar = study.plots["load_kvar"].to_numpy(np.float64)
    rows = np.flatnonzero((grid.plot_node >= 0) & (kw > 0.0))
    return pd.DataFrame(
        {
            "name": study.plots["plot_id"].to_numpy()[rows],
            "bus": grid.plot_node[rows],
            "p_mw": kw[rows] / 1000.0,
            "q_mvar": kvar[rows] / 1000.0,
            "const_z_p_percent": 0.0,
            "const_i_p_percent": 0.0,
            "const_z_q_percent": 0.0,
            "const_i_q_percent": 0.0,
            "scaling": 1.0,
            "in_service": True,
            "type": "wye",
        }
    )


def _supplies(study: Study, grid: Grid) -> pd.DataFrame:
    ids = study.network.nodes["id"].to_numpy()
    return pd.DataFrame(
        {
            "name": ids[grid.supply_node],
            "bus": grid.supply_node,
            "vm_pu": grid.source_voltage_pu,
            "va_degree": 0.0,
            "slack_weight": 1.0,
            "in_service": True,
            "s_sc_max_mva": grid.supply_mva,
            "s_sc_min_mva": grid.supply_mva * study.standard.default_fault_min_share,
            "rx_max": study.standard.default_fault_rx,
            "rx_min": study.standard.default_fault_rx,
        }
    )


def _frame(table: pd.DataFrame) -> dict[str, Any]:
    """One table as pandapower stores it."""
    rows = [[_cell(value) for value in row] for row in table.itertuples(index=False)]
    text = json.dumps({"columns": list(table.columns), "index": list(range(len(table))), "data": rows})
    kinds = {"f": "float64", "b": "bool", "i": "int64", "u": "int64"}
    return {
        "_module": "pandas.core.frame",
        "_class": "DataFrame",
        "_object": text,
        "orient": "split",
        "dtype": {name: kinds.get(kind.kind, "object") for name, kind in table.dtypes.items()},
        "is_multiindex": False,
        "is_multicolumn": False,
    }


def _cell(value: object) -> object:
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
