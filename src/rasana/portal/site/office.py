"""The example office: both Qom estates, their studies and their story, loaded once."""

from __future__ import annotations

from pathlib import Path

from rasana.portal.apps.estates.loading import load_estate
from rasana.portal.apps.estates.published import load_figures
from rasana.portal.apps.parties.actions import load_holidays
from rasana.portal.apps.studies.importing import import_study
from rasana.portal.base import clock
from rasana.portal.base.actor import SYSTEM, actor_of
from rasana.portal.base.audit import AuditLine
from rasana.portal.base.people import Person
from rasana.portal.site import story

PARTIES = ("operator", "regional", "distribution", "governor", "board", "contractor")


def is_loaded() -> bool:
    """Whether the office holds anything."""
    return AuditLine.objects.exists()


def load(example: Path, folder: Path) -> None:
    """Fill an empty office from ``example`` (figures.toml, story.toml) and ``folder`` (estates/, a study for each)."""
    told = story.read(example / "story.toml")
    organisations = story.make_organisations(told)
    load_holidays(SYSTEM)
    adopter = actor_of(Person.objects.get(email=story.address_of("operator", "head")))
    estates = {}
    for row in told["estates"]:
        code = row["code"]
        parties = [organisations[name] for name in PARTIES]
        loaded = load_estate(
            SYSTEM, folder / "estates" / f"{code}.gpkg", code, parties, name_fa=row["name_fa"], name_en=row["name_en"]
        )
        estates[code] = loaded.estate
        adopter = actor_of(adopter.person)
        load_figures(adopter, loaded.estate, example / "figures.toml")
        import_study(SYSTEM, loaded.estate, folder / code)
    story.tell_events(told, estates)
    teller = story.Teller(clock.today(), estates, organisations)
    story.tell_steps(told, teller)
