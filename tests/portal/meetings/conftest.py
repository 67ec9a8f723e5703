"""Meetings in three states: called, out for countersignature, sealed."""

from __future__ import annotations

import datetime as dt

import pytest

from rasana.portal.apps.meetings import actions, sealing
from rasana.portal.apps.meetings.models import Verdict
from rasana.portal.base import clock

PARTIES = ("operator", "regional", "distribution", "governor")


@pytest.fixture(autouse=True)
def quick_pdf(request, monkeypatch):
    """Drawing a PDF takes a second: only tests that look at one (they ask for ``drawn``) have it drawn."""
    if "drawn" not in request.fixturenames:
        monkeypatch.setattr(sealing, "render", lambda template, context: b"%PDF-1.7 " + context["sha256"].encode())


@pytest.fixture
def drawn():
    """PDFs are really drawn."""


def call(world, actor, estate=None, **changes):
    """A meeting of four parties, called by the operator for this morning."""
    values = {
        "title": "برق فاز ۲",
        "place": "دفتر سازمان",
        "starts_at": clock.now() - dt.timedelta(hours=2),
        "parties": [world.organisations[code] for code in PARTIES],
        "points": [actions.Point("پست ۶۳/۲۰"), actions.Point("حریم خط")],
        "invite": True,
    }
    return actions.call(actor("operator"), estate or world.khodro, **(values | changes))


def circulate(meeting, world, actor):
    """Hold it, write one decision under each point, send the minutes out."""
    convener = actor("operator")
    actions.hold(convener, meeting)
    due = clock.today() + dt.timedelta(days=30)
    decisions = [
        actions.DecisionDraft(item.pk, f"کار {item.order}", world.organisations["regional"], due)
        for item in meeting.items.all()
    ]
    actions.save_minutes(convener, meeting, actions.MinutesDraft(decisions=decisions))
    return actions.circulate(convener, meeting)


def sign_all(meeting, actor, objecting=()):
    """Every organisation's word."""
    for code in PARTIES:
        objects = code in objecting
        actions.countersign(
            actor(code, "head"),
            meeting,
            Verdict.OBJECTED if objects else Verdict.AGREED,
            objection="مهلت بند ۱ شدنی نیست." if objects else "",
        )


@pytest.fixture
def called(world, actor):
    """Invitations are out."""
    return call(world, actor)


@pytest.fixture
def circulated(called, world, actor):
    """Two decisions, out for countersignature."""
    return circulate(called, world, actor)


@pytest.fixture
def sealed(circulated, actor):
    """Sealed with one objection."""
    sign_all(circulated, actor, objecting=("regional",))
    sealing.seal(actor("operator"), circulated)
    circulated.refresh_from_db()
    return circulated
