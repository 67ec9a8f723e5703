"""What every act on a commitment ends with: the new state saved, the ball passed, both organisations told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from rasana.portal.apps.commitments.models import Commitment, CommitmentLink
from rasana.portal.apps.commitments.words import TOLD, sentence
from rasana.portal.apps.problems.actions import planned
from rasana.portal.apps.problems.models import Problem
from rasana.portal.base import clock
from rasana.portal.base.audit import current
from rasana.portal.base.ball import BallEvent, pass_ball
from rasana.portal.base.notify import notify
from rasana.portal.base.record import Record


def noon(day: date) -> datetime:
    """The moment that stands for a day of which nothing more exact is known."""
    return clock.start_of(day) + timedelta(hours=12)


def link_rows(commitment: Commitment, records: Iterable[Record]) -> None:
    """Rows that say what waits behind a promise, within the act that is going on; a problem becomes planned by it."""
    for record in records:
        where: dict[str, Any] = {
            "commitment": commitment,
            "subject_type": record._meta.label,
            "subject_id": record.pk,
        }
        row = CommitmentLink.objects.filter(**where).first() or CommitmentLink(**where)
        row.ended = False
        row.save()
        if isinstance(record, Problem):
            planned(record, commitment.debtor, note=commitment.title, address=commitment.get_absolute_url())


def save_and_pass(commitment: Commitment, words: str, happened_at: datetime | None) -> None:
    """Save the new state and pass the ball, never before the case's latest event: who acts last passes it last."""
    last = (
        BallEvent.objects.filter(case_type=commitment._meta.label, case_id=commitment.pk)
        .order_by("-happened_at")
        .first()
    )
    moment = happened_at or current().at
    moment = max(moment, last.happened_at) if last else moment
    commitment.holder_since, commitment.silent_step = clock.day_of(moment), 0
    commitment.save()
    pass_on(commitment, words, moment)


def pass_on(commitment: Commitment, words: str, moment: datetime) -> None:
    """Pass the ball to who holds the commitment now, and tell both organisations what happened."""
    reason_fa, reason_en = TOLD[words]
    pass_ball(commitment, commitment.holder, reason_fa=reason_fa, reason_en=reason_en, happened_at=moment)
    text_fa, text_en = sentence(commitment, words)
    notify(
        (commitment.debtor, commitment.creditor),
        commitment,
        address=commitment.get_absolute_url(),
        text_fa=text_fa,
        text_en=text_en,
    )
