"""The command line as a person or a program meets it: exit codes, one JSON object, nothing written where refused."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rasana import __version__
from rasana.cli import main
from rasana.exchange.estate_file import write_estate
from rasana.exchange.words import term
from tests.planning.grid_estate import grid_estate, grid_study

SOURCE = Path(__file__).resolve().parents[1] / "src"
FILES = {"design.gpkg", "bill_of_quantities.xlsx", "network.pandapower.json", "summary.json", "report.html"}
ENVIRONMENT = os.environ | {"PYTHONPATH": str(SOURCE), "PYTHONUTF8": "1"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="module")
def estate(folder):
    path = folder / "quarter.gpkg"
    write_estate(grid_estate(), path)
    return path


@pytest.fixture(scope="module")
def breaching(folder):
    """An estate with a plot that low voltage can't carry."""
    quarter = grid_estate()
    plots = quarter.plots.copy()
    plots.loc[3, "demand_kw"] = 3000.0
    path = folder / "breaching.gpkg"
    write_estate(replace(quarter, plots=plots), path)
    return path


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "broken.gpkg"
    path.write_bytes(b"this is no GeoPackage")
    return path


def study(path, out, *more):
    return main(["study", str(path), "--out", str(out), "--effort", "fast", "--jobs", "1", "--language", "en", *more])


def rasana(*arguments, **options):
    command = [sys.executable, "-m", "rasana.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=300, check=False, **options)


def test_a_study_that_meets_every_rule_ends_with_0_and_says_where_it_stands(estate, tmp_path, capsys):
    assert study(estate, tmp_path / "out") == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} >= FILES
    said = capsys.readouterr()
    assert term("cli.every_rule", "en") in said.out
    assert str(tmp_path / "out" / "report.html") in said.out
    assert said.err == ""


def test_a_study_with_breaches_ends_with_1_names_them_and_is_written(breaching, tmp_path, capsys):
    assert study(breaching, tmp_path / "out") == 1
    assert {path.name for path in (tmp_path / "out").iterdir()} >= FILES
    assert "P003" in capsys.readouterr().out


def test_json_is_one_object_that_is_the_summary(breaching, tmp_path, capsys):
    assert study(breaching, tmp_path / "out", "--json") == 1
    said = capsys.readouterr()
    summary = json.loads(said.out)
    assert summary == json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["findings"]["error"] > 0
    assert said.err == ""


def test_bad_input_ends_with_2_and_writes_nothing(broken, tmp_path, capsys):
    for path in (broken, tmp_path / "missing.gpkg"):
        assert study(path, tmp_path / "out") == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert path.name in said.err
        assert "Traceback" not in said.err
    assert not (tmp_path / "out").exists()


def test_refusals_as_json_hold_codes_and_sentences_in_both_languages(broken, tmp_path, capsys):
    assert study(broken, tmp_path / "out", "--json") == 2
    said = capsys.readouterr()
    faults = json.loads(said.out)["refused"]
    assert faults
    assert all(fault["code"] and fault["message_en"] and fault["message_fa"] for fault in faults)
    assert said.err == ""


@pytest.mark.parametrize("option", ["--standard", "--catalogue"])
@pytest.mark.parametrize("content", [None, "key,value\nno_such_figure,1\n", ""], ids=["missing", "unknown", "empty"])
def test_a_bad_table_of_figures_is_refused_before_the_estate_is_read(option, content, estate, tmp_path, capsys):
    path = tmp_path / "own.csv"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert study(estate, tmp_path / "out", option, str(path)) == 2
    assert "own.csv" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_users_figure_is_used(estate, tmp_path, capsys):
    path = tmp_path / "own.csv"
    path.write_text("key,value\nloss_price_per_kwh,0.06\n", encoding="utf-8")
    code = study(estate, tmp_path / "out", "--standard", str(path), "--json")
    summary = json.loads(capsys.readouterr().out)
    assert code == (1 if summary["findings"]["error"] else 0)
    assert summary["findings"]["error"] == 0
    assert summary["cost"]["losses_pv"] == pytest.approx(2.0 * grid_study().cost.losses_pv, rel=0.1)
    assert summary["cost"]["total"] > grid_study().cost.total


def test_a_folder_that_can_not_be_written_is_refused_before_the_work(estate, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert study(estate, tmp_path / "file" / "out") == 2
    assert "Traceback" not in capsys.readouterr().err
    assert (tmp_path / "file").read_text(encoding="utf-8") == "in the way"


def test_a_folder_of_other_things_is_left_alone(estate, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "letters.txt").write_text("mine", encoding="utf-8")
    assert study(estate, out) == 2
    assert [path.name for path in out.iterdir()] == ["letters.txt"]
    assert capsys.readouterr().err


def test_check_tells_findings_and_writes_nothing(estate, broken, tmp_path, capsys):
    before = sorted(tmp_path.iterdir())
    assert main(["estate", "check", str(estate), "--json"]) in (0, 1)
    told = json.loads(capsys.readouterr().out)
    assert set(told["findings"]) == {"error", "warning", "note"}
    assert sum(told["findings"].values()) == len(told["messages"])
    assert main(["estate", "check", str(broken), "--language", "fa"]) == 1
    assert capsys.readouterr().out
    assert sorted(tmp_path.iterdir()) == before


def test_an_estate_from_layers_of_a_file_is_written_whole_or_not_at_all(estate, tmp_path, capsys):
    layers = ["--plots", "plots", "--streets", "streets", "--supply", "supply_points"]
    out = tmp_path / "new.gpkg"
    assert main(["estate", "from-gis", str(estate), *layers, "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["plots"] == 40
    assert out.is_file()
    other = tmp_path / "other.gpkg"
    assert (
        main(["estate", "from-gis", str(estate), "--plots", "none", "--streets", "streets", "--out", str(other)]) == 2
    )
    assert main(["estate", "from-gis", str(estate), *layers, "--out", str(tmp_path / "no" / "new.gpkg")]) == 2
    assert not other.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.gpkg"]


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["study"], ["study", "x.gpkg"], ["study", "x.gpkg", "--out", "y", "--jobs", "0"],
        ["study", "x.gpkg", "--out", "y", "--effort", "hard"],
        ["estate", "from-osm", "x.osm", "--bbox", "1,2,3", "--out", "y"],
        ["estate", "from-gis", "x", "--plots", "a", "--streets", "b", "--field", "plot_id", "--out", "y"],
    ],
)  # fmt: skip
def test_a_command_that_is_wrong_ends_with_2_and_shows_how_it_is_used(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.strip() == f"rasana {__version__}"


@pytest.mark.slow
def test_in_a_pipe_nothing_but_the_result_is_said(estate, tmp_path):
    ended = rasana("study", estate, "--out", tmp_path / "out", "--effort", "fast", "--jobs", 1, "--json")
    assert ended.returncode == 0
    assert ended.stderr == ""
    assert ended.stdout.count("\n") == 1
    assert json.loads(ended.stdout)["plots"] == 40


@pytest.mark.slow
def test_ctrl_c_during_the_search_keeps_the_best_found_and_says_so(estate, tmp_path):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "rasana.cli", "study", str(estate), "--out", str(tmp_path / "out")]
    command += ["--effort", "balanced", "--jobs", "1", "--language", "en"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=theirs, stdin=subprocess.DEVNULL, env=ENVIRONMENT | {"TERM": "xterm"}
    )
    os.close(theirs)
    said, asked, deadline = b"", False, time.monotonic() + 300.0
    while process.poll() is None and time.monotonic() < deadline:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                said += os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
        if not asked and term("cli.stage.search", "en").encode() in said:
            process.send_signal(signal.SIGINT)
            asked = True
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert asked
    assert process.returncode == 0
    assert term("cli.interrupted", "en").encode() in said
    assert {path.name for path in (tmp_path / "out").iterdir()} >= FILES
    assert term("cli.every_rule", "en") in out.decode()


def test_ctrl_c_before_the_search_writes_nothing(estate, tmp_path, monkeypatch, capsys):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("rasana.exchange.gis.read_estate", stopped)
    assert study(estate, tmp_path / "out") == 130
    assert capsys.readouterr().err.strip() == term("cli.stopped", "en")
    assert not (tmp_path / "out").exists()
