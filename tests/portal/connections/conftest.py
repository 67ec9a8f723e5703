"""Plots to ask for power on, and requests at a step of choice."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import translation

from rasana.portal.apps.connections import actions, counter, stages
from rasana.portal.apps.connections.case import load
from rasana.portal.apps.connections.models import Request
from rasana.portal.apps.estates.models import Block, Plot
from rasana.portal.base import clock
from rasana.portal.base.actor import SYSTEM, actor_of
from rasana.portal.base.audit import act

PAPERS = ("identity_card", "title_deed", "neighbours_bill", "postcode", "sketch_form", "trade_licence")
AMPERE = {"supply_class": "ampere", "amperes": 25, "phases": 3}
DEMAND = {"supply_class": "demand", "power_kw": 120}
PERSON = {"applicant_name": "متقاضی نمونه", "phone": "09120000000", "national_id": "0012345679"}
FACTS: dict[str, Any] = {
    "power_kw": 120, "visited_on": dt.date(2025, 11, 1), "sketch_number": "ک-۱", "report_number": "گ-۱",
    "decision_number": "۷۷", "decided_on": dt.date(2025, 11, 2), "contract_number": "ق-۱", "applicant_signatory": "خود",
    "applicant_signed_on": dt.date(2025, 11, 3), "company_signatory": "معاون فروش",
    "company_signed_on": dt.date(2025, 11, 3),
    "invoice_number": "0099", "receipt_number": "0012", "paid_rial": 10**12, "paid_on": dt.date(2025, 11, 4),
    "subscription_number": "1", "work_order_number": "1", "minutes_number": "ص-۱", "meter_number": "0001",
    "installed_on": dt.date(2025, 11, 5), "earth_ohm": 2, "billing_number": "0001",
    "inspected_on": dt.date(2025, 11, 1),
    "safety_result": "خطری ندارد",
}  # fmt: skip


NOW = dt.datetime(2025, 11, 9, 6, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def sunday(settings) -> None:
    """It is 18 Aban 1404, and what is not asked in a page is said in Persian."""
    settings.RASANA_NOW = NOW
    translation.activate("fa")


@pytest.fixture
def office(world: SimpleNamespace) -> SimpleNamespace:
    """The small world with plots, and shorthands for actors and requests."""
    with act(SYSTEM, "estate.manage", None, estate=world.khodro):
        block = Block(estate=world.khodro, code="B5", name_fa="بلوک ۵", name_en="Block 5")
        block.save()
        plots = [
            Plot(estate=world.khodro, block=block, plot_id=f"B5-{n}", search_key=f"b5-{n} بلوک 5") for n in range(1, 6)
        ]
        plots.append(Plot(estate=world.sonuf, plot_id="S-1", search_key="s-1"))
        plots.append(Plot(estate=world.other, plot_id="X-1", search_key="x-1"))
        for plot in plots:
            plot.save()
    who = {key: actor_of(person) for key, person in world.people.items()}
    return SimpleNamespace(
        **vars(world),
        plots=plots,
        clerk=who["operator", "officer"],
        company=who["distribution", "officer"],
        expert=who["distribution", "expert"],
        head=who["distribution", "head"],
        who=who,
    )


@pytest.fixture
def ask(office: SimpleNamespace):
    """ask(DEMAND) -> a request with all papers, on the first plot, registered ten days ago."""

    def make(
        power: dict[str, Any] = AMPERE, papers: tuple[str, ...] = PAPERS, plot: int = 0, name: str = ""
    ) -> Request:
        day = clock.today() - dt.timedelta(days=10)
        applicant = PERSON | ({"applicant_name": name} if name else {})
        return counter.register(
            office.clerk, office.plots[plot], applicant=applicant, power=power, registered_on=day, papers=papers
        )

    return make


@pytest.fixture
def walk(office: SimpleNamespace):
    """walk(request, "B11") -> the request when that step is open, everything before it done."""

    def go(request: Request, until: str = "energised") -> Request:
        while request.stage != until and request.is_open:
            for gate in load(request).gates():
                if gate.is_open:
                    continue
                if gate.key == "conditions":
                    for letter in stages.conditions():
                        request = actions.judge_condition(
                            office.expert, request, letter=letter, met=True, evidence="بازدید"
                        )
                elif gate.key in {"study", "check"}:
                    request = actions.check(
                        office.expert,
                        request,
                        facts={"fed_from": "T007-F3", "headroom_kw": 200, "voltage_drop_pct": 2.5, "fits": True},
                    )
            actor = office.clerk if request.state.acts == "applicant" else office.company
            facts = {key: FACTS[key] for key in request.state.facts if key in FACTS}
            facts |= {"receipt_number": f"R{request.pk}"} if "receipt_number" in facts else {}
            request = actions.advance(actor, request, facts=facts, happened_on=clock.today())
        return request

    return go
