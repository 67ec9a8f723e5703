"""Who acts: a person, for an organisation, perhaps on behalf of a colleague."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Q

from rasana.portal.base import clock
from rasana.portal.base.people import Delegation, Estate, EstateParty, Membership, Organisation, Person

FIELD_CLASSES = ("P0", "P1", "P2", "P3")
"""Need to know: public, party (the trader's own), partner, company (the electric companies). See docs/access.md."""
COMPANIES = frozenset({"regional_company", "distribution_company"})


@dataclass
class Actor:
    """What access is decided by. ``organisation`` None: nobody has signed in, or the office itself acts."""

    person: Person | None = None
    organisation: Organisation | None = None
    on_behalf_of: Person | None = None
    is_system: bool = False
    _roles: dict[int | None, set[str]] = field(default_factory=dict)
    _estates: frozenset[int] = frozenset()
    party_in: tuple[Estate, ...] = ()
    """The estates in which the organisation is a party, read along with the keys."""

    @property
    def person_id(self) -> int | None:
        """Key of the person."""
        return self.person.pk if self.person else None

    @property
    def label(self) -> str:
        """The person's name as the audit writes it."""
        if self.is_system:
            return "system"
        return self.person.name_fa if self.person else "visitor"

    @property
    def on_behalf_label(self) -> str:
        """The name of the colleague for whom the person acts."""
        return self.on_behalf_of.name_fa if self.on_behalf_of else ""

    @property
    def organisation_code(self) -> str:
        """The code of the organisation acted for."""
        return self.organisation.code if self.organisation else ""

    @property
    def is_administrator(self) -> bool:
        """Whether the person manages the people of the organisation."""
        return bool(self.person and self.person.is_administrator)

    @property
    def estate_ids(self) -> frozenset[int]:
        """Keys of the estates in which the organisation is a party and the person has a role."""
        if None in self._roles:
            return self._estates
        return frozenset(pk for pk in self._estates if pk in self._roles)

    @property
    def estates(self) -> list[Estate]:
        """The estates of ``estate_ids``, in their order. No statement."""
        keys = self.estate_ids
        return [estate for estate in self.party_in if estate.pk in keys]

    def roles(self, estate: Estate | int | None = None) -> set[str]:
        """Roles in an estate; without one, roles anywhere."""
        if estate is None:
            return set().union(*self._roles.values()) if self._roles else set()
        pk = estate if isinstance(estate, int) else estate.pk
        if pk not in self._estates:
            return set()
        return self._roles.get(None, set()) | self._roles.get(pk, set())

    def classes(self, estate: Estate | int | None = None) -> tuple[str, ...]:
        """Field classes that the actor may read in an estate."""
        if self.is_system:
            return FIELD_CLASSES
        if not self.organisation or (estate is not None and not self.roles(estate)):
            return ("P0",)
        company = self.organisation.kind in COMPANIES
        return FIELD_CLASSES if company else ("P0", "P1", "P2")


SYSTEM = Actor(is_system=True)
"""The office itself: the worker's ladder, digest and reaper."""


def actor_of(person: Person) -> Actor:
    """A person with today's roles, own and delegated. Two statements."""
    today = clock.today()
    delegations = Delegation.objects.filter(taker=person, starts__lte=today, ends__gte=today, ended_early=False)
    holders = Q(person=person) | Q(person__in=delegations.values("giver"))
    in_force = Q(starts__lte=today) & (Q(ends__isnull=True) | Q(ends__gte=today))
    roles: dict[int | None, set[str]] = {}
    own: set[tuple[int | None, str]] = set()
    borrowed: dict[tuple[int | None, str], Person] = {}
    for each in Membership.objects.filter(in_force, holders).select_related("person").order_by("id"):
        roles.setdefault(each.estate_id, set()).add(each.role)
        if each.person_id == person.pk:
            own.add((each.estate_id, each.role))
        else:
            borrowed.setdefault((each.estate_id, each.role), each.person)
    rows = EstateParty.objects.filter(organisation=person.organisation_id).select_related("estate")
    party_in = tuple(row.estate for row in rows.order_by("estate"))
    behalf = next((giver for right, giver in borrowed.items() if right not in own), None)
    keys = frozenset(estate.pk for estate in party_in)
    return Actor(person, person.organisation, behalf, False, roles, keys, party_in)
