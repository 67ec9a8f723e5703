"""``python -m benchmarks.table SET...``: runs the sets, prints what was reached and writes ``benchmarks/results.json``.

First a line an instance with its peers' figures, then a line a goal. Each set runs in a process of its own, so that
none finds another's compiled code, memory or threads in its way.
"""

from __future__ import annotations

import json
import pkgutil
import platform
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks import SETS, Goal

RESULTS = Path(__file__).with_name("results.json")
COLUMNS = ("instance", "cost", "bound", "gap_pct", "seconds", "optimal")
HEADING = f"{'set':<12}{'instance':<28}{'cost':>14}{'bound':>14}{'gap %':>9}{'seconds':>10}  optimal"
WIDTH = 120
INDENT = 12 * " "


def number(value: object, digits: int = 7) -> str:
    """A figure as people read it; a dash where there is none."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.{digits}g}" if isinstance(value, (int, float)) else str(value)


def gap_pct(record: Mapping[str, object]) -> float | None:
    """Cost above its bound in per cent of the cost."""
    cost, bound = record.get("cost"), record.get("bound")
    if not isinstance(cost, (int, float)) or not isinstance(bound, (int, float)) or cost == 0:
        return None
    return 100.0 * (cost - bound) / cost


def row(name: str, record: Mapping[str, object]) -> str:
    """One line of the table: the shared columns, then whatever else the set says."""
    beside = [f"{key} {number(value, 4)}" for key, value in record.items() if key not in COLUMNS]
    lines = textwrap.wrap(", ".join(beside), WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
    shared = (
        f"{name:<12}{Path(str(record['instance'])).name:<28}{number(record['cost']):>14}{number(record['bound']):>14}"
        f"{number(gap_pct(record), 3):>9}{number(record['seconds'], 3):>10}  {number(record['optimal'])}"
    )
    return "\n".join([shared, *lines])


def records(name: str) -> Iterator[dict[str, object]]:
    """The set's records as they come; the last is ``{"failed": code}`` where the set ended badly."""
    command = [sys.executable, "-m", "benchmarks", name, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield json.loads(line)
    if process.returncode:
        yield {"failed": process.returncode}


def goal_line(goal: Goal) -> str:
    """What was wanted beside what was reached."""
    return f"{'met' if goal.met else 'NOT MET':<9}{goal.what:<72} {goal.wanted:<30} {goal.reached}"


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in SETS]
    if unknown:
        print(f"no such set: {', '.join(unknown)}; there are {', '.join(SETS)}", file=sys.stderr)
        return 2
    results: dict[str, list[dict[str, object]]] = {}
    goals: list[Goal] = []
    print(HEADING)
    for name in names or SETS:
        results[name] = []
        for record in records(name):
            results[name].append(record)
            print(f"{name:<12}FAILED" if "failed" in record else row(name, record), flush=True)
        if results[name] and "failed" not in results[name][-1]:
            chosen = pkgutil.resolve_name(f"benchmarks.{name}")
            goals += chosen.goals(results[name]) if hasattr(chosen, "goals") else ()
    print("", *map(goal_line, goals), sep="\n")
    machine = {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()}
    written = {"machine": machine, "sets": results, "goals": [goal._asdict() for goal in goals]}
    RESULTS.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return int(any("failed" in record for found in results.values() for record in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
