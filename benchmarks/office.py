"""The office under load and trouble, and what its pages hold: the figures of one run, each in its own office.

Instances: ``kills`` (server killed at work), ``edits`` (32 on the same records), ``workers`` (worker killed at work),
``backup`` (taken at work, restored), ``lists`` (lists of a full register beside a plain Django page), ``statements``
(SQL statements a page), ``pages`` (every page for everyone in a browser), ``meeting`` (clicks and fields, keyboard),
``access`` (the whole grid), ``clock`` (the ball clock's cases), ``catalogue`` (the Persian messages).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import Goal, office_load, office_soak
from benchmarks.office_server import ROOT

INSTANCES = (
    *("kills", "edits", "workers", "backup", "lists", "statements"),
    *("pages", "meeting", "access", "clock", "catalogue"),
)
KILLS, WORKER_KILLS = 100, 20
CLIENTS, EDITS_EACH = 32, 50
REQUESTS = 20_000
LIST_SECONDS = 10.0
PAUSE_S = 1.0
"""Between two pages that one person opens."""
MOST_MS, MOST_STATEMENTS, MOST_BYTES, MOST_STEPS = 150.0, 12, 150_000, 60
TESTS = ROOT / "tests" / "portal"


def run(names: list[str], seconds: float) -> Iterator[dict[str, Any]]:
    """One record an instance, several for ``lists``; ``seconds`` is how long each list page is asked for."""
    for name in names:
        if name not in MEASURES:
            raise ValueError(f"no such instance: {name}; there are {', '.join(INSTANCES)}")
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="rasana-office-") as folder:
            for record in MEASURES[name](Path(folder), seconds):
                whole = {"instance": name, "cost": None, "bound": None, "optimal": None} | record
                yield whole | {"seconds": time.monotonic() - began}


def _kills(folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    yield office_soak.kills(folder, KILLS)


def _edits(folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    yield office_soak.edits(folder, CLIENTS, EDITS_EACH)


def _workers(folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    yield office_soak.worker_kills(folder, WORKER_KILLS)


def _backup(folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    yield office_soak.backup_at_work(folder)


def _lists(folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    office = office_load.fill(folder, REQUESTS)
    for pause in (PAUSE_S, 0.0):
        for record in office_load.lists(office, min(seconds, LIST_SECONDS), pause=pause):
            yield record | {"instance": f"lists: {record['page']}", "pause_s": pause}


def _statements(folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    """As committed beside the test, which holds every page to it."""
    rows = (TESTS / "statements.csv").read_text(encoding="utf-8").split()[1:]
    found = {address: int(number) for address, _comma, number in (row.rpartition(",") for row in rows)}
    files = re.compile(r"(\.pdf|\.json|\.ics|dossier/|<str:name>|attachment>/)$")
    pages = {address: number for address, number in found.items() if not files.search(address)}
    above = {address or "/": number for address, number in pages.items() if number > MOST_STATEMENTS}
    yield {"pages": len(pages), "most": max(pages.values()), "above": above}


def _pages(folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    seen = folder / "seen"
    told = _tests("browser/test_crawl.py", CRAWL="full", CRAWL_RESULT=str(seen))
    if not seen.exists():
        yield {"missing": told[-300:]}
        return
    pages = [json.loads(line) for line in seen.read_text(encoding="utf-8").splitlines()]
    faults = [fault for page in pages for fault in page["faults"]]
    kinds = ("axe", "English", "wider", "console", "script", "status")
    yield {
        "pages": len(pages),
        "addresses": len({page["route"] for page in pages}),
        **{kind.lower(): sum(fault.startswith(kind) for fault in faults) for kind in kinds},
        "heaviest_bytes": max(page["weight"] for page in pages),
        "median_bytes": sorted(page["weight"] for page in pages)[len(pages) // 2],
        "first_faults": [f"{page['address']}: {fault}" for page in pages for fault in page["faults"]][:5],
    }


def _meeting(folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    told = _tests("browser/test_path.py")
    steps = re.search(r"6 commitments: (\d+)", told)
    yield {"steps": int(steps[1]) if steps else None, **_counts(told)}


def _access(folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    told = _tests("test_access_grid.py")
    cells = re.search(r"(\d+) cells", told)
    yield {"cells": int(cells[1]) if cells else None, **_counts(told)}


def _clock(folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    yield _counts(_tests("base", "-k", "ball or calendar"))


def _catalogue(folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    yield _counts(_tests("base/test_messages.py"))


MEASURES: dict[str, Callable[[Path, float], Iterator[dict[str, Any]]]] = {
    "kills": _kills,
    "edits": _edits,
    "workers": _workers,
    "backup": _backup,
    "lists": _lists,
    "statements": _statements,
    "pages": _pages,
    "meeting": _meeting,
    "access": _access,
    "clock": _clock,
    "catalogue": _catalogue,
}


def _tests(*words: str, **environment: str) -> str:
    """What pytest says of some of the portal's tests."""
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", str(TESTS / words[0]), *words[1:]]
    run = subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False, capture_output=True, text=True)
    return run.stdout + run.stderr


def _counts(told: str) -> dict[str, int]:
    """Tests that passed, failed and were skipped."""
    return {
        word: sum(int(number) for number in re.findall(rf"(\d+) {word}", told.rpartition("\n=")[0] + told[-400:])[-1:])
        for word in ("passed", "failed", "skipped")
    }


# ---------------------------------------------------------------------------------------------------------- goals


def goals(records: list[dict[str, Any]]) -> Iterator[Goal]:
    """The table of what the office must reach, with what this run reached."""
    found = {record["instance"]: record for record in records if not record["instance"].startswith("lists")}
    for name, judge in JUDGES.items():
        if name in found:
            yield judge(found[name])
    yield from _list_goals([record for record in records if record["instance"].startswith("lists")])


def _no(record: dict[str, Any], *names: str) -> bool:
    return not any(record.get(name) for name in names)


def _of_kills(it: dict[str, Any]) -> Goal:
    met = _no(it, "lost", "doubled", "halves", "silent", "fault") and it["whole"]
    reached = (
        f"{it['kills']} kills: {it['lost']} of {it['acknowledged']} lost, {it['silent']} of {it['rows']} rows silent"
    )
    return Goal("kill -9 of the server during writes", "0 lost, 0 rows without a line", reached, met)


def _of_edits(it: dict[str, Any]) -> Goal:
    met = _no(it, "lost", "stale_without_both", "other", "silent", "fault")
    reached = (
        f"{it['saved']} saved, {it['lost']} lost, {it['stale']} stale with both versions; p99 {it['p99_ms']:.0f} ms"
    )
    return Goal("32 clients on the same records", "0 lost edits, both versions", reached, met)


def _of_workers(it: dict[str, Any]) -> Goal:
    met = _no(it, "lost", "twice", "failed", "silent", "fault")
    reached = (
        f"{it['kills']} kills, {it['jobs']} jobs: {it['lost']} lost, {it['twice']} twice; {it['begun_again']} resumed"
    )
    return Goal("kill -9 of the worker", "0 jobs lost or done twice", reached, met)


def _of_backup(it: dict[str, Any]) -> Goal:
    met = _no(it, "lost", "halves", "silent", "fault") and it["whole"]
    reached = f"{it['lost']} of {it['acknowledged_before']} lost; backup {it['backup_seconds']:.1f} s"
    return Goal("backup while 8 people write, restored", "all of it, one moment", reached, met)


def _of_statements(it: dict[str, Any]) -> Goal:
    reached = f"most {it['most']} on {it['pages']} pages; above: {it['above'] or 'none'}"
    return Goal("SQL statements a page", f"<= {MOST_STATEMENTS}", reached, it["most"] <= MOST_STATEMENTS)


def _of_pages(it: dict[str, Any]) -> Goal:
    if "missing" in it:
        return Goal("every page in a browser", "0 axe, 0 English, <= 150 kB", "not looked at here", False)
    met = _no(it, "axe", "english", "wider", "console", "script", "status") and it["heaviest_bytes"] <= MOST_BYTES
    reached = (
        f"{it['pages']} pages of {it['addresses']} addresses: axe {it['axe']}, English {it['english']}, "
        f"wider than the phone {it['wider']}, heaviest {it['heaviest_bytes'] / 1000:.0f} kB"
    )
    return Goal("every page, everyone, 2 languages, 390 and 1360 px", "0 axe, 0 English, <= 150 kB", reached, met)


def _of_meeting(it: dict[str, Any]) -> Goal:
    met = it["steps"] is not None and it["steps"] <= MOST_STEPS and not it["failed"] and not it["skipped"]
    reached = (
        f"{it['steps']} clicks and fields; {it['passed']} tests passed, {it['failed']} failed, {it['skipped']} skipped"
    )
    return Goal(
        "meeting: 6 decisions, 4 parties, sealed, 6 commitments; keyboard", "<= 60; path complete", reached, met
    )


def _of_access(it: dict[str, Any]) -> Goal:
    return Goal(
        "access grid", "0 wrong, none missing", f"{it['cells']} cells, {it['failed']} tests failed", not it["failed"]
    )


def _of_tests(what: str) -> Callable[[dict[str, Any]], Goal]:
    def judge(it: dict[str, Any]) -> Goal:
        met = not it["failed"] and it["passed"] > 0
        return Goal(what, "all", f"{it['passed']} passed, {it['failed']} failed", met)

    return judge


JUDGES: dict[str, Callable[[dict[str, Any]], Goal]] = {
    "kills": _of_kills,
    "edits": _of_edits,
    "workers": _of_workers,
    "backup": _of_backup,
    "statements": _of_statements,
    "pages": _of_pages,
    "meeting": _of_meeting,
    "access": _of_access,
    "clock": _of_tests("ball clock and calendar against hand-worked cases"),
    "catalogue": _of_tests("Persian catalogue whole and in good Persian"),
}


def _list_goals(lists: list[dict[str, Any]]) -> Iterator[Goal]:
    for record in lists:
        if "plain Django" in record["page"]:
            continue
        peer = next(each for each in lists if "plain Django" in each["page"] and each["pause_s"] == record["pause_s"])
        how = "a page a second each" if record["pause_s"] else "without a pause"
        met = record["p99_ms"] < MOST_MS and not record["wrong"]
        reached = (
            f"p50 {record['p50_ms']:.0f}, p99 {record['p99_ms']:.0f} ms, {record['answers_per_s']:.0f}/s "
            f"(plain Django: p99 {peer['p99_ms']:.0f} ms)"
        )
        yield Goal(f"list of {record['page']}, {REQUESTS:,} requests, 32 clients {how}", "p99 < 150 ms", reached, met)
