"""Promises: who owes what to whom by when, what proves it, and everything that happened to the date."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from rasana.portal.apps.problems.models import Letter
from rasana.portal.base.files import Attachment
from rasana.portal.base.people import Estate, Organisation
from rasana.portal.base.persian import local_digits
from rasana.portal.base.record import AppendOnly, Record, Told, page_address

TITLE_LENGTH = 90
TEXT_LENGTH = 2000
REASON_LENGTH = 1000


class State(models.TextChoices):
    """What was done with a promise. Whether it was kept, and in time, is computed (selectors.py)."""

    PROPOSED = "proposed", pgettext_lazy("commitment", "proposed")
    ACTIVE = "active", pgettext_lazy("commitment", "active")
    DELIVERED = "delivered", pgettext_lazy("commitment", "delivered, not yet verified")
    DISPUTED = "disputed", pgettext_lazy("commitment", "disputed")
    CLOSED = "closed", pgettext_lazy("commitment", "closed")
    VOID = "void", pgettext_lazy("commitment", "void")


OPEN_STATES = (State.ACTIVE, State.DISPUTED)
"""The debtor owes."""


class Deliverable(models.TextChoices):
    """What kind of thing is promised."""

    SUPPLY = "supply", pgettext_lazy("deliverable", "supply")
    WORKS = "works", pgettext_lazy("deliverable", "works")
    STUDY = "study", pgettext_lazy("deliverable", "study")
    LETTER = "letter", pgettext_lazy("deliverable", "letter or answer")
    DECISION = "decision", pgettext_lazy("deliverable", "decision or permit")
    FUNDS = "funds", pgettext_lazy("deliverable", "funds")
    LAND = "land", pgettext_lazy("deliverable", "land or right of way")
    OTHER = "other", pgettext_lazy("deliverable", "other")


class EvidenceRule(models.TextChoices):
    """What counts as proof that the promise was kept."""

    LETTER = "letter", pgettext_lazy("evidence", "official letter")
    PHOTO = "photo", pgettext_lazy("evidence", "photo of the place")
    MEASUREMENT = "measurement", pgettext_lazy("evidence", "measurement")
    INSPECTION = "inspection", pgettext_lazy("evidence", "minutes of inspection or take-over")
    STUDY = "study", pgettext_lazy("evidence", "study's result")


class Commitment(Record, Told):
    """One promise. ``first_due`` never changes; ``due`` moves through a granted Extension only.

    A date on a working-day clock that falls on that organisation's day off is kept on its next working day:
    ``first_last_day`` and ``last_day`` are the last days on which delivery is in time.
    """

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="commitments")
    number = models.PositiveIntegerField()
    decision = models.ForeignKey("meetings.Decision", models.PROTECT, null=True, related_name="commitments")
    """The one that it was made of; a decision is one promise, for every promise has one debtor."""

    debtor = models.ForeignKey(Organisation, models.PROTECT, related_name="promises_owed")
    creditor = models.ForeignKey(Organisation, models.PROTECT, related_name="promises_due")
    text = models.TextField(max_length=TEXT_LENGTH)
    deliverable = models.CharField(max_length=20, choices=Deliverable.choices, default=Deliverable.WORKS)
    evidence_rule = models.CharField(max_length=20, choices=EvidenceRule.choices, default=EvidenceRule.LETTER)
    evidence_note = models.CharField(max_length=300, blank=True)
    clock_of = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    """Whose working days count; none: calendar days."""

    promised_on = models.DateField()
    first_due = models.DateField()
    first_last_day = models.DateField()
    due = models.DateField()
    last_day = models.DateField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.PROPOSED)
    debtor_agreed_on = models.DateField(null=True)
    creditor_agreed_on = models.DateField(null=True)
    delivered_on = models.DateField(null=True)
    """Day of the delivery that is being verified or was accepted."""

    closed_on = models.DateField(null=True)
    holder = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="promises_held")
    """Who must act next, as the ball clock says; none when it is over."""

    holder_since = models.DateField()
    step = models.PositiveSmallIntegerField(default=0)
    """Step of the ladder reached because the due date in force has passed."""

    silent_step = models.PositiveSmallIntegerField(default=0)
    """Step reached because the holder has not opened the case since it has it."""

    voided_by = models.ForeignKey("meetings.Decision", models.PROTECT, null=True, related_name="+")
    search_key = models.TextField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("estate", "number"), name="commitment_number"),
            models.UniqueConstraint(fields=("decision",), name="commitment_of_decision_once"),
            models.CheckConstraint(
                condition=~models.Q(debtor=models.F("creditor")), name="commitment_two_organisations"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="closed") | models.Q(delivered_on__isnull=False, closed_on__isnull=False),
                name="commitment_closed_by_delivery",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="void") | models.Q(voided_by__isnull=False),
                name="commitment_void_by_decision",
            ),
        )
        indexes = (
            models.Index(
                fields=("estate", "state", "last_day", "first_last_day", "first_due", "delivered_on", "step"),
                name="commitment_outcome",
            ),
            models.Index(fields=("estate", "debtor", "state"), name="commitment_debtor"),
            models.Index(fields=("estate", "creditor", "state"), name="commitment_creditor"),
            models.Index(fields=("estate", "-id"), name="commitment_newest"),
            models.Index(fields=("holder", "state"), name="commitment_holder"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """Number and the promise's first words, in the page's language."""
        text = self.text if len(self.text) <= TITLE_LENGTH else self.text[:TITLE_LENGTH].rsplit(" ", 1)[0] + "…"
        return _("Commitment %(number)s: %(text)s") % {"number": self.number_shown, "text": text}

    @property
    def number_shown(self) -> str:
        """Its number in the estate, in the digits of the page."""
        return local_digits(str(self.number), get_language() or "fa")

    def get_absolute_url(self) -> str:
        """Its page."""
        return page_address("commitments:detail", self.pk)

    def standing(self, organisation: Organisation) -> set[str]:
        """Debtor or creditor."""
        found = set()
        if organisation.pk == self.debtor_id:
            found.add("debtor")
        if organisation.pk == self.creditor_id:
            found.add("creditor")
        return found

    def days_late(self, today: date) -> int:
        """Calendar days past the first date, until delivered or today; 0 when in time, or when nothing is owed."""
        if self.state in {State.PROPOSED, State.VOID}:
            return 0
        end = self.delivered_on or today
        return max((end - self.first_due).days, 0) if end > self.first_last_day else 0

    def days_slipped(self) -> int:
        """Calendar days by which extensions moved the date."""
        return (self.due - self.first_due).days


class _Part(models.Model):
    """Part of a commitment: whoever may see the one may see the other."""

    class Meta:
        abstract = True

    def estate_of(self) -> Estate:
        """That of the commitment."""
        return self.commitment.estate  # type: ignore[attr-defined, no-any-return]

    def standing(self, organisation: Organisation) -> set[str]:
        """That to the commitment."""
        return self.commitment.standing(organisation)  # type: ignore[attr-defined, no-any-return]


class CommitmentLink(_Part, Record):
    """What waits behind a commitment: a problem, a plot, a request. Ended, not deleted, when it was a mistake."""

    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="links")
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    ended = models.BooleanField(default=False)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("commitment", "subject_type", "subject_id"), name="commitment_link_once"),
        )
        indexes = (models.Index(fields=("subject_type", "subject_id"), name="commitment_link_subject"),)


class ExtensionState(models.TextChoices):
    """Answer of the creditor."""

    REQUESTED = "requested", pgettext_lazy("extension", "waits for an answer")
    GRANTED = "granted", pgettext_lazy("extension", "granted")
    REFUSED = "refused", pgettext_lazy("extension", "refused")
    LAPSED = "lapsed", pgettext_lazy("extension", "lapsed: delivered before an answer")


class Extension(_Part, Record):
    """The debtor asks for a later date, with a reason; the creditor grants or refuses, with a reason."""

    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="extensions")
    new_due = models.DateField()
    reason = models.CharField(max_length=REASON_LENGTH)
    requested_on = models.DateField()
    state = models.CharField(max_length=20, choices=ExtensionState.choices, default=ExtensionState.REQUESTED)
    answer = models.CharField(max_length=REASON_LENGTH, blank=True)
    answered_on = models.DateField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("commitment",), condition=models.Q(state="requested"), name="one_extension_at_a_time"
            ),
        )

    @property
    def slip(self) -> int:
        """Calendar days from the first due date to this one."""
        return (self.new_due - self.commitment.first_due).days


class DueDate(_Part, AppendOnly):
    """The first date and every later one."""

    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="due_dates")
    due = models.DateField()
    set_on = models.DateField()
    extension = models.OneToOneField(Extension, models.PROTECT, null=True, related_name="due_date")
    """None: the first."""

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("commitment",), condition=models.Q(extension__isnull=True), name="one_first_due_date"
            ),
        )


class Delivery(_Part, AppendOnly):
    """The debtor says that it is done, and shows it. Files hang on it as attachments."""

    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="deliveries")
    delivered_on = models.DateField()
    evidence = models.CharField(max_length=20, choices=EvidenceRule.choices)
    text = models.TextField(max_length=TEXT_LENGTH)
    letter = models.ForeignKey(Letter, models.PROTECT, null=True, related_name="deliveries")

    class Meta:
        ordering = ("id",)


class Verification(_Part, AppendOnly):
    """The creditor accepts a delivery, or disputes it with a reason."""

    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="verifications")
    delivery = models.OneToOneField(Delivery, models.PROTECT, related_name="verification")
    accepted = models.BooleanField()
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    decided_on = models.DateField()

    class Meta:
        ordering = ("id",)


class Opening(_Part, AppendOnly):
    """Someone of an organisation opened the case: one a day. Where there is none for long, that is silence."""

    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="openings")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    opened_on = models.DateField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("commitment", "organisation", "opened_on"), name="opening_once_a_day"),
        )


class Cause(models.TextChoices):
    """Why the ladder was climbed."""

    OVERDUE = "overdue", gettext_lazy("The due date has passed.")
    SILENCE = "silence", gettext_lazy("The case was not opened.")


class Escalation(_Part, AppendOnly):
    """A step of the ladder (base/data/ladder.csv), climbed by the office itself, once for each date it counts from."""

    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="escalations")
    step = models.PositiveSmallIntegerField()
    cause = models.CharField(max_length=20, choices=Cause.choices)
    silent = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    counted_from = models.DateField()
    """The last day of the due date in force; in silence the day the case came to who is silent."""

    working_days = models.PositiveIntegerField()
    """Working days overdue, or of silence, when it was climbed."""

    reached_on = models.DateField()
    dossier = models.ForeignKey(Attachment, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("reached_on", "id")
        constraints = (
            models.UniqueConstraint(fields=("commitment", "cause", "counted_from", "step"), name="escalation_once"),
        )
