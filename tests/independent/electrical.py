"""Flows, drops and fault currents of one state of a written design, by plain loops over its tree."""

from __future__ import annotations

import cmath
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tests.independent.design import Design, Row, Tree, number
from tests.independent.tables import Tables

Sums = tuple[float, float, float, float]
"""Of a group of units: sum of g p, sum of ((1-g) p)^2, and both for reactive power."""
NOTHING: Sums = (0.0, 0.0, 0.0, 0.0)


def plus(a: Sums, b: Sums) -> Sums:
    """Two groups as one."""
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3])


def sums(groups: Iterable[Sums]) -> Sums:
    """Many groups as one."""
    whole = NOTHING
    for group in groups:
        whole = plus(whole, group)
    return whole


def power(group: Sums) -> complex:
    """Coincident peak of a group in kVA."""
    return complex(group[0] + math.sqrt(group[1]), group[2] + math.sqrt(group[3]))


def units_of(plot: Row) -> float:
    """How many units a plot has: what the plan says, one where it says nothing or where a figure needs an owner."""
    given = any(math.isfinite(number(plot.get(key), math.nan)) for key in ("demand_kw", "connected_kw"))
    return max(number(plot.get("units"), 1.0), 1.0 if given else 0.0)


@dataclass(frozen=True)
class Physics:
    """A design with the tables it was made from: loads and impedances of everything in it."""

    design: Design
    tables: Tables

    @cached_property
    def loads(self) -> dict[str, Sums]:
        """The group that each meter stands for."""
        found = {}
        for plot in self.design.plots:
            peak, units = number(plot["unit_peak_kw"], 0.0), units_of(plot)
            share, factor = self.tables.trades.get(plot.get("trade") or "general", self.tables.trades["general"])
            slope = math.tan(math.acos(factor))
            active, loose = units * share * peak, units * ((1.0 - share) * peak) ** 2
            found[f"P-{plot['plot_id']}"] = (active, loose, active * slope, loose * slope**2)
        return found

    def is_transformer(self, edge: Row) -> bool:
        """Whether a step of a path goes through a transformer."""
        return "rating_kva" in edge

    def ohm(self, edge: Row, temperature_c: float | None = None) -> complex:
        """Impedance of a cable as laid (parallel ones together) or of a transformer on its LV side."""
        if self.is_transformer(edge):
            return self.tables.transformer_ohm(float(edge["rating_kva"]))
        level, kind = edge["level"], edge["type"]
        warm = self.tables.working_temperature_c(level, kind) if temperature_c is None else temperature_c
        return self.tables.ohm_per_m(level, kind, warm) * edge["length_m"] / self.parallel(edge)

    def parallel(self, cable: Row) -> int:
        """How many cables side by side a row stands for."""
        return int(number(cable.get("parallel"), 1.0))

    def is_single_phase(self, cable: Row) -> bool:
        """Whether a service loads one conductor and the neutral."""
        return cable["level"] == "service" and self.phase.get(cable["to_node"], 0) > 0

    @cached_property
    def phase(self) -> dict[str, int]:
        """The phase (1, 2, 3) that each meter hangs on, 0 for all three."""
        return {f"P-{plot['plot_id']}": int(number(plot.get("phase"), 0.0)) for plot in self.design.plots}

    def volts(self, level: str) -> float:
        """Nominal voltage between phases."""
        limits = self.tables.limits
        return limits["mv_voltage_kv"] * 1000.0 if level == "mv" else limits["lv_voltage_v"]

    def per_unit(self, edge: Row) -> complex:
        """Impedance on the base of 1 MVA."""
        level = "lv" if self.is_transformer(edge) else edge["level"]
        return self.ohm(edge) * 1e6 / self.volts(level) ** 2

    def groups(self, tree: Tree) -> dict[str, Sums]:
        """For each node the group of everything it feeds."""
        below = {node: self.loads.get(node, NOTHING) for node in tree.order}
        for node in reversed(tree.order):
            if node in tree.feeder:
                parent = tree.feeder[node][0]
                below[parent] = plus(below[parent], below[node])
        return below

    def fullest_phase(self, tree: Tree, state: dict[str, complex]) -> dict[str, float]:
        """For each node three times the kVA of the phase that carries most of what it feeds in this state."""
        below = {node: [0j, 0j, 0j] for node in tree.order}
        for meter, load in state.items():
            own = self.phase[meter]
            below[meter] = [load / 3.0 if own == 0 else load * (own == phase) for phase in (1, 2, 3)]
        for node in reversed(tree.order):
            if node in tree.feeder:
                parent = tree.feeder[node][0]
                below[parent] = [above + here for above, here in zip(below[parent], below[node], strict=True)]
        return {node: 3.0 * max(abs(load) for load in phases) for node, phases in below.items()}


@dataclass(frozen=True)
class Flow:
    """One AC state: voltages (pu) and, below each node, the power lost (kVA, complex) between it and the meters."""

    volts_pu: dict[str, complex]
    lost_kva: dict[str, complex]
    converged: bool


def coincident_state(physics: Physics, tree: Tree, scale: float = 1.0) -> dict[str, complex]:
    """Load of each meter (kVA) when every transformer is at its own coincident peak; ``scale`` for light load.

    A meter's mean part, and of its swing what belongs to the peak of the whole.
    """
    loads, below = physics.loads, physics.groups(tree)
    station: dict[str, str] = {}
    members: dict[str, list[str]] = defaultdict(list)
    for node in tree.order:
        if node in tree.feeder:
            parent, edge = tree.feeder[node]
            station[node] = node if physics.is_transformer(edge) else station.get(parent, "")
        if node in loads:
            members[station.get(node, "")].append(node)
    state = {}
    for board, meters in members.items():
        whole = below[board] if board else NOTHING
        for meter in meters:
            own = loads[meter]
            active = own[0] + (own[1] / math.sqrt(whole[1]) if whole[1] > 0.0 else 0.0)
            reactive = own[2] + (own[3] / math.sqrt(whole[3]) if whole[3] > 0.0 else 0.0)
            state[meter] = complex(active, reactive) * scale
    return state


def flow(physics: Physics, tree: Tree, state: dict[str, complex]) -> Flow:
    """Backward and forward sweeps until voltages stand still; transformers with taps and no-load losses.

    A state that no voltage can hold comes back as not converged, at nominal voltage and without losses.
    """
    volts = dict.fromkeys(tree.order, complex(physics.tables.limits["source_voltage_pu"]))
    edges = {node: (parent, edge, *_step(physics, edge)) for node, (parent, edge) in tree.feeder.items()}
    idle = _idle_mva(physics)
    current: dict[str, complex] = {}
    for _ in range(100):
        draw = {n: ((state.get(n, 0.0) / 1000.0 + idle.get(n, 0.0)) / volts[n]).conjugate() for n in tree.order}
        for node in reversed(tree.order):
            if node in edges:
                parent, _, _, ratio = edges[node]
                current[node] = draw[node]
                draw[parent] += draw[node] * ratio
        moved = 0.0
        for node in tree.order:
            if node in edges:
                parent, _, ohm, ratio = edges[node]
                new = volts[parent] * ratio - ohm * current[node]
                moved = max(moved, abs(new - volts[node]))
                volts[node] = new
        if moved < 1e-10:
            return Flow(volts, _lost(tree, edges, current, idle), True)
        if any(abs(v) < 0.3 for v in volts.values()):
            break
    return Flow(dict.fromkeys(tree.order, 1.0 + 0j), dict.fromkeys(tree.order, 0j), False)


def _step(physics: Physics, edge: Row) -> tuple[complex, float]:
    """Impedance on 1 MVA and voltage ratio of one step; a tap shortens the MV winding."""
    tap_pct = number(edge.get("tap_pct"), 0.0) if physics.is_transformer(edge) else 0.0
    return physics.per_unit(edge), 1.0 / (1.0 - tap_pct / 100.0)


def _idle_mva(physics: Physics) -> dict[str, complex]:
    """What each transformer draws without load, at its MV node."""
    idle = {}
    for row in physics.design.transformers:
        figures = physics.tables.transformers[float(row["rating_kva"])]
        magnetising = figures["no_load_current_pct"] / 100.0 * float(row["rating_kva"])
        idle[row["mv"]] = complex(figures["no_load_loss_kw"], magnetising) / 1000.0
    return idle


def _lost(tree: Tree, edges: dict, current: dict[str, complex], idle: dict[str, complex]) -> dict[str, complex]:
    """Power (kVA) lost between each node and the meters below it."""
    lost = {node: idle.get(node, 0.0) * 1000.0 for node in tree.order}
    for node in reversed(tree.order):
        if node in edges:
            parent, _, ohm, _ = edges[node]
            lost[parent] += lost[node] + ohm * abs(current[node]) ** 2 * 1000.0
    return lost


def unbalance_pct(physics: Physics, tree: Tree, state: dict[str, complex], normal: Flow) -> dict[str, float]:
    """Negative over positive sequence voltage at each node: what unequal phases drop on the way to it."""
    turn = cmath.exp(2j * math.pi / 3.0)
    current = dict.fromkeys(tree.order, 0j)
    for meter, load in state.items():
        own = physics.phase[meter]
        if own > 0:
            # All of the load on one phase: 3 S on the per-unit base, of which a third is negative sequence.
            volts = normal.volts_pu[meter] * turn ** (1 - own)
            current[meter] = (load / 1000.0 / volts).conjugate() * turn ** (2 * (own - 1))
    for node in reversed(tree.order):
        if node in tree.feeder:
            current[tree.feeder[node][0]] += current[node]
    negative = dict.fromkeys(tree.order, 0j)
    for node in tree.order:
        if node in tree.feeder:
            parent, edge = tree.feeder[node]
            negative[node] = negative[parent] + physics.per_unit(edge) * current[node]
    return {node: abs(negative[node]) / abs(normal.volts_pu[node]) * 100.0 for node in tree.order}


def source_ohm(physics: Physics, supply: str, *, largest: bool) -> complex:
    """Impedance behind a supply point, on the MV side, in the strongest or the weakest state of the grid above.

    The voltage factor belongs to the strongest state: S_k is c U^2 / Z.
    """
    limits = physics.tables.limits
    row = physics.design.supplies.get(supply, {})
    fault_mva = number(row.get("fault_mva"), limits["default_fault_mva"])
    if not largest:
        fault_mva *= limits["default_fault_min_share"]
    factor = limits["c_max_mv" if largest else "c_min_mv"]
    whole = factor * (limits["mv_voltage_kv"] * 1000.0) ** 2 / (fault_mva * 1e6)
    slope = limits["default_fault_rx"]
    reactance = whole / math.hypot(1.0, slope)
    return complex(reactance * slope, reactance)


def largest_fault_ka(physics: Physics, tree: Tree, node: str) -> float:
    """Three-phase short-circuit current at a node, conductors cold, transformers corrected (IEC 60909)."""
    limits = physics.tables.limits
    ratio = (physics.volts("lv") / physics.volts("mv")) ** 2
    ohm, low = source_ohm(physics, tree.source[node], largest=True), False
    for edge in tree.path(node):
        if physics.is_transformer(edge):
            own = physics.ohm(edge)
            rated = physics.volts("lv") ** 2 / (float(edge["rating_kva"]) * 1000.0)
            ohm = ohm * ratio + own * 0.95 * limits["c_max_lv"] / (1.0 + 0.6 * own.imag / rated)
            low = True
        else:
            ohm += physics.ohm(edge, 20.0)
    factor, volts = (limits["c_max_lv"], physics.volts("lv")) if low else (limits["c_max_mv"], physics.volts("mv"))
    return factor * volts / (math.sqrt(3.0) * abs(ohm)) / 1000.0


def least_fault_a(physics: Physics, tree: Tree, node: str) -> float:
    """Current of a fault between one phase and neutral at an LV node, grid weak and conductors hot (IEC 60909)."""
    limits = physics.tables.limits
    ratio = (physics.volts("lv") / physics.volts("mv")) ** 2
    hot = limits["conductor_temperature_fault_c"]
    positive, zero = source_ohm(physics, tree.source[node], largest=False), 0j
    for edge in tree.path(node):
        ohm = physics.ohm(edge, None if physics.is_transformer(edge) else hot)
        if physics.is_transformer(edge):
            figures = physics.tables.transformers[float(edge["rating_kva"])]
            positive = positive * ratio + ohm
            zero = complex(ohm.real * figures["r0_ratio"], ohm.imag * figures["x0_ratio"])
        else:
            positive += ohm
            if edge["level"] != "mv":
                figures = physics.tables.cables[edge["level"]][edge["type"]]
                zero += complex(ohm.real * figures["r0_ratio"], ohm.imag * figures["x0_ratio"])
    return math.sqrt(3.0) * limits["c_min_lv"] * physics.volts("lv") / abs(2.0 * positive + zero)
