"""Who acts: the own roles, those lent by a colleague until a date, and the estates they hold in."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rasana.portal.base import clock
from rasana.portal.base.actor import SYSTEM, actor_of
from rasana.portal.base.audit import Act, _current
from rasana.portal.base.people import Delegation

pytestmark = pytest.mark.django_db


@pytest.fixture
def lent(world):
    """The head of the operator lends his roles to the expert for today."""
    doing = Act(SYSTEM, "fixture", None, None, clock.now())
    token = _current.set(doing)
    today = clock.today()
    delegation = Delegation(
        giver=world.people["operator", "head"], taker=world.people["operator", "expert"],
        starts=today, ends=today, reason="leave",
    )  # fmt: skip
    delegation.save()
    yield delegation
    _current.reset(token)


def test_a_lent_role_holds_until_its_date_and_names_the_giver(lent, world):
    expert = world.people["operator", "expert"]
    acting = actor_of(expert)
    assert acting.roles(world.khodro) == {"expert", "head"}
    assert acting.on_behalf_of == world.people["operator", "head"]
    lent.ends = lent.starts = clock.today() - dt.timedelta(days=1)
    lent.save()
    assert actor_of(expert).roles(world.khodro) == {"expert"}
    assert actor_of(expert).on_behalf_of is None


def test_the_estates_are_read_along(world):
    with CaptureQueriesContext(connection) as asked:
        acting = actor_of(world.people["operator", "expert"])
        assert acting.estates == [world.khodro, world.sonuf]
    assert acting.estate_ids == {world.khodro.pk, world.sonuf.pk}
    assert len(asked) == 2
