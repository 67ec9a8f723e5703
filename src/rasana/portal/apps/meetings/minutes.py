"""The minutes as plain data: their canonical JSON, the hash that parties sign, and the chain of seals of an estate."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from rasana.portal.apps.meetings.models import Addendum, AgendaItem, Attendance, Countersignature, Meeting, Seal
from rasana.portal.base import clock
from rasana.portal.base.audit import GENESIS
from rasana.portal.base.people import Estate, Organisation

FORMAT = "rasana-minutes/1"
ADDED_BY_SEAL = frozenset({"body_sha256", "signatures", "sealed_at", "position", "previous"})
"""Keys of sealed content that are not part of what was signed."""


def canonical(content: dict[str, Any]) -> str:
    """JSON with sorted keys and without spaces: the same content gives the same text, everywhere."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def sha256(text: str) -> str:
    """Of the text in UTF-8, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def body(meeting: Meeting) -> dict[str, Any]:
    """What is signed: who was there, what was said and decided under each point. Five statements."""
    invitations = meeting.invitations.filter(withdrawn=False).select_related("organisation").order_by("organisation")
    return {
        "format": FORMAT,
        "estate": _names(meeting.estate) | {"label_fa": meeting.estate.label_fa, "label_en": meeting.estate.label_en},
        "number": meeting.number,
        "title": meeting.title,
        "place": meeting.place,
        "starts_at": _moment(meeting.starts_at),
        "convener": _names(meeting.convener),
        "chair": meeting.chair,
        "edition": meeting.edition,
        "invented": meeting.invented,
        "source": meeting.source,
        "attendance": [
            {
                "organisation": _names(each.organisation),
                "present": each.attendance == Attendance.PRESENT,
                "delegates": each.delegates,
            }
            for each in invitations
        ],
        "agenda": _agenda(meeting),
    }


def _agenda(meeting: Meeting) -> list[dict[str, Any]]:
    decisions: dict[int, list[dict[str, Any]]] = {}
    for each in meeting.decisions.filter(dropped=False).select_related("responsible"):
        decisions.setdefault(each.item_id, []).append(
            {
                "number": each.order,
                "text": each.text,
                "responsible": _names(each.responsible) if each.responsible else None,
                "due": each.due.isoformat() if each.due else None,
                "invented": each.invented,
            }
        )
    return [
        {
            "number": number,
            "title": item.title,
            "subject": _subject(item),
            "minutes": item.minutes,
            "decisions": decisions.get(item.pk, []),
        }
        for number, item in enumerate(meeting.items.filter(dropped=False), 1)
    ]


def signed_hash(meeting: Meeting) -> str:
    """What an organisation signs when it countersigns the minutes as they stand."""
    return sha256(canonical(body(meeting)))


def sealed_content(meeting: Meeting, position: int, previous: str, moment: datetime) -> dict[str, Any]:
    """The body, each organisation's word on it, and the place in the estate's chain."""
    return body(meeting) | {
        "body_sha256": signed_hash(meeting),
        "signatures": [_signature(each) for each in signatures(meeting)],
        "sealed_at": _moment(moment),
        "position": position,
        "previous": previous,
    }


def signatures(meeting: Meeting) -> list[Countersignature]:
    """The words of organisations on the edition that is out now."""
    found = meeting.signatures.filter(edition=meeting.edition).select_related("organisation")
    return list(found.order_by("happened_at", "id"))


def last_seal(estate: Estate) -> tuple[int, str]:
    """Position and hash of the estate's latest seal; 0 and zeros before the first."""
    found = Seal.objects.filter(estate=estate).order_by("-position").values_list("position", "sha256").first()
    return found or (0, GENESIS)


def addendum_hash(addendum: Addendum) -> str:
    """Over its words and the hash before it, so that none can be changed or left out."""
    content = {
        "number": addendum.number,
        "text": addendum.text,
        "organisation": addendum.organisation.code if addendum.organisation else None,
        "at": _moment(addendum.happened_at),
        "previous": addendum.previous,
    }
    return sha256(canonical(content))


def _names(named: Estate | Organisation) -> dict[str, str]:
    return {"code": named.code, "name_fa": named.name_fa, "name_en": named.name_en}


def _subject(item: AgendaItem) -> dict[str, Any] | None:
    return {"type": item.subject_type, "id": item.subject_id} if item.subject_id else None


def _signature(signature: Countersignature) -> dict[str, Any]:
    return {
        "organisation": _names(signature.organisation),
        "verdict": signature.verdict,
        "objection": signature.objection,
        "at": _moment(signature.happened_at),
        "signed_sha256": signature.sha256,
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(clock.TEHRAN).isoformat(timespec="seconds")
