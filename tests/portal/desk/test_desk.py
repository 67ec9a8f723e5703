"""The desk shows what waits for whom, heaviest first; notices and digests come once; the story counts its days."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.urls import reverse

from rasana.portal.apps.commitments import actions as commitments
from rasana.portal.apps.desk import selectors
from rasana.portal.apps.desk.actions import tell
from rasana.portal.apps.desk.digest import digest
from rasana.portal.apps.desk.models import StoryEvent, Visit
from rasana.portal.apps.desk.tasks import tasks
from rasana.portal.apps.estates.models import Plot
from rasana.portal.apps.meetings import actions as meetings
from rasana.portal.apps.problems import actions as problems
from rasana.portal.base import clock
from rasana.portal.base.actor import SYSTEM
from rasana.portal.base.audit import act
from rasana.portal.base.notify import Notice
from rasana.portal.base.people import Person

pytestmark = pytest.mark.django_db
SUNDAY = dt.datetime(2025, 11, 9, 9, 30, tzinfo=clock.TEHRAN)


@pytest.fixture(autouse=True)
def on_a_sunday(settings):
    """18 Aban 1404."""
    settings.RASANA_NOW = SUNDAY


@pytest.fixture
def plots(world):
    """Three plots of Khodro."""
    with act(SYSTEM, "estate.manage", world.khodro):
        for number in range(3):
            Plot(estate=world.khodro, plot_id=f"K{number}", search_key=f"k{number}").save()
    return list(Plot.objects.order_by("pk"))


@pytest.fixture
def owed(world, actor, plots):
    """A promise of the regional company, a week late, and one due in four days; three plots behind the second."""
    made = []
    for due, behind in ((dt.date(2025, 11, 2), []), (dt.date(2025, 11, 13), plots)):
        with clock.at(SUNDAY - dt.timedelta(days=30)):
            promise = commitments.propose(
                actor("operator", "head"),
                world.khodro,
                text=f"ظرفیت تا {due}",
                debtor=world.organisations["regional"],
                creditor=world.organisations["operator"],
                due=due,
                behind=behind,
            )
            made.append(commitments.agree(actor("regional", "head"), promise))
    return made


def test_the_debtor_has_to_deliver_late_ones_first(owed, actor):
    found = tasks(actor("regional", "expert"))
    assert [task.url for task in found] == [each.get_absolute_url() for each in owed]
    assert [task.status for task in found] == ["late", "risk"]
    assert [task.plots_behind for task in found] == [0, 3]


def test_the_creditor_waits_and_has_nothing_to_do(owed, actor):
    assert tasks(actor("operator", "head")) == []
    waiting = selectors.waiting(actor("operator", "head"))
    assert [row.url for row in waiting] == [each.get_absolute_url() for each in owed]
    assert {row.days for row in waiting} == {30}


def test_what_was_delivered_waits_for_the_creditors_head_only(owed, actor):
    commitments.deliver(
        actor("regional", "expert"), owed[0], delivered_on=SUNDAY.date(), text="انجام شد",
        letter_number="۱", letter_date=SUNDAY.date(),
    )  # fmt: skip
    assert [task.url for task in tasks(actor("operator", "head"))] == [owed[0].get_absolute_url()]
    assert tasks(actor("operator", "officer")) == []


def test_a_request_for_more_time_waits_for_an_answer(owed, actor):
    commitments.request_extension(actor("regional", "expert"), owed[1], new_due=dt.date(2025, 12, 1), reason="پست")
    assert [task.url for task in tasks(actor("operator", "head"))] == [owed[1].get_absolute_url()]


def test_viewers_and_strangers_have_no_tasks(owed, actor):
    assert tasks(actor("regional", "viewer")) == []
    assert tasks(actor("stranger", "head")) == []


def test_plots_behind_several_tasks_are_counted_once(world, actor, plots, client_of):
    for title in ("یک", "دو"):
        problems.report(actor("board", "officer"), world.khodro, title=title, kind="line", plots=plots)
    found = tasks(actor("operator", "expert"))
    assert [task.plots_behind for task in found] == [3, 3]
    page = client_of("operator", "expert").get("/").content.decode()
    assert "<b>۳ قطعه</b>" in page
    assert "مشکل ۱" in page, "numbers in the digits of the page"


def test_a_meetings_next_step_goes_round_the_table(world, actor):
    parties = [world.organisations[code] for code in ("operator", "regional")]
    meeting = meetings.call(
        actor("operator", "secretary"), world.khodro, title="پیگیری", place="سالن", parties=parties,
        starts_at=SUNDAY + dt.timedelta(days=2), invite=True,
    )  # fmt: skip

    def open_for(organisation: str, role: str) -> list[str]:
        return [task.action for task in tasks(actor(organisation, role)) if task.url == meeting.get_absolute_url()]

    invited = open_for("regional", "secretary")
    assert len(invited) == 1
    meetings.reply(actor("regional", "secretary"), meeting, "coming")
    assert open_for("regional", "secretary") == []
    assert open_for("distribution", "secretary") == [], "not invited"


def test_the_week_runs_from_saturday_with_its_dates_and_days_off(owed, actor):
    days = selectors.week(actor("regional", "expert"), {dt.date(2025, 11, 13)})
    assert days[0].date == dt.date(2025, 11, 8)
    assert [day.is_today for day in days].index(True) == 1
    assert [entry.url for entry in days[5].entries] == [owed[1].get_absolute_url()]
    assert days[5].is_off


def test_notices_are_read_one_by_one_or_all(owed, actor, client_of):
    commitments.request_extension(actor("regional", "expert"), owed[1], new_due=dt.date(2025, 12, 1), reason="پست")
    client = client_of("operator", "head")
    mine = Notice.objects.filter(person__email="head@operator.example", read_at__isnull=True)
    assert mine.exists()
    first = mine.first()
    answer = client.post(reverse("desk:follow", args=[first.pk]))
    assert answer.url == first.address
    assert Notice.objects.get(pk=first.pk).read_at == SUNDAY
    others = Notice.objects.exclude(person=first.person).first()
    assert client.post(reverse("desk:follow", args=[others.pk])).status_code == 404
    client.post(reverse("desk:read_all"))
    assert not mine.exists()
    assert Notice.objects.filter(pk=others.pk, read_at__isnull=True).exists()


def test_a_visit_remembers_the_one_before(world, actor):
    who = actor("operator", "head")
    assert selectors.seen_until(who, SUNDAY) is None
    assert selectors.seen_until(who, SUNDAY + dt.timedelta(minutes=30)) is None, "the same visit"
    later = SUNDAY + dt.timedelta(days=1)
    assert selectors.seen_until(who, later) == SUNDAY + dt.timedelta(minutes=30)
    assert Visit.objects.get().began_at == later


def test_the_digest_comes_once_a_day_in_the_persons_language(owed):
    english = Person.objects.get(email="expert@regional.example")
    with act(SYSTEM, "me.change", english) as person:
        person.language = "en"
        person.save()
    sent = digest()
    assert sent == len(mail.outbox) > 0
    assert digest() == 0, "everyone has had today's"
    by_address = {message.to[0]: message for message in mail.outbox}
    assert "Deliver a commitment" in by_address["expert@regional.example"].body
    assert "انجام تعهد" in by_address["officer@regional.example"].body
    assert "head@stranger.example" not in by_address, "nothing waits there"


def test_the_story_is_1315_days_late_on_the_day_of_the_meeting(world, client):
    rows = ((dt.date(2022, 2, 8), "promise", dt.date(2022, 4, 4)), (dt.date(2025, 11, 9), "meeting", None))
    tell(
        SYSTEM,
        [
            StoryEvent(estate=estate, date=day, kind=kind, due=due, text_fa=kind, text_en=kind, source="shahr20.ir")
            for day, kind, due in rows
            for estate in (world.khodro, world.sonuf)
        ],
    )
    told = selectors.story()
    assert len(told.events) == 2, "an event that bears on two estates is told once"
    assert (told.days_late, told.days_late_at_meeting) == (1315, 1315)
    assert "۱٬۳۱۵" in client.get("/story/").content.decode()


def test_the_desk_costs_at_most_twelve_statements(owed, client_of, django_assert_max_num_queries):
    client = client_of("regional", "expert")
    client.get("/")
    with django_assert_max_num_queries(12):
        assert client.get("/").status_code == 200
