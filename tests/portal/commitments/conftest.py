"""A promise in every state, by the people who may bring it there, with the clock at hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from rasana.portal.apps.commitments import actions
from rasana.portal.apps.commitments.models import Commitment
from rasana.portal.apps.meetings.models import AgendaItem, Countersignature, Decision, Meeting
from rasana.portal.base import clock
from rasana.portal.base.actor import SYSTEM, actor_of
from rasana.portal.base.audit import Act, _current

TODAY = dt.date(2025, 11, 9)
"""18 Aban 1404, a Sunday."""
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


def noon(day: dt.date) -> dt.datetime:
    """Noon in Tehran."""
    return clock.start_of(day) + dt.timedelta(hours=12)


@contextmanager
def writing() -> Iterator[None]:
    """Rows of other apps put there without their actions."""
    doing = Act(SYSTEM, "fixture", None, None, clock.now())
    token = _current.set(doing)
    try:
        yield
    finally:
        _current.reset(token)
    doing.write()


@pytest.fixture
def today(settings) -> Callable[[dt.date], None]:
    """today(day): it is noon of that day in Tehran. Begins at TODAY."""

    def move(day: dt.date) -> None:
        settings.RASANA_NOW = noon(day)

    move(TODAY)
    return move


@pytest.fixture
def office(world: SimpleNamespace, today) -> SimpleNamespace:
    """The world with shorthands: ``act_as(code, role)``, ``propose(...)``, ``active(...)``, ``decide(...)``."""

    def act_as(code: str, role: str = "head"):
        return actor_of(world.people[code, role])

    def propose(**given) -> Commitment:
        values = {
            "text": "نامه ظرفیت آزاد پست ۶۳/۲۰ تا تاریخ مهلت داده شود.",
            "debtor": world.organisations["regional"],
            "creditor": world.organisations["operator"],
            "due": TODAY + dt.timedelta(days=30),
        } | given
        return actions.propose(act_as("board", "officer"), values.pop("estate", world.khodro), **values)

    def active(**given) -> Commitment:
        commitment = propose(**given)
        for code in ("debtor", "creditor"):
            organisation = getattr(commitment, code)
            commitment = actions.agree(act_as(organisation.code), commitment)
        return commitment

    def deliver(commitment: Commitment, **given):
        values = {
            "delivered_on": clock.today(),
            "text": "نامه فرستاده شد.",
            "letter_number": "۱۴۰۴/۱۲۳",
            "letter_date": clock.today(),
        } | given
        return actions.deliver(act_as(commitment.debtor.code, "officer"), commitment, **values)

    def decide(**given) -> Decision:
        """A sealed decision, countersigned by ``signed`` (operator and regional company)."""
        held = given.pop("held", TODAY - dt.timedelta(days=3))
        state = given.pop("state", "sealed")
        estate = given.pop("estate", world.khodro)
        convener = world.organisations[given.pop("convener", "operator")]
        signed = given.pop("signed", ("operator", "regional"))
        subject = given.pop("subject", None)
        with writing():
            number = Meeting.objects.filter(estate=estate).count() + 1
            meeting = Meeting(
                estate=estate, number=number, title="جلسه برق", place="قم", starts_at=noon(held),
                convener=convener, state=state, edition=1, search_key="",
            )  # fmt: skip
            meeting.save()
            item = AgendaItem(meeting=meeting, order=1, title="برق شهرک")
            if subject is not None:
                item.subject_type, item.subject_id = subject._meta.label, subject.pk
            item.save()
            values = {
                "text": "مقرر شد ظرفیت پست تا پایان آذر اعلام شود.",
                "responsible": world.organisations["regional"],
                "due": TODAY + dt.timedelta(days=20),
            } | given
            decision = Decision(estate=estate, meeting=meeting, item=item, order=1, **values)
            decision.save()
            for code in signed:
                Countersignature(
                    meeting=meeting, edition=1, organisation=world.organisations[code], verdict="agreed",
                    sha256="0" * 64, happened_at=noon(held),
                ).save()  # fmt: skip
        return decision

    def photo(name: str = "photo.png") -> SimpleUploadedFile:
        return SimpleUploadedFile(name, PNG, content_type="image/png")

    return SimpleNamespace(
        **vars(world), act_as=act_as, propose=propose, active=active, deliver=deliver, decide=decide, photo=photo
    )
