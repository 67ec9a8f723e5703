"""Tells an example's story to the office: each step of story.toml is done by its actor, on its day.

All through the apps' own actions, so that every rule holds and every line of the audit is there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password

from rasana.portal.apps.commitments import actions as commitments
from rasana.portal.apps.commitments.climb import climb
from rasana.portal.apps.connections import actions as connections
from rasana.portal.apps.connections import counter
from rasana.portal.apps.desk.actions import tell
from rasana.portal.apps.desk.models import StoryEvent
from rasana.portal.apps.estates.models import Plot
from rasana.portal.apps.meetings import actions as meetings
from rasana.portal.apps.meetings.sealing import seal
from rasana.portal.apps.problems import actions as problems
from rasana.portal.base import clock
from rasana.portal.base.actor import SYSTEM, Actor, actor_of
from rasana.portal.base.audit import act
from rasana.portal.base.notify import Notice
from rasana.portal.base.people import Estate, Membership, Organisation, Person
from rasana.portal.base.persian import persian_digits

MORNING, EVENING = time(9, 30), time(18)
READ_DAYS = 5
DOMAIN = "rasana.example"


@dataclass
class Teller:
    """What later steps may name: organisations, estates, and what earlier steps made."""

    today: date
    estates: dict[str, Estate]
    organisations: dict[str, Organisation]
    made: dict[str, Any] = field(default_factory=dict)

    def day(self, number: int) -> date:
        """A day counted from the day of loading."""
        return self.today + timedelta(days=number)

    def plots(self, step: dict[str, Any]) -> list[Plot]:
        """The plots of the blocks that a step names."""
        wanted = {"estate": self.estates[step["estate"]], "block__code__in": step.get("blocks", [])}
        return list(Plot.objects.filter(**wanted))

    def fresh(self, step: dict[str, Any]) -> Any:
        """The record that a step is about, as it stands now."""
        record = self.made[step["of"]]
        return type(record).objects.get(pk=record.pk)


def read(path: Path) -> dict[str, Any]:
    """The story's file."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def address_of(organisation: str, role: str) -> str:
    """The e-mail address with which an example's person signs in."""
    return f"{role.replace('_', '-')}@{organisation}.{DOMAIN}"


def make_organisations(story: dict[str, Any]) -> dict[str, Organisation]:
    """The parties, and for each a person in every role; those that are there stay as they are."""
    names = {each.code: each for each in Organisation.objects.all()}
    if names:
        return names
    password = make_password(story["password"])  # once: the same for all, and slow to make, as it must be
    with act(SYSTEM, "story.tell"):
        for row in story["organisations"]:
            organisation = Organisation(**row)
            organisation.save()
            names[organisation.code] = organisation
            for role, words in story["roles"].items():
                _make_person(organisation, role, words, password)
    return names


def _make_person(organisation: Organisation, role: str, words: dict[str, str], password: str) -> None:
    person = Person(
        email=address_of(organisation.code, role),
        name_fa=f"{words['fa']} {organisation.short_fa}",
        name_en=f"{organisation.short_en}: {words['en'].lower()}",
        organisation=organisation,
        is_administrator=role == "administrator",
        password=password,
    )
    person.save()
    if role != "administrator":
        Membership(person=person, role=role, starts=date(2015, 3, 21)).save()


def tell_events(story: dict[str, Any], estates: dict[str, Estate]) -> None:
    """The documented events, once."""
    if StoryEvent.objects.exists():
        return
    tell(
        SYSTEM,
        [
            StoryEvent(
                estate=estates[code],
                date=row["date"],
                year_only=row.get("precision") == "year",
                kind=row.get("kind", "event"),
                due=row.get("due"),
                text_fa=row["text_fa"],
                text_en=row["text_en"],
                source=row["source"],
            )
            for row in story["events"]
            for code in row["estates"]
        ],
    )


def tell_steps(story: dict[str, Any], teller: Teller) -> None:
    """Every step, by its day; between them the ladder climbs; older notices have been read.

    A documented step (it has a ``date``) is written down today, as having happened then: the office did not exist.
    """
    steps = sorted(story["steps"], key=lambda step: step.get("day", 0))
    began = teller.day(steps[0]["day"])
    people = {each.email: each for each in Person.objects.select_related("organisation")}
    for number, step in enumerate(steps):
        day = teller.day(step.get("day", 0))
        _climb_until(teller, began, day)
        began = day
        organisation, role = step["by"].split("/")
        person = people[address_of(organisation, role)]
        moment = datetime.combine(day, MORNING, clock.TEHRAN) + timedelta(minutes=number)
        with clock.at(min(moment, clock.now())):
            made = VERBS[step["do"]](teller, actor_of(person), step)
        if "name" in step:
            teller.made[step["name"]] = made
    climb()
    _read_old_notices(teller)


def _climb_until(teller: Teller, began: date, until: date) -> None:
    """Let the office climb the ladder each day."""
    day = began
    while day < until:
        with clock.at(datetime.combine(day, EVENING, clock.TEHRAN)):
            climb()
        day += timedelta(days=1)


def _read_old_notices(teller: Teller) -> None:
    with act(SYSTEM, "story.tell"):
        for notice in Notice.objects.filter(at__lt=clock.start_of(teller.day(-READ_DAYS)), read_at__isnull=True):
            notice.read_at = notice.at + timedelta(days=1)
            notice.save()


def _report(teller: Teller, actor: Actor, step: dict[str, Any]) -> Any:
    plots = teller.plots(step)
    placed = [plot for plot in plots if plot.longitude is not None]
    place = (placed[len(placed) // 2].longitude, placed[len(placed) // 2].latitude) if placed else (None, None)
    return problems.report(
        actor,
        teller.estates[step["estate"]],
        title=step["title"],
        description=step.get("description", ""),
        kind=step["kind"],
        severity=step["severity"],
        plots=plots,
        longitude=place[0],
        latitude=place[1],
        invented=True,
    )


def _letter(teller: Teller, actor: Actor, step: dict[str, Any]) -> Any:
    return problems.record_letter(
        actor,
        teller.estates[step["estate"]],
        number=step["number"],
        date=clock.today(),
        subject=step["subject"],
        sender=teller.organisations[step["sender"]],
        recipient=teller.organisations[step["recipient"]],
        about=[teller.made[name] for name in step.get("about", [])],
        invented=True,
    )


def _call(teller: Teller, actor: Actor, step: dict[str, Any]) -> Any:
    points = [meetings.Point(teller.made[name].title, teller.made[name]) for name in step["points"]]
    points += [meetings.Point(title) for title in step.get("more_points", [])]
    return meetings.call(
        actor,
        teller.estates[step["estate"]],
        title=step["title"],
        place=step["place"],
        starts_at=datetime.combine(teller.day(step["starts"]), time(step["hour"]), clock.TEHRAN),
        parties=[teller.organisations[code] for code in step["parties"]],
        points=points,
        chair=step["chair"],
        invite=True,
        invented=True,
    )


def _minutes(teller: Teller, actor: Actor, step: dict[str, Any]) -> Any:
    meeting = teller.fresh(step)
    items = list(meeting.items.order_by("order"))
    attendance = {
        each.pk: ("present" if each.organisation.code in step["present"] else "absent", each.delegates)
        for each in meeting.invitations.select_related("organisation")
    }
    decisions = [
        meetings.DecisionDraft(
            items[row["point"] - 1].pk, row["text"], teller.organisations[row["debtor"]], teller.day(row["due"])
        )
        for row in step["decisions"]
    ]
    said = {item.pk: text for item, text in zip(items, step["said"], strict=True)}
    return meetings.save_minutes(actor, meeting, meetings.MinutesDraft(attendance, said, decisions))


def _from_decisions(teller: Teller, actor: Actor, step: dict[str, Any]) -> Any:
    decisions = teller.fresh(step).decisions.filter(dropped=False).order_by("order")
    for name, decision in zip(step["names"], decisions, strict=True):
        creditor = step.get("creditors", {}).get(name)
        if creditor is None:
            teller.made[name] = commitments.from_decision(actor, decision)
            continue
        teller.made[name] = commitments.propose(
            actor,
            decision.estate,
            text=decision.text,
            debtor=decision.responsible,
            creditor=teller.organisations[creditor],
            due=decision.due,
            decision=decision,
            invented=True,
        )
    return None


def _propose(teller: Teller, actor: Actor, step: dict[str, Any]) -> Any:
    return commitments.propose(
        actor,
        teller.estates[step["estate"]],
        text=step["text"],
        debtor=teller.organisations[step["debtor"]],
        creditor=teller.organisations[step["creditor"]],
        due=step["due"],
        deliverable=step["deliverable"],
        promised_on=step["date"],
        happened_at=_then(step),
        invented=step["invented"],
        source=step["source"],
    )


def _then(step: dict[str, Any]) -> datetime | None:
    """When a documented step happened; None for what happens now."""
    return datetime.combine(step["date"], MORNING, clock.TEHRAN) if "date" in step else None


def _agree(teller: Teller, actor: Actor, step: dict[str, Any]) -> Any:
    commitment = teller.fresh(step)
    return (
        commitments.agree(actor, commitment, happened_at=_then(step)) if commitment.state == "proposed" else commitment
    )


def _deliver(teller: Teller, actor: Actor, step: dict[str, Any]) -> Any:
    today = clock.today()
    letter = {"letter_number": step["letter"], "letter_date": today}
    return commitments.deliver(actor, teller.fresh(step), delivered_on=today, text=step["text"], **letter)


def _register(teller: Teller, actor: Actor, step: dict[str, Any]) -> Any:
    plot = Plot.objects.select_related("estate").get(estate=teller.estates[step["estate"]], plot_id=step["plot"])
    power = {key: step[key] for key in ("power_kw", "amperes", "phases") if key in step}
    power["supply_class"] = "demand" if "power_kw" in step else "ampere"
    applicant = {"applicant_name": f"متقاضی قطعه {persian_digits(plot.plot_id)}"}
    return counter.register(actor, plot, applicant=applicant, power=power, papers=step["papers"], invented=True)


def _advance(teller: Teller, actor: Actor, step: dict[str, Any]) -> Any:
    facts = {key: teller.day(value) if key.endswith("_on") else value for key, value in step["facts"].items()}
    return connections.advance(actor, teller.fresh(step), facts=facts)


def _find(teller: Teller, actor: Actor, step: dict[str, Any]) -> Any:
    plot = Plot.objects.select_related("estate").get(estate=teller.estates[step["estate"]], plot_id=step["plot"])
    return counter.find(actor, plot, found_on=clock.today(), note=step["note"])


VERBS: dict[str, Callable[[Teller, Actor, dict[str, Any]], Any]] = {
    "problem.report": _report,
    "problem.accept": lambda teller, actor, step: problems.triage(actor, teller.fresh(step), "accepted"),
    "problem.assign": lambda teller, actor, step: problems.assign(
        actor, teller.fresh(step), teller.organisations[step["to"]], note=step.get("note", "")
    ),
    "problem.study": lambda teller, actor, step: problems.study(actor, teller.fresh(step), step["note"]),
    "letter.record": _letter,
    "meeting.call": _call,
    "meeting.reply": lambda teller, actor, step: meetings.reply(
        actor, teller.fresh(step), "coming", delegates=step["delegates"]
    ),
    "meeting.hold": lambda teller, actor, step: meetings.hold(actor, teller.fresh(step)),
    "meeting.minutes": _minutes,
    "meeting.circulate": lambda teller, actor, step: meetings.circulate(actor, teller.fresh(step)),
    "meeting.agree": lambda teller, actor, step: meetings.countersign(actor, teller.fresh(step), "agreed"),
    "meeting.object": lambda teller, actor, step: meetings.countersign(
        actor, teller.fresh(step), "objected", objection=step["note"]
    ),
    "meeting.seal": lambda teller, actor, step: seal(actor, teller.fresh(step)),
    "commitment.propose": _propose,
    "commitment.agree": _agree,
    "commitment.from_decisions": _from_decisions,
    "commitment.deliver": _deliver,
    "commitment.verify": lambda teller, actor, step: commitments.verify(actor, teller.fresh(step)),
    "commitment.extend": lambda teller, actor, step: commitments.request_extension(
        actor, teller.fresh(step), new_due=teller.day(step["due"]), reason=step["reason"]
    ),
    "commitment.refuse": lambda teller, actor, step: commitments.refuse(actor, teller.fresh(step), answer=step["note"]),
    "request.register": _register,
    "request.advance": _advance,
    "request.wait": lambda teller, actor, step: connections.wait(
        actor, teller.fresh(step), waits_for=teller.organisations[step["to"]].kind, reason=step["note"]
    ),
    "request.find": _find,
}
"""What a step may do, by its name in the file."""
