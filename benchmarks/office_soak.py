"""An office under trouble: its server killed, its records edited by many, its worker killed, its backup taken at work.

Each function is bounded, speaks to its own office on the loopback only, and returns figures; it judges nothing.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.office_server import TemporaryOffice, Visitor, number_in

WRITERS = (("officer", "operator"), ("expert", "distribution"), ("secretary", "governor"), ("expert", "regional"))
NEW_PROBLEM = "/problems/new/khodro/"
GONE = (OSError, http.client.HTTPException)
SEED = 1404


class Writer:
    """Someone who reports one problem after another and remembers what was acknowledged."""

    def __init__(self, name: str, cookies: dict[str, str], port: int) -> None:
        self.name = name
        self.visitor = Visitor(port, cookies)
        self.acknowledged: list[str] = []
        self.refused = Counter[int]()
        self.sent = 0

    def write_until(self, over: threading.Event) -> None:
        """Write until told to stop or the server is gone."""
        while not over.is_set():
            self.sent += 1
            title = f"{self.name}-{self.sent}"
            try:
                answer = self.visitor.post(NEW_PROBLEM, {"title": title, "kind": "line", "severity": 2})
            except GONE:
                return
            if answer.status == 302:
                self.acknowledged.append(title)
            else:
                self.refused[answer.status] += 1


def _writers(office: TemporaryOffice, each: int = 2) -> list[Writer]:
    """Some writers of four organisations; the colleagues of one share its session."""
    found = []
    for role, organisation in WRITERS:
        signed_in = office.visitor(role, organisation)
        found += [Writer(f"{organisation}{n}", signed_in.cookies, office.port) for n in range(each)]
    return found


def _together(writers: list[Writer], meanwhile: Callable[[], Any]) -> Any:
    """All write while something else is done."""
    over = threading.Event()
    threads = [threading.Thread(target=writer.write_until, args=(over,)) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        return meanwhile()
    finally:
        over.set()
        for thread in threads:
            thread.join()


def kills(folder: Path, times: int, *, plots: int = 20) -> dict[str, Any]:
    """kill -9 of the whole server, so many times, while eight people write; then everything is counted."""
    office = TemporaryOffice(folder)
    office.inside("fill", plots=plots)
    moments = random.Random(SEED)
    started = time.monotonic()
    office.start(processes=1)
    try:
        writers = _writers(office)
        for _ in range(times):
            _together(writers, lambda: (time.sleep(moments.uniform(0.3, 1.2)), office.kill()))
            office.start(processes=1)
    finally:
        office.stop()
    there = office.inside("titles")
    acknowledged = [title for writer in writers for title in writer.acknowledged]
    there_once = Counter(there["titles"])
    return office.inside("check") | {
        "kills": times,
        "acknowledged": len(acknowledged),
        "lost": sum(title not in there_once for title in acknowledged),
        "doubled": sum(count - 1 for count in there_once.values()),
        "halves": there["halves"],
        "refused": dict(sum((writer.refused for writer in writers), Counter[int]())),
        "seconds": time.monotonic() - started,
    }


def worker_kills(folder: Path, times: int, *, jobs: int = 300, lease_s: float = 2.0) -> dict[str, Any]:
    """kill -9 of the worker, so many times, each while it works; then it may finish."""
    office = TemporaryOffice(folder)
    office.inside("fill", plots=5)
    office.inside("ask", count=jobs)
    moments = random.Random(SEED)
    command = (sys.executable, "-m", "benchmarks.office_inside", "work", f'{{"lease_s": {lease_s}}}')
    killed, started = 0, time.monotonic()
    while True:
        before = office.inside("jobs")
        left = jobs - before["states"].get("done", 0) - before["states"].get("failed", 0)
        if not left or time.monotonic() - started > 600:
            break
        worker = office.begin(*command)
        _until_busy(office, before)
        last = killed >= times
        end = time.monotonic() + (lease_s + jobs * 0.2 if last else moments.uniform(0.1, 0.9))
        while time.monotonic() < end and not (last and _done(office) == jobs):
            time.sleep(0.05)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        killed += not last
    found = office.inside("jobs")
    return office.inside("check") | {
        "kills": killed,
        "jobs": jobs,
        "lost": jobs - found["letters"],
        "twice": found["twice"],
        "failed": found["states"].get("failed", 0),
        "begun_again": found["again"],
        "seconds": time.monotonic() - started,
    }


def _rows(office: TemporaryOffice, question: str) -> int:
    import sqlite3

    with sqlite3.connect(f"file:{office.database}?mode=ro", uri=True, timeout=20) as database:
        return int(database.execute(question).fetchone()[0])


def _attempts(office: TemporaryOffice) -> int:
    return _rows(office, "SELECT COALESCE(SUM(attempts), 0) FROM base_job")


def _done(office: TemporaryOffice) -> int:
    return _rows(office, "SELECT COUNT(*) FROM base_job WHERE state = 'done'")


def _until_busy(office: TemporaryOffice, before: dict[str, Any]) -> None:
    """Until the new worker has taken a job: killing one that has not begun shows nothing."""
    attempts = before["again"] + sum(before["states"].values())
    end = time.monotonic() + 30
    while _attempts(office) <= attempts and time.monotonic() < end:
        time.sleep(0.02)


def backup_at_work(folder: Path, *, seconds: float = 3.0) -> dict[str, Any]:
    """A backup while eight people write, restored in another place and compared."""
    office, copy = TemporaryOffice(folder / "office"), TemporaryOffice(folder / "copy")
    office.inside("fill", plots=20)
    office.start(processes=1)
    target = folder / "office.tar"
    times = {}
    try:
        writers = _writers(office)

        def work() -> list[str]:
            time.sleep(seconds)
            before = [title for writer in writers for title in list(writer.acknowledged)]
            began = time.monotonic()
            done = office.rasana("backup", str(target))
            times["backup"] = time.monotonic() - began
            assert done.returncode == 0, done.stderr
            time.sleep(seconds / 3)
            return before

        before = _together(writers, work)
    finally:
        office.stop()
    began = time.monotonic()
    done = copy.rasana("restore", str(target))
    times["restore"] = time.monotonic() - began
    assert done.returncode == 0, done.stderr
    there = copy.inside("titles")
    return copy.inside("check") | {
        "acknowledged_before": len(before),
        "acknowledged": sum(len(writer.acknowledged) for writer in writers),
        "restored": len(there["titles"]),
        "lost": len(set(before) - set(there["titles"])),
        "halves": there["halves"],
        "backup_seconds": times["backup"],
        "restore_seconds": times["restore"],
    }


# --------------------------------------------------------------------------------------------- many on the same records

COUNT = re.compile(r"edit (\d+)")
VERSION = re.compile(r'name="version"[^>]*value="(\d+)"')


def edits(folder: Path, clients: int, each: int, *, records: int = 4) -> dict[str, Any]:
    """So many clients, each so often: open a draft meeting's form, add one to the count in its title, save.

    The title counts the edits that arrived: an edit that was overwritten by one that had not seen it is missing in it.
    """
    office = TemporaryOffice(folder)
    office.inside("fill", plots=5)
    office.start(processes=2)
    started = time.monotonic()
    try:
        people = [office.visitor(role, "operator") for role in ("officer", "secretary", "expert", "head")]
        meetings = [_call(people[0], number) for number in range(records)]
        said: Counter[str] = Counter()
        seconds: list[float] = []
        lock = threading.Lock()

        def edit(number: int) -> None:
            visitor = Visitor(office.port, people[number % len(people)].cookies)
            order = random.Random(number)
            for _ in range(each):
                word, took = _edit(visitor, order.choice(meetings))
                with lock:
                    said[word] += 1
                    seconds.append(took)

        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(edit, range(clients)))
        counts = [_count(people[0].get(f"/meetings/{pk}/change/").text) for pk in meetings]
    finally:
        office.stop()
    seconds.sort()
    return office.inside("check") | {
        "clients": clients,
        "tries": clients * each,
        "saved": said["saved"],
        "stale": said["stale"],
        "stale_without_both": said["stale without both"],
        "other": {word: count for word, count in said.items() if word not in {"saved", "stale"}},
        "lost": said["saved"] - sum(counts),
        "p99_ms": 1000 * seconds[int(len(seconds) * 0.99)],
        "seconds": time.monotonic() - started,
    }


def _call(visitor: Visitor, number: int) -> int:
    """A draft meeting to be edited, with its title counting from 0."""
    page = visitor.get("/meetings/new/khodro/").text
    fields = _meeting_fields(page) | {"title": f"record {number}: edit 0", "draft": "1"}
    answer = visitor.post("/meetings/new/khodro/", fields)
    assert answer.status == 302, answer.text
    return number_in(answer.place)


def _meeting_fields(page: str) -> dict[str, Any]:
    """What the form sends unchanged: the parties ticked, a day that is far enough ahead."""
    parties = re.findall(r'name="parties" value="(\d+)"', page)
    return {"date": "1420/01/20", "time": "10:00", "place": "اتاق جلسه", "chair": "", "parties": parties, "agenda": ""}


def _count(page: str) -> int:
    found = COUNT.search(page)
    assert found, page
    return int(found[1])


def _edit(visitor: Visitor, meeting: int) -> tuple[str, float]:
    """One edit: what became of it, and how long the save took."""
    address = f"/meetings/{meeting}/change/"
    page = visitor.get(address).text
    version, count = VERSION.search(page), _count(page)
    assert version, "the form carries no version"
    title = re.sub(r"edit \d+", f"edit {count + 1}", _title(page))
    began = time.monotonic()
    answer = visitor.post(address, _meeting_fields(page) | {"title": title, "version": version[1]})
    took = time.monotonic() - began
    if answer.status == 302:
        return "saved", took
    if answer.status == 409:
        standing = set(COUNT.findall(answer.text)) - {str(count + 1)}
        both = f"edit {count + 1}" in answer.text and (standing or answer.text.count(f"edit {count + 1}") > 1)
        return "stale" if both else "stale without both", took
    return str(answer.status), took


def _title(page: str) -> str:
    found = re.search(r'name="title" value="([^"]*)"', page)
    assert found, "the form carries no title"
    return found[1]
