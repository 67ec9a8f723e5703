"""What the office does by itself: climb the ladder, and count working-day due dates again when a holiday moved.

Both can be run as often as one likes: what is done is found done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Exists, OuterRef, Q, QuerySet

from rasana.portal.apps.commitments import dossier
from rasana.portal.apps.commitments.making import last_day
from rasana.portal.apps.commitments.models import OPEN_STATES, Cause, Commitment, Escalation, Opening, State
from rasana.portal.apps.commitments.words import escalated
from rasana.portal.base import clock
from rasana.portal.base.actor import SYSTEM, Actor
from rasana.portal.base.audit import act
from rasana.portal.base.ball import calendars
from rasana.portal.base.calendar import WorkCalendar, add_working_days, working_days_between
from rasana.portal.base.files import Attachment, attach
from rasana.portal.base.jobs import job
from rasana.portal.base.ladder import Step, ladder, top
from rasana.portal.base.notify import notify
from rasana.portal.base.people import Organisation
from rasana.portal.base.record import Stale

HOLDING = (State.PROPOSED, State.DELIVERED, *OPEN_STATES)
"""States in which someone must act, and can be silent."""
RELATED = ("estate", "debtor", "creditor", "holder")


@dataclass(frozen=True)
class Climb:
    """Steps that a commitment must climb now, for one reason."""

    commitment: Commitment
    cause: str
    counted_from: date
    steps: tuple[Step, ...]
    calendar: WorkCalendar

    def days_of(self, step: Step) -> int:
        """Working days at which a step is reached."""
        return step.overdue_working_days if self.cause == Cause.OVERDUE else step.silence_working_days or 0

    def reached_on(self, step: Step) -> date:
        """The day on which a step was reached, which may be before today when the office was not running."""
        return add_working_days(self.counted_from, self.days_of(step), self.calendar)


def silent(commitments: QuerySet[Commitment]) -> QuerySet[Commitment]:
    """Those that their holder has not opened since they came to him."""
    openings = Opening.objects.filter(
        commitment=OuterRef("pk"), organisation=OuterRef("holder"), opened_on__gte=OuterRef("holder_since")
    )
    return commitments.filter(~Exists(openings), state__in=HOLDING, holder__isnull=False)


def overdue_climbs(today: date, by_key: dict[int, WorkCalendar]) -> Iterator[Climb]:
    """What must be climbed because a due date has passed. One statement, however many commitments there are."""
    late = Q(state__in=OPEN_STATES, last_day__lt=today, step__lt=top())
    for commitment in Commitment.objects.filter(late).select_related(*RELATED).order_by("pk"):
        calendar = by_key[commitment.clock_of_id or commitment.debtor_id]
        days = working_days_between(commitment.last_day, today, calendar)
        steps = tuple(each for each in ladder() if commitment.step < each.number and each.overdue_working_days <= days)
        if steps:
            yield Climb(commitment, Cause.OVERDUE, commitment.last_day, steps, calendar)


def silent_climbs(today: date, by_key: dict[int, WorkCalendar]) -> Iterator[Climb]:
    """What must be climbed because the holder has not opened the case since it came to him. One statement."""
    least = min((each.silence_working_days for each in ladder() if each.silence_working_days), default=0)
    quiet = silent(Commitment.objects.filter(holder_since__lte=today - timedelta(days=least)))
    for commitment in quiet.select_related(*RELATED).order_by("pk"):
        calendar = by_key[commitment.holder_id or 0]
        days = working_days_between(commitment.holder_since, today, calendar)
        steps = tuple(
            each
            for each in ladder()
            if commitment.silent_step < each.number and each.silence_working_days and each.silence_working_days <= days
        )
        if steps:
            yield Climb(commitment, Cause.SILENCE, commitment.holder_since, steps, calendar)


def climb(actor: Actor = SYSTEM, today: date | None = None) -> int:
    """Climb every step that is due, tell the roles that the ladder names, and build each climb's dossier.

    Steps passed while the office was not running are written with the day on which they were reached; the dossier
    belongs to the highest one, for it shows the case as it stands now. Returns the number of steps climbed.
    """
    day, by_key = today or clock.today(), calendars()
    return sum(_climb(actor, each, day) for find in (overdue_climbs, silent_climbs) for each in list(find(day, by_key)))


def _climb(actor: Actor, due: Climb, today: date) -> int:
    paper = dossier.draw(due.commitment, due.steps[-1], today=today)
    try:
        with act(actor, "commitment.escalate", due.commitment, version=due.commitment.version) as fresh:
            title = dossier.title(fresh, due.steps[-1])
            upload = SimpleUploadedFile("dossier.pdf", paper, content_type="application/pdf")
            kept = attach(fresh, upload, title=title)
            for step in due.steps:
                _write(fresh, due, step, kept if step is due.steps[-1] else None)
            name = "step" if due.cause == Cause.OVERDUE else "silent_step"
            setattr(fresh, name, due.steps[-1].number)
            fresh.save()
    except Stale:  # someone has just acted on it: the next run looks again
        return 0
    return len(due.steps)


def _write(commitment: Commitment, due: Climb, step: Step, paper: Attachment | None) -> None:
    is_silence = due.cause == Cause.SILENCE
    Escalation(
        commitment=commitment,
        step=step.number,
        cause=due.cause,
        silent=commitment.holder if is_silence else None,
        counted_from=due.counted_from,
        working_days=due.days_of(step),
        reached_on=due.reached_on(step),
        dossier=paper,
    ).save()
    told = {commitment.debtor, commitment.creditor}
    told |= set(Organisation.objects.filter(party_rows__estate=commitment.estate_id, kind__in=step.kinds))
    text_fa, text_en = escalated(commitment, step, due.days_of(step), is_silence=is_silence)
    notify(
        sorted(told, key=lambda each: each.pk),
        commitment,
        address=commitment.get_absolute_url(),
        text_fa=text_fa,
        text_en=text_en,
        roles=step.roles,
    )


def restate(actor: Actor = SYSTEM) -> int:
    """Count the last days of open promises on a working-day clock again; the agreed dates stay.

    Returns how many moved.
    """
    by_key = calendars()
    moved = 0
    on_working_days = Commitment.objects.filter(state__in=HOLDING, clock_of__isnull=False)
    for commitment in on_working_days.select_related("estate"):
        calendar = by_key[commitment.clock_of_id or 0]
        last = last_day(commitment.due, calendar)
        first = last_day(commitment.first_due, calendar)
        if (last, first) == (commitment.last_day, commitment.first_last_day):
            continue
        with act(actor, "commitment.restate", commitment) as fresh:
            fresh.last_day, fresh.first_last_day = last, first
            fresh.save()
        moved += 1
    return moved


@job("commitments.climb", every=timedelta(hours=1))
def hourly() -> None:
    """Due dates counted again, then the ladder."""
    restate()
    climb()
