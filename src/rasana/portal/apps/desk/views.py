"""Pages of the desk, the notices, the reports, and the story that is open to all."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rasana.portal.apps.desk import selectors
from rasana.portal.apps.desk.actions import read_notices
from rasana.portal.apps.desk.matters import gather
from rasana.portal.apps.desk.tasks import tasks
from rasana.portal.apps.parties.selectors import calendar_of
from rasana.portal.base import clock
from rasana.portal.base.access import NotThere, page
from rasana.portal.base.people import Estate

TASKS_SHOWN = 8
PAGE = 50
WRITE = ("POST",)


def start(request: HttpRequest) -> HttpResponse:
    """The desk for who has signed in, the account for who has no role, the story for everybody else."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor.person is None:
        return story(request)
    return home(request) if actor.roles() else redirect("parties:me")


start.action = "story.view"  # type: ignore[attr-defined]


@page("desk.view")
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me, what I wait for, this week, what changed."""
    actor = request.actor  # type: ignore[attr-defined]
    matters = gather(actor)
    waiting_for_me = tasks(actor, matters)
    calendar = calendar_of(actor.organisation)
    today = clock.today()
    span = [today + timedelta(days=number) for number in range(-7, 8)]
    is_off = {day for day in span if not calendar.is_working(day)}
    since = selectors.seen_until(actor, clock.now())
    show_all = "all" in request.GET
    news, request.unread = selectors.news(actor)  # type: ignore[attr-defined]
    context = {
        "tasks": waiting_for_me if show_all else waiting_for_me[:TASKS_SHOWN],
        "tasks_count": len(waiting_for_me),
        "late_count": sum(task.status == "late" for task in waiting_for_me),
        "plots_behind": len(frozenset().union(*(task.behind for task in waiting_for_me))),
        "has_more": len(waiting_for_me) > TASKS_SHOWN and not show_all,
        "waiting": selectors.waiting(actor, matters),
        "week": selectors.week(actor, is_off, matters),
        "meetings": selectors.coming_meetings(matters),
        "news": news,
        "since": since,
        "today": today,
    }
    return render(request, "desk/home.html", context)


@page("notice.view")
def notices(request: HttpRequest) -> HttpResponse:
    """The notice centre."""
    shown = Paginator(selectors.notices(request.actor), PAGE).get_page(request.GET.get("page"))  # type: ignore[attr-defined]
    return render(request, "desk/notices.html", {"page": shown})


@page("notice.view", methods=WRITE)
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all as read."""
    actor = request.actor  # type: ignore[attr-defined]
    read_notices(actor, selectors.notices(actor).filter(read_at__isnull=True))
    messages.success(request, _("All notices are marked as read."))
    return redirect("desk:notices")


@page("notice.view", methods=WRITE)
def follow(request: HttpRequest, number: int) -> HttpResponse:
    """Mark one as read and go to what it is about."""
    actor = request.actor  # type: ignore[attr-defined]
    notice = selectors.notices(actor).filter(pk=number).first()
    if notice is None:
        raise NotThere
    if notice.read_at is None:
        read_notices(actor, [notice])
    return redirect(notice.address)


@page("desk.view")
def reports(request: HttpRequest) -> HttpResponse:
    """What can be read and taken away."""
    estates = Estate.objects.filter(pk__in=request.actor.estate_ids)  # type: ignore[attr-defined]
    return render(request, "desk/reports.html", {"estates": estates})


@page("story.view")
def story(request: HttpRequest) -> HttpResponse:
    """The case in a minute, with its sources."""
    return render(request, "desk/story.html", {"story": selectors.story(), "today": clock.today()})
