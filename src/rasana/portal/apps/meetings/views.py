"""Pages and verbs of meetings up to the minutes; what the seal brings stands in sealed.py."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rasana.portal.apps.meetings import actions, forms, selectors, states
from rasana.portal.apps.meetings.invitation import calendar_file
from rasana.portal.apps.meetings.models import Meeting, MeetingState, Verdict
from rasana.portal.apps.problems.actions import link_letter
from rasana.portal.apps.problems.forms import LetterLinkForm
from rasana.portal.apps.problems.selectors import letters_of
from rasana.portal.apps.problems.views import version_of
from rasana.portal.base import clock
from rasana.portal.base.access import NotThere, can, page
from rasana.portal.base.people import Estate
from rasana.portal.base.record import Stale
from rasana.portal.base.registries import related, suggestions
from rasana.portal.base.tables import INVENTED, Column, export

PER_PAGE = 25
BOTH, POST = ("GET", "HEAD", "POST"), ("POST",)
COLUMNS = (
    Column(gettext_lazy("Number"), "number"),
    Column(gettext_lazy("Estate"), "estate.name"),
    Column(gettext_lazy("Title"), "title"),
    Column(gettext_lazy("Date"), "starts_at"),
    Column(gettext_lazy("Place"), "place"),
    Column(gettext_lazy("Convener"), "convener.name"),
    Column(gettext_lazy("State"), "get_state_display"),
    Column(gettext_lazy("Decisions"), "decisions_count"),
    INVENTED,
)


@page("meeting.list")
def meeting_list(request: HttpRequest) -> HttpResponse:
    """All meetings of the actor's estates, newest first."""
    actor = request.actor
    form = forms.FilterForm(request.GET, estates=actor.estates)
    wishes = form.wishes()
    meetings = selectors.listed(actor, wishes)
    if (file := export(request, meetings, COLUMNS, "meetings")) is not None:
        return file
    shown = Paginator(meetings, PER_PAGE).get_page(request.GET.get("page"))
    for meeting in shown:
        meeting.tone = states.TONES[meeting.state]
    context = {
        "form": form,
        "page": shown,
        "filtered": bool(wishes),
        "estates": [each for each in actor.estates if can(actor, "meeting.create", each)],
        "estate": wishes.get("estate"),
    }
    return render(request, "meetings/list.html", context)


@page("meeting.create", Estate, methods=BOTH)
def meeting_new(request: HttpRequest, estate: Estate) -> HttpResponse:
    """Call a meeting: one form for title, day, parties and agenda, sent as a draft or with its invitations."""
    actor = request.actor
    form = forms.MeetingForm(
        request.POST or None,
        estate=estate,
        suggestions=suggestions(actor, estate),
        place=selectors.usual_place(actor, estate),
    )
    if request.method == "POST" and form.is_valid():
        invite = "draft" not in request.POST
        try:
            meeting = actions.call(actor, estate, **form.values(), invite=invite)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("The invitations are out.") if invite else _("The draft is kept."))
            return redirect(meeting)
    context = {"form": form, "estate": estate, "meeting": None}
    return render(request, "meetings/form.html", context, status=422 if form.errors else 200)


@page("meeting.change", Meeting, methods=BOTH)
def meeting_change(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """Change a meeting that has not been held."""
    try:
        states.check(meeting, "change")
    except ValidationError as refused:
        return show(request, meeting, refused)
    items = list(meeting.items.filter(dropped=False))
    taken = {(item.subject_type, item.subject_id) for item in items}
    waiting = [
        each
        for each in suggestions(request.actor, meeting.estate)
        if (each.subject._meta.label, each.subject.pk) not in taken
    ]
    form = forms.MeetingForm(
        request.POST or None,
        estate=meeting.estate,
        suggestions=waiting,
        items=items,
        initial=forms.opening(meeting),
    )
    if request.method == "POST" and form.is_valid():
        try:
            values = form.values() | {"titles": form.titles()}
            actions.change(request.actor, meeting, version=version_of(request), **values)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("Changed."))
            return redirect(meeting)
    context = {"form": form, "estate": meeting.estate, "meeting": meeting}
    return render(request, "meetings/form.html", context, status=422 if form.errors else 200)


# ------------------------------------------------------------------------------------------------------- one meeting


@page("meeting.view", Meeting)
def meeting_page(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """One meeting: what is next and whose it is, then its agenda, decisions and the organisations' word."""
    return show(request, meeting)


def show(
    request: HttpRequest,
    meeting: Meeting,
    refused: ValidationError | None = None,
    form: Any = None,
) -> HttpResponse:
    """The meeting's page; with what was refused (422) and the form in which it was typed."""
    actor = request.actor
    may = selectors.possible(actor, meeting)
    invitations = forms.invited(meeting)
    content = selectors.content_of(meeting)
    written = meeting.state not in {MeetingState.DRAFT, MeetingState.INVITED}
    rows = selectors.decisions_of(meeting) if written else []
    out = meeting.state in {MeetingState.CIRCULATED, MeetingState.SEALED}
    words = selectors.words_of(meeting, invitations) if out else []
    mine = next((each for each in words if each.organisation == actor.organisation), None)
    own = next((each for each in invitations if each.organisation == actor.organisation), None)
    points = selectors.points_of(meeting, content, rows)
    context = {
        "meeting": meeting,
        "estate": meeting.estate,
        "tone": states.TONES[meeting.state],
        "may": may,
        "invitations": invitations,
        "points": points,
        "decisions_count": len(rows),
        "words": words,
        "missing": [each.organisation for each in words if each.signature is None],
        "may_sign": "countersign" in may and mine is not None and mine.signature is None,
        "is_due": clock.day_of(meeting.starts_at) <= clock.today(),
        "own": own,
        "reply_form": forms.ReplyForm(initial={"answer": "coming", "delegates": own.delegates if own else ""}),
        "objection_form": forms.ObjectionForm(),
        "addendum_form": forms.AddendumForm(),
        "seal": meeting.seal if content else None,
        "addenda": list(meeting.addenda.select_related("organisation")) if content else [],
        "letters": letters_of(meeting) if written else [],
        "may_link": can(actor, "problem.link", meeting),
        "letter_form": LetterLinkForm(record=meeting),
        "promises": _promises(request, meeting, points) if content else {},
        "refused": refused.messages if refused is not None and form is None else [],
    }
    if form is not None:
        context[FORM_NAMES[type(form)]] = form
        context["bound"] = form
    return render(request, "meetings/detail.html", context, status=422 if refused is not None else 200)


FORM_NAMES: dict[type, str] = {
    forms.ReplyForm: "reply_form",
    forms.ObjectionForm: "objection_form",
    forms.AddendumForm: "addendum_form",
    LetterLinkForm: "letter_form",
}


def _promises(request: HttpRequest, meeting: Meeting, points: list[selectors.Point]) -> dict[str, Any]:
    """The commitments made of the decisions, and whether the actor may make one of those that are left."""
    made = {each.part: each for each in related(request.actor, meeting) if each.part}
    for point in points:
        for decision in point.decisions:
            decision["made"] = made.get(decision["pk"])
            decision["address"] = _address("commitments:from_decision", decision["pk"])
    first = next((each["row"] for point in points for each in point.decisions if each["row"]), None)
    if first is not None:
        first.meeting, first.estate = meeting, meeting.estate
    return {"may": first is not None and _may_promise(request, first), "made": len(made)}


def _may_promise(request: HttpRequest, decision: Any) -> bool:
    try:
        return can(request.actor, "commitment.make", decision)
    except KeyError:
        return False


def _address(name: str, pk: int | None) -> str:
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""


def _done(request: HttpRequest, meeting: Meeting, do: Any, said: str) -> HttpResponse:
    """A verb without a form of its own: done, or the page again with the reason."""
    try:
        do(request.actor, meeting, version=version_of(request))
    except ValidationError as refused:
        return show(request, Meeting.objects.select_related("estate", *Meeting.read_with).get(pk=meeting.pk), refused)
    messages.success(request, said)
    return redirect(meeting)


@page("meeting.invite", Meeting, methods=POST)
def meeting_invite(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """Send the invitations of a draft."""
    return _done(request, meeting, actions.invite, _("The invitations are out."))


@page("meeting.reply", Meeting, methods=POST)
def meeting_reply(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """An organisation's answer to its invitation."""
    form = forms.ReplyForm(request.POST)
    if not form.is_valid():
        return show(request, meeting, ValidationError(_("Put the answer right.")), form)
    data = form.cleaned_data
    try:
        actions.reply(request.actor, meeting, data["answer"], delegates=data["delegates"] or "")
    except ValidationError as refused:
        return show(request, meeting, refused)
    messages.success(request, _("Your answer is recorded."))
    return redirect(meeting)


@page("meeting.hold", Meeting, methods=POST)
def meeting_hold(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """Open the meeting and go on to its minutes."""
    try:
        actions.hold(request.actor, meeting, version=version_of(request))
    except ValidationError as refused:
        return show(request, meeting, refused)
    return redirect("meetings:minutes", meeting.pk)


@page("meeting.minutes", Meeting, methods=BOTH)
def meeting_minutes(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """The minutes as one sheet: saved by itself while it is written, by the button, or sent out with the other one."""
    try:
        states.check(meeting, "minutes")
    except ValidationError as refused:
        return show(request, meeting, refused) if request.method == "POST" else redirect(meeting)
    if request.method != "POST":
        return _sheet(request, meeting, forms.MinutesForm(meeting=meeting))
    form = forms.MinutesForm(request.POST, meeting=meeting)
    if request.htmx:
        return _autosave(request, meeting, form)
    if form.is_valid():
        try:
            saved = actions.save_minutes(request.actor, meeting, form.draft(), version=version_of(request))
            if "circulate" in request.POST:
                actions.circulate(request.actor, saved, version=saved.version)
        except ValidationError as refused:
            form.add_error(None, ValidationError(refused.messages))
            meeting.refresh_from_db(fields=["version"])
        else:
            sent = "circulate" in request.POST
            messages.success(request, _("The minutes are out for countersignature.") if sent else _("Saved."))
            return redirect(meeting if sent else reverse("meetings:minutes", args=[meeting.pk]))
    return _sheet(request, meeting, form)


def _sheet(request: HttpRequest, meeting: Meeting, form: forms.MinutesForm) -> HttpResponse:
    faults = form.faults() if form.is_bound else []
    context = {"meeting": meeting, "estate": meeting.estate, "form": form, "faults": faults}
    return render(request, "meetings/minutes.html", context, status=422 if faults else 200)


def _autosave(request: HttpRequest, meeting: Meeting, form: forms.MinutesForm) -> HttpResponse:
    """Save what is typed so far; the answer renews the version and the keys of new decisions, never the typed text."""
    context: dict[str, Any] = {"meeting": meeting, "faults": form.faults() if not form.is_valid() else []}
    if not context["faults"]:
        try:
            saved = actions.save_minutes(request.actor, meeting, form.draft(), version=version_of(request))
        except Stale as stale:
            context |= {"stale": stale.record}
        else:
            pks = iter(saved.decisions.filter(dropped=False).order_by("order").values_list("pk", flat=True))
            rows = [row for _item, _point, under in form.points for row in under]
            keys = [(row["key"], next(pks, "") if row.cleaned_data["text"] else row["key"].value()) for row in rows]
            context |= {"meeting": saved, "keys": keys, "at": clock.now()}
    return render(request, "meetings/autosaved.html", context)


@page("meeting.circulate", Meeting, methods=POST)
def meeting_circulate(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """Send the minutes out as they are."""
    return _done(request, meeting, actions.circulate, _("The minutes are out for countersignature."))


@page("meeting.correct", Meeting, methods=POST)
def meeting_correct(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """Take circulated minutes back for correction."""
    return _done(request, meeting, actions.correct, _("The minutes are a draft again."))


@page("meeting.countersign", Meeting, methods=POST)
def meeting_countersign(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """Countersign, or object with words."""
    form = None
    verdict, objection = Verdict.AGREED, ""
    if request.POST.get("verdict") == Verdict.OBJECTED:
        form = forms.ObjectionForm(request.POST)
        if not form.is_valid():
            return show(request, meeting, ValidationError(_("Put the objection right.")), form)
        verdict, objection = Verdict.OBJECTED, form.cleaned_data["objection"]
    try:
        actions.countersign(request.actor, meeting, verdict, objection=objection, version=version_of(request))
    except ValidationError as refused:
        return show(request, meeting, refused)
    agreed = verdict == Verdict.AGREED
    messages.success(request, _("Countersigned.") if agreed else _("Your objection will be printed with the minutes."))
    return redirect(meeting)


@page("problem.link", Meeting, methods=POST)
def meeting_link(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """Say that a letter of the estate bears on the meeting."""
    form = LetterLinkForm(request.POST, record=meeting)
    if not form.is_valid():
        return show(request, meeting, ValidationError(_("Put the number of the letter right.")), form)
    link_letter(request.actor, form.cleaned_data["letter"], meeting)
    messages.success(request, _("The letter is linked."))
    return redirect(meeting)


@page("meeting.view", Meeting)
def meeting_calendar(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """The invitation as a file for calendars."""
    if meeting.state == MeetingState.DRAFT:
        raise NotThere
    address = request.build_absolute_uri(meeting.get_absolute_url())
    response = HttpResponse(
        calendar_file(request.actor, meeting, address), content_type='text/calendar; method=REQUEST; charset="utf-8"'
    )
    response["Content-Disposition"] = f'attachment; filename="meeting-{meeting.estate.code}-{meeting.number}.ics"'
    return response
