"""A problem's way from report to confirmation: who does what when, where the ball goes, what is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from rasana.portal.apps.problems import actions, selectors, states
from rasana.portal.apps.problems.models import Letter, Problem, ProblemState
from rasana.portal.base import clock
from rasana.portal.base.access import NotAllowed, NotThere
from rasana.portal.base.actor import actor_of
from rasana.portal.base.audit import AuditLine, act, first_fault
from rasana.portal.base.ball import BallEvent
from rasana.portal.base.notify import Notice
from rasana.portal.base.record import Stale
from rasana.portal.base.registries import suggestions

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


def holders(problem):
    return [each.holder and each.holder.code for each in BallEvent.objects.filter(case_id=problem.pk)]


def test_the_whole_way_passes_the_ball_and_ends_with_the_reporter(problem, world, actor):
    actions.triage(actor("operator"), problem, ProblemState.ACCEPTED)
    actions.assign(actor("operator"), problem, world.organisations["distribution"])
    actions.study(actor("distribution"), problem, "سیم‌پیچ سوخته است.")
    actions.fix(actor("distribution"), problem, "ترانسفورماتور عوض شد.")
    actions.reopen(actor("board"), problem, "برق هنوز قطع است.")
    actions.fix(actor("distribution"), problem, "فیوز هم عوض شد.")
    actions.confirm(actor("board"), problem)
    problem.refresh_from_db()
    assert problem.state == ProblemState.CONFIRMED
    assert holders(problem) == ["operator", "distribution", "board", "distribution", "board", None]
    assert [step.action for step in problem.steps.order_by("id")] == [
        "report", "triage", "assign", "study", "fix", "reopen", "fix", "confirm",
    ]  # fmt: skip
    assert first_fault() is None


@pytest.mark.parametrize("action", sorted(set(states.MOVES) - {"plan"}))
def test_a_step_is_done_from_its_states_only(action, problem, world, actor):
    """From every state: the table and nothing else decides."""
    call = {
        "triage": lambda fresh: actions.triage(actor("operator"), fresh, ProblemState.ACCEPTED),
        "assign": lambda fresh: actions.assign(actor("operator"), fresh, world.organisations["distribution"]),
        "study": lambda fresh: actions.study(actor("distribution"), fresh, "x"),
        "fix": lambda fresh: actions.fix(actor("distribution"), fresh, "x"),
        "confirm": lambda fresh: actions.confirm(actor("board"), fresh),
        "reopen": lambda fresh: actions.reopen(actor("board"), fresh, "x"),
    }[action]
    for state in ProblemState:
        with act(actor("operator"), "problem.triage", problem) as fresh:
            fresh.state, fresh.assigned = state, world.organisations["distribution"]
            fresh.save()
        lines = AuditLine.objects.count()
        if state in states.MOVES[action].sources:
            assert call(problem).state in states.MOVES[action].targets
        else:
            with pytest.raises(ValidationError):
                call(problem)
            assert AuditLine.objects.count() == lines


def test_the_wrong_organisation_or_role_is_refused(problem, world, actor):
    actions.triage(actor("operator"), problem, ProblemState.ACCEPTED)
    actions.assign(actor("operator"), problem, world.organisations["distribution"])
    for who, role, call in (
        ("regional", "expert", lambda it: actions.study(it, problem, "x")),
        ("distribution", "viewer", lambda it: actions.study(it, problem, "x")),
        ("distribution", "expert", lambda it: actions.assign(it, problem, world.organisations["regional"])),
    ):
        with pytest.raises(NotAllowed):
            call(actor(who, role))
    with pytest.raises(NotThere):
        actions.study(actor("stranger"), problem, "x")
    actions.fix(actor("distribution"), problem, "x")
    with pytest.raises(NotAllowed):
        actions.confirm(actor("distribution"), problem)


def test_a_duplicate_names_another_problem_of_the_estate(problem, world, actor):
    other = actions.report(actor("board"), world.sonuf, title="دیگر", kind="other")
    for wrong in (None, problem, other):
        with pytest.raises(ValidationError) as caught:
            actions.triage(actor("operator"), problem, ProblemState.DUPLICATE, duplicate_of=wrong)
        assert "duplicate_of" in caught.value.message_dict
    first = actions.report(actor("board"), world.khodro, title="نخست", kind="other")
    done = actions.triage(actor("operator"), problem, ProblemState.DUPLICATE, duplicate_of=first)
    assert (done.state, done.duplicate_of, done.holder) == ("duplicate", first, None)


def test_a_referral_names_whose_business_it_is(problem, actor):
    with pytest.raises(ValidationError):
        actions.triage(actor("operator"), problem, ProblemState.REFERRED)
    assert actions.triage(actor("operator"), problem, ProblemState.REFERRED, referred_to="شهرداری").holder is None


def test_plots_and_parties_of_another_estate_are_refused(problem, world, actor, plots):
    with pytest.raises(ValidationError) as caught:
        actions.report(actor("board"), world.khodro, title="x", kind="other", plots=[plots["Z-1"]])
    assert "plots" in caught.value.message_dict
    actions.triage(actor("operator"), problem, ProblemState.ACCEPTED)
    with pytest.raises(ValidationError) as caught:
        actions.assign(actor("operator"), problem, world.organisations["stranger"])
    assert "organisation" in caught.value.message_dict


def test_a_commitment_plans_it_within_its_own_act(problem, world, actor):
    with act(actor("operator", "head"), "estate.manage", world.khodro):
        actions.planned(problem, world.organisations["regional"], note="ترانسفورماتور تازه", address="/commitments/1/")
    problem.refresh_from_db()
    assert (problem.state, problem.assigned.code, problem.holder.code) == ("planned", "regional", "regional")
    assert problem.steps.first().address == "/commitments/1/"


def test_a_commitment_does_not_reopen_what_is_confirmed(problem, world, actor):
    actions.triage(actor("operator"), problem, ProblemState.ACCEPTED)
    actions.assign(actor("operator"), problem, world.organisations["distribution"])
    actions.fix(actor("distribution"), problem, "x")
    actions.confirm(actor("board"), problem)
    with act(actor("operator", "head"), "estate.manage", world.khodro):
        actions.planned(problem, world.organisations["regional"])
    problem.refresh_from_db()
    assert problem.state == ProblemState.CONFIRMED


def test_a_stale_step_changes_nothing(problem, actor):
    actions.triage(actor("operator"), problem, ProblemState.ACCEPTED, version=problem.version)
    with pytest.raises(Stale):
        actions.triage(actor("operator"), problem, ProblemState.REFERRED, referred_to="x", version=problem.version)


@pytest.mark.parametrize(
    ("name", "content"), [("a.png", b"%PDF-1.7 no picture"), ("a.exe", b"MZ"), ("a.pdf", b""), ("a.jpg", PNG)]
)
def test_a_file_that_is_not_what_its_name_says_leaves_nothing(name, content, world, actor):
    with pytest.raises(ValidationError) as caught:
        actions.report(actor("board"), world.khodro, title="x", kind="other", files=[SimpleUploadedFile(name, content)])
    assert "file" in caught.value.message_dict
    assert not Problem.objects.exists()


def test_files_are_read_by_their_class(problem, actor):
    attachment = actions.add_file(actor("board"), problem, SimpleUploadedFile("a.png", PNG), title="عکس")
    assert attachment.field_class == "P2"
    assert [step.attachment for step in selectors.steps_of(problem, ("P0", "P1", "P2")) if step.attachment] == [
        attachment
    ]
    assert not [step for step in selectors.steps_of(problem, ("P0",)) if step.attachment]


def test_a_letter_needs_two_sides_and_bears_on_its_problem(problem, world, actor):
    organisations = world.organisations
    common = {"number": "۱۲۳/الف", "date": dt.date(2025, 10, 1), "subject": "ظرفیت پست"}
    who = actor("operator", "secretary")
    for wrong, field in (
        ({"sender": organisations["operator"]}, "recipient"),
        ({"sender_other": "توانیر"}, "recipient"),
        ({"sender": organisations["operator"], "sender_other": "x", "recipient_other": "y"}, "sender_other"),
        ({"sender": organisations["stranger"], "recipient_other": "y"}, "sender"),
    ):
        with pytest.raises(ValidationError) as caught:
            actions.record_letter(who, world.khodro, **common, **wrong)
        assert field in caught.value.message_dict
    letter = actions.record_letter(
        who, world.khodro, **common, sender=organisations["operator"], recipient_other="توانیر", about=[problem]
    )
    actions.link_letter(who, letter, problem)
    assert letter.links.count() == 1
    assert problem.steps.first().letter == letter
    assert [each.title for each in selectors.bears_on(letter)] == [problem.title]
    assert Letter.objects.count() == 1


def test_a_letter_of_another_estate_is_not_linked(world, actor, problem):
    letter = actions.record_letter(
        actor("operator"),
        world.sonuf,
        number="1",
        date=dt.date(2025, 1, 1),
        subject="x",
        sender_other="a",
        recipient_other="b",
    )
    with pytest.raises(ValidationError):
        actions.link_letter(actor("operator"), letter, problem)


def test_who_must_act_and_who_reported_are_told(problem, world, actor):
    told = {notice.person.organisation.code for notice in Notice.objects.filter(subject_id=problem.pk)}
    assert told == {"operator", "board"}


def test_open_problems_suggest_themselves_the_worst_first(problem, world, actor):
    worse = actions.report(actor("board"), world.khodro, title="بدتر", kind="funds", severity=4)
    done = actions.report(actor("board"), world.khodro, title="تمام", kind="funds", severity=4)
    actions.triage(actor("operator"), done, ProblemState.REFERRED, referred_to="x")
    own = [each.subject for each in suggestions(actor("operator"), world.khodro) if isinstance(each.subject, Problem)]
    assert own == [worse, problem]


def test_the_ball_bar_counts_working_days(world, actor):
    reported = clock.now() - dt.timedelta(days=14)
    problem = actions.report(actor("board"), world.khodro, title="x", kind="other", happened_at=reported)
    shares = selectors.shares_of(problem)
    assert [(each[0].code, each[2]) for each in shares] == [("operator", True)]
    assert 5 <= shares[0][1] <= 14


def test_the_states_table_in_the_docs_is_this_one():
    page = Path("docs/problems.md").read_text(encoding="utf-8")
    assert states.as_markdown() in page


def test_numbers_run_within_an_estate(problem, world, actor):
    second = actions.report(actor_of(world.people["board", "officer"]), world.khodro, title="y", kind="other")
    first_there = actions.report(actor("board"), world.sonuf, title="z", kind="other")
    assert (problem.number, second.number, first_there.number) == (1, 2, 1)
