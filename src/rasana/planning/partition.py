"""Set partitioning: the cheapest choice of columns that holds every row once, solved by HiGHS."""

from __future__ import annotations

from collections.abc import Callable

import highspy
import numpy as np
from numpy.typing import NDArray

from rasana.planning.solver import Solver

Vector = NDArray[np.float64]
Indices = NDArray[np.int64]


def choose_columns(
    cost: Vector,
    start: Indices,
    rows: Indices,
    row_count: int,
    known: Vector,
    nodes: int,
    time_left: Callable[[], float],
) -> Vector:
    """Choose columns (column c holds ``rows[start[c]:start[c + 1]]``); returns 0 or 1 a column.

    Starts from the known choice and returns it where nothing better is found within ``nodes`` nodes. One thread, so
    that the same call gives the same answer.
    """
    columns = len(cost)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = columns, row_count
    model.col_cost_ = cost
    model.col_lower_, model.col_upper_ = np.zeros(columns), np.ones(columns)
    model.row_lower_, model.row_upper_ = np.ones(row_count), np.ones(row_count)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = start, rows
    model.a_matrix_.value_ = np.ones(len(rows))
    model.integrality_ = [highspy.HighsVarType.kInteger] * columns
    highs = Solver(time_left)
    highs.setOptionValue("mip_max_nodes", nodes)
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.passModel(model)
    solution = highspy.HighsSolution()
    solution.col_value = known.tolist()
    highs.setSolution(solution)
    highs.run()
    if highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return known
    found = np.rint(np.asarray(highs.getSolution().col_value))
    return found if float(found @ cost) < float(known @ cost) else known
