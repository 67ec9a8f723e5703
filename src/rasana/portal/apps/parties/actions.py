"""What is done to people, roles, delegations and holidays: one function an action, one audit line each."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db.models import Q
from django.utils.encoding import force_bytes, force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import override

from rasana.portal.base import clock
from rasana.portal.base.actor import Actor, actor_of
from rasana.portal.base.audit import act
from rasana.portal.base.calendar import tabled_holidays
from rasana.portal.base.people import Delegation, Estate, Holiday, Membership, OrganisationKind, Person

ONE_DAY = timedelta(days=1)
DELEGATION_LONGEST = timedelta(days=92)

# --------------------------------------------------------------------------------------------------------------- people


def add_person(
    actor: Actor, *, email: str, name_fa: str, name_en: str, is_administrator: bool, language: str
) -> Person:
    """A new colleague, who cannot sign in before choosing a password by a link (see ``welcome_key``).

    Raises:
        ValidationError: the address is taken.
    """
    _refuse_taken(email, None)
    with act(actor, "people.create"):
        person = Person(
            email=email.lower(),
            name_fa=name_fa,
            name_en=name_en,
            organisation=actor.organisation,
            is_administrator=is_administrator,
            language=language,
        )
        person.set_unusable_password()
        person.save()
    return person


def change_person(actor: Actor, person: Person, version: int | None, **values: Any) -> Person:
    """Names, address, language and whether the person manages people.

    Raises:
        ValidationError: the address is taken, or nobody would be left to manage the people.
    """
    _refuse_taken(values["email"], person.pk)
    with act(actor, "people.manage", person, version=version) as fresh:
        if fresh.is_administrator and not values["is_administrator"]:
            _refuse_last_administrator(fresh, "is_administrator")
        for name, value in values.items():
            setattr(fresh, name, value.lower() if name == "email" else value)
        fresh.save()
    return fresh


def deactivate(actor: Actor, person: Person, version: int | None) -> None:
    """The person can do nothing from now on: sessions, roles and delegations end at once.

    Raises:
        ValidationError: it is oneself, the last administrator, or has been done.
    """
    if person.pk == actor.person_id:
        raise ValidationError(_("You cannot close your own account. Ask another administrator."))
    today = clock.today()
    with act(actor, "people.manage", person, version=version) as fresh:
        if not fresh.is_active:
            raise ValidationError(_("This account is closed already."))
        _refuse_last_administrator(fresh, None)
        fresh.is_active = False
        fresh.session_epoch += 1
        fresh.save()
        running = Q(ends__isnull=True) | Q(ends__gte=today)
        for role in Membership.objects.select_for_update().filter(running, person=fresh):
            role.ends = today - ONE_DAY
            role.save()
        mine = Q(giver=fresh) | Q(taker=fresh)
        for delegation in Delegation.objects.select_for_update().filter(mine, ended_early=False, ends__gte=today):
            delegation.ended_early = True
            delegation.save()


def activate(actor: Actor, person: Person, version: int | None) -> None:
    """The person may sign in again; roles must be given anew.

    Raises:
        ValidationError: the account is open.
    """
    with act(actor, "people.manage", person, version=version) as fresh:
        if fresh.is_active:
            raise ValidationError(_("This account is open already."))
        fresh.is_active = True
        fresh.save()


def _refuse_taken(email: str, own: int | None) -> None:
    if Person.objects.filter(email__iexact=email).exclude(pk=own).exists():
        raise ValidationError({"email": _("Someone signs in with this address already. Enter another one.")})


def _refuse_last_administrator(person: Person, field: str | None) -> None:
    others = Person.objects.filter(organisation=person.organisation, is_administrator=True, is_active=True)
    if person.is_administrator and not others.exclude(pk=person.pk).exists():
        sentence = _("This is the only administrator. Name another one first.")
        raise ValidationError({field: sentence} if field else sentence)


# ------------------------------------------------------------------------------------------ the first password, by link


def welcome_key(person: Person) -> str:
    """What stands in the link by which a person chooses a password: good once, for three days."""
    return f"{urlsafe_base64_encode(force_bytes(person.pk))}-{default_token_generator.make_token(person)}"


def renew_welcome(actor: Actor, person: Person, version: int | None) -> Person:
    """A new link for who has none or forgot the password: the old password stops working, sessions end."""
    with act(actor, "people.manage", person, version=version) as fresh:
        fresh.set_unusable_password()
        fresh.session_epoch += 1
        fresh.save()
    return fresh


def send_welcome(person: Person, address: str) -> None:
    """The link by e-mail, in the person's language."""
    with override(person.language):
        subject = _("Your account in Rasana")
        text = _("%(name)s, choose your password here within three days:\n%(address)s\n\nNobody else needs this link.")
        send_mail(subject, text % {"name": person.name, "address": address}, None, [person.email])


def welcomed(key: str) -> Person | None:
    """The person whom a link belongs to, if it is still good."""
    number, _dash, token = key.partition("-")
    try:
        person = Person.objects.filter(pk=int(force_str(urlsafe_base64_decode(number))), is_active=True).first()
    except (ValueError, OverflowError):
        return None
    return person if person is not None and default_token_generator.check_token(person, token) else None


def choose_password(person: Person, password: str) -> None:
    """The first password, or a new one after the old was forgotten.

    Raises:
        ValidationError: too short, too common or too like the person's name.
    """
    try:
        validate_password(password, person)
    except ValidationError as fault:
        raise ValidationError({"password": fault.messages}) from None
    with act(actor_of(person), "me.password", person) as fresh:
        fresh.set_password(password)
        fresh.save()


# ---------------------------------------------------------------------------------------------------------------- roles


def give_role(
    actor: Actor, person: Person, *, role: str, estate: Estate | None, starts: date, ends: date | None
) -> Membership:
    """A role from a date, in one estate or in all of the organisation's.

    Raises:
        ValidationError: it ends before it starts, the person has it already, or the account is closed.
    """
    if ends is not None and ends < starts:
        raise ValidationError({"ends": _("The last day must not come before the first one.")})
    with act(actor, "people.manage", person) as fresh:
        if not fresh.is_active:
            raise ValidationError(_("This account is closed. Open it first."))
        same = fresh.memberships.filter(role=role, estate=estate)
        same = same.filter(Q(ends__isnull=True) | Q(ends__gte=starts))
        if (same if ends is None else same.filter(starts__lte=ends)).exists():
            raise ValidationError({"role": _("This person has this role at that time already.")})
        given = Membership(person=fresh, role=role, estate=estate, starts=starts, ends=ends)
        given.save()
    return given


def end_role(actor: Actor, role: Membership, version: int | None, last_day: date | None) -> None:
    """A role ends after its last day; without one, at once.

    Raises:
        ValidationError: it is over, or would last longer than it was given for.
    """
    today = clock.today()
    with act(actor, "people.manage", role, version=version) as fresh:
        if fresh.ends is not None and fresh.ends < today:
            raise ValidationError(_("This role is over already."))
        if last_day is not None and last_day < today:
            raise ValidationError({"ends": _("The last day must not lie in the past.")})
        fresh.ends = today - ONE_DAY if last_day is None else last_day
        fresh.save()


# ---------------------------------------------------------------------------------------------------------- delegations


def delegate(actor: Actor, *, taker: Person, starts: date, ends: date, reason: str) -> Delegation:
    """A colleague stands in until a date; what he does is recorded as done for the other.

    Raises:
        ValidationError: wrong dates, more than three months, or no role of one's own to lend.
    """
    if starts < clock.today():
        raise ValidationError({"starts": _("The first day must not lie in the past.")})
    if ends < starts:
        raise ValidationError({"ends": _("The last day must not come before the first one.")})
    if ends - starts > DELEGATION_LONGEST:
        raise ValidationError({"ends": _("A colleague may stand in for three months at most.")})
    with act(actor, "delegation.give"):
        if not actor.person.memberships.filter(Q(ends__isnull=True) | Q(ends__gte=starts)).exists():
            raise ValidationError(_("You have no role of your own that a colleague could take over."))
        given = Delegation(giver=actor.person, taker=taker, starts=starts, ends=ends, reason=reason)
        given.save()
    return given


def end_delegation(actor: Actor, delegation: Delegation) -> None:
    """The colleague stands in no longer, from now on.

    Raises:
        ValidationError: it is over, or neither one's own nor one's organisation to manage.
    """
    with act(actor, "delegation.end", delegation) as fresh:
        if actor.person_id not in {fresh.giver_id, fresh.taker_id} and not actor.is_administrator:
            raise ValidationError(_("Only the two of them or an administrator can end this."))
        if fresh.ended_early or fresh.ends < clock.today():
            raise ValidationError(_("This is over already."))
        fresh.ended_early = True
        fresh.save()


# ------------------------------------------------------------------------------------------------------ the own account


def change_language(actor: Actor, language: str) -> None:
    """The language of pages and e-mails."""
    if actor.person is None or actor.person.language == language:
        return
    with act(actor, "me.change", actor.person) as person:
        person.language = language
        person.save()


def end_sessions(actor: Actor) -> Person:
    """Every session of the person ends; the caller renews its own."""
    with act(actor, "me.change", actor.person) as person:
        person.session_epoch += 1
        person.save()
    return person


# ------------------------------------------------------------------------------------------------------------- holidays


def load_holidays(actor: Actor) -> int:
    """Take over the list that comes with the program, as far as the office has not. Returns how many were added.

    A day with two holidays stays in the list: it is off whatever becomes of one of them.
    """
    there = set(Holiday.objects.values_list("date", flat=True))
    times = Counter(each.date for each in tabled_holidays())
    rows = [each for each in tabled_holidays() if each.date not in there and times[each.date] == 1]
    if not rows:
        return 0
    with act(actor, "calendar.add"):
        _refuse_not_keeper(actor)
        Holiday.objects.load(
            [
                Holiday(
                    date=each.date,
                    name_fa=each.name_fa,
                    name_en=each.name_en,
                    confirmed=each.confirmed,
                    source=each.source,
                    created_at=clock.now(),
                )
                for each in rows
            ]
        )
    return len(rows)


def add_holiday(actor: Actor, *, day: date, name_fa: str, name_en: str, source: str) -> Holiday:
    """A day off by decree.

    Raises:
        ValidationError: the day is one already, or others keep the calendar.
    """
    with act(actor, "calendar.add"):
        _refuse_not_keeper(actor)
        _refuse_kept(day)
        holiday = Holiday(date=day, name_fa=name_fa, name_en=name_en, confirmed=True, source=source)
        holiday.save()
    return holiday


def confirm_holiday(
    actor: Actor, holiday: Holiday, version: int | None, *, day: date, source: str, is_cancelled: bool
) -> None:
    """A holiday is kept on its day, is moved to another one, or is none. Clocks and deadlines follow by themselves.

    Raises:
        ValidationError: the new day is a holiday already.
    """
    with act(actor, "calendar.confirm", holiday, version=version) as fresh:
        fresh.confirmed, fresh.source = True, source
        fresh.cancelled = is_cancelled or day != fresh.date
        fresh.save()
        if not is_cancelled and day != fresh.date:
            _refuse_kept(day)
            names = {"name_fa": fresh.name_fa, "name_en": fresh.name_en}
            Holiday(date=day, confirmed=True, source=source, **names).save()


def _refuse_kept(day: date) -> None:
    if Holiday.objects.filter(date=day).exists():
        raise ValidationError({"date": _("This day stands in the calendar already. Change it there.")})


def _refuse_not_keeper(actor: Actor) -> None:
    keepers = {OrganisationKind.OPERATOR, OrganisationKind.GOVERNOR}
    if not actor.is_system and (actor.organisation is None or actor.organisation.kind not in keepers):
        raise ValidationError(_("The calendar is kept by the estate's operator and the governor's office."))
