"""Areas as the search left them: their trees and feeders once more, sized for all that lies beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rasana.planning.area import evaluate, resize
from rasana.planning.moves import lift_area, put_area
from rasana.planning.plan import Plan
from rasana.planning.problem import Problem
from rasana.planning.ways import Floats, Ints


@dataclass(frozen=True)
class AreaTree:
    """One area as the search left it: its tree on the street graph and its sections, children before parents."""

    root: int
    members: Ints
    node: Ints
    parent: Ints
    edge: Ints
    length: Floats
    cables: Ints
    section_node: Ints
    section_parent: Ints
    section_type: Ints
    section_flow: Floats
    section_sums: Floats
    fuse: Ints
    transformer: int
    cost: float
    excess: float


def trees(problem: Problem, plan: Plan) -> list[AreaTree]:
    """Every area of the plan, its sections sized for all cables that lie beside them. Writes costs back to the plan."""
    found = []
    for row in map(int, np.flatnonzero(plan.root >= 0)):
        lift_area(plan, problem.ground, row)
        members = plan.members[row, : plan.member_count[row]].copy()
        root, scale = int(plan.root[row]), float(plan.limit_scale[row])
        result = evaluate(
            problem.ground, problem.load, problem.types, problem.rules, problem.work, root, members,
            plan.used, plan.cables, scale,
        )  # fmt: skip
        found.append(_copy_tree(problem, root, members, result))
        plan.edge_count[row] = len(found[-1].edge)
        plan.edges[row, : len(found[-1].edge)] = found[-1].edge
        plan.edge_cables[row, : len(found[-1].edge)] = found[-1].cables
        put_area(plan, problem.ground, row)
    sized = []
    for row, tree in zip(map(int, np.flatnonzero(plan.root >= 0)), found, strict=True):
        np.subtract.at(plan.cables, tree.edge, tree.cables)
        sized.append(_resized(problem, tree, plan.cables, float(plan.limit_scale[row])))
        np.add.at(plan.cables, tree.edge, tree.cables)
        plan.cost[row], plan.excess[row] = sized[-1].cost, sized[-1].excess
        plan.transformer[row] = sized[-1].transformer
    return sized


def _copy_tree(problem: Problem, root: int, members: Ints, result: tuple[float, float, int, int, int]) -> AreaTree:
    work, (cost, excess, transformer, size, count) = problem.work, result
    return AreaTree(
        root, members, work.tree_node[:size].copy(), work.tree_parent[:size].copy(), work.tree_edge[1:size].copy(),
        work.tree_length[:size].copy(), work.tree_cables[1:size].copy(), work.section_node[:count].copy(),
        work.section_parent[:count].copy(), work.section_type[:count].copy(), work.section_flow[:count].copy(),
        work.section_sums[:count].copy(), work.feeder_fuse[work.section_feeder[:count]], transformer, cost, excess,
    )  # fmt: skip


def _resized(problem: Problem, tree: AreaTree, outside: Ints, scale: float) -> AreaTree:
    """The same tree and feeders, sections sized anew for the cables of others in ``outside``."""
    work, size, count = problem.work, len(tree.node), len(tree.section_node)
    work.tree_node[:size], work.tree_parent[:size], work.tree_length[:size] = tree.node, tree.parent, tree.length
    work.tree_edge[1:size], work.tree_cables[1:size] = tree.edge, tree.cables
    work.tree_member[:size] = np.isin(tree.node, tree.members)
    work.section_node[:count], work.section_parent[:count] = tree.section_node, tree.section_parent
    work.section_flow[:count], work.section_sums[:count] = tree.section_flow, tree.section_sums
    cost, excess, transformer = resize(
        problem.load, problem.types, problem.rules, work, tree.members, count, outside, scale
    )
    return _copy_tree(problem, tree.root, tree.members, (cost, excess, transformer, size, count))
