"""What people do with commitments: propose, agree, deliver, ask for time, answer, verify, dispute, void, link.

``happened_at`` is when a thing happened, where that is earlier than its record. Nobody types whether a promise was
kept: that follows from the dates (selectors.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError
from django.utils.translation import gettext as _

from rasana.portal.apps.commitments import checks
from rasana.portal.apps.commitments.making import agree, from_decision, last_day, propose
from rasana.portal.apps.commitments.models import (
    OPEN_STATES,
    Commitment,
    Delivery,
    DueDate,
    Extension,
    ExtensionState,
    Opening,
    State,
    Verification,
)
from rasana.portal.apps.commitments.passing import link_rows, noon, save_and_pass
from rasana.portal.apps.meetings.models import Decision
from rasana.portal.apps.problems.models import Letter, LetterLink
from rasana.portal.base import clock, persian
from rasana.portal.base.access_table import STAFF
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import act, current
from rasana.portal.base.ball import calendars
from rasana.portal.base.files import attach, kind_of
from rasana.portal.base.record import Record

__all__ = [
    "agree",
    "deliver",
    "dispute",
    "from_decision",
    "grant",
    "link",
    "opened",
    "propose",
    "refuse",
    "request_extension",
    "unlink",
    "verify",
    "void",
]


def deliver(
    actor: Actor,
    commitment: Commitment,
    *,
    delivered_on: date,
    text: str,
    letter_number: str = "",
    letter_date: date | None = None,
    files: Iterable[UploadedFile] = (),
    version: int | None = None,
    happened_at: datetime | None = None,
) -> Delivery:
    """The debtor says that it is done and gives the proof that was agreed; the creditor must verify it.

    Raises:
        ValidationError: by field: nothing is owed, a day in the future or before the promise, the agreed proof lacks.
    """
    uploads = list(files)
    with act(actor, "commitment.deliver", commitment, version=version, happened_at=happened_at) as fresh:
        checks.state(fresh, OPEN_STATES)
        checks.delivery(fresh, delivered_on, letter_number, letter_date, uploads)
        delivery = Delivery(commitment=fresh, delivered_on=delivered_on, evidence=fresh.evidence_rule, text=text)
        delivery.letter = _letter(fresh, letter_number, letter_date, text) if letter_number and letter_date else None
        delivery.save()
        for upload in uploads:
            _attach(delivery, upload)
        for pending in fresh.extensions.filter(state=ExtensionState.REQUESTED):
            pending.state = ExtensionState.LAPSED
            pending.save()
        fresh.state, fresh.delivered_on, fresh.holder = State.DELIVERED, delivered_on, fresh.creditor
        at = happened_at or (None if delivered_on == clock.today() else noon(delivered_on))
        save_and_pass(fresh, "delivered", at)
    return delivery


def request_extension(
    actor: Actor,
    commitment: Commitment,
    *,
    new_due: date,
    reason: str,
    version: int | None = None,
    happened_at: datetime | None = None,
) -> Extension:
    """The debtor asks for a later date, with a reason. The date stays as it is until the creditor grants it.

    Raises:
        ValidationError: by field: no later date, not after today, no reason, a request that waits already.
    """
    with act(actor, "commitment.request_extension", commitment, version=version, happened_at=happened_at) as fresh:
        checks.state(fresh, OPEN_STATES)
        today = clock.day_of(happened_at or current().at)
        checks.extension(fresh, new_due, reason, today)
        extension = Extension(commitment=fresh, new_due=new_due, reason=reason, requested_on=today)
        extension.save()
        fresh.holder = fresh.creditor
        save_and_pass(fresh, "extension_requested", happened_at)
    return extension


def grant(
    actor: Actor,
    commitment: Commitment,
    *,
    answer: str = "",
    version: int | None = None,
    happened_at: datetime | None = None,
) -> DueDate:
    """The creditor grants the later date. The first one stays, and lateness counts from it; the ladder starts anew.

    Raises:
        ValidationError: no request waits.
    """
    with act(actor, "commitment.answer_extension", commitment, version=version, happened_at=happened_at) as fresh:
        extension = _answer(fresh, ExtensionState.GRANTED, answer, happened_at)
        calendar = calendars()[fresh.clock_of_id] if fresh.clock_of_id else None
        fresh.due, fresh.last_day = extension.new_due, last_day(extension.new_due, calendar)
        fresh.step = 0
        later = DueDate(commitment=fresh, due=extension.new_due, set_on=extension.answered_on, extension=extension)
        later.save()
        fresh.holder = fresh.debtor
        save_and_pass(fresh, "extension_granted", happened_at)
    return later


def refuse(
    actor: Actor,
    commitment: Commitment,
    *,
    answer: str,
    version: int | None = None,
    happened_at: datetime | None = None,
) -> Extension:
    """The creditor refuses the later date, with a reason.

    Raises:
        ValidationError: no request waits, no reason.
    """
    if not answer.strip():
        raise ValidationError({"answer": _("Write why it is refused.")})
    with act(actor, "commitment.answer_extension", commitment, version=version, happened_at=happened_at) as fresh:
        extension = _answer(fresh, ExtensionState.REFUSED, answer, happened_at)
        fresh.holder = fresh.debtor
        save_and_pass(fresh, "extension_refused", happened_at)
    return extension


def verify(
    actor: Actor,
    commitment: Commitment,
    *,
    reason: str = "",
    version: int | None = None,
    happened_at: datetime | None = None,
) -> Commitment:
    """The creditor accepts what was delivered: the promise is kept, on time or late, by the day of delivery."""
    with act(actor, "commitment.verify", commitment, version=version, happened_at=happened_at) as fresh:
        day = _decide(fresh, reason, happened_at, accepted=True)
        fresh.state, fresh.closed_on, fresh.holder = State.CLOSED, day, None
        save_and_pass(fresh, "verified", happened_at)
    return fresh


def dispute(
    actor: Actor,
    commitment: Commitment,
    *,
    reason: str,
    version: int | None = None,
    happened_at: datetime | None = None,
) -> Commitment:
    """The creditor says that what was delivered is not what was promised, and why; the debtor owes it again.

    Raises:
        ValidationError: no reason, nothing delivered.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Write what is missing.")})
    with act(actor, "commitment.dispute", commitment, version=version, happened_at=happened_at) as fresh:
        _decide(fresh, reason, happened_at, accepted=False)
        fresh.state, fresh.delivered_on, fresh.holder = State.DISPUTED, None, fresh.debtor
        save_and_pass(fresh, "disputed", happened_at)
    return fresh


def void(
    actor: Actor,
    commitment: Commitment,
    decision: Decision | None,
    *,
    version: int | None = None,
    happened_at: datetime | None = None,
) -> Commitment:
    """A later sealed decision, which is cited, ends the promise without its being kept.

    Raises:
        ValidationError: no decision, an earlier one, of another estate, not sealed; a promise that is over.
    """
    checks.voiding(commitment, decision)
    with act(actor, "commitment.void", commitment, version=version, happened_at=happened_at) as fresh:
        checks.state(fresh, (State.PROPOSED, *OPEN_STATES, State.DELIVERED))
        for pending in fresh.extensions.filter(state=ExtensionState.REQUESTED):
            pending.state = ExtensionState.LAPSED
            pending.save()
        fresh.state, fresh.voided_by, fresh.holder = State.VOID, decision, None
        save_and_pass(fresh, "voided", happened_at)
    return fresh


def link(actor: Actor, commitment: Commitment, behind: Iterable[Record], *, version: int | None = None) -> Commitment:
    """Say what waits behind a promise: problems, plots, requests. A problem becomes 'planned' by it.

    Raises:
        ValidationError: a record of another estate.
    """
    records = list(behind)
    checks.same_estate(commitment.estate_id, records)
    with act(actor, "commitment.link", commitment, version=version) as fresh:
        link_rows(fresh, records)
    return fresh


def unlink(actor: Actor, commitment: Commitment, behind: Iterable[Record], *, version: int | None = None) -> Commitment:
    """End links that were a mistake. They stay on record as ended."""
    records = [(record._meta.label, record.pk) for record in behind]
    with act(actor, "commitment.link", commitment, version=version) as fresh:
        for row in fresh.links.filter(ended=False):
            if (row.subject_type, row.subject_id) in records:
                row.ended = True
                row.save()
    return fresh


def opened(actor: Actor, commitment: Commitment) -> None:
    """Debtor's or creditor's staff opened the case: written down once a day, so that silence can be told from work."""
    organisation, today = actor.organisation, clock.today()
    if organisation is None or not commitment.standing(organisation) or not actor.roles(commitment.estate_id) & STAFF:
        return
    opening = Opening(commitment=commitment, organisation=organisation, opened_on=today)
    if Opening.objects.filter(commitment=commitment, organisation=organisation, opened_on=today).exists():
        return
    try:
        with act(actor, "commitment.open", commitment):
            opening.save()
    except IntegrityError:  # a colleague opened it at the same moment
        return


# ------------------------------------------------------------------------------------------ within the act that goes on


def _answer(commitment: Commitment, verdict: str, answer: str, happened_at: datetime | None) -> Extension:
    checks.state(commitment, OPEN_STATES)
    extension = commitment.extensions.filter(state=ExtensionState.REQUESTED).first()
    if extension is None:
        raise ValidationError(_("No extension waits for an answer."))
    extension.state, extension.answer = verdict, answer
    extension.answered_on = clock.day_of(happened_at or current().at)
    extension.save()
    return extension


def _decide(commitment: Commitment, reason: str, happened_at: datetime | None, *, accepted: bool) -> date:
    checks.state(commitment, (State.DELIVERED,))
    delivery = commitment.deliveries.order_by("-pk").first()
    day = clock.day_of(happened_at or current().at)
    Verification(commitment=commitment, delivery=delivery, accepted=accepted, reason=reason, decided_on=day).save()
    return day


def _letter(commitment: Commitment, number: str, day: date, subject: str) -> Letter:
    """The letter of that number and date in the register, entered now if it is not there."""
    found = Letter.objects.filter(estate=commitment.estate_id, number=number, date=day).first()
    if found is None:
        found = Letter(
            estate=commitment.estate,
            number=number,
            date=day,
            sender=commitment.debtor,
            recipient=commitment.creditor,
            subject=subject[:300],
            search_key=persian.search_key(number, subject)[:700],
            invented=commitment.invented,
        )
        found.save()
    where: dict[str, Any] = {"letter": found, "subject_type": commitment._meta.label, "subject_id": commitment.pk}
    if not LetterLink.objects.filter(**where).exists():
        LetterLink(**where).save()
    return found


def _attach(delivery: Delivery, upload: UploadedFile) -> None:
    try:
        kind_of(upload)
        attach(delivery, upload)
    except ValidationError as refused:
        raise ValidationError({"files": refused.messages}) from None
