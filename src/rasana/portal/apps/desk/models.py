"""The story of a case as it is documented; and, for the desk, when each person last looked."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from rasana.portal.base.people import Estate, Person
from rasana.portal.base.record import AppendOnly, Told


class EventKind(models.TextChoices):
    """What an event is to the story."""

    EVENT = "event", _("event")
    PROMISE = "promise", _("promise")
    DUE = "due", _("due date")
    MEETING = "meeting", _("meeting")


class StoryEvent(AppendOnly, Told):
    """Something that happened in an estate's case, with the public page that says so."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="story")
    date = models.DateField(db_index=True)
    year_only = models.BooleanField(default=False)
    kind = models.CharField(max_length=20, choices=EventKind.choices, default=EventKind.EVENT)
    due = models.DateField(null=True)
    """The date that a promise names."""

    text_fa = models.CharField(max_length=400)
    text_en = models.CharField(max_length=400)

    class Meta:
        ordering = ("date", "id")

    @property
    def text(self) -> str:
        """In the language of the page."""
        return self.text_en if (get_language() or "fa").startswith("en") else self.text_fa


class Visit(models.Model):
    """When a person last sat at the desk, and the visit before: what is newer than that is news. Not a record."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="visit")
    began_at = models.DateTimeField()
    last_at = models.DateTimeField()
    previous_at = models.DateTimeField(null=True)
    digest_on = models.DateField(null=True)
    """The day of the last digest: one a day, whoever asks."""
