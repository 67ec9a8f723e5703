"""``python -m benchmarks.table SET...``: runs the sets, prints what was reached and writes ``benchmarks/results.json``.

Each set runs in a process of its own, so that none finds another's compiled code, memory or threads in its way.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks import SETS

RESULTS = Path(__file__).with_name("results.json")
COLUMNS = ("instance", "cost", "bound", "gap_pct", "seconds", "optimal")
HEADING = f"{'set':<12}{'instance':<28}{'cost':>14}{'bound':>14}{'gap %':>9}{'seconds':>10}  optimal  beside"


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
    return (
        f"{name:<12}{Path(str(record['instance'])).name:<28}{number(record['cost']):>14}{number(record['bound']):>14}"
        f"{number(gap_pct(record), 3):>9}{number(record['seconds'], 3):>10}  {number(record['optimal']):<7}  "
        + ", ".join(beside)
    )


def records(name: str) -> Iterator[dict[str, object]]:
    """The set's records as they come; the last is ``{"failed": code}`` where the set ended badly."""
    command = [sys.executable, "-m", "benchmarks", name, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield json.loads(line)
    if process.returncode:
        yield {"failed": process.returncode}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in SETS]
    if unknown:
        print(f"no such set: {', '.join(unknown)}; there are {', '.join(SETS)}", file=sys.stderr)
        return 2
    results: dict[str, list[dict[str, object]]] = {}
    print(HEADING)
    for name in names or SETS:
        for record in records(name):
            results.setdefault(name, []).append(record)
            print(f"{name:<12}FAILED" if "failed" in record else row(name, record), flush=True)
    machine = {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()}
    RESULTS.write_text(json.dumps({"machine": machine, "sets": results}, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return int(any("failed" in record for set_records in results.values() for record in set_records))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
