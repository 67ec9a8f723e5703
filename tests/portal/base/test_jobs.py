"""Work is done though workers die, and what comes back comes once a slot."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rasana.portal.base import clock, jobs
from rasana.portal.base.jobs import Job, JobState, Kind, Worker, enqueue, schedule


@pytest.fixture
def done(db, monkeypatch):
    """Names of jobs as they were done."""
    log: list[str] = []

    def fail() -> None:
        log.append("bad")
        raise RuntimeError("no")

    kinds = {
        "good": Kind(lambda **names: log.append(f"good {names}"), None),
        "bad": Kind(fail, None),
        "hourly": Kind(lambda: log.append("hourly"), timedelta(hours=1)),
    }
    monkeypatch.setattr(jobs, "KINDS", kinds)
    monkeypatch.setattr(Worker, "_beat", lambda *_: None)  # one connection in the test's transaction
    return log


def test_a_job_is_done_once(done):
    enqueue("good", key="one", plot=3)
    enqueue("good", key="one", plot=3)
    worker = Worker()
    assert worker.step()
    assert not worker.step()
    assert done == ["good {'plot': 3}"]
    assert Job.objects.get().state == JobState.DONE


def test_an_unknown_job_is_refused(done):
    with pytest.raises(KeyError):
        enqueue("nothing")


def test_a_killed_workers_job_is_done_by_another(done):
    enqueue("good")
    assert Worker().claim() is not None
    assert Worker().claim() is None, "it is leased"
    Job.objects.update(lease_until=clock.machine_now() - timedelta(seconds=1))
    assert Worker().step()
    assert Job.objects.get().attempts == 2
    assert len(done) == 1


def test_a_worker_that_lost_its_lease_does_not_mark_the_job(done):
    enqueue("good")
    slow = Worker()
    claimed = slow.claim()
    Job.objects.update(lease_until=clock.machine_now() - timedelta(seconds=1))
    other = Worker().claim()
    slow._finish(claimed, "")
    job = Job.objects.get()
    assert (job.state, job.worker) == (JobState.RUNNING, other.worker)


def test_a_failing_job_is_tried_again_later_and_then_given_up(done):
    enqueue("bad")
    for attempt in range(jobs.ATTEMPTS_MAX):
        assert Worker().step(), attempt
        assert not Worker().step(), "it waits before the next try"
        Job.objects.update(run_after=clock.machine_now())
    job = Job.objects.get()
    assert job.state == JobState.FAILED
    assert "RuntimeError" in job.error
    assert len(done) == jobs.ATTEMPTS_MAX


def test_a_job_that_kills_its_worker_each_time_is_given_up(done):
    enqueue("good")
    for _ in range(jobs.ATTEMPTS_MAX):
        assert Worker().claim() is not None
        Job.objects.update(lease_until=clock.machine_now() - timedelta(seconds=1))
    assert Worker().claim() is None
    assert Job.objects.get().state == JobState.FAILED


def test_what_comes_back_comes_once_a_slot(done):
    schedule()
    schedule()
    assert Job.objects.filter(name="hourly").count() == 1
