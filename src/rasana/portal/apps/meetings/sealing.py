"""The seal: minutes that nobody can change any more, chained to the estate's minutes before them; addenda; checking."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rasana.portal.apps.meetings import minutes, states
from rasana.portal.apps.meetings.actions import waiting_for
from rasana.portal.apps.meetings.models import Addendum, Meeting, Seal
from rasana.portal.base import clock, persian
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import GENESIS, act, current
from rasana.portal.base.notify import notify
from rasana.portal.base.pdf import render
from rasana.portal.base.people import Estate
from rasana.portal.base.record import Stale

TRIES = 3


@dataclass(frozen=True)
class Prepared:
    """A seal computed before anything is locked: drawing the PDF takes a second."""

    version: int
    position: int
    previous: str
    content: str
    sha256: str
    pdf: bytes


def prepare(meeting: Meeting, moment: datetime) -> Prepared:
    """Content, hash and PDF of the minutes as they stand."""
    position, previous = minutes.last_seal(meeting.estate)
    content = minutes.sealed_content(meeting, position + 1, previous, moment)
    text = minutes.canonical(content)
    digest = minutes.sha256(text)
    return Prepared(meeting.version, position + 1, previous, text, digest, minutes_pdf(content, digest))


def minutes_pdf(content: dict[str, Any], sha256: str = "") -> bytes:
    """The minutes in Persian on the estate's letterhead; without a hash, marked as a draft. Nothing but ``content``."""
    starts = datetime.fromisoformat(content["starts_at"])
    context = {
        "minutes": content,
        "starts_at": starts,
        "sealed_at": datetime.fromisoformat(content["sealed_at"]) if sha256 else None,
        "signatures": [each | {"moment": datetime.fromisoformat(each["at"])} for each in content.get("signatures", ())],
        "agenda": [point | {"decisions": [_dated(each) for each in point["decisions"]]} for point in content["agenda"]],
        "sha256": sha256,
    }
    return render("meetings/minutes_pdf.html", context)


def _dated(decision: dict[str, Any]) -> dict[str, Any]:
    due = decision["due"]
    return decision | {"due": datetime.fromisoformat(due).date() if due else None}


def seal(actor: Actor, meeting: Meeting, *, version: int | None = None, happened_at: datetime | None = None) -> Seal:
    """Close the minutes for good, once every organisation that was there has countersigned or objected.

    Raises:
        ValidationError: someone's word is missing, or they are sealed already (two people at once: one wins).
        Stale: the minutes changed meanwhile.
    """
    for _attempt in range(TRIES):
        read = Meeting.objects.select_related("estate", "convener").get(pk=meeting.pk)
        if version is not None and read.version != version and read.state != "sealed":
            raise Stale(read)
        _check_ready(read)
        prepared = prepare(read, happened_at or clock.now())
        try:
            return _write(actor, meeting, prepared, happened_at)
        except _ChainGrew:
            continue
    raise ValidationError(_("Other minutes of this estate are being sealed. Try again in a moment."))


def _write(actor: Actor, meeting: Meeting, prepared: Prepared, happened_at: datetime | None) -> Seal:
    with act(actor, "meeting.seal", meeting, happened_at=happened_at) as fresh:
        _check_ready(fresh)
        if fresh.version != prepared.version:
            raise Stale(fresh)
        Estate.objects.select_for_update().get(pk=fresh.estate_id)  # one seal of an estate at a time
        if minutes.last_seal(fresh.estate)[1] != prepared.previous:
            raise _ChainGrew
        fresh.state = states.MOVES["seal"].target
        fresh.save()
        made = Seal(
            estate=fresh.estate,
            meeting=fresh,
            position=prepared.position,
            content=prepared.content,
            previous=prepared.previous,
            sha256=prepared.sha256,
            pdf_sha256=hashlib.sha256(prepared.pdf).hexdigest(),
            person=actor.person,
            organisation=actor.organisation,
            happened_at=happened_at or current().at,
        )
        made.pdf.save("minutes.pdf", ContentFile(prepared.pdf), save=False)
        made.save()
        _tell(fresh, "صورت‌جلسه قطعی شد", "The minutes are sealed")
    return made


def add(actor: Actor, meeting: Meeting, text: str, *, happened_at: datetime | None = None) -> Addendum:
    """Add to sealed minutes; the addendum is chained to the seal and to the addenda before it.

    Raises:
        ValidationError: not sealed, or no words.
    """
    if not text:
        raise ValidationError({"text": _("Write what is added.")})
    with act(actor, "meeting.addendum", meeting, happened_at=happened_at) as fresh:
        states.check(fresh, "addendum")
        before = fresh.addenda.order_by("number").last()
        addendum = Addendum(
            meeting=fresh,
            number=before.number + 1 if before else 1,
            text=text,
            organisation=actor.organisation,
            person=actor.person,
            happened_at=happened_at or current().at,
            previous=before.sha256 if before else fresh.seal.sha256,
        )
        addendum.sha256 = minutes.addendum_hash(addendum)
        addendum.save()
        _tell(fresh, "به صورت‌جلسه الحاقیه افزوده شد", "An addendum to the minutes")
    return addendum


@dataclass(frozen=True)
class Check:
    """One thing that was recomputed, and whether it came out as it was written down."""

    name: str
    holds: bool
    written: str
    found: str


def checks(seal: Seal) -> list[Check]:
    """Recompute what the seal promises: content, chain, PDF, what was signed, addenda, the office's records."""
    content = json.loads(seal.content)
    meeting = seal.meeting
    before = (
        Seal.objects.filter(estate=seal.estate_id, position=seal.position - 1).values_list("sha256", flat=True).first()
    )
    with seal.pdf.open("rb") as file:
        pdf = hashlib.sha256(file.read()).hexdigest()
    signed = {key: value for key, value in content.items() if key not in minutes.ADDED_BY_SEAL}
    body = minutes.sha256(minutes.canonical(signed))
    given = {each["signed_sha256"] for each in content["signatures"]}
    found = [
        _check(_("The text of the minutes gives the seal’s hash"), seal.sha256, minutes.sha256(seal.content)),
        _check(_("It follows the seal before it"), content["previous"], before or GENESIS),
        _check(_("The PDF is the one that was sealed"), seal.pdf_sha256, pdf),
        _check(_("The office’s records still say the same"), body, minutes.signed_hash(meeting)),
    ]
    found += [_check(_("What the organisations signed is what was sealed"), each, body) for each in sorted(given)]
    previous = seal.sha256
    for each in meeting.addenda.select_related("organisation"):
        honest = each.previous == previous and minutes.addendum_hash(each) == each.sha256
        number = persian.local_digits(str(each.number), get_language() or "fa")
        name = _("Addendum %(number)s is unchanged") % {"number": number}
        found.append(Check(name, honest, each.sha256, minutes.addendum_hash(each)))
        previous = each.sha256
    return found


def _check(name: str, written: str, found: str) -> Check:
    return Check(name, written == found, written, found)


def _check_ready(meeting: Meeting) -> None:
    states.check(meeting, "seal")
    left = waiting_for(meeting)
    if left:
        names = ", ".join(each.name for each in left)
        raise ValidationError(_("The word of these organisations is missing: %(names)s") % {"names": names})


def _tell(meeting: Meeting, text_fa: str, text_en: str) -> None:
    invited = [each.organisation for each in meeting.invitations.filter(withdrawn=False).select_related("organisation")]
    notify(
        invited,
        meeting,
        address=meeting.get_absolute_url(),
        text_fa=f"{text_fa}: {meeting.title[:160]}",
        text_en=f"{text_en}: {meeting.title[:160]}",
    )


class _ChainGrew(Exception):
    """Other minutes of the estate were sealed between the computation and the writing."""
