"""What waits for an organisation: open steps as tasks with one action, heaviest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rasana.portal.apps.commitments.models import Commitment, State
from rasana.portal.apps.desk.matters import Matters, gather
from rasana.portal.apps.meetings.models import Attendance, Meeting, MeetingState, Reply
from rasana.portal.apps.problems.models import Problem, ProblemState
from rasana.portal.base import clock
from rasana.portal.base.access import can
from rasana.portal.base.actor import Actor
from rasana.portal.base.people import Organisation
from rasana.portal.base.persian import local_digits

SOON_DAYS = 5


@dataclass(frozen=True)
class Task:
    """One thing that someone must do. ``sender`` is who waits for it."""

    title: str
    url: str
    action: str
    estate: str
    sender: Organisation | None
    due: date | None = None
    behind: frozenset[int] = frozenset()
    """Keys of the plots that wait for it."""

    invented: bool = False

    @property
    def plots_behind(self) -> int:
        """How many plots wait for it."""
        return len(self.behind)

    @property
    def status(self) -> str:
        """Late, near, or on the way, by the due date."""
        return standing(self.due)

    @property
    def weight(self) -> tuple[int, int, int]:
        """Late ones first, then by the plots behind, then by date."""
        order = {"late": 0, "risk": 1, "plan": 2, "wait": 3}[self.status]
        return (order, -self.plots_behind, self.due.toordinal() if self.due else date.max.toordinal())


def standing(due: date | None) -> str:
    """The status of a due date today."""
    if due is None:
        return "wait"
    left = (due - clock.today()).days
    return "late" if left < 0 else "risk" if left <= SOON_DAYS else "plan"


def tasks(actor: Actor, matters: Matters | None = None) -> list[Task]:
    """What waits for the actor's organisation and may be done by the actor, heaviest first."""
    if actor.organisation is None:
        return []
    matters = matters or gather(actor)
    found = [_commitment(actor, each, matters) for each in matters.commitments]
    found += [_problem(actor, each, matters) for each in matters.problems if each.holder_id == actor.organisation.pk]
    found += [_meeting(actor, each) for each in matters.meetings]
    found += _requests(actor, matters)
    return sorted((task for task in found if task is not None), key=lambda task: task.weight)


def _commitment(actor: Actor, row: Commitment, matters: Matters) -> Task | None:
    step = _commitment_step(actor, row)
    if step is None:
        return None
    sender = row.debtor if row.creditor_id == actor.organisation.pk else row.creditor
    due = None if row.state == State.DELIVERED else row.last_day
    behind = matters.behind_commitment.get(row.pk, frozenset())
    return Task(row.title, row.get_absolute_url(), step, row.estate.name, sender, due, behind, row.invented)


def _commitment_step(actor: Actor, row: Commitment) -> str | None:
    is_debtor = row.debtor_id == actor.organisation.pk
    if row.state == State.PROPOSED:
        agreed = row.debtor_agreed_on if is_debtor else row.creditor_agreed_on
        return _("Agree to a commitment") if not agreed and can(actor, "commitment.agree", row) else None
    if row.state == State.DELIVERED:
        return _("Verify a delivery") if not is_debtor and can(actor, "commitment.verify", row) else None
    if is_debtor:
        return _("Deliver a commitment") if can(actor, "commitment.deliver", row) else None
    if row.is_extension_asked and can(actor, "commitment.answer_extension", row):
        return _("Answer an extension")
    return None


PROBLEM_STEPS = {
    ProblemState.REPORTED: ("problem.triage", "triage"),
    ProblemState.REOPENED: ("problem.assign", "assign"),
    ProblemState.ACCEPTED: ("problem.assign", "assign"),
    ProblemState.ASSIGNED: ("problem.study", "study"),
    ProblemState.STUDIED: ("problem.fix", "fix"),
    ProblemState.PLANNED: ("problem.fix", "fix"),
    ProblemState.FIXED: ("problem.confirm", "confirm"),
}


def _problem(actor: Actor, row: Problem, matters: Matters) -> Task | None:
    words = {
        "triage": _("Sort a problem"),
        "assign": _("Assign a problem"),
        "study": _("Study a problem"),
        "fix": _("Solve a problem"),
        "confirm": _("Confirm a solution"),
    }
    action, word = PROBLEM_STEPS.get(ProblemState(row.state), ("", ""))
    if not action or not can(actor, action, row):
        return None
    number = local_digits(str(row.number), get_language() or "fa")
    title = _("Problem %(number)s: %(title)s") % {"number": number, "title": row.title}
    behind = matters.behind_problem.get(row.pk, frozenset())
    return Task(title, row.get_absolute_url(), words[word], row.estate.name, row.reporter, None, behind, row.invented)


def _meeting(actor: Actor, row: Meeting) -> Task | None:
    step = _meeting_step(actor, row)
    if step is None:
        return None
    due = clock.day_of(row.starts_at) if row.state == MeetingState.INVITED else None
    sender = row.convener if row.convener_id != actor.organisation.pk else None
    return Task(row.title, row.get_absolute_url(), step, row.estate.name, sender, due, invented=row.invented)


def _meeting_step(actor: Actor, row: Meeting) -> str | None:
    state, is_ours = row.state, row.convener_id == actor.organisation.pk
    invitations = [each for each in row.invitations.all() if not each.withdrawn]
    own = next((each for each in invitations if each.organisation_id == actor.organisation.pk), None)
    if state == MeetingState.INVITED and own and own.reply == Reply.NONE and not is_ours:
        return _("Answer an invitation") if can(actor, "meeting.reply", row) else None
    if state == MeetingState.CIRCULATED and own and own.attendance == Attendance.PRESENT and not row.own_answers:
        return _("Countersign or object") if can(actor, "meeting.countersign", row) else None
    if not is_ours or state == MeetingState.SEALED:
        return None
    if state == MeetingState.DRAFT:
        return _("Send the invitations") if can(actor, "meeting.invite", row) else None
    if state == MeetingState.CIRCULATED:
        present = sum(each.attendance == Attendance.PRESENT for each in invitations)
        return _("Seal the minutes") if row.answers >= present and can(actor, "meeting.seal", row) else None
    if state in {MeetingState.HELD, MeetingState.DRAFTED} or row.starts_at < clock.now():
        return _("Write the minutes") if can(actor, "meeting.minutes", row) else None
    return None


def _requests(actor: Actor, matters: Matters) -> list[Task]:
    return [
        Task(
            row.title,
            row.get_absolute_url(),
            row.state.name,
            row.estate.name,
            None,
            behind=frozenset({row.plot_id}),
            invented=row.invented,
        )
        for row in matters.requests
        if not row.hidden_from(actor) and can(actor, "request.advance", row)
    ]
