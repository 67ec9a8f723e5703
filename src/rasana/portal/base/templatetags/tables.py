"""``{% exports %}``: the links under a list that give it as a file, with the filters of the page."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("base/parts/exports.html", takes_context=True)
def exports(context: dict[str, Any]) -> dict[str, Any]:
    """Links to the page's own address with ``format=csv`` and ``format=xlsx``."""
    query = context["request"].GET.copy()
    for name in ("format", "page", "after", "before"):
        query.pop(name, None)
    links = []
    for kind, label in (("csv", "CSV"), ("xlsx", "Excel")):
        query["format"] = kind
        links.append({"label": label, "url": f"?{query.urlencode()}"})
    return {"links": links}
