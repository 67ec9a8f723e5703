"""What every set of benchmarks promises: one JSON line an instance, with the same keys."""

from __future__ import annotations

import json
import pkgutil

import pytest

from benchmarks import SETS, Goal, office, powerflow
from benchmarks.__main__ import main
from benchmarks.table import gap_pct, goal_line, number, row

KEYS = {"instance", "cost", "bound", "seconds", "optimal"}


def lines(capsys, *words: str) -> list[dict[str, object]]:
    assert main([*words, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_reliability_reaches_the_computed_base_within_a_tenth_of_a_per_cent(capsys):
    found = lines(capsys, "reliability", "--seconds", "0")
    assert [record["instance"] for record in found] == ["rbts2", "rbts4"]
    for record, ens_mwh in zip(found, (37.746, 54.293), strict=True):
        assert record.keys() >= KEYS
        assert record["cost"] == pytest.approx(ens_mwh, rel=1e-3)
        assert record["worst_deviation_pct"] < 0.1
        assert record["fault_by_fault_difference_h"] < 1e-12


def test_power_flow_agrees_with_its_peers(capsys):
    (record,) = lines(capsys, "powerflow", "radial:30:40", "--seconds", "0")
    assert record.keys() >= KEYS
    assert record["unsettled"] == 0
    assert record["voltage_min_pu"] < 0.97
    for peer in ("pgm_iterative_current", "pgm_newton", "pandapower"):
        assert record[f"{peer}_difference_pu"] < 1e-8
        assert record[f"{peer}_seconds"] > 0


@pytest.mark.parametrize("words", [("powerflow", "ring:10:10"), ("powerflow", "radial:10"), ("reliability", "rbts3")])
def test_an_instance_that_does_not_exist_is_refused_in_one_line(words, capsys):
    assert main([*words, "--json"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1
    assert words[1] in shown.err


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("part", ["run", "INSTANCES"])
def test_every_set_has_its_parts(name, part):
    assert pkgutil.resolve_name(f"benchmarks.{name}:{part}")


def test_goals_of_the_power_flow_compare_with_what_was_measured():
    record = {"instance": "radial:1000:8760", "pgm_iterative_current_ratio": 14.2, "pandapower_ratio": 250.0}
    record |= {f"{peer}_difference_pu": 1e-12 for peer in ("pgm_iterative_current", "pgm_newton", "pandapower")}
    assert [goal.met for goal in powerflow.goals([record])] == [True, False, True]
    assert goal_line(Goal("a", "b", "c", met=False)).startswith("NOT MET")


def test_the_table_shows_a_gap_where_there_is_a_bound():
    record = {"instance": "a/b.vrp", "cost": 110.0, "bound": 99.0, "seconds": 1.25, "optimal": False, "peer_cost": 120}
    assert gap_pct(record) == pytest.approx(10.0)
    assert gap_pct(record | {"bound": None}) is None
    shown = row("rings", record)
    assert "b.vrp" in shown
    assert "a/b.vrp" not in shown
    assert shown.endswith("peer_cost 120")
    assert max(map(len, shown.splitlines())) <= 120


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "-"), (True, "yes"), (False, "no"), (1234567.8, "1234568"), ("x", "x")]
)
def test_figures_are_shown_as_people_read_them(value, shown):
    assert number(value) == shown


def test_goals_of_the_office_compare_with_what_was_measured():
    sound = {"lost": 0, "doubled": 0, "halves": 0, "silent": 0, "fault": None, "whole": True}
    kills = sound | {"instance": "kills", "kills": 100, "acknowledged": 5000, "rows": 20_000}
    lists = [
        {"instance": f"lists: {page}", "page": page, "pause_s": 1.0, "p50_ms": 2.0, "p99_ms": p99, "wrong": []}
        | {"answers_per_s": 32.0}
        for page, p99 in (("one line of plain Django", 9.0), ("problems", 149.0), ("plots", 151.0))
    ]
    backup = sound | {"instance": "backup", "lost": 1, "acknowledged_before": 90, "backup_seconds": 0.4}
    found = list(office.goals([kills, backup, *lists]))
    assert [goal.met for goal in found] == [True, False, True, False]
