"""Questions about problems and letters: who sees which, each list in a fixed number of SQL statements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from rasana.portal.apps.estates.models import Plot
from rasana.portal.apps.estates.search import EACH_MAX, Result, has_words
from rasana.portal.apps.estates.threads import Thread
from rasana.portal.apps.problems import states
from rasana.portal.apps.problems.models import Letter, LetterLink, Problem, Severity, Step
from rasana.portal.base import clock, persian
from rasana.portal.base.access import can
from rasana.portal.base.actor import Actor
from rasana.portal.base.ball import ball_events, ball_shares
from rasana.portal.base.calendar import work_calendar
from rasana.portal.base.people import Estate, Holiday, Organisation
from rasana.portal.base.record import Record, record_kind
from rasana.portal.base.registries import Suggestion

ORDERS: dict[str, tuple[str, ...]] = {
    "newest": ("-reported_at", "-id"),
    "severity": ("-severity", "-plots_count", "-id"),
    "waiting": ("state_since", "id"),
    "plots": ("-plots_count", "-severity", "-id"),
}
SUGGESTED_MAX = 12
PLACED_MAX = 500


def visible(actor: Actor) -> QuerySet[Problem]:
    """The problems of the actor's estates."""
    return Problem.objects.filter(estate__in=actor.estate_ids)


def register(actor: Actor, wishes: dict[str, Any]) -> QuerySet[Problem]:
    """The register by what is asked for (FilterForm.wishes), with everything a row shows."""
    found = visible(actor).select_related("estate", "holder", "reporter")
    state = wishes.get("state", "")
    if state != "all":
        found = found.filter(state__in=[state] if state else states.OPEN)
    for name in ("estate", "kind", "holder"):
        if name in wishes:
            found = found.filter(**{name: wishes[name]})
    if "severity" in wishes:
        found = found.filter(severity__gte=wishes["severity"])
    if "q" in wishes:
        key = persian.search_key(wishes["q"])
        number = Q(number=int(key)) if key.isdecimal() and len(key) < 9 else Q()
        found = found.filter(has_words(key) | number)
    return found.order_by(*ORDERS[wishes.get("sort", "newest")])


def placed(estate: Estate) -> list[Problem]:
    """The open problems of an estate that have a place, the worst first, at most ``PLACED_MAX``."""
    found = Problem.objects.filter(estate=estate, state__in=states.OPEN, longitude__isnull=False)
    return list(found.order_by("-severity", "-id")[:PLACED_MAX])


def organisations_of(actor: Actor) -> QuerySet[Organisation]:
    """The parties of the actor's estates."""
    return Organisation.objects.filter(party_rows__estate__in=actor.estate_ids).distinct().order_by("pk")


def steps_of(problem: Problem, classes: tuple[str, ...]) -> list[Step]:
    """What was done, newest first; files that the reader's classes do not include are left out. One statement."""
    steps = problem.steps.select_related("organisation", "holder", "letter", "attachment")
    return [step for step in steps if step.attachment is None or step.attachment.field_class in classes]


def shares_of(problem: Problem) -> list[Any]:
    """Working days by who held it, for the ball bar. Two statements."""
    events = ball_events(problem)
    decrees = list(Holiday.objects.all())
    calendars = {each.holder_id: work_calendar(each.holder.work_week, decrees) for each in events if each.holder}
    return ball_shares(events, clock.today(), calendars)


STEP_ORDER = ("triage", "assign", "study", "fix", "confirm", "reopen")


def possible(actor: Actor, problem: Problem) -> list[str]:
    """Steps that follow from the state and are the actor's to do, the next one first."""
    found = [
        action
        for action in STEP_ORDER
        if problem.state in states.MOVES[action].sources and can(actor, f"problem.{action}", problem)
    ]
    usual = {"studied": "fix", "planned": "fix", "assigned": "study", "reopened": "study"}.get(problem.state)
    return sorted(found, key=lambda action: action != usual) if usual in found else found


def letters(actor: Actor, text: str = "", estate: Estate | None = None) -> QuerySet[Letter]:
    """The register of letters, newest first."""
    found = Letter.objects.filter(estate__in=actor.estate_ids).select_related("estate", "sender", "recipient")
    if estate is not None:
        found = found.filter(estate=estate)
    return found.filter(has_words(persian.search_key(text))) if text else found


def letters_of(record: Record) -> list[Letter]:
    """The letters that bear on a record, newest first. One statement."""
    links = LetterLink.objects.filter(subject_type=record._meta.label, subject_id=record.pk)
    return list(Letter.objects.filter(pk__in=links.values("letter")).select_related("sender", "recipient"))


@dataclass(frozen=True)
class Bearing:
    """A record that a letter bears on."""

    title: str
    address: str


def bears_on(letter: Letter) -> list[Bearing]:
    """The records that a letter bears on. One statement a kind."""
    keys: dict[str, list[int]] = {}
    for link in letter.links.all():
        keys.setdefault(link.subject_type, []).append(link.subject_id)
    return [
        Bearing(str(record), record.get_absolute_url())
        for label, pks in keys.items()
        for record in record_kind(label).objects.filter(pk__in=pks)
    ]


# ------------------------------------------------------------------------------------------ what other apps ask for


def suggest(actor: Actor, estate: Estate) -> list[Suggestion]:
    """Open problems for the agenda: the worst first, then those that wait longest."""
    found = Problem.objects.filter(estate=estate, state__in=states.UNSOLVED).select_related("holder")
    today = clock.today()
    return [
        _suggestion(each, (today - clock.day_of(each.state_since)).days)
        for each in found.order_by("-severity", "state_since")[:SUGGESTED_MAX]
    ]


def _suggestion(problem: Problem, days: int) -> Suggestion:
    why = _("problem %(number)s, %(severity)s, waiting for %(days)s days at %(holder)s") % {
        "number": persian.local_digits(str(problem.number), _language()),
        "severity": problem.get_severity_display(),
        "days": persian.format_number(max(days, 0), _language()),
        "holder": problem.holder.short if problem.holder else "—",
    }
    return Suggestion(problem, problem.title, why, 100.0 * problem.severity + min(days, 99))


def threads_of_plot(actor: Actor, plot: Plot) -> list[Thread]:
    """Open problems that hold a plot up."""
    found = visible(actor).filter(plot_rows__plot=plot, state__in=states.OPEN).select_related("holder")
    return [_thread(each) for each in found.order_by("-severity", "state_since")[:EACH_MAX]]


def threads_of_estates(actor: Actor, estates: list[int]) -> Iterable[tuple[int, Thread]]:
    """Open problems of estates, the worst ones."""
    found = visible(actor).filter(estate__in=estates, state__in=states.OPEN).select_related("holder")
    return [(each.estate_id, _thread(each)) for each in found.order_by("-severity", "-plots_count", "id")[:40]]


def _thread(problem: Problem) -> Thread:
    return Thread(
        heading=_("Problem"),
        title=problem.title,
        url=problem.get_absolute_url(),
        holder=problem.holder,
        tone="risk" if problem.severity >= Severity.HIGH else states.TONES[problem.state],
        word=problem.get_state_display(),
        since=clock.day_of(problem.state_since),
        plots=problem.plots_count,
        invented=problem.invented,
    )


def find(actor: Actor, key: str) -> list[Result]:
    """Problems for the search."""
    found = visible(actor).filter(has_words(key)).select_related("estate").order_by("-severity", "-id")[:EACH_MAX]
    return [
        Result(
            title=each.title,
            url=each.get_absolute_url(),
            detail=each.estate.name,
            tone=states.TONES[each.state],
            word=each.get_state_display(),
            invented=each.invented,
        )
        for each in found
    ]


def find_letters(actor: Actor, key: str) -> list[Result]:
    """Letters for the search."""
    return [
        Result(
            title=each.subject,
            url=each.get_absolute_url(),
            detail=pgettext("letter", "letter %(number)s") % {"number": each.number},
            invented=each.invented,
        )
        for each in Letter.objects.filter(estate__in=actor.estate_ids).filter(has_words(key))[:EACH_MAX]
    ]


def _language() -> str:
    return get_language() or "fa"
