"""What is refused about commitments, each as a sentence beside its field."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rasana.portal.apps.commitments.models import REASON_LENGTH, Commitment, EvidenceRule, ExtensionState
from rasana.portal.apps.meetings.models import Decision, MeetingState
from rasana.portal.base import clock, persian
from rasana.portal.base.people import Estate, EstateParty, Organisation, OrganisationKind
from rasana.portal.base.record import Record, record_kind

SHOWN_BY_FILE = (EvidenceRule.PHOTO, EvidenceRule.MEASUREMENT, EvidenceRule.INSPECTION)
"""Rules of evidence that a file must show; a letter is known by number and date, a study by its words."""


def said(day: date) -> str:
    """A date in a sentence of the reader's language."""
    return persian.format_date(day, get_language() or "fa")


def day_of_decision(decision: Decision) -> date:
    """The day of the meeting that decided it."""
    return clock.day_of(decision.meeting.starts_at)


def creditor_of(decision: Decision) -> Organisation | None:
    """To whom a decision is owed: who called the meeting, or, when that is the debtor, the estate's operator."""
    convener = decision.meeting.convener
    if convener.pk != decision.responsible_id:
        return convener
    operators = Organisation.objects.filter(party_rows__estate=decision.estate_id, kind=OrganisationKind.OPERATOR)
    return operators.exclude(pk=decision.responsible_id).first()


def behind(decision: Decision) -> list[Record]:
    """What the decision's point of the agenda was about (a problem, a request): it waits behind the promise."""
    item = decision.item
    if not item.subject_type or item.subject_id is None:
        return []
    kind = record_kind(item.subject_type)
    return [] if kind is Commitment else list(kind.objects.filter(pk=item.subject_id))


def proposal(
    estate: Estate,
    text: str,
    debtor: Organisation | None,
    creditor: Organisation | None,
    due: date | None,
    promised: date,
    clock_of: Organisation | None,
    decision: Decision | None,
    waits_behind: Sequence[Record],
) -> None:
    """Everything that stands against a promise, all at once.

    Raises:
        ValidationError: by field.
    """
    faults: dict[str, str] = {}
    if not text.strip():
        faults["text"] = _("Write what is promised.")
    parties = set(EstateParty.objects.filter(estate=estate).values_list("organisation", flat=True))
    for field, organisation in (("debtor", debtor), ("creditor", creditor), ("clock_of", clock_of)):
        if organisation is not None and organisation.pk not in parties:
            faults[field] = _("This organisation is not a party in this estate.")
    if debtor is None:
        faults["debtor"] = _("Choose which organisation owes it.")
    if creditor is None:
        faults["creditor"] = _("Choose to which organisation it is owed.")
    elif debtor is not None and debtor.pk == creditor.pk:
        faults["creditor"] = _("The creditor must be another organisation than the debtor.")
    if promised > clock.today():
        faults["promised_on"] = _("The day of the promise is in the future.")
    if due is None:
        faults["due"] = _("Write by when it is due.")
    elif due < promised:
        faults["due"] = _before(decision, promised)
    if decision is not None and (fault := _of_decision(estate, decision)):
        faults["decision"] = fault
    faults |= {} if all(_is_of(estate.pk, each) for each in waits_behind) else {"plots": _elsewhere()}
    if faults:
        raise ValidationError(faults)  # type: ignore[arg-type]


def _before(decision: Decision | None, promised: date) -> str:
    if decision is not None:
        return _("The due date is before the meeting of %(day)s. Write a later date.") % {"day": said(promised)}
    return _("The due date is before the day of the promise, %(day)s. Write a later date.") % {"day": said(promised)}


def _of_decision(estate: Estate, decision: Decision) -> str:
    if decision.estate_id != estate.pk:
        return _("This decision belongs to another estate.")
    if decision.dropped:
        return _("This decision was struck out of the minutes.")
    if decision.meeting.state != MeetingState.SEALED:
        return _("The minutes of this decision are not sealed yet.")
    return ""


def _is_of(estate: int, record: Record) -> bool:
    found = record.estate_of()
    return found is not None and found.pk == estate


def _elsewhere() -> str:
    return _("This belongs to another estate.")


def same_estate(estate: int, records: Iterable[Record]) -> None:
    """Refuse records of another estate.

    Raises:
        ValidationError: naming the field ``plots``.
    """
    if not all(_is_of(estate, record) for record in records):
        raise ValidationError({"plots": _elsewhere()})


def state(commitment: Commitment, allowed: Collection[str]) -> None:
    """Refuse what does not follow from the state the commitment is in.

    Raises:
        ValidationError: with that state.
    """
    if commitment.state not in allowed:
        sentence = _("This commitment is now “%(state)s”; this step does not follow from there.")
        raise ValidationError(sentence % {"state": commitment.get_state_display()}, code="state")


def delivery(
    commitment: Commitment,
    delivered_on: date,
    letter_number: str,
    letter_date: date | None,
    uploads: Sequence[UploadedFile],
) -> None:
    """The day of a delivery, and the proof by the rule that was agreed.

    Raises:
        ValidationError: by field.
    """
    faults: dict[str, str] = {}
    if delivered_on > clock.today():
        faults["delivered_on"] = _("The day of delivery is in the future.")
    elif delivered_on < commitment.promised_on:
        faults["delivered_on"] = _("The day of delivery is before the promise of %(day)s.") % {
            "day": said(commitment.promised_on)
        }
    is_letter = commitment.evidence_rule == EvidenceRule.LETTER
    if (is_letter or letter_date) and not letter_number:
        faults["letter_number"] = _("Write the number of the letter.")
    if (is_letter or letter_number) and not letter_date:
        faults["letter_date"] = _("Write the date of the letter.")
    elif letter_date and letter_date > clock.today():
        faults["letter_date"] = _("The date of the letter is in the future.")
    if commitment.evidence_rule in SHOWN_BY_FILE and not uploads:
        faults["files"] = _("The agreed proof is: %(rule)s. Add its picture or PDF.") % {
            "rule": commitment.get_evidence_rule_display()
        }
    if faults:
        raise ValidationError(faults)  # type: ignore[arg-type]


def extension(commitment: Commitment, new_due: date, reason: str, today: date) -> None:
    """A later date, after today, with a reason, and one request at a time.

    Raises:
        ValidationError: by field.
    """
    if commitment.extensions.filter(state=ExtensionState.REQUESTED).exists():
        raise ValidationError(_("An extension waits for an answer already."))
    faults: dict[str, str] = {}
    if new_due <= today:
        faults["new_due"] = _("The new date must be after %(day)s.") % {"day": said(today)}
    elif new_due <= commitment.due:
        faults["new_due"] = _("The new date must be after the due date in force, %(day)s.") % {
            "day": said(commitment.due)
        }
    if not reason.strip():
        faults["reason"] = _("Write why more time is needed.")
    elif len(reason) > REASON_LENGTH:
        faults["reason"] = _("Write a shorter reason.")
    if faults:
        raise ValidationError(faults)  # type: ignore[arg-type]


def voiding(commitment: Commitment, decision: Decision | None) -> None:
    """The decision that ends a promise: sealed, of the same estate, of a later or the same meeting's day, another one.

    Raises:
        ValidationError: on the field ``decision``.
    """
    if decision is None:
        raise ValidationError({"decision": _("Choose the decision that ends this commitment.")})
    fault = _of_decision(commitment.estate, decision)
    if not fault and (decision.pk == commitment.decision_id or day_of_decision(decision) < commitment.promised_on):
        fault = _("Choose a decision that is later than the commitment.")
    if fault:
        raise ValidationError({"decision": fault})
