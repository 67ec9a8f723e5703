"""Connection requests: who asks for how much power on which plot, how far it is, and what was shown for each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from rasana.portal.apps.connections import stages
from rasana.portal.apps.estates.models import Plot, Unit
from rasana.portal.base.audit import lines_of
from rasana.portal.base.people import Estate, Organisation, OrganisationKind
from rasana.portal.base.persian import local_digits
from rasana.portal.base.record import AppendOnly, Record, Told, page_address

if TYPE_CHECKING:
    from rasana.portal.base.actor import Actor
    from rasana.portal.base.audit import AuditLine

COMPANY = OrganisationKind.DISTRIBUTION
CLERKS = frozenset({OrganisationKind.DISTRIBUTION, OrganisationKind.OPERATOR})
"""Kinds of organisation with a service counter: their officers enter what the applicant brings."""


class SupplyClass(models.TextChoices):
    """The two classes of the supplementary by-law of tariffs; the boundary is 30 kW."""

    DEMAND = "demand", gettext_lazy("30 kW and above")
    AMPERE = "ampere", gettext_lazy("below 30 kW")


class Use(models.TextChoices):
    """What the power is for; it decides which licence is asked for."""

    TRADE = "trade", pgettext_lazy("use", "trade")
    INDUSTRY = "industry", pgettext_lazy("use", "industry")


class DeliveryVoltage(models.TextChoices):
    """Where the customer takes over."""

    SECONDARY = "secondary", gettext_lazy("low voltage (400 V)")
    PRIMARY = "primary", gettext_lazy("medium voltage (20 kV)")


class Builder(models.TextChoices):
    """Who builds line and substation."""

    COMPANY = "company", gettext_lazy("the company")
    APPLICANT = "applicant", gettext_lazy("the applicant")


class Request(Record, Told):
    """One request. ``stage`` is the step that is open (a code of data/stages.csv); the ball says who has to do it.

    ``holder`` and ``with_applicant`` repeat the last event of the ball, so that lists can be filtered by them.
    """

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="requests")
    number = models.PositiveIntegerField()
    plot = models.ForeignKey(Plot, models.PROTECT, related_name="requests")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="requests")
    applicant_name = models.CharField(max_length=120)
    phone = models.CharField(max_length=20, blank=True)
    national_id = models.CharField(max_length=10, blank=True)
    supply_class = models.CharField(max_length=10, choices=SupplyClass.choices)
    power_kw = models.FloatField(null=True)
    amperes = models.PositiveSmallIntegerField(null=True)
    phases = models.PositiveSmallIntegerField(default=3)
    use = models.CharField(max_length=10, choices=Use.choices, default=Use.TRADE)
    delivery = models.CharField(max_length=10, choices=DeliveryVoltage.choices, default=DeliveryVoltage.SECONDARY)
    builder = models.CharField(max_length=10, choices=Builder.choices, default=Builder.COMPANY)
    inside_limits = models.BooleanField(default=True)
    found = models.BooleanField(default=False)
    """It began as an unauthorised connection that was found."""

    registered_on = models.DateField()
    completed_on = models.DateField(null=True)
    """Day on which the last paper came in: the queue's order."""

    stage = models.CharField(max_length=20)
    stage_since = models.DateTimeField()
    stage_before = models.CharField(max_length=20, blank=True)
    """Where a request that waits for its block goes on."""

    holder = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="requests_held")
    with_applicant = models.BooleanField(default=False)
    receipt_number = models.CharField(max_length=40, blank=True)
    energised_on = models.DateField(null=True)
    study = models.ForeignKey("studies.Study", models.PROTECT, null=True, related_name="requests")
    search_key = models.CharField(max_length=300)

    read_with = ("plot__block", "holder")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("estate", "number"), name="request_number_once"),
            models.UniqueConstraint(
                fields=("estate", "receipt_number"), condition=~models.Q(receipt_number=""), name="receipt_once"
            ),
            models.CheckConstraint(
                condition=models.Q(supply_class="demand", power_kw__gte=30)
                | models.Q(supply_class="ampere", amperes__gt=0)
                | models.Q(found=True),
                name="request_power_of_its_class",
            ),
            models.CheckConstraint(
                condition=models.Q(with_applicant=False) | models.Q(holder__isnull=True), name="request_one_holder"
            ),
        )
        indexes = (
            models.Index(fields=("estate", "stage", "-id"), name="request_stage"),
            models.Index(fields=("estate", "holder", "-id"), name="request_holder"),
            models.Index(fields=("completed_on", "id"), name="request_queue"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """Number and plot, in the page's language."""
        plot = local_digits(self.plot.plot_id, stages.language())
        return _("Request %(number)s, plot %(plot)s") % {"number": self.number_shown, "plot": plot}

    @property
    def number_shown(self) -> str:
        """Its number in the estate, in the digits of the page."""
        return local_digits(str(self.number), stages.language())

    def get_absolute_url(self) -> str:
        """Its page."""
        return page_address("connections:detail", self.pk)

    @property
    def state(self) -> stages.Stage:
        """The open step, or the state in which it rests."""
        return stages.stage(self.supply_class, self.stage)

    @property
    def is_open(self) -> bool:
        """Whether someone still has to act."""
        return self.stage not in stages.ENDS

    @property
    def is_confidential(self) -> bool:
        """An unauthorised connection that is not yet on its way to a lawful one."""
        return self.stage in stages.CONFIDENTIAL

    def standing(self, organisation: Organisation) -> set[str]:
        """Company: supplies it. Clerk: has a counter. Holder: has to act now."""
        found = set()
        if organisation.kind == COMPANY:
            found.add("company")
        if organisation.kind in CLERKS:
            found.add("clerk")
        if organisation.pk == self.holder_id:
            found.add("holder")
        return found

    def hidden_from(self, actor: Actor) -> bool:
        """What was found unauthorised is known to the company and the operator's heads only."""
        return self.is_confidential and not sees_confidential(actor, self.estate_id)

    def fields_hidden_from(self, actor: Actor) -> frozenset[str]:
        """Who the applicant is, is known to those with a counter."""
        personal = frozenset({"applicant_name", "phone", "national_id"})
        hidden = frozenset() if actor.is_system or sees_applicant(actor, self.estate_id) else personal
        return hidden if sees_confidential(actor, self.estate_id) else hidden | {"found"}

    def hidden_up_to(self, actor: Actor) -> AuditLine | None:
        """That it was found unauthorised stays confidential: all up to the act that made it a lawful request."""
        if not self.found or sees_confidential(actor, self.estate_id):
            return None
        return lines_of(self).filter(action="unauthorised.regularise").first()


def sees_confidential(actor: Actor, estate: Estate | int) -> bool:
    """Whether the register of unauthorised connections is open to the actor in an estate."""
    if actor.is_system:
        return True
    organisation, roles = actor.organisation, actor.roles(estate)
    if organisation is None or not roles:
        return False
    if organisation.kind == COMPANY:
        return True
    return organisation.kind == OrganisationKind.OPERATOR and bool(roles & {"head", "managing_director"})


def sees_applicant(actor: Actor, estate: Estate | int) -> bool:
    """Whether phone and national number of applicants (P1) are for the actor: only those with a counter need them."""
    organisation = actor.organisation
    return bool(organisation and organisation.kind in CLERKS and actor.roles(estate) and "P1" in actor.classes(estate))


class _Part(models.Model):
    """Part of a request: whoever may see the one may see the other."""

    class Meta:
        abstract = True

    def estate_of(self) -> Estate:
        """That of the request."""
        return self.request.estate  # type: ignore[attr-defined, no-any-return]

    def standing(self, organisation: Organisation) -> set[str]:
        """That to the request."""
        return self.request.standing(organisation)  # type: ignore[attr-defined, no-any-return]

    def hidden_from(self, actor: Actor) -> bool:
        """As the request."""
        return self.request.hidden_from(actor)  # type: ignore[attr-defined, no-any-return]

    def hidden_up_to(self, actor: Actor) -> AuditLine | None:
        """As the request."""
        return self.request.hidden_up_to(actor)  # type: ignore[attr-defined, no-any-return]


class Step(_Part, AppendOnly):
    """Something that was done for a request, and what was shown for it.

    ``code``: a step of data/stages.csv, or what goes beside the steps (``stages.BESIDE``): a paper that came in, the
    result of a condition of acceptance, a technical check, a quotation, a return for papers, a wait, a refusal.
    """

    request = models.ForeignKey(Request, models.PROTECT, related_name="steps")
    code = models.CharField(max_length=20)
    happened_on = models.DateField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    """Who wrote it down."""

    facts = models.JSONField(default=dict)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("id",)

    def hidden_from(self, actor: Actor) -> bool:
        """As the request; what was done before it became lawful stays confidential."""
        was_confidential = self.request.found and self.code in stages.CONFIDENTIAL
        return super().hidden_from(actor) or (was_confidential and not sees_confidential(actor, self.request.estate_id))
