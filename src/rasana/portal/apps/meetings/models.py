"""Meetings: who was invited and came, what was on the agenda and decided, who signed, and the seal on it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rasana.portal.base.people import Estate, Organisation, Person
from rasana.portal.base.record import AppendOnly, Record, Told, page_address


class MeetingState(models.TextChoices):
    """Where a meeting stands; each follows the one before (states.py)."""

    DRAFT = "draft", pgettext_lazy("meeting", "draft")
    INVITED = "invited", pgettext_lazy("meeting", "invited")
    HELD = "held", pgettext_lazy("meeting", "held")
    DRAFTED = "drafted", pgettext_lazy("meeting", "minutes drafted")
    CIRCULATED = "circulated", pgettext_lazy("meeting", "minutes circulated")
    SEALED = "sealed", pgettext_lazy("meeting", "sealed")


class Reply(models.TextChoices):
    """What an organisation answers to an invitation."""

    NONE = "none", _("no answer yet")
    COMING = "coming", _("will come")
    DECLINED = "declined", _("will not come")


class Attendance(models.TextChoices):
    """Whether an organisation was there."""

    UNKNOWN = "unknown", _("not recorded")
    PRESENT = "present", _("present")
    ABSENT = "absent", _("absent")


class Verdict(models.TextChoices):
    """What an organisation says to the minutes."""

    AGREED = "agreed", _("countersigned")
    OBJECTED = "objected", _("objected")


class Meeting(Record, Told):
    """A meeting of an estate's parties. ``edition`` counts the times its minutes were circulated."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="meetings")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    place = models.CharField(max_length=200)
    starts_at = models.DateTimeField(db_index=True)
    convener = models.ForeignKey(Organisation, models.PROTECT, related_name="meetings_convened")
    chair = models.CharField(max_length=120, blank=True)
    """The chair's office; minutes name no person."""
    state = models.CharField(max_length=20, choices=MeetingState.choices, default=MeetingState.DRAFT, db_index=True)
    edition = models.PositiveSmallIntegerField(default=0)
    search_key = models.CharField(max_length=500, db_index=True)

    read_with = ("convener", "seal")

    class Meta:
        ordering = ("-starts_at", "-id")
        constraints = (models.UniqueConstraint(fields=("estate", "number"), name="meeting_number_once"),)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return page_address("meetings:detail", self.pk)

    def standing(self, organisation: Organisation) -> set[str]:
        """Who called it, who is invited, who was there."""
        found = {"convener"} if organisation.pk == self.convener_id else set()
        with_organisation = Invitation.objects.select_related("organisation")
        models.prefetch_related_objects([self], models.Prefetch("invitations", with_organisation))
        for invitation in self.invitations.all():
            if invitation.organisation_id == organisation.pk and not invitation.withdrawn:
                found.add("invited")
                if invitation.attendance == Attendance.PRESENT:
                    found.add("present")
        return found


class OfMeeting(models.Model):
    """A part of a meeting: it stands in the meeting's estate, and organisations stand to it as to the meeting."""

    class Meta:
        abstract = True

    def estate_of(self) -> Estate:
        """The meeting's."""
        return self.meeting.estate  # type: ignore[attr-defined, no-any-return]

    def standing(self, organisation: Organisation) -> set[str]:
        """As to the meeting."""
        return self.meeting.standing(organisation)  # type: ignore[attr-defined, no-any-return]

    def get_absolute_url(self) -> str:
        """The meeting's page."""
        return self.meeting.get_absolute_url()  # type: ignore[attr-defined, no-any-return]


class Invitation(OfMeeting, Record):
    """An organisation that is asked to come; its delegates by office, not by name."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="invitations")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="invitations")
    reply = models.CharField(max_length=20, choices=Reply.choices, default=Reply.NONE)
    attendance = models.CharField(max_length=20, choices=Attendance.choices, default=Attendance.UNKNOWN)
    delegates = models.CharField(max_length=300, blank=True)
    withdrawn = models.BooleanField(default=False)

    class Meta:
        ordering = ("organisation", "id")
        constraints = (models.UniqueConstraint(fields=("meeting", "organisation"), name="invited_once"),)


class AgendaItem(OfMeeting, Record):
    """A point of the agenda, perhaps about a record (a problem, a request), and what was said about it."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="items")
    order = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True)
    minutes = models.TextField(blank=True)
    dropped = models.BooleanField(default=False)

    class Meta:
        ordering = ("order", "id")
        indexes = (models.Index(fields=("subject_type", "subject_id"), name="agenda_subject"),)

    def __str__(self) -> str:
        return self.title


class Decision(OfMeeting, Record, Told):
    """What was decided under a point of the agenda: words, who owes it, by when. A commitment is made of it."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="decisions")
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="decisions")
    item = models.ForeignKey(AgendaItem, models.PROTECT, related_name="decisions")
    order = models.PositiveSmallIntegerField()
    """Number of the decision in its meeting."""
    text = models.CharField(max_length=1000)
    responsible = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="decisions")
    due = models.DateField(null=True, blank=True)
    dropped = models.BooleanField(default=False)
    """Struck out while the minutes were still a draft."""

    class Meta:
        ordering = ("order", "id")

    def __str__(self) -> str:
        return self.text

    @property
    def title(self) -> str:
        """Its words."""
        return self.text

    def standing(self, organisation: Organisation) -> set[str]:
        """As to the meeting; and who owes it."""
        found = super().standing(organisation)
        return found | {"responsible"} if organisation.pk == self.responsible_id else found


class Countersignature(OfMeeting, AppendOnly):
    """An organisation's word on an edition of the minutes, once. ``sha256`` is of what it had before it."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="signatures")
    edition = models.PositiveSmallIntegerField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="signatures")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    objection = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)
    happened_at = models.DateTimeField()

    class Meta:
        ordering = ("happened_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("meeting", "edition", "organisation"), name="countersigned_once"),
        )


def _pdf_place(seal: Seal, name: str) -> str:
    return f"minutes/{seal.pdf_sha256[:2]}/{seal.pdf_sha256}.pdf"


class Seal(OfMeeting, AppendOnly):
    """The end of the minutes: their content as signed, its hash over the estate's previous seal, and the PDF."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="seals")
    meeting = models.OneToOneField(Meeting, models.PROTECT, related_name="seal")
    position = models.PositiveIntegerField()
    content = models.TextField()
    """Canonical JSON of the minutes."""
    previous = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64, unique=True)
    pdf = models.FileField(upload_to=_pdf_place)
    pdf_sha256 = models.CharField(max_length=64)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    happened_at = models.DateTimeField()

    class Meta:
        ordering = ("estate", "position")
        constraints = (models.UniqueConstraint(fields=("estate", "position"), name="seal_position_once"),)


class Addendum(OfMeeting, AppendOnly):
    """What is added to sealed minutes. Its hash is over the seal's (or the addendum's before it)."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="addenda")
    number = models.PositiveSmallIntegerField()
    text = models.TextField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    happened_at = models.DateTimeField()
    previous = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("meeting", "number"), name="addendum_number_once"),)
