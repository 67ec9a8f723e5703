"""The seal and what it brings: PDF, JSON, checking, addenda."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rasana.portal.apps.meetings import forms, minutes, sealing
from rasana.portal.apps.meetings.models import Meeting, MeetingState
from rasana.portal.apps.meetings.views import POST, show
from rasana.portal.apps.problems.views import version_of
from rasana.portal.base.access import NotThere, page


def _fresh(meeting: Meeting) -> Meeting:
    return Meeting.objects.select_related("estate", *Meeting.read_with).get(pk=meeting.pk)


@page("meeting.seal", Meeting, methods=POST)
def meeting_seal(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """Seal the minutes."""
    try:
        sealing.seal(request.actor, meeting, version=version_of(request))
    except ValidationError as refused:
        return show(request, _fresh(meeting), refused)
    messages.success(request, _("Sealed. From now on only an addendum may follow."))
    return redirect(meeting)


@page("meeting.addendum", Meeting, methods=POST)
def meeting_addendum(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """Add to sealed minutes."""
    form = forms.AddendumForm(request.POST)
    if not form.is_valid():
        return show(request, meeting, ValidationError(_("Put the addendum right.")), form)
    try:
        sealing.add(request.actor, meeting, form.cleaned_data["text"])
    except ValidationError as refused:
        return show(request, meeting, refused)
    messages.success(request, _("The addendum is recorded."))
    return redirect(meeting)


@page("meeting.view", Meeting)
def meeting_pdf(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """The sealed PDF, byte for byte; of minutes that are out, a draft that says so."""
    name = f"minutes-{meeting.estate.code}-{meeting.number}.pdf"
    if meeting.state == MeetingState.SEALED:
        file = meeting.seal.pdf.open("rb")
        return FileResponse(file, content_type="application/pdf", filename=name, as_attachment=True)
    if meeting.state != MeetingState.CIRCULATED:
        raise NotThere
    response = HttpResponse(sealing.minutes_pdf(minutes.body(meeting)), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="draft-{name}"'
    return response


@page("meeting.view", Meeting)
def meeting_json(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """The sealed content as it was hashed."""
    if meeting.state != MeetingState.SEALED:
        raise NotThere
    response = HttpResponse(meeting.seal.content, content_type="application/json; charset=utf-8")
    name = f"minutes-{meeting.estate.code}-{meeting.number}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@page("meeting.view", Meeting)
def meeting_verify(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    """Everything that the seal promises, computed again now."""
    if meeting.state != MeetingState.SEALED:
        raise NotThere
    checks = sealing.checks(meeting.seal)
    context = {
        "meeting": meeting,
        "estate": meeting.estate,
        "seal": meeting.seal,
        "checks": checks,
        "holds": all(each.holds for each in checks),
    }
    return render(request, "meetings/verify.html", context)
