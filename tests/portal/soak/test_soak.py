"""The office under trouble, a few times over; ``make bench`` does the same a hundred times."""

from __future__ import annotations

import pytest

from benchmarks import office_soak

pytestmark = pytest.mark.slow


def _nothing_half_done(found: dict) -> None:
    assert found["silent"] == 0, "a row that no audit line speaks of"
    assert found["fault"] is None, "the chain does not hold"
    assert found["whole"], "the database is damaged"


def test_kill_9_of_the_server_loses_no_acknowledged_write(tmp_path):
    found = office_soak.kills(tmp_path, 5)
    assert found["acknowledged"] >= 50
    assert (found["lost"], found["doubled"], found["halves"]) == (0, 0, 0)
    assert not found["refused"]
    _nothing_half_done(found)


def test_of_32_who_edit_the_same_records_none_overwrites_what_he_has_not_seen(tmp_path):
    found = office_soak.edits(tmp_path, 32, 3, records=3)
    assert found["saved"] + found["stale"] == found["tries"], found["other"]
    assert found["saved"] >= 10
    assert found["stale"] >= 10
    assert found["stale_without_both"] == 0
    assert found["lost"] == 0
    _nothing_half_done(found)


def test_kill_9_of_the_worker_loses_no_job_and_does_none_twice(tmp_path):
    found = office_soak.worker_kills(tmp_path, 3, jobs=60)
    assert found["kills"] == 3
    assert found["begun_again"] >= 1, "it was never killed at work: this showed nothing"
    assert (found["lost"], found["twice"], found["failed"]) == (0, 0, 0)
    _nothing_half_done(found)


def test_a_backup_that_is_taken_at_work_restores_to_one_moment(tmp_path):
    found = office_soak.backup_at_work(tmp_path, seconds=2.0)
    assert found["acknowledged_before"] >= 20
    assert found["acknowledged"] > found["acknowledged_before"], "nobody wrote meanwhile: this showed nothing"
    assert (found["lost"], found["halves"]) == (0, 0)
    _nothing_half_done(found)
