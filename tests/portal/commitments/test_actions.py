"""What people do with promises, and what they are refused."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from rasana.portal.apps.commitments import actions
from rasana.portal.apps.commitments.models import Commitment, DueDate, Extension, Opening, State
from rasana.portal.apps.commitments.selectors import outcome_of
from rasana.portal.apps.problems import actions as problems
from rasana.portal.apps.problems.models import Letter, Problem
from rasana.portal.base.access import NotAllowed, NotThere
from rasana.portal.base.audit import AuditLine, first_fault
from rasana.portal.base.ball import holder_now
from rasana.portal.base.notify import Notice
from rasana.portal.base.record import OutsideAct, Stale
from tests.portal.commitments.conftest import TODAY

DAY = dt.timedelta(days=1)


def refused(what, field: str) -> str:
    """The sentence beside a field."""
    with pytest.raises(ValidationError) as caught:
        what()
    assert field in caught.value.message_dict, caught.value.message_dict
    return caught.value.message_dict[field][0]


def test_a_sealed_decision_becomes_an_active_promise_in_one_step(office):
    decision = office.decide()
    commitment = actions.from_decision(office.act_as("operator", "secretary"), decision)
    assert commitment.state == State.ACTIVE
    assert (commitment.debtor.code, commitment.creditor.code) == ("regional", "operator")
    assert (commitment.due, commitment.promised_on) == (decision.due, TODAY - 3 * DAY)
    assert commitment.holder == commitment.debtor == holder_now(commitment)


def test_a_decision_is_turned_into_a_promise_once(office):
    decision = office.decide()
    actions.from_decision(office.act_as("operator"), decision)
    with pytest.raises(ValidationError):
        actions.from_decision(office.act_as("operator"), decision)
    assert Commitment.objects.count() == 1


def test_a_party_that_did_not_countersign_has_not_agreed(office):
    commitment = actions.from_decision(office.act_as("operator", "secretary"), office.decide(signed=("operator",)))
    assert (commitment.state, commitment.holder) == (State.PROPOSED, commitment.debtor)
    with pytest.raises(NotAllowed):
        actions.agree(office.act_as("regional", "officer"), commitment)
    commitment = actions.agree(office.act_as("regional", "head"), commitment)
    assert commitment.state == State.ACTIVE


def test_minutes_that_are_not_sealed_make_no_promise(office):
    decision = office.decide(state="circulated")
    refused(lambda: actions.from_decision(office.act_as("operator"), decision), "decision")


def test_a_decision_without_debtor_or_date_says_what_it_lacks(office):
    decision = office.decide(responsible=None, due=None)
    with pytest.raises(ValidationError) as caught:
        actions.from_decision(office.act_as("operator"), decision)
    assert {"debtor", "due"} <= set(caught.value.message_dict)
    assert not Commitment.objects.exists()


def test_a_decision_owed_by_who_called_the_meeting_is_owed_to_the_operator(office):
    decision = office.decide(convener="governor", responsible=office.organisations["governor"], signed=())
    commitment = actions.from_decision(office.act_as("operator"), decision)
    assert commitment.creditor.code == "operator"


def test_a_due_date_before_the_meeting_is_refused(office):
    decision = office.decide(due=TODAY - 4 * DAY)
    sentence = refused(lambda: actions.from_decision(office.act_as("operator"), decision), "due")
    assert "2025" in sentence or "۱۴۰۴" in sentence


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": "  "}, "text"),
        ({"debtor": None}, "debtor"),
        ({"creditor": None}, "creditor"),
        ({"due": None}, "due"),
        ({"due": TODAY - DAY}, "due"),
        ({"promised_on": TODAY + DAY}, "promised_on"),
    ],
)
def test_an_incomplete_promise_is_refused_beside_its_field(office, given, field):
    refused(lambda: office.propose(**given), field)


def test_nobody_promises_to_himself_or_for_strangers(office):
    operator, stranger = office.organisations["operator"], office.organisations["stranger"]
    refused(lambda: office.propose(debtor=operator, creditor=operator), "creditor")
    refused(lambda: office.propose(debtor=stranger), "debtor")
    refused(lambda: office.propose(clock_of=stranger), "clock_of")


def test_a_decision_of_another_estate_is_refused(office):
    decision = office.decide(estate=office.sonuf)
    refused(lambda: office.propose(decision=decision, promised_on=TODAY - 3 * DAY), "decision")


def test_strangers_do_not_learn_that_it_exists(office):
    commitment = office.active()
    with pytest.raises(NotThere):
        actions.agree(office.act_as("stranger"), commitment)


def test_delivered_on_the_last_day_is_kept_on_time(office, today):
    commitment = office.active()
    today(commitment.due)
    office.deliver(commitment)
    today(commitment.due + 20 * DAY)
    commitment = actions.verify(office.act_as("operator"), commitment)
    assert outcome_of(commitment).key == "kept_on_time"
    assert holder_now(commitment) is None


def test_a_granted_extension_does_not_make_a_late_promise_timely(office, today):
    commitment = office.active()
    first = commitment.first_due
    actions.request_extension(office.act_as("regional", "officer"), commitment, new_due=first + 40 * DAY, reason="پست")
    actions.grant(office.act_as("operator"), commitment)
    commitment.refresh_from_db()
    assert (commitment.first_due, commitment.due) == (first, first + 40 * DAY)
    assert [each.due for each in commitment.due_dates.all()] == [first, first + 40 * DAY]
    today(first + 10 * DAY)
    assert outcome_of(commitment).key == "extended"
    assert commitment.days_late(first + 10 * DAY) == 10
    office.deliver(commitment)
    commitment = actions.verify(office.act_as("operator"), commitment)
    assert outcome_of(commitment).key == "kept_late"


def test_a_refused_extension_moves_nothing_and_needs_a_reason(office):
    commitment = office.active()
    actions.request_extension(
        office.act_as("regional", "expert"), commitment, new_due=commitment.due + DAY, reason="نیاز به زمان"
    )
    assert holder_now(commitment).code == "operator"
    refused(lambda: actions.refuse(office.act_as("operator"), commitment, answer=" "), "answer")
    actions.refuse(office.act_as("operator"), commitment, answer="زمان کافی بود.")
    commitment.refresh_from_db()
    assert commitment.due == commitment.first_due
    assert DueDate.objects.count() == 1
    assert holder_now(commitment).code == "regional"


def test_only_the_debtor_asks_and_only_the_creditor_answers(office):
    commitment = office.active()
    with pytest.raises(NotAllowed):
        actions.request_extension(
            office.act_as("operator"), commitment, new_due=commitment.due + DAY, reason="نیاز به زمان"
        )
    actions.request_extension(
        office.act_as("regional"), commitment, new_due=commitment.due + DAY, reason="نیاز به زمان"
    )
    for who in ("regional", "governor"):
        with pytest.raises(NotAllowed):
            actions.grant(office.act_as(who), commitment)
    with pytest.raises(NotAllowed):
        actions.grant(office.act_as("operator", "officer"), commitment)


def test_an_extension_is_later_than_today_and_than_the_date_in_force(office):
    commitment = office.active()
    ask = office.act_as("regional")

    def request(day: dt.date, reason: str = "نیاز به زمان"):
        return lambda: actions.request_extension(ask, commitment, new_due=day, reason=reason)

    refused(request(TODAY), "new_due")
    refused(request(commitment.due), "new_due")
    refused(request(commitment.due + DAY, " "), "reason")
    request(commitment.due + DAY)()
    with pytest.raises(ValidationError):
        request(commitment.due + 2 * DAY)()
    assert Extension.objects.count() == 1


def test_the_agreed_proof_is_asked_for(office):
    commitment = office.active(evidence_rule="photo")
    refused(lambda: office.deliver(commitment, letter_number="", letter_date=None), "files")
    letter = office.active()
    refused(lambda: office.deliver(letter, letter_number=""), "letter_number")
    refused(lambda: office.deliver(letter, letter_date=None), "letter_date")
    refused(lambda: office.deliver(letter, letter_date=TODAY + DAY), "letter_date")
    refused(lambda: office.deliver(letter, delivered_on=TODAY + DAY), "delivered_on")
    refused(lambda: office.deliver(letter, delivered_on=TODAY - DAY), "delivered_on")
    delivery = office.deliver(commitment, letter_number="", letter_date=None, files=[office.photo()])
    assert delivery.letter is None
    assert commitment.deliveries.count() == 1


def test_a_file_that_is_not_what_its_name_says_leaves_nothing_half_done(office):
    commitment = office.active(evidence_rule="photo")
    refused(
        lambda: office.deliver(commitment, letter_number="", letter_date=None, files=[office.photo("photo.pdf")]),
        "files",
    )
    commitment.refresh_from_db()
    assert (commitment.state, commitment.deliveries.count()) == (State.ACTIVE, 0)


def test_a_letter_of_delivery_is_in_the_register_once(office):
    commitment = office.active()
    office.deliver(commitment)
    actions.dispute(office.act_as("operator"), commitment, reason="نامه ناقص است.")
    office.deliver(commitment)
    assert Letter.objects.count() == 1


def test_a_disputed_delivery_is_owed_again_and_does_not_count(office, today):
    commitment = office.active()
    office.deliver(commitment)
    refused(lambda: actions.dispute(office.act_as("operator"), commitment, reason=""), "reason")
    commitment = actions.dispute(office.act_as("operator"), commitment, reason="ظرفیت در نامه نیست.")
    assert (commitment.state, commitment.delivered_on, commitment.holder.code) == (State.DISPUTED, None, "regional")
    today(commitment.due + 5 * DAY)
    assert outcome_of(commitment).key == "overdue"


def test_delivery_before_an_answer_lets_the_request_lapse(office):
    commitment = office.active()
    actions.request_extension(
        office.act_as("regional"), commitment, new_due=commitment.due + DAY, reason="نیاز به زمان"
    )
    office.deliver(commitment)
    assert Extension.objects.get().state == "lapsed"
    with pytest.raises(ValidationError):
        actions.grant(office.act_as("operator"), commitment)


def test_a_late_entry_passes_the_ball_after_what_happened_before_it(office, today):
    commitment = office.active()
    today(TODAY + 5 * DAY)
    actions.request_extension(
        office.act_as("regional"), commitment, new_due=commitment.due + DAY, reason="نیاز به زمان"
    )
    office.deliver(commitment, delivered_on=TODAY + 2 * DAY, letter_date=TODAY + 2 * DAY)
    assert holder_now(commitment).code == "operator"


def test_a_promise_is_voided_by_a_later_sealed_decision_only(office):
    made_of = office.decide()
    commitment = actions.from_decision(office.act_as("operator"), made_of)
    head = office.act_as("operator")
    refused(lambda: actions.void(head, commitment, None), "decision")
    refused(lambda: actions.void(head, commitment, made_of), "decision")
    refused(lambda: actions.void(head, commitment, office.decide(held=TODAY - 9 * DAY)), "decision")
    refused(lambda: actions.void(head, commitment, office.decide(estate=office.sonuf)), "decision")
    refused(lambda: actions.void(head, commitment, office.decide(state="held")), "decision")
    later = office.decide(held=TODAY)
    commitment = actions.void(head, commitment, later)
    assert (commitment.state, commitment.voided_by, commitment.holder) == (State.VOID, later, None)
    with pytest.raises(ValidationError):
        office.deliver(commitment)


def test_a_problem_is_planned_by_the_promise_that_names_it(office):
    problem = problems.report(office.act_as("board", "officer"), office.khodro, title="پست پر است", kind="line")
    decision = office.decide(subject=problem)
    commitment = actions.from_decision(office.act_as("operator"), decision)
    problem.refresh_from_db()
    assert (problem.state, problem.assigned.code) == ("planned", "regional")
    assert commitment.links.get().subject_id == problem.pk
    elsewhere = problems.report(office.act_as("board", "officer"), office.sonuf, title="دیگر", kind="line")
    refused(lambda: actions.link(office.act_as("operator"), commitment, [elsewhere]), "plots")
    actions.unlink(office.act_as("operator"), commitment, [problem])
    assert not commitment.links.filter(ended=False).exists()
    assert Problem.objects.count() == 2


def test_a_stale_save_is_refused(office):
    commitment = office.active()
    seen = commitment.version
    office.deliver(commitment, version=seen)
    with pytest.raises(Stale):
        actions.verify(office.act_as("operator"), commitment, version=seen)


def test_what_was_written_down_is_not_changed(office):
    commitment = office.active()
    first = commitment.due_dates.get()
    first.due = TODAY
    with pytest.raises(OutsideAct):
        first.save()


def test_opening_is_written_once_a_day_for_debtor_and_creditor_only(office, today):
    commitment = office.active()
    for code, role in (("regional", "expert"), ("regional", "head"), ("governor", "head"), ("regional", "viewer")):
        actions.opened(office.act_as(code, role), commitment)
    assert [each.organisation.code for each in Opening.objects.all()] == ["regional"]
    today(TODAY + DAY)
    actions.opened(office.act_as("regional", "expert"), commitment)
    assert Opening.objects.count() == 2


def test_both_organisations_are_told_and_each_act_has_one_line(office):
    lines = AuditLine.objects.count()
    commitment = office.active()
    assert AuditLine.objects.count() == lines + 3
    assert first_fault() is None
    told = set(Notice.objects.filter(subject_id=commitment.pk).values_list("person__organisation__code", flat=True))
    assert told == {"regional", "operator"}
