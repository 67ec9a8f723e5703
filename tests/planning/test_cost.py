"""The bill is what stands in the tables, and the printed cost is what the search minimised."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rasana.planning.assemble import assemble
from rasana.planning.catalogue import operating_resistance_ohm_per_km
from rasana.planning.cost import bill_of_quantities, cost_of, losses_present_value
from rasana.planning.plan import total_cost, total_excess
from rasana.planning.problem import loss_hours
from rasana.planning.reliability import network_reliability
from rasana.planning.search import EFFORTS, search
from rasana.planning.sizing import peak_current_a
from rasana.planning.standard import life_present_value
from tests.planning.grid_estate import CATALOGUE, STANDARD, grid_estate, grid_study, prepared

CASES = [
    {}, {"blocks": 3, "supplies": 1, "seed": 4}, {"seed": 2, "mean_kw": 60.0}, {"seed": 5, "mean_kw": 40.0},
    {"blocks": 3, "seed": 8, "mean_kw": 6.0}, {"seed": 3, "mean_kw": 150.0},
]  # fmt: skip
SERVICE_ITEMS = ("service_cable", "service_connection", "service_trench", "pillar")


def cost_of_services(network, demand, bill):
    """What the search can't change: services, meters, pillars; their losses; and their failures."""
    worth = life_present_value(STANDARD)
    services = network.cables[network.cables["level"] == "service"]
    plot_of = {node: row for row, node in enumerate(network.plots["node_row"]) if node >= 0}
    plots = [plot_of[node] for node in services["to_row"]]
    km = services["length_m"].to_numpy() / 1000.0
    ohm = operating_resistance_ohm_per_km(CATALOGUE.service_cables, STANDARD)[services["type_row"]] * km
    mean_a = (peak_current_a(demand, STANDARD) * demand.a_kw / demand.peak_kw)[plots]
    conductors = np.where(demand.phases[plots] == 1, 2.0, 3.0)
    loss_kwh = (conductors * mean_a**2 * ohm / services["parallel"]).sum() / 1000.0 * loss_hours(demand)
    rate = CATALOGUE.rates["lv_cable"]
    mean_kw = demand.energy_mwh[plots] * 1000.0 / 8760.0
    unserved_kwh = (rate.failures_per_year * km * rate.repair_h * mean_kw).sum()
    capital = bill.loc[bill["item"].isin(SERVICE_ITEMS), "amount"].sum()
    return capital + worth * (
        loss_kwh * STANDARD.loss_price_per_kwh + unserved_kwh * STANDARD.interruption_price_per_kwh
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_printed_cost_is_the_cost_of_the_search_and_of_the_services(case):
    estate = grid_estate(**case)
    demand, services, graph, problem = prepared(estate)
    plan = search(problem, EFFORTS["fast"], 1, 1, lambda *_: None).plan
    assert total_excess(plan) == 0.0
    network = assemble(estate, STANDARD, CATALOGUE, services, graph, problem, plan).network
    bill = bill_of_quantities(network, CATALOGUE)
    losses = losses_present_value(network, demand, STANDARD, CATALOGUE)
    ens_kwh = network_reliability(network, demand, STANDARD, CATALOGUE).ens_mwh * 1000.0
    printed = cost_of(bill, losses, ens_kwh, STANDARD, CATALOGUE)
    assert printed.total == pytest.approx(total_cost(plan) + cost_of_services(network, demand, bill), rel=1e-6)


@pytest.mark.parametrize("case", CASES[:3], ids=str)
def test_quantities_are_those_of_the_tables(case):
    study = grid_study(**case)
    bill, cables, trenches = study.bill, study.network.cables, study.network.trenches
    np.testing.assert_allclose(bill["amount"], bill["quantity"] * bill["unit_price"])
    quantity = bill.groupby("item")["quantity"].sum()
    for level in ("mv", "lv", "service"):
        of_level = cables[cables["level"] == level]
        for kind, part in of_level.groupby("type"):
            line = bill[(bill["item"] == f"{level}_cable") & (bill["type"] == kind)]
            assert line["quantity"].tolist() == [pytest.approx((part["length_m"] * part["parallel"]).sum(), abs=1e-6)]
    mains = cables[cables["level"] != "service"]
    assert quantity["cable_laying"] == pytest.approx(mains["length_m"].sum(), abs=1e-6)
    in_service = trenches["levels"] == "service"
    assert quantity["trench"] == pytest.approx(trenches.loc[~in_service, "length_m"].sum(), abs=1e-6)
    assert quantity["service_trench"] == pytest.approx(trenches.loc[in_service, "length_m"].sum(), abs=1e-6)
    assert quantity["station"] == quantity["rmu"] == quantity["transformer"] == len(study.network.transformers)
    assert quantity["service_connection"] == (study.network.plots["node_row"] >= 0).sum()
    assert quantity["supply_cubicle"] == 2 * len(study.rings)
    assert quantity["pillar"] == (study.network.nodes["kind"] == "service").sum()


def test_trenches_cost_in_the_table_what_they_cost_in_the_bill():
    study = grid_study()
    billed = study.bill.loc[study.bill["item"].isin(["trench", "service_trench"]), "amount"].sum()
    assert study.network.trenches["price"].sum() == pytest.approx(billed)


def test_the_total_is_the_sum_of_its_parts():
    cost = grid_study().cost
    assert cost.total == pytest.approx(sum(cost.capital.values()) + cost.losses_pv + cost.interruptions_pv)
    assert min(cost.capital.values()) > 0.0
    assert cost.losses_pv > 0.0
    assert cost.interruptions_pv > 0.0


def test_what_exists_already_is_not_bought():
    network = grid_study().network
    old = replace(
        network, cables=network.cables.assign(existing=True), transformers=network.transformers.assign(existing=True)
    )
    bought = set(bill_of_quantities(old, CATALOGUE)["item"])
    assert bought <= {"trench", "service_trench", "pillar"}
