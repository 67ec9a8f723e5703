"""Tags for the parts that pages are built of: drawn in templates/base/parts/, shown on the style page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField
from django.forms.widgets import CheckboxInput
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from rasana.portal.base import clock
from rasana.portal.base.icons import FLIPPED, ICONS, SHAPES
from rasana.portal.base.persian import format_number, is_persian

register = template.Library()

PARTY_CLASS = {"regional_company": "regional", "distribution_company": "distribution"}
"""Kinds of organisation whose style has a shorter name; the others are called as they are."""
MONOGRAM_EN = {
    "operator": "OP",
    "regional": "RC",
    "distribution": "DC",
    "governor": "GO",
    "board": "BT",
    "contractor": "CO",
    "applicant": "AP",
}


def _get(thing: Any, name: str, default: Any = "") -> Any:
    value = thing.get(name, default) if isinstance(thing, Mapping) else getattr(thing, name, default)
    return default if value is None else value


def _number(value: float) -> str:
    return format_number(value, get_language() or "fa")


def _shape(name: str, css: str = "") -> SafeString:
    drawing = mark_safe(SHAPES.get(name, SHAPES["wait"]))  # noqa: S308 - a constant of icons.py
    return format_html('<svg{} viewBox="0 0 12 12" aria-hidden="true">{}</svg>', css and _class(css), drawing)


def _class(names: str) -> SafeString:
    return format_html(' class="{}"', names)


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon beside words: ``{% icon "problem" %}``, ``{% icon "bell" "big" %}``. Unknown names raise KeyError."""
    classes = " ".join(filter(None, ("ic", "flip" if name in FLIPPED else "", css)))
    path = ICONS[name]
    return format_html('<svg class="{}" viewBox="0 0 16 16" aria-hidden="true"><path d="{}"/></svg>', classes, path)


# ---------------------------------------------------------------------------------------------------------------- party


def party_class(organisation: Any) -> str:
    """The class that gives an organisation its colour."""
    kind = str(_get(organisation, "kind", "governor"))
    return PARTY_CLASS.get(kind, kind)


def monogram(organisation: Any) -> str:
    """Two letters in the script of the page."""
    letters = str(_get(organisation, "monogram"))
    if letters and (is_persian(get_language()) or letters.isascii()):
        return letters
    return MONOGRAM_EN.get(party_class(organisation), letters)


@register.simple_tag
def mono(organisation: Any) -> SafeString:
    """The monogram alone, where the name stands elsewhere in the row: ``{% mono organisation %}``."""
    if not organisation:
        return mark_safe("")
    css, letters = party_class(organisation), monogram(organisation)
    return format_html('<span class="mono {}" aria-hidden="true">{}</span>', css, letters)


@register.simple_tag
def org(organisation: Any, form: str = "short") -> SafeString:
    """Monogram and name: ``{% org organisation %}``, with the full name ``{% org organisation "full" %}``."""
    if not organisation:
        return format_html('<span class="muted">{}</span>', _("nobody"))
    name = _get(organisation, "name") if form == "full" else _get(organisation, "short") or _get(organisation, "name")
    return format_html('<span class="org">{}<span>{}</span></span>', mono(organisation), name)


# --------------------------------------------------------------------------------------------------------------- status


def status_word(name: str) -> str:
    """What a status is called when nothing more exact is known."""
    words = {
        "live": pgettext("status", "Done"),
        "plan": pgettext("status", "On track"),
        "risk": pgettext("status", "Due soon"),
        "late": pgettext("status", "Late"),
        "broken": pgettext("status", "Broken"),
        "wait": pgettext("status", "Waiting"),
        "hidden": pgettext("status", "Confidential"),
    }
    return words.get(name, name)


@register.simple_tag
def status(name: str, word: str = "") -> SafeString:
    """A chip of shape, word and colour: ``{% status "late" %}``, ``{% status "late" commitment.lateness %}``."""
    css = name if name in SHAPES else "wait"
    return format_html('<span class="chip {}">{}{}</span>', css, _shape(css), word or status_word(name))


@register.simple_tag
def mark(name: str) -> SafeString:
    """The shape of a status alone, beside its word: ``{% mark "live" %}``."""
    css = name if name in SHAPES else "wait"
    return _shape(css, f"st {css}")


@register.filter
def share(percent: float) -> str:
    """Classes that carry a share from 0 to 100 for .grow-n, .size-n and .at-n: ``class="size-n {{ 62.3|share }}"``."""
    return _classes(percent, "n", "f")


@register.filter
def extent(percent: float) -> str:
    """Classes that carry a length for .long-n, beside a place: ``class="at-n {{ a|share }} long-n {{ b|extent }}"``."""
    return _classes(percent, "l", "h")


def _classes(percent: float, whole: str, tenth: str) -> str:
    tenths = min(1000, max(0, round(float(percent) * 10)))
    return f"{whole}{tenths // 10}" + (f" {tenth}{tenths % 10}" if tenths % 10 else "")


# ----------------------------------------------------------------------------------------------------------- provenance


@register.inclusion_tag("base/parts/provenance.html")
def provenance(
    figure: Any = None,
    *,
    source: str = "",
    date: date | str | None = None,
    status: str = "",
    url: str = "",
) -> dict[str, Any]:
    """Where a figure is from: ``{% provenance figure %}`` or ``{% provenance source="…" date=d status="verified" %}``.

    Status: verified (published), derived (computed), default (assumed), invented (an example).
    """
    source = source or str(_get(figure, "source"))
    status = status or str(_get(figure, "status")) or ("verified" if source else "default")
    date = date or _get(figure, "source_date", None) or _get(figure, "date", None)
    url = url or str(_get(figure, "url"))
    moment = date if hasattr(date, "year") else None
    text = "" if moment else date or ""
    return {
        "source": source,
        "day": moment,
        "when": text,
        "status": status,
        "url": url if url.startswith(("https://", "http://", "/")) else "",
    }


# ----------------------------------------------------------------------------------------------------------- ball clock


@register.inclusion_tag("base/parts/ball.html")
def ball(case: Iterable[Any]) -> dict[str, Any]:
    """Working days by who held the case: ``{% ball shares %}``.

    ``shares`` are (organisation, working_days, now) in the order of time, as tuples or with these attributes; ``now``
    marks who holds it. The same organisation may come again: the key sums it up.
    """
    spans = []
    for part in case:
        if isinstance(part, tuple):
            holder, days, now = (*part, False)[:3]
        else:
            holder, days, now = _get(part, "organisation"), _get(part, "working_days", 0), _get(part, "now", False)
        if holder:
            spans.append({"organisation": holder, "css": party_class(holder), "days": days, "now": bool(now)})
    total = sum(span["days"] for span in spans)
    key: dict[str, dict[str, Any]] = {}
    for span in spans:
        span["percent"] = 100 * span["days"] / total if total else 100 / len(spans)
        span["roomy"] = span["percent"] >= 6
        name = _get(span["organisation"], "short") or _get(span["organisation"], "name")
        entry = key.setdefault(name, {"name": name, "css": span["css"], "days": 0, "now": False})
        entry["days"] += span["days"]
        entry["now"] = entry["now"] or span["now"]
    sentence = _list(f"{each['name']} {_number(each['days'])}" for each in key.values())
    shown = [span for span in spans if span["days"] or span["now"]]
    return {"spans": shown, "key": key.values(), "total": total, "sentence": sentence}


def _list(words: Iterable[str]) -> str:
    return ("، " if is_persian(get_language()) else ", ").join(words)


# ---------------------------------------------------------------------------------------------------------------- forms


@register.inclusion_tag("base/parts/field.html")
def field(bound: BoundField | str, label: str = "", hint: str = "") -> dict[str, Any]:
    """Label, hint, error, control, tied together: ``{% field form.due %}``. A field that a form lacks shows nothing."""
    if not isinstance(bound, BoundField):
        return {"bound": None}
    name = bound.id_for_label or bound.auto_id
    hint = hint or bound.help_text
    described = " ".join(
        part for part, there in ((f"{bound.auto_id}_helptext", hint), (f"{bound.auto_id}_error", bound.errors)) if there
    )
    grouped = bool(bound.field.widget.use_fieldset)
    attributes = {} if grouped or not described else {"aria-describedby": described}
    if bound.errors and not grouped:
        attributes["aria-invalid"] = "true"
    return {
        "bound": bound,
        "control": bound.as_widget(attrs=attributes),
        "label": label or bound.label,
        "hint": hint,
        "for": name,
        "described": described,
        "grouped": grouped,
        "is_check": isinstance(bound.field.widget, CheckboxInput),
        "is_required": bound.field.required,
    }


@register.inclusion_tag("base/parts/fields.html")
def fields(form: BaseForm) -> dict[str, Any]:
    """The summary of errors and every field of a form: ``{% fields form %}``."""
    return {"form": form}


@register.inclusion_tag("base/parts/errors.html")
def error_summary(form: BaseForm | None) -> dict[str, Any]:
    """What must be put right, with a link to each field; takes the focus: ``{% error_summary form %}``."""
    if not form or not form.errors:
        return {"faults": []}
    faults = [{"anchor": "", "label": "", "text": text} for text in form.non_field_errors()]
    for bound in form:
        anchor = bound.id_for_label or bound.auto_id
        faults += [{"anchor": anchor, "label": bound.label, "text": text} for text in bound.errors]
    return {"faults": faults}


# ---------------------------------------------------------------------------------------------------- lists and figures


@register.inclusion_tag("base/parts/empty.html")
def empty(title: str, text: str = "", *, icon: str = "desk", url: str = "", action: str = "") -> dict[str, Any]:
    """Why a list is empty and what fills it: ``{% empty "…" "…" icon="bell" url="…" action="Report a problem" %}``."""
    return {"title": title, "text": text, "icon_name": icon, "url": url, "action": action}


@register.inclusion_tag("base/parts/pager.html", takes_context=True)
def pager(context: Context, page: Page) -> dict[str, Any]:
    """Steps through a list; the filter in the address stays: ``{% pager page %}`` under the list."""
    query = context["request"].GET.copy() if "request" in context else None

    def address(number: int) -> str:
        if query is None:
            return f"?page={number}"
        query["page"] = str(number)
        return f"?{query.urlencode()}"

    last = page.paginator.num_pages
    shown = sorted({1, *range(max(1, page.number - 1), min(last, page.number + 1) + 1), last})
    steps: list[dict[str, Any]] = [{"number": 1, "url": address(1), "current": page.number == 1, "far": last > 3}]
    for before, number in pairwise(shown):
        if number > before + 1:
            steps.append({"gap": True})
        far = abs(number - page.number) > 1
        steps.append({"number": number, "url": address(number), "current": number == page.number, "far": far})
    return {
        "page": page,
        "total": page.paginator.count,
        "steps": steps,
        "previous": address(page.number - 1) if page.has_previous() else "",
        "following": address(page.number + 1) if page.has_next() else "",
    }


@register.inclusion_tag("base/parts/timeline.html")
def timeline(events: Iterable[Any], thread: bool = False) -> dict[str, Any]:
    """What happened, newest first: ``{% timeline events %}``; the copper thread: ``{% timeline links True %}``.

    Each event has ``when`` (a date, a moment or a text), ``text``, and perhaps ``detail``, ``status``,
    ``organisation``, ``url`` and ``invented``.
    """
    names = ("when", "text", "detail", "status", "organisation", "url", "invented")
    rows = [{name: _get(event, name) for name in names} for event in events]
    for row in rows:
        row["moment"] = row["when"] if hasattr(row["when"], "year") else None
        row["is_exact"] = hasattr(row["when"], "hour")
    return {"rows": rows, "thread": thread}


@register.inclusion_tag("base/parts/figs.html")
def figs(figures: Iterable[Any]) -> dict[str, Any]:
    """Three to six headline figures: ``{% figs figures %}``.

    Each has ``label`` and ``value``, and perhaps ``unit``, ``tone`` (late, broken, live), ``url``, ``conflict`` (a
    sentence: two sources disagree) and ``provenance`` (what the provenance tag takes).
    """
    names = ("label", "value", "unit", "tone", "url", "conflict", "provenance")
    rows = [{name: _get(figure, name) for name in names} for figure in figures]
    for row in rows:
        if isinstance(row["value"], int | float) and not isinstance(row["value"], bool):
            row["value"] = _number(row["value"])
    return {"rows": rows}


@register.inclusion_tag("base/parts/crumbs.html")
def crumbs(*parts: str) -> dict[str, Any]:
    """The way to a page: ``{% crumbs "Estates" url estate.name url2 "Block 5" %}``; the last may have no address."""
    labels, addresses = parts[::2], [*parts[1::2], ""]
    return {"steps": [{"label": label, "url": url} for label, url in zip(labels, addresses, strict=False)]}


# ---------------------------------------------------------------------------------------------------------------- shell


@register.simple_tag
def first_url(*names: str) -> str:
    """The address of the first of these names that is there, or an empty text."""
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


@register.simple_tag
def estates_of(actor: Any) -> list[dict[str, str]]:
    """The estates between which a person changes, with the address of each; none for a visitor."""
    rows = _get(actor, "estates", ())
    return [{"name": row.name, "url": reverse("estates:estate", args=(row.code,))} for row in rows]


@register.simple_tag
def today_iso() -> str:
    """This day in Tehran for the script, which must not use the clock of the reader."""
    return clock.today().isoformat()


@register.simple_tag
def direction() -> str:
    """``rtl`` or ``ltr``."""
    return "rtl" if is_persian(get_language()) else "ltr"
