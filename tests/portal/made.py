"""One record of every kind that an address names, and how each organisation stands to it by the wording of the table.

The standings are written down here by hand, from what each word means: the test compares them with what the office
computes. An estate is 'khodro', whose six parties divide the parts among them, or 'other', where the stranger is
alone and plays every part.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile

from rasana.portal.base import clock
from rasana.portal.base.actor import SYSTEM
from rasana.portal.base.audit import Act, _current
from rasana.portal.base.files import attach
from rasana.portal.base.people import Delegation, Estate, Holiday, Membership, Organisation
from rasana.portal.base.record import Record

DAY = dt.date(2025, 11, 9)
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
SIX = ("operator", "regional", "distribution", "governor", "board", "contractor")


class Made(NamedTuple):
    """A record, and by organisation the words that the table knows of how it stands to it."""

    record: Record
    standings: dict[str, set[str]]
    only: tuple[str, str] | None = None
    """Whom alone it is for, by organisation and role."""


class Place(NamedTuple):
    """Where a record is made: the estate, and who plays each part there."""

    world: SimpleNamespace
    estate: Estate

    @property
    def is_own(self) -> bool:
        """Whether the six parties are at home here."""
        return self.estate.code == "khodro"

    def party(self, code: str) -> Organisation:
        """Who plays an organisation's part."""
        return self.world.organisations[code if self.is_own else "stranger"]

    def standings(self, **words: str) -> dict[str, set[str]]:
        """Words by organisation; whoever is at home here is also a party."""
        if not self.is_own:
            return {"stranger": {"party", *" ".join(words.values()).split()}}
        return {code: {"party", *words.get(code, "").split()} for code in SIX}


@contextmanager
def writing() -> Iterator[None]:
    """Rows put there without the actions that make them."""
    doing = Act(SYSTEM, "fixture", None, None, clock.now())
    token = _current.set(doing)
    try:
        yield
    finally:
        _current.reset(token)
    doing.write()


def _saved(record: Record) -> Record:
    record.save()
    return record


def _estate(place: Place) -> Made:
    return Made(place.estate, place.standings())


def _plot(place: Place) -> Made:
    from rasana.portal.apps.estates.models import Plot

    plot = _saved(Plot(estate=place.estate, plot_id="B1-1", search_key="b1-1"))
    words = {"distribution": "supplier", "operator": "operator"}
    return Made(plot, place.standings(**words) if place.is_own else {"stranger": {"party", "operator"}})


def _figure(place: Place) -> Made:
    from rasana.portal.apps.estates.models import Figure

    figure = Figure(
        estate=place.estate,
        property_fa="مساحت",
        property_en="area",
        key="area",
        value=136,
        source="x",
        status="verified",
    )
    return Made(_saved(figure), place.standings())


def _problem(place: Place) -> Made:
    from rasana.portal.apps.problems.models import Problem

    problem = Problem(
        estate=place.estate,
        number=1,
        title="بی‌برق",
        kind="line",
        longitude=50.9,
        latitude=34.6,
        reporter=place.party("board"),
        assigned=place.party("distribution"),
        holder=place.party("distribution"),
        state="assigned",
        state_since=clock.now(),
        reported_at=clock.now(),
        search_key="x",
    )
    words = {"board": "reporter", "distribution": "assigned holder", "operator": "triager", "governor": "triager"}
    return Made(_saved(problem), place.standings(**words))


def _letter(place: Place) -> Made:
    from rasana.portal.apps.problems.models import Letter

    letter = Letter(
        estate=place.estate, number="۱/۱۲", date=DAY, sender=place.party("operator"), subject="نامه", search_key="x"
    )
    return Made(_saved(letter), place.standings())


def _meeting(place: Place, number: int = 1, state: str = "drafted") -> Made:
    from rasana.portal.apps.meetings.models import Invitation, Meeting

    meeting = Meeting(
        estate=place.estate,
        number=number,
        title="جلسه",
        place="قم",
        starts_at=clock.now(),
        convener=place.party("operator"),
        state=state,
        search_key="x",
    )
    meeting.save()
    here = ("distribution", "governor") if place.is_own else ("stranger",)
    for code in here:
        Invitation(
            meeting=meeting, organisation=place.world.organisations[code], attendance="present", reply="coming"
        ).save()
    words = {"operator": "convener", "distribution": "invited present", "governor": "invited present"}
    return Made(meeting, place.standings(**words))


def _decision(place: Place) -> Made:
    from rasana.portal.apps.meetings.models import AgendaItem, Decision

    meeting, standings, _only = _meeting(place, 2, "circulated")
    item = _saved(AgendaItem(meeting=meeting, order=1, title="بند"))
    decision = Decision(
        estate=place.estate, meeting=meeting, item=item, order=1, text="مقرر شد", responsible=place.party("regional")
    )
    standings["regional" if place.is_own else "stranger"].add("responsible")
    return Made(_saved(decision), standings)


def _commitment(place: Place) -> Made:
    from rasana.portal.apps.commitments.models import Commitment

    due = DAY + dt.timedelta(days=30)
    commitment = Commitment(
        estate=place.estate,
        number=1,
        debtor=place.party("regional"),
        creditor=place.world.organisations["operator"],
        text="آزاد کردن ظرفیت",
        promised_on=DAY,
        first_due=due,
        first_last_day=due,
        due=due,
        last_day=due,
        state="active",
        holder=place.party("regional"),
        holder_since=DAY,
        search_key="x",
    )
    if not place.is_own:  # the creditor is no party in that estate: the promise is none of his business there
        return Made(_saved(commitment), {"stranger": {"party", "debtor"}})
    return Made(_saved(commitment), place.standings(regional="debtor", operator="creditor"))


def _request(place: Place) -> Made:
    from rasana.portal.apps.connections.models import Request

    plot = _plot(place).record if not _first_plot(place) else _first_plot(place)
    request = Request(
        estate=place.estate,
        number=1,
        plot=plot,
        applicant_name="متقاضی",
        supply_class="demand",
        power_kw=50,
        registered_on=DAY,
        stage="B1",
        stage_since=clock.now(),
        holder=place.party("distribution"),
        search_key="x",
    )
    words = {"distribution": "company clerk holder", "operator": "clerk"}
    return Made(
        _saved(request), place.standings(**words) if place.is_own else {"stranger": {"party", "clerk", "holder"}}
    )


def _study(place: Place) -> Made:
    from rasana.portal.apps.studies.models import Study

    names = ("effort", "standard", "catalogue", "engine_version", "currency")
    study = Study(
        estate=place.estate,
        number=1,
        fingerprint="0" * 64,
        folder_sha256="0" * 64,
        figures={
            **dict.fromkeys(("plots", "plots_demanding", "plots_supplied", "peak_kw", "losses_kw", "losses_mwh"), 1),
            **dict.fromkeys(("saifi", "saidi_h", "ens_mwh"), 0.1),
            "transformers": {"250": 1},
            "length_m": {"lv": 1, "mv": 1, "service": 1, "trench": 1},
            "cost": {"total": 1, "capital": {"lv_cables": 1}, "losses_pv": 1, "interruptions_pv": 1},
            "substations": [],
        },
        company_figures={"voltage_min_pu": 0.95, "loading_max_pct": 80, "substations": {}},
        findings=[],
        assumptions=[],
        **dict.fromkeys(names, "x"),
    )
    return Made(_saved(study), place.standings())


def _first_plot(place: Place) -> Record | None:
    from rasana.portal.apps.estates.models import Plot

    return Plot.objects.filter(estate=place.estate).first()


def _home(place: Place) -> str:
    """The organisation whose own people are meant: the operator's, or the stranger's."""
    return "operator" if place.is_own else "stranger"


def _person(place: Place) -> Made:
    home = _home(place)
    return Made(place.world.people[home, "officer"], {home: {"own"}})


def _membership(place: Place) -> Made:
    home = _home(place)
    return Made(Membership.objects.get(person=place.world.people[home, "officer"]), {home: {"own"}})


def _delegation(place: Place) -> Made:
    home = _home(place)
    people, today = place.world.people, clock.today()
    giver, taker = people[home, "expert"], people[home, "managing_director"]  # who may all that the giver may
    delegation = Delegation(giver=giver, taker=taker, starts=today, ends=today, reason="x")
    return Made(_saved(delegation), {home: {"own"}})


def _token(place: Place) -> Made:
    """A person's own: nobody else knows of it."""
    from rasana.portal.apps.api.models import Token

    home = _home(place)
    officer = place.world.people[home, "officer"]
    token = Token(person=officer, name="x", shown="rsn_x", digest=home, expires_on=clock.today())
    return Made(_saved(token), {home: {"own"}}, (home, "officer"))


def _webhook(place: Place) -> Made:
    from rasana.portal.apps.api.models import Webhook

    home = _home(place)
    webhook = Webhook(organisation=place.world.organisations[home], url="https://office.example/", secret="x")  # noqa: S106
    return Made(_saved(webhook), {home: {"own"}})


def _organisation(place: Place) -> Made:
    home = _home(place)
    return Made(place.world.organisations[home], {home: {"own"}})


def _holiday(place: Place) -> Made:
    """Everyone's; kept by the operator and the governor's office (the stranger is another city's operator)."""
    day = DAY + dt.timedelta(days=10 if place.is_own else 11)
    words = {code: {"reader"} for code in (*SIX, "stranger")}
    for keeper in ("operator", "governor", "stranger"):
        words[keeper] = {"reader", "keeper"}
    return Made(_saved(Holiday(date=day, name_fa="عید", name_en="Eid")), words)


MAKERS: dict[str, Callable[[Place], Made]] = {
    "base.Estate": _estate,
    "base.Person": _person,
    "base.Membership": _membership,
    "base.Delegation": _delegation,
    "base.Organisation": _organisation,
    "base.Holiday": _holiday,
    "estates.Plot": _plot,
    "estates.Figure": _figure,
    "problems.Problem": _problem,
    "problems.Letter": _letter,
    "meetings.Meeting": _meeting,
    "meetings.Decision": _decision,
    "commitments.Commitment": _commitment,
    "connections.Request": _request,
    "studies.Study": _study,
    "api.Token": _token,
    "api.Webhook": _webhook,
}
"""By kind. An address that names a kind without a maker fails the test of the grid."""
FOR_EVERYONE = frozenset({"base.Holiday"})
"""Kinds of which there is no other's: whoever signs in sees all of them."""


def make_all(world: SimpleNamespace) -> dict[tuple[str, str], Made]:
    """One of each kind in the estate of the six and one in the stranger's, by kind and estate."""
    made: dict[tuple[str, str], Made] = {}
    with writing():
        for code in ("khodro", "other"):
            place = Place(world, world.estates[code])
            for kind, maker in MAKERS.items():
                made[kind, code] = maker(place)
    return made


def file_of(record: Record) -> int:
    """Key of a picture that belongs to a record."""
    with writing():
        return attach(record, SimpleUploadedFile("photo.png", PNG, "image/png")).pk
