"""List pages of a full office under 32 clients, beside a plain Django page on the same server in the same run."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.office_server import PEER, TemporaryOffice, Visitor

CLIENTS = 32
LISTS = {
    "requests": (
        "/requests/",
        "/requests/?stage=open",
        "/requests/?stage=waiting_for_block",
        "/requests/?holder=distribution&supply_class=demand",
        "/requests/?holder=applicant",
        "/requests/?order=queue",
        "/requests/?plot=K-0123",
        "/requests/?q=%D8%B1%D8%B6%D8%A7%DB%8C%DB%8C",
    ),
    "problems": ("/problems/", "/problems/?state=assigned&sort=severity", "/problems/?kind=line", "/problems/?page=9"),
    "commitments": ("/commitments/", "/commitments/?page=3", "/commitments/?debtor=regional"),
    "plots": ("/estates/khodro/plots/", "/estates/sonuf/plots/?status=built", "/estates/khodro/plots/?page=20"),
}
PEOPLE = (("expert", "distribution"), ("head", "operator"), ("secretary", "governor"), ("viewer", "board"))


def fill(folder: Path, requests: int) -> TemporaryOffice:
    """An office with a full register, 1,500 plots an estate."""
    office = TemporaryOffice(folder)
    office.inside("fill", plots=1500)
    office.inside("requests", count=requests)
    office.inside("problems")
    office.inside("commitments")
    return office


def lists(office: TemporaryOffice, seconds: float, *, pause: float = 0.0) -> Iterator[dict[str, Any]]:
    """The peer, then each list: p50 and p99 of the answers of 32 clients, each with a pause between two pages."""
    office.start(processes=2, application=PEER)
    try:
        yield {"page": "one line of plain Django", **_load(office, ("/",), [{}], seconds, pause)}
    finally:
        office.stop()
    office.start(processes=2)
    try:
        cookies = [office.visitor(*person).cookies for person in PEOPLE]
        for name, addresses in LISTS.items():
            yield {"page": name, **_load(office, addresses, cookies, seconds, pause)}
    finally:
        office.stop()


def _load(
    office: TemporaryOffice, addresses: tuple[str, ...], cookies: list[dict[str, str]], seconds: float, pause: float
) -> dict[str, Any]:
    """Answers of 32 clients: the first second warms up and is not counted."""
    over, begin = threading.Event(), time.monotonic() + 1.0
    took: list[tuple[str, float]] = []
    wrong: list[str] = []

    def ask(number: int) -> None:
        visitor = Visitor(office.port, cookies[number % len(cookies)])
        order = random.Random(number)
        time.sleep(pause * number / CLIENTS)
        while not over.is_set():
            address = order.choice(addresses)
            start = time.monotonic()
            status = visitor.get(address).status
            end = time.monotonic()
            if status != 200:
                wrong.append(f"{address}: {status}")
            elif start > begin:
                took.append((address, end - start))
            over.wait(max(0.0, start + pause * (0.5 + order.random()) - end))
        visitor.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        asked = [pool.submit(ask, number) for number in range(CLIENTS)]
        time.sleep(1.0 + seconds)
        over.set()
        for each in asked:
            each.result()
    every = sorted(each for _address, each in took)
    slowest = {name: _at([each for address, each in took if address == name], 0.5) for name in addresses}
    return {
        "clients": CLIENTS,
        "answers": len(every),
        "wrong": sorted(set(wrong)),
        "p50_ms": _at(every, 0.5),
        "p99_ms": _at(every, 0.99),
        "answers_per_s": len(every) / seconds,
        "slowest": max(slowest, key=lambda name: slowest[name]),
    }


def _at(seconds: list[float], share: float) -> float:
    """A quantile, in ms."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")
