"""Questions about commitments. Whether a promise is kept, late or broken is computed here, from dates and today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from rasana.portal.apps.commitments.models import OPEN_STATES, Commitment, State
from rasana.portal.apps.estates.search import has_words, key_of
from rasana.portal.base import clock, persian
from rasana.portal.base.actor import Actor
from rasana.portal.base.ladder import top
from rasana.portal.base.people import Estate, Organisation

DUE_SOON = timedelta(days=14)


@dataclass(frozen=True)
class Outcome:
    """How a promise stands: its key, word and status of the design, and whether the debtor still owes."""

    key: str
    word: str | Promise
    tone: str
    is_open: bool


OUTCOMES: dict[str, Outcome] = {
    outcome.key: outcome
    for outcome in (
        Outcome("broken", pgettext_lazy("promise", "broken"), "broken", True),
        Outcome("overdue", pgettext_lazy("promise", "overdue"), "late", True),
        Outcome("extended", pgettext_lazy("promise", "late, on an extended date"), "late", True),
        Outcome("due_soon", pgettext_lazy("promise", "due soon"), "risk", True),
        Outcome("on_track", pgettext_lazy("promise", "in time"), "plan", True),
        Outcome("delivered", pgettext_lazy("promise", "delivered, waits for verification"), "plan", False),
        Outcome("proposed", pgettext_lazy("promise", "proposed"), "wait", False),
        Outcome("kept_on_time", pgettext_lazy("promise", "kept on time"), "live", False),
        Outcome("kept_late", pgettext_lazy("promise", "kept late"), "risk", False),
        Outcome("void", pgettext_lazy("promise", "void by a later decision"), "hidden", False),
    )
}
"""Every commitment stands in exactly one of these on a given day."""

LATE = ("broken", "overdue", "extended")
"""Outcomes past the first due date whose debtor still owes."""


def conditions(today: date) -> dict[str, Q]:
    """What each outcome means in dates, as conditions that exclude each other and leave nothing out."""
    owes, passed = Q(state__in=OPEN_STATES), Q(last_day__lt=today)
    first_passed = Q(first_last_day__lt=today)
    soon = Q(last_day__lte=today + DUE_SOON)
    in_time = Q(delivered_on__lte=F("first_last_day"))
    return {
        "broken": owes & passed & Q(step__gte=top()),
        "overdue": owes & passed & Q(step__lt=top()),
        "extended": owes & ~passed & first_passed,
        "due_soon": owes & ~passed & ~first_passed & soon,
        "on_track": owes & ~passed & ~first_passed & ~soon,
        "delivered": Q(state=State.DELIVERED),
        "proposed": Q(state=State.PROPOSED),
        "kept_on_time": Q(state=State.CLOSED) & in_time,
        "kept_late": Q(state=State.CLOSED) & ~in_time,
        "void": Q(state=State.VOID),
    }


def with_outcome(commitments: QuerySet[Commitment], today: date | None = None) -> QuerySet[Commitment]:
    """The same, each with its ``outcome_key``, computed by the database."""
    branches = [When(condition, then=Value(key)) for key, condition in conditions(today or clock.today()).items()]
    return commitments.annotate(outcome_key=Case(*branches, output_field=CharField()))


def outcome_of(commitment: Commitment, today: date | None = None) -> Outcome:
    """The outcome of one record in hand, by the same rule."""
    day = today or clock.today()
    if commitment.state == State.CLOSED:
        assert commitment.delivered_on is not None  # noqa: S101 - a constraint of the table holds it
        return OUTCOMES["kept_on_time" if commitment.delivered_on <= commitment.first_last_day else "kept_late"]
    if commitment.state not in OPEN_STATES:
        return OUTCOMES[str(commitment.state)]
    if commitment.last_day < day:
        return OUTCOMES["broken" if commitment.step >= top() else "overdue"]
    if commitment.first_last_day < day:
        return OUTCOMES["extended"]
    return OUTCOMES["due_soon" if commitment.last_day <= day + DUE_SOON else "on_track"]


def visible(actor: Actor) -> QuerySet[Commitment]:
    """Commitments of the estates in which the actor's organisation is a party."""
    if actor.is_system:
        return Commitment.objects.all()
    return Commitment.objects.filter(estate__in=actor.estate_ids)


@dataclass(frozen=True)
class Filters:
    """What the register is narrowed to; empty means all. Organisations and estates by their codes."""

    estate: str = ""
    outcome: str = ""
    debtor: str = ""
    creditor: str = ""
    text: str = ""


def narrowed(commitments: QuerySet[Commitment], filters: Filters) -> QuerySet[Commitment]:
    """By all filters but the outcome. A number finds the commitment of that number."""
    if filters.estate:
        commitments = commitments.filter(estate__code=filters.estate)
    if filters.debtor:
        commitments = commitments.filter(debtor__code=filters.debtor)
    if filters.creditor:
        commitments = commitments.filter(creditor__code=filters.creditor)
    if filters.text:
        number = persian.ascii_digits(filters.text.strip())
        wanted = has_words(key_of(filters.text))
        if number.isdecimal() and len(number) <= 9:
            wanted |= Q(number=int(number))
        commitments = commitments.filter(wanted)
    return commitments


def counts(commitments: QuerySet[Commitment], today: date) -> dict[str, int]:
    """How many stand in each outcome. One statement."""
    rows = with_outcome(commitments.order_by(), today).values_list("outcome_key").annotate(Count("pk"))
    return dict.fromkeys(OUTCOMES, 0) | dict(rows)


def register(commitments: QuerySet[Commitment], outcome: str, today: date) -> QuerySet[Commitment]:
    """The rows of the register: what is late first by its first due date, else the newest first."""
    if outcome in OUTCOMES:
        commitments = commitments.filter(conditions(today)[outcome])
    order = ("first_due", "pk") if outcome in LATE else ("last_day", "pk") if outcome == "due_soon" else ("-pk",)
    return commitments.order_by(*order)


def rows_of(keys: QuerySet[Commitment]) -> list[Commitment]:
    """The rows of one page of the register, in its order.

    First the keys alone, which an index gives without reading a row, then the rows with what stands in them: a page
    far down the register costs little more than the first.
    """
    wanted = list(keys.values_list("pk", flat=True))
    found = Commitment.objects.select_related("estate", "debtor", "creditor").in_bulk(wanted)
    return [found[pk] for pk in wanted]


def promise_record(commitments: QuerySet[Commitment], today: date) -> list[dict[str, Any]]:
    """For each debtor what became of its promises: a row with ``organisation`` and a count by outcome. Two statements.

    Counts, no shares: a share of three promises says nothing.
    """
    sums = {key: Count("pk", filter=condition) for key, condition in conditions(today).items()}
    rows = list(commitments.order_by().values("debtor").annotate(total=Count("pk"), **sums))
    organisations = Organisation.objects.in_bulk([row["debtor"] for row in rows])
    for row in rows:
        row["organisation"] = organisations[row["debtor"]]
    return sorted(rows, key=lambda row: (-row["broken"], -row["overdue"] - row["extended"], row["debtor"]))


def overdue(estate: Estate, today: date | None = None) -> QuerySet[Commitment]:
    """What is overdue or broken in an estate, the oldest first due date first."""
    day = today or clock.today()
    late = Q(state__in=OPEN_STATES, last_day__lt=day)
    found = Commitment.objects.filter(late, estate=estate).select_related("estate", "debtor", "creditor")
    return with_outcome(found, day).order_by("first_due", "pk")


def parties_of(estates: Iterable[int]) -> list[Organisation]:
    """Organisations that are parties in some of these estates, for a filter's choices."""
    return list(Organisation.objects.filter(party_rows__estate__in=list(estates)).distinct())
