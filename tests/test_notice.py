"""NOTICE names what the product stands on: every library it installs by name and every source of a figure."""

from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTICE = (ROOT / "NOTICE").read_text(encoding="utf-8")
TABLES = sorted((ROOT / "src" / "rasana" / "planning" / "data").rglob("*.csv"))
STANDARDS = {"IEC", "EN", "DIN", "VDE", "CENELEC", "IEEE", "BDEW", "ISO"}


def direct_requirements() -> list[str]:
    file = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = file["project"]["dependencies"] + file["dependency-groups"]["dev"] + file["build-system"]["requires"]
    return sorted({re.split(r"[<>=~! \[;]", line)[0] for line in wanted})


@pytest.mark.parametrize("name", direct_requirements())
def test_notice_names_the_library_with_its_licence(name: str) -> None:
    assert re.search(rf"^- {re.escape(name)} .*: \S", NOTICE, re.MULTILINE | re.IGNORECASE)


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.name)
def test_notice_explains_every_source_key_that_a_table_opens_with(table: Path) -> None:
    with table.open(encoding="utf-8", newline="") as file:
        sources = {row["source"] for row in csv.DictReader(file) if row.get("source")}
    keys = {match.group() for source in sources if (match := re.match(r"[A-Z][A-Z0-9]+\b", source))} - STANDARDS
    assert keys <= set(re.findall(r"^- \*\*([A-Z0-9]+)\*\*", NOTICE, re.MULTILINE))
