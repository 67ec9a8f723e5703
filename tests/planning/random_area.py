"""One transformer's area on a random tree of streets, and its design reckoned again in plain Python."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rasana.planning.area import evaluate
from rasana.planning.sections import Load, Rules, Types
from rasana.planning.ways import Ground, Workspace, make_workspace
from tests.planning.grid_estate import grid_problem
from tests.planning.test_ways import make_ground


@dataclass(frozen=True)
class Area:
    """A designed area with all that it was designed from. Arrays of the workspace are copies."""

    ground: Ground
    load: Load
    types: Types
    rules: Rules
    root: int
    members: np.ndarray
    outside: np.ndarray
    work: Workspace
    cost: float
    excess: float
    transformer: int
    size: int
    count: int

    @property
    def sections(self) -> range:
        return range(self.count)

    def length_m(self, section: int) -> float:
        node = self.work.section_node[section]
        return float(self.work.tree_length[node] - self.work.tree_length[self.work.tree_parent[node]])

    def cables_beside(self, section: int) -> int:
        node = self.work.section_node[section]
        return int(self.work.tree_cables[node] + self.outside[self.work.tree_edge[node]])

    def children(self, section: int) -> list[int]:
        return [child for child in self.sections if self.work.section_parent[child] == section]

    def graph_node(self, section: int) -> int:
        return int(self.work.tree_node[self.work.section_node[section]])

    def chain(self, section: int) -> list[int]:
        """Sections from the transformer to this one."""
        found = [section]
        while self.work.section_parent[found[0]] >= 0:
            found.insert(0, int(self.work.section_parent[found[0]]))
        return found

    def fuse(self, section: int) -> int:
        return int(self.work.feeder_fuse[self.chain(section)[0]])


def make_load(kw: np.ndarray, g: float = 0.4, power_factor: float = 0.9) -> Load:
    """A pillar of one plot with so many kW at each node; nobody is fed from the board."""
    nodes = len(kw)
    a, b, per_kw = g * kw, (1.0 - g) * kw, math.tan(math.acos(power_factor))
    none = np.zeros(nodes)
    return Load(
        active_a=a, active_b2=b**2, reactive_a=a * per_kw, reactive_b2=(b * per_kw) ** 2, direct_active_a=none,
        direct_active_b2=none, direct_reactive_a=none, direct_reactive_b2=none, direct_ways=np.zeros(nodes, np.int64),
        anchored=np.zeros(nodes, np.int64), mean_kw=0.3 * kw, direct_mean_kw=none,
        service_drop_pu=np.where(kw > 0.0, 0.004, 0.0), loop_limit_ohm=np.where(kw > 0.0, 0.8, np.inf),
        site_limit_kva=np.full(nodes, np.inf),
    )  # fmt: skip


def design(ground: Ground, load: Load, members: np.ndarray, outside: np.ndarray, scale: float = 1.0) -> Area:
    """The area around node 0 with the types and rules of the grid estate."""
    problem = grid_problem()
    work = make_workspace(len(load.active_a))
    used = (outside > 0).astype(np.int64)
    result = evaluate(ground, load, problem.types, problem.rules, work, 0, members, used, outside, scale)
    return Area(ground, load, problem.types, problem.rules, 0, members, outside, work, *result)


def random_area(seed: int, nodes: int, mean_kw: float, mean_m: float) -> Area:
    """A random tree of street pieces of about ``mean_m``, loads of about ``mean_kw`` at most of its nodes."""
    rng = np.random.default_rng(seed)
    ends = [(row, max(0, row - int(rng.integers(1, 4)))) for row in range(1, nodes)]
    length = rng.gamma(2.0, mean_m / 2.0, nodes - 1) + 1.0
    kw = np.where(rng.random(nodes) < 0.8, rng.gamma(2.0, mean_kw / 2.0, nodes) + 0.5, 0.0)
    kw[-1] = max(kw[-1], 1.0)
    x, y = rng.uniform(0, 300, (2, nodes))
    ground = make_ground(x, y, ends, length, length * 10.0)
    outside = np.where(rng.random(nodes - 1) < 0.2, rng.integers(1, 4, nodes - 1), 0)
    return design(ground, make_load(kw), np.flatnonzero(kw > 0.0), outside)


def own_group(area: Area, section: int) -> np.ndarray:
    """The four sums of the plots that a section feeds at its far end; all zero where it feeds none there."""
    passed = sum((area.work.section_sums[child] for child in area.children(section)), np.zeros(4))
    return area.work.section_sums[section] - passed


def breaches(area: Area, tolerance: float = 1e-6) -> list[str]:
    """Every rule that the design breaks, by what was read from its sections alone."""
    types, rules, work = area.types, area.rules, area.work
    found = []
    state: dict[int, tuple[float, complex]] = {}
    a, b2, qa, qb2 = (float(column[area.members].sum()) for column in area.load[:4])
    kva = types.transformer_kva[area.transformer]
    zt = complex(
        types.transformer_r[area.transformer] + rules.source_r, types.transformer_x[area.transformer] + rules.source_x
    )
    if math.hypot(a + math.sqrt(b2), qa + math.sqrt(qb2)) > kva * rules.transformer_limit * (1 + tolerance):
        found.append("transformer")
    heads = [section for section in area.sections if work.section_parent[section] < 0]
    ways = len(heads) + (1 if area.root in area.members and area.load.active_a[area.root] > 0 else 0)
    if ways > rules.feeders_max:
        found.append("feeders")
    for section in reversed(area.sections):
        kind, fuse = work.section_type[section], area.fuse(section)
        a, b2, qa, qb2 = work.section_sums[section]
        p, q = a + math.sqrt(max(b2, 0.0)), qa + math.sqrt(max(qb2, 0.0))
        current = math.hypot(p, q) * 1000.0 / (math.sqrt(3.0) * rules.voltage_v)
        rating = (
            types.cable_ampacity_a[kind] * types.grouping[min(area.cables_beside(section), len(types.grouping) - 1)]
        )
        if current * rules.current_margin > rating * (1 + tolerance):
            found.append(f"ampacity {section}")
        if section in heads:
            if types.fuse_a[fuse] < current * rules.current_margin * (1 - tolerance):
                found.append(f"fuse carries {section}")
            if types.fuse_a[fuse] > rating * (1 + tolerance):
                found.append(f"fuse protects {section}")
        if kind < types.fuse_cable_min[fuse]:
            found.append(f"withstand {section}")
        drop, z = state.get(int(work.section_parent[section]), (0.0, zt))
        metres = area.length_m(section)
        r, x = types.cable_r[kind] * metres, types.cable_x[kind] * metres
        drop += (p * r + q * x) * 1000.0 / rules.voltage_v**2
        z += 2.0 * complex(types.cable_r_fault[kind] * metres, x)
        state[section] = (drop, z)
        if own_group(area, section)[0] > 1e-9:
            node = area.graph_node(section)
            if drop + area.load.service_drop_pu[node] > rules.drop_limit_pu * (1 + tolerance):
                found.append(f"drop {section}")
            if abs(z) > min(area.load.loop_limit_ohm[node], rules.loop_voltage_v / types.fuse_5s_a[fuse]) * (
                1 + tolerance
            ):
                found.append(f"loop {section}")
    return found
