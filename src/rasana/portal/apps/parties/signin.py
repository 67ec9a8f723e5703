"""Signing in: people are added by their organisation's administrator; nobody signs up by himself.

allauth does the steps; here they meet the office: tries are counted, what is saved is an act, words are ours.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import Signal, receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from rasana.portal.apps.parties import throttle
from rasana.portal.base.actor import actor_of
from rasana.portal.base.audit import act, current
from rasana.portal.base.people import Person

DEMO_PASSWORD = "rasana-demo"  # noqa: S105 - shown on the sign-in page of the demo
LATER_COOKIE = "second_factor_later"
"""Set by who does not want a second factor now: he is asked again when it is gone."""
LOG = logging.getLogger("rasana.sign_in")


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in by the office's rules."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The e-mail address or the password is not right. Check both and try again."),
        "too_many_login_attempts": _("There were too many tries. Wait five minutes, then try again."),
        "account_inactive": _("This account is closed. Ask your organisation's administrator."),
        "enter_current_password": _("This is not your present password."),
        "incorrect_password": _("This is not your password."),
        "incorrect_code": _("This code is not right. Enter the code that the app shows now."),
        "rate_limited": _("There were too many tries. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try; too many are refused before the password is looked at."""
        address = self.get_client_ip(request)
        self._try = throttle.start(request, address, str(credentials.get("email", "")))
        if self._try is None:
            LOG.warning("sign-in refused: too many tries from %s", address)
            raise self.validation_error("too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        if self._try is not None:
            throttle.succeed(self._try)

    def set_password(self, user: Person, password: str) -> None:
        """A new password, as an act of its owner. Sessions elsewhere end by themselves."""
        with act(actor_of(user), "me.password", user) as person:
            person.set_password(password)
            person.save()
        user.password, user.version = person.password, person.version

    def send_notification_mail(self, template_prefix: str, user: Person, *args: Any, **kwargs: Any) -> None:
        """Nothing: what was done stands in the person's history."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The desk; who has no role yet finds his account, or as an administrator the people."""
        actor = actor_of(request.user)
        if actor.roles():
            return super().get_login_redirect_url(request)  # type: ignore[no-any-return]
        return reverse("parties:people" if actor.is_administrator else "parties:me")

    def post_login(self, request: HttpRequest, user: Person, **kwargs: Any) -> HttpResponse:
        """Remember the browser; who has no second factor is offered one first, and may put it off."""
        response = super().post_login(request, user, **kwargs)
        if not settings.RASANA_DEMO and LATER_COOKIE not in request.COOKIES and not self._has_second_factor(user):
            query = urlencode({"next": response.url})
            response = HttpResponseRedirect(f"{reverse('parties:second_factor')}?{query}")
        throttle.know_device(response, user.email, secure=settings.SESSION_COOKIE_SECURE)
        return response

    @staticmethod
    def _has_second_factor(user: Person) -> bool:
        return bool(is_mfa_enabled(user, [Authenticator.Type.TOTP]))

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Nothing: the page that comes next says it."""


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of second factors are encrypted with a key derived from the office's secret."""

    error_messages: ClassVar[dict[str, Any]] = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right. Enter the code that the app shows now."),
    }

    def encrypt(self, text: str) -> str:
        """For the database."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """From the database."""
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> Fernet:
    key = hashlib.sha256(b"rasana.second-factor:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


@receiver((authenticator_added, authenticator_removed, authenticator_reset))
def _write_down(signal: Signal, user: Person, authenticator: Authenticator, **kwargs: Any) -> None:
    """A second factor is no record of ours: its coming and going is an act all the same, without its secret."""
    is_there = signal is not authenticator_removed
    before = {authenticator.type: signal is authenticator_removed or signal is authenticator_reset}
    with act(actor_of(user), "me.second_factor", user) as person:
        change = {
            "type": person._meta.label,
            "id": person.pk,
            "before": before,
            "after": {authenticator.type: is_there},
        }
        current().changes.append(change)


@receiver(user_logged_in)
def _signed_in(sender: Any, user: Person, **kwargs: Any) -> None:
    LOG.info("person %s signed in", user.pk)


@receiver(user_login_failed)
def _not_signed_in(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    LOG.info("sign-in failed for account %s", throttle.account_key(str(credentials.get("email", "")))[:12])
