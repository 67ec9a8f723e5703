"""What all tests share: reproducible Hypothesis, the folder of outside data, and a loud list of what was not tested."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50, database=None)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture
def shared_data():
    """Path of a file in ../shared/data, which is not part of the repository; the test is skipped by name without it."""

    def locate(name: str) -> Path:
        path = SHARED_DATA / name
        if not path.exists():
            pytest.skip(f"../shared/data/{name} is not here")
        return path

    return locate


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end, where it is seen, what could not be tested here and why."""
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    told = [report.longrepr for report in skipped]
    reasons = Counter(reason[2] if isinstance(reason, tuple | list) else str(reason) for reason in told)
    terminalreporter.section("NOT TESTED HERE", sep="!", red=True, bold=True)
    for reason, number in sorted(reasons.items()):
        terminalreporter.line(f"{number:4d} test(s): {reason.removeprefix('Skipped: ')}", red=True)
