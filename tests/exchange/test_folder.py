"""A study's folder is written as a whole or not at all."""

from __future__ import annotations

import datetime
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import openpyxl  # noqa: TID251 - to read what was written
import pytest

from rasana.exchange import folder as folder_module
from rasana.exchange.folder import REPORT, WRITERS, check_folder, write_folder
from rasana.planning.finding import Refused
from tests.exchange.sample import sample_study

DAY = datetime.date(2026, 11, 24)
FILES = {REPORT, *WRITERS}
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "PATH": os.environ.get("PATH", "")}
WRITE_TWICE = (
    "import datetime, sys\n"
    "from pathlib import Path\n"
    "from rasana.exchange.folder import write_folder\n"
    "from tests.exchange.sample import sample_study\n"
    "study = sample_study(2)\n"
    "print('ready', flush=True)\n"
    "while True:\n"
    "    write_folder(study, Path(sys.argv[1]), datetime.date(2026, 11, 24))\n"
)


@pytest.fixture(scope="module")
def study():
    return sample_study(2)


@pytest.fixture(scope="module")
def written(study, tmp_path_factory) -> Path:
    """A result, written once; a test that changes one takes a copy of it."""
    path = tmp_path_factory.mktemp("written") / "study"
    write_folder(study, path, DAY)
    return path


def contents(path: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in path.iterdir() if entry.is_file()}


def test_the_folder_holds_the_five_files_of_the_contract_and_nothing_beside_it_remains(study, tmp_path):
    write_folder(study, tmp_path / "new" / "study", DAY)
    assert {entry.name for entry in (tmp_path / "new" / "study").iterdir()} == FILES
    assert [entry.name for entry in (tmp_path / "new").iterdir()] == ["study"]


def test_two_runs_of_the_same_study_give_the_same_bytes(study, written, tmp_path):
    write_folder(study, tmp_path / "two", DAY)
    one, two = contents(written), contents(tmp_path / "two")
    assert [name for name in FILES if one[name] != two[name]] == []


def test_files_that_are_not_the_studys_own_stay(study, written, tmp_path):
    shutil.copytree(written, tmp_path / "study")
    (tmp_path / "study" / "project.qgz").write_bytes(b"mine")
    (tmp_path / "study" / "notes").mkdir()
    (tmp_path / "study" / "notes" / "a.txt").write_text("kept")
    (tmp_path / "study" / "summary.json").write_text("{}")
    write_folder(study, tmp_path / "study", DAY)
    assert (tmp_path / "study" / "project.qgz").read_bytes() == b"mine"
    assert (tmp_path / "study" / "notes" / "a.txt").read_text() == "kept"
    assert (tmp_path / "study" / "summary.json").stat().st_size > 100


def test_a_folder_that_holds_other_things_is_refused_and_left_as_it_is(study, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(Refused) as refusal:
        write_folder(study, tmp_path, DAY)
    assert refusal.value.faults[0].code == "output_holds_other_files"
    assert contents(tmp_path) == {"photo.jpg": b"x"}


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "study").write_text("a file")
    with pytest.raises(Refused) as refusal:
        check_folder(tmp_path / "study")
    assert refusal.value.faults[0].code == "output_not_a_folder"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere: a folder without permission is not tested")
def test_a_folder_without_permission_is_refused_before_any_work(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(Refused) as refusal:
        check_folder(tmp_path / "locked" / "study")
    assert refusal.value.faults[0].code == "output_unwritable"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no /proc here: a place where nobody can write is not tested")
def test_a_place_where_nobody_can_write_is_refused_before_any_work():
    with pytest.raises(Refused) as refusal:
        check_folder(Path("/proc/study"))
    assert refusal.value.faults[0].code == "output_unwritable"


def test_the_folder_one_stands_in_is_not_swapped_away(tmp_path, monkeypatch):
    (tmp_path / "study" / "inside").mkdir(parents=True)
    for place in (tmp_path / "study", tmp_path / "study" / "inside"):
        monkeypatch.chdir(place)
        with pytest.raises(Refused) as refusal:
            check_folder(tmp_path / "study")
        assert refusal.value.faults[0].code == "output_is_here"


@pytest.mark.parametrize("broken", [*WRITERS, REPORT])
def test_a_failure_while_any_file_is_written_leaves_the_old_result_whole(study, written, tmp_path, monkeypatch, broken):
    shutil.copytree(written, tmp_path / "study")
    before = contents(tmp_path / "study")

    def full(*arguments: object) -> None:
        Path(str(arguments[1])).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    if broken == REPORT:
        monkeypatch.setattr(folder_module, "write_report", full)
    else:
        monkeypatch.setitem(folder_module.WRITERS, broken, full)
    with pytest.raises(Refused) as refusal:
        write_folder(study, tmp_path / "study", DAY)
    assert refusal.value.faults[0].details["reason"] == "No space left on device"
    assert contents(tmp_path / "study") == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["study"]


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_a_whole_result(study, tmp_path):
    target = tmp_path / "study"
    write_folder(study, target, DAY)
    for wait_s in (0.0, 0.11, 0.23, 0.37, 0.52, 0.68):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITE_TWICE, str(target)], env=ENVIRONMENT, stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(wait_s)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        found = contents(target)
        assert set(found) == FILES
        assert found["report.html"].rstrip().endswith(b"</html>")
    write_folder(study, target, DAY)
    assert [entry.name for entry in tmp_path.iterdir()] == ["study"], "what the killed runs left is cleared away"


def test_without_a_swap_in_one_step_two_renames_do_it_and_a_kill_between_them_is_mended(
    study, written, tmp_path, monkeypatch
):
    monkeypatch.setattr(folder_module, "_swapped", lambda *_: False)
    shutil.copytree(written, tmp_path / "study")
    write_folder(study, tmp_path / "study", DAY)
    assert {entry.name for entry in (tmp_path / "study").iterdir()} == FILES
    (tmp_path / "study" / "project.qgz").write_bytes(b"mine")
    (tmp_path / "study").rename(tmp_path / ".study.old")
    write_folder(study, tmp_path / "study", DAY)
    assert (tmp_path / "study" / "project.qgz").read_bytes() == b"mine"
    assert [entry.name for entry in tmp_path.iterdir()] == ["study"]


def test_the_bill_is_in_persian_from_right_to_left_and_in_english_and_its_sums_are_the_studys(study, written):
    values = openpyxl.load_workbook(written / "bill_of_quantities.xlsx", data_only=True)
    formulas = openpyxl.load_workbook(written / "bill_of_quantities.xlsx")
    assert values.sheetnames == ["فهرست مقادیر", "Bill of quantities"]
    assert values["فهرست مقادیر"].sheet_view.rightToLeft
    assert not values["Bill of quantities"].sheet_view.rightToLeft
    for name in values.sheetnames:
        last = values[name].max_row
        assert values[name].cell(last, 7).value == pytest.approx(study.bill["amount"].sum())
        assert str(formulas[name].cell(last, 7).value).startswith("=SUM(")
        assert study.estate.label in {cell.value for cell in values[name]["A"]}
    items = {row[1].value for row in values["فهرست مقادیر"].iter_rows(min_row=5)}
    assert "کابل فشار ضعیف" in items
