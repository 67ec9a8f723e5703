"""How a promise is made: proposed by hand or of a sealed decision, and agreed by both organisations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.translation import gettext as _

from rasana.portal.apps.commitments import checks
from rasana.portal.apps.commitments.models import Commitment, Deliverable, DueDate, EvidenceRule, State
from rasana.portal.apps.commitments.passing import link_rows, noon, pass_on, save_and_pass
from rasana.portal.apps.meetings.models import Countersignature, Decision, Verdict
from rasana.portal.base import clock, persian
from rasana.portal.base.access_table import HEADS
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import act, current
from rasana.portal.base.ball import calendars
from rasana.portal.base.calendar import WorkCalendar, add_working_days
from rasana.portal.base.people import Estate, Organisation
from rasana.portal.base.record import Record


def last_day(due: date, calendar: WorkCalendar | None) -> date:
    """The last day on which delivery is in time: the due date, or on a working-day clock the next working day."""
    return due if calendar is None or calendar.is_working(due) else add_working_days(due, 1, calendar)


def propose(
    actor: Actor,
    estate: Estate,
    *,
    text: str,
    debtor: Organisation | None,
    creditor: Organisation | None,
    due: date | None,
    promised_on: date | None = None,
    deliverable: str = Deliverable.WORKS,
    evidence_rule: str = EvidenceRule.LETTER,
    evidence_note: str = "",
    clock_of: Organisation | None = None,
    decision: Decision | None = None,
    behind: Iterable[Record] = (),
    happened_at: datetime | None = None,
    invented: bool = False,
    source: str = "",
) -> Commitment:
    """Write down a promise. It is active at once when both organisations have countersigned the decision it is from.

    Raises:
        ValidationError: by field: nothing promised, nobody owes it, debtor is creditor, a due date before the promise,
            minutes that are not sealed, anything of another estate.
    """
    promised = promised_on or (
        checks.day_of_decision(decision) if decision else clock.day_of(happened_at or clock.now())
    )
    waits_behind = list(behind)
    checks.proposal(estate, text, debtor, creditor, due, promised, clock_of, decision, waits_behind)
    assert debtor is not None  # noqa: S101 - all three are checked
    assert creditor is not None  # noqa: S101
    assert due is not None  # noqa: S101
    calendar = calendars()[clock_of.pk] if clock_of else None
    last = last_day(due, calendar)
    draft = Commitment(
        estate=estate,
        decision=decision,
        debtor=debtor,
        creditor=creditor,
        text=text,
        deliverable=deliverable,
        evidence_rule=evidence_rule,
        evidence_note=evidence_note,
        clock_of=clock_of,
        promised_on=promised,
        first_due=due,
        first_last_day=last,
        due=due,
        last_day=last,
        holder_since=promised,
        search_key=persian.search_key(text, evidence_note),
        invented=invented,
        source=source,
    )
    with act(actor, "commitment.make", None, estate=estate, happened_at=happened_at):
        return _write(actor, draft, waits_behind, happened_at)


def _write(actor: Actor, draft: Commitment, behind: list[Record], happened_at: datetime | None) -> Commitment:
    """The promise with its number, its first due date and what waits behind it; the ball to who must act."""
    agreed = _agreed(actor, draft.estate, draft.decision, draft.promised_on)
    draft.number = _next_number(draft.estate)
    _refuse_second(draft.decision)
    draft.debtor_agreed_on, draft.creditor_agreed_on = agreed.get(draft.debtor_id), agreed.get(draft.creditor_id)
    _settle(draft)
    draft.save()
    DueDate(commitment=draft, due=draft.due, set_on=draft.promised_on).save()
    promised_now = draft.promised_on == clock.today()
    pass_on(draft, "made", happened_at or (current().at if promised_now else noon(draft.promised_on)))
    link_rows(draft, behind)
    return draft


def from_decision(actor: Actor, decision: Decision, *, happened_at: datetime | None = None) -> Commitment:
    """The promise that a sealed decision is: its words, who owes it, its due date; owed to who called the meeting.

    Raises:
        ValidationError: what the decision lacks, by field; that a commitment was made of it already.
    """
    _refuse_second(decision)
    return propose(
        actor,
        decision.estate,
        text=decision.text,
        debtor=decision.responsible,
        creditor=checks.creditor_of(decision),
        due=decision.due,
        decision=decision,
        behind=checks.behind(decision),
        happened_at=happened_at,
        invented=decision.invented,
        source=decision.source,
    )


def agree(
    actor: Actor, commitment: Commitment, *, version: int | None = None, happened_at: datetime | None = None
) -> Commitment:
    """A head of debtor or creditor agrees for his organisation; with both the promise is active.

    Raises:
        ValidationError: not a proposal any more, or agreed by this organisation already.
    """
    with act(actor, "commitment.agree", commitment, version=version, happened_at=happened_at) as fresh:
        checks.state(fresh, (State.PROPOSED,))
        side = "debtor" if actor.organisation == fresh.debtor else "creditor"
        if getattr(fresh, f"{side}_agreed_on"):
            raise ValidationError(_("Your organisation has agreed already."))
        setattr(fresh, f"{side}_agreed_on", clock.day_of(happened_at or current().at))
        _settle(fresh)
        save_and_pass(fresh, "active" if fresh.state == State.ACTIVE else "agreed", happened_at)
    return fresh


def _refuse_second(decision: Decision | None) -> None:
    """One decision is one promise; asked again once nobody else can make one."""
    made = Commitment.objects.filter(decision=decision).first() if decision is not None else None
    if made is not None:
        sentence = _("Commitment %(number)s was made of this decision.") % {"number": made.number_shown}
        raise ValidationError({"decision": sentence})


def _next_number(estate: Estate) -> int:
    Estate.objects.select_for_update().get(pk=estate.pk)
    return (Commitment.objects.filter(estate=estate).aggregate(last=Max("number"))["last"] or 0) + 1


def _agreed(actor: Actor, estate: Estate, decision: Decision | None, promised: date) -> dict[int, date]:
    """Organisations that have agreed already, and when: by countersigning the decision, or as the head who proposes."""
    found = {}
    if actor.organisation is not None and actor.roles(estate) & HEADS:
        found[actor.organisation.pk] = promised
    if decision is not None:
        signed = Countersignature.objects.filter(
            meeting=decision.meeting_id, edition=decision.meeting.edition, verdict=Verdict.AGREED
        )
        found |= {each.organisation_id: clock.day_of(each.happened_at) for each in signed}
    return found


def _settle(commitment: Commitment) -> None:
    """State and holder of a promise that is not yet, or just, agreed."""
    if commitment.debtor_agreed_on and commitment.creditor_agreed_on:
        commitment.state, commitment.holder = State.ACTIVE, commitment.debtor
    else:
        commitment.holder = commitment.creditor if commitment.debtor_agreed_on else commitment.debtor
