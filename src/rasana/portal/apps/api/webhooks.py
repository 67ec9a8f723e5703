"""Deliveries to webhooks: from the audit chain by cursor, signed, retried with growing pauses, given up at last.

What is sent says that something happened to which record, never what is in it: whoever receives it asks the API, which
knows what its token may see. ``Rasana-Signature: t=<seconds>,v1=<hex>`` is the HMAC-SHA256 of ``<seconds>.<body>``.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import ssl
from datetime import timedelta
from urllib.parse import SplitResult

from django.core.exceptions import ValidationError
from django.db import transaction

from rasana.portal.apps.api.addresses import PORT_OF, check_address, resolve
from rasana.portal.apps.api.models import DeliveryState, Webhook, WebhookCursor, WebhookDelivery
from rasana.portal.apps.api.reading import CONFIDENTIAL_ACTIONS
from rasana.portal.apps.connections.models import sees_confidential
from rasana.portal.base import clock
from rasana.portal.base.access import standing_of
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import AuditLine
from rasana.portal.base.jobs import job
from rasana.portal.base.people import EstateParty
from rasana.portal.base.record import record_kind

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440))
"""Between one attempt and the next; after the last the delivery is given up."""
ATTEMPTS_MAX = len(PAUSES) + 1
LINES_AT_ONCE = 500
SENT_AT_ONCE = 50
TIMEOUT_S = 5.0


@job("api.deliver_webhooks", every=timedelta(minutes=1))
def deliver_webhooks() -> dict[str, int]:
    """Take up what happened, and send what is due: counts of lines taken up, delivered, failed, given up."""
    counts = {
        "taken": sum(_take_up(each) for each in Webhook.objects.filter(active=True).select_related("organisation"))
    }
    counts |= {"delivered": 0, "failed": 0, "dead": 0}
    due = WebhookDelivery.objects.filter(
        state=DeliveryState.WAITING, next_at__lte=clock.machine_now(), webhook__active=True
    ).order_by("number")
    for delivery in list(due.select_related("webhook")[:SENT_AT_ONCE]):
        counts[_attempt(delivery)] += 1
    return counts


def _take_up(webhook: Webhook) -> int:
    """New audit lines become deliveries, each once; the cursor moves in the same transaction."""
    with transaction.atomic():
        cursor = WebhookCursor.objects.select_for_update().get(webhook=webhook)
        lines = list(AuditLine.objects.filter(number__gt=cursor.number).order_by("number")[:LINES_AT_ONCE])
        if not lines:
            return 0
        watcher = _watcher(webhook)
        codes = set(
            EstateParty.objects.filter(organisation=webhook.organisation).values_list("estate__code", flat=True)
        )
        wanted = [
            line for line in lines if line.estate in codes and webhook.wants(line.action) and _may_know(watcher, line)
        ]
        for line in wanted:
            said = {"action": line.action, "body": _body(line), "next_at": clock.machine_now()}
            WebhookDelivery.objects.get_or_create(webhook=webhook, number=line.number, defaults=said)
        cursor.number = lines[-1].number
        cursor.save()
    return len(wanted)


def _watcher(webhook: Webhook) -> Actor:
    """The organisation as someone who may only look."""
    keys = EstateParty.objects.filter(organisation=webhook.organisation).values_list("estate", flat=True)
    return Actor(organisation=webhook.organisation, _roles={None: {"viewer"}}, _estates=frozenset(keys))


def _may_know(watcher: Actor, line: AuditLine) -> bool:
    if not line.subject_type or line.subject_id is None:
        return True
    record = record_kind(line.subject_type).objects.filter(pk=line.subject_id).first()
    estate = record.estate_of() if record is not None else None
    if line.action.startswith(CONFIDENTIAL_ACTIONS) and not (estate and sees_confidential(watcher, estate)):
        return False
    return record is not None and bool(standing_of(watcher, record)) and not record.hidden_from(watcher)


def _body(line: AuditLine) -> str:
    said = {
        "number": line.number,
        "at": line.at.isoformat(),
        "happened_at": line.happened_at.isoformat() if line.happened_at else None,
        "action": line.action,
        "estate": line.estate,
        "organisation": line.organisation,
        "subject": {"type": line.subject_type, "id": line.subject_id},
    }
    return json.dumps(said, separators=(",", ":"))


def signature(secret: str, seconds: int, body: str) -> str:
    """The header by which the receiver knows the sender and the time."""
    digest = hmac.new(secret.encode(), f"{seconds}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def _attempt(delivery: WebhookDelivery) -> str:
    """Send one; 'delivered', 'failed' or 'dead'."""
    delivery.attempts += 1
    delivery.status, delivery.error = None, ""
    try:
        delivery.status = _send(delivery)
    except (OSError, http.client.HTTPException, ValidationError, ssl.SSLError) as fault:
        delivery.error = f"{type(fault).__name__}: {fault}"[:200]
    now = clock.machine_now()
    if delivery.status is not None and 200 <= delivery.status < 300:
        delivery.state, delivery.delivered_at, outcome = DeliveryState.DELIVERED, now, "delivered"
    elif delivery.attempts >= ATTEMPTS_MAX:
        delivery.state, outcome = DeliveryState.DEAD, "dead"
    else:
        delivery.next_at, outcome = now + PAUSES[delivery.attempts - 1], "failed"
    delivery.save()
    return outcome


def _send(delivery: WebhookDelivery) -> int:
    """Post it; the status of the answer. No redirect is followed and no more than a little of the answer is read."""
    webhook = delivery.webhook
    parts = check_address(webhook.url)
    seconds = int(clock.machine_now().timestamp())
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Rasana",
        "Rasana-Event": delivery.action,
        "Rasana-Delivery": f"{webhook.pk}-{delivery.number}",
        "Rasana-Signature": signature(webhook.secret, seconds, delivery.body),
    }
    connection = _connection(parts)
    try:
        connection.request("POST", path, delivery.body.encode(), headers)
        answer = connection.getresponse()
        answer.read(1024)
        return answer.status
    finally:
        connection.close()


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    """A connection to the checked network address, whatever the name says a moment later."""
    host, port = str(parts.hostname), parts.port or PORT_OF[parts.scheme]
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    plain = socket.create_connection((resolve(parts), port), timeout=TIMEOUT_S)
    if parts.scheme == "https":
        plain = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    connection.sock = plain
    return connection
