"""The ball clock: to whom a case passed, when it happened, when it was recorded, why."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from rasana.portal.base import clock
from rasana.portal.base.audit import current
from rasana.portal.base.people import Estate, Organisation
from rasana.portal.base.record import AppendOnly, Record


class BallEvent(AppendOnly):
    """A case passes to an organisation, to the applicant (who is no organisation), or to nobody: it is closed."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="+")
    case_type = models.CharField(max_length=60)
    case_id = models.BigIntegerField()
    holder = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    applicant = models.BooleanField(default=False)
    """The applicant of a connection request has it: ``holder`` is empty then, and the case is not closed."""
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    reason_fa = models.CharField(max_length=300)
    reason_en = models.CharField(max_length=300)
    evidence = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("happened_at", "id")
        indexes = (models.Index(fields=("case_type", "case_id"), name="ball_case"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(applicant=False) | models.Q(holder__isnull=True), name="ball_one_holder"
            ),
        )


def pass_ball(
    case: Record,
    holder: Organisation | None,
    *,
    reason_fa: str,
    reason_en: str,
    happened_at: datetime | None = None,
    evidence: str = "",
    applicant: bool = False,
) -> BallEvent:
    """The case passes to ``holder``, within the act that is going on; perhaps recorded later than it happened.

    With ``applicant`` (and no holder) it passes to the applicant of a connection request.
    """
    moment = current().at
    event = BallEvent(
        estate=case.estate_of(),
        case_type=case._meta.label,
        case_id=case.pk,
        holder=holder,
        applicant=applicant,
        happened_at=happened_at or moment,
        recorded_at=moment,
        reason_fa=reason_fa,
        reason_en=reason_en,
        evidence=evidence,
    )
    event.save()
    return event


def ball_events(case: Record, until: datetime | None = None) -> list[BallEvent]:
    """The events of a case by the time they happened, as recorded until a moment (now)."""
    known = BallEvent.objects.filter(
        case_type=case._meta.label, case_id=case.pk, recorded_at__lte=until or clock.now()
    ).select_related("holder")
    return list(known)
