"""The office's calendar: who may confirm, what a moved holiday does to working days."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from rasana.portal.apps.parties import actions, selectors
from rasana.portal.base.access import NotAllowed
from rasana.portal.base.actor import SYSTEM
from rasana.portal.base.calendar import tabled_holidays, working_days_between
from rasana.portal.base.people import Holiday

ESTIMATED = next(each for each in tabled_holidays() if not each.confirmed and each.date.weekday() in {0, 1, 2})
DAY = dt.timedelta(days=1)


@pytest.fixture
def loaded(world) -> Holiday:
    """An estimated holiday of the office's own list, on a day between Monday and Wednesday."""
    actions.load_holidays(SYSTEM)
    return Holiday.objects.get(date=ESTIMATED.date)


def week(organisation, around: dt.date) -> int:
    return working_days_between(around - 4 * DAY, around + 4 * DAY, selectors.calendar_of(organisation))


def test_the_list_is_taken_over_once(world):
    assert actions.load_holidays(SYSTEM) > 150
    assert actions.load_holidays(SYSTEM) == 0


def test_taking_the_list_over_changes_no_working_day(world):
    before = week(world.organisations["operator"], ESTIMATED.date)
    actions.load_holidays(SYSTEM)
    assert week(world.organisations["operator"], ESTIMATED.date) == before


def test_a_cancelled_holiday_is_a_working_day_at_once_for_every_organisation(world, actor, loaded):
    organisations = world.organisations
    before = {code: week(organisations[code], loaded.date) for code in ("operator", "distribution")}
    actions.confirm_holiday(
        actor("operator", "head"), loaded, 1, day=loaded.date, source="اعلام رسمی", is_cancelled=True
    )
    assert {code: week(organisations[code], loaded.date) for code in before} == {
        code: days + 1 for code, days in before.items()
    }


def test_a_moved_holiday_is_off_on_the_new_day_and_not_on_the_old_one(world, actor, loaded):
    calendar = selectors.calendar_of(world.organisations["board"])
    day = next(loaded.date + n * DAY for n in (-1, 1, -2, 2) if calendar.is_working(loaded.date + n * DAY))
    actions.confirm_holiday(actor("governor", "secretary"), loaded, 1, day=day, source="اعلام", is_cancelled=False)
    calendar = selectors.calendar_of(world.organisations["board"])
    assert calendar.is_working(loaded.date)
    assert not calendar.is_working(day)
    assert all(each.date != loaded.date for each in calendar.estimates)


def test_who_is_late_by_the_calendar_does_not_keep_it(actor, loaded):
    with pytest.raises(NotAllowed):
        actions.confirm_holiday(actor("regional", "head"), loaded, 1, day=loaded.date, source="x", is_cancelled=True)
    named = {"name_fa": "x", "name_en": "x", "source": "x"}
    with pytest.raises(ValidationError):
        actions.add_holiday(actor("distribution", "head"), day=dt.date(2025, 11, 10), **named)


def test_who_does_not_keep_the_calendar_does_not_take_the_list_over(client_of):
    assert client_of("regional", "head").post("/calendar/take-over/").status_code == 422
    assert not Holiday.objects.exists()


def test_a_day_by_decree_counts_for_every_organisation(world, actor):
    day = dt.date(2025, 11, 10)
    before = week(world.organisations["regional"], day)
    actions.add_holiday(
        actor("governor", "head"), day=day, name_fa="آلودگی هوا", name_en="Air pollution", source="استانداری"
    )
    assert week(world.organisations["regional"], day) == before - 1
    with pytest.raises(ValidationError):
        actions.add_holiday(actor("governor", "head"), day=day, name_fa="x", name_en="x", source="x")


def test_the_page_shows_the_year_and_the_state_of_each_day(client_of, loaded):
    page = client_of("operator", "head", "en").get("/calendar/?year=1405").content.decode()
    assert "Holidays of 1405" in page
    assert "estimated" in page
    assert "Nowruz" in page
    persian = client_of("operator", "head").get("/calendar/?year=۱۴۰۵").content.decode()
    assert "تعطیلات ۱۴۰۵" in persian


@pytest.mark.parametrize("year", ["1", "9999", "abcd", "", "-5", "۱۴۰۴"])
def test_any_year_in_the_address_shows_a_page(client_of, world, year):
    assert client_of("operator", "viewer").get(f"/calendar/?year={year}").status_code == 200


def test_a_wrong_date_is_said_beside_its_field_and_the_source_stays(client_of, loaded):
    fields = {"date": "1405/07/31", "source": "خبرگزاری", "version": "1"}
    answer = client_of("operator", "head", "en").post(f"/calendar/{loaded.pk}/confirm/", fields)
    assert answer.status_code == 422
    assert "Month 7 has 30 days." in answer.content.decode()
    assert "خبرگزاری" in answer.content.decode()


def test_the_names_are_there_for_the_date_fields(client_of, loaded):
    names = client_of("board", "viewer").get("/calendar/holidays.json").json()
    assert names[ESTIMATED.date.isoformat()] == ESTIMATED.name_fa


def test_calendars_of_several_organisations_take_one_statement(world, loaded, django_assert_num_queries):
    selectors.calendars_of(world.organisations.values())
    with django_assert_num_queries(1):
        found = selectors.calendars_of(world.organisations.values())
    assert set(found) == {each.pk for each in world.organisations.values()}
