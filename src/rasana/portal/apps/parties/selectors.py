"""Questions about people, roles, delegations and holidays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from allauth.mfa.models import Authenticator
from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from rasana.portal.base import clock
from rasana.portal.base.actor import Actor
from rasana.portal.base.calendar import WorkCalendar, known_holidays, work_calendar
from rasana.portal.base.people import Delegation, Estate, Holiday, Membership, Organisation, Person
from rasana.portal.base.persian import gregorian, jalali


def in_force(today: date) -> Q:
    """Roles that hold on a day."""
    return Q(starts__lte=today) & (Q(ends__isnull=True) | Q(ends__gte=today))


def people_of(organisation: Organisation) -> QuerySet[Person]:
    """The people of an organisation with their roles of today and later, who is active first. Two statements."""
    today = clock.today()
    roles = Membership.objects.filter(Q(ends__isnull=True) | Q(ends__gte=today)).select_related("estate")
    return (
        Person.objects.filter(organisation=organisation)
        .prefetch_related(Prefetch("memberships", roles.order_by("estate", "starts"), to_attr="roles"))
        .order_by("-is_active", "id")
    )


def roles_of(person: Person) -> QuerySet[Membership]:
    """All roles a person has, had or will have, the latest first."""
    return person.memberships.select_related("estate").order_by("-starts", "-id")


def estates_of(organisation: Organisation) -> QuerySet[Estate]:
    """Estates in whose case the organisation is a party."""
    return Estate.objects.filter(party_rows__organisation=organisation)


def colleagues(actor: Actor) -> QuerySet[Person]:
    """Active people of the own organisation, without oneself."""
    return Person.objects.filter(organisation=actor.organisation, is_active=True).exclude(pk=actor.person_id)


def delegations_of(person: Person) -> QuerySet[Delegation]:
    """Given and taken delegations that hold now or later."""
    mine = Q(giver=person) | Q(taker=person)
    rows = Delegation.objects.filter(mine, ended_early=False, ends__gte=clock.today())
    return rows.select_related("giver", "taker").order_by("starts", "id")


@dataclass(frozen=True)
class SecondFactor:
    """Whether a person has a second factor, and how many recovery codes are left."""

    is_on: bool
    codes_left: int


def second_factor_of(person: Person) -> SecondFactor:
    """One statement."""
    found = {each.type: each for each in Authenticator.objects.filter(user=person)}
    codes = found.get(Authenticator.Type.RECOVERY_CODES)
    return SecondFactor(Authenticator.Type.TOTP in found, len(codes.wrap().get_unused_codes()) if codes else 0)


@dataclass(frozen=True)
class DemoAccounts:
    """Accounts of one organisation that the demo's sign-in page offers."""

    organisation: Organisation
    people: list[Person]


def demo_accounts() -> list[DemoAccounts]:
    """Active people with those of their roles that their names do not say, by organisation. Two statements."""
    roles = Membership.objects.filter(in_force(clock.today())).select_related("estate")
    people = (
        Person.objects.filter(is_active=True)
        .select_related("organisation")
        .prefetch_related(Prefetch("memberships", roles, to_attr="roles"))
        .order_by("organisation_id", "id")
    )
    found: dict[int, DemoAccounts] = {}
    for person in people:
        person.roles = [role for role in person.roles if role.estate or str(role.get_role_display()) not in person.name]
        group = found.setdefault(person.organisation_id, DemoAccounts(person.organisation, []))
        group.people.append(person)
    return list(found.values())


# ----------------------------------------------------------------------------------------------------------- calendars


@lru_cache(maxsize=16)
def _calendar(week: str, rows: int, versions: int) -> WorkCalendar:
    """Kept until a holiday is added (more rows) or changed (a higher sum of versions); none is ever deleted."""
    return work_calendar(week, list(Holiday.objects.all()) if rows else ())


def _state() -> tuple[int, int]:
    state = Holiday.objects.aggregate(rows=Count("pk"), versions=Sum("version"))
    return state["rows"], state["versions"] or 0


def calendar_of(organisation: Organisation) -> WorkCalendar:
    """The working days of an organisation after what the office decided. One small statement."""
    return _calendar(str(organisation.work_week), *_state())


def calendars_of(organisations: Iterable[Organisation]) -> dict[int, WorkCalendar]:
    """The calendars of several organisations by key. One small statement."""
    state = _state()
    return {each.pk: _calendar(str(each.work_week), *state) for each in organisations}


def holidays_of_year(year: int) -> list[Holiday]:
    """The holidays of a Jalali year by date. Those the office has not taken over yet have no key."""
    first, last = gregorian(year, 1, 1), gregorian(year + 1, 1, 1)
    kept = list(Holiday.objects.filter(date__gte=first, date__lt=last))
    dates = {each.date for each in kept}
    known = [
        Holiday(
            date=each.date, name_fa=each.name_fa, name_en=each.name_en, confirmed=each.confirmed, source=each.source
        )
        for each in known_holidays()
        if first <= each.date < last and each.date not in dates
    ]
    return sorted([*kept, *known], key=lambda each: each.date)


def years_with_holidays() -> tuple[int, int]:
    """First and last Jalali year that the calendar page offers: three behind, two ahead."""
    year = jalali(clock.today())[0]
    return year - 3, year + 2


def holiday_names() -> dict[str, str]:
    """Names of the days off around today by ISO date, in the language of the page, for the date fields."""
    names: dict[str, str] = {}
    first, last = years_with_holidays()
    for year in range(first, last + 1):
        for each in holidays_of_year(year):
            if not each.cancelled:
                names[each.date.isoformat()] = each.name
    return names
