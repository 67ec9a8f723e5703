"""What people do with tokens and webhooks."""

from __future__ import annotations

import secrets
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from rasana.portal.apps.api.addresses import check_address
from rasana.portal.apps.api.models import (
    SHOWN_LENGTH,
    DeliveryState,
    Scope,
    Token,
    Webhook,
    WebhookCursor,
    WebhookDelivery,
    digest_of,
    new_secret,
)
from rasana.portal.base import clock
from rasana.portal.base.access_table import ACCESS
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import AuditLine, act, current
from rasana.portal.base.people import Estate

TOKEN_DAYS_MAX = 366
TOKENS_MAX = 20
WEBHOOKS_MAX = 10


def make_token(
    actor: Actor,
    *,
    name: str,
    scope: str = Scope.READ,
    only_estate: Estate | None = None,
    expires_on: date | None = None,
) -> tuple[Token, str]:
    """A token for the actor himself, and its secret, which is shown now and never again.

    Raises:
        ValidationError: a day past or more than a year away, another's estate, too many tokens.
    """
    today = clock.today()
    day = expires_on or today + timedelta(days=90)
    if not today <= day <= today + timedelta(days=TOKEN_DAYS_MAX):
        raise ValidationError({"expires_on": _("A token ends between today and a year from now.")})
    if only_estate is not None and only_estate.pk not in actor.estate_ids:
        raise ValidationError({"only_estate": _("Choose one of your own estates.")})
    secret = new_secret()
    with act(actor, "token.make"):
        if Token.objects.filter(person=actor.person, revoked_at__isnull=True).count() >= TOKENS_MAX:
            raise ValidationError(_("You have 20 tokens. Revoke one first."))
        token = Token(
            person=actor.person,
            name=name,
            shown=secret[:SHOWN_LENGTH],
            digest=digest_of(secret),
            scope=scope,
            only_estate=only_estate,
            expires_on=day,
        )
        token.save()
    return token, secret


def revoke_token(actor: Actor, token: Token) -> Token:
    """End a token at once."""
    with act(actor, "token.revoke", token) as token:
        if token.revoked_at is None:
            token.revoked_at = current().at
            token.save()
    return token


def make_webhook(actor: Actor, *, url: str, events: str = "") -> Webhook:
    """Tell the actor's organisation what happens from now on.

    Raises:
        ValidationError: an address that is not https or not on the public network, an unknown event, too many.
    """
    check_address(url)
    prefixes = " ".join(events.replace(",", " ").split())
    for prefix in prefixes.split():
        if not any(action.startswith(prefix) for action in ACCESS):
            raise ValidationError(
                {"events": _("There is no event that begins with “%(prefix)s”.") % {"prefix": prefix}}
            )
    with act(actor, "webhook.make"):
        if Webhook.objects.filter(organisation=actor.organisation, active=True).count() >= WEBHOOKS_MAX:
            raise ValidationError(_("The organisation has 10 webhooks. Switch one off first."))
        webhook = Webhook(
            organisation=actor.organisation, url=url, events=prefixes, secret=secrets.token_urlsafe(32)
        )  # fmt: skip
        webhook.save()
        last = AuditLine.objects.order_by("-number").values_list("number", flat=True).first()
        WebhookCursor.objects.create(webhook=webhook, number=last or 0)
    return webhook


def switch_webhook(actor: Actor, webhook: Webhook, *, active: bool, version: int | None = None) -> Webhook:
    """Switch a webhook off or on; on again, it is told from now on."""
    with act(actor, "webhook.change", webhook, version=version) as webhook:
        webhook.active = active
        webhook.save()
        if active:
            last = AuditLine.objects.order_by("-number").values_list("number", flat=True).first()
            WebhookCursor.objects.filter(webhook=webhook).update(number=last or 0)
    return webhook


def retry(actor: Actor, webhook: Webhook) -> int:
    """Try what was given up again; how many deliveries."""
    with act(actor, "webhook.change", webhook) as webhook:
        webhook.save()
        dead = WebhookDelivery.objects.filter(webhook=webhook, state=DeliveryState.DEAD)
        return dead.update(state=DeliveryState.WAITING, attempts=0, next_at=clock.machine_now())
