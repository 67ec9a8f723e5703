"""What is done or looked up inside a temporary office: ``python -m benchmarks.office_inside VERB JSON``."""

from __future__ import annotations

import datetime as dt
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PARTIES = ("operator", "regional", "distribution", "governor", "board", "contractor")
LETTER = "soak-"


def fill(plots: int = 200) -> dict[str, Any]:
    """The example's organisations and people, holidays, and an estate of so many plots."""
    from rasana.portal.apps.estates.loading import plot_key
    from rasana.portal.apps.estates.models import Block, Plot
    from rasana.portal.apps.parties.actions import load_holidays
    from rasana.portal.base.actor import SYSTEM
    from rasana.portal.base.audit import act, current
    from rasana.portal.base.people import Estate, EstateParty
    from rasana.portal.site import story
    from rasana.portal.site.serve import collect, migrate

    migrate()
    collect()
    organisations = story.make_organisations(story.read(Path("examples/qom/story.toml")))
    load_holidays(SYSTEM)
    for code, name_fa, name_en in (("khodro", "شهرک خودرو", "Automotive estate"), ("sonuf", "شهرک صنوف", "Guilds")):
        with act(SYSTEM, "estate.create"):
            estate = Estate(code=code, name_fa=name_fa, name_en=name_en)
            estate.save()
            current().estate = estate
            for party in PARTIES:
                EstateParty(estate=estate, organisation=organisations[party]).save()
            blocks = [
                Block(estate=estate, code=str(n), name_fa=f"بلوک {n}", name_en=f"Block {n}") for n in range(1, 21)
            ]
            for block in blocks:
                block.save()
            rows = []
            for number in range(plots):
                block, plot_id = blocks[number % len(blocks)], f"{code[0].upper()}-{number + 1:04d}"
                rows.append(
                    Plot(estate=estate, block=block, plot_id=plot_id, search_key=plot_key(plot_id, block),
                         status=("planned", "built", "active")[number % 3], area_m2=150.0, created_at=current().at)
                )  # fmt: skip
            Plot.objects.load(rows)
    return {"plots": Plot.objects.count()}


def story(folder: str) -> dict[str, Any]:
    """The example as ``make demo`` loads it, from the folder of its estates and studies."""
    from rasana.portal.base.audit import AuditLine
    from rasana.portal.site.office import load
    from rasana.portal.site.serve import collect, migrate

    migrate()
    collect()
    load(Path("examples/qom"), Path(folder))
    return {"lines": AuditLine.objects.count()}


def climb() -> dict[str, Any]:
    """The ladder, as far as it is due: what the worker does each hour."""
    from rasana.portal.apps.commitments.climb import hourly

    hourly()
    return {}


def check() -> dict[str, Any]:
    """Whether the chain holds, and how many rows of records no audit line speaks of."""
    from django.apps import apps
    from django.db import connection

    from rasana.portal.base.audit import AuditLine, first_fault
    from rasana.portal.base.record import Record

    told: set[tuple[str, int]] = set()
    for changes in AuditLine.objects.values_list("changes", flat=True).iterator(chunk_size=500):
        told.update((change["type"], change["id"]) for change in changes)
    rows, silent = 0, 0
    for model in apps.get_models():
        if issubclass(model, Record):
            keys = set(model._base_manager.values_list("pk", flat=True))
            rows += len(keys)
            silent += sum((model._meta.label, key) not in told for key in keys)
    whole = True
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            whole = cursor.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    fault = first_fault()
    return {"rows": rows, "silent": silent, "fault": fault and fault[1], "whole": whole}


def titles() -> dict[str, Any]:
    """Titles of all problems on the register, and whether each has its first step and its ball."""
    from rasana.portal.apps.problems.models import Problem
    from rasana.portal.base.ball import ball_events

    problems = list(Problem.objects.prefetch_related("steps"))
    halves = sum(1 for each in problems if not each.steps.all() or not ball_events(each))
    return {"titles": [each.title for each in problems], "halves": halves}


def ask(count: int) -> dict[str, Any]:
    """Ask for so many jobs, each of which must enter one letter in the register."""
    from django.db import transaction

    from rasana.portal.base.jobs import enqueue

    _register_job()
    with transaction.atomic():
        for number in range(count):
            enqueue("soak.letter", key=f"{LETTER}{number}", number=number)
    return {"asked": count}


def work(lease_s: float = 2.0) -> dict[str, Any]:
    """A worker as ``rasana worker`` runs it, with a short lease; it ends when it is killed."""
    from rasana.portal.base.jobs import Worker

    _register_job()
    Worker(lease=dt.timedelta(seconds=lease_s)).run(idle_seconds=0.05)
    return {}


def jobs() -> dict[str, Any]:
    """How the jobs stand, and how often each letter was entered."""
    from collections import Counter

    from rasana.portal.apps.problems.models import Letter
    from rasana.portal.base.jobs import Job

    states = Counter(Job.objects.filter(name="soak.letter").values_list("state", flat=True))
    letters = Counter(Letter.objects.filter(number__startswith=LETTER).values_list("number", flat=True))
    again = sum(Job.objects.filter(name="soak.letter").values_list("attempts", flat=True)) - sum(states.values())
    return {"states": states, "letters": len(letters), "twice": sum(n - 1 for n in letters.values()), "again": again}


def _register_job() -> None:
    """A job that can be done again: it enters what is not there yet. The pauses are where it will be killed."""
    from rasana.portal.apps.problems.actions import record_letter
    from rasana.portal.apps.problems.models import Letter
    from rasana.portal.base import clock
    from rasana.portal.base.actor import SYSTEM
    from rasana.portal.base.jobs import KINDS, job
    from rasana.portal.base.people import Estate

    def enter(number: int) -> None:
        name = f"{LETTER}{number}"
        estate = Estate.objects.get(code="khodro")
        pause = random.Random(number)
        time.sleep(pause.random() * 0.05)
        if not Letter.objects.filter(estate=estate, number=name).exists():
            record_letter(
                SYSTEM, estate, number=name, date=clock.today(), subject="نامه", sender_other="الف", recipient_other="ب"
            )
        time.sleep(pause.random() * 0.05)

    for name in list(KINDS):  # the office's own work would stand in the queue before it
        del KINDS[name]
    job("soak.letter")(enter)


def main(words: list[str]) -> int:
    from rasana.portal.site.serve import set_up

    set_up()
    from benchmarks.office_pages import statements
    from benchmarks.office_rows import VERBS as ROWS

    verbs: dict[str, Callable[..., dict[str, Any]]] = {
        "fill": fill, "story": story, "climb": climb, "check": check, "titles": titles,
        "ask": ask, "work": work, "jobs": jobs, "statements": statements,
    }  # fmt: skip
    print(json.dumps((verbs | ROWS)[words[0]](**json.loads(words[1]))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
