"""Tags of the pages of connection requests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import template
from django.forms import Form
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from rasana.portal.apps.connections import stages
from rasana.portal.apps.connections.fees import Quote
from rasana.portal.apps.connections.forms import supply_name
from rasana.portal.apps.connections.models import Request
from rasana.portal.base import clock, persian
from rasana.portal.base.ball import Applicant, BallEvent
from rasana.portal.base.templatetags.parts import org, provenance, timeline

register = template.Library()


@register.filter
def power(request: Request) -> str:
    """What is asked for, in words: 25 A three-phase, 120 kW."""
    language = stages.language()
    if request.supply_class == "ampere" and request.amperes:
        return supply_name(request.amperes, request.phases)
    if request.power_kw:
        return _("%(power)s kW") % {"power": persian.format_number(request.power_kw, language)}
    return _("power not known yet")


@register.simple_tag
def applicant() -> SafeString:
    """The applicant as holder."""
    return org(Applicant())


@register.filter
def applicant_of(_shares: Any) -> Applicant:
    """The applicant, for the monogram."""
    return Applicant()


@register.simple_tag(takes_context=True)
def first_page(context: dict[str, Any]) -> str:
    """The address of the list's beginning, with its filter."""
    query = context["request"].GET.copy()
    query.pop("after", None)
    return f"?{query.urlencode()}"


@register.filter
def step_url(request: Request) -> str:
    """Where the open step is written down."""
    if request.stage == "unauthorised_found":
        name = "provisional"
    else:
        name = "record" if request.state.acts == stages.APPLICANT else "advance"
    return reverse(f"connections:{name}", args=[request.pk])


@register.inclusion_tag("base/parts/timeline.html")
def events_of(events: Iterable[BallEvent]) -> dict[str, Any]:
    """What happened, newest first."""
    fa = stages.language().startswith("fa")
    rows = [
        {
            "when": _when(event),
            "text": event.reason_fa if fa else event.reason_en,
            "detail": f"· {_to_whom(event)}",
            "status": "wait" if event.applicant else "plan" if event.holder else "live",
        }
        for event in events
    ]
    return timeline(rows)


def _when(event: BallEvent) -> date:
    """The moment, or the day alone where no hour was told."""
    day = clock.day_of(event.happened_at)
    return day if event.happened_at == clock.start_of(day) else event.happened_at


def _to_whom(event: BallEvent) -> str:
    if event.applicant:
        return _("passed to the applicant")
    return _("passed to %(holder)s") % {"holder": event.holder.short} if event.holder else pgettext("request", "closed")


@register.simple_tag
def quote_lines(kept: dict[str, Any] | None, quote: Quote | None) -> list[dict[str, Any]]:
    """The lines of a kept quotation or of a fresh one."""
    if kept:
        fa = stages.language().startswith("fa")
        return [line | {"name": line["fa" if fa else "en"]} for line in kept["lines"]]
    names = ("name", "units", "unit", "rial_per_unit", "rial")
    return [{name: getattr(line, name) for name in names} for line in quote.lines] if quote else []


@register.filter
def quantity(line: dict[str, Any]) -> SafeString:
    """So many units, from left to right: 120 kW, 3 × 25 A."""
    count = persian.format_number(line["units"], stages.language())
    return format_html('<bdi dir="ltr">{} {}</bdi>', count, persian.local_digits(line["unit"], stages.language()))


def _table(kept: dict[str, Any] | None, quote: Quote | None) -> dict[str, Any]:
    if kept:
        day = date.fromisoformat(kept["valid_from"]) if kept.get("valid_from") else None
        facts = kept | {"valid_from": day}
    elif quote:
        row = quote.row
        facts = {
            "company_fa": row.company_fa, "company_en": row.company_en, "valid_from": row.valid_from,
            "source": row.source, "assumed": quote.assumed,
        }  # fmt: skip
    else:
        facts = {}
    return facts


@register.simple_tag
def table_of(kept: dict[str, Any] | None, quote: Quote | None) -> SafeString:
    """Where the amounts are from: the company, its table's day, or that it has none."""
    facts = _table(kept, quote)
    company = facts["company_fa" if stages.language().startswith("fa") else "company_en"]
    day = facts["valid_from"]
    context = provenance(source=company, date=day or _("undated"), status="default" if facts["assumed"] else "verified")
    return SafeString(render_to_string("base/parts/provenance.html", context))


@register.simple_tag
def table_note(kept: dict[str, Any] | None, quote: Quote | None) -> SafeString | str:
    """That an undated or old table stands in."""
    facts = _table(kept, quote)
    if not facts.get("assumed"):
        return ""
    if facts["valid_from"] is None:
        sentence = _("This table has no date: the amount is assumed and must be set against the table in force.")
    else:
        sentence = _(
            "This table is older than a year: the amount is assumed and must be set against the table in force."
        )
    return format_html('<p class="danger-zone">{}</p>', sentence)


OTHERS = {
    "return": (lambda: _("Give back for papers"), lambda: _("Give back")),
    "wait": (lambda: _("Wait for the block's supply"), lambda: _("Wait")),
    "resume": (lambda: _("The block has supply"), lambda: _("Go on")),
    "refuse": (lambda: _("Refuse the request"), lambda: _("Refuse")),
    "withdraw": (lambda: _("The applicant withdraws"), lambda: _("Withdraw")),
}


@register.inclusion_tag("connections/other_action.html", takes_context=True)
def other_action(
    context: dict[str, Any], name: str, forms: dict[str, Form], refused: str, record: Request
) -> dict[str, Any]:
    """One of the actions beside the next step, closed until it is wanted."""
    title, verb = OTHERS[name]
    return {
        "name": name,
        "form": forms[name],
        "title": title(),
        "verb": verb(),
        "is_open": refused == name,
        "address": reverse(f"connections:{name}", args=[record.pk]),
        "csrf_token": context.get("csrf_token"),
    }
