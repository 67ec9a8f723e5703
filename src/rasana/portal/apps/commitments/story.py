"""A commitment with all that happened to it, read in a bounded number of statements, for its page and dossier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from rasana.portal.apps.commitments.axis import Axis, axis_of
from rasana.portal.apps.commitments.checks import said
from rasana.portal.apps.commitments.models import (
    OPEN_STATES,
    Cause,
    Commitment,
    CommitmentLink,
    Delivery,
    Escalation,
    Extension,
    ExtensionState,
    State,
)
from rasana.portal.apps.commitments.selectors import Outcome, outcome_of
from rasana.portal.apps.estates.models import Plot
from rasana.portal.apps.problems.models import Problem
from rasana.portal.base import clock
from rasana.portal.base.ball import Applicant, BallEvent, ball_events, ball_shares, calendars
from rasana.portal.base.calendar import WorkCalendar, add_working_days, working_days_between
from rasana.portal.base.files import Attachment
from rasana.portal.base.ladder import Step, ladder, top
from rasana.portal.base.people import Organisation
from rasana.portal.base.persian import format_number, is_persian
from rasana.portal.base.record import record_kind

PLOTS_SHOWN = 12


@dataclass(frozen=True)
class Event:
    """One thing that happened, as the timeline tag takes it."""

    when: date
    text: str
    status: str
    detail: str = ""
    organisation: str = ""
    recorded: datetime | None = None
    order: tuple[float, int] = (0.0, 0)
    """Of events of one day: the moment, and the order of recording."""


@dataclass(frozen=True)
class Rung:
    """A step of the ladder as it stands for a commitment."""

    step: Step
    place: str
    """past, here or next."""

    reached_on: date | None
    expected_on: date | None
    dossier: Attachment | None


@dataclass(frozen=True)
class Behind:
    """What waits behind a promise."""

    problems: list[Problem]
    others: list[Any]
    plots: list[Plot]
    units: int

    def __bool__(self) -> bool:
        return bool(self.problems or self.others or self.plots)

    @property
    def plots_shown(self) -> list[Plot]:
        """The first plots; the rest is a number."""
        return self.plots[:PLOTS_SHOWN]

    @property
    def plots_more(self) -> int:
        """How many are not shown."""
        return max(len(self.plots) - PLOTS_SHOWN, 0)


@dataclass
class Story:
    """Everything about one commitment on a day."""

    commitment: Commitment
    today: date
    by_key: dict[int, WorkCalendar]
    extensions: list[Extension]
    deliveries: list[Delivery]
    escalations: list[Escalation]
    attachments: list[Attachment]
    passes: list[BallEvent]
    behind: Behind

    @property
    def outcome(self) -> Outcome:
        """How the promise stands."""
        return outcome_of(self.commitment, self.today)

    @cached_property
    def days_late(self) -> int:
        """Calendar days past the first due date."""
        return self.commitment.days_late(self.today)

    @cached_property
    def working_days_late(self) -> int:
        """Working days past the first due date, on the promise's clock or the debtor's calendar."""
        if not self.days_late:
            return 0
        end = self.commitment.delivered_on or self.today
        return working_days_between(self.commitment.first_last_day, end, self.calendar)

    @property
    def calendar(self) -> WorkCalendar:
        """That of the promise's clock, else the debtor's."""
        return self.by_key[self.commitment.clock_of_id or self.commitment.debtor_id]

    @property
    def pending(self) -> Extension | None:
        """The request for more time that waits for an answer."""
        return next((each for each in self.extensions if each.state == ExtensionState.REQUESTED), None)

    @property
    def granted(self) -> list[Extension]:
        """Extensions that moved the date, in order."""
        return [each for each in self.extensions if each.state == ExtensionState.GRANTED]

    @cached_property
    def shares(self) -> list[tuple[Organisation | Applicant, int, bool]]:
        """Who held the case for how many working days."""
        return ball_shares(self.passes, self.today, self.by_key)

    @cached_property
    def rungs(self) -> list[Rung]:
        """The ladder for the due date in force."""
        commitment = self.commitment
        reached = {
            each.step: each for each in self.escalations if each.cause == Cause.OVERDUE and each.step <= commitment.step
        }
        climbing = commitment.state in OPEN_STATES
        found = []
        for step in ladder():
            escalation = reached.get(step.number)
            place = "here" if step.number == commitment.step and climbing else "past" if escalation else "next"
            expected = None
            if escalation is None and climbing:
                expected = add_working_days(commitment.last_day, step.overdue_working_days, self.calendar)
            found.append(
                Rung(
                    step,
                    place,
                    escalation.reached_on if escalation else None,
                    expected,
                    escalation.dossier if escalation else None,
                )
            )
        return found

    @cached_property
    def axis(self) -> Axis:
        """The dates of the promise on a line."""
        commitment = self.commitment
        points = [(commitment.promised_on, _("promise")), (commitment.first_due, _("first due date"))]
        points += [(each.new_due, _("extended to")) for each in self.granted]
        if commitment.delivered_on:
            points.append((commitment.delivered_on, _("delivery")))
        elif commitment.state != State.VOID:
            points.append((self.today, _("today")))
        end = (commitment.delivered_on or self.today) if self.days_late else None
        return axis_of(points, commitment.first_due, end)

    @property
    def shown_events(self) -> list[dict[str, Any]]:
        """Events as the timeline tag takes them; what was recorded later says so."""
        return [
            {
                "when": event.when,
                "text": event.text,
                "detail": f"{event.detail} {_recorded(event.recorded)}".strip(),
                "status": event.status,
                "organisation": event.organisation,
            }
            for event in self.events
        ]

    @cached_property
    def files_of(self) -> dict[int, list[Attachment]]:
        """Files by the key of the delivery that they belong to."""
        found: dict[int, list[Attachment]] = {}
        for each in self.attachments:
            if each.subject_type == Delivery._meta.label:
                found.setdefault(each.subject_id, []).append(each)
        return found

    @property
    def proofs(self) -> list[tuple[Delivery, list[Attachment]]]:
        """Deliveries with their files, the newest first."""
        return [(each, self.files_of.get(each.pk, [])) for each in reversed(self.deliveries)]

    @property
    def dossiers(self) -> list[Escalation]:
        """Steps whose dossier was built, the newest first."""
        return [each for each in reversed(self.escalations) if each.dossier is not None]

    @cached_property
    def events(self) -> list[Event]:
        """What happened, newest first."""
        found = [*_of_passes(self.passes), *_of_escalations(self.escalations)]
        if self.days_late:
            found.append(Event(self.commitment.first_due, _("The first due date passed without delivery."), "late"))
        return sorted(found, key=lambda event: (event.when, event.order), reverse=True)


def story_of(commitment: Commitment, today: date | None = None) -> Story:
    """Read everything about a commitment."""
    full = Commitment.objects.select_related(
        "estate", "debtor", "creditor", "clock_of", "holder", "decision__meeting", "voided_by__meeting"
    ).get(pk=commitment.pk)
    deliveries = list(full.deliveries.select_related("verification", "letter"))
    of_deliveries = Q(subject_type=Delivery._meta.label, subject_id__in=[each.pk for each in deliveries])
    return Story(
        commitment=full,
        today=today or clock.today(),
        by_key=calendars(),
        extensions=list(full.extensions.all()),
        deliveries=deliveries,
        escalations=list(full.escalations.select_related("dossier", "silent")),
        attachments=list(Attachment.objects.filter(of_deliveries)) if deliveries else [],
        passes=ball_events(full),
        behind=behind(full),
    )


def behind(commitment: Commitment) -> Behind:
    """What waits behind a promise: its problems and plots, the plots of its problems, requests."""
    keys: dict[str, list[int]] = {}
    for row in CommitmentLink.objects.filter(commitment=commitment, ended=False):
        keys.setdefault(row.subject_type, []).append(row.subject_id)
    plot_keys, problem_keys = keys.pop(Plot._meta.label, []), keys.pop(Problem._meta.label, [])
    problems = list(Problem.objects.filter(pk__in=problem_keys).select_related("holder")) if problem_keys else []
    plots: list[Plot] = []
    if plot_keys or problem_keys:
        waiting = Q(pk__in=plot_keys) | Q(problem_rows__problem__in=problem_keys)
        plots = list(Plot.objects.filter(waiting).distinct().only("plot_id", "units_count", "estate"))
    others = [record for label, pks in keys.items() for record in record_kind(label).objects.filter(pk__in=pks)]
    return Behind(problems, others, plots, sum(plot.units_count for plot in plots))


def _of_passes(passes: Sequence[BallEvent]) -> list[Event]:
    found = []
    for each in passes:
        reason = each.reason_fa if is_persian(get_language()) else each.reason_en
        held = _("The case is now with: %(holder)s") % {"holder": each.holder.short} if each.holder else _("Over.")
        recorded = each.recorded_at if each.is_late_entry else None
        order = (each.happened_at.timestamp(), each.pk)
        found.append(Event(clock.day_of(each.happened_at), _sentence(reason), "plan", held, "", recorded, order))
    return found


def _of_escalations(escalations: Sequence[Escalation]) -> list[Event]:
    found = []
    for each in escalations:
        step = ladder()[each.step - 1]
        days = format_number(each.working_days, get_language() or "fa")
        if each.cause == Cause.SILENCE and each.silent is not None:
            text = ngettext(
                "Silence: %(who)s did not open the case for %(days)s working day.",
                "Silence: %(who)s did not open the case for %(days)s working days.",
                each.working_days,
            ) % {"who": each.silent.short, "days": days}
        else:
            text = _("The case went up the ladder: %(step)s") % {"step": step.name}
        status = "broken" if each.step == top() else "late"
        found.append(Event(each.reached_on, text, status, step.basis, _("the office itself")))
    return found


def _recorded(moment: datetime | None) -> str:
    return _("Recorded on %(day)s.") % {"day": said(clock.day_of(moment))} if moment else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
