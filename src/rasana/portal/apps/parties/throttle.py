"""How often one may try to sign in.

Three limits, all counted in the database, so that they hold over every process of the server:

- one account from one address: so a password cannot be guessed;
- one address, whatever the account: so passwords cannot be tried out over many accounts;
- one account from all unknown browsers together: so many addresses cannot guess it either. A browser in which the
  person has signed in before carries a signed cookie and is counted apart, so strangers cannot lock the person out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from django.core import signing
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from rasana.portal.apps.parties.models import SignInTry
from rasana.portal.base import clock


class Limit(NamedTuple):
    """So many tries within a time."""

    tries: int
    within: timedelta


PAIR = Limit(5, timedelta(minutes=5))
ADDRESS = Limit(20, timedelta(minutes=5))
ACCOUNT = Limit(100, timedelta(hours=1))
KEPT = timedelta(days=1)
"""How long tries are kept, for whoever looks into an attack."""
DEVICE_COOKIE = "known_device"
DEVICE_AGE_S = 365 * 24 * 3600
LOCK = 7_271_961
"""Number of PostgreSQL's advisory lock under which tries are counted; SQLite has one writer anyway."""


def account_key(email: str) -> str:
    """What stands for an account in the table of tries and in the cookie of its devices."""
    return salted_hmac("rasana.sign-in", email.strip().casefold(), algorithm="sha256").hexdigest()


def start(request: HttpRequest, address: str, email: str) -> int | None:
    """Count a try before the password is looked at. None: there have been too many, it must not be looked at."""
    account, now = account_key(email), clock.now()
    known = is_known_device(request, account)
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        tries = SignInTry.objects
        tries.filter(at__lt=now - KEPT).delete()
        counted = (
            (PAIR, tries.filter(account=account, address=address)),
            (ADDRESS, tries.filter(address=address)),
            (ACCOUNT, tries.filter(account=account, device_known=known)),
        )
        if any(rows.filter(at__gt=now - limit.within).count() >= limit.tries for limit, rows in counted):
            return None
        return tries.create(account=account, address=address, device_known=known, at=now).pk


def succeed(key: int) -> None:
    """A try that succeeded was none. Earlier failures stay: else guessing could be mixed with own sign-ins."""
    SignInTry.objects.filter(pk=key).delete()


def is_known_device(request: HttpRequest, account: str) -> bool:
    """Whether the person of the account has signed in with this browser before."""
    try:
        return bool(signing.loads(request.COOKIES.get(DEVICE_COOKIE, ""), salt=DEVICE_COOKIE) == account)
    except signing.BadSignature:
        return False


def know_device(response: HttpResponse, email: str, *, secure: bool) -> None:
    """Let the browser carry that the person has signed in with it."""
    value = signing.dumps(account_key(email), salt=DEVICE_COOKIE)
    response.set_cookie(DEVICE_COOKIE, value, max_age=DEVICE_AGE_S, httponly=True, secure=secure, samesite="Lax")
