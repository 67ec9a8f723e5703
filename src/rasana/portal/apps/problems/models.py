"""What stands in an estate's way: problems with their plots and steps; official letters as evidence."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rasana.portal.apps.estates.models import Plot
from rasana.portal.base.files import Attachment
from rasana.portal.base.people import Estate, Organisation, OrganisationKind, Person
from rasana.portal.base.record import AppendOnly, Record, Told, page_address

TRIAGERS = frozenset({OrganisationKind.OPERATOR, OrganisationKind.GOVERNOR})
"""Kinds of organisation that sort what is reported: who runs the estate, and who arbitrates."""


class ProblemKind(models.TextChoices):
    """What the obstacle is made of."""

    SUPPLY_CAPACITY = "supply_capacity", _("supply capacity")
    LINE = "line", _("line or cable")
    TRANSFORMER = "transformer", _("transformer")
    LAND = "land", _("land and right of way")
    FUNDS = "funds", _("funds")
    PERMIT = "permit", _("permit")
    UNAUTHORISED = "unauthorised_connection", _("unauthorised connection")
    QUALITY = "quality", _("quality of supply")
    OTHER = "other", pgettext_lazy("problem", "other")


class Severity(models.IntegerChoices):
    """How much it holds up."""

    LOW = 1, _("a nuisance")
    MEDIUM = 2, _("holds up some plots")
    HIGH = 3, _("holds up a block")
    CRITICAL = 4, _("holds up the whole estate")


class ProblemState(models.TextChoices):
    """Where a problem stands; how it gets from one to the next is told in states.py."""

    REPORTED = "reported", pgettext_lazy("problem", "reported")
    ACCEPTED = "accepted", pgettext_lazy("problem", "accepted")
    DUPLICATE = "duplicate", pgettext_lazy("problem", "duplicate")
    REFERRED = "referred", pgettext_lazy("problem", "not ours, referred")
    ASSIGNED = "assigned", pgettext_lazy("problem", "assigned")
    STUDIED = "studied", pgettext_lazy("problem", "studied")
    PLANNED = "planned", pgettext_lazy("problem", "planned")
    FIXED = "fixed", pgettext_lazy("problem", "fixed")
    CONFIRMED = "confirmed", pgettext_lazy("problem", "confirmed")
    REOPENED = "reopened", pgettext_lazy("problem", "reopened")


class Problem(Record, Told):
    """An obstacle on an estate's register. ``holder`` is who must act next, as the ball clock says."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="problems")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=30, choices=ProblemKind.choices, db_index=True)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, default=Severity.MEDIUM, db_index=True)
    effect = models.CharField(max_length=300, blank=True)
    """What it blocks, in words; ``plots`` says which plots."""
    longitude = models.FloatField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    plots: models.ManyToManyField[Plot, ProblemPlot] = models.ManyToManyField(
        Plot, through="ProblemPlot", related_name="problems"
    )
    reporter_person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    reporter = models.ForeignKey(Organisation, models.PROTECT, related_name="problems_reported")
    assigned = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="problems_assigned")
    holder = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="problems_held")
    state = models.CharField(max_length=20, choices=ProblemState.choices, default=ProblemState.REPORTED, db_index=True)
    state_since = models.DateTimeField()
    reported_at = models.DateTimeField(db_index=True)
    duplicate_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="duplicates")
    referred_to = models.CharField(max_length=200, blank=True)
    plots_count = models.PositiveIntegerField(default=0)
    search_key = models.CharField(max_length=600, db_index=True)

    read_with = ("reporter", "assigned", "holder", "duplicate_of")

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("estate", "number"), name="problem_number_once"),)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return page_address("problems:detail", self.pk)

    def standing(self, organisation: Organisation) -> set[str]:
        """Who reported it, who has to solve it, who sorts what is reported, and who holds it now."""
        found = set()
        if organisation.pk == self.reporter_id:
            found.add("reporter")
        if organisation.pk == self.assigned_id:
            found.add("assigned")
        if organisation.pk == self.holder_id:
            found.add("holder")
        if organisation.kind in TRIAGERS:
            found.add("triager")
        return found


class ProblemPlot(Record):
    """A plot that a problem holds up."""

    problem = models.ForeignKey(Problem, models.PROTECT, related_name="plot_rows")
    plot = models.ForeignKey(Plot, models.PROTECT, related_name="problem_rows")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("problem", "plot"), name="problem_plot_once"),)

    def estate_of(self) -> Estate:
        """The problem's."""
        return self.problem.estate


class Step(AppendOnly):
    """One thing that was done about a problem, with the words that were given for it."""

    problem = models.ForeignKey(Problem, models.PROTECT, related_name="steps")
    action = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=ProblemState.choices)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    holder = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True)
    address = models.CharField(max_length=200, blank=True)
    """Where to read on: the commitment that plans it, the meeting that talks about it."""
    attachment = models.ForeignKey(Attachment, models.PROTECT, null=True, related_name="+")
    letter = models.ForeignKey("Letter", models.PROTECT, null=True, related_name="+")
    happened_at = models.DateTimeField()

    class Meta:
        ordering = ("-happened_at", "-id")

    def estate_of(self) -> Estate:
        """The problem's."""
        return self.problem.estate


class Letter(AppendOnly, Told):
    """An official letter: number, date, from, to, subject; its scan is an attachment. An object of evidence.

    A side that is no party in the estate is written in words (``sender_other``, ``recipient_other``).
    """

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="letters")
    number = models.CharField(max_length=60)
    date = models.DateField()
    sender = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="letters_sent")
    sender_other = models.CharField(max_length=200, blank=True)
    recipient = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="letters_received")
    recipient_other = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=300)
    search_key = models.CharField(max_length=700, db_index=True)

    read_with = ("sender", "recipient")

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("-date", "-id")

    def __str__(self) -> str:
        return self.subject

    @property
    def title(self) -> str:
        """Its subject."""
        return self.subject

    @property
    def sender_name(self) -> str:
        """Who it is from."""
        return self.sender.name if self.sender else self.sender_other

    @property
    def recipient_name(self) -> str:
        """Whom it went to."""
        return self.recipient.name if self.recipient else self.recipient_other

    def get_absolute_url(self) -> str:
        """Its page."""
        return page_address("problems:letter", self.pk)


class LetterLink(AppendOnly):
    """A letter that bears on a problem, meeting or commitment."""

    letter = models.ForeignKey(Letter, models.PROTECT, related_name="links")
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("letter", "subject_type", "subject_id"), name="letter_linked_once"),
        )
        indexes = (models.Index(fields=("subject_type", "subject_id"), name="letter_subject"),)

    def estate_of(self) -> Estate:
        """The letter's."""
        return self.letter.estate
