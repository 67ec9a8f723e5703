"""What is written about a commitment in both languages at once: reasons of the ball clock, notices."""

from __future__ import annotations

from rasana.portal.apps.commitments.models import Commitment
from rasana.portal.base.ladder import Step
from rasana.portal.base.persian import local_digits

TOLD = {
    "made": ("تعهد ثبت شد", "commitment recorded"),
    "agreed": ("یکی از دو طرف پذیرفت", "agreed by a party"),
    "active": ("هر دو طرف پذیرفتند", "agreed by both parties"),
    "delivered": ("متعهد انجام کار را اعلام کرد", "declared delivered"),
    "extension_requested": ("تمدید مهلت خواسته شد", "extension requested"),
    "extension_granted": ("تمدید مهلت پذیرفته شد", "extension granted"),
    "extension_refused": ("تمدید مهلت رد شد", "extension refused"),
    "verified": ("طلبکار انجام کار را تأیید کرد", "delivery verified"),
    "disputed": ("طلبکار به انجام کار اعتراض کرد", "delivery disputed"),
    "voided": ("مصوبه‌ای تازه تعهد را لغو کرد", "void by a later decision"),
}
"""What happened, Persian and English."""
WORDS_LENGTH = 140


def short(text: str, length: int = WORDS_LENGTH) -> str:
    """The first words of a promise, for a line of a list."""
    return text if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0] + "…"


def sentence(commitment: Commitment, words: str) -> tuple[str, str]:
    """A notice of what happened with a commitment, Persian and English."""
    fa, en = TOLD[words]
    number = local_digits(str(commitment.number), "fa")
    return (
        f"تعهد {number}، {commitment.estate.name_fa}: {fa}. {short(commitment.text)}",
        f"Commitment {commitment.number}, {commitment.estate.name_en}: {en}. {short(commitment.text)}",
    )


def escalated(commitment: Commitment, step: Step, days: int, *, is_silence: bool) -> tuple[str, str]:
    """A notice of a climbed step with what is asked, Persian and English."""
    number, count = local_digits(str(commitment.number), "fa"), local_digits(str(days), "fa")
    holder = commitment.holder
    if is_silence and holder is not None:
        why_fa = f"{holder.short_fa} {count} روز کاری است که پرونده را باز نکرده است"
        why_en = f"{holder.short_en} has not opened the case for {days} working days"
    else:
        why_fa = f"{count} روز کاری از مهلت گذشته است"
        why_en = f"{days} working days past the due date"
    return (
        f"تعهد {number}، {commitment.estate.name_fa}: {why_fa}؛ مرحله «{step.name_fa}». {step.asks_fa}"[:300],
        f"Commitment {commitment.number}, {commitment.estate.name_en}: {why_en}; step “{step.name_en}”. {step.asks_en}"[
            :300
        ],
    )
