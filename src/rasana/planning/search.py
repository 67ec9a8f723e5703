"""The joint search: several chains of annealing over the whole design, each from its own start; the best one wins.

Limits are counts of trials, never seconds, so that the same seed gives the same design on any machine and with any
number of processes.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from rasana.planning.moves import lift_area, make_move, put_area, write_area
from rasana.planning.plan import Plan, copy_plan, price_ring, total_cost, total_excess
from rasana.planning.problem import Problem
from rasana.planning.proposals import anneal
from rasana.planning.start import first_plan, lay_rings
from rasana.planning.ways import Ints

Progress = Callable[[str, float, float], None]
"""Told (stage, share done, best cost so far); may raise KeyboardInterrupt to end the search."""


@dataclass(frozen=True)
class Effort:
    """How hard a search tries: chains, trials for each pillar, rounds (rings are routed anew after each), starts."""

    chains: int
    trials_per_pillar: int
    rounds: int
    target_kva: tuple[float, ...]
    reach_m: tuple[float, ...]
    ring_trials: int


EFFORTS = {
    "fast": Effort(1, 40, 10, (800.0,), (300.0,), 200),
    "balanced": Effort(2, 300, 24, (650.0, 850.0), (300.0,), 500),
    "best": Effort(4, 3000, 60, (500.0, 600.0, 700.0, 800.0, 950.0), (250.0, 350.0), 2000),
}

HOT_SHARE = 0.03
COOLING = 0.003
"""Allowance at the start of a chain, as part of the whole cost per area, and how far it falls until the end."""
SOFT_START = 0.03
SOFT_SHARE = 0.6
"""Penalty of the first round, and after which part of the rounds limits are hard."""
PILLARS_USUAL = 250
LEAST_SHARE = 0.5
WARM_TRIALS = 5
MEND_TRIALS = 20
MEND_TRIALS_MAX = 3000
"""Trials of one turn of repairs, for each pillar that stands in excess and altogether."""
MEND_RING_TRIALS = 200
REPAIRS_MAX = 8
REPAIRS_IN_VAIN = 3
MEND_SCALE = 0.97
"""What is left of drop and ampacity in an area where AC power flow finds a breach."""
SETTLE_ROUNDS = 8


@dataclass(frozen=True)
class Found:
    """The best plan of a search and how its cost came down: (trial, cost)."""

    plan: Plan
    cost: float
    curve: tuple[tuple[int, float], ...]
    interrupted: bool


def search(problem: Problem, effort: Effort, seed: int, jobs: int, progress: Progress) -> Found:
    """The best design of several chains. ``jobs`` processes share them; the result is that of one process.

    An interruption keeps the best found until then.
    """
    plans = starts(problem, effort, seed)[: effort.chains]
    tasks = [(problem, plan, effort, seed * 100 + number) for number, plan in enumerate(plans)]
    if jobs > 1 and len(tasks) > 1:
        found = _in_processes(tasks, jobs, progress)
    else:
        found = []
        for number, task in enumerate(tasks):
            found.append(run_chain(*task, _part(progress, number, len(tasks))))
            if found[-1].interrupted:
                break
    best = min(range(len(found)), key=lambda number: (found[number].cost, number))
    return replace(found[best], interrupted=any(each.interrupted for each in found))


def _part(progress: Progress, number: int, of: int) -> Progress:
    """Progress of one of several chains that run one after another."""
    return lambda stage, share, cost: progress(stage, (number + share) / of, cost)


def _in_processes(tasks: list[tuple[Problem, Plan, Effort, int]], jobs: int, progress: Progress) -> list[Found]:
    """Chains in processes. Each round is a task of its own: progress and an interruption are seen between rounds."""
    states = [_Chain.begin(*task) for task in tasks]
    rounds = tasks[0][2].rounds
    interrupted = False
    with ProcessPoolExecutor(min(jobs, len(tasks)), initializer=_hold, initargs=(tasks[0][0],)) as pool:
        try:
            for turn in range(rounds):
                states = list(pool.map(_advance, states))
                known = [state.valid_cost for state in states if state.curve]
                progress("search", (turn + 1) / rounds, min(known, default=0.0))
        except KeyboardInterrupt:
            interrupted = True
    return [state.end(tasks[0][0], interrupted) for state in states]


_held: list[Problem] = []
"""The problem of a worker process: sent once, not with every round."""


def _hold(problem: Problem) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _held[:] = [problem]


def _advance(chain: _Chain) -> _Chain:
    return chain.advance(_held[0])


def starts(problem: Problem, effort: Effort, seed: int) -> list[Plan]:
    """First designs for several sizes of transformer and reaches, each warmed a little; cheapest first."""
    plans: list[tuple[float, int, Plan]] = []
    for target in effort.target_kva:
        for reach in effort.reach_m:
            plan = first_plan(problem, target, reach, seed, effort.ring_trials)
            soft = softened(problem, 0.0)
            refresh(soft, plan)
            _anneal(
                soft, plan, seed + len(plans), WARM_TRIALS * len(problem.site.pillars), _heat(plan), _heat(plan) / 4.0
            )
            plans.append((total_cost(plan), len(plans), plan))
    plans.sort(key=lambda item: item[:2])
    return [plan for _, _, plan in plans]


def _trials(problem: Problem, effort: Effort) -> int:
    """Trials of a chain.

    Large estates, where a trial takes longer, and small ones, where there is less to find, get fewer
    for each pillar.
    """
    pillars = len(problem.site.pillars)
    share = min(1.0, (PILLARS_USUAL / pillars) ** 0.5, pillars / PILLARS_USUAL)
    return int(effort.trials_per_pillar * max(share, LEAST_SHARE) * pillars)


def _heat(plan: Plan) -> float:
    """Allowance at the start of a chain: a part of what an area costs, penalties not counted."""
    areas = plan.root >= 0
    within = areas & (plan.excess <= 0.0)
    return HOT_SHARE * float(plan.cost[within].mean() if within.any() else plan.cost[areas].min())


def softened(problem: Problem, hardness: float) -> Problem:
    """The problem with limits that yield: their penalty grows from ``SOFT_START`` at hardness 0 to the whole at 1.

    So a design may pass through a breach to one with a transformer less.
    """
    if hardness >= 1.0:
        return problem
    share = SOFT_START ** (1.0 - hardness)
    rules = problem.rules._replace(penalty=problem.rules.penalty * share)
    ring_rules = problem.ring_rules._replace(penalty=problem.ring_rules.penalty * share)
    return replace(problem, rules=rules, ring_rules=ring_rules)


def _anneal(problem: Problem, plan: Plan, seed: int, trials: int, hot: float, cool: float) -> None:
    ground, load, types, site = problem.ground, problem.load, problem.types, problem.site
    rules, ring_rules, work = problem.rules, problem.ring_rules, problem.work
    anneal(plan, ground, load, types, rules, ring_rules, work, site, make_move(plan), seed, trials, hot, cool)


@dataclass(frozen=True)
class _Chain:
    """One chain of annealing between two rounds."""

    plan: Plan
    best: Plan
    best_cost: float
    effort: Effort
    seed: int
    turn: int
    heat: float
    curve: tuple[tuple[int, float], ...]

    @staticmethod
    def begin(problem: Problem, plan: Plan, effort: Effort, seed: int) -> _Chain:
        """A chain before its first round."""
        refresh(problem, plan)
        cost = total_cost(plan)
        return _Chain(
            plan, copy_plan(plan), cost, effort, seed, 0, _heat(plan), ((0, cost),) if total_excess(plan) <= 0.0 else ()
        )

    @property
    def valid_cost(self) -> float:
        """Cost of the best plan where it is within every limit of the search, else 0: not known yet."""
        return self.best_cost if self.curve else 0.0

    def advance(self, problem: Problem) -> _Chain:
        """One round: anneal, route the rings anew, design every area as its neighbours stand now."""
        plan = copy_plan(self.plan)
        effort, rounds = self.effort, self.effort.rounds
        trials = max(_trials(problem, effort) // rounds, 1)
        first = self.heat * COOLING ** (self.turn / rounds)
        last = self.heat * COOLING ** ((self.turn + 1) / rounds)
        soft = softened(problem, self.turn / (rounds * SOFT_SHARE))
        refresh(soft, plan)
        _anneal(soft, plan, self.seed * 1000 + self.turn, trials, first, last)
        reroute(soft, plan, self.seed + self.turn, effort.ring_trials)
        refresh(problem, plan)
        cost = total_cost(plan)
        better = (total_excess(plan) > 0.0, cost) < (total_excess(self.best) > 0.0, self.best_cost)
        best, best_cost = (copy_plan(plan), cost) if better else (self.best, self.best_cost)
        valid = total_excess(best) <= 0.0
        curve = (*self.curve, ((self.turn + 1) * trials, best_cost)) if valid else self.curve
        return replace(self, plan=plan, best=best, best_cost=best_cost, turn=self.turn + 1, curve=curve)

    def end(self, problem: Problem, interrupted: bool) -> Found:
        """The best plan, settled."""
        plan = copy_plan(self.best)
        settle(problem, plan)
        repair(problem, plan, self.seed, self.effort.ring_trials)
        return Found(plan, total_cost(plan), self.curve, interrupted)


def run_chain(problem: Problem, plan: Plan, effort: Effort, seed: int, progress: Progress) -> Found:
    """Anneal one start over all its rounds. Interrupting keeps the best found so far."""
    chain = _Chain.begin(problem, plan, effort, seed)
    try:
        for turn in range(effort.rounds):
            chain = chain.advance(problem)
            progress("search", (turn + 1) / effort.rounds, chain.valid_cost)
    except KeyboardInterrupt:
        return chain.end(problem, interrupted=True)
    return chain.end(problem, interrupted=False)


def mend(problem: Problem, plan: Plan, roots: list[int], seed: int) -> None:
    """Give the areas of these transformers (graph nodes) more margin, and let the search make room for it."""
    for root in roots:
        row = int(np.flatnonzero(plan.root == root)[0])
        plan.limit_scale[row] *= MEND_SCALE
    settle(problem, plan)
    repair(problem, plan, seed, MEND_RING_TRIALS)


def repair(problem: Problem, plan: Plan, seed: int, ring_trials: int) -> None:
    """Where limits are exceeded though all is settled, look for the way out: short cool searches, rings laid anew.

    Only what starts at a pillar of an area in excess is tried. Pillars that stay in such areas are left after a few
    turns, so that what can't be mended takes no time: it is verification's to name.
    """
    tried = np.zeros(len(plan.area_of), np.int64)
    hopeless = 0.0
    for turn in range(REPAIRS_MAX):
        strained = _strained_pillars(problem, plan)
        strained = strained[tried[strained] < REPAIRS_IN_VAIN]
        if not len(strained) and _ring_excess(plan) <= hopeless:
            return
        if len(strained):
            tried[strained] += 1
            near = replace(problem, site=problem.site._replace(pillars=strained))
            heat = _heat(plan) * COOLING
            trials = min(MEND_TRIALS * len(strained), MEND_TRIALS_MAX)
            _anneal(near, plan, seed * 100 + turn, trials, heat, heat / 10.0)
        before = _ring_excess(plan)
        if before > hopeless:
            reroute(problem, plan, seed + turn, ring_trials)
            # What laying all rings anew does not lessen stays; only what comes on top is worth another time.
            hopeless = before * (1.0 + 1e-6) if _ring_excess(plan) > 0.9 * before else 0.0
        settle(problem, plan)


def _strained_pillars(problem: Problem, plan: Plan) -> Ints:
    """Pillars of areas that exceed a limit."""
    pillars = problem.site.pillars
    return pillars[plan.excess[plan.area_of[pillars]] > 0.0]


def _ring_excess(plan: Plan) -> float:
    return float(plan.ring_excess[plan.ring_size > 0].sum())


def reroute(problem: Problem, plan: Plan, seed: int, trials: int) -> None:
    """Route all rings anew beside today's LV trenches; kept where the whole gets cheaper."""
    trial = copy_plan(plan)
    lay_rings(problem, trial, seed, trials)
    if total_cost(trial) < total_cost(plan) - 1e-6:
        for target, source in zip(plan, trial, strict=True):
            target[...] = source


def refresh(problem: Problem, plan: Plan) -> None:
    """Design every area anew as its neighbours stand now: a cable that came into a shared trench since warms it."""
    for row in map(int, np.flatnonzero(plan.root >= 0)):
        members = plan.members[row, : plan.member_count[row]].copy()
        lift_area(plan, problem.ground, row)
        root = int(plan.root[row])
        if not write_area(
            plan,
            problem.ground,
            problem.load,
            problem.types,
            problem.rules,
            problem.work,
            row,
            root,
            members,
            plan.limit_scale[row],
        ):
            put_area(plan, problem.ground, row)
    for ring in map(int, np.flatnonzero(plan.ring_size > 0)):
        price_ring(plan, problem.ring_rules, ring)


def settle(problem: Problem, plan: Plan) -> None:
    """Refresh until nothing changes, so that every section is sized for the cables that really lie beside it."""
    for _ in range(SETTLE_ROUNDS):
        before = plan.cables.copy(), plan.cost.copy()
        refresh(problem, plan)
        if np.array_equal(before[0], plan.cables) and np.allclose(before[1], plan.cost):
            return
