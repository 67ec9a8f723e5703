"""The dossier of a commitment: what a director must know before a meeting, on two pages of A4, in Persian."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from rasana.portal.apps.commitments.models import Commitment
from rasana.portal.apps.commitments.story import Story, story_of
from rasana.portal.base import clock, pdf
from rasana.portal.base.calendar import add_working_days
from rasana.portal.base.ladder import Step
from rasana.portal.base.people import Organisation
from rasana.portal.base.templatetags.parts import party_class

LANGUAGE = "fa"
DATES_MAX, EVENTS_MAX, PAPERS_MAX, PROBLEMS_MAX, PLOTS_MAX = 4, 10, 4, 4, 24
"""Rows of each part, so that two pages hold them; the rest is counted, and stands in the office."""
TEXT_MAX = 420


def title(commitment: Commitment, step: Step) -> str:
    """What the file is called among the attachments."""
    with translation.override(LANGUAGE):
        return _("Dossier of commitment %(number)s: %(step)s") % {"number": commitment.number_shown, "step": step.name}


def draw(commitment: Commitment, step: Step, *, today: date | None = None) -> bytes:
    """The dossier as PDF for a step of the ladder, as the case stands on a day."""
    day = today or clock.today()
    with translation.override(LANGUAGE):
        return pdf.render("commitments/dossier.html", context(story_of(commitment, day), step), language=LANGUAGE)


def context(story: Story, step: Step) -> dict[str, Any]:
    """What the template shows."""
    commitment = story.commitment
    bar = _bar(story)
    asked = [each for each in (commitment.debtor, commitment.creditor) if each is not None]
    asked += Organisation.objects.filter(party_rows__estate=commitment.estate_id, kind__in=step.kinds)
    return {
        "story": story,
        "commitment": commitment,
        "step": step,
        "today": story.today,
        "bar": bar,
        "key": _key(bar),
        "events": story.events[:EVENTS_MAX],
        "events_more": max(len(story.events) - EVENTS_MAX, 0),
        "proofs": story.proofs[:PAPERS_MAX],
        "extensions": story.extensions[-DATES_MAX:],
        "extensions_more": max(len(story.extensions) - DATES_MAX, 0),
        "problems": story.behind.problems[:PROBLEMS_MAX],
        "problems_more": max(len(story.behind.problems) - PROBLEMS_MAX, 0),
        "plots": story.behind.plots[:PLOTS_MAX],
        "plots_more": max(len(story.behind.plots) - PLOTS_MAX, 0),
        "asked": asked,
        "holder": commitment.holder,
        "answer_by": add_working_days(story.today, step.answer_working_days, story.calendar),
        "text": _cut(commitment.text),
    }


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_MAX else text[:TEXT_MAX].rsplit(" ", 1)[0] + "…"


def _bar(story: Story) -> list[dict[str, Any]]:
    """The ball bar as parts of a hundred, with each party's colour class; percents as CSS writes them.

    Stretches of no working day are left out, and what one party then holds in a row is one part.
    """
    parts: list[dict[str, Any]] = []
    for holder, days, now in story.shares:
        if parts and parts[-1]["holder"].pk == holder.pk:
            parts[-1]["days"] += days
            parts[-1]["now"] = now
        elif days or now:
            parts.append({"holder": holder, "days": days, "now": now, "css": party_class(holder)})
    total = sum(part["days"] for part in parts)
    for part in parts:
        part["percent"] = f"{100 * part['days'] / total if total else 100 / len(parts):.2f}"
    return parts


def _key(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each party once, with all its days."""
    found: dict[int, dict[str, Any]] = {}
    for part in parts:
        entry = found.setdefault(part["holder"].pk, part | {"days": 0, "now": False})
        entry["days"] += part["days"]
        entry["now"] = entry["now"] or part["now"]
    return list(found.values())
