"""Tokens, answers kept for repeated calls, webhooks and their deliveries."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.db import models
from django.utils.translation import pgettext_lazy

from rasana.portal.base.people import Estate, Organisation, Person
from rasana.portal.base.record import Record

TOKEN_PREFIX = "rsn_"  # noqa: S105 - how every token begins, so that one left in a file is recognised
SHOWN_LENGTH = 12


def digest_of(secret: str) -> str:
    """What is stored of a token: its SHA-256. A random token of 256 bits needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_secret() -> str:
    """A token as it is shown once."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


class Scope(models.TextChoices):
    """What a token is good for."""

    READ = "read", pgettext_lazy("scope", "read")
    WRITE = "write", pgettext_lazy("scope", "read and write")


class Token(Record):
    """Lets a program act for a person, in one estate or all of his, until a day. Only its hash is kept."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=80)
    shown = models.CharField(max_length=SHOWN_LENGTH)
    """Its first letters, to tell it from others."""

    digest = models.CharField(max_length=64, unique=True)
    scope = models.CharField(max_length=10, choices=Scope.choices, default=Scope.READ)
    only_estate = models.ForeignKey(Estate, models.PROTECT, null=True, related_name="+")
    expires_on = models.DateField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)

    def standing(self, organisation: Organisation) -> set[str]:
        """Own: a colleague's; the page shows a person his own ones only."""
        return {"own"} if organisation.pk == self.person.organisation_id else set()

    def hidden_from(self, actor: Any) -> bool:
        """Everyone but its person."""
        return not actor.is_system and actor.person_id != self.person_id

    def snapshot(self) -> dict[str, Any]:
        """Without the hash."""
        return {key: value for key, value in super().snapshot().items() if key != "digest"}


class TokenUse(models.Model):
    """When a token was last used; to the minute, and no record of the office."""

    token = models.OneToOneField(Token, models.CASCADE, related_name="use")
    last_used = models.DateTimeField()


class Answer(models.Model):
    """The answer to a write that carried an Idempotency-Key: the same call again gets it again."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    """SHA-256 of method, path and body."""

    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    etag = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("person", "key"), name="answer_once"),)


class Webhook(Record):
    """Where an organisation wants to be told what happens in its estates' cases. ``events``: prefixes of actions."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="webhooks")
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=80)
    events = models.CharField(max_length=200, blank=True)
    """Prefixes of actions with spaces between; empty: everything."""

    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("-id",)

    def standing(self, organisation: Organisation) -> set[str]:
        """Own: the organisation's."""
        return {"own"} if organisation.pk == self.organisation_id else set()

    def snapshot(self) -> dict[str, Any]:
        """Without the secret."""
        return {key: value for key, value in super().snapshot().items() if key != "secret"}

    def wants(self, action: str) -> bool:
        """Whether an action is among its events."""
        return not self.events or any(action.startswith(prefix) for prefix in self.events.split())


class WebhookCursor(models.Model):
    """How far a webhook has been told: the number of the last audit line looked at."""

    webhook = models.OneToOneField(Webhook, models.CASCADE, related_name="cursor")
    number = models.BigIntegerField()


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    WAITING = "waiting", pgettext_lazy("delivery", "waiting")
    DELIVERED = "delivered", pgettext_lazy("delivery", "delivered")
    DEAD = "dead", pgettext_lazy("delivery", "given up")


class WebhookDelivery(models.Model):
    """One audit line on its way to one webhook."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    number = models.BigIntegerField()
    action = models.CharField(max_length=60)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    """Of the last answer, if there was one."""

    error = models.CharField(max_length=200, blank=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("webhook", "number"), name="delivery_once"),)
        indexes = (models.Index(fields=("state", "next_at"), name="delivery_next"),)
