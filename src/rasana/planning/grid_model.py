"""The designed network as plain columns, and as input of power-grid-model.

Conventions, the same for every program that this network is handed to:

- A supply point holds its busbar at ``source_voltage_pu``: the tap changer of the 63/20 kV transformer sees to that.
  Its fault level bears on fault currents only.
- ``tap_pct`` t of a transformer shortens its MV winding: its rated voltages are U_mv (1 - t/100) and U_lv, which is
  the tap of -t on the MV side. Impedance and no-load branch are those of the LV side and don't change with the tap.
- Cables have the resistance of their operating temperature, and no conductance.
- Loads draw constant power.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from power_grid_model import (
    CalculationMethod,
    ComponentType,
    DatasetType,
    LoadGenType,
    PowerGridModel,
    WindingType,
    initialize_array,
)
from power_grid_model.errors import PowerGridError  # type: ignore[attr-defined]

from rasana.planning.catalogue import Cables, Catalogue, operating_resistance_ohm_per_km, resistance_ohm_per_km
from rasana.planning.estate import Estate
from rasana.planning.network import Network
from rasana.planning.standard import Standard

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Dataset = dict[ComponentType, Any]

CABLE_LENGTH_MIN_M = 0.01
"""A cable of no length would have no impedance, which no solver of node equations accepts."""
STIFF_VA = 1e15
"""Short-circuit power by which power-grid-model holds a busbar's voltage to 1e-9 pu."""
WINDINGS = {"D": WindingType.delta, "d": WindingType.delta, "Y": WindingType.wye, "y": WindingType.wye}
EARTHED = {"Y": WindingType.wye_n, "y": WindingType.wye_n, "Z": WindingType.zigzag_n, "z": WindingType.zigzag_n}
FLOWS = {
    ComponentType.node: {"u_pu"},
    ComponentType.line: {"i_from", "i_to", "p_from", "p_to", "q_from", "q_to"},
    ComponentType.transformer: {"p_from", "q_from", "p_to", "q_to"},
    ComponentType.source: {"p", "q"},
}


@dataclass(frozen=True)
class Grid:
    """The network's tables as arrays. Rows: nodes n, cables m, transformers t, supply points s, plots p.

    Impedances of cables are whole (ohm, all parallel cables together): ``cable_r`` at operating temperature,
    ``cable_r20`` at 20 °C, ``cable_r_fault`` at the end of a fault; ``cable_c`` in farad. ``plot_node`` is -1 where
    not supplied.
    """

    mv_voltage_v: float
    lv_voltage_v: float
    source_voltage_pu: float
    node_is_mv: Bools
    supply_node: Ints
    supply_mva: Floats
    supply_capacity_kva: Floats
    cable_start: Ints
    cable_end: Ints
    cable_is_mv: Bools
    cable_is_service: Bools
    cable_open: Bools
    cable_parallel: Floats
    cable_r: Floats
    cable_r20: Floats
    cable_r_fault: Floats
    cable_x: Floats
    cable_c: Floats
    cable_r0_ratio: Floats
    cable_x0_ratio: Floats
    cable_withstand_ka: Floats
    transformer_mv: Ints
    transformer_lv: Ints
    transformer_kva: Floats
    transformer_uk: Floats
    transformer_load_loss_kw: Floats
    transformer_no_load_loss_kw: Floats
    transformer_no_load_current: Floats
    transformer_tap_pct: Floats
    transformer_group: tuple[str, ...]
    transformer_r0_ratio: Floats
    transformer_x0_ratio: Floats
    plot_node: Ints

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_is_mv)

    def with_taps(self, tap_pct: Floats) -> Grid:
        """The same network with other taps."""
        return replace(self, transformer_tap_pct=tap_pct)

    @property
    def transformer_z_ohm(self) -> NDArray[np.complex128]:
        """Series impedance at the LV side from the nameplate."""
        base = self.lv_voltage_v**2 / (self.transformer_kva * 1000.0)
        r = self.transformer_load_loss_kw / self.transformer_kva
        return np.asarray(base * (r + 1j * np.sqrt(np.maximum(self.transformer_uk**2 - r**2, 0.0))))


def make_grid(estate: Estate, standard: Standard, catalogue: Catalogue, network: Network) -> Grid:
    """Columns of ``network`` with the catalogue's data of each type and the standard's defaults of supply points."""
    nodes, cables, transformers = network.nodes, network.cables, network.transformers
    row_of = {name: row for row, name in enumerate(nodes["id"])}
    supplies = estate.supply_points
    present = np.array([f"S-{name}" in row_of for name in supplies["supply_id"]], dtype=bool)
    names = supplies["supply_id"].to_numpy()[present]
    level = cables["level"].to_numpy()
    types = catalogue.transformers
    row = transformers["type_row"].to_numpy(np.int64)
    return Grid(
        mv_voltage_v=standard.mv_voltage_kv * 1000.0,
        lv_voltage_v=standard.lv_voltage_v,
        source_voltage_pu=standard.source_voltage_pu,
        node_is_mv=(nodes["level"] == "mv").to_numpy(),
        supply_node=np.array([row_of[f"S-{name}"] for name in names], dtype=np.int64),
        supply_mva=_or_default(supplies["fault_mva"].to_numpy()[present], standard.default_fault_mva),
        supply_capacity_kva=_or_default(supplies["capacity_kva"].to_numpy()[present], standard.default_capacity_kva),
        cable_start=cables["from_row"].to_numpy(np.int64),
        cable_end=cables["to_row"].to_numpy(np.int64),
        cable_is_mv=level == "mv",
        cable_is_service=level == "service",
        cable_open=cables["normally_open"].to_numpy(bool),
        cable_parallel=cables["parallel"].to_numpy(np.float64),
        **_cable_columns(network, standard, catalogue),
        transformer_mv=transformers["node_mv"].to_numpy(np.int64),
        transformer_lv=transformers["node_lv"].to_numpy(np.int64),
        transformer_kva=types.rating_kva[row],
        transformer_uk=types.uk_pct[row] / 100.0,
        transformer_load_loss_kw=types.load_loss_kw[row],
        transformer_no_load_loss_kw=types.no_load_loss_kw[row],
        transformer_no_load_current=types.no_load_current_pct[row] / 100.0,
        transformer_tap_pct=transformers["tap_pct"].to_numpy(np.float64),
        transformer_group=tuple(types.vector_group[place] for place in row),
        transformer_r0_ratio=types.r0_ratio[row],
        transformer_x0_ratio=types.x0_ratio[row],
        plot_node=network.plots["node_row"].to_numpy(np.int64),
    )


def _or_default(values: ArrayLike, default: float) -> Floats:
    given = np.asarray(values, dtype=np.float64)
    return np.where(np.isnan(given), default, given)


def _cable_columns(network: Network, standard: Standard, catalogue: Catalogue) -> dict[str, Floats]:
    """Impedances and withstand of every cable, by its level's table; a service may be of the LV table, too."""
    cables = network.cables
    tables = {"mv": catalogue.mv_cables, "lv": catalogue.lv_cables, "service": catalogue.service_cables}
    level, kind = cables["level"].to_numpy(), cables["type"].to_numpy()
    from_lv = (
        (level == "service") & np.isin(kind, catalogue.lv_cables.name) & ~np.isin(kind, catalogue.service_cables.name)
    )
    level = np.where(from_lv, "lv", level)
    row, parallel = cables["type_row"].to_numpy(np.int64), cables["parallel"].to_numpy(np.float64)
    length_km = np.maximum(cables["length_m"].to_numpy(np.float64), CABLE_LENGTH_MIN_M) / 1000.0
    found: dict[str, Floats] = {}
    for name, table in tables.items():
        for key, values in _per_km(table, standard).items():
            column = found.setdefault(key, np.zeros(len(cables)))
            here = level == name
            column[here] = values[row[here]]
    for key in ("cable_r", "cable_r20", "cable_r_fault", "cable_x"):
        found[key] *= length_km / parallel
    found["cable_c"] *= length_km * parallel
    found["cable_withstand_ka"] *= parallel
    return found


def _per_km(table: Cables, standard: Standard) -> dict[str, Floats]:
    return {
        "cable_r": operating_resistance_ohm_per_km(table, standard),
        "cable_r20": table.r20_ohm_per_km,
        "cable_r_fault": resistance_ohm_per_km(table, standard.conductor_temperature_fault_c),
        "cable_x": table.x_ohm_per_km,
        "cable_c": table.c_nf_per_km * 1e-9,
        "cable_r0_ratio": table.r0_ratio,
        "cable_x0_ratio": table.x0_ratio,
        "cable_withstand_ka": table.withstand_1s_ka,
    }


def _rows(component: ComponentType, count: int, **columns: ArrayLike) -> NDArray[np.void]:
    rows = initialize_array(DatasetType.input, component, count)
    for name, values in columns.items():
        rows[name] = values
    return rows


def grid_input(grid: Grid, cables: Ints, tap_pct: Floats | None = None) -> Dataset:
    """Input of power-grid-model without loads: the given ``cables`` (rows), all transformers and supply points.

    Ids: a node is its row; cables, transformers and supply points follow in this order. Nodes that none of these
    touches are left out. ``tap_pct`` stands in for the transformers' own taps.
    """
    tap = grid.transformer_tap_pct if tap_pct is None else tap_pct
    start, end = grid.cable_start[cables], grid.cable_end[cables]
    used = np.unique(np.concatenate([start, end, grid.transformer_mv, grid.transformer_lv, grid.supply_node]))
    r, x, c = grid.cable_r[cables], grid.cable_x[cables], grid.cable_c[cables]
    first = grid.nodes
    windings = [_windings(name) for name in grid.transformer_group]
    count = len(grid.transformer_kva)
    transformer_id = first + len(grid.cable_start)
    voltage = np.where(grid.node_is_mv[used], grid.mv_voltage_v, grid.lv_voltage_v)
    loss = grid.transformer_no_load_loss_kw
    return {
        ComponentType.node: _rows(ComponentType.node, len(used), id=used, u_rated=voltage),
        ComponentType.line: _rows(
            ComponentType.line, len(cables), id=first + cables, from_node=start, to_node=end, from_status=1,
            to_status=~grid.cable_open[cables], r1=r, x1=x, c1=c, tan1=0.0, c0=c, tan0=0.0,
            r0=r * grid.cable_r0_ratio[cables], x0=x * grid.cable_x0_ratio[cables],
        ),
        ComponentType.transformer: _rows(
            ComponentType.transformer, count, id=transformer_id + np.arange(count), from_node=grid.transformer_mv,
            to_node=grid.transformer_lv, from_status=1, to_status=1, u1=grid.mv_voltage_v * (1.0 - tap / 100.0),
            u2=grid.lv_voltage_v, sn=grid.transformer_kva * 1000.0, uk=grid.transformer_uk,
            pk=grid.transformer_load_loss_kw * 1000.0, p0=loss * 1000.0,
            i0=np.maximum(grid.transformer_no_load_current, loss / grid.transformer_kva),
            winding_from=[one for one, _, _ in windings], winding_to=[two for _, two, _ in windings],
            clock=[clock for _, _, clock in windings], tap_side=0,
            tap_pos=0, tap_min=0, tap_max=0, tap_nom=0, tap_size=0.0,
        ),
        ComponentType.source: _rows(
            ComponentType.source, len(grid.supply_node), id=transformer_id + count + np.arange(len(grid.supply_node)),
            node=grid.supply_node, status=1, u_ref=grid.source_voltage_pu, sk=STIFF_VA, rx_ratio=0.1,
        ),
    }  # fmt: skip


def _windings(vector_group: str) -> tuple[WindingType, WindingType, int]:
    """Windings and clock of a name such as Dyn5; a letter n after the winding means its star point is brought out."""
    text = vector_group.strip()
    clock = "".join(sign for sign in text if sign.isdigit())
    letters = text[: len(text) - len(clock)]
    high, low = letters[0], letters[1:]
    return (
        WINDINGS.get(high, WindingType.wye),
        EARTHED[low[0]] if "n" in low.lower() else WINDINGS[low[0]],
        int(clock or 0),
    )


def with_loads(grid: Grid, dataset: Dataset, nodes: Ints, power_va: NDArray[np.complex128]) -> Dataset:
    """``dataset`` with a constant-power load at each of ``nodes``; ``power_va`` (nodes,), or (nodes, 3) by phase."""
    component = ComponentType.sym_load if power_va.ndim == 1 else ComponentType.asym_load
    first = grid.nodes + len(grid.cable_start) + len(grid.transformer_kva) + len(grid.supply_node)
    loads = _rows(
        component, len(nodes), id=first + np.arange(len(nodes)), node=nodes, status=1,
        type=LoadGenType.const_power, p_specified=power_va.real, q_specified=power_va.imag,
    )  # fmt: skip
    return {**dataset, component: loads}


def load_states(dataset: Dataset, power_va: NDArray[np.complex128]) -> Dataset:
    """Batch update of symmetric loads: ``power_va`` (states, loads)."""
    update = initialize_array(DatasetType.update, ComponentType.sym_load, power_va.shape)
    update["id"] = dataset[ComponentType.sym_load]["id"]
    update["p_specified"] = power_va.real
    update["q_specified"] = power_va.imag
    return {ComponentType.sym_load: update}


def solve(
    dataset: Dataset, wanted: dict[ComponentType, set[str]], update: Dataset | None = None, *, symmetric: bool = True
) -> tuple[dict[ComponentType, dict[str, Floats]], bool]:
    """AC power flow by Newton's method: columns ``wanted`` of each component, one row a state of the batch ``update``.

    Where it has no solution (a network loaded beyond collapse), the linear model answers in its place: its voltages
    are far below any limit. The flag tells whether the solution is the AC one.
    """
    model = PowerGridModel(dataset)
    options: dict[str, Any] = {"update_data": update, "output_component_types": wanted, "symmetric": symmetric}
    try:
        found, solved = model.calculate_power_flow(**options), True
    except PowerGridError:
        found, solved = model.calculate_power_flow(**options, calculation_method=CalculationMethod.linear), False
    states = found[ComponentType.node]["u_pu"].shape[:-1]
    # A component of which there is none is left out of the answer.
    nothing = {part: {name: np.zeros((*states, 0)) for name in names} for part, names in wanted.items()}
    return nothing | found, solved


def secondary_voltage_pu(grid: Grid, primary_pu: Floats, active_kw: Floats, reactive_kvar: Floats) -> Floats:
    """Voltage of LV busbars from that of their MV side and the power drawn at the busbar: the two-bus equation.

    All (..., transformers). NaN where no voltage can carry that power.
    """
    z = grid.transformer_z_ohm
    no_load = primary_pu * grid.lv_voltage_v / (1.0 - grid.transformer_tap_pct / 100.0)
    # Half of the no-load branch lies at the LV side of the pi model; it draws by the square of the voltage there.
    fall = (z.real * active_kw + z.imag * reactive_kvar) * 2000.0
    square = np.maximum(no_load**2 - fall, 0.0) / grid.lv_voltage_v**2
    loss_kw = grid.transformer_no_load_loss_kw
    magnetising = np.sqrt(np.maximum((grid.transformer_no_load_current * grid.transformer_kva) ** 2 - loss_kw**2, 0.0))
    active = (active_kw + square * loss_kw / 2.0) * 1000.0
    reactive = (reactive_kvar + square * magnetising / 2.0) * 1000.0
    half = no_load**2 / 2.0 - (z.real * active + z.imag * reactive)
    rest = half**2 - np.abs(z) ** 2 * (active**2 + reactive**2)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sqrt(half + np.sqrt(rest)) / grid.lv_voltage_v, dtype=np.float64)
