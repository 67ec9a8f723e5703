"""What is entered at a counter: requests, papers, what comes back for papers, connections that were found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from rasana.portal.apps.connections import stages
from rasana.portal.apps.connections.case import load
from rasana.portal.apps.connections.models import CLERKS, COMPANY, Request, Step
from rasana.portal.apps.connections.passing import (
    check_day,
    check_open,
    enter,
    moment_of,
    only,
    pass_on,
    searchable,
    write_step,
)
from rasana.portal.apps.estates.models import Plot
from rasana.portal.apps.problems.actions import next_number
from rasana.portal.base import clock
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import act, current
from rasana.portal.base.files import attach, kind_of

POWER_FIELDS = ("supply_class", "power_kw", "amperes", "phases", "use", "delivery", "builder", "inside_limits")
APPLICANT_FIELDS = ("applicant_name", "phone", "national_id")


def register(
    actor: Actor,
    plot: Plot,
    *,
    applicant: Mapping[str, str],
    power: Mapping[str, Any],
    registered_on: date | None = None,
    papers: Iterable[str] = (),
    invented: bool = False,
    source: str = "",
) -> Request:
    """Enter a request for an applicant. ``applicant`` and ``power`` name the fields of Request; papers are kinds.

    Raises:
        NotAllowed: the actor's organisation has no counter.
        ValidationError: a day to come, an unknown paper, or the applicant has an open request for this plot.
    """
    only(actor, CLERKS)
    day = registered_on or clock.today()
    check_day(day, None, "registered_on")
    with act(actor, "request.create", None, estate=plot.estate):
        request = Request(
            estate=plot.estate, number=next_number(Request, plot.estate), plot=plot, registered_on=day,
            invented=invented, source=source,
        )  # fmt: skip
        _describe(request, applicant, power)
        _not_twice(request)
        _begin(request, day, papers)
    return request


def _describe(request: Request, applicant: Mapping[str, str], power: Mapping[str, Any]) -> None:
    for name in APPLICANT_FIELDS:
        setattr(request, name, applicant.get(name, ""))
    for name in POWER_FIELDS:
        if power.get(name) is not None:
            setattr(request, name, power[name])
    if request.power_kw is not None:
        request.power_kw = float(request.power_kw)
    if request.supply_class == "demand" and (request.power_kw or 0) < stages.BOUNDARY_KW:
        raise ValidationError({"power_kw": _("This class begins at 30 kW.")})
    if request.supply_class == "ampere" and not request.amperes:
        raise ValidationError({"supply": _("Choose amperes and phases.")})
    request.search_key = searchable(request)


def _not_twice(request: Request) -> None:
    others = Request.objects.filter(plot=request.plot, search_key=request.search_key).exclude(stage__in=stages.ENDS)
    if request.pk:
        others = others.exclude(pk=request.pk)
    if other := others.first():
        sentence = _("This applicant has an open request for this plot: number %(number)s.")
        raise ValidationError({"applicant_name": sentence % {"number": other.number_shown}})


def _begin(request: Request, day: date, papers: Iterable[str]) -> None:
    first = stages.stage(request.supply_class, stages.FIRST)
    enter(request, first.following, day)
    request.save()
    write_step(request, stages.FIRST, day)
    for kind in papers:
        _paper(request, kind, day)
    if not load(request).missing:
        request.completed_on = day
    pass_on(request, first.name_fa, first.name_en, moment_of(day))
    request.save()


def _paper(request: Request, kind: str, day: date, number: str = "", upload: UploadedFile | None = None) -> Step:
    if kind not in stages.paper_kinds():
        raise ValidationError({"kind": _("This paper is not on the list.")})
    file = attach(request, upload, title=stages.paper_kinds()[kind].name_fa, field_class="P1") if upload else None
    return write_step(request, "paper", day, {"kind": kind, "number": number, "file": file.pk if file else None})


def give_paper(
    actor: Actor,
    request: Request,
    *,
    kind: str,
    version: int | None = None,
    number: str = "",
    received_on: date | None = None,
    upload: UploadedFile | None = None,
) -> Request:
    """A paper came in. When it was the last one missing, the request is complete and goes back to who has to act.

    Raises:
        ValidationError: an unknown paper, a file that is not what its name says, a request that is closed.
    """
    day = received_on or clock.today()
    if upload is not None:
        try:
            kind_of(upload)
        except ValidationError as fault:
            raise ValidationError({"upload": fault.messages}) from None
    with act(actor, "request.record", request, version=version) as request:
        check_open(request)
        check_day(day, request.registered_on, "received_on")
        _paper(request, kind, day, number, upload)
        if not load(request).missing and request.completed_on is None:
            request.completed_on = day
            if request.with_applicant and request.state.acts != stages.APPLICANT:
                pass_on(request, "مدارک کامل شد", "papers complete", moment_of(day))
        request.save()
    return request


def give_back(
    actor: Actor, request: Request, *, reason: str, illegible: Iterable[str] = (), version: int | None = None
) -> Request:
    """Give a request back to its applicant: papers are missing or can't be read. The ball is with the applicant.

    Raises:
        ValidationError: nothing is missing, or the request is not with the company.
    """
    with act(actor, "request.return", request, version=version) as request:
        check_open(request)
        if request.with_applicant or request.state.acts == stages.APPLICANT:
            raise ValidationError(_("The request is with its applicant already."))
        unread = sorted({paper.kind.kind for paper in load(request).papers} & set(illegible))
        write_step(request, "returned", clock.today(), {"illegible": unread}, reason)
        case = load(request)
        if not case.missing:
            raise ValidationError({"illegible": _("All papers are here. Mark the one that can't be read.")})
        request.completed_on = None
        pass_on(request, f"برگشت برای اصلاح: {reason}", f"returned: {reason}", current().at, to_applicant=True)
        request.save()
    return request


def find(actor: Actor, plot: Plot, *, found_on: date, note: str, power_kw: float | None = None) -> Request:
    """An unauthorised connection was found on a plot. Confidential until it is on its way to a lawful one.

    Raises:
        NotAllowed: the actor is not of the company.
        ValidationError: a day to come, or one is on the register for this plot.
    """
    only(actor, {COMPANY})
    check_day(found_on, None, "found_on")
    with act(actor, "unauthorised.find", None, estate=plot.estate):
        if Request.objects.filter(plot=plot, stage__in=stages.CONFIDENTIAL).exists():
            raise ValidationError({"plot": _("This plot is on the register already.")})
        request = Request(
            estate=plot.estate, number=next_number(Request, plot.estate), plot=plot, found=True, supply_class="ampere",
            power_kw=float(power_kw) if power_kw else None, registered_on=found_on,
        )  # fmt: skip
        request.search_key = searchable(request)
        enter(request, "unauthorised_found", found_on)
        request.save()
        pass_on(request, f"شناسایی شد: {note}", f"found: {note}", moment_of(found_on))
        request.save()
    return request


def regularise(
    actor: Actor,
    request: Request,
    *,
    applicant: Mapping[str, str],
    power: Mapping[str, Any],
    papers: Iterable[str] = (),
    version: int | None = None,
) -> Request:
    """A found connection with a provisional meter becomes an ordinary request; it ends as regularised.

    Raises:
        ValidationError: it has no provisional meter yet.
    """
    with act(actor, "unauthorised.regularise", request, version=version) as request:
        if request.stage != "provisional":
            raise ValidationError(_("First give it a provisional meter."))
        _describe(request, applicant, power)
        _not_twice(request)
        _begin(request, clock.today(), papers)
    return request
