"""Every write has its line; the chain finds every change; nobody overwrites what he has not seen."""

from __future__ import annotations

import pytest
from django.db import connection

from rasana.portal.base.access import NotAllowed, NotThere
from rasana.portal.base.audit import AuditLine, act, as_known, current, first_fault
from rasana.portal.base.people import Estate
from rasana.portal.base.record import OutsideAct, Stale

pytestmark = pytest.mark.django_db


def test_nobody_writes_without_acting(world):
    estate = Estate.objects.get(code="khodro")
    with pytest.raises(OutsideAct):
        estate.save()
    for refused in (lambda: Estate.objects.update(name_fa="x"), lambda: Estate.objects.all().delete(), estate.delete):
        with pytest.raises(OutsideAct):
            refused()


def test_an_act_writes_one_line_with_before_and_after(world, actor):
    with act(actor("operator", "head"), "estate.manage", world.khodro) as estate:
        estate.label_en = "a reconstruction"
        estate.save()
    line = AuditLine.objects.latest("number")
    assert (line.action, line.subject_id, line.organisation) == ("estate.manage", world.khodro.pk, "operator")
    assert line.changes[0]["before"]["label_en"] == ""
    assert line.changes[0]["after"] == {"label_en": "a reconstruction", "version": 2}
    assert first_fault() is None


def test_what_is_refused_leaves_nothing(world, actor):
    count = AuditLine.objects.count()

    def half() -> None:
        with act(actor("operator", "head"), "estate.manage", world.khodro) as estate:
            estate.label_en = "half done"
            estate.save()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert AuditLine.objects.count() == count
    assert Estate.objects.get(code="khodro").label_en == ""
    with pytest.raises(OutsideAct):
        current()


def test_a_stale_version_is_refused(world, actor):
    one, two = Estate.objects.get(code="khodro"), Estate.objects.get(code="khodro")
    with act(actor("operator", "head"), "estate.manage", one, version=one.version) as estate:
        estate.label_en = "first"
        estate.save()
    with pytest.raises(Stale), act(actor("operator", "head"), "estate.manage", two, version=two.version):
        pass

    def blindly() -> None:
        with act(actor("operator", "head"), "estate.manage", None, estate=two):
            two.label_en = "second"
            two.save()

    with pytest.raises(Stale):
        blindly()
    assert Estate.objects.get(code="khodro").label_en == "first"


def test_strangers_see_nothing_and_viewers_change_nothing(world, actor):
    with pytest.raises(NotThere), act(actor("stranger", "head"), "estate.manage", world.khodro):
        pass
    with pytest.raises(NotAllowed), act(actor("operator", "viewer"), "estate.manage", world.khodro):
        pass


@pytest.mark.parametrize(
    "damage",
    ["DELETE FROM base_auditline WHERE number = 1", "UPDATE base_auditline SET person_label = 'x' WHERE number = 1"],
)
def test_the_chain_finds_a_changed_or_missing_line(world, actor, damage):
    with act(actor("operator", "head"), "estate.manage", world.khodro) as estate:
        estate.label_en = "a"
        estate.save()
    with connection.cursor() as cursor:
        cursor.execute(damage)
    assert first_fault() is not None


def test_a_record_as_it_was_known_then(world, actor):
    with act(actor("operator", "head"), "estate.manage", world.khodro) as estate:
        estate.label_en = "then"
        estate.save()
    moment = AuditLine.objects.latest("number").at
    with act(actor("operator", "head"), "estate.manage", estate) as estate:
        estate.label_en = "now"
        estate.save()
    assert as_known(estate, moment)["label_en"] == "then"
