"""Fees by the tables that could be read, and what is said of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from rasana.portal.apps.connections.fees import Ask, NoTable, quote, tables

DAY = dt.date(2025, 11, 9)


def demand(power_kw: float, **other: object) -> Ask:
    return Ask("demand", power_kw, **other)


def test_the_step_at_250_kw() -> None:
    below, above = quote(demand(249), DAY), quote(demand(250), DAY)
    assert below.total_rial == (249 * (1_657_141 + 2_485_711))
    assert below.total_rial / 249 == pytest.approx(4.143e6, rel=1e-3)
    assert above.total_rial / 250 == pytest.approx(5.312e6, rel=1e-3)
    assert above.total_rial / 250 / (below.total_rial / 249) == pytest.approx(1.28, abs=0.005)
    assert [line.name_en for line in above.lines] == ["General", "Line and land", "Substation equipment"]


def test_an_applicant_who_builds_pays_the_general_part_only() -> None:
    found = quote(demand(300, builder="applicant", inside_limits=False), DAY)
    assert found.total_rial == round(300 * (129.79 * 300 + 1_657_141))


def test_at_medium_voltage_it_is_the_same_inside_and_outside() -> None:
    asked = demand(100, builder="applicant", delivery="primary")
    assert quote(asked, DAY).total_rial == quote(replace(asked, inside_limits=False), DAY).total_rial == 165_714_100


@pytest.mark.parametrize(
    ("amperes", "phases", "rials"),
    [(25, 1, 18_724_000), (32, 1, 23_438_360), (25, 3, 55_921_000), (32, 3, 70_064_080)],
)
def test_published_sums_below_30_kw(amperes: int, phases: int, rials: int) -> None:
    assert quote(Ask("ampere", None, amperes, phases), DAY).total_rial == rials


def test_old_and_undated_tables_are_assumed() -> None:
    assert quote(demand(50), DAY).assumed
    assert quote(demand(50), DAY).row.valid_from is None
    assert quote(Ask("ampere", None, 25, 1), DAY).assumed
    assert not quote(Ask("ampere", None, 25, 1), dt.date(2019, 12, 1)).assumed


def test_a_table_holds_from_its_day_on() -> None:
    with pytest.raises(NoTable):
        quote(Ask("ampere", None, 25, 1), dt.date(2019, 8, 3))
    dated = replace(tables()[-1], valid_from=dt.date(2025, 3, 21), supply_class="ampere", phases=1, general=(10, 0))
    known = (dated, *tables())
    old = tables()
    asked = Ask("ampere", None, 25, 1, delivery=dated.delivery, builder=dated.builder)
    assert dated.covers(asked)
    assert quote(asked, DAY, known).row is dated
    if any(row.covers(asked) for row in old):
        assert quote(asked, dt.date(2025, 3, 20), known).row is not dated


@pytest.mark.parametrize("asked", [demand(100, delivery="primary"), demand(20), Ask("ampere", None, 25, 3, "primary")])
def test_what_no_row_covers_is_refused(asked: Ask) -> None:
    with pytest.raises(NoTable):
        quote(asked, DAY)
