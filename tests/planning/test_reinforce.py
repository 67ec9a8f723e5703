"""Reinforcement: only what a breach concerns gets thicker, by one step, until there is none thicker."""

from __future__ import annotations

import pandas as pd
import pytest

from rasana.planning.finding import Finding, Severity
from rasana.planning.reinforce import reinforced
from tests.planning.grid_estate import CATALOGUE, STANDARD, grid_study


@pytest.fixture
def network():
    return grid_study(3, 2, 2, 60.0).network


def breach(code: str, subject: str) -> Finding:
    return Finding(code, Severity.ERROR, subject)


def changed(before, after) -> list[str]:
    return before.cables.loc[(before.cables["type"] != after.cables["type"]).to_numpy(), "id"].tolist()


def thickened(network, code, subject):
    return changed(network, reinforced(network, [breach(code, subject)], STANDARD, CATALOGUE))


def cables_of(network, level, **where):
    rows = network.cables[network.cables["level"] == level]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return rows["id"].tolist()


def test_an_overloaded_cable_alone_gets_thicker(network):
    cable = cables_of(network, "lv")[1]
    assert thickened(network, "lv_overload", cable) == [cable]
    service = cables_of(network, "service", type="NYY 4x6")[0]
    assert thickened(network, "service_overload", service) == [service]


def test_a_service_that_its_fuse_does_not_suit_gets_thicker(network):
    service = cables_of(network, "service", type="NYY 4x6")[0]
    assert thickened(network, "fuse_missing", service) == [service]
    assert thickened(network, "clearing_time", service) == [service]


def test_a_ring_gets_thicker_as_a_whole(network):
    ring = network.cables.loc[network.cables["level"] == "mv", "ring_id"].iloc[0]
    sections = cables_of(network, "mv", ring_id=ring)
    assert thickened(network, "mv_overload_n1", sections[0]) == sections


def test_a_drop_at_a_plot_concerns_its_service_and_its_feeder(network):
    lv = network.cables[network.cables["level"] == "lv"]
    plot = network.plots[network.plots["feeder_id"].isin(lv["feeder_id"])].iloc[0]
    expected = {*cables_of(network, "lv", feeder_id=plot["feeder_id"]), f"SV-{plot['plot_id']}"}
    assert set(thickened(network, "lv_drop", plot["plot_id"])) == expected


def test_a_breach_at_a_pillar_or_of_a_feeder_concerns_the_feeder(network):
    head = network.cables[network.cables["level"] == "lv"].iloc[0]
    feeder = cables_of(network, "lv", feeder_id=head["feeder_id"])
    assert thickened(network, "unbalance", head["to_node"]) == feeder
    assert thickened(network, "clearing_time", head["feeder_id"]) == feeder


def test_the_rating_follows_the_type_and_nothing_else_changes(network):
    cable = cables_of(network, "lv")[0]
    after = reinforced(network, [breach("lv_overload", cable)], STANDARD, CATALOGUE)
    old, new = (each.cables.set_index("id").loc[cable] for each in (network, after))
    ampacity = CATALOGUE.lv_cables.ampacity_a
    assert new["rating_a"] / old["rating_a"] == pytest.approx(ampacity[new["type_row"]] / ampacity[old["type_row"]])
    assert new["type"] == CATALOGUE.lv_cables.name[new["type_row"]]
    assert CATALOGUE.lv_cables.section_mm2[new["type_row"]] > CATALOGUE.lv_cables.section_mm2[old["type_row"]]
    kept = [column for column in network.cables.columns if column not in ("type", "type_row", "rating_a")]
    pd.testing.assert_frame_equal(pd.DataFrame(network.cables[kept]), pd.DataFrame(after.cables[kept]))
    pd.testing.assert_frame_equal(pd.DataFrame(network.trenches), pd.DataFrame(after.trenches))


def test_steps_end_at_the_thickest_and_then_it_says_none(network):
    cable, steps = cables_of(network, "lv")[0], 0
    while network is not None:
        last, network = network, reinforced(network, [breach("lv_overload", cable)], STANDARD, CATALOGUE)
        steps += 1
    assert last.cables.set_index("id").loc[cable, "type"] == CATALOGUE.lv_cables.name[-1]
    assert 1 < steps <= len(CATALOGUE.lv_cables.name)


def test_a_breach_of_something_without_cables_changes_nothing(network):
    assert reinforced(network, [breach("transformer_overload", "T001")], STANDARD, CATALOGUE) is None
    assert reinforced(network, [], STANDARD, CATALOGUE) is None
