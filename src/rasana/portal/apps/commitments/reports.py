"""Reports: what became of each organisation's promises, and whose days the cases of an estate took."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from rasana.portal.apps.commitments import selectors
from rasana.portal.apps.commitments.delay import TARGET_WORKING_DAYS, CaseDelay, delay_report, with_records
from rasana.portal.apps.commitments.selectors import OUTCOMES, Filters
from rasana.portal.base import clock
from rasana.portal.base.access import page
from rasana.portal.base.people import Estate
from rasana.portal.base.record import record_kind
from rasana.portal.base.tables import Column, export

PER_PAGE = 25
CASE_WORDS = {
    "problems.Problem": _("problem"),
    "commitments.Commitment": _("commitment"),
    "connections.Request": _("connection request"),
}


def word_of(case: CaseDelay) -> str:
    """What kind of case it is."""
    word = CASE_WORDS.get(case.case_type)
    return str(word if word is not None else record_kind(case.case_type)._meta.verbose_name)


COLUMNS = (
    Column(_("Case"), word_of),
    Column(_("Title"), lambda row: row.record.title if row.record else ""),
    Column(_("Opened on"), "opened_on"),
    Column(_("electric companies, working days"), lambda row: row.by_cause["utility"]),
    Column(_("public bodies, working days"), lambda row: row.by_cause["agency"]),
    Column(_("customers, working days"), lambda row: row.by_cause["customer"]),
    Column(_("contractors, working days"), lambda row: row.by_cause["contractor"]),
    Column(_("all parties, working days"), "total"),
    Column(_("Held now by"), lambda row: row.holder_now.name if row.holder_now else ""),
    Column(_("mark"), lambda row: _("invented") if getattr(row.record, "invented", False) else ""),
)


@page("commitment.list")
def promises(request: HttpRequest) -> HttpResponse:
    """For each organisation: how many promises it kept on time, kept late, owes late, broke."""
    wanted = Filters(estate=request.GET.get("estate", "")[:60])
    rows = selectors.promise_record(selectors.narrowed(selectors.visible(request.actor), wanted), clock.today())
    if (file := export(request, rows, _promise_columns(), "promises")) is not None:
        return file
    context = {
        "rows": [
            row | {"bar": _bar(row), "open_in_time": row["on_track"] + row["due_soon"] + row["delivered"]}
            for row in rows
        ],
        "wanted": wanted,
        "estates": list(Estate.objects.filter(pk__in=request.actor.estate_ids)),
        "outcomes": OUTCOMES.values(),
    }
    return render(request, "commitments/promises.html", context)


def _promise_columns() -> tuple[Column, ...]:
    counted = (Column(outcome.word, key) for key, outcome in OUTCOMES.items())
    return (Column(_("Organisation"), "organisation.name"), *counted, Column(_("All"), "total"))


def _bar(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Counts as the stacked bar of the design: kept, open in time, late, broken."""
    groups = {
        "kept": ("kept_on_time", "kept_late"),
        "open": ("on_track", "due_soon", "delivered"),
        "late": ("extended", "overdue"),
        "broken": ("broken",),
    }
    counts = {name: sum(row[key] for key in keys) for name, keys in groups.items()}
    total = sum(counts.values())
    return [{"name": name, "count": count, "percent": 100 * count / total} for name, count in counts.items() if count]


@page("delay.view", Estate)
def delay(request: HttpRequest, estate: Estate) -> HttpResponse:
    """Whose working days the cases of an estate took; ``format=csv`` gives every case."""
    case_type = request.GET.get("case", "")
    report = delay_report(estate, case_type=case_type if case_type in CASE_WORDS else "")
    if "format" in request.GET and (file := export(request, with_records(report.cases), COLUMNS, "delay")) is not None:
        return file
    listed = Paginator(report.cases, PER_PAGE).get_page(request.GET.get("page"))
    listed.object_list = with_records(listed.object_list)
    context = {
        "estate": estate,
        "report": report,
        "page": listed,
        "cases": [(case, word_of(case)) for case in listed],
        "target": TARGET_WORKING_DAYS,
        "kinds": CASE_WORDS.items(),
        "wanted": case_type,
        "bar": [(each.organisation, each.total, False) for each in report.parties],
    }
    return render(request, "commitments/delay.html", context)
