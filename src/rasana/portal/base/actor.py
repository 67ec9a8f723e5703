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
    """A person with today's roles, own and delegated. Four statements."""
    today = clock.today()
    delegations = Delegation.objects.filter(taker=person, starts__lte=today, ends__gte=today, ended_early=False)
    givers = list(delegations.select_related("giver"))
    people = [person.pk, *(each.giver_id for each in givers)]
    in_force = Q(starts__lte=today) & (Q(ends__isnull=True) | Q(ends__gte=today))
    roles: dict[int | None, set[str]] = {}
    own: set[tuple[int | None, str]] = set()
    borrowed: set[tuple[int | None, str]] = set()
    for holder, estate, role in Membership.objects.filter(in_force, person__in=people).values_list(
        "person", "estate", "role"
    ):
        roles.setdefault(estate, set()).add(role)
        (own if holder == person.pk else borrowed).add((estate, role))
    estates = EstateParty.objects.filter(organisation=person.organisation_id).values_list("estate", flat=True)
    behalf = givers[0].giver if givers and borrowed - own else None
    return Actor(person, person.organisation, behalf, False, roles, frozenset(estates))
