"""Each rule just inside and just outside its limit, with place, value, limit and unit; and a sentence for each code."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import rasana.exchange
from rasana.planning import rules
from rasana.planning.finding import Severity
from rasana.planning.rules import RULES, find_breaches
from rasana.planning.verification import verify
from tests.planning.small_networks import STANDARD, two_on_a_ring

SENTENCES = Path(rasana.exchange.__file__).parent / "sentences" / "verification.csv"


def measured(case):
    return verify(*case.arguments).facts


@pytest.fixture(scope="module")
def facts():
    return measured(two_on_a_ring())


@pytest.fixture(scope="module")
def unbalanced():
    return measured(two_on_a_ring(kw=6.0, phases=[1, 3, 3, 3, 3, 3]))


LIMITS = [
    ("lv_drop", "plots", "drop_pct", "lv_drop_limit_pct", "%"),
    ("voltage_high", "plots", "voltage_max_pu", "lv_voltage_max_pu", "pu"),
    ("mv_drop", "transformers", "drop_pct", "mv_drop_limit_pct", "%"),
    ("mv_drop_n1", "transformers", "drop_outage_pct", "mv_drop_n1_limit_pct", "%"),
    ("feeders_too_many", "transformers", "ways", "feeders_per_transformer_max", "count"),
]
LOWEST = [
    ("voltage_low", "plots", "voltage_min_pu", "lv_voltage_min_pu"),
    ("voltage_low_n1", "plots", "voltage_outage_pu", "lv_voltage_min_n1_pu"),
]
LOADINGS = [
    ("transformer_overload", "transformers", "peak_kva", "rating_kva", "transformer_loading_limit_pct", "kVA"),
    ("lv_overload", "cables", "peak_a", "rating_a", "lv_loading_limit_pct", "A"),
    ("service_overload", "cables", "peak_a", "rating_a", "lv_loading_limit_pct", "A"),
    ("mv_overload", "cables", "peak_a", "rating_a", "mv_loading_limit_pct", "A"),
    ("mv_overload_n1", "cables", "outage_a", "rating_a", "mv_loading_n1_limit_pct", "A"),
]
LEVELS = {"lv_overload": "lv", "service_overload": "service", "mv_overload": "mv", "mv_overload_n1": "mv"}


def breaches_of(rule, facts, **limits):
    return list(getattr(rules, rule)(facts, replace(STANDARD, **limits)))


@pytest.mark.parametrize(("rule", "table", "column", "limit", "unit"), LIMITS)
def test_a_limit_holds_to_its_very_value_and_not_beyond(facts, rule, table, column, limit, unit):
    rows = getattr(facts, table)
    worst = float(rows[column].max())
    assert worst > 0.0
    assert breaches_of(rule, facts, **{limit: worst}) == []
    found = breaches_of(rule, facts, **{limit: worst * (1 - 1e-7)})
    assert found
    for finding in found:
        assert (finding.code, finding.severity, finding.unit) == (rule, Severity.ERROR, unit)
        key = "plot_id" if table == "plots" else "id"
        assert rows.set_index(key).loc[finding.subject_id, column] == finding.value > finding.limit


@pytest.mark.parametrize(("rule", "table", "column", "limit"), LOWEST)
def test_a_lowest_voltage_holds_to_its_very_value_and_not_below(facts, rule, table, column, limit):
    lowest = float(getattr(facts, table)[column].min())
    assert breaches_of(rule, facts, **{limit: lowest}) == []
    found = breaches_of(rule, facts, **{limit: lowest * (1 + 1e-7)})
    assert min(finding.value for finding in found) == lowest
    assert all(finding.value < finding.limit and finding.unit == "pu" for finding in found)
    assert len(found) <= 2, "only the last meters of the two like feeders"


@pytest.mark.parametrize(("rule", "table", "column", "rating", "limit", "unit"), LOADINGS)
def test_a_loading_holds_to_its_very_limit_and_not_beyond(facts, rule, table, column, rating, limit, unit):
    rows = getattr(facts, table)
    rows = rows[rows["level"] == LEVELS[rule]] if rule in LEVELS else rows
    share = rows[column] / rows[rating] * 100.0
    name = rows["id"][share.idxmax()]
    assert breaches_of(rule, facts, **{limit: float(share.max())}) == []
    found = {finding.subject_id: finding for finding in breaches_of(rule, facts, **{limit: share.max() * (1 - 1e-7)})}
    assert name in found
    assert found[name].value == pytest.approx(rows.set_index("id").loc[name, column])
    assert found[name].unit == unit
    assert set(found) <= set(rows["id"])


def test_with_one_element_out_the_finding_says_which(facts):
    (finding, *_) = breaches_of("mv_overload_n1", facts, mv_loading_n1_limit_pct=0.9)
    assert finding.details == {"outage_element": "MV-0003"}
    (finding, *_) = breaches_of("voltage_low_n1", facts, lv_voltage_min_n1_pu=0.999)
    assert finding.details["outage_element"] in ("MV-0001", "MV-0003")


def test_the_feeders_fuse_has_to_clear_at_the_farthest_pillar(facts):
    worst = float(facts.feeders["clearing_s"].max())
    services = facts.cables.loc[facts.cables["level"] == "service", "clearing_s"].max()
    assert worst > services
    assert breaches_of("clearing_time", facts, clearing_time_limit_s=worst) == []
    found = breaches_of("clearing_time", facts, clearing_time_limit_s=worst * (1 - 1e-7))
    assert {(finding.subject_id, finding.details["node"]) for finding in found} <= {
        ("T001-F1", "T001-N3"),
        ("T002-F1", "T002-N3"),
    }
    assert found[0].value == worst


def test_the_services_fuse_has_to_clear_at_the_meter(facts):
    short = replace(facts, feeders=facts.feeders.iloc[:0])
    worst = float(facts.plots["clearing_s"].max())
    assert breaches_of("clearing_time", short, clearing_time_limit_s=worst) == []
    found = breaches_of("clearing_time", short, clearing_time_limit_s=worst * (1 - 1e-7))
    assert {finding.subject_id for finding in found} <= {"SV-T001-3", "SV-T002-3"}


def test_a_fuse_that_never_clears_is_named_without_a_value():
    found = [
        f
        for f in find_breaches(measured(two_on_a_ring(main_m=2000.0, fuse_a=400.0)), STANDARD)
        if f.code == "clearing_time"
    ]
    assert {finding.subject_id for finding in found} >= {"T001-F1", "T002-F1"}
    assert {finding.value for finding in found if finding.subject_id == "T001-F1"} == {None}


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"fuse_a": 33.0}, True),  # no such fuse
        ({"fuse_a": np.nan}, True),
        ({"fuse_a": 63.0}, True),  # below the load of 71.8 A
        ({"fuse_a": 80.0}, False),
        ({"fuse_a": 160.0}, False),
        ({"fuse_a": 200.0}, True),  # above the cable's 197.9 A
        ({"fuse_a": 200.0, "rating_a": 200.0}, False),
        ({"fuse_a": 500.0, "rating_a": 500.0}, True),  # above the largest the standard admits
    ],
)
def test_a_feeders_fuse_carries_the_load_and_spares_the_cable(change, broken):
    case = two_on_a_ring()
    head = case.network.cables["id"] == "LV-T001-1"
    case.network.cables.loc[head, list(change)] = list(change.values())
    found = {finding.subject_id for finding in breaches_of("fuse_missing", measured(case))}
    assert found == ({"LV-T001-1"} if broken else set())


def test_a_thinner_cable_behind_the_feeders_fuse_is_the_loads_matter_not_the_fuses():
    case = two_on_a_ring()
    cables = case.network.cables
    cables.loc[cables["id"] == "LV-T001-3", "rating_a"] = 100.0
    assert breaches_of("fuse_missing", measured(case)) == []


def test_heating_by_a_fault_holds_to_the_cables_withstand():
    facts = measured(two_on_a_ring())
    for name in ("MV-0001", "LV-T001-3", "SV-T001-1"):
        cables = facts.cables.copy()
        at = cables["id"] == name
        cables.loc[at, "withstand_ka"] = cables.loc[at, "thermal_ka"]
        assert breaches_of("cable_withstand", replace(facts, cables=cables)) == []
        cables.loc[at, "withstand_ka"] *= 1 - 1e-7
        (finding,) = breaches_of("cable_withstand", replace(facts, cables=cables))
        assert (finding.subject_id, finding.unit) == (name, "kA")


def test_switchgear_withstands_its_very_fault_level_and_no_more():
    case = two_on_a_ring()
    busbars = measured(case).busbars
    for level, limit in (("mv", "mv_switchgear_fault_rating_ka"), ("lv", "lv_board_fault_rating_ka")):
        worst = float(busbars.loc[busbars["level"] == level, "fault_max_ka"].max())
        assert breaches_of("fault_level_high", measured(case.under(**{limit: worst}))) == []
        found = breaches_of("fault_level_high", measured(case.under(**{limit: worst * (1 - 1e-7)})))
        assert {busbars.set_index("id").loc[finding.subject_id, "level"] for finding in found} == {level}


def test_unbalance_holds_to_its_very_limit(unbalanced):
    worst = float(unbalanced.unbalance["unbalance_pct"].max())
    assert breaches_of("unbalance", unbalanced, unbalance_limit_pct=worst) == []
    (finding, *_) = breaches_of("unbalance", unbalanced, unbalance_limit_pct=worst * (1 - 1e-7))
    assert finding.value == worst


@pytest.mark.parametrize(("rule", "column"), [("supply_capacity", "peak_kva"), ("supply_capacity_n1", "outage_kva")])
def test_a_supply_point_gives_its_very_capacity_and_no_more(facts, rule, column):
    supplies = facts.supplies.copy()
    supplies["capacity_kva"] = supplies[column]
    assert breaches_of(rule, replace(facts, supplies=supplies)) == []
    supplies.loc[0, "capacity_kva"] *= 1 - 1e-7
    (finding,) = breaches_of(rule, replace(facts, supplies=supplies))
    assert (finding.subject_id, finding.unit) == ("S-1", "kVA")


def test_rounding_is_no_breach(facts):
    worst = float(facts.plots["drop_pct"].max())
    assert breaches_of("lv_drop", facts, lv_drop_limit_pct=worst * (1 - 1e-12)) == []


def test_every_rule_of_the_module_is_applied():
    public = {
        name
        for name, value in vars(rules).items()
        if callable(value) and getattr(value, "__module__", "") == rules.__name__
    }
    assert public - {rule.__name__ for rule in RULES} == {"Facts", "find_breaches", "_breaches", "_overload"}


def test_every_code_has_a_sentence_in_both_languages_with_what_it_names():
    with SENTENCES.open(encoding="utf-8") as file:
        sentences = {row["code"]: row for row in csv.DictReader(file)}
    assert {rule.__name__ for rule in RULES} == set(sentences)
    for code, row in sentences.items():
        for language in ("en", "fa"):
            assert "{subject_id}" in row[language], (code, language)
        assert row["en"].count("{") == row["fa"].count("{"), code
