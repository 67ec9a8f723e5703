"""A real browser, and the example's office behind a real server."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.office_server import TemporaryOffice

ROOT = Path(__file__).resolve().parents[3]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = ROOT / "src/rasana/portal/frontend/node_modules/axe-core/axe.min.js"
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
ESTATES = ("khodro", "sonuf")
MADE_FROM = ("src/rasana/planning", "src/rasana/exchange", "examples/qom")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    if CHROMIUM is None:
        pytest.skip("chromium is missing (apt-get install chromium): no page was looked at in a browser")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script that looks for what bars people."""
    if not AXE.exists():
        pytest.skip("axe-core is missing (make front): no page was checked for accessibility")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def example() -> Path:
    """Both estates and a quick study of each; made once, and again when what makes them has changed."""
    key = hashlib.sha256()
    for folder in MADE_FROM:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in {".py", ".csv", ".toml"} and path.name != "story.toml":
                key.update(path.read_bytes())
    kept = ROOT / ".cache" / f"example-{key.hexdigest()[:16]}"
    if not (kept / "made").exists():
        shutil.rmtree(kept, ignore_errors=True)
        builder = [sys.executable, str(ROOT / "examples/qom/build.py"), "--out", str(kept / "estates")]
        subprocess.run(builder, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        studying = TemporaryOffice(kept / "no-office")
        for name in ESTATES:
            words = ("study", str(kept / "estates" / f"{name}.gpkg"), "--out", str(kept / name), "--effort", "fast")
            done = studying.rasana(*words, "--json")
            assert done.returncode in {0, 1}, done.stderr
        (kept / "made").touch()
    return kept


@pytest.fixture(scope="session")
def office(example: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporaryOffice]:
    """The example's office as ``make demo`` fills it, with its server."""
    made = TemporaryOffice(tmp_path_factory.mktemp("office"))
    made.inside("story", folder=str(example))
    made.start(processes=1)
    yield made
    made.stop()
