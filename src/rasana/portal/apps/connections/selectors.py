"""Questions about connection requests: who may see which, each with a bounded number of SQL statements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rasana.portal.apps.connections import stages
from rasana.portal.apps.connections.case import Case, load
from rasana.portal.apps.connections.models import CLERKS, COMPANY, Request, sees_applicant, sees_confidential
from rasana.portal.apps.estates import search, threads
from rasana.portal.apps.estates.models import Plot
from rasana.portal.base import clock, persian
from rasana.portal.base.actor import Actor
from rasana.portal.base.ball import APPLICANT, Applicant, BallEvent, ball_events, ball_shares, effective
from rasana.portal.base.calendar import WorkCalendar, work_calendar
from rasana.portal.base.people import Estate, Holiday, Organisation, OrganisationKind, WorkWeek
from rasana.portal.base.registries import Suggestion

PAGE_ROWS = 30
QUEUE_RULE = gettext_lazy(
    "Order of the queue: the day on which the last paper came in, then the number of the request. "
    "Anyone can compute it again from the list."
)


def visible(actor: Actor) -> QuerySet[Request]:
    """The requests that the actor may see; what was found unauthorised only where the actor is entitled."""
    mine = Request.objects.filter(estate__in=actor.estate_ids)
    open_to = [pk for pk in actor.estate_ids if sees_confidential(actor, pk)]
    if len(open_to) == len(actor.estate_ids):
        return mine
    return mine.filter(Q(estate__in=open_to) | ~Q(stage__in=stages.CONFIDENTIAL))


@dataclass(frozen=True)
class Filters:
    """What a list is asked for; empty values leave it open. ``order``: 'newest' or 'queue'."""

    estate: int | None = None
    stage: str = ""
    supply_class: str = ""
    holder: str = ""
    plot: str = ""
    text: str = ""
    order: str = "newest"


@dataclass
class Register:
    """One page of the register. ``after`` continues the list, if there is more."""

    rows: list[Request]
    total: int
    after: str


def _ordinary(actor: Actor) -> QuerySet[Request]:
    estate = F("estate_id") + 0
    mine = Request.objects.annotate(estate_key=estate).filter(estate_key__in=actor.estate_ids)
    return mine.exclude(stage__in=stages.CONFIDENTIAL)


def chosen(actor: Actor, filters: Filters) -> QuerySet[Request]:
    """The requests that the filters leave, in order."""
    requests = _ordinary(actor)
    if filters.estate:
        requests = requests.filter(estate=filters.estate)
    if filters.stage == "open":
        requests = requests.exclude(stage__in=stages.ENDS)
    elif filters.stage:
        requests = requests.filter(stage=filters.stage)
    if filters.supply_class:
        requests = requests.filter(supply_class=filters.supply_class)
    if filters.holder == stages.APPLICANT:
        requests = requests.filter(with_applicant=True)
    elif filters.holder:
        requests = requests.filter(holder__code=filters.holder)
    if filters.plot:
        requests = requests.filter(plot__search_key__contains=persian.search_key(filters.plot))
    if filters.text:
        requests = requests.filter(_said(actor, filters.text))
    if filters.order == "queue":
        return requests.filter(completed_on__isnull=False).exclude(stage__in=stages.ENDS).order_by("completed_on", "id")
    return requests.order_by("-id")


def _page(requests: QuerySet[Request]) -> list[Request]:
    """One row more than a page. The keys are found in the order of an index, before anything is joined to them.

    ``+ 0`` hides the estates from the planner: an index on them would make it sort every row for each page.
    """
    keys = requests.values("pk")[: PAGE_ROWS + 1]
    order = requests.query.order_by
    rows = Request.objects.filter(pk__in=keys).select_related("plot", "estate", "holder").order_by(*order)
    return list(rows.defer("plot__outline"))


def _said(actor: Actor, text: str) -> Q:
    """By number and plot; by the applicant's name too for those with a counter."""
    key = search.key_of(text)
    named = actor.organisation is not None and actor.organisation.kind in CLERKS
    found = search.has_words(key, "search_key" if named else "plot__search_key")
    return found | Q(number=int(key)) if key.isdigit() and len(key) < 10 else found


def register(actor: Actor, filters: Filters, after: str = "") -> Register:
    """A page of the register, found by key and not by counting rows. Two statements."""
    requests = chosen(actor, filters)
    total = requests.count()
    page = _page(_from(requests, filters.order, after))
    more = len(page) > PAGE_ROWS
    page = page[:PAGE_ROWS]
    return Register(page, total, _mark(page[-1], filters.order) if more else "")


def _mark(row: Request, order: str) -> str:
    return f"{row.completed_on}.{row.pk}" if order == "queue" else str(row.pk)


def _from(requests: QuerySet[Request], order: str, after: str) -> QuerySet[Request]:
    day, _dot, key = after.rpartition(".")
    if not key.isdigit() or len(key) > 18:
        return requests
    if order != "queue":
        return requests.filter(pk__lt=int(key))
    try:
        since = date.fromisoformat(day)
    except ValueError:
        return requests
    return requests.filter(Q(completed_on__gt=since) | Q(completed_on=since, pk__gt=int(key)))


def queue_place(request: Request) -> int | None:
    """Place in the estate's queue of the class, 1 is next; None: it does not stand in the queue. One statement."""
    return 1 + _before(request).count() if _is_queued(request) else None


def _is_queued(request: Request) -> bool:
    return request.completed_on is not None and request.is_open and request.stage != stages.WAITING


def _before(request: Request) -> QuerySet[Request]:
    return Request.objects.filter(
        Q(completed_on__lt=request.completed_on) | Q(completed_on=request.completed_on, pk__lt=request.pk),
        estate=request.estate_id,
        supply_class=request.supply_class,
    ).exclude(stage__in=(*stages.ENDS, stages.WAITING))


# ------------------------------------------------------------------------------------------------------- one request


@dataclass
class Row:
    """One step as the page draws it: done, now or to come."""

    number: int
    stage: stages.Stage
    state: str
    day: date | None
    organisation: str
    facts: list[tuple[str, Any]]


@dataclass
class Detail:
    """Everything that a request's page shows."""

    case: Case
    rows: list[Row]
    events: list[BallEvent]
    shares: list[tuple[Organisation | Applicant, int, bool]]
    place: int | None

    @property
    def days(self) -> int:
        """Working days since it began, by whoever held it."""
        return sum(count for _holder, count, _now in self.shares)

    @property
    def held_days(self) -> int:
        """Working days that it has been with whoever has it now."""
        return next((count for _holder, count, now in self.shares if now), 0)


def detail(actor: Actor, request: Request) -> Detail:
    """The page of a request. Three statements."""
    place = None
    if _is_queued(request):
        case = load(request, before=_before(request).order_by().values("estate").annotate(n=Count("pk")).values("n"))
        place = 1 + ((case.steps[0].before if case.steps else None) or 0)  # type: ignore[attr-defined]
    else:
        case = load(request)
    events = _told(actor, request, ball_events(request))
    shares = ball_shares(events, clock.today(), calendars_of(events))
    return Detail(
        case, _rows(case, sees_applicant(actor, request.estate_id)), [*reversed(effective(events))], shares, place
    )


def calendars_of(events: Iterable[BallEvent]) -> dict[int, WorkCalendar]:
    """The calendars of those who held a case, and the applicant's. One statement."""
    decrees = list(Holiday.objects.all())
    weeks = {event.holder_id: event.holder.work_week for event in events if event.holder}
    weeks[APPLICANT] = WorkWeek.FRIDAY
    by_week = {week: work_calendar(str(week), decrees) for week in set(weeks.values())}
    return {key: by_week[week] for key, week in weeks.items()}


def _told(actor: Actor, request: Request, events: list[BallEvent]) -> list[BallEvent]:
    """The events; what came before a found connection became an ordinary request, only for who is entitled."""
    if not request.found or sees_confidential(actor, request.estate_id):
        return events
    first = stages.stage(request.supply_class, stages.FIRST).name_en
    begun = next((place for place, event in enumerate(events) if event.reason_en == first), len(events))
    return events[begun:]


def _rows(case: Case, sees_person: bool) -> list[Row]:
    request = case.request
    current = request.stage_before if request.stage == stages.WAITING else request.stage
    rows = []
    for number, stage in enumerate(stages.steps(request.supply_class), 1):
        step = case.done.get(stage.code)
        state = "now" if stage.code == current else "done" if step else "todo"
        facts = [
            (stages.facts()[key].name, shown(key, value))
            for key, value in (step.facts if step else {}).items()
            if sees_person or key not in stages.PERSONAL
        ]
        who = step.organisation.short if step and step.organisation else ""
        rows.append(Row(number, stage, state, step.happened_on if step else None, who, facts))
    return rows


def shown(key: str, value: Any) -> str:
    """A fact as the page shows it."""
    language, kind = stages.language(), stages.facts()[key].kind
    if kind == "date":
        return persian.format_date(date.fromisoformat(value), language)
    if kind == "money":
        return persian.format_money(value, language)
    return persian.format_number(value, language) if kind == "number" else str(value)


# ------------------------------------------------------------------------------------------------------- unauthorised


def confidential(actor: Actor) -> QuerySet[Request]:
    """The connections that were found and are not yet on their way, as far as the actor is entitled."""
    open_to = [pk for pk in actor.estate_ids if sees_confidential(actor, pk)]
    return (
        Request.objects.filter(estate__in=open_to, stage__in=stages.CONFIDENTIAL)
        .select_related("plot", "estate", "holder")
        .order_by("-id")
    )


def found_counts(actor: Actor) -> list[dict[str, Any]]:
    """How many were found in each estate, how many have a provisional meter, how many became lawful. One statement."""
    counted = (
        Estate.objects.filter(pk__in=actor.estate_ids)
        .annotate(
            found=Count("requests", Q(requests__found=True)),
            provisional=Count("requests", Q(requests__found=True) & Q(requests__stage="provisional")),
            regularised=Count("requests", Q(requests__found=True) & Q(requests__stage="regularised")),
        )
        .order_by("pk")
    )
    return [
        {"estate": each, "found": each.found, "provisional": each.provisional, "regularised": each.regularised}
        for each in counted
    ]


# ----------------------------------------------------------------------------------- what the apps below are told


def found_by_search(actor: Actor, key: str) -> list[search.Result]:
    """Requests by number, plot or applicant. One statement."""
    rows = chosen(actor, Filters(text=key)).select_related("plot", "estate")[: search.EACH_MAX]
    return [
        search.Result(each.title, each.get_absolute_url(), each.state.name, each.state.tone, "", each.invented)
        for each in rows
    ]


def threads_of_plot(actor: Actor, plot: Plot) -> list[threads.Thread]:
    """The open requests of a plot, with who has them. One statement."""
    rows = chosen(actor, Filters(stage="open")).filter(plot=plot).select_related("plot", "holder")
    return [_thread(each) for each in rows[: search.EACH_MAX]]


def _thread(request: Request) -> threads.Thread:
    return threads.Thread(
        heading=_("Connection request"),
        title=_("%(title)s: %(step)s") % {"title": request.title, "step": request.state.name},
        url=request.get_absolute_url(),
        holder=request.holder,
        tone=request.state.tone,
        word=_("with the applicant") if request.with_applicant else request.state.name,
        since=clock.day_of(request.stage_since),
        invented=request.invented,
    )


def suggestions(actor: Actor, estate: Estate) -> list[Suggestion]:
    """The requests that wait for their block's supply, as one point of a meeting: the oldest of them. One statement."""
    rows = visible(actor).filter(estate=estate, stage=stages.WAITING).select_related("plot").order_by("stage_since")
    waiting = list(rows[:5])
    return [
        Suggestion(
            each,
            each.title,
            _("waits for the block's supply since %(day)s")
            % {"day": persian.format_date(clock.day_of(each.stage_since), stages.language())},
            weight=(clock.now() - each.stage_since).days / 10,
        )
        for each in waiting
    ]


def companies(actor: Actor) -> QuerySet[Organisation]:
    """Organisations of the actor's estates that may hold a request."""
    kinds = (COMPANY, OrganisationKind.OPERATOR, OrganisationKind.REGIONAL)
    return (
        Organisation.objects.filter(party_rows__estate__in=actor.estate_ids, kind__in=kinds).distinct().order_by("pk")
    )
