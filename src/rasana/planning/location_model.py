"""Capacitated location as a mixed-integer model, solved by HiGHS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from rasana.planning.location import Problem, site_loads
from rasana.planning.solver import Solver

Vector = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Branched:
    """Best assignment found (an arc for each customer; None: none) and the bound of the model."""

    arcs: Indices | None
    bound: float


def solve_location(
    problem: Problem, start: Indices | None, nodes: int, unit: float, time_left: Callable[[], float]
) -> Branched:
    """Branch and bound over arcs (one variable each) and options, from a known assignment.

    Ends at the optimum, after ``nodes`` nodes or when the seconds that ``time_left`` tells are over. ``unit``: costs
    are multiples of it (0: not). One thread, so that the same call gives the same answer.
    """
    highs = Solver(time_left)
    highs.setOptionValue("mip_max_nodes", nodes)
    highs.setOptionValue("mip_rel_gap", 0.0 if unit else 1e-9)
    highs.setOptionValue("mip_abs_gap", unit - 1e-6 if unit else 1e-9)
    highs.passModel(_model(problem))
    if start is not None:
        known = highspy.HighsSolution()
        known.col_value = _point(problem, start).tolist()
        highs.setSolution(known)
    highs.run()
    info = highs.getInfo()
    arcs = None
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        value = np.asarray(highs.getSolution().col_value)[: len(problem.arc_cost)]
        used = np.flatnonzero(value > 0.5)
        arcs = np.empty(len(problem.demand), dtype=np.int64)
        arcs[problem.arc_customer[used]] = used
    infeasible = highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible
    return Branched(arcs, np.inf if infeasible else float(info.mip_dual_bound))


def _model(problem: Problem) -> highspy.HighsLp:
    """Rows: each customer once, capacities, arcs from built sites only, one option a site, number of sites."""
    arcs, customers, sites = len(problem.arc_cost), len(problem.demand), len(problem.options)
    site, column = np.nonzero(np.arange(problem.price.shape[1])[None, :] < problem.options[:, None])
    choices, arc, choice = len(site), np.arange(arcs), arcs + np.arange(len(site))
    one_arc, one_choice = np.ones(arcs), np.ones(choices)
    belongs = sparse.csr_array((one_choice, (site, choice)), shape=(sites, arcs + choices))
    once = sparse.csr_array((one_arc, (problem.arc_customer, arc)), shape=(customers, arcs + choices))
    load = sparse.csr_array((problem.demand[problem.arc_customer], (problem.arc_site, arc)), shape=belongs.shape)
    room = sparse.csr_array((problem.capacity[site, column], (site, choice)), shape=belongs.shape)
    use = sparse.csr_array((one_arc, (arc, arc)), shape=(arcs, arcs + choices))
    blocks = [(once, 1.0, 1.0), (load - room, -np.inf, 0.0), (use - belongs[problem.arc_site], -np.inf, 0.0)]
    blocks.append((belongs, -np.inf, 1.0))
    if problem.exactly:
        every = sparse.csr_array(belongs.sum(axis=0)[None, :])
        serves = sparse.csr_array((one_arc, (problem.arc_site, arc)), shape=belongs.shape)
        blocks += [(every, float(problem.exactly), float(problem.exactly)), (belongs - serves, -np.inf, 0.0)]
    matrix = sparse.csr_array(sparse.vstack([block for block, _, _ in blocks]))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = matrix.shape[1], matrix.shape[0]
    model.col_cost_ = np.concatenate([problem.arc_cost, problem.price[site, column]])
    model.col_lower_, model.col_upper_ = np.zeros(arcs + choices), np.ones(arcs + choices)
    model.row_lower_ = np.concatenate([np.full(block.shape[0], low) for block, low, _ in blocks])
    model.row_upper_ = np.concatenate([np.full(block.shape[0], high) for block, _, high in blocks])
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data
    model.integrality_ = [highspy.HighsVarType.kInteger] * (arcs + choices)
    return model


def _point(problem: Problem, arcs: Indices) -> Vector:
    """Values of all variables for an assignment."""
    load, count = site_loads(problem, arcs)
    chosen = np.zeros(problem.price.shape, dtype=np.bool_)
    built = np.flatnonzero(count)
    fitting = (problem.capacity[built] * (1.0 + 1e-9) < load[built, None]) & (
        np.arange(problem.price.shape[1])[None, :] < problem.options[built, None]
    )
    chosen[built, fitting.sum(axis=1)] = True
    use = np.zeros(len(problem.arc_cost))
    use[arcs] = 1.0
    exists = np.arange(problem.price.shape[1])[None, :] < problem.options[:, None]
    return np.concatenate([use, chosen[exists].astype(np.float64)])
