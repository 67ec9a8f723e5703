"""Signing in: counted over all processes, without locking anyone out; what allauth saves is an act."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from rasana.portal.apps.parties import actions, throttle
from rasana.portal.apps.parties.models import SignInTry
from rasana.portal.base.audit import AuditLine
from rasana.portal.base.people import Person
from tests.portal.conftest import PASSWORD

LOGIN = "/accounts/login/"
VICTIM = "expert@operator.example"


def sign_in(client: Client, password: str = PASSWORD, email: str = VICTIM, address: str = "10.0.0.1", **headers):
    return client.post(LOGIN, {"login": email, "password": password}, REMOTE_ADDR=address, **headers)


@pytest.fixture
def browser(world: SimpleNamespace) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    return client


def test_the_right_password_signs_in_and_a_wrong_one_does_not(browser):
    wrong = sign_in(browser, "not it at all")
    assert wrong.status_code == 422
    assert "The e-mail address or the password is not right." in wrong.content.decode()
    assert sign_in(browser).status_code == 302
    assert browser.get("/me/").status_code == 200


def test_the_sixth_bad_try_is_blocked_with_a_sentence_even_with_the_right_password(browser):
    assert [sign_in(browser, "wrong").status_code for _ in range(5)] == [422] * 5
    blocked = sign_in(browser)
    assert blocked.status_code == 429
    assert blocked.headers["Retry-After"] == "300"
    assert "There were too many tries. Wait five minutes, then try again." in blocked.content.decode()
    assert browser.get("/me/").status_code == 302


def test_after_five_minutes_one_may_try_again(browser):
    for _ in range(5):
        sign_in(browser, "wrong")
    for each in SignInTry.objects.all():
        each.at -= throttle.PAIR.within + timedelta(seconds=1)
        each.save()
    assert sign_in(browser).status_code == 302


def test_a_stranger_cannot_lock_the_victim_out(browser):
    for _ in range(8):
        sign_in(Client(), "wrong", address="203.0.113.9")
    assert sign_in(browser, address="10.0.0.1").status_code == 302


def test_not_even_from_many_addresses_where_the_victim_has_signed_in_before(browser):
    assert sign_in(browser).status_code == 302
    browser.post("/accounts/logout/")
    for number in range(throttle.ACCOUNT.tries):
        sign_in(Client(), "wrong", address=f"203.0.113.{number}")
    assert sign_in(Client(), address="198.51.100.7").status_code == 429, "guessing from everywhere has an end"
    assert sign_in(browser, address="198.51.100.7").status_code == 302


def test_a_forged_forwarded_address_is_useless(browser):
    statuses = [sign_in(browser, "wrong", HTTP_X_FORWARDED_FOR=f"192.0.2.{n}").status_code for n in range(6)]
    assert statuses == [422] * 5 + [429]


def test_behind_a_proxy_its_own_word_counts_and_not_the_clients(browser, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    forged = [f"192.0.2.{n}, 203.0.113.9" for n in range(6)]
    statuses = [
        sign_in(browser, "wrong", address="127.0.0.1", HTTP_X_FORWARDED_FOR=each).status_code for each in forged
    ]
    assert statuses == [422] * 5 + [429]
    other = sign_in(browser, address="127.0.0.1", HTTP_X_FORWARDED_FOR="198.51.100.7")
    assert other.status_code == 302, "another client of the same proxy is not held for him"


def test_one_address_cannot_try_a_password_over_many_accounts(browser):
    tries = [sign_in(browser, "wrong", email=f"someone{n}@operator.example").status_code for n in range(21)]
    assert tries == [422] * throttle.ADDRESS.tries + [429]


def test_an_own_sign_in_between_does_not_wipe_the_count(browser):
    for _ in range(4):
        sign_in(browser, "wrong")
    assert sign_in(browser).status_code == 302
    browser.post("/accounts/logout/")
    assert sign_in(browser, "wrong").status_code == 422
    assert sign_in(browser, "wrong").status_code == 429


AT_ONCE = """
import threading
import django
django.setup()
from django.db import connection
from django.test import RequestFactory
from rasana.portal.apps.parties import throttle
from rasana.portal.apps.parties.models import SignInTry
with connection.schema_editor() as editor:
    editor.create_model(SignInTry)
allowed, ready = [], threading.Barrier(64)
def one(number):
    ready.wait()
    if throttle.start(RequestFactory().post("/"), "10.0.0.1", f"x{number}@y.example") is not None:
        allowed.append(number)
    connection.close()
threads = [threading.Thread(target=one, args=(number,)) for number in range(64)]
for each in threads: each.start()
for each in threads: each.join()
print(len(allowed))
"""


def test_sixty_four_at_once_get_exactly_the_limit(tmp_path):
    """On a database of its own, as a file: one in memory knows one connection only."""
    environment = os.environ | {
        "RASANA_DATABASE": f"sqlite://{tmp_path}/tries.sqlite3",
        "DJANGO_SETTINGS_MODULE": "rasana.portal.site.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.strip() == str(throttle.ADDRESS.tries), done.stderr


def test_a_closed_account_stays_outside_whatever_it_types(browser, world, actor):
    person = world.people["operator", "expert"]
    actions.deactivate(actor("operator", "administrator"), person, None)
    answer = sign_in(browser)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/accounts/closed/"
    assert browser.get("/me/").status_code == 302


@pytest.mark.parametrize("address", ["signup/", "email/", "social/connections/", "password/reset/", "3rdparty/"])
def test_nobody_signs_up_or_resets_by_himself(browser, address):
    assert browser.get(f"/accounts/{address}").status_code == 404


def test_the_demo_offers_its_accounts_and_another_office_does_not(browser, settings):
    page = browser.get(LOGIN).content.decode()
    assert page.count('name="password" value="rasana-demo"') == Person.objects.count()
    settings.RASANA_DEMO = False
    assert VICTIM not in browser.get(LOGIN).content.decode()


# --------------------------------------------------------------------------------------- what allauth saves is an act


def test_a_changed_password_is_an_act_and_its_hash_is_in_no_line(browser, world):
    sign_in(browser)
    other = Client()
    sign_in(other)
    fields = {"oldpassword": PASSWORD, "password1": "a much better sentence", "password2": "a much better sentence"}
    assert browser.post("/accounts/password/", fields).status_code == 302
    line = AuditLine.objects.latest("number")
    assert (line.action, line.person) == ("me.password", world.people["operator", "expert"].pk)
    lines = json.dumps(list(AuditLine.objects.values_list("changes", flat=True)))
    assert "password" not in lines
    assert "md5$" not in lines
    assert browser.get("/me/").status_code == 200, "this browser stays signed in"
    assert other.get("/me/").status_code == 302, "the others are signed out"


def test_a_password_hash_of_an_older_make_is_renewed_within_an_act(browser, world, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    person = world.people["operator", "expert"]
    assert person.check_password(PASSWORD)
    person.refresh_from_db()
    assert person.password.startswith("pbkdf2_sha256$")
    assert AuditLine.objects.latest("number").action == "me.password"


def code_for(person: Person) -> str:
    secret = Authenticator.objects.get(user=person, type="totp").wrap()
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    from rasana.portal.apps.parties.signin import SecondFactorAdapter

    plain = SecondFactorAdapter().decrypt(secret.instance.data["secret"])
    return totp.format_hotp_value(totp.hotp_value(plain, counter))


def add_second_factor(browser: Client) -> str:
    browser.post("/accounts/again/?next=/accounts/second-factor/add/", {"password": PASSWORD})
    page = browser.get("/accounts/second-factor/add/").content.decode()
    secret = re.search(r'id="secret"[^>]*value="([A-Z2-7=]+)"', page)[1]
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    code = totp.format_hotp_value(totp.hotp_value(secret, counter))
    assert browser.post("/accounts/second-factor/add/", {"code": code}).status_code == 302
    return secret


@pytest.mark.django_db(transaction=True)
def test_the_second_factor_is_set_up_asked_for_written_down_and_kept_encrypted(world):
    browser = Client()
    person = world.people["operator", "expert"]
    sign_in(browser)
    secret = add_second_factor(browser)
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    lines = AuditLine.objects.filter(action="me.second_factor")
    assert {next(iter(line.changes[0]["after"])) for line in lines} == {"totp", "recovery_codes"}
    assert secret not in json.dumps([line.changes for line in lines])
    browser.post("/accounts/logout/")
    answer = sign_in(browser)
    assert answer.headers["Location"] == "/accounts/code/"
    assert browser.get("/me/").status_code == 302, "the password alone is not enough"
    assert browser.post("/accounts/code/", {"code": "000000"}).status_code == 200
    from django.core.cache import cache

    cache.clear()
    assert browser.post("/accounts/code/", {"code": code_for(person)}).status_code == 302
    assert browser.get("/me/").status_code == 200


def test_who_has_no_second_factor_is_offered_one_and_may_put_it_off(browser, settings):
    settings.RASANA_DEMO = False
    answer = sign_in(browser)
    assert answer.headers["Location"].startswith(reverse("parties:second_factor"))
    later = browser.post(reverse("parties:second_factor"), {"next": "/me/"})
    assert later.headers["Location"] == "/me/"
    browser.post("/accounts/logout/")
    assert sign_in(browser).headers["Location"] == "/"


def test_the_way_on_after_the_offer_never_leads_outside(browser):
    sign_in(browser)
    answer = browser.post(reverse("parties:second_factor"), {"next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_an_administrator_without_a_role_comes_to_the_people(browser):
    answer = sign_in(browser, email="administrator@operator.example")
    assert answer.headers["Location"] == "/people/"


# ---------------------------------------------------------------------------------------------------- the welcome link


def test_the_link_for_the_first_password_is_good_once(world, actor, mailoutbox):
    boss = Client()
    boss.force_login(world.people["operator", "administrator"])
    boss.cookies["django_language"] = "en"
    fields = {"name_fa": "تازه", "name_en": "New", "email": "New@operator.example", "language": "fa"}
    page = boss.post("/people/add/", fields)
    assert page.headers["Cache-Control"] == "no-store"
    link = re.search(r'value="(http://testserver/welcome/[^"]+)"', page.content.decode())[1]
    assert link in mailoutbox[0].body
    guest = Client()
    assert sign_in(guest, "", email="new@operator.example").status_code == 422
    short = guest.post(link, {"password": "short", "again": "short"})
    assert short.status_code == 422
    differing = guest.post(link, {"password": "a sentence of one's own", "again": "another sentence"})
    assert differing.status_code == 422
    assert (
        guest.post(link, {"password": "a sentence of one's own", "again": "a sentence of one's own"}).status_code == 302
    )
    assert guest.get(link).status_code == 404
    assert sign_in(guest, "a sentence of one's own", email="new@operator.example").status_code == 302
    assert AuditLine.objects.filter(action="me.password").count() == 1


@pytest.mark.parametrize("key", ["x", "MQ-x", "-", "9999999999999999999999-x", "MQ-c0-0000"])
def test_a_link_that_was_made_up_opens_nothing(world, key):
    assert Client().get(f"/welcome/{key}/").status_code == 404


def test_a_new_link_ends_the_old_password_and_all_sessions(browser, world, actor):
    sign_in(browser)
    person = world.people["operator", "expert"]
    actions.renew_welcome(actor("operator", "administrator"), person, None)
    assert browser.get("/me/").status_code == 302
    assert sign_in(Client()).status_code == 422


def test_nothing_but_a_keyed_hash_is_kept_of_what_was_typed(browser):
    sign_in(browser, "wrong", email="my-password-by-mistake@x.example")
    row = SignInTry.objects.get()
    assert row.account == throttle.account_key("MY-password-by-mistake@x.example ")
    assert "mistake" not in row.account


def test_old_tries_are_not_kept(browser):
    SignInTry.objects.create(account="a", address="b", at=timezone.now() - 2 * throttle.KEPT)
    sign_in(browser, "wrong")
    assert SignInTry.objects.count() == 1


def test_an_unusable_password_cannot_be_signed_in_with(world):
    assert not Person(password=make_password(None)).check_password("!")
