"""Background work. A job is leased, not taken: a killed worker's lease runs out and the job is done by another.

So a job may be begun twice; every job must be one that can be done again (its acts find that nothing is left to do).
Jobs are machinery, not records of the office: what they do to records is audited, they themselves are not.
"""

from __future__ import annotations

import logging
import threading
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Q

from rasana.portal.base import clock

LEASE = timedelta(seconds=30)
ATTEMPTS_MAX = 5
BACKOFF = timedelta(seconds=20)
KEEP = timedelta(days=30)
log = logging.getLogger(__name__)


class JobState(models.TextChoices):
    """Where a job stands."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(models.Model):
    """A piece of work by name, with its arguments and who has the lease until when."""

    key = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.READY)
    run_after = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = (models.Index(fields=("state", "run_after"), name="job_next"),)


@dataclass(frozen=True)
class Kind:
    """What a job's name stands for; ``every`` makes it one that comes back."""

    function: Callable[..., object]
    every: timedelta | None


KINDS: dict[str, Kind] = {}


def job(name: str, *, every: timedelta | None = None) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Register a function as background work, once or every so often."""

    def register(function: Callable[..., object]) -> Callable[..., object]:
        KINDS[name] = Kind(function, every)
        return function

    return register


def enqueue(name: str, *, key: str = "", after: datetime | None = None, **arguments: Any) -> Job:
    """Ask for work, in the caller's transaction. The same ``key`` twice is one job."""
    if name not in KINDS:
        raise KeyError(name)
    made, _ = Job.objects.get_or_create(
        key=key or f"{name}:{uuid.uuid4()}",
        defaults={"name": name, "arguments": arguments, "run_after": after or clock.machine_now()},
    )
    return made


class Worker:
    """Does jobs one after another until told to stop."""

    def __init__(self, *, lease: timedelta = LEASE) -> None:
        self.name = uuid.uuid4().hex
        self.lease = lease
        self.stopped = threading.Event()

    def run(self, *, idle_seconds: float = 1.0) -> None:
        """Until ``stopped`` is set."""
        while not self.stopped.is_set():
            schedule()
            if not self.step():
                self.stopped.wait(idle_seconds)

    def step(self) -> bool:
        """Do the next job; False when there is none."""
        claimed = self.claim()
        if claimed is None:
            return False
        ended = threading.Event()
        heart = threading.Thread(target=self._beat, args=(claimed.pk, ended), daemon=True)
        heart.start()
        try:
            KINDS[claimed.name].function(**claimed.arguments)
            error = ""
        except Exception:  # whatever a job raises is written down, and the worker goes on
            error = traceback.format_exc()
            log.exception("job %s failed", claimed.name)
        finally:
            ended.set()
            heart.join()
        self._finish(claimed, error)
        return True

    def claim(self) -> Job | None:
        """The next job that is due, or whose lease has run out, leased to this worker."""
        moment = clock.machine_now()
        due = Q(state=JobState.READY, run_after__lte=moment) | Q(state=JobState.RUNNING, lease_until__lt=moment)
        with transaction.atomic():
            found = Job.objects.select_for_update(skip_locked=True).filter(due, name__in=KINDS)
            claimed = found.order_by("run_after", "pk").first()
            if claimed is None:
                return None
            claimed.attempts += 1
            if claimed.attempts > ATTEMPTS_MAX:
                claimed.state, claimed.finished_at = JobState.FAILED, moment
                claimed.error = claimed.error or "its worker died each time"
                claimed.save()
                return None
            claimed.state, claimed.worker, claimed.lease_until = JobState.RUNNING, self.name, moment + self.lease
            claimed.save()
        return claimed

    def _beat(self, pk: int, ended: threading.Event) -> None:
        try:
            while not ended.wait(self.lease.total_seconds() / 3):
                mine = Job.objects.filter(pk=pk, worker=self.name, state=JobState.RUNNING)
                mine.update(lease_until=clock.machine_now() + self.lease)
        finally:
            connection.close()

    def _finish(self, claimed: Job, error: str) -> None:
        moment = clock.machine_now()
        mine = Job.objects.filter(pk=claimed.pk, worker=self.name, state=JobState.RUNNING)
        if not error:
            mine.update(state=JobState.DONE, finished_at=moment, lease_until=None)
        elif claimed.attempts < ATTEMPTS_MAX:
            again = moment + BACKOFF * 2**claimed.attempts
            mine.update(state=JobState.READY, run_after=again, error=error, lease_until=None)
        else:
            mine.update(state=JobState.FAILED, finished_at=moment, error=error, lease_until=None)


def schedule() -> None:
    """One job for each slot of the work that comes back; what is long done is forgotten."""
    moment = clock.machine_now()
    for name, kind in KINDS.items():
        if kind.every is None:
            continue
        slot = int(moment.timestamp() // kind.every.total_seconds())
        key = f"{name}@{slot}"
        if not Job.objects.filter(key=key).exists():
            enqueue(name, key=key)
    Job.objects.filter(state=JobState.DONE, finished_at__lt=moment - KEEP).delete()
