"""The invitation as a file for calendars (iCalendar, METHOD:REQUEST), the Jalali date in its words."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vText

from rasana.portal.apps.meetings.models import Meeting
from rasana.portal.base import clock, persian
from rasana.portal.base.actor import Actor

LENGTH = timedelta(hours=2)


def calendar_file(actor: Actor, meeting: Meeting, address: str) -> bytes:
    """The meeting for one who is invited; a later version of the meeting replaces the earlier one in his calendar."""
    language = get_language() or "fa"
    starts = meeting.starts_at.astimezone(clock.TEHRAN)
    day = persian.format_date(starts.date(), language, "full")
    hour = persian.local_digits(starts.strftime("%H:%M"), language)
    points = [item.title for item in meeting.items.filter(dropped=False)]
    lines = [f"{day}{_(', ')}{hour}", meeting.estate.name, *(f"- {title}" for title in points), address]
    if meeting.invented:
        lines.insert(0, _("invented"))
    event = Event()
    event.add("uid", f"meeting-{meeting.pk}-{meeting.created_at:%Y%m%d%H%M%S}@rasana")
    event.add("sequence", meeting.version)
    event.add("dtstamp", clock.now())
    event.add("dtstart", starts)
    event.add("dtend", starts + LENGTH)
    event.add("summary", meeting.title)
    event.add("location", meeting.place)
    event.add("description", "\n".join(lines))
    event.add("url", address)
    event.add("status", "CONFIRMED")
    organizer = vCalAddress(f"mailto:{settings.DEFAULT_FROM_EMAIL.rpartition('<')[2].rstrip('>')}")
    organizer.params["cn"] = vText(meeting.convener.name)
    event["organizer"] = organizer
    if actor.person is not None:
        attendee = vCalAddress(f"mailto:{actor.person.email}")
        attendee.params["cn"] = vText(actor.organisation.name if actor.organisation else "")
        attendee.params["partstat"] = vText("NEEDS-ACTION")
        attendee.params["rsvp"] = vText("TRUE")
        event.add("attendee", attendee, encode=0)
    calendar = Calendar()
    calendar.add("prodid", "-//Rasana//Meetings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return calendar.to_ical()
