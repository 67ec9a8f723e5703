"""Everything open that an organisation owes, is owed, holds or is invited to: read once for the whole desk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q

from rasana.portal.apps.commitments.models import Commitment, CommitmentLink, Extension, ExtensionState, State
from rasana.portal.apps.connections.models import Request
from rasana.portal.apps.connections.stages import ENDS
from rasana.portal.apps.estates.models import Plot
from rasana.portal.apps.meetings.models import Meeting, MeetingState
from rasana.portal.apps.problems.models import Problem, ProblemPlot, ProblemState
from rasana.portal.base import clock
from rasana.portal.base.actor import Actor

MOST = 200
"""Of one kind that are read: a desk is not a register."""
SATURDAY = 5
OVER = (ProblemState.CONFIRMED, ProblemState.DUPLICATE, ProblemState.REFERRED)


@dataclass(frozen=True)
class Matters:
    """Open records, each list in the order of its date; and the plots that wait behind them, by key."""

    commitments: list[Commitment]
    problems: list[Problem]
    meetings: list[Meeting]
    requests: list[Request]
    behind_commitment: dict[int, frozenset[int]]
    behind_problem: dict[int, frozenset[int]]


def week_start(today: date) -> date:
    """The Saturday on or before a day."""
    return today - timedelta(days=(today.weekday() - SATURDAY) % 7)


def gather(actor: Actor) -> Matters:
    """What concerns the actor's organisation in the estates that the actor sees. Seven statements."""
    commitments, problems = _commitments(actor), _problems(actor)
    links = _links(commitments)
    linked_problems = {key for kind, keys in links.values() for key in keys if kind == Problem._meta.label}
    behind_problem = plots_of_problems({*linked_problems, *(problem.pk for problem in problems)})
    behind: dict[int, set[int]] = defaultdict(set)
    for (commitment, _kind), (kind, keys) in links.items():
        if kind == Plot._meta.label:
            behind[commitment] |= keys
        for key in keys if kind == Problem._meta.label else ():
            behind[commitment] |= behind_problem.get(key, frozenset())
    return Matters(
        commitments,
        problems,
        _meetings(actor),
        _requests(actor),
        {key: frozenset(plots) for key, plots in behind.items()},
        behind_problem,
    )


def _commitments(actor: Actor) -> list[Commitment]:
    mine = Q(debtor=actor.organisation) | Q(creditor=actor.organisation)
    asked = Extension.objects.filter(commitment=OuterRef("pk"), state=ExtensionState.REQUESTED)
    rows = Commitment.objects.filter(mine, estate__in=actor.estate_ids).exclude(state__in=(State.CLOSED, State.VOID))
    rows = rows.annotate(is_extension_asked=Exists(asked)).select_related("estate", "debtor", "creditor")
    return list(rows.order_by("last_day", "pk")[:MOST])


def _links(commitments: list[Commitment]) -> dict[tuple[int, str], tuple[str, set[int]]]:
    found: dict[tuple[int, str], tuple[str, set[int]]] = {}
    rows = CommitmentLink.objects.filter(commitment__in=[each.pk for each in commitments], ended=False)
    for commitment, kind, key in rows.values_list("commitment", "subject_type", "subject_id"):
        found.setdefault((commitment, kind), (kind, set()))[1].add(key)
    return found


def plots_of_problems(problems: Iterable[int]) -> dict[int, frozenset[int]]:
    """Keys of the plots that each problem holds up. One statement."""
    found: dict[int, set[int]] = defaultdict(set)
    for problem, plot in ProblemPlot.objects.filter(problem__in=list(problems)).values_list("problem", "plot"):
        found[problem].add(plot)
    return {key: frozenset(plots) for key, plots in found.items()}


def _problems(actor: Actor) -> list[Problem]:
    mine = Q(holder=actor.organisation) | Q(reporter=actor.organisation, holder__isnull=False)
    rows = Problem.objects.filter(mine, estate__in=actor.estate_ids).exclude(state__in=OVER)
    return list(rows.select_related("estate", "reporter", "holder").order_by("-plots_count", "state_since")[:MOST])


def _meetings(actor: Actor) -> list[Meeting]:
    this_week = Q(starts_at__gte=clock.start_of(week_start(clock.today())))
    rows = Meeting.objects.filter(this_week | ~Q(state=MeetingState.SEALED), estate__in=actor.estate_ids)
    answered = Count("signatures", filter=Q(signatures__edition=F("edition")), distinct=True)
    signed = Count(
        "signatures",
        filter=Q(signatures__edition=F("edition"), signatures__organisation=actor.organisation),
        distinct=True,
    )
    rows = rows.annotate(answers=answered, own_answers=signed).select_related("estate", "convener")
    return list(rows.prefetch_related("invitations").order_by("starts_at", "pk")[:MOST])


def _requests(actor: Actor) -> list[Request]:
    rows = Request.objects.filter(holder=actor.organisation, estate__in=actor.estate_ids).exclude(stage__in=ENDS)
    return list(rows.select_related("estate", "plot").order_by("stage_since")[:MOST])
