"""Whatever people do with a promise, in whatever order: its outcome follows from its dates, and no time is lost."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rasana.portal.apps.commitments import actions, climb
from rasana.portal.apps.commitments.models import OPEN_STATES, Commitment, DueDate, State
from rasana.portal.apps.commitments.selectors import OUTCOMES, conditions, outcome_of
from rasana.portal.base import clock
from rasana.portal.base.actor import actor_of
from rasana.portal.base.audit import first_fault
from rasana.portal.base.ball import ball_events, calendars, effective, time_by_party
from rasana.portal.base.calendar import working_days_between
from rasana.portal.base.ladder import top
from tests.portal.commitments.conftest import TODAY, noon
from tests.portal.conftest import build

DAYS = st.integers(min_value=1, max_value=40)


class Life(RuleBasedStateMachine):
    """A promise between two organisations of one work week, and everything that may be done with it."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.day = TODAY
        self.frozen: Any = None
        self._freeze()
        self.paper, climb.dossier.draw = climb.dossier.draw, lambda *_given, **_named: b"%PDF-1.7 a dossier"

    def teardown(self) -> None:
        climb.dossier.draw = self.paper
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)
        self.frozen.disable()

    def _freeze(self) -> None:
        if self.frozen:
            self.frozen.disable()
        self.frozen = override_settings(RASANA_NOW=noon(self.day))
        self.frozen.enable()

    @initialize(days=DAYS, agreed=st.sampled_from([True, True, True, False]))
    def promise(self, days: int, agreed: bool) -> None:
        self.world: SimpleNamespace = build()
        self.first = TODAY + dt.timedelta(days=days)
        self.commitment = actions.propose(
            self.who("board", "officer"),
            self.world.khodro,
            text="نامه ظرفیت پست داده شود.",
            debtor=self.world.organisations["regional"],
            creditor=self.world.organisations["operator"],
            due=self.first,
        )
        if agreed:
            self.agree("regional")
            self.agree("operator")

    def who(self, code: str, role: str = "head"):
        return actor_of(self.world.people[code, role])

    def now(self) -> Commitment:
        return Commitment.objects.get(pk=self.commitment.pk)

    def trying(self, what) -> None:
        """Do it, or be refused: then nothing has changed."""
        before = self.now().snapshot()
        try:
            with transaction.atomic():
                what()
        except ValidationError:
            assert self.now().snapshot() == before

    @rule(days=st.sampled_from([1, 3, 9, 20, 50, 150]))
    def time_passes(self, days: int) -> None:
        self.day += dt.timedelta(days=days)
        self._freeze()

    @precondition(lambda self: self.stands(State.PROPOSED))
    @rule(code=st.sampled_from(["regional", "operator"]))
    def agree(self, code: str) -> None:
        self.trying(lambda: actions.agree(self.who(code), self.now()))

    @rule(days=st.integers(-5, 60))
    def ask_for_time(self, days: int) -> None:
        later = self.now().due + dt.timedelta(days=days)
        ask = self.who("regional", "expert")
        self.trying(lambda: actions.request_extension(ask, self.now(), new_due=later, reason="نرسیدن تجهیزات"))

    def stands(self, *wanted: str) -> bool:
        return self.now().state in wanted

    @precondition(lambda self: self.now().extensions.filter(state="requested").exists())
    @rule(granted=st.booleans())
    def answer(self, granted: bool) -> None:
        verb = actions.grant if granted else actions.refuse
        self.trying(lambda: verb(self.who("operator"), self.now(), answer="پاسخ"))

    @precondition(lambda self: self.stands(*OPEN_STATES))
    @rule(days_ago=st.sampled_from([0, 0, 0, 1, 5, -1]))
    def deliver(self, days_ago: int) -> None:
        day = self.day - dt.timedelta(days=days_ago)
        given = {"delivered_on": day, "text": "فرستاده شد.", "letter_number": "۱", "letter_date": day}
        self.trying(lambda: actions.deliver(self.who("regional", "expert"), self.now(), **given))

    @precondition(lambda self: self.stands(State.DELIVERED))
    @rule(accepted=st.booleans())
    def judge(self, accepted: bool) -> None:
        verb = actions.verify if accepted else actions.dispute
        self.trying(lambda: verb(self.who("operator"), self.now(), reason="دلیل"))

    @rule(code=st.sampled_from(["regional", "operator"]))
    def open_the_case(self, code: str) -> None:
        actions.opened(self.who(code, "expert"), self.now())

    @rule(name=st.sampled_from(["agree", "answer", "deliver", "judge"]))
    def out_of_turn(self, name: str) -> None:
        turns = {"agree": "operator", "answer": True, "deliver": 0, "judge": True}
        getattr(Life, name)(self, turns[name])

    @rule()
    def the_office_works(self) -> None:
        climb.climb()
        assert climb.climb() == 0

    @invariant()
    def the_first_date_stays_and_the_last_comes_from_the_latest_row(self) -> None:
        commitment, dates = self.now(), list(DueDate.objects.filter(commitment=self.commitment))
        assert commitment.first_due == self.first == dates[0].due
        assert commitment.due == dates[-1].due == max(each.due for each in dates)
        assert all(each.extension.state == "granted" for each in dates[1:])

    @invariant()
    def it_stands_in_one_outcome_which_follows_from_its_dates(self) -> None:
        commitment, today = self.now(), clock.today()
        stands = [key for key, each in conditions(today).items() if Commitment.objects.filter(each).exists()]
        assert stands == [outcome_of(commitment).key]
        event(stands[0])
        outcome = OUTCOMES[stands[0]]
        assert outcome.is_open == (commitment.state in OPEN_STATES)
        if stands == ["broken"]:
            assert today > commitment.due
            assert commitment.step == top()
        if commitment.state == State.CLOSED:
            accepted = commitment.verifications.get(accepted=True)
            late = accepted.delivery.delivered_on > self.first
            assert stands == ["kept_late" if late else "kept_on_time"]

    @invariant()
    def somebody_holds_it_until_it_is_over_and_no_time_is_lost(self) -> None:
        commitment, events = self.now(), ball_events(self.commitment)
        last = effective(events)[-1]
        assert last.holder_id == commitment.holder_id
        assert (commitment.holder is None) == (commitment.state == State.CLOSED)
        by_key = calendars()
        end = clock.day_of(last.happened_at) if last.holder_id is None else clock.today()
        whole = working_days_between(TODAY, end, by_key[commitment.debtor_id])
        assert sum(time_by_party(events, clock.now(), by_key).values()) == whole

    @invariant()
    def the_audit_holds(self) -> None:
        assert first_fault() is None


class TestLife(TestCase):
    """The machine, each run in a transaction that is rolled back."""

    def test_life(self) -> None:
        from hypothesis.stateful import run_state_machine_as_test

        slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
        run_state_machine_as_test(
            Life, settings=settings(max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=slow)
        )
