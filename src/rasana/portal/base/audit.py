"""Who did what, for whom, when, before and after: one chained line an act, written in the act's own transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.db.models.functions import Cast

from rasana.portal.base import clock
from rasana.portal.base.access import require
from rasana.portal.base.actor import Actor
from rasana.portal.base.people import Estate
from rasana.portal.base.record import OutsideAct, Record, Stale

GENESIS = "0" * 64
CHAIN_LOCK = 7_271_960
"""Number of PostgreSQL's advisory lock under which the chain grows; SQLite has one writer anyway."""


class AuditLine(models.Model):
    """One act. Plain values only, so that a line stays readable whatever becomes of the rows it speaks of."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    happened_at = models.DateTimeField(null=True)
    person = models.BigIntegerField(null=True, db_index=True)
    person_label = models.CharField(max_length=200)
    organisation = models.CharField(max_length=60, blank=True)
    on_behalf_of = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=60, db_index=True)
    estate = models.CharField(max_length=60, blank=True, db_index=True)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True)
    changes = models.JSONField(encoder=DjangoJSONEncoder)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ("number",)
        indexes = (models.Index(fields=("subject_type", "subject_id"), name="audit_subject"),)

    def content(self) -> str:
        """What the hash covers: every column but the hash, as JSON with sorted keys."""
        values = {
            each.attname: getattr(self, each.attname) for each in self._meta.concrete_fields if each.name != "hash"
        }
        values["changes"] = json.loads(json.dumps(self.changes, cls=DjangoJSONEncoder))
        for name in ("at", "happened_at"):
            moment = values[name]
            values[name] = moment.astimezone(clock.TEHRAN).isoformat() if moment else None
        return json.dumps(values, sort_keys=True, ensure_ascii=False)

    def digest(self) -> str:
        """SHA-256 of the content, which holds the previous line's hash."""
        return hashlib.sha256(self.content().encode()).hexdigest()


@dataclass
class Act:
    """Someone doing something, now. Collects what is saved."""

    actor: Actor
    action: str
    subject: Record | None
    estate: Estate | None
    at: datetime
    happened_at: datetime | None = None
    changes: list[dict[str, Any]] = field(default_factory=list)
    first_saved: Record | None = None
    """The subject of an act that makes a new record."""

    def saved(self, record: Record, before: dict[str, Any] | None) -> None:
        """Called by records when they are saved."""
        self.first_saved = self.first_saved or record
        after = record.snapshot()
        if before is not None:
            after = {key: value for key, value in after.items() if before.get(key) != value}
            before = {key: before.get(key) for key in after}
        self.changes.append({"type": record._meta.label, "id": record.pk, "before": before, "after": after})

    def write(self) -> None:
        """The line, at the end of the chain."""
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
        last = AuditLine.objects.order_by("-number").values_list("number", "hash").first()
        subject = self.subject
        line = AuditLine(
            number=last[0] + 1 if last else 1,
            at=self.at,
            happened_at=self.happened_at,
            person=self.actor.person_id,
            person_label=self.actor.label,
            organisation=self.actor.organisation_code,
            on_behalf_of=self.actor.on_behalf_label,
            action=self.action,
            estate=self.estate.code if self.estate else "",
            subject_type=subject._meta.label if subject is not None else "",
            subject_id=subject.pk if subject is not None else None,
            changes=self.changes,
            previous=last[1] if last else GENESIS,
        )
        line.hash = line.digest()
        line.save(force_insert=True)


_current: ContextVar[Act | None] = ContextVar("act", default=None)


def current() -> Act:
    """The act that is going on.

    Raises:
        OutsideAct: nobody acts.
    """
    act = _current.get()
    if act is None:
        raise OutsideAct("records are written within `with act(actor, action, record):` only")
    return act


@contextmanager
def act(
    actor: Actor,
    action: str,
    subject: Any = None,
    *,
    estate: Estate | None = None,
    version: int | None = None,
    happened_at: datetime | None = None,
) -> Iterator[Any]:
    """One thing that someone does: access checked on the locked row, saved whole or not at all, one line written.

    Yields the record as it stands in the database now; for a new record (``subject`` None or unsaved) what was given,
    and the first Record of the subject's kind saved inside becomes the line's subject.

    Raises:
        NotThere, NotAllowed: the actor may not.
        Stale: ``version`` is not the record's any more.
    """
    with transaction.atomic():
        fresh = subject
        if subject is not None and subject.pk is not None:
            fresh = subject._meta.model.objects.select_for_update(of=("self",)).get(pk=subject.pk)
            if version is not None and fresh.version != version:
                raise Stale(fresh)
            estate = estate or (fresh if isinstance(fresh, Estate) else fresh.estate_of())
        require(actor, action, fresh if fresh is not None and fresh.pk is not None else estate)
        doing = Act(actor, action, fresh, estate, clock.now(), happened_at)
        token = _current.set(doing)
        try:
            yield fresh
        finally:
            _current.reset(token)
        if doing.subject is None or doing.subject.pk is None:
            doing.subject = doing.first_saved
        doing.write()


def lines_of(record: Record) -> models.QuerySet[AuditLine]:
    """The lines whose subject is this record, newest first."""
    return AuditLine.objects.filter(subject_type=record._meta.label, subject_id=record.pk).order_by("-number")


def touching(record: Record) -> models.QuerySet[AuditLine]:
    """The lines in which this record is the subject or was changed beside another one, oldest first."""
    kind, key = json.dumps(record._meta.label), record.pk
    changes = Cast("changes", models.TextField())
    inside = models.Q(written__contains=f'"type": {kind}, "id": {key},')
    inside |= models.Q(written__contains=f'"id": {key}, "type": {kind}')  # the order in which PostgreSQL keeps keys
    subject = models.Q(subject_type=record._meta.label, subject_id=key)
    lines = AuditLine.objects.filter(estate__in={_estate_code(record), ""}).annotate(written=changes)
    return lines.filter(subject | inside).order_by("number")


def first_fault(noted: tuple[int, str] | None = None) -> tuple[int, str] | None:
    """The first line at which the chain does not hold, with the reason; None when it holds.

    ``noted``: number and hash of a line as they were written down elsewhere. Whoever can write to the database could
    cut off the end of the chain or forge all of it; against a hash kept outside he cannot.
    """
    previous, number = GENESIS, 0
    for line in AuditLine.objects.order_by("number").iterator(chunk_size=2000):
        if line.number != number + 1:
            return number + 1, "the line is missing"
        if line.previous != previous:
            return line.number, "the line before it was changed or removed"
        if line.hash != line.digest():
            return line.number, "its content was changed"
        if noted and line.number == noted[0] and line.hash != noted[1]:
            return line.number, "it is not the line that was noted"
        previous, number = line.hash, line.number
    if noted and number < noted[0]:
        return number + 1, f"the lines up to {noted[0]}, which was noted, are missing"
    return None


def last_line() -> tuple[int, str] | None:
    """Number and hash of the chain's end, to be noted elsewhere."""
    return AuditLine.objects.order_by("-number").values_list("number", "hash").first()


def as_known(record: Record, moment: datetime) -> dict[str, Any]:
    """The record's values as the office knew them at a past moment; empty if it did not exist then."""
    label, values = record._meta.label, {}
    for line in touching(record).filter(at__lte=moment).iterator():
        for change in line.changes:
            if change["type"] == label and change["id"] == record.pk:
                values |= change["after"]
    return values


def _estate_code(record: Record) -> str:
    estate = record if isinstance(record, Estate) else record.estate_of()
    return estate.code if estate else ""
