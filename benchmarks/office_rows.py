"""A full register: the rows that the load is measured on, entered within acts as all rows are."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

AT_ONCE = 500
SEED = 20_000
SURNAMES = ("رضایی", "محمدی", "حسینی", "احمدی", "کریمی", "موسوی", "جعفری", "قاسمی", "اکبری", "یزدی", "کاظمی", "هاشمی")
TRADES = ("کابینت‌سازی", "صافکاری", "مکانیکی", "درودگری", "آهنگری", "تراشکاری", "نقاشی خودرو", "ریخته‌گری")
STEPS = {
    "demand": (*(f"B{n}" for n in range(2, 15)), "energised", "energised", "waiting_for_block", "refused"),
    "ampere": ("B5", "B10", "B11", "B13", "B14", "energised", "energised", "waiting_for_block", "withdrawn"),
}


def requests(count: int = 20_000) -> dict[str, Any]:
    """So many connection requests over all plots, in every step."""
    from rasana.portal.apps.connections import stages
    from rasana.portal.apps.connections.models import Request
    from rasana.portal.apps.connections.passing import searchable
    from rasana.portal.apps.estates.models import Plot
    from rasana.portal.base.people import Organisation

    plots = list(Plot.objects.select_related("estate").order_by("id"))
    organisations = {each.kind: each for each in Organisation.objects.all()}
    numbers: dict[int, int] = {}
    chance = random.Random(SEED)

    def make(_number: int, moment: dt.datetime) -> Request:
        plot = chance.choice(plots)
        numbers[plot.estate_id] = numbers.get(plot.estate_id, 0) + 1
        supply_class = chance.choice(tuple(STEPS))
        stage = chance.choice(STEPS[supply_class])
        acts = stages.stage(supply_class, stage).acts
        day = moment.date() - dt.timedelta(days=chance.randrange(900))
        power = {"power_kw": 30.0 + chance.randrange(200)} if supply_class == "demand" else {"amperes": 32}
        request = Request(
            estate=plot.estate, number=numbers[plot.estate_id], plot=plot, supply_class=supply_class, stage=stage,
            applicant_name=f"{chance.choice(TRADES)} {chance.choice(SURNAMES)} {chance.randrange(999)}",
            registered_on=day, completed_on=day if chance.random() < 0.8 else None, stage_since=moment,
            stage_before="B10" if stage == "waiting_for_block" else "", invented=True, created_at=moment,
            holder=organisations.get(acts), with_applicant=acts == "applicant", **power,
        )  # fmt: skip
        request.search_key = searchable(request)
        return request

    _enter(Request, count, make)
    return {"requests": Request.objects.count()}


def problems(count: int = 600) -> dict[str, Any]:
    """So many problems in every state."""
    from rasana.portal.apps.problems.models import Problem, ProblemKind, ProblemState
    from rasana.portal.base import persian
    from rasana.portal.base.people import Estate, Organisation

    estates, parties = list(Estate.objects.all()), list(Organisation.objects.all())
    chance = random.Random(SEED)

    def make(number: int, moment: dt.datetime) -> Problem:
        title = f"{chance.choice(TRADES)} بلوک {number % 20 + 1} برق ندارد"
        return Problem(
            estate=estates[number % len(estates)], number=number // len(estates) + 1, title=title,
            kind=chance.choice(ProblemKind.values), severity=chance.randrange(1, 5), reporter=chance.choice(parties),
            holder=chance.choice(parties), state=chance.choice(ProblemState.values), state_since=moment,
            reported_at=moment, search_key=persian.search_key(title), invented=True, created_at=moment,
        )  # fmt: skip

    _enter(Problem, count, make)
    return {"problems": Problem.objects.count()}


def commitments(count: int = 600) -> dict[str, Any]:
    """So many commitments: kept, late, under way."""
    from rasana.portal.apps.commitments.models import Commitment, State
    from rasana.portal.base import persian
    from rasana.portal.base.people import Estate, Organisation

    estates, parties = list(Estate.objects.all()), list(Organisation.objects.all())
    chance = random.Random(SEED)

    def make(number: int, moment: dt.datetime) -> Commitment:
        debtor, creditor = chance.sample(parties, 2)
        due = moment.date() + dt.timedelta(days=chance.randrange(-300, 200))
        promised = due - dt.timedelta(days=90)
        closed = chance.random() < 0.4
        end = due + dt.timedelta(days=chance.randrange(-10, 30)) if closed else None
        text = f"پست {number} تا پایان مهلت برق‌دار می‌شود"
        return Commitment(
            estate=estates[number % len(estates)], number=number // len(estates) + 1, debtor=debtor, creditor=creditor,
            text=text, promised_on=promised, first_due=due, first_last_day=due, due=due, last_day=due,
            state=State.CLOSED if closed else State.ACTIVE, debtor_agreed_on=promised, creditor_agreed_on=promised,
            delivered_on=end, closed_on=end, holder=None if closed else debtor, holder_since=promised,
            search_key=persian.search_key(text), invented=True, created_at=moment,
        )  # fmt: skip

    _enter(Commitment, count, make)
    return {"commitments": Commitment.objects.count()}


def _enter(kind: Any, count: int, make: Callable[[int, dt.datetime], Any]) -> None:
    """Rows, some hundred an act."""
    from rasana.portal.base.actor import SYSTEM
    from rasana.portal.base.audit import act, current

    for first in range(0, count, AT_ONCE):
        with act(SYSTEM, "story.tell"):
            moment = current().at
            kind.objects.load([make(number, moment) for number in range(first, min(first + AT_ONCE, count))])


VERBS: dict[str, Callable[..., dict[str, Any]]] = {
    "requests": requests,
    "problems": problems,
    "commitments": commitments,
}
