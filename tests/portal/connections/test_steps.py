"""A request goes through its real steps; each waits for what it needs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from rasana.portal.apps.connections import actions, counter, selectors, stages
from rasana.portal.apps.connections.case import load
from rasana.portal.apps.connections.models import Request
from rasana.portal.apps.estates.models import Plot
from rasana.portal.base import clock
from rasana.portal.base.access import NotAllowed, NotThere
from rasana.portal.base.actor import SYSTEM
from rasana.portal.base.audit import AuditLine, act
from rasana.portal.base.ball import ball_events
from rasana.portal.base.record import Stale
from tests.portal.connections.conftest import AMPERE, DEMAND, FACTS, PAPERS, PERSON


def test_the_classes_have_fourteen_and_six_steps_in_one_line() -> None:
    for name, count in (("demand", 14), ("ampere", 6)):
        steps = stages.steps(name)
        assert len(steps) == count
        assert [step.following for step in steps[:-1]] == [step.code for step in steps[1:]]
        assert steps[-1].following == "energised"
        assert all(key in stages.facts() for step in steps for key in step.facts)


@pytest.mark.parametrize(("power", "steps"), [(DEMAND, 14), (AMPERE, 6)])
def test_a_request_reaches_its_end_and_its_plot_has_supply(office, ask, walk, power, steps) -> None:
    request = walk(ask(power))
    assert request.stage == "energised"
    assert request.holder is None
    assert not request.with_applicant
    assert len(load(request).done) == steps
    assert Plot.objects.get(pk=request.plot_id).status == "energised"
    assert request.energised_on == clock.today()


def test_the_ball_is_with_who_acts(office, ask, walk) -> None:
    request = ask(DEMAND)
    assert request.holder == office.organisations["distribution"]
    request = walk(request, "B8")
    assert request.with_applicant
    assert request.holder is None
    events = ball_events(request)
    assert events[-1].applicant
    request = walk(request)
    assert ball_events(request)[-1].holder_key is None


def test_holder_on_the_row_repeats_the_ball(office, ask, walk) -> None:
    request = ask(DEMAND)
    for code in ("B5", "B8", "B11", "energised"):
        request = walk(request, code)
        last = ball_events(request)[-1]
        assert (request.holder_id, request.with_applicant) == (last.holder_id, last.applicant)


def test_every_step_is_one_audit_line(office, ask) -> None:
    request = ask(DEMAND)
    before = AuditLine.objects.count()
    actions.advance(office.company, request, facts={})
    assert AuditLine.objects.count() == before + 1


def test_papers_are_checked_by_need(office, ask) -> None:
    request = ask(DEMAND, papers=("identity_card", "sale_agreement", "union_certificate"))
    case = load(request)
    assert [need for need, _kinds in case.missing] == ["neighbours_bill", "postcode", "sketch_form"]
    with pytest.raises(ValidationError) as refused:
        actions.advance(office.company, request, facts={})
    assert "قبض برق همسایه" in str(refused.value)
    assert request.completed_on is None


def test_missing_papers_go_back_to_the_applicant_and_return(office, ask) -> None:
    request = ask(AMPERE, papers=PAPERS[:-1])
    request = counter.give_back(office.company, request, reason="پروانه کسب نیست")
    assert request.with_applicant
    with pytest.raises(ValidationError):
        counter.give_back(office.company, request, reason="باز هم")
    request = counter.give_paper(office.clerk, request, kind="trade_licence")
    assert request.holder == office.organisations["distribution"]
    assert request.completed_on == clock.today()


def test_a_paper_that_cant_be_read_is_missing(office, ask) -> None:
    request = counter.give_back(office.company, ask(AMPERE), reason="ناخوانا", illegible=["trade_licence"])
    assert [need for need, _kinds in load(request).missing] == ["trade_licence"]
    assert request.completed_on is None


def test_nothing_missing_is_no_reason_to_give_back(office, ask) -> None:
    with pytest.raises(ValidationError):
        counter.give_back(office.company, ask(AMPERE), reason="بی‌دلیل")


def test_the_committee_waits_for_conditions_and_study(office, ask, walk) -> None:
    request = walk(ask(DEMAND), "B6")
    with pytest.raises(ValidationError) as refused:
        actions.advance(office.company, request, facts=FACTS, happened_on=clock.today())
    assert len(refused.value.messages) == 2
    for letter in "abcd":
        request = actions.judge_condition(office.expert, request, letter=letter, met=True, evidence="بازدید")
    request = actions.judge_condition(office.expert, request, letter="e", met=False, evidence="حریم کانال")
    request = actions.check(
        office.expert, request, facts={"fits": True, "fed_from": "T1", "headroom_kw": 1, "voltage_drop_pct": 1}
    )
    with pytest.raises(ValidationError) as refused:
        actions.advance(office.company, request, facts=FACTS, happened_on=clock.today())
    assert "برقرار نیست: ه" in refused.value.messages[0]
    request = actions.judge_condition(office.expert, request, letter="e", met=True, evidence="نقشه تازه")
    assert actions.advance(office.company, request, facts=FACTS, happened_on=clock.today()).stage == "B7"


def test_from_250_kw_a_technical_check_is_not_enough(office, ask, walk) -> None:
    request = walk(ask({"supply_class": "demand", "power_kw": 250}), "B4")
    request = actions.advance(office.company, request, facts={"power_kw": 250})
    request = walk(request, "B6")
    request = actions.check(
        office.expert, request, facts={"fits": True, "fed_from": "T1", "headroom_kw": 1, "voltage_drop_pct": 1}
    )
    gate = next(gate for gate in load(request).gates() if gate.key == "study")
    assert not gate.is_open


def test_a_study_of_another_estate_is_not_taken(office, ask, walk) -> None:
    kind = Request._meta.get_field("study").related_model
    with act(SYSTEM, "estate.manage", None, estate=office.khodro):
        for estate, number in ((office.khodro, 1), (office.sonuf, 2)):
            kind(
                estate=estate, number=number, fingerprint="f", folder_sha256=f"{number}", effort="quick",
                standard="iran",
                catalogue="iran", engine_version="1", currency="EUR", figures={}, company_figures={}, findings=[],
                assumptions=[],
            ).save()  # fmt: skip
    request = walk(ask({"supply_class": "demand", "power_kw": 300}), "B4")
    request = walk(actions.advance(office.company, request, facts={"power_kw": 300}), "B6")
    with pytest.raises(ValidationError) as refused:
        actions.attach_study(office.expert, request, number=2)
    assert "number" in refused.value.error_dict
    request = actions.attach_study(office.expert, request, number=1)
    assert next(gate for gate in load(request).gates() if gate.key == "study").is_open
    assert walk(request, "B7").stage == "B7"


def test_a_check_that_does_not_fit_names_what_binds(office, ask) -> None:
    facts = {"fits": False, "fed_from": "T1", "headroom_kw": -20, "voltage_drop_pct": 6}
    with pytest.raises(ValidationError) as refused:
        actions.check(office.expert, ask(), facts=facts)
    assert "constraint" in refused.value.error_dict


def test_a_contract_has_two_signatures(office, ask, walk) -> None:
    request = walk(ask(DEMAND), "B13")
    gate = next(gate for gate in load(request).gates() if gate.key == "signatures")
    assert gate.is_open
    assert {"applicant_signatory", "company_signatory"} <= load(request).facts.keys()


def test_a_receipt_pays_once_and_in_full(office, ask, walk) -> None:
    first, second = walk(ask(), "B11"), walk(ask(name="دیگری", plot=1), "B11")
    due = load(first).last("quotation").facts["total_rial"]
    paid = {"receipt_number": "0012", "paid_on": clock.today()}
    with pytest.raises(ValidationError) as refused:
        actions.advance(office.clerk, first, facts=paid | {"paid_rial": due - 1})
    assert "paid_rial" in refused.value.error_dict
    actions.advance(office.clerk, first, facts=paid | {"paid_rial": due})
    with pytest.raises(ValidationError) as refused:
        actions.advance(office.clerk, second, facts=paid | {"paid_rial": due})
    assert "receipt_number" in refused.value.error_dict
    assert Request.objects.get(pk=first.pk).receipt_number == "0012"


def test_steps_keep_their_order_in_time(office, ask) -> None:
    request = ask()
    for day, field in ((clock.today() + dt.timedelta(days=1), "visited_on"), (dt.date(2020, 1, 1), "visited_on")):
        with pytest.raises(ValidationError) as refused:
            actions.advance(office.company, request, facts=FACTS, happened_on=day)
        assert field in refused.value.error_dict


def test_a_step_written_down_twice_is_stale(office, ask) -> None:
    request = ask(DEMAND)
    actions.advance(office.company, request, facts={}, version=request.version)
    with pytest.raises(Stale):
        actions.advance(office.company, request, facts={}, version=request.version)


def test_waiting_for_the_block_is_not_the_companys_time(office, ask) -> None:
    request = ask()
    regional = office.organisations["regional"]
    request = actions.wait(office.company, request, waits_for="regional_company", reason="پست ۶۳ آماده نیست")
    assert request.stage == stages.WAITING
    assert request.holder == regional
    assert selectors.queue_place(request) is None
    with pytest.raises(ValidationError):
        actions.advance(office.company, request, facts=FACTS)
    request = actions.resume(office.company, request, reason="برق‌دار شد")
    assert request.stage == "B5"
    assert request.holder == office.organisations["distribution"]


def test_the_clock_runs_for_who_is_waited_for(office, ask, settings) -> None:
    request = actions.wait(office.company, ask(), waits_for="regional_company", reason="پست آماده نیست")
    distribution = {holder.pk: days for holder, days, _now in selectors.detail(office.company, request).shares}
    settings.RASANA_NOW += dt.timedelta(days=14)
    request = Request.objects.select_related("plot").get(pk=request.pk)
    later = {holder.pk: days for holder, days, _now in selectors.detail(office.company, request).shares}
    company, regional = (office.organisations[code].pk for code in ("distribution", "regional"))
    assert later[company] == distribution[company]
    assert later[regional] - distribution[regional] == 10


def test_an_organisation_of_another_case_is_not_waited_for(office, ask) -> None:
    with pytest.raises(ValidationError) as refused:
        actions.wait(office.company, ask(), waits_for="governor", reason="x")
    assert "waits_for" in refused.value.error_dict


def test_a_refusal_names_what_binds_and_ends_it(office, ask) -> None:
    request = ask()
    with pytest.raises(ValidationError):
        actions.refuse(office.head, request, reason="ظرفیت نیست", constraint="")
    request = actions.refuse(office.head, request, reason="ظرفیت نیست", constraint="ترانس ت۷", relief="کابل دوم")
    assert not request.is_open
    with pytest.raises(ValidationError):
        actions.withdraw(office.clerk, request, reason="دیر شد")


def test_who_may_do_what(office, ask) -> None:
    request = ask()
    for who in (office.clerk, office.who["regional", "expert"], office.who["governor", "head"]):
        with pytest.raises(NotAllowed):
            actions.advance(who, request, facts=FACTS)
    with pytest.raises(NotThere):
        actions.advance(office.who["stranger", "head"], request, facts=FACTS)
    with pytest.raises(NotAllowed):
        actions.refuse(office.company, request, reason="x", constraint="y")
    with pytest.raises(NotAllowed):
        counter.register(office.who["governor", "officer"], office.plots[0], applicant=PERSON, power=AMPERE)


def test_one_open_request_of_an_applicant_for_a_plot(office, ask) -> None:
    ask()
    with pytest.raises(ValidationError) as refused:
        ask()
    assert "applicant_name" in refused.value.error_dict
    assert ask(name="همسایه").number == 2


@pytest.mark.parametrize("power", [{"supply_class": "demand", "power_kw": 29.9}, {"supply_class": "ampere"}])
def test_power_is_of_its_class(ask, power) -> None:
    with pytest.raises(ValidationError):
        ask(power)


def test_the_queue_is_by_the_day_of_completeness(office, ask) -> None:
    late = ask(papers=PAPERS[:-1])
    early = ask(name="دیگری", plot=1)
    late = counter.give_paper(office.clerk, late, kind="trade_licence")
    assert (selectors.queue_place(early), selectors.queue_place(late)) == (1, 2)
    rows = selectors.register(office.company, selectors.Filters(order="queue")).rows
    assert [row.pk for row in rows] == [early.pk, late.pk]


def test_the_page_of_the_docs_shows_the_same_table() -> None:
    page = (Path(__file__).parents[3] / "docs" / "requests.md").read_text(encoding="utf-8")
    assert stages.as_markdown() in page
