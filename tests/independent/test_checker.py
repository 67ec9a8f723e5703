"""The second computation finds what is planted: one change to a sound design, one breach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, box

from tests.independent.checker import breaches, silent_breaches
from tests.independent.hand_made import PLACES, Layers, hand_made, summary_of, write_design, write_plan
from tests.independent.tables import tables


def codes(found: list) -> set[str]:
    return {breach.code for breach in found}


def set_cable(layers: Layers, name: str, **values: object) -> None:
    for column, value in values.items():
        layers["cables"].loc[layers["cables"]["id"] == name, column] = value


def set_plots(layers: Layers, **values: object) -> None:
    for column, value in values.items():
        layers["plots"][column] = value


def turn_cable(layers: Layers, name: str) -> None:
    cable = layers["cables"][layers["cables"]["id"] == name].iloc[0]
    turned = cable["geometry"].reverse()
    set_cable(layers, name, from_node=cable["to_node"], to_node=cable["from_node"], geometry=turned)


def drop_cable(layers: Layers, name: str) -> None:
    layers["cables"] = layers["cables"][layers["cables"]["id"] != name].reset_index(drop=True)


def double_cable(layers: Layers, name: str) -> None:
    twin = layers["cables"][layers["cables"]["id"] == name].assign(id="LV-9999")
    layers["cables"] = pd.concat([layers["cables"], twin], ignore_index=True)


def test_the_design_made_by_hand_breaks_no_rule(tmp_path: Path) -> None:
    assert [str(breach) for breach in breaches(write_design(hand_made(), tmp_path), write_plan(tmp_path))] == []


PLANTED: dict[str, tuple[str, Callable[[Layers], None]]] = {
    "load grown": ("lv_overload", lambda layers: set_plots(layers, unit_peak_kw=90.0)),
    "load grown, transformer": ("transformer_overload", lambda layers: set_plots(layers, unit_peak_kw=90.0)),
    "load grown, service": ("service_overload", lambda layers: set_plots(layers, unit_peak_kw=90.0)),
    "many units": ("transformer_overload", lambda layers: set_plots(layers, units=20.0)),
    "thin service": ("lv_drop", lambda layers: set_plots(layers, unit_peak_kw=260.0)),
    "voltage": ("voltage_low", lambda layers: set_plots(layers, unit_peak_kw=260.0)),
    "tap": ("voltage_high", lambda layers: layers["transformers"].update({"tap_pct": [7.5, 7.5]})),
    "fuse below load": ("fuse_missing", lambda layers: set_cable(layers, "LV-0001", fuse_a=25.0)),
    "fuse above cable": ("fuse_missing", lambda layers: set_cable(layers, "SV-1", fuse_a=200.0)),
    "no fuse": ("fuse_missing", lambda layers: set_cable(layers, "LV-0003", fuse_a=np.nan)),
    "slow fuse": ("clearing_time", lambda layers: set_cable(layers, "LV-0001", fuse_a=630.0)),
    "no ring": ("ring_missing", lambda layers: drop_cable(layers, "MV-0002")),
    "service dropped": ("plot_not_supplied", lambda layers: drop_cable(layers, "SV-3")),
    "feeder dropped": ("plot_not_supplied", lambda layers: drop_cable(layers, "LV-0003")),
    "twin": ("written_not_radial", lambda layers: double_cable(layers, "LV-0001")),
    "ring closed": ("written_not_radial", lambda layers: set_cable(layers, "MV-0002", normally_open=False)),
    "rating raised": ("written_rating", lambda layers: set_cable(layers, "LV-0001", rating_a=275.0)),
    "peak lowered": ("written_peak", lambda layers: set_cable(layers, "LV-0001", peak_a=5.0)),
    "loading wrong": ("written_loading", lambda layers: set_cable(layers, "LV-0001", loading_pct=1.0)),
    "length wrong": ("written_length", lambda layers: set_cable(layers, "LV-0001", length_m=30.0)),
    "other node": ("written_cable_end", lambda layers: set_cable(layers, "LV-0002", to_node="N0003")),
    "unknown node": ("written_node_missing", lambda layers: set_cable(layers, "LV-0002", to_node="N0009")),
    "unknown transformer": (
        "written_transformer_missing",
        lambda layers: set_cable(layers, "LV-0002", transformer_id="T009"),
    ),
    "unknown feeder": ("written_feeder_missing", lambda layers: set_plots(layers, feeder_id="T001-F7")),
    "wrong transformer": ("written_plot_transformer", lambda layers: set_plots(layers, transformer_id="T001")),
    "id doubled": ("written_id_doubled", lambda layers: set_cable(layers, "SV-1", id="SV-2")),
    "direction": (
        "written_cable_direction",
        lambda layers: turn_cable(layers, "LV-0002"),
    ),
    "trench forgotten": ("written_trench_length", lambda layers: layers.update(trenches=layers["trenches"].iloc[1:])),
    "trench doubled": (
        "written_trench_doubled",
        lambda layers: layers.update(
            trenches=pd.concat([layers["trenches"], layers["trenches"].iloc[:1].assign(id="TR-9")], ignore_index=True)
        ),
    ),
    "demand not kept": ("written_demand", lambda layers: set_plots(layers, demand_kw=25.0)),
    "service stretched": ("service_long", lambda layers: set_cable(layers, "SV-1", length_m=70.0)),
    "ring of giants": ("ring_load_too_large", lambda layers: set_plots(layers, units=2500.0)),
    "all on one phase": ("lv_overload", lambda layers: set_plots(layers, unit_peak_kw=30.0, phase=1)),
    "single-phase service": (
        "service_overload",
        lambda layers: set_plots(layers, unit_peak_kw=12.0, phase=[1, 2, 3, 1, 2]),
    ),
    "uneven phases": ("unbalance", lambda layers: set_plots(layers, unit_peak_kw=30.0, phase=1)),
    "fuse too hot for the cable": (
        "cable_withstand",
        lambda layers: set_cable(layers, "SV-1", type="NYY 4x6", fuse_a=400.0),
    ),
    "voltage embellished": ("written_voltage", lambda layers: set_plots(layers, voltage_min_pu=1.2)),
}


@pytest.mark.parametrize(("code", "plant"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_breach_is_found(code: str, plant: Callable[[Layers], None], tmp_path: Path) -> None:
    layers = hand_made()
    plant(layers)
    assert code in codes(silent_breaches(write_design(layers, tmp_path), write_plan(tmp_path)))


@pytest.mark.parametrize(
    ("code", "plan"),
    [
        ("fault_level_high", {"fault_mva": 900.0}),
        ("cable_withstand", {"fault_mva": 700.0}),
        ("supply_capacity", {"capacity_kva": 20.0}),
        ("supply_capacity_n1", {"capacity_kva": 40.0}),
    ],
)
def test_a_weak_or_strong_supply_is_found(code: str, plan: dict[str, float], tmp_path: Path) -> None:
    assert code in codes(silent_breaches(write_design(hand_made(), tmp_path), write_plan(tmp_path, **plan)))


def test_mv_limits_are_found_with_a_ring_of_one_thin_cable(tmp_path: Path) -> None:
    layers = hand_made()
    layers["transformers"]["rating_kva"] = 1000.0
    set_plots(layers, units=700.0)
    found = codes(silent_breaches(write_design(layers, tmp_path), write_plan(tmp_path)))
    assert {"mv_overload", "mv_overload_n1"} <= found


def test_a_route_off_the_street_is_found(tmp_path: Path) -> None:
    layers = hand_made()
    detour = LineString([PLACES["N0001"], (150, 8), PLACES["N0002"]])
    set_cable(layers, "LV-0002", geometry=detour, length_m=detour.length)
    found = silent_breaches(write_design(layers, tmp_path), write_plan(tmp_path))
    assert "written_off_street" in codes(found)


def test_equipment_on_forbidden_ground_is_found(tmp_path: Path) -> None:
    found = silent_breaches(write_design(hand_made(), tmp_path), write_plan(tmp_path, no_go=box(95, -5, 105, 5)))
    assert {breach.subject for breach in found if breach.code == "no_go_crossed"} >= {"T001", "MV-0002", "LV-0001"}


@pytest.mark.parametrize("field", ["length_m", "cost", "transformers", "findings"])
def test_a_sum_that_does_not_add_up_is_found(field: str, tmp_path: Path) -> None:
    layers = hand_made()
    summary = summary_of(layers)
    summary[field] = {
        "length_m": {"mv": 1.0, "lv": 1.0, "service": 1.0, "trench": 1.0},
        "cost": {"capital": {"all": 107_357.0}, "losses_pv": 10.0, "interruptions_pv": 5.0, "total": 165.0},
        "transformers": {"100": 3},
        "findings": {"error": 1},
    }[field]
    assert "written_sum" in codes(silent_breaches(write_design(layers, tmp_path, summary), write_plan(tmp_path)))


def test_capital_that_leaves_something_out_is_found(tmp_path: Path) -> None:
    layers = hand_made()
    layers["transformers"]["rating_kva"] = 160.0
    assert "written_capital" in codes(silent_breaches(write_design(layers, tmp_path), write_plan(tmp_path)))


def overloaded(subject: str, severity: str) -> Layers:
    layers = hand_made()
    set_plots(layers, unit_peak_kw=36.0)
    named = pd.DataFrame({"code": ["transformer_overload"], "severity": [severity], "subject_id": [subject]})
    layers["findings"] = named
    return layers


def test_a_breach_that_a_finding_names_is_not_silent(tmp_path: Path) -> None:
    folder = write_design(overloaded("T001", "error"), tmp_path)
    assert "T001" in {b.subject for b in breaches(folder) if b.code == "transformer_overload"}
    assert "transformer_overload" not in codes(silent_breaches(folder))


@pytest.mark.parametrize(("subject", "severity"), [("T002", "error"), ("T001", "note")])
def test_a_finding_about_another_subject_or_a_mere_note_names_nothing(
    subject: str, severity: str, tmp_path: Path
) -> None:
    folder = write_design(overloaded(subject, severity), tmp_path)
    assert "transformer_overload" in codes(silent_breaches(folder))


def test_ratings_agree_with_the_hand_calculation_for_qom() -> None:
    """4x150 Al PVC: 275 A x sqrt(35/50) x 0.86; two side by side x 0.85. XLPE at 1.0 m: sqrt(55/70) x 0.86 x 0.96."""
    iran = tables("iran")
    assert iran.rating_a("lv", "NAYY 4x150", 1) == pytest.approx(275 * (35 / 50) ** 0.5 * 0.86)
    assert iran.rating_a("lv", "NAYY 4x150", 2) == pytest.approx(275 * (35 / 50) ** 0.5 * 0.86 * 0.85)
    assert iran.rating_a("mv", "NA2XS(F)2Y 3x1x150", 1) == pytest.approx(319 * (55 / 70) ** 0.5 * 0.86 * 0.96)
