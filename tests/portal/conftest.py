"""A small office to try things in: two estates of the same six parties, and one that is none of their business."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from django.test import Client

from rasana.portal.base import clock
from rasana.portal.base.actor import SYSTEM, Actor, actor_of
from rasana.portal.base.audit import Act, _current
from rasana.portal.base.people import Estate, EstateParty, Membership, Organisation, Person

# fmt: off
KINDS = (
    ("operator", "operator", "سازمان ساماندهی مشاغل شهری", "Estate operator",
     "سازمان ساماندهی", "Operator", "سا", "thursday_friday"),
    ("regional", "regional_company", "شرکت برق منطقه‌ای", "Regional company",
     "برق منطقه‌ای", "Regional", "من", "thursday_friday"),
    ("distribution", "distribution_company", "شرکت توزیع نیروی برق", "Distribution company",
     "توزیع برق", "Distribution", "تو", "friday"),
    ("governor", "governor", "استانداری", "Governor's office",
     "استانداری", "Governor", "اس", "thursday_friday"),
    ("board", "board", "هیئت امنای شهرک", "Estate's board",
     "هیئت امنا", "Board", "هی", "friday"),
    ("contractor", "contractor", "پیمانکار", "Contractor",
     "پیمانکار", "Contractor", "پی", "friday"),
)
# fmt: on
ROLES = ("officer", "expert", "secretary", "head", "managing_director", "viewer")
PASSWORD = "correct horse battery"  # noqa: S105


def build() -> SimpleNamespace:
    """Organisations by code, people as ``people[code, role]``, estates khodro, sonuf (all six) and other."""
    organisations: dict[str, Organisation] = {}
    people: dict[tuple[str, str], Person] = {}
    day = dt.date(2020, 1, 1)
    doing = Act(SYSTEM, "fixture", None, None, clock.now())
    token = _current.set(doing)
    try:
        stranger = (
            "stranger",
            "operator",
            "سازمان شهر دیگر",
            "Another city's operator",
            "شهر دیگر",
            "Other",
            "دی",
            "friday",
        )
        for code, kind, fa, en, short_fa, short_en, monogram, week in (*KINDS, stranger):
            organisation = Organisation(
                code=code,
                kind=kind,
                name_fa=fa,
                name_en=en,
                short_fa=short_fa,
                short_en=short_en,
                monogram=monogram,
                work_week=week,
            )
            organisation.save()
            organisations[code] = organisation
            for role in (*ROLES, "administrator"):
                person = Person(
                    email=f"{role}@{code}.example", name_fa=f"{role} {short_fa}", name_en=f"{role} {short_en}",
                    organisation=organisation, is_administrator=role == "administrator",
                )  # fmt: skip
                person.set_password(PASSWORD)
                person.save()
                people[code, role] = person
                if role != "administrator":
                    Membership(person=person, role=role, starts=day).save()
        estates = {}
        for code, fa, en, parties in (
            ("khodro", "شهرک خودرو", "Automotive estate", [kind[0] for kind in KINDS]),
            ("sonuf", "شهرک صنوف", "Guilds' estate", [kind[0] for kind in KINDS]),
            ("other", "شهرک دیگر", "Another estate", ["stranger"]),
        ):
            estate = Estate(code=code, name_fa=fa, name_en=en)
            estate.save()
            estates[code] = estate
            for party in parties:
                EstateParty(estate=estate, organisation=organisations[party]).save()
    finally:
        _current.reset(token)
    doing.write()
    return SimpleNamespace(organisations=organisations, people=people, estates=estates, **estates)


@pytest.fixture
def world(db: None) -> SimpleNamespace:
    """See ``build``."""
    return build()


@pytest.fixture
def actor(world: SimpleNamespace):
    """actor("distribution", "expert") as today's Actor."""

    def make(organisation: str, role: str = "expert") -> Actor:
        return actor_of(world.people[organisation, role])

    return make


@pytest.fixture
def client_of(world: SimpleNamespace):
    """client_of("distribution", "expert"): a browser in which that person has signed in."""

    def make(organisation: str, role: str = "expert", language: str = "fa") -> Client:
        client = Client()
        client.force_login(world.people[organisation, role])
        client.cookies["django_language"] = language
        return client

    return make
