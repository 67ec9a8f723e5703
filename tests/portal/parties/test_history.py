"""The audit as it is read: in words, as known on a past day, without what the reader may not know; and its proof."""

from __future__ import annotations

import datetime as dt
import json
import random
from io import StringIO
from time import perf_counter

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from rasana.portal.apps.estates.models import Figure
from rasana.portal.apps.parties import history, words
from rasana.portal.base import clock
from rasana.portal.base.access_table import ACCESS
from rasana.portal.base.actor import SYSTEM
from rasana.portal.base.audit import AuditLine, act, first_fault, last_line
from rasana.portal.base.audit_rows import record_kinds, rows_unlike_audit
from tests.portal.made import MAKERS, Place, writing

MARKER = "marker-of-the-companies"
"""Of a figure of class P3: it must be nowhere but with the electric companies."""


@pytest.fixture
def figure(world, actor) -> Figure:
    with act(actor("distribution", "head"), "figure.add", None, estate=world.khodro):
        made = Figure(
            estate=world.khodro,
            property_fa="سطح اتصال کوتاه",
            property_en="fault level",
            key=MARKER,
            value=31.7,
            source="محاسبه",
            status="derived",
            field_class="P3",
        )
        made.save()
    with act(actor("distribution", "head"), "figure.adopt", made) as fresh:
        fresh.adopted = True
        fresh.save()
    return fresh


def read(client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_a_change_is_read_in_words_before_and_after(world, actor, client_of):
    with act(actor("operator", "head"), "estate.manage", world.khodro) as estate:
        estate.label_fa, estate.label_en = "بازسازی", "a reconstruction"
        estate.save()
    page = read(client_of("operator", "viewer"), f"/history/base.estate/{world.khodro.pk}/")
    for word in ("شهرک را تغییر داد", "برچسب فارسی", "بازسازی", "خالی", "سازمان ساماندهی"):
        assert word in page
    english = read(client_of("operator", "viewer", "en"), f"/history/base.estate/{world.khodro.pk}/")
    for word in ("changed the estate", "label in English", "a reconstruction", "2 fields changed"):
        assert word in english


def test_people_are_named_to_their_own_organisation_only(world, actor, client_of):
    with act(actor("operator", "head"), "estate.manage", world.khodro) as estate:
        estate.label_en = "x"
        estate.save()
    address = f"/history/base.estate/{world.khodro.pk}/"
    assert "head سازمان ساماندهی" in read(client_of("operator", "viewer"), address)
    assert "head سازمان ساماندهی" not in read(client_of("board", "head"), address)


def test_a_figure_of_the_companies_is_in_nobody_elses_history_nor_export(figure, client_of):
    own, theirs = client_of("regional", "head", "en"), client_of("operator", "head", "en")
    address = f"/history/estates.figure/{figure.pk}/"
    assert MARKER in read(own, address + "?on=1500/01/01")
    assert theirs.get(address).status_code == 404
    page = read(theirs, "/audit/khodro/")
    assert MARKER not in page
    assert "Confidential" in page
    for client, is_told in ((own, True), (theirs, False)):
        lines = b"".join(client.post("/audit/khodro/export/").streaming_content).decode()
        assert (MARKER in lines) is is_told
        assert "31.7" not in lines, "the value itself stands in no line, only its hash"


def test_a_figure_that_was_secret_once_stays_so_in_old_lines(figure, actor, client_of):
    with act(actor("distribution", "head"), "figure.adopt", figure) as fresh:
        fresh.field_class = "P1"
        fresh.value = 1
        fresh.save()
    page = read(client_of("operator", "head", "en"), f"/history/estates.figure/{figure.pk}/")
    assert MARKER not in page, "all three lines are of a figure that was the companies' then, the last one too"
    line = AuditLine.objects.latest("number")
    reader = history.Reader(actor("operator", "head"), [line], is_whole=True)
    assert not reader.may_read(line.changes[0]), "the line in which the class changed shows the old value"


def test_an_applicant_is_known_to_those_with_a_counter_only(world, client_of):
    with writing():
        request = MAKERS["connections.Request"](Place(world, world.khodro)).record
    line = AuditLine.objects.latest("number")
    line.estate = "khodro"  # made by a fixture: put it where an action would
    connection.cursor().execute("UPDATE base_auditline SET estate = 'khodro' WHERE number = %s", [line.number])
    address = f"/history/connections.request/{request.pk}/"
    assert "متقاضی" in read(client_of("distribution", "expert", "en"), address)
    assert "متقاضی" not in read(client_of("board", "head", "en"), address)
    for code, is_told in (("operator", True), ("governor", False)):
        lines = b"".join(client_of(code, "head").post("/audit/khodro/export/").streaming_content).decode()
        assert ("متقاضی" in lines) is is_told


def test_what_was_found_unauthorised_is_no_line_to_others(world, client_of):
    with writing():
        request = MAKERS["connections.Request"](Place(world, world.khodro)).record
    with act(SYSTEM, "request.record", request) as fresh:
        fresh.stage = "unauthorised_found"
        fresh.save()
    assert fresh.is_confidential
    page = read(client_of("board", "head", "en"), "/audit/khodro/")
    assert f"connection request {request.pk}" not in page
    assert "This line is about something that is not for your organisation." in page


def test_a_record_as_it_was_known_on_a_past_day(world, actor, client_of, settings):
    client = client_of("operator", "viewer", "en")
    address = f"/history/base.estate/{world.khodro.pk}/"
    for day, label in ((10, "first"), (12, "second")):
        settings.RASANA_NOW = dt.datetime(2025, 11, day, 12, tzinfo=clock.TEHRAN)
        with act(actor("operator", "head"), "estate.manage", world.khodro) as estate:
            estate.label_en = label
            estate.save()
    settings.RASANA_NOW = dt.datetime(2025, 11, 20, 12, tzinfo=clock.TEHRAN)
    client = client_of("operator", "viewer", "en")
    assert "As it was known on 11 Nov 2025" in read(client, address + "?on=2025-11-11")
    assert "first" in read(client, address + "?on=1404/08/20")
    assert "It was not known then" in read(client, address + "?on=1404/08/01")
    assert client.get(address + "?on=1404/07/31").status_code == 422


def test_the_export_is_written_down_and_its_lines_can_be_checked(world, actor, client_of):
    with act(actor("operator", "head"), "estate.manage", world.khodro) as estate:
        estate.label_en = "x"
        estate.save()
    answer = client_of("operator", "head").post("/audit/khodro/export/")
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]
    assert AuditLine.objects.latest("number").action == "audit.export"
    assert all(line["complete"] for line in lines)
    import hashlib

    for line in lines:
        digest, _complete = line.pop("hash"), line.pop("complete")
        assert hashlib.sha256(json.dumps(line, sort_keys=True, ensure_ascii=False).encode()).hexdigest() == digest


def test_a_line_that_made_thousands_of_rows_is_a_short_page(world, actor, client_of, django_assert_max_num_queries):
    with act(actor("operator", "head"), "estate.manage", world.khodro):
        for number in range(300):
            Figure(
                estate=world.khodro, property_fa="x", property_en="x", key=f"k{number}", source="x", status="default"
            ).save()
    client = client_of("operator", "head", "en")
    with django_assert_max_num_queries(12):
        page = read(client, "/audit/khodro/")
    assert "and 292 records changed along with it" in page
    assert len(page) < 60_000


def test_every_kind_field_and_action_has_its_word():
    kinds = [kind for kind in record_kinds() if kind._meta.label not in history.SILENT]
    assert {kind._meta.label for kind in kinds} - words.RECORDS.keys() == set()
    fields = {column.name for kind in kinds for column in kind._meta.concrete_fields}
    assert fields - words.FIELDS.keys() - history.TECHNICAL - {"password", "digest", "secret"} == set()
    reading = {action for action in ACCESS if action.endswith((".view", ".list", ".docs"))} | {"search"}
    assert ACCESS.keys() - reading - words.DONE.keys() == set()


# ----------------------------------------------------------------------------------------------------- the proof


def run(*options: str) -> str:
    out = StringIO()
    call_command("verify_audit", *options, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_says_that_the_chain_holds_and_where_it_ends(world):
    number, digest = last_line()
    assert f"the chain of {number} lines holds; note its end: {number}:{digest}" in run("--rows")


def test_a_cut_end_is_found_by_what_was_noted(world, actor):
    with act(actor("operator", "head"), "estate.manage", world.khodro) as estate:
        estate.label_en = "x"
        estate.save()
    number, digest = last_line()
    connection.cursor().execute("DELETE FROM base_auditline WHERE number = %s", [number])
    assert first_fault() is None
    with pytest.raises(CommandError, match=f"the lines up to {number}, which was noted, are missing"):
        run("--noted", f"{number}:{digest}")
    with pytest.raises(CommandError, match="1 rows are not as the audit left them"):
        run("--rows")


def test_a_row_changed_made_or_taken_behind_the_audits_back_is_found(world):
    cursor = connection.cursor()
    cursor.execute("UPDATE base_estate SET name_en = 'forged' WHERE code = 'khodro'")
    cursor.execute("DELETE FROM base_membership WHERE id = (SELECT min(id) FROM base_membership)")
    cursor.execute(
        "INSERT INTO base_holiday (version, created_at, name_fa, name_en, date, confirmed, cancelled, source) "
        "VALUES (1, '2025-01-01', 'x', 'x', '2025-01-01', true, false, '')"
    )
    found = {(kind, what) for kind, _key, what in rows_unlike_audit()}
    assert found == {
        ("base.Estate", "changed without a line: name_en"),
        ("base.Membership", "the row is gone"),
        ("base.Holiday", "no line says who made it"),
    }


def grow(world, actor, lines: int) -> None:
    """A chain of so many lines."""
    someone = actor("operator", "head")
    for number in range(lines - AuditLine.objects.count()):
        with act(someone, "estate.manage", world.khodro) as estate:
            estate.label_en = f"text {number}"
            estate.save()


@pytest.mark.slow
def test_three_hundred_changes_are_all_found(world, actor):
    grow(world, actor, 200)
    noted, columns = last_line(), ("person_label", "action", "changes", "at", "hash", "previous", "number")
    chance, cursor, missed = random.Random(1), connection.cursor(), []
    for _turn in range(300):
        number, column = chance.randint(1, 200), chance.choice((*columns, "delete"))
        with transaction.atomic():
            if column == "delete":
                cursor.execute("DELETE FROM base_auditline WHERE number = %s", [number])
            else:
                value = {"at": "2020-01-01 00:00:00", "changes": "[]", "number": 1000 + number}.get(column, "f" * 64)
                cursor.execute(f"UPDATE base_auditline SET {column} = %s WHERE number = %s", [value, number])  # noqa: S608
            if first_fault(noted) is None:
                missed.append((column, number))
            transaction.set_rollback(True)
    assert missed == []


@pytest.mark.slow
def test_ten_thousand_lines_are_checked_in_two_seconds(world, actor):
    grow(world, actor, 10_000)
    start = perf_counter()
    assert first_fault(last_line()) is None
    took = perf_counter() - start
    print(f"\n10,000 lines checked in {took:.2f} s")
    assert took < 2
