"""Outcomes are computed, each commitment stands in exactly one, and the database counts as the code does."""

from __future__ import annotations

import datetime as dt
from itertools import product

import pytest

from rasana.portal.apps.commitments import known, selectors
from rasana.portal.apps.commitments.delay import delay_report
from rasana.portal.apps.commitments.models import Commitment, CommitmentLink
from rasana.portal.apps.commitments.selectors import (
    OUTCOMES,
    conditions,
    counts,
    outcome_of,
    promise_record,
    with_outcome,
)
from rasana.portal.apps.estates.models import Plot
from rasana.portal.apps.problems import actions as problems
from rasana.portal.base.actor import SYSTEM, Actor
from rasana.portal.base.ball import APPLICANT, pass_ball
from rasana.portal.base.ladder import ladder, top
from tests.portal.commitments.conftest import TODAY, noon, writing

DAY = dt.timedelta(days=1)


def stored(office, number: int, **columns) -> Commitment:
    """A row with these columns, put there by hand."""
    due = columns.pop("due", TODAY)
    first = columns.pop("first_due", due)
    values = {
        "estate": office.khodro, "number": number, "debtor": office.organisations["regional"],
        "creditor": office.organisations["operator"], "text": f"وعده {number}", "promised_on": TODAY - 400 * DAY,
        "first_due": first, "first_last_day": first, "due": due, "last_day": due, "holder_since": TODAY,
        "search_key": f"وعده {number}",
    } | columns  # fmt: skip
    commitment = Commitment(**values)
    commitment.save()
    return commitment


@pytest.fixture
def every_kind(office):
    """A commitment for every combination of state, dates and step that may be."""
    decision = office.decide()
    shifts = (-30, -1, 0, 1, 14, 15)
    number = 0
    with writing():
        for state, first, later, step in product(
            ("proposed", "active", "disputed", "delivered", "closed", "void"), shifts, (0, 20), (0, 2, top())
        ):
            columns = {
                "state": state,
                "first_due": TODAY + first * DAY,
                "due": TODAY + (first + later) * DAY,
                "step": step,
            }
            if state in {"delivered", "closed"}:
                columns["delivered_on"] = TODAY
            if state == "closed":
                columns["closed_on"] = TODAY
            if state == "void":
                columns["voided_by"] = decision
            number += 1
            stored(office, number, **columns)
    return number


def test_each_commitment_stands_in_exactly_one_outcome(every_kind):
    sets = {
        key: set(Commitment.objects.filter(each).values_list("pk", flat=True))
        for key, each in conditions(TODAY).items()
    }
    assert sum(len(each) for each in sets.values()) == every_kind
    assert len(set().union(*sets.values())) == every_kind
    assert all(sets.values()), "the table tries every outcome"
    assert set(sets) == set(OUTCOMES)


def test_the_database_computes_what_the_code_does(every_kind):
    for commitment in with_outcome(Commitment.objects.all(), TODAY):
        assert outcome_of(commitment, TODAY).key == commitment.outcome_key


def test_counts_and_records_add_up(every_kind):
    sums = counts(Commitment.objects.all(), TODAY)
    assert sum(sums.values()) == every_kind
    (row,) = promise_record(Commitment.objects.all(), TODAY)
    assert row["total"] == every_kind
    assert {key: row[key] for key in OUTCOMES} == sums


def test_the_ladder_is_numbered_and_its_days_grow():
    days = [step.overdue_working_days for step in ladder()]
    assert days == sorted(set(days))
    assert [step.number for step in ladder()] == list(range(1, top() + 1))
    assert ladder()[-1].kinds == {"governor"}


def test_days_late_count_from_the_first_date(office):
    with writing():
        commitment = stored(office, 1, state="active", first_due=TODAY - 12 * DAY, due=TODAY + 10 * DAY)
    assert commitment.days_late(TODAY) == 12
    assert commitment.days_slipped() == 22
    assert outcome_of(commitment, TODAY).key == "extended"


def test_what_is_not_owed_is_not_late(office):
    with writing():
        proposed = stored(office, 1, state="proposed", due=TODAY - 12 * DAY)
        voided = stored(office, 2, state="void", due=TODAY - 12 * DAY, voided_by=office.decide())
    assert proposed.days_late(TODAY) == voided.days_late(TODAY) == 0


def test_the_documented_promise_is_1315_days_late(office):
    with writing():
        due = dt.date(2022, 4, 4)
        commitment = stored(office, 1, state="active", due=due, promised_on=dt.date(2022, 2, 8), step=top())
    assert commitment.days_late(TODAY) == 1315
    assert outcome_of(commitment, TODAY).key == "broken"


def test_nobody_sees_what_is_not_his(office):
    office.active()
    assert selectors.visible(office.act_as("governor", "viewer")).count() == 1
    assert not selectors.visible(office.act_as("stranger")).exists()
    assert not selectors.visible(Actor()).exists()
    assert not known.found(office.act_as("stranger"), "پست")


def test_other_apps_are_told(office, today, django_assert_max_num_queries):
    problem = problems.report(office.act_as("board", "officer"), office.khodro, title="پست پر است", kind="line")
    with writing():
        plot = Plot(estate=office.khodro, plot_id="ب۵-۱۷", search_key="")
        plot.save()
    from rasana.portal.apps.commitments import actions

    commitment = office.active(due=TODAY + DAY)
    actions.link(office.act_as("operator"), commitment, [problem, plot])
    today(TODAY + 10 * DAY)
    actor = office.act_as("governor", "viewer")
    with django_assert_max_num_queries(1):
        (result,) = known.found(actor, "ظرفیت پست")
    with django_assert_max_num_queries(1):
        (thread,) = known.threads_of_plot(actor, plot)
    with django_assert_max_num_queries(1):
        ((estate, of_estate),) = known.threads_of_estates(actor, [office.khodro.pk])
    with django_assert_max_num_queries(1):
        (point,) = known.suggestions(actor, office.khodro)
    with django_assert_max_num_queries(1):
        (beside,) = known.related(actor, problem)
    assert {result.url, thread.url, of_estate.url, beside.address} == {commitment.get_absolute_url()}
    assert (estate, of_estate.plots, thread.tone) == (office.khodro.pk, 1, "late")
    assert point.subject == commitment
    assert point.weight == 9
    assert list(known.related(actor, office.khodro)) == []
    assert not known.suggestions(office.act_as("stranger"), office.khodro)
    assert CommitmentLink.objects.count() == 2


def test_the_report_of_delay_gives_each_party_its_days(office, today):
    commitment = office.active()
    problem = problems.report(office.act_as("board", "officer"), office.khodro, title="پست پر است", kind="line")
    from rasana.portal.base.audit import act

    with act(SYSTEM, "problem.assign", problem):
        pass_ball(problem, None, applicant=True, reason_fa="نزد متقاضی", reason_en="with the applicant")
    today(dt.date(2025, 11, 15))
    office.deliver(commitment)
    today(dt.date(2025, 11, 19))
    report = delay_report(office.khodro)
    found = {each.case_type: each for each in report.cases}
    promise = found["commitments.Commitment"]
    regional, operator = (office.organisations[code].pk for code in ("regional", "operator"))
    assert promise.days == {regional: 4, operator: 4}, "10, 11, 12, 15; then 16, 17, 18, 19"
    assert promise.by_cause == {"utility": 4, "agency": 4, "customer": 0, "contractor": 0}
    assert promise.holder_now.code == "operator"
    assert found["problems.Problem"].days == {operator: 0, APPLICANT: 9}
    assert report.overall.total == 17
    assert report.overall.cases == 2
    assert {str(each.name): each.total for each in report.parties}[office.organisations["regional"].name] == 4
    only = delay_report(office.khodro, case_type="problems.Problem")
    assert [each.case_type for each in only.cases] == ["problems.Problem"]
    earlier = delay_report(office.khodro, until=noon(dt.date(2025, 11, 12)))
    assert {each.case_type: each.total for each in earlier.cases}["commitments.Commitment"] == 3
    assert not delay_report(office.sonuf).cases
