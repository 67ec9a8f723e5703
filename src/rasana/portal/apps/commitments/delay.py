"""The report of delay by party: whose working days a case took, for each case and summed, as California's form asks.

The form (CPUC, decision D.24-09-020) asks whether the utility, a local agency or the customer caused a delay, and its
clock counts only what the utility controls itself. Here each party's days are counted from the ball events, so that the
same report says how long cases lay with each of them. Persons do not appear in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import median
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy

from rasana.portal.base import clock
from rasana.portal.base.ball import APPLICANT, Applicant, BallEvent, calendars, effective, times_by_party
from rasana.portal.base.people import Estate, Organisation, OrganisationKind
from rasana.portal.base.persian import format_number, is_persian
from rasana.portal.base.record import record_kind

TARGET_WORKING_DAYS = 125
"""California's average for a whole energization, in business days (D.24-09-020): a yardstick, not a rule here."""

CAUSES: dict[str, str | Promise] = {
    "utility": pgettext_lazy("delay", "electric companies"),
    "agency": pgettext_lazy("delay", "public bodies"),
    "customer": pgettext_lazy("delay", "customers"),
    "contractor": pgettext_lazy("delay", "contractors"),
}
CAUSE_OF_KIND: dict[str, str] = {
    OrganisationKind.REGIONAL: "utility",
    OrganisationKind.DISTRIBUTION: "utility",
    OrganisationKind.OPERATOR: "agency",
    OrganisationKind.GOVERNOR: "agency",
    OrganisationKind.BOARD: "customer",
    OrganisationKind.CONTRACTOR: "contractor",
}


class Passed(NamedTuple):
    """A ball event as the clock reads it, without the weight of a record."""

    id: int
    case: tuple[str, int]
    holder_key: int | None
    happened_at: datetime
    recorded_at: datetime
    corrects_id: int | None


@dataclass
class CaseDelay:
    """Working days of one case."""

    case_type: str
    case_id: int
    opened_on: date
    days: dict[int, int]
    """By key of the holder."""

    by_cause: dict[str, int]
    holder_now: Organisation | Applicant | None
    record: Any = None

    @property
    def total(self) -> int:
        """All parties' days together."""
        return sum(self.days.values())


@dataclass(frozen=True)
class Sums:
    """Working days over cases: of those in which the party had any."""

    name: str | Promise
    organisation: Organisation | Applicant | None
    cases: int
    total: int
    average: float
    median: float
    longest: int
    over_target: int

    @property
    def share_over(self) -> str:
        """Cases above the target among the cases, in percent, as it is written in the language of the page."""
        language = get_language() or "fa"
        percent = format_number(100 * self.over_target / self.cases if self.cases else 0, language, 0)
        return f"{percent}٪" if is_persian(language) else f"{percent}%"


@dataclass
class DelayReport:
    """Every case of an estate, longest first, and the sums."""

    estate: Estate
    until: datetime
    cases: list[CaseDelay]
    overall: Sums
    causes: list[Sums] = field(default_factory=list)
    parties: list[Sums] = field(default_factory=list)


def delay_report(estate: Estate, until: datetime | None = None, case_type: str = "") -> DelayReport:
    """Whose days the cases of an estate took, as recorded and counted until a moment (now). Four statements."""
    moment = until or clock.now()
    events = _events(estate, moment, case_type)
    by_key = calendars()
    people: dict[int, Organisation | Applicant] = {**Organisation.objects.in_bulk(), APPLICANT: Applicant()}
    times = times_by_party(events, moment, by_key)
    cases = []
    for case, days in times.items():
        standing = effective(events[case])
        by_cause = dict.fromkeys(CAUSES, 0)
        for key, count in days.items():
            by_cause[_cause(people[key])] += count
        last = standing[-1].holder_key
        holder = people[last] if last is not None else None
        cases.append(CaseDelay(*case, clock.day_of(standing[0].happened_at), days, by_cause, holder))
    cases.sort(key=lambda each: (-each.total, each.case_type, each.case_id))
    return DelayReport(
        estate=estate,
        until=moment,
        cases=cases,
        overall=_sums(pgettext_lazy("delay", "all parties"), None, [each.total for each in cases]),
        causes=[_sums(name, None, [each.by_cause[cause] for each in cases]) for cause, name in CAUSES.items()],
        parties=_parties(cases, people),
    )


def _events(estate: Estate, moment: datetime, case_type: str) -> dict[tuple[str, int], list[Passed]]:
    known = BallEvent.objects.filter(estate=estate, recorded_at__lte=moment, happened_at__lte=moment)
    if case_type:
        known = known.filter(case_type=case_type)
    found: dict[tuple[str, int], list[Passed]] = {}
    columns = ("pk", "case_type", "case_id", "holder", "applicant", "happened_at", "recorded_at", "corrects")
    for pk, kind, case_id, holder, applicant, happened, recorded, corrects in known.values_list(*columns):
        case = (kind, case_id)
        key = APPLICANT if applicant else holder
        found.setdefault(case, []).append(Passed(pk, case, key, happened, recorded, corrects))
    return found


def _cause(party: Organisation | Applicant) -> str:
    return "customer" if isinstance(party, Applicant) else CAUSE_OF_KIND[party.kind]


def _parties(cases: Sequence[CaseDelay], people: dict[int, Organisation | Applicant]) -> list[Sums]:
    keys = {key for case in cases for key in case.days}
    sums = [_sums(people[key].name, people[key], [case.days.get(key, 0) for case in cases]) for key in sorted(keys)]
    return sorted(sums, key=lambda each: -each.total)


def _sums(name: str | Promise, organisation: Organisation | Applicant | None, days: Iterable[int]) -> Sums:
    held = [count for count in days if count]
    return Sums(
        name=name,
        organisation=organisation,
        cases=len(held),
        total=sum(held),
        average=sum(held) / len(held) if held else 0.0,
        median=float(median(held)) if held else 0.0,
        longest=max(held, default=0),
        over_target=sum(count > TARGET_WORKING_DAYS for count in held),
    )


def with_records(cases: Sequence[CaseDelay]) -> list[CaseDelay]:
    """The same with each case's record, for its title and address. One statement for each kind of case."""
    keys: dict[str, list[int]] = {}
    for case in cases:
        keys.setdefault(case.case_type, []).append(case.case_id)
    kinds = {label: record_kind(label) for label in keys}
    found = {label: kind.objects.select_related(*kind.read_with).in_bulk(keys[label]) for label, kind in kinds.items()}
    for case in cases:
        case.record = found[case.case_type].get(case.case_id)
    return list(cases)
