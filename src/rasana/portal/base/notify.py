"""Notices: what someone must know, in his notice centre and in the daily digest."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import models

from rasana.portal.base.audit import current
from rasana.portal.base.people import Estate, Membership, Organisation, Person
from rasana.portal.base.record import Record


class Notice(Record):
    """One sentence for one person about one record. ``text`` names the sentence; its words are in both languages."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="notices")
    estate = models.ForeignKey(Estate, models.PROTECT, null=True, related_name="+")
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    address = models.CharField(max_length=200)
    text_fa = models.CharField(max_length=300)
    text_en = models.CharField(max_length=300)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("person", "read_at"), name="notice_unread"),)


def notify(
    organisations: Iterable[Organisation],
    subject: Record,
    *,
    address: str,
    text_fa: str,
    text_en: str,
    roles: Collection[str] | None = None,
) -> None:
    """Tell the people of some organisations who have a role in the subject's estate, within the act that is going on.

    ``roles`` narrows it to people with one of these roles. Who acts is not told of his own act.
    """
    act = current()
    estate = subject.estate_of()
    people = _people(organisations, estate, roles)
    Notice.objects.load(
        [
            Notice(
                person=person,
                estate=estate,
                subject_type=subject._meta.label,
                subject_id=subject.pk,
                address=address,
                text_fa=text_fa,
                text_en=text_en,
                at=act.at,
                created_at=act.at,
            )
            for person in people
            if person.pk != act.actor.person_id
        ]
    )


def _people(
    organisations: Iterable[Organisation], estate: Estate | None, wanted: Collection[str] | None
) -> list[Person]:
    keys = [each.pk for each in organisations]
    roles = Membership.objects.filter(person__organisation__in=keys, ends__isnull=True).exclude(role="viewer")
    if estate is not None:
        roles = roles.filter(models.Q(estate=estate) | models.Q(estate__isnull=True))
    if wanted is not None:
        roles = roles.filter(role__in=wanted)
    return list(Person.objects.filter(pk__in=roles.values("person"), is_active=True).order_by("pk"))
