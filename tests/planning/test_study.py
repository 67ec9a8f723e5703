"""The whole study: known cases to the figure, the same input the same study, and everything it says can be said."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rasana.exchange.words import has_term, phrases, sentence
from rasana.planning.finding import Finding, Refused, Severity
from rasana.planning.result import Settings
from rasana.planning.study import fingerprint, study
from tests.planning import study_case
from tests.planning.grid_estate import CATALOGUE, STANDARD, grid_estate, grid_study

PLANNING = Path(__file__).resolve().parents[2] / "src" / "rasana" / "planning"
FRAMES = ("nodes", "transformers", "cables", "trenches", "plots")


@pytest.mark.parametrize("name", study_case.names())
def test_cases_come_out_as_expected(name):
    folder = study_case.CASES / name
    found = study_case.figures(study_case.run(folder))
    for figure, wanted in study_case.expected(folder)["figures"].items():
        if wanted["tolerance"] == 0:
            assert found[figure] == wanted["value"], figure
        else:
            assert found[figure] == pytest.approx(wanted["value"], rel=wanted["tolerance"]), figure


def test_two_runs_with_the_same_input_are_equal_frame_by_frame():
    one = grid_study(2, 2, 5, 40.0)
    two = study(grid_estate(2, 2, 5, 40.0), STANDARD, CATALOGUE, Settings("fast", 1, 2))
    for name in FRAMES:
        pd.testing.assert_frame_equal(
            pd.DataFrame(getattr(one.network, name)), pd.DataFrame(getattr(two.network, name))
        )
    for name in ("plots", "rings", "bill", "n1", "busbars"):
        pd.testing.assert_frame_equal(pd.DataFrame(getattr(one, name)), pd.DataFrame(getattr(two, name)))
    for name in ("cost", "findings", "assumptions", "curve", "fingerprint", "losses_mwh", "ens_mwh", "voltage_min_pu"):
        assert getattr(one, name) == getattr(two, name), name


def test_order_of_tables_in_the_study_is_that_of_the_estate():
    result = grid_study()
    assert result.plots["plot_id"].tolist() == result.estate.plots["plot_id"].tolist()
    assert result.network.plots["plot_id"].tolist() == result.estate.plots["plot_id"].tolist()


def test_a_small_quarter_meets_every_rule():
    for result in (grid_study(), grid_study(2, 2, 2, 60.0), grid_study(3, 1, 4)):
        assert [finding for finding in result.findings if finding.severity is Severity.ERROR] == []
        assert result.voltage_min_pu >= STANDARD.lv_voltage_min_pu
        assert result.loading_max_pct <= 100.0
        assert (result.plots["drop_pct"] <= STANDARD.lv_drop_limit_pct).all()
        assert (result.network.cables["loading_pct"] <= 100.0).all()
        assert (result.plots["clearing_s"] <= STANDARD.clearing_time_limit_s).all()


def test_progress_goes_through_the_stages_and_an_interruption_still_gives_a_verified_study():
    told = []

    def stop(stage, share, _cost):
        told.append((stage, share))
        if stage == "search":
            raise KeyboardInterrupt

    result = study(grid_estate(), STANDARD, CATALOGUE, Settings("fast", 1, 1), stop)
    assert result.interrupted
    assert [stage for stage, _ in told if stage == "search"] == ["search"]
    assert told[-1] == ("verify", 1.0)
    assert result.network.cables["loading_pct"].notna().all()
    assert (result.network.plots["node_row"] >= 0).all()


def test_seconds_come_from_the_clock_that_is_given():
    ticks = iter(range(100))
    result = study(grid_estate(), STANDARD, CATALOGUE, Settings("fast", 1, 1), clock=lambda: float(next(ticks)))
    assert dict(result.seconds) == {"demand": 1.0, "search": 1.0, "verify": 1.0, "year": 1.0}


def test_the_fingerprint_follows_whatever_decides_the_design():
    estate, settings = grid_estate(), Settings("fast", 1, 1)
    base = fingerprint(estate, STANDARD, CATALOGUE, settings)
    assert fingerprint(estate, STANDARD, CATALOGUE, Settings("fast", 1, 4)) == base
    moved = replace(estate, plots=estate.plots.assign(demand_kw=estate.plots["demand_kw"] + 1.0))
    others = [
        fingerprint(estate, STANDARD, CATALOGUE, Settings("fast", 2, 1)),
        fingerprint(estate, STANDARD, CATALOGUE, Settings("best", 1, 1)),
        fingerprint(moved, STANDARD, CATALOGUE, settings),
        fingerprint(replace(estate, streets=estate.streets.iloc[:-1]), STANDARD, CATALOGUE, settings),
        fingerprint(estate, replace(STANDARD, rows=STANDARD.rows[1:]), CATALOGUE, settings),
    ]
    assert len({base, *others}) == 6


def test_nothing_to_supply_is_refused():
    estate = grid_estate()
    empty = replace(estate, plots=estate.plots.assign(trade="", demand_kw=0.0))
    with pytest.raises(Refused) as refusal:
        study(empty, STANDARD, CATALOGUE, Settings("fast", 1, 1))
    assert [fault.code for fault in refusal.value.faults] == ["nothing_to_supply"]


def test_assumptions_hold_every_row_of_the_standard_and_every_price():
    listed = {(line.subject, line.property) for line in grid_study().assumptions}
    text = {part for line in listed for part in line}
    for row in STANDARD.rows:
        if not row.key.startswith("import_"):
            assert row.key in text, row.key
    for row in CATALOGUE.rows:
        if row.key.startswith(("prices/", "rates/")):
            assert any(part in text for part in (row.key, row.key.split("/", 1)[1], row.key.rsplit("/", 1)[-1])), (
                row.key
            )


def test_assumptions_tell_what_a_supply_point_does_not_give():
    estate = grid_estate()
    unknown = replace(estate, supply_points=estate.supply_points.assign(fault_mva=np.nan))
    result = study(unknown, STANDARD, CATALOGUE, Settings("fast", 1, 1))
    told = {(line.subject, line.property): line.value for line in result.assumptions}
    assert told["S0", "fault_mva"] == f"{STANDARD.default_fault_mva:g}"
    assert told["S1", "capacity_kva"] == f"{STANDARD.default_capacity_kva:g}"
    assert ("S0", "fault_mva") not in {(line.subject, line.property) for line in grid_study().assumptions}


def codes_of_findings() -> set[str]:
    """Codes with which the engine's modules make findings, where they are written as such."""
    found = set()
    for path in PLANNING.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Finding", "_breaches") and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    found.add(first.value)
    return found


def test_every_finding_of_the_engine_has_a_sentence_in_both_languages():
    codes = codes_of_findings()
    assert {"plot_too_large", "nothing_to_supply", "no_go_crossed", "lv_drop", "mv_overload_n1"} <= codes
    for code in sorted(codes):
        assert has_term(code), code
        assert set(phrases()[code]) >= {"en", "fa"}
        assert phrases()[code]["en"] != phrases()[code]["fa"]


def test_every_finding_of_a_study_can_be_said():
    folder = study_case.CASES / "hard_plots"
    for finding in (*grid_study().findings, *study_case.run(folder).findings):
        for language in ("en", "fa"):
            text = sentence(finding, language)
            assert text
            assert finding.code not in text
            assert "{" not in text


def test_existing_equipment_and_forbidden_ground_are_said():
    estate = grid_estate()
    old = estate.existing_transformers.copy()
    old.loc[0] = ["OLD1", 400.0, estate.supply_points.geometry.iloc[0]]
    ground = estate.plots.iloc[[7]][["geometry"]].assign(reason="well")
    ground["geometry"] = estate.streets.geometry.iloc[:1].buffer(2.0).to_numpy()
    result = study(
        replace(estate, existing_transformers=old.set_crs(estate.crs), no_go=ground), STANDARD, CATALOGUE,
        Settings("fast", 1, 1),
    )  # fmt: skip
    found: dict[str, list[Finding]] = {}
    for finding in result.findings:
        found.setdefault(finding.code, []).append(finding)
    assert found["existing_not_used"][0].value == 1.0
    crossed = {finding.subject_id for finding in found["no_go_crossed"]}
    assert crossed & set(result.network.cables["id"])
    assert all(finding.severity is Severity.ERROR for finding in found["no_go_crossed"])
