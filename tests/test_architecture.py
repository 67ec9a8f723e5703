"""What import rules cannot see: the syntax tree of the sources, held to the laws of the layout."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "rasana"
MODULES = sorted(path for path in SOURCE.rglob("*.py"))
PURE = [path for path in MODULES if path.relative_to(SOURCE).parts[0] in ("planning", "programme")]
MODULE_LINES = 450
FUNCTION_LINES = 60
OWN_FILES = {"figures.py", "catalogue.py", "standard.py", "kernel_cache.py"}
"""The modules of planning that may read files of the package: its tables, and the sources that key a cache."""

CLOCK = {"now", "utcnow", "today", "time", "time_ns", "localtime", "gmtime"}
CLOCK_OWNERS = {"datetime", "date", "time", "dt"}
FILE_CALLS = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "read_file", "to_file", "read_csv"}
GLOBAL_RANDOM = {"random", "rand", "randn", "randint", "choice", "shuffle", "permutation", "seed", "normal", "uniform"}
HIDDEN_IMPORTS = {"import_module", "__import__", "get_model", "exec", "eval"}


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def calls(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, owner and name of every call: ``np.random.default_rng()`` is (line, "np.random", "default_rng")."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.lineno, "", node.func.id
            elif isinstance(node.func, ast.Attribute):
                yield node.lineno, ast.unparse(node.func.value), node.func.attr


def lines_of_seeded_kernels(path: Path) -> set[int]:
    """Lines inside numba kernels of a module that seeds numba's generator in one of them."""
    functions = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)
    ]
    kernels = [node for node in functions if any("njit" in ast.unparse(mark) for mark in node.decorator_list)]
    if not any(f"np.random.seed({arg.arg})" in ast.unparse(node) for node in kernels for arg in node.args.args):
        return set()
    return {line for node in kernels for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}


def breaches_of_purity(path: Path) -> list[str]:
    """Calls by which a library would depend on anything but its arguments."""
    found = []
    seeded = lines_of_seeded_kernels(path)
    for line, owner, name in calls(path):
        last = owner.rsplit(".", 1)[-1]
        if name in CLOCK and last in CLOCK_OWNERS:
            found.append(f"{line}: the clock is read by {owner}.{name}")
        if name in FILE_CALLS and path.name not in OWN_FILES:
            found.append(f"{line}: a file is touched by {name}")
        if owner in ("random", "np.random", "numpy.random") and name in GLOBAL_RANDOM and line not in seeded:
            found.append(f"{line}: {owner}.{name} draws from a generator nobody seeded")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name)):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            if name in ("default_rng", "Random") and not node.args and not node.keywords:
                found.append(f"{node.lineno}: {name} without a seed")
    return found


@pytest.mark.parametrize("path", PURE, ids=name_of)
def test_libraries_read_no_clock_no_file_and_no_unseeded_random(path: Path) -> None:
    assert breaches_of_purity(path) == []


@pytest.mark.parametrize(
    "source",
    [
        "import datetime\ndatetime.datetime.now()",
        "import time\ntime.time()",
        "open('x')",
        "import numpy as np\nnp.random.rand(3)",
        "import numpy as np\nnp.random.default_rng()",
        "@njit\ndef f():\n    return np.random.random()",
        "import pandas as pd\npd.read_csv('x')",
    ],
)
def test_the_purity_rule_sees_what_it_forbids(source: str, tmp_path: Path) -> None:
    module = tmp_path / "impure.py"
    module.write_text(source, encoding="utf-8")
    assert len(breaches_of_purity(module)) == 1


def test_a_kernel_may_draw_from_the_generator_that_its_module_seeds(tmp_path: Path) -> None:
    module = tmp_path / "kernel.py"
    module.write_text("@njit(cache=True)\ndef f(seed):\n    np.random.seed(seed)\n    return np.random.random()\n")
    assert breaches_of_purity(module) == []


def test_clock_of_the_stage_timer_is_given_not_read() -> None:
    readers = {name_of(path) for path in PURE for _, _, name in calls(path) if name in ("perf_counter", "monotonic")}
    assert readers <= {"planning/study.py"}, "only the study times its stages"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_is_two_nouns_and_no_function_is_two_verbs(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= MODULE_LINES
    functions = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    lines = {node.name: node.end_lineno - node.lineno + 1 for node in functions}
    assert {name: count for name, count in lines.items() if count > FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_import_hides_from_the_import_rules(path: Path) -> None:
    hidden = [f"{line}: {owner}.{name}" for line, owner, name in calls(path) if name in HIDDEN_IMPORTS]
    assert hidden == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_left_for_later(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not any(word in source for word in ("NotImplementedError", "TODO", "FIXME", "XXX"))


def test_files_from_outside_are_opened_by_the_limited_child_only() -> None:
    readers = ("read_file", "read_dataframe", "list_layers")
    openers = {name_of(path) for path in MODULES for _, _, name in calls(path) if name in readers}
    assert openers <= {"exchange/child.py"}


PORTAL = [path for path in MODULES if path.relative_to(SOURCE).parts[0] == "portal" and "migrations" not in path.parts]
PORTAL_CLOCK = "portal/base/clock.py"
BEHIND_THE_AUDIT = {"bulk_create", "bulk_update", "raw"}


@pytest.mark.parametrize("path", PORTAL, ids=name_of)
def test_the_office_reads_the_clock_in_one_place(path: Path) -> None:
    readers = [
        f"{line}: {owner}.{name}"
        for line, owner, name in calls(path)
        if name in CLOCK and owner.rsplit(".", 1)[-1] in {*CLOCK_OWNERS, "timezone"}
    ]
    assert readers == [] or name_of(path) == PORTAL_CLOCK


@pytest.mark.parametrize("path", PORTAL, ids=name_of)
def test_the_office_writes_no_rows_behind_the_audit(path: Path) -> None:
    hidden = [f"{line}: {owner}.{name}" for line, owner, name in calls(path) if name in BEHIND_THE_AUDIT]
    assert hidden == [] or name_of(path) == "portal/base/record.py"
