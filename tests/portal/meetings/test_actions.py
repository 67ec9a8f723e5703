"""From the call to the seal: who may do what when, what is refused, and that nothing changes after the seal."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.core.exceptions import ValidationError

from rasana.portal.apps.meetings import actions, minutes, sealing
from rasana.portal.apps.meetings.models import Attendance, Decision, Meeting, Seal, Verdict
from rasana.portal.base import clock
from rasana.portal.base.access import NotAllowed, NotThere
from rasana.portal.base.audit import AuditLine, first_fault
from rasana.portal.base.record import OutsideAct, Stale
from tests.portal.meetings.conftest import PARTIES, call, circulate, sign_all

pytestmark = pytest.mark.django_db


def refused(call, *args, **kwargs):
    with pytest.raises(ValidationError) as caught:
        call(*args, **kwargs)
    return caught.value


def test_the_whole_path_ends_in_a_seal_that_checks(circulated, world, actor):
    sign_all(circulated, actor, objecting=("regional",))
    seal = sealing.seal(actor("operator"), circulated)
    assert Meeting.objects.get(pk=circulated.pk).state == "sealed"
    assert all(check.holds for check in sealing.checks(seal)), sealing.checks(seal)
    content = json.loads(seal.content)
    assert [each["verdict"] for each in content["signatures"]].count("objected") == 1
    assert [each["number"] for point in content["agenda"] for each in point["decisions"]] == [1, 2]
    assert seal.pdf.open("rb").read(5) == b"%PDF-"
    assert first_fault() is None


def test_seals_of_an_estate_are_a_chain(circulated, world, actor):
    sign_all(circulated, actor)
    first = sealing.seal(actor("operator"), circulated)
    other = call(world, actor, title="جلسه دوم", points=[actions.Point("پیگیری")])
    circulate(other, world, actor)
    sign_all(other, actor)
    second = sealing.seal(actor("operator"), other)
    assert (first.position, second.position, second.previous) == (1, 2, first.sha256)


def test_the_seal_waits_for_every_word(circulated, actor):
    actions.countersign(actor("operator", "head"), circulated, Verdict.AGREED)
    fault = refused(sealing.seal, actor("operator"), circulated)
    assert "توزیع" in str(fault)
    assert not Seal.objects.exists()


def test_an_organisation_gives_its_word_once(circulated, actor):
    actions.countersign(actor("regional", "head"), circulated, Verdict.AGREED)
    lines = AuditLine.objects.count()
    assert (
        refused(actions.countersign, actor("regional", "managing_director"), circulated, Verdict.AGREED).code == "twice"
    )
    assert circulated.signatures.count() == 1
    assert AuditLine.objects.count() == lines


def test_an_objection_needs_words(circulated, actor):
    assert (
        "objection"
        in refused(actions.countersign, actor("regional", "head"), circulated, Verdict.OBJECTED).message_dict
    )


def test_only_heads_of_those_who_were_there_countersign(circulated, actor):
    with pytest.raises(NotAllowed):
        actions.countersign(actor("regional", "expert"), circulated, Verdict.AGREED)
    with pytest.raises(NotAllowed):
        actions.countersign(actor("contractor", "head"), circulated, Verdict.AGREED)
    with pytest.raises(NotThere):
        actions.countersign(actor("stranger", "head"), circulated, Verdict.AGREED)


def test_nothing_changes_after_the_seal_but_addenda(circulated, world, actor):
    sign_all(circulated, actor)
    seal = sealing.seal(actor("operator"), circulated)
    convener = actor("operator")
    draft = actions.MinutesDraft(said={circulated.items.first().pk: "چیز دیگری"})
    for late in (
        lambda: actions.save_minutes(convener, circulated, draft),
        lambda: actions.correct(convener, circulated),
        lambda: actions.hold(convener, circulated),
        lambda: sealing.seal(convener, circulated),
        lambda: actions.countersign(actor("regional", "head"), circulated, Verdict.AGREED),
    ):
        assert refused(late).code == "sealed"
    with pytest.raises(OutsideAct):
        seal.save()
    one = sealing.add(actor("regional"), circulated, "نشانی پست در بند ۱ بلوک ۵ است.")
    two = sealing.add(convener, circulated, "پذیرفته شد.")
    assert (one.previous, two.previous, two.number) == (seal.sha256, one.sha256, 2)
    assert all(check.holds for check in sealing.checks(seal))
    assert minutes.signed_hash(Meeting.objects.get(pk=circulated.pk)) == json.loads(seal.content)["body_sha256"]


def test_a_changed_record_is_found_by_the_check(circulated, actor):
    from django.db import connection

    sign_all(circulated, actor)
    seal = sealing.seal(actor("operator"), circulated)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE meetings_decision SET text = 'x' WHERE id = %s", [Decision.objects.first().pk])
    assert [check.holds for check in sealing.checks(seal)].count(False) == 1


def test_who_seals_second_is_told_that_it_is_sealed(circulated, actor, monkeypatch):
    sign_all(circulated, actor)
    prepare, seals = sealing.prepare, []

    def meanwhile(meeting, moment):
        """The other one seals while this one's PDF is being drawn."""
        prepared = prepare(meeting, moment)
        if not seals:
            seals.append(None)
            seals[0] = sealing.seal(actor("operator", "head"), meeting)
        return prepared

    monkeypatch.setattr(sealing, "prepare", meanwhile)
    assert refused(sealing.seal, actor("operator", "secretary"), circulated).code == "sealed"
    assert list(Seal.objects.all()) == seals


def test_other_minutes_sealed_meanwhile_move_this_one_up_the_chain(circulated, world, actor, monkeypatch):
    other = call(world, actor, title="دیگر", points=[actions.Point("یک")])
    circulate(other, world, actor)
    sign_all(other, actor)
    sign_all(circulated, actor)
    prepare, done = sealing.prepare, []

    def meanwhile(meeting, moment):
        prepared = prepare(meeting, moment)
        if not done:
            done.append(True)
            sealing.seal(actor("operator"), other)
        return prepared

    monkeypatch.setattr(sealing, "prepare", meanwhile)
    seal = sealing.seal(actor("operator"), circulated)
    assert seal.position == 2
    assert all(check.holds for check in sealing.checks(seal))


def test_a_due_date_before_the_meeting_is_refused_and_nothing_is_half_written(called, world, actor):
    convener = actor("operator")
    actions.hold(convener, called)
    item = called.items.first()
    draft = actions.MinutesDraft(
        said={item.pk: "گفته شد"},
        decisions=[
            actions.DecisionDraft(item.pk, "درست", world.organisations["regional"], clock.today()),
            actions.DecisionDraft(item.pk, "نادرست", None, clock.today() - dt.timedelta(days=3)),
        ],
    )
    assert "due" in refused(actions.save_minutes, convener, called, draft).message_dict
    item.refresh_from_db()
    assert item.minutes == ""
    assert not Decision.objects.exists()


def test_a_stranger_is_neither_invited_nor_a_debtor(called, world, actor):
    stranger = world.organisations["stranger"]
    fault = refused(
        actions.call, actor("operator"), world.khodro, title="x", place="y", starts_at=clock.now(), parties=[stranger]
    )
    assert "parties" in fault.message_dict
    convener = actor("operator")
    actions.hold(convener, called)
    draft = actions.MinutesDraft(decisions=[actions.DecisionDraft(called.items.first().pk, "کار", stranger)])
    assert "responsible" in refused(actions.save_minutes, convener, called, draft).message_dict


def test_minutes_taken_back_are_countersigned_anew(circulated, world, actor):
    actions.countersign(actor("regional", "head"), circulated, Verdict.OBJECTED, objection="بند ۲ گفته نشد.")
    convener = actor("operator")
    actions.correct(convener, circulated)
    again = actions.circulate(convener, circulated)
    assert again.edition == 2
    assert [each.code for each in actions.waiting_for(again)] == list(PARTIES)
    sign_all(again, actor)
    content = json.loads(sealing.seal(convener, again).content)
    assert {each["verdict"] for each in content["signatures"]} == {"agreed"}


def test_a_stale_draft_of_the_minutes_overwrites_nothing(called, actor):
    convener = actor("operator")
    held = actions.hold(convener, called)
    item = called.items.first()
    actions.save_minutes(convener, called, actions.MinutesDraft(said={item.pk: "اول"}), version=held.version)
    with pytest.raises(Stale):
        actions.save_minutes(convener, called, actions.MinutesDraft(said={item.pk: "دوم"}), version=held.version)
    item.refresh_from_db()
    assert item.minutes == "اول"


def test_an_empty_decision_is_struck_out_and_the_rest_renumbered(called, world, actor):
    convener = actor("operator")
    actions.hold(convener, called)
    item = called.items.first()
    written = [actions.DecisionDraft(item.pk, text) for text in ("یک", "دو", "سه")]
    actions.save_minutes(convener, called, actions.MinutesDraft(decisions=written))
    one, two, three = Decision.objects.order_by("order")
    rows = [actions.DecisionDraft(item.pk, text, pk=each.pk) for each, text in ((one, "یک"), (two, ""), (three, "سه"))]
    actions.save_minutes(convener, called, actions.MinutesDraft(decisions=rows))
    assert [(each.text, each.order) for each in Decision.objects.filter(dropped=False)] == [("یک", 1), ("سه", 2)]


def test_minutes_of_one_alone_do_not_go_out(called, actor):
    convener = actor("operator")
    actions.hold(convener, called)
    alone = {
        each.pk: (Attendance.PRESENT if each.organisation.code == "operator" else Attendance.ABSENT, "")
        for each in called.invitations.all()
    }
    actions.save_minutes(convener, called, actions.MinutesDraft(attendance=alone))
    refused(actions.circulate, convener, called)
    assert Meeting.objects.get(pk=called.pk).state == "drafted"


def test_a_meeting_is_not_held_before_its_day(world, actor):
    meeting = call(world, actor, starts_at=clock.now() + dt.timedelta(days=2), invite=False)
    refused(actions.hold, actor("operator"), meeting)
    assert Meeting.objects.get(pk=meeting.pk).state == "draft"
