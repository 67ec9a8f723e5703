"""What a connection costs, by the fee table in force on a day (data/fees.csv). Plain arithmetic, no record.

One row for each company, day, band of power, delivery voltage, side of the city's limits and builder. 30 kW and above:
rials per kW, each item ``constant + slope * D`` with D the power asked in kW (item 79-4). Below: rials per 25 A of each
phase, and the meter. The tables that could be read are old or undated, so each quotation says which one it used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from rasana.portal.apps.connections.stages import Named, rows

OLD_AFTER_DAYS = 366
"""Fee tables are set anew each year."""
AMPERE_STEP = 25


class NoTable(LookupError):
    """No row of the fee tables covers what is asked."""


@dataclass(frozen=True)
class Ask:
    """What is asked for. Power in kW for the class 'demand'; amperes and phases for 'ampere'."""

    supply_class: str
    power_kw: float | None = None
    amperes: int | None = None
    phases: int = 3
    delivery: str = "secondary"
    inside_limits: bool = True
    builder: str = "company"


@dataclass(frozen=True)
class FeeRow:
    """One row of the tables; rials per unit, slopes in rials per unit and kW."""

    company_fa: str
    company_en: str
    valid_from: date | None
    supply_class: str
    from_kw: Decimal | None
    below_kw: Decimal | None
    phases: int | None
    delivery: str
    inside: str
    builder: str
    unit: str
    general: tuple[Decimal, Decimal]
    line: tuple[Decimal, Decimal]
    substation: tuple[Decimal, Decimal]
    meter_rial: Decimal
    source: str
    status: str

    def covers(self, ask: Ask) -> bool:
        """Whether the row is meant for what is asked."""
        if self.supply_class != ask.supply_class or self.delivery != ask.delivery or self.builder != ask.builder:
            return False
        if self.inside not in {"any", "in" if ask.inside_limits else "out"}:
            return False
        if self.supply_class == "ampere":
            return self.phases == ask.phases and bool(ask.amperes)
        power = Decimal(str(ask.power_kw or 0))
        return (self.from_kw or 0) <= power and (self.below_kw is None or power < self.below_kw)


@dataclass(frozen=True)
class Line(Named):
    """One item: units, rials per unit, rials."""

    units: Decimal
    unit: str
    rial_per_unit: Decimal
    rial: int


@dataclass(frozen=True)
class Quote:
    """The items and their sum, and the table that they come from."""

    row: FeeRow
    lines: tuple[Line, ...]
    assumed: bool
    """The table is undated, or older than a year: the amount is a stand-in."""

    @property
    def total_rial(self) -> int:
        """Sum of the items."""
        return sum(line.rial for line in self.lines)


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


@cache
def tables() -> tuple[FeeRow, ...]:
    """Every row, newest table first; undated tables last."""
    found = [
        FeeRow(
            company_fa=row["company_fa"],
            company_en=row["company_en"],
            valid_from=date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
            supply_class=row["class"],
            from_kw=_number(row["from_kw"]),
            below_kw=_number(row["below_kw"]),
            phases=int(row["phases"]) if row["phases"] else None,
            delivery=row["delivery"],
            inside=row["inside"],
            builder=row["builder"],
            unit=row["unit"],
            general=(Decimal(row["general_rial"]), Decimal(row["general_slope"])),
            line=(Decimal(row["line_rial"]), Decimal(0)),
            substation=(Decimal(row["substation_rial"]), Decimal(row["substation_slope"])),
            meter_rial=Decimal(row["meter_rial"]),
            source=row["source"],
            status=row["status"],
        )
        for row in rows("fees")
    ]
    return tuple(sorted(found, key=lambda row: row.valid_from or date.min, reverse=True))


def quote(ask: Ask, on: date, known: tuple[FeeRow, ...] | None = None) -> Quote:
    """What is asked, priced by the newest table that is in force on a day; an undated one stands in when there is none.

    Raises:
        NoTable: no row covers it.
    """
    for row in tables() if known is None else known:
        if row.covers(ask) and (row.valid_from is None or row.valid_from <= on):
            old = row.valid_from is None or (on - row.valid_from).days > OLD_AFTER_DAYS
            return Quote(row, _lines(row, ask), old)
    raise NoTable


def _lines(row: FeeRow, ask: Ask) -> tuple[Line, ...]:
    if row.supply_class == "ampere":
        units = Decimal(ask.amperes or 0) * ask.phases / AMPERE_STEP
        slope_of = Decimal(0)
    else:
        units = slope_of = Decimal(str(ask.power_kw))
    items = (
        ("هزینه عمومی", "General", row.general),
        ("سهم خط و زمین", "Line and land", row.line),
        ("تجهیزات پست", "Substation equipment", row.substation),
    )
    lines = [
        Line(fa, en, units, row.unit, per_unit, _rial(per_unit * units))
        for fa, en, (constant, slope) in items
        if (per_unit := constant + slope * slope_of)
    ]
    if row.meter_rial:
        lines.append(Line("کنتور", "Meter", Decimal(1), "", row.meter_rial, _rial(row.meter_rial)))
    return tuple(lines)


def _rial(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
