"""An administrator manages the people of the own organisation, and of no other; what ends, ends at once."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from rasana.portal.apps.parties import actions
from rasana.portal.base import clock
from rasana.portal.base.access import NotAllowed, NotThere
from rasana.portal.base.actor import actor_of
from rasana.portal.base.audit import AuditLine
from rasana.portal.base.people import Delegation, Membership, Person
from rasana.portal.base.record import Stale

DAY = dt.timedelta(days=1)
ROLE = {"role-role": "head", "role-estate": "", "role-starts": "1404/08/18", "role-ends": ""}


@pytest.fixture
def boss(client_of):
    return client_of("operator", "administrator", "en")


@pytest.fixture
def expert(world) -> Person:
    return world.people["operator", "expert"]


def text(response) -> str:
    return response.content.decode()


# ---------------------------------------------------------------------------------------------------------- people


def test_everyone_of_the_organisation_is_listed_and_nobody_else(client_of, world):
    page = text(client_of("operator", "viewer", "en").get("/people/"))
    assert "expert Operator" in page
    assert "Distribution" not in page


def test_a_taken_address_is_said_beside_its_field_and_what_was_typed_stays(boss):
    fields = {"name_fa": "تازه", "name_en": "Newcomer", "email": "EXPERT@distribution.example", "language": "fa"}
    answer = boss.post("/people/add/", fields)
    assert answer.status_code == 422
    assert "Someone signs in with this address already." in text(answer)
    assert 'value="Newcomer"' in text(answer)
    assert Person.objects.filter(name_en="Newcomer").count() == 0


@pytest.mark.parametrize(("name", "value"), [("email", "no address"), ("name_fa", ""), ("name_en", "x" * 10_000)])
def test_what_cannot_be_is_said_and_nothing_is_done(boss, name, value):
    fields = {"name_fa": "تازه", "name_en": "New", "email": "new@operator.example", "language": "fa"} | {name: value}
    count = AuditLine.objects.count()
    assert boss.post("/people/add/", fields).status_code == 422
    assert AuditLine.objects.count() == count


def test_another_organisations_person_is_not_there(boss, world, actor):
    other = world.people["distribution", "expert"]
    for verb in ("", "change/", "roles/", "close/", "open/", "link/"):
        answer = boss.post(f"/people/{other.pk}/{verb}") if verb else boss.get(f"/people/{other.pk}/")
        assert answer.status_code == 404
    with pytest.raises(NotThere):
        actions.deactivate(actor("operator", "administrator"), other, None)


def test_only_an_administrator_manages_people(actor, expert, client_of):
    with pytest.raises(NotAllowed):
        actions.deactivate(actor("operator", "head"), expert, None)
    assert client_of("operator", "head").post(f"/people/{expert.pk}/close/").status_code == 403


def test_a_stale_form_gets_both_versions(boss, expert):
    fields = {"name_fa": "الف", "name_en": "A", "email": expert.email, "language": "fa", "version": "1"}
    assert boss.post(f"/people/{expert.pk}/change/", fields).status_code == 302
    again = boss.post(f"/people/{expert.pk}/change/", fields | {"name_en": "B"})
    assert again.status_code == 409
    assert "B" in text(again)
    expert.refresh_from_db()
    assert expert.name_en == "A"


def test_the_last_administrator_stays(actor, world):
    admin = world.people["operator", "administrator"]
    with pytest.raises(ValidationError):
        actions.deactivate(actor("operator", "administrator"), admin, None)
    values = {"name_fa": "x", "name_en": "x", "email": admin.email, "language": "fa", "is_administrator": False}
    with pytest.raises(ValidationError) as refused:
        actions.change_person(actor("operator", "administrator"), admin, None, **values)
    assert "is_administrator" in refused.value.message_dict


# ----------------------------------------------------------------------------------------------------- at once


def test_closing_an_account_ends_sessions_roles_and_delegations_at_once(actor, client_of, expert, world):
    at_work = client_of("operator", "expert")
    assert at_work.get("/me/").status_code == 200
    colleague = world.people["operator", "viewer"]
    actions.delegate(actor_of(expert), taker=colleague, starts=clock.today(), ends=clock.today() + DAY, reason="مرخصی")
    assert "expert" in actor_of(colleague).roles()
    actions.deactivate(actor("operator", "administrator"), expert, None)
    assert at_work.get("/me/").status_code == 302
    assert "expert" not in actor_of(colleague).roles()
    assert actor_of(expert).roles() == set()
    actions.activate(actor("operator", "administrator"), expert, None)
    assert at_work.get("/me/").status_code == 302, "an old session does not come back to life"
    assert actor_of(expert).roles() == set(), "nor do roles"


def test_a_role_that_is_ended_counts_no_more_from_the_next_request(actor, client_of, expert):
    at_work = client_of("operator", "expert")
    assert at_work.get("/calendar/").status_code == 200
    actions.end_role(actor("operator", "administrator"), Membership.objects.get(person=expert), None, None)
    assert at_work.get("/calendar/").status_code == 403


def test_signing_out_elsewhere_keeps_this_browser(client_of):
    here, there = client_of("operator", "expert"), client_of("operator", "expert")
    assert here.post("/me/sessions/end/").status_code == 302
    assert here.get("/me/").status_code == 200
    assert there.get("/me/").status_code == 302


# -------------------------------------------------------------------------------------------------------- roles


def test_a_role_is_given_from_a_jalali_date(boss, expert, settings):
    assert boss.post(f"/people/{expert.pk}/roles/", ROLE).status_code == 302
    role = Membership.objects.get(person=expert, role="head")
    assert (role.starts, role.ends, role.estate) == (dt.date(2025, 11, 9), None, None)
    line = AuditLine.objects.latest("number")
    assert (line.action, line.subject_id, line.person) == ("people.manage", expert.pk, line.person)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"role-starts": "1404/07/31"}, "Month 7 has 30 days."),
        ({"role-ends": "1404/08/17"}, "The last day must not come before the first one."),
        ({"role-role": "expert"}, "This person has this role at that time already."),
        ({"role-role": "king"}, "king"),
    ],
)
def test_a_role_that_cannot_be_is_refused_beside_its_field(boss, expert, change, said):
    answer = boss.post(f"/people/{expert.pk}/roles/", ROLE | change)
    assert answer.status_code == 422
    assert said in text(answer)


def test_a_role_in_an_estate_that_is_not_the_organisations_is_refused(boss, expert, world):
    answer = boss.post(f"/people/{expert.pk}/roles/", ROLE | {"role-estate": str(world.other.pk)})
    assert answer.status_code == 422
    assert "what you sent is not your organisation&#x27;s" in text(answer)
    assert not Membership.objects.filter(person=expert, role="head").exists()


def test_a_role_in_one_estate_opens_that_estate_only(actor, expert, world):
    admin = actor("operator", "administrator")
    actions.end_role(admin, Membership.objects.get(person=expert), None, None)
    actions.give_role(admin, expert, role="viewer", estate=world.khodro, starts=clock.today(), ends=None)
    fresh = actor_of(expert)
    assert fresh.roles(world.khodro) == {"viewer"}
    assert fresh.roles(world.sonuf) == set()


def test_a_role_that_is_over_is_not_ended_again(actor, expert):
    admin, role = actor("operator", "administrator"), Membership.objects.get(person=expert)
    actions.end_role(admin, role, 1, None)
    with pytest.raises(Stale):
        actions.end_role(admin, role, 1, None)
    with pytest.raises(ValidationError):
        actions.end_role(admin, role, 2, None)


# -------------------------------------------------------------------------------------------------- delegations


def test_what_a_stand_in_does_is_recorded_as_done_for_the_other(actor, world):
    viewer = world.people["operator", "viewer"]
    actions.delegate(
        actor("operator", "head"), taker=viewer, starts=clock.today(), ends=clock.today() + DAY, reason="مأموریت"
    )
    stand_in = actor_of(viewer)
    assert stand_in.on_behalf_label == world.people["operator", "head"].name_fa
    assert "head" in stand_in.roles(world.khodro)


@pytest.mark.parametrize(("starts", "ends", "field"), [(-1, 2, "starts"), (2, 1, "ends"), (0, 93, "ends")])
def test_a_delegation_with_dates_that_cannot_be_is_refused(actor, world, starts, ends, field):
    today = clock.today()
    with pytest.raises(ValidationError) as refused:
        actions.delegate(
            actor("operator", "head"),
            taker=world.people["operator", "viewer"],
            starts=today + starts * DAY,
            ends=today + ends * DAY,
            reason="x",
        )
    assert list(refused.value.message_dict) == [field]


def test_another_organisations_person_cannot_stand_in(client_of, world):
    fields = {
        "taker": str(world.people["distribution", "expert"].pk),
        "starts": "1500/01/01",
        "ends": "1500/01/02",
        "reason": "دلیل من",
    }
    answer = client_of("operator", "head", "en").post("/me/delegations/", fields)
    assert answer.status_code == 422
    assert "what you sent is not your organisation&#x27;s" in text(answer)
    assert "دلیل من" in text(answer)
    assert not Delegation.objects.exists()


def test_a_delegation_is_ended_by_the_two_or_an_administrator(actor, world):
    today = clock.today()
    given = actions.delegate(
        actor("operator", "head"), taker=world.people["operator", "viewer"], starts=today, ends=today, reason="x"
    )
    with pytest.raises(ValidationError):
        actions.end_delegation(actor("operator", "secretary"), given)
    actions.end_delegation(actor("operator", "administrator"), given)
    assert "head" not in actor_of(world.people["operator", "viewer"]).roles()
    with pytest.raises(ValidationError):
        actions.end_delegation(actor("operator", "head"), given)


def test_borrowed_roles_are_not_lent_on(actor, world):
    head, viewer, officer = (world.people["operator", role] for role in ("head", "viewer", "officer"))
    now = {"starts": clock.today(), "ends": clock.today(), "reason": "x"}
    actions.delegate(actor_of(head), taker=viewer, **now)
    actions.delegate(actor_of(viewer), taker=officer, **now)
    assert actor_of(officer).roles() == {"officer", "viewer"}


# ----------------------------------------------------------------------------------------------------- language


def test_the_language_is_kept_with_the_person_and_in_the_browser(client_of, world):
    client = client_of("operator", "head")
    answer = client.post("/language/", {"language": "en", "next": "/me/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/me/")
    assert client.cookies["django_language"].value == "en"
    person = Person.objects.get(pk=world.people["operator", "head"].pk)
    assert person.language == "en"
    assert AuditLine.objects.latest("number").action == "me.change"
    count = AuditLine.objects.count()
    client.post("/language/", {"language": "en", "next": "/me/"})
    client.post("/language/", {"language": "xx", "next": "https://evil.example/"})
    assert AuditLine.objects.count() == count


def test_pages_ask_the_database_little(boss, client_of, expert, django_assert_max_num_queries):
    pages = [(boss, "/people/"), (boss, f"/people/{expert.pk}/"), (client_of("operator", "head"), "/me/")]
    for client, address in pages:
        with django_assert_max_num_queries(12):
            assert client.get(address).status_code == 200
