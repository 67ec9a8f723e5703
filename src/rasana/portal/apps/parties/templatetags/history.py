"""The way from a record's page to what was done to it."""

from __future__ import annotations

from typing import Any

from django import template

from rasana.portal.apps.parties.history import history_url
from rasana.portal.base.access import can
from rasana.portal.base.people import Estate

register = template.Library()


@register.inclusion_tag("parties/history_link.html", takes_context=True)
def history_of(context: template.Context, record: Any) -> dict[str, Any]:
    """A link to a record's history, and to all that was done in its estate: ``{% history_of problem %}``."""
    actor = context.get("actor")
    may = actor is not None and actor.person is not None and can(actor, "audit.view", record)
    is_estate = isinstance(record, Estate)
    return {
        "url": history_url(record._meta.label, record.pk) if may and not is_estate else "",
        "estate": record.estate_of() if may else None,
        "is_estate": is_estate,
    }
