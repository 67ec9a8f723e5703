"""The documents speak of what is there: tests that hold the laws, modules, files that are linked to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
LAWS = re.findall(r"`([\w/]+\.py)::(test_\w+)`", ARCHITECTURE)
MODULES = sorted(
    path
    for path in (ROOT / "src" / "rasana").rglob("*.py")
    if path.stem != "__init__" and path.parent.name not in ("rasana", "migrations")
)
PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")


@pytest.mark.parametrize(("file", "name"), LAWS, ids=[name for _, name in LAWS])
def test_the_test_that_holds_a_law_exists(file: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / "tests" / file).read_text(encoding="utf-8")


def test_every_law_has_a_test() -> None:
    laws = ARCHITECTURE.split("## 4. Laws")[1].split("## 5.")[0]
    numbered = re.split(r"^(?=\d+\. )", laws, flags=re.MULTILINE)[1:]
    assert len(numbered) >= 20
    assert [law for law in numbered if "::test_" not in law] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_module_has_its_line(path: Path) -> None:
    assert f"`{path.stem}`" in ARCHITECTURE


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []
