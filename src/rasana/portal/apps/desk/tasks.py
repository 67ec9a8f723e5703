"""What waits for an organisation: each app's open steps as tasks with one action, heaviest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rasana.portal.apps.commitments.models import Commitment, CommitmentLink, Extension, ExtensionState, State
from rasana.portal.apps.connections.models import Request
from rasana.portal.apps.connections.stages import ENDS
from rasana.portal.apps.estates.models import Plot
from rasana.portal.apps.meetings.models import Attendance, Countersignature, Invitation, Meeting, MeetingState, Reply
from rasana.portal.apps.problems.models import Problem, ProblemPlot, ProblemState
from rasana.portal.base import clock
from rasana.portal.base.access import can
from rasana.portal.base.actor import Actor
from rasana.portal.base.people import Organisation
from rasana.portal.base.persian import local_digits

SOON_DAYS = 5
EACH_MAX = 60
"""Most tasks of one kind that are read: a desk is not a register."""


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


def tasks(actor: Actor) -> list[Task]:
    """What waits for the actor's organisation and may be done by the actor, heaviest first. Nine statements."""
    if actor.organisation is None:
        return []
    found = [*_commitments(actor), *_extensions(actor), *_problems(actor), *_meetings(actor), *_requests(actor)]
    return sorted(found, key=lambda task: task.weight)


def plots_behind(commitments: Iterable[Commitment]) -> dict[int, frozenset[int]]:
    """Plots that wait behind each commitment: linked ones, and those of linked problems. Two statements."""
    links = CommitmentLink.objects.filter(commitment__in=[each.pk for each in commitments], ended=False)
    found: dict[int, set[int]] = defaultdict(set)
    problems: dict[int, list[int]] = defaultdict(list)
    for commitment, kind, subject in links.values_list("commitment", "subject_type", "subject_id"):
        if kind == Problem._meta.label:
            problems[subject].append(commitment)
        elif kind == Plot._meta.label:
            found[commitment].add(subject)
    for problem, plots in plots_of_problems(problems).items():
        for commitment in problems[problem]:
            found[commitment] |= plots
    return {key: frozenset(plots) for key, plots in found.items()}


def plots_of_problems(problems: Iterable[int]) -> dict[int, frozenset[int]]:
    """Keys of the plots that each problem holds up. One statement."""
    found: dict[int, set[int]] = defaultdict(set)
    for problem, plot in ProblemPlot.objects.filter(problem__in=list(problems)).values_list("problem", "plot"):
        found[problem].add(plot)
    return {key: frozenset(plots) for key, plots in found.items()}


def _commitments(actor: Actor) -> list[Task]:
    mine = actor.organisation
    wanted = (
        Q(state=State.PROPOSED, debtor=mine, debtor_agreed_on__isnull=True)
        | Q(state=State.PROPOSED, creditor=mine, creditor_agreed_on__isnull=True)
        | Q(state__in=(State.ACTIVE, State.DISPUTED), debtor=mine)
        | Q(state=State.DELIVERED, creditor=mine)
    )
    rows = list(
        Commitment.objects.filter(wanted, estate__in=actor.estate_ids)
        .select_related("estate", "debtor", "creditor")
        .order_by("last_day")[:EACH_MAX]
    )
    behind = plots_behind(rows)
    found = []
    for row in rows:
        words, action = {
            State.PROPOSED: (_("Agree to a commitment"), "commitment.agree"),
            State.DELIVERED: (_("Verify a delivery"), "commitment.verify"),
        }.get(State(row.state), (_("Deliver a commitment"), "commitment.deliver"))
        if not can(actor, action, row):
            continue
        sender = row.debtor if row.creditor_id == mine.pk else row.creditor
        due = None if row.state == State.DELIVERED else row.last_day
        found.append(
            Task(
                row.title,
                row.get_absolute_url(),
                words,
                row.estate.name,
                sender,
                due,
                behind.get(row.pk, frozenset()),
                row.invented,
            )
        )
    return found


def _extensions(actor: Actor) -> list[Task]:
    waiting = Extension.objects.filter(
        state=ExtensionState.REQUESTED,
        commitment__creditor=actor.organisation,
        commitment__estate__in=actor.estate_ids,
    ).select_related("commitment__estate", "commitment__debtor")[:EACH_MAX]
    return [
        Task(
            each.commitment.title,
            each.commitment.get_absolute_url(),
            _("Answer an extension"),
            each.commitment.estate.name,
            each.commitment.debtor,
            each.commitment.last_day,
            invented=each.commitment.invented,
        )
        for each in waiting
        if can(actor, "commitment.answer_extension", each.commitment)
    ]


PROBLEM_STEPS = {
    ProblemState.REPORTED: ("problem.triage", "triage"),
    ProblemState.REOPENED: ("problem.assign", "assign"),
    ProblemState.ACCEPTED: ("problem.assign", "assign"),
    ProblemState.ASSIGNED: ("problem.study", "study"),
    ProblemState.STUDIED: ("problem.fix", "fix"),
    ProblemState.PLANNED: ("problem.fix", "fix"),
    ProblemState.FIXED: ("problem.confirm", "confirm"),
}


def _problems(actor: Actor) -> list[Task]:
    words = {
        "triage": _("Sort a problem"),
        "assign": _("Assign a problem"),
        "study": _("Study a problem"),
        "fix": _("Solve a problem"),
        "confirm": _("Confirm a solution"),
    }
    rows = Problem.objects.filter(holder=actor.organisation, estate__in=actor.estate_ids, state__in=PROBLEM_STEPS)
    rows = list(rows.select_related("estate", "reporter").order_by("-plots_count")[:EACH_MAX])
    behind = plots_of_problems(row.pk for row in rows)
    found = []
    for row in rows:
        action, word = PROBLEM_STEPS[ProblemState(row.state)]
        if can(actor, action, row):
            number = local_digits(str(row.number), get_language() or "fa")
            title = _("Problem %(number)s: %(title)s") % {"number": number, "title": row.title}
            found.append(
                Task(
                    title,
                    row.get_absolute_url(),
                    words[word],
                    row.estate.name,
                    row.reporter,
                    behind=behind.get(row.pk, frozenset()),
                    invented=row.invented,
                )
            )
    return found


def _meetings(actor: Actor) -> list[Task]:
    mine, states = actor.organisation, MeetingState
    signed = Countersignature.objects.filter(meeting=OuterRef("pk"), edition=OuterRef("edition"), organisation=mine)
    there = Invitation.objects.filter(
        meeting=OuterRef("pk"), organisation=mine, attendance=Attendance.PRESENT, withdrawn=False
    )
    unanswered = Invitation.objects.filter(meeting=OuterRef("pk"), organisation=mine, reply=Reply.NONE, withdrawn=False)
    rows = (
        Meeting.objects.filter(estate__in=actor.estate_ids)
        .exclude(state=states.SEALED)
        .annotate(is_signed=Exists(signed), was_there=Exists(there), is_unanswered=Exists(unanswered))
        .select_related("estate", "convener")
        .prefetch_related("invitations", "signatures")
        .order_by("starts_at")[:EACH_MAX]
    )
    found = []
    for row in rows:
        step = _meeting_step(actor, row)
        if step is not None:
            due = clock.day_of(row.starts_at) if row.state == states.INVITED else None
            sender = row.convener if row.convener_id != mine.pk else None
            found.append(
                Task(row.title, row.get_absolute_url(), step, row.estate.name, sender, due, invented=row.invented)
            )
    return found


def _meeting_step(actor: Actor, row: Meeting) -> str | None:
    state, is_ours = row.state, row.convener_id == actor.organisation.pk
    if state == MeetingState.INVITED and row.is_unanswered and not is_ours and can(actor, "meeting.reply", row):
        return _("Answer an invitation")
    if state == MeetingState.CIRCULATED and row.was_there and not row.is_signed:
        return _("Countersign or object") if can(actor, "meeting.countersign", row) else None
    if not is_ours:
        return None
    if state == MeetingState.DRAFT:
        return _("Send the invitations") if can(actor, "meeting.invite", row) else None
    if state == MeetingState.CIRCULATED:
        present = sum(each.attendance == Attendance.PRESENT for each in row.invitations.all())
        answers = sum(each.edition == row.edition for each in row.signatures.all())
        return _("Seal the minutes") if answers >= present and can(actor, "meeting.seal", row) else None
    if state in {MeetingState.HELD, MeetingState.DRAFTED} or row.starts_at < clock.now():
        return _("Write the minutes") if can(actor, "meeting.minutes", row) else None
    return None


def _requests(actor: Actor) -> list[Task]:
    rows = Request.objects.filter(holder=actor.organisation, estate__in=actor.estate_ids).exclude(stage__in=ENDS)
    return [
        Task(
            row.title,
            row.get_absolute_url(),
            row.state.name,
            row.estate.name,
            None,
            None,
            frozenset({row.plot_id}),
            row.invented,
        )
        for row in rows.select_related("estate", "plot").order_by("stage_since")[:EACH_MAX]
        if not row.hidden_from(actor) and can(actor, "request.advance", row)
    ]
