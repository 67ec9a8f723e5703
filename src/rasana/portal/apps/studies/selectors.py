"""Questions about studies: what of a study the actor may read, and how it differs from the one before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from rasana.exchange.words import term
from rasana.portal.apps.studies import classes
from rasana.portal.apps.studies.models import FileKind, Study, StudyFile
from rasana.portal.base.actor import Actor

SUBSTATIONS_SHOWN = 8
HEAVY = ("findings", "assumptions", "company_figures")
DECIMAL = re.compile(r"-?\d+\.\d+")
MONEY_FACTORS = {"million rial": 1e6, "rial": 1.0}
"""Rials in one unit of a catalogue's currency."""
ITEMS = {
    "transformer": "substations", "station": "substations", "rmu": "substations", "feeder_way": "substations",
    "supply_cubicle": "mv", "mv_cable": "mv", "lv_cable": "lv", "pillar": "lv", "trench": "trench",
    "cable_laying": "trench", "service_cable": "service", "service_connection": "service", "service_trench": "service",
}  # fmt: skip
"""What of the bill stands together in the picture of the cost."""
BAR_NAMES = {
    "substations": _("Substations and boards"),
    "lv": _("LV cables and pillars"),
    "mv": _("20 kV cables"),
    "trench": _("Trenches and laying"),
    "service": _("Services and meters"),
    "other": _("Other"),
    "losses_pv": _("Losses, present value"),
    "interruptions_pv": _("Interruptions, present value"),
}


def studies_of(actor: Actor) -> QuerySet[Study]:
    """Studies of the actor's estates, newest first, without their heavy parts."""
    studies = Study.objects.filter(estate__in=actor.estate_ids)
    return studies.select_related("estate", "organisation").defer(*HEAVY)


def previous_of(study: Study) -> Study | None:
    """The estate's study before this one. One statement."""
    return Study.objects.filter(estate=study.estate_id, number__lt=study.number).order_by("-number").first()


def is_company(actor: Actor, study: Study) -> bool:
    """Whether the actor may read what is for the electric companies."""
    return classes.COMPANY in actor.classes(study.estate_id)


def findings_of(actor: Actor, study: Study) -> list[dict[str, Any]]:
    """The findings that the actor may read, errors first, with their words in the page's language."""
    language, allowed = _language(), actor.classes(study.estate_id)
    return [
        {**each, "message": each[f"message_{language}"], "title": each[f"name_{language}"]}
        for each in study.findings
        if each["class"] in allowed
    ]


def _shown(value: str, language: str) -> str:
    """An assumption's value: a word of the catalogue, or a number with the decimal mark of the language."""
    word = term(f"class.{value}", language, value)
    return word.replace(".", "٫") if language == "fa" and DECIMAL.fullmatch(word) else word


def assumptions_of(actor: Actor, study: Study, kind: str = "", status: str = "") -> list[dict[str, Any]]:
    """The assumptions that the actor may read, of one kind or status if asked for."""
    language, allowed = _language(), actor.classes(study.estate_id)
    return [
        {
            **each,
            "name": each[f"name_{language}"],
            "unit_shown": each[f"unit_{language}"],
            "value_shown": _shown(each["value"], language),
            "status_shown": term(f"status.{each['status']}", language),
        }
        for each in study.assumptions
        if each["class"] in allowed and kind in ("", each["kind"]) and status in ("", each["status"])
    ]


def files_of(actor: Actor, study: Study) -> list[StudyFile]:
    """The files of the result folder that the actor may have. One statement."""
    return list(study.files.filter(kind=FileKind.RESULT, field_class__in=actor.classes(study.estate_id)))


def substations_of(actor: Actor, study: Study) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Substations, the first ones and the rest; for companies with loading and voltage, the most loaded first."""
    rows = [dict(row) for row in study.figures["substations"]]
    if is_company(actor, study):
        told = study.company_figures["substations"]
        rows = [{**row, **told.get(str(row["id"]), {})} for row in rows]
        for row in rows:
            row["voltage_min_pct"] = None if row.get("voltage_min_pu") is None else 100 * row["voltage_min_pu"]
        rows.sort(key=lambda row: -(row.get("loading_pct") or 0))
    return rows[:SUBSTATIONS_SHOWN], rows[SUBSTATIONS_SHOWN:]


def rials(study: Study, amount: float) -> float | None:
    """An amount of the study in rials; None where its currency is another."""
    factor = MONEY_FACTORS.get(study.currency)
    return None if factor is None else amount * factor


@dataclass(frozen=True)
class Bar:
    """One item of the cost; ``rials`` None where the study counts in another currency."""

    name: str | Promise
    amount: float
    rials: float | None
    share: float
    is_later: bool


def cost_bars(study: Study) -> list[Bar]:
    """The cost by part, capital first, as shares of the largest."""
    cost, sums = study.figures["cost"], {}
    for item, amount in cost["capital"].items():
        name = ITEMS.get(item, "other")
        sums[name] = sums.get(name, 0.0) + amount
    for name in ("losses_pv", "interruptions_pv"):
        sums[name] = cost[name]
    largest = max(sums.values(), default=0.0) or 1.0
    capital = sorted((name for name in sums if not name.endswith("_pv")), key=lambda name: -sums[name])
    return [
        Bar(BAR_NAMES[name], sums[name], rials(study, sums[name]), 100 * sums[name] / largest, name.endswith("_pv"))
        for name in (*capital, "losses_pv", "interruptions_pv")
    ]


@dataclass(frozen=True)
class Compared:
    """One figure of two studies side by side."""

    name: str | Promise
    unit: str | Promise
    decimals: int
    now: float | None
    before: float | None
    less_is_better: bool = True
    is_money: bool = False

    @property
    def is_better(self) -> bool:
        """Whether the newer one is better by as much as can be read from the table."""
        if self.now is None or self.before is None:
            return False
        unit = 1e8 if self.is_money else 10.0**-self.decimals
        now, before = round(self.now / unit), round(self.before / unit)
        return now != before and (now < before) == self.less_is_better


def comparison(actor: Actor, study: Study, before: Study) -> list[Compared]:
    """What differs between two studies, as far as the actor may read it."""
    rows = [
        (_("Cost of the whole life"), "", 0, "money", True),
        (_("Coincident peak"), _("kW"), 0, lambda s: s.figures["peak_kw"], True),
        (_("Substations"), "", 0, lambda s: sum(s.figures["transformers"].values()), True),
        (_("LV cable"), _("km"), 1, lambda s: s.figures["length_m"]["lv"] / 1000, True),
        (_("20 kV cable"), _("km"), 1, lambda s: s.figures["length_m"]["mv"] / 1000, True),
        (_("Trench"), _("km"), 1, lambda s: s.figures["length_m"]["trench"] / 1000, True),
        (_("Losses"), _("kW"), 0, lambda s: s.figures["losses_kw"], True),
        (_("Interruption of a customer"), _("minutes a year"), 1, lambda s: 60 * s.figures["saidi_h"], True),
    ]
    if is_company(actor, study):
        rows += [
            (_("Lowest voltage"), _("percent"), 1, lambda s: 100 * s.company_figures["voltage_min_pu"], False),
            (_("Highest loading"), _("percent"), 1, lambda s: s.company_figures["loading_max_pct"], True),
        ]
    found = []
    for name, unit, decimals, read, less in rows:
        if read == "money":
            now, old = (rials(each, each.figures["cost"]["total"]) for each in (study, before))
            if now is None or old is None:
                now, old = study.figures["cost"]["total"], before.figures["cost"]["total"]
                found.append(Compared(name, study.currency, 0, now, old))
            else:
                found.append(Compared(name, "", 0, now, old, is_money=True))
        else:
            found.append(Compared(name, unit, decimals, _read(read, study), _read(read, before), less))
    return found


def _read(read: Any, study: Study) -> float | None:
    """A figure of a study, None where the study does not know it."""
    try:
        return float(read(study))
    except (TypeError, KeyError):
        return None


def _language() -> str:
    return "en" if (get_language() or "fa").startswith("en") else "fa"
