"""The ladder climbs by itself: when, who is told, what is built; and it can be asked as often as one likes."""

from __future__ import annotations

import datetime as dt
import re
import zlib

import pytest

from rasana.portal.apps.commitments import actions, climb, dossier
from rasana.portal.apps.commitments.models import Cause, Escalation
from rasana.portal.apps.commitments.selectors import outcome_of
from rasana.portal.apps.estates.models import Plot
from rasana.portal.apps.problems import actions as problems
from rasana.portal.base.access import NotAllowed
from rasana.portal.base.actor import SYSTEM
from rasana.portal.base.audit import AuditLine, act
from rasana.portal.base.files import Attachment
from rasana.portal.base.ladder import ladder
from rasana.portal.base.notify import Notice
from rasana.portal.base.people import Holiday
from tests.portal.commitments.conftest import TODAY, writing

DAY = dt.timedelta(days=1)


def pages_of(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height of each page in points, from the page objects, compressed or not."""
    parts = [pdf]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            parts.append(zlib.decompress(stream))
        except zlib.error:
            continue
    boxes = [box for part in parts for box in re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", part)]
    return [(round(float(width)), round(float(height))) for width, height in boxes]


PAPER = b"%PDF-1.7 a dossier"


@pytest.fixture
def quick(monkeypatch):
    """Dossiers that cost nothing, where the ladder itself is looked at."""
    monkeypatch.setattr(climb.dossier, "draw", lambda *_given, **_named: PAPER)


@pytest.fixture
def opened(office):
    """A promise that its debtor has opened, so that only lateness climbs."""
    commitment = office.active(due=TODAY + 2 * DAY)
    actions.opened(office.act_as("regional", "expert"), commitment)
    return commitment


def steps(commitment) -> list[tuple[int, str]]:
    return [(each.step, each.cause) for each in commitment.escalations.all()]


def test_steps_come_with_their_working_days(opened, today, quick):
    """Due Tue 11 Nov 2025; the regional company works Saturday to Wednesday."""
    today(opened.due)
    assert climb.climb() == 0
    today(opened.due + DAY)
    assert climb.climb() == 1
    opened.refresh_from_db()
    assert (opened.step, steps(opened)) == (1, [(1, Cause.OVERDUE)])
    today(dt.date(2025, 11, 26))
    climb.climb()
    assert [step for step, _cause in steps(opened)] == [1, 2]
    assert opened.escalations.last().reached_on == dt.date(2025, 11, 26)
    assert outcome_of(opened, dt.date(2025, 11, 26)).key == "overdue"


def test_climbing_again_changes_nothing(opened, today, quick):
    today(opened.due + 20 * DAY)
    assert climb.climb() == 2
    lines, notices, files = AuditLine.objects.count(), Notice.objects.count(), Attachment.objects.count()
    assert climb.climb() == 0
    assert (AuditLine.objects.count(), Notice.objects.count(), Attachment.objects.count()) == (lines, notices, files)


def test_steps_passed_while_the_office_was_not_running_are_dated_when_they_were_reached(opened, today, quick):
    today(TODAY + 400 * DAY)
    assert climb.climb() == len(ladder())
    opened.refresh_from_db()
    dates = [each.reached_on for each in opened.escalations.all()]
    assert dates == sorted(dates)
    assert dates[0] == opened.due + DAY
    assert dates[-1] < TODAY + 250 * DAY
    assert outcome_of(opened).key == "broken"
    assert [each.dossier is not None for each in opened.escalations.all()] == [False] * 4 + [True]


def test_each_step_tells_the_roles_that_it_names(opened, today, quick):
    for step, day in zip(ladder()[:4], (1, 15, 33, 85), strict=True):
        before = set(Notice.objects.values_list("pk", flat=True))
        today(opened.due + day * DAY)
        climb.climb()
        told = Notice.objects.exclude(pk__in=before).select_related("person__organisation")
        roles = {each.person.email.partition("@")[0] for each in told}
        assert roles == set(step.roles), step.key
        organisations = {each.person.organisation.code for each in told}
        assert organisations == {"regional", "operator"} | ({"governor"} if step.kinds else set())


def test_a_granted_extension_takes_the_case_off_the_ladder_and_it_begins_anew(office, opened, today, quick):
    today(opened.due + 3 * DAY)
    climb.climb()
    actions.request_extension(office.act_as("regional"), opened, new_due=opened.due + 30 * DAY, reason="نیاز به زمان")
    actions.opened(office.act_as("operator"), opened)
    actions.grant(office.act_as("operator"), opened)
    actions.opened(office.act_as("regional"), opened)
    opened.refresh_from_db()
    assert opened.step == 0
    today(opened.due)
    assert climb.climb() == 0
    today(opened.due + 2 * DAY)
    climb.climb()
    assert steps(opened) == [(1, Cause.OVERDUE), (1, Cause.OVERDUE)]


def test_nothing_climbs_for_what_is_delivered_closed_or_void(office, opened, today, quick):
    office.deliver(opened)
    actions.opened(office.act_as("operator"), opened)
    today(TODAY + 300 * DAY)
    assert climb.climb() == 0
    actions.verify(office.act_as("operator"), opened)
    assert climb.climb() == 0


def test_silence_is_an_event(office, today, quick):
    """Nobody of the regional company opens the case that came to it on Sun 9 Nov."""
    commitment = office.active(due=TODAY + 200 * DAY)
    today(dt.date(2025, 11, 15))
    assert climb.climb() == 0
    today(dt.date(2025, 11, 16))
    climb.climb()
    escalation = Escalation.objects.get()
    assert (escalation.cause, escalation.silent.code, escalation.step) == (Cause.SILENCE, "regional", 1)
    assert escalation.working_days == 5
    commitment.refresh_from_db()
    assert (commitment.step, commitment.silent_step) == (0, 1)
    actions.opened(office.act_as("regional", "expert"), commitment)
    today(dt.date(2026, 1, 20))
    assert climb.climb() == 0


def test_silence_does_not_lead_above_the_managing_directors(office, today, quick):
    commitment = office.active(due=TODAY + 800 * DAY)
    today(TODAY + 700 * DAY)
    climb.climb()
    assert steps(commitment) == [(1, Cause.SILENCE), (2, Cause.SILENCE), (3, Cause.SILENCE)]
    assert outcome_of(commitment).key == "on_track"


def test_a_creditor_who_does_not_answer_is_silent_too(office, opened, today, quick):
    office.deliver(opened)
    today(TODAY + 20 * DAY)
    climb.climb()
    assert {each.silent.code for each in Escalation.objects.all()} == {"operator"}


def test_only_the_office_climbs(office, opened):
    for role in ("head", "managing_director"):
        with pytest.raises(NotAllowed), act(office.act_as("operator", role), "commitment.escalate", opened):
            pass


def test_a_holiday_that_moves_moves_the_last_day_and_not_the_agreed_date(office, today, quick):
    regional = office.organisations["regional"]
    due = dt.date(2025, 11, 12)
    commitment = office.active(due=due, clock_of=regional)
    assert (commitment.first_due, commitment.last_day) == (due, due)
    with act(SYSTEM, "calendar.add"):
        Holiday(date=due, name_fa="تعطیل", name_en="day off", confirmed=True).save()
    assert climb.restate() == 1
    commitment.refresh_from_db()
    assert (commitment.first_due, commitment.due) == (due, due)
    assert commitment.last_day == commitment.first_last_day == dt.date(2025, 11, 15)
    assert climb.restate() == 0
    today(dt.date(2025, 11, 15))
    assert outcome_of(commitment).key == "due_soon"


def test_a_due_date_on_a_day_off_is_kept_on_the_next_working_day_of_its_clock(office, today):
    """Thu 13 Nov is a day off of the regional company, not of the calendar."""
    thursday = dt.date(2025, 11, 13)
    by_clock = office.active(due=thursday, clock_of=office.organisations["regional"])
    by_calendar = office.active(due=thursday)
    assert (by_clock.last_day, by_calendar.last_day) == (dt.date(2025, 11, 15), thursday)
    today(dt.date(2025, 11, 14))
    assert outcome_of(by_clock).key == "due_soon"
    assert outcome_of(by_calendar).key == "overdue"


def full_case(office, today):
    """A promise with as much of everything as the dossier may have to hold."""
    commitment = office.active(
        text=("مقرر شد ظرفیت آزاد پست ۶۳/۲۰ کیلوولت برای شهرک اعلام و تا پایان مهلت آزاد شود. " * 12).strip(),
        evidence_note="مهر و امضای معاون بهره‌برداری",
        invented=True,
    )
    with writing():
        plots = [Plot(estate=office.khodro, plot_id=f"ب{number}-{number}", search_key="") for number in range(60)]
        for plot in plots:
            plot.save()
    found = [
        problems.report(office.act_as("board", "officer"), office.khodro, title=f"مشکل {number} " * 12, kind="line")
        for number in range(8)
    ]
    actions.link(office.act_as("operator"), commitment, [*plots, *found])
    for number in range(8):
        today(TODAY + (number + 1) * 20 * DAY)
        commitment.refresh_from_db()
        later = max(commitment.due, TODAY + (number + 2) * 20 * DAY) + 5 * DAY
        actions.request_extension(office.act_as("regional"), commitment, new_due=later, reason="نرسیدن تجهیزات " * 20)
        answer = actions.grant if number % 2 else actions.refuse
        answer(office.act_as("operator"), commitment, answer="پاسخ طلبکار " * 20)
    for _number in range(8):
        office.deliver(commitment, text="نامه ظرفیت فرستاده شد. " * 20)
        actions.dispute(office.act_as("operator"), commitment, reason="عدد ظرفیت در نامه نیست. " * 10)
    commitment.refresh_from_db()
    today(commitment.due + 300 * DAY)
    return commitment


def test_the_dossier_is_two_pages_of_a4_at_most_in_persian(office, today):
    commitment = full_case(office, today)
    actions.opened(office.act_as("regional", "expert"), commitment)
    assert climb.climb() >= 1
    kept = Escalation.objects.exclude(dossier=None).get(cause=Cause.OVERDUE).dossier
    data = kept.file.open("rb").read()
    assert kept.kind == "pdf"
    assert len(kept.sha256) == 64
    assert data.startswith(b"%PDF-")
    assert pages_of(data) in ([(595, 842)], [(595, 842)] * 2)


def test_the_dossier_of_a_bare_promise_is_short(office, today):
    commitment = office.active()
    today(commitment.due + 5 * DAY)
    assert 1 <= len(pages_of(dossier.draw(commitment, ladder()[0]))) <= 2
