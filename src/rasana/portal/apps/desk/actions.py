"""Verbs of the desk: notices are read; the story is told."""

from __future__ import annotations

from collections.abc import Iterable

from rasana.portal.apps.desk.models import StoryEvent
from rasana.portal.base import clock
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import act
from rasana.portal.base.notify import Notice


def read_notices(actor: Actor, notices: Iterable[Notice]) -> int:
    """Mark some of the actor's own notices as read; returns how many were new."""
    with act(actor, "notice.view"):
        fresh = Notice.objects.filter(person=actor.person, read_at__isnull=True)
        unread = list(fresh.filter(pk__in=[each.pk for each in notices]))
        for notice in unread:
            notice.read_at = clock.now()
            notice.save()
    return len(unread)


def tell(actor: Actor, events: list[StoryEvent]) -> None:
    """Write down documented events of a case."""
    with act(actor, "story.tell"):
        for event in events:
            event.save()
