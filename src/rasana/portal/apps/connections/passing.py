"""To whom a request passes, who is told, and how what was done is written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from rasana.portal.apps.connections import stages
from rasana.portal.apps.connections.models import Request, Step
from rasana.portal.base import clock, persian
from rasana.portal.base.access import NotAllowed
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import current
from rasana.portal.base.ball import pass_ball
from rasana.portal.base.notify import notify
from rasana.portal.base.people import Organisation


def searchable(request: Request) -> str:
    """What a request is found by: plot, applicant. The number is asked for by itself."""
    return persian.search_key(request.plot.plot_id, request.applicant_name)[:300]


def pass_on(
    request: Request,
    reason_fa: str,
    reason_en: str,
    moment: datetime,
    holder: Organisation | None = None,
    *,
    to_applicant: bool = False,
) -> None:
    """The ball passes to ``holder``, to the applicant, or by itself to whoever acts at the open step.

    Raises:
        ValidationError: no party in the estate is of the kind that acts.
    """
    acts = request.state.acts
    with_applicant = to_applicant or (holder is None and acts == stages.APPLICANT)
    if holder is None and acts and not with_applicant:
        holder = request.estate.parties.filter(kind=acts).order_by("pk").first()
        if holder is None:
            raise ValidationError(_("No party in this estate's case does this step."))
    request.holder, request.with_applicant = None if with_applicant else holder, with_applicant
    pass_ball(
        request,
        request.holder,
        reason_fa=reason_fa[:300],
        reason_en=reason_en[:300],
        happened_at=moment,
        applicant=with_applicant,
    )


def notice(request: Request, organisations: Iterable[Organisation], text_fa: str, text_en: str) -> None:
    """Tell the people of some organisations about a request."""
    number, plot = request.number, request.plot.plot_id
    notify(
        organisations,
        request,
        address=request.get_absolute_url(),
        text_fa=f"درخواست {persian.persian_digits(str(number))}، قطعه {plot}: {text_fa}"[:300],
        text_en=f"Request {number}, plot {plot}: {text_en}"[:300],
    )


def moment_of(day: date) -> datetime:
    """The moment at which something of a day is taken to have happened: now if today, else the day's beginning."""
    return current().at if day >= clock.today() else clock.start_of(day)


def only(actor: Actor, kinds: Iterable[str]) -> None:
    """Refuse whoever's organisation is of another kind.

    Raises:
        NotAllowed: always then.
    """
    if not actor.is_system and (actor.organisation is None or actor.organisation.kind not in kinds):
        raise NotAllowed(_("This is for another organisation to do."))


def check_day(day: date, earliest: date | None, field: str) -> None:
    """Refuse a day to come, or one before the step that came before.

    Raises:
        ValidationError: beside ``field``.
    """
    if day > clock.today():
        raise ValidationError({field: _("This day has not come yet.")})
    if earliest is not None and day < earliest:
        raise ValidationError({field: _("This day is before the step that came before it.")})


def write_step(request: Request, code: str, day: date, facts: Mapping[str, Any] | None = None, note: str = "") -> Step:
    """Write down something that was done, within the act that is going on; empty facts are left out."""
    step = Step(
        request=request,
        code=code,
        happened_on=day,
        organisation=current().actor.organisation,
        facts={key: _plain(value) for key, value in (facts or {}).items() if value not in (None, "")},
        note=note,
    )
    step.save()
    return step


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def enter(request: Request, code: str, day: date) -> None:
    """Another step is open, or a state is reached."""
    request.stage = code
    request.stage_since = moment_of(day)
    request.stage_before = ""


def check_open(request: Request) -> None:
    """Refuse a request that is closed.

    Raises:
        ValidationError: with its state.
    """
    if not request.is_open:
        raise ValidationError(_("This request is closed: %(state)s.") % {"state": request.state.name})
    if request.is_confidential:
        raise ValidationError(_("First this must become an ordinary request."))
