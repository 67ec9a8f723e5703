"""The joint search: several chains of annealing over the whole design, each from its own start; the best one wins.

Limits are counts of trials, never seconds, so that the same seed gives the same design on any machine and with any
number of processes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rasana.planning.moves import anneal, lift_area, make_move, put_area, write_area
from rasana.planning.plan import Plan, copy_plan, price_ring, total_cost, total_excess
from rasana.planning.problem import Problem
from rasana.planning.start import first_plan, lay_rings

Progress = Callable[[str, float, float], None]
"""Told (stage, share done, best cost so far); may raise KeyboardInterrupt to end the search."""


@dataclass(frozen=True)
class Effort:
    """How hard a search tries: chains, trials for each pillar, rounds (rings are routed anew after each), starts tried."""

    chains: int
    trials_per_pillar: int
    rounds: int
    target_kva: tuple[float, ...]
    reach_m: tuple[float, ...]
    ring_trials: int


EFFORTS = {
    "fast": Effort(1, 60, 6, (600.0, 850.0), (300.0,), 200),
    "balanced": Effort(2, 500, 12, (450.0, 600.0, 750.0, 900.0), (250.0, 350.0), 1000),
    "best": Effort(4, 3000, 40, (400.0, 500.0, 600.0, 700.0, 800.0, 950.0), (200.0, 280.0, 360.0), 4000),
}

HOT_SHARE = 0.02
COOL_SHARE = 0.00004
"""Allowance at the start and at the end of a chain, as parts of the cost of one average area... of the whole per area."""
SETTLE_ROUNDS = 8


@dataclass(frozen=True)
class Found:
    """The best plan of a search and how its cost came down: (trial, cost)."""

    plan: Plan
    cost: float
    curve: tuple[tuple[int, float], ...]
    interrupted: bool


def starts(problem: Problem, effort: Effort, seed: int) -> list[Plan]:
    """First designs for several sizes of transformer and reaches, cheapest first."""
    plans = []
    for target in effort.target_kva:
        for reach in effort.reach_m:
            plan = first_plan(problem, target, reach, seed, effort.ring_trials)
            plans.append((total_cost(plan), len(plans), plan))
    plans.sort(key=lambda item: item[:2])
    return [plan for _, _, plan in plans]


def run_chain(problem: Problem, plan: Plan, effort: Effort, seed: int, progress: Progress) -> Found:
    """Anneal one start over all its rounds and settle the result. Interrupting keeps the best found so far."""
    trials = effort.trials_per_pillar * len(problem.site.pillars)
    move = make_move(plan)
    areas = int((plan.root >= 0).sum())
    per_area = total_cost(plan) / max(areas, 1)
    hot, cool = per_area * HOT_SHARE, per_area * COOL_SHARE
    curve: list[tuple[int, float]] = []
    best = copy_plan(plan)
    interrupted = False
    try:
        for turn in range(effort.rounds):
            first = hot * (cool / hot) ** (turn / effort.rounds)
            last = hot * (cool / hot) ** ((turn + 1) / effort.rounds)
            anneal(plan, problem.ground, problem.load, problem.types, problem.rules, problem.ring_rules, problem.work, problem.site,
                   move, seed * 1000 + turn, trials // effort.rounds, first, last)  # fmt: skip
            reroute(problem, plan, seed + turn, effort.ring_trials)
            refresh(problem, plan)
            if total_cost(plan) < total_cost(best):
                best = copy_plan(plan)
            curve.append(((turn + 1) * (trials // effort.rounds), total_cost(best)))
            progress("search", (turn + 1) / effort.rounds, total_cost(best))
    except KeyboardInterrupt:
        interrupted = True
    settle(problem, best)
    return Found(best, total_cost(best), tuple(curve), interrupted)


def reroute(problem: Problem, plan: Plan, seed: int, trials: int) -> None:
    """Route all rings anew beside today's LV trenches; kept where the whole gets cheaper."""
    trial = copy_plan(plan)
    lay_rings(problem, trial, seed, trials)
    if total_cost(trial) < total_cost(plan) - 1e-6:
        for target, source in zip(plan, trial, strict=True):
            target[...] = source


def refresh(problem: Problem, plan: Plan) -> None:
    """Design every area anew as its neighbours stand now: a cable that came into a shared trench since warms it."""
    for row in np.flatnonzero(plan.root >= 0):
        members = plan.members[row, : plan.member_count[row]].copy()
        lift_area(plan, problem.ground, row)
        root = int(plan.root[row])
        if not write_area(plan, problem.ground, problem.load, problem.types, problem.rules, problem.work, row, root, members, plan.limit_scale[row]):
            put_area(plan, problem.ground, row)
    for ring in np.flatnonzero(plan.ring_size > 0):
        price_ring(plan, problem.ring_rules, ring)


def settle(problem: Problem, plan: Plan) -> None:
    """Refresh until nothing changes, so that every section is sized for the cables that really lie beside it."""
    for _ in range(SETTLE_ROUNDS):
        before = plan.cables.copy(), plan.cost.copy()
        refresh(problem, plan)
        if np.array_equal(before[0], plan.cables) and np.allclose(before[1], plan.cost):
            return


__all__ = ["EFFORTS", "Effort", "Found", "Progress", "run_chain", "settle", "starts", "total_excess"]
