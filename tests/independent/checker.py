"""The second computation of a design, from the written files alone. It shares no line with the planning engine.

python -m tests.independent.checker DIR [ESTATE.gpkg] [iran|europe]
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.independent.breach import Breach
from tests.independent.costs import costs
from tests.independent.design import read_design
from tests.independent.electrical import Physics
from tests.independent.outages import outages
from tests.independent.rules import electrical
from tests.independent.structure import structure
from tests.independent.tables import tables


def breaches(folder: Path, estate: Path | None = None, standard: str = "iran") -> list[Breach]:
    """Every rule that the design in ``folder`` breaks, whether a finding names it or not."""
    design = read_design(folder, estate)
    found = list(structure(design))
    if any(breach.code in ("written_node_missing", "written_not_radial") for breach in found):
        return found
    physics = Physics(design, tables(standard))
    found += costs(design, physics.tables)
    return found + list(electrical(physics)) + list(outages(physics))


def silent_breaches(folder: Path, estate: Path | None = None, standard: str = "iran") -> list[Breach]:
    """The breaches that no warning or error among the study's findings names."""
    findings = read_design(folder, estate).findings
    return [breach for breach in breaches(folder, estate, standard) if not breach.named_by(findings)]


def main(arguments: list[str]) -> int:
    """Print the silent breaches of a written study; exit 1 where there are any."""
    folder = Path(arguments[0])
    estate = Path(arguments[1]) if len(arguments) > 1 else None
    silent = silent_breaches(folder, estate, arguments[2] if len(arguments) > 2 else "iran")
    for breach in silent:
        print(breach)
    print(f"{len(silent)} silent breaches")
    return 1 if silent else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
