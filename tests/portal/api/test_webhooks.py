"""Webhooks: where they may point, what they carry, how they are signed, retried and given up."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import http.server
import json
import threading

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from rasana.portal.apps.api import actions, webhooks
from rasana.portal.apps.api.models import DeliveryState, Webhook, WebhookDelivery
from rasana.portal.apps.connections import counter
from rasana.portal.base import clock
from rasana.portal.base.audit import AuditLine
from rasana.portal.base.jobs import KINDS


@pytest.fixture
def receiver():
    """A server on this machine that keeps what it is sent; ``status`` is what it answers."""
    got: list[tuple[dict[str, str], str]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        status = 204

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            got.append((dict(self.headers), body))
            self.send_response(self.status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.got, server.handler = got, Handler
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def hook(office, receiver, settings):
    """A webhook of the board for everything about requests."""
    settings.RASANA_DEMO = True
    return actions.make_webhook(
        office.who["board", "head"], url=f"http://127.0.0.1:{receiver.server_port}/in?a=1", events="request."
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://office.example/x", "ftp://office.example", "https://127.0.0.1/x", "https://10.0.0.8/", "https://[::1]/",
        "https://localhost/x", "https://office.local/", "https://169.254.169.254/latest", "https://user:pw@office.example/",
        "https://192.168.1.1", "https://2130706433/", "https://office.example:99999/", "https://", "x",
        "https://a b.example/",
    ],
)  # fmt: skip
def test_addresses_inside_are_refused(office, settings, url) -> None:
    settings.RASANA_DEMO = False
    with pytest.raises(ValidationError) as refused:
        actions.make_webhook(office.who["board", "head"], url=url)
    assert "url" in refused.value.error_dict


def test_a_public_name_that_leads_inside_is_not_called(settings) -> None:
    settings.RASANA_DEMO = False
    with pytest.raises(OSError, match="not a public address"):
        webhooks.resolve(webhooks.check_address("https://office.example/")._replace(netloc="localhost"))


def test_an_event_that_does_not_exist_is_refused(office, settings) -> None:
    with pytest.raises(ValidationError) as refused:
        actions.make_webhook(office.who["board", "head"], url="https://office.example/", events="nonsense.")
    assert "events" in refused.value.error_dict


def test_a_delivery_is_signed_and_says_no_more_than_that(office, ask, hook, receiver) -> None:
    request = ask()
    assert webhooks.deliver_webhooks() == {"taken": 1, "delivered": 1, "failed": 0, "dead": 0}
    headers, body = receiver.got[0]
    said = json.loads(body)
    assert said["action"] == headers["Rasana-Event"] == "request.create"
    assert said["subject"] == {"type": "connections.Request", "id": request.pk}
    assert request.applicant_name not in body
    seconds = headers["Rasana-Signature"].partition("t=")[2].partition(",")[0]
    right = hmac.new(hook.secret.encode(), f"{seconds}.{body}".encode(), hashlib.sha256).hexdigest()
    assert headers["Rasana-Signature"] == f"t={seconds},v1={right}"
    assert webhooks.deliver_webhooks()["taken"] == 0
    assert len(receiver.got) == 1


def test_only_what_is_asked_for_and_may_be_known(office, ask, hook, receiver) -> None:
    hook = actions.make_webhook(office.who["board", "head"], url=hook.url)
    counter.find(office.company, office.plots[3], found_on=clock.today(), note="محرمانه")
    ask()
    webhooks.deliver_webhooks()
    assert {delivery.action for delivery in WebhookDelivery.objects.filter(webhook=hook)} == {"request.create"}
    stranger = actions.make_webhook(office.who["stranger", "head"], url=hook.url)
    ask(name="دیگری", plot=1)
    webhooks.deliver_webhooks()
    assert not WebhookDelivery.objects.filter(webhook=stranger).exists()


def test_failures_are_tried_again_later_and_given_up(office, ask, hook, receiver, monkeypatch) -> None:
    receiver.handler.status = 500
    ask()
    moment = clock.machine_now()
    waits = []
    for _ in range(webhooks.ATTEMPTS_MAX):
        webhooks.deliver_webhooks()
        delivery = WebhookDelivery.objects.get()
        waits.append(delivery.next_at - moment)
        moment = delivery.next_at + dt.timedelta(seconds=1)
        monkeypatch.setattr(clock, "machine_now", lambda moment=moment: moment)
    assert delivery.state == DeliveryState.DEAD
    assert (delivery.status, delivery.attempts) == (500, webhooks.ATTEMPTS_MAX)
    assert len(receiver.got) == webhooks.ATTEMPTS_MAX
    webhooks.deliver_webhooks()
    assert len(receiver.got) == webhooks.ATTEMPTS_MAX
    receiver.handler.status = 200
    assert actions.retry(office.who["board", "head"], hook) == 1
    webhooks.deliver_webhooks()
    assert WebhookDelivery.objects.get().state == DeliveryState.DELIVERED


def test_a_receiver_that_is_not_there_is_a_failure(office, ask, hook, receiver) -> None:
    receiver.shutdown()
    receiver.server_close()
    ask()
    assert webhooks.deliver_webhooks()["failed"] == 1
    assert WebhookDelivery.objects.get().error


def test_switched_off_it_hears_nothing(office, ask, hook, receiver) -> None:
    actions.switch_webhook(office.who["board", "head"], hook, active=False)
    ask()
    assert webhooks.deliver_webhooks()["taken"] == 0
    actions.switch_webhook(office.who["board", "head"], Webhook.objects.get(), active=True)
    assert webhooks.deliver_webhooks()["taken"] == 0


def test_the_worker_delivers(db) -> None:
    assert KINDS["api.deliver_webhooks"].every == dt.timedelta(minutes=1)


def test_pages_are_for_heads_and_administrators(office, ask, hook, receiver, client_of) -> None:
    ask()
    webhooks.deliver_webhooks()
    listing, one = reverse("api:webhooks"), reverse("api:webhook", args=[hook.pk])
    for code, role, seen in (("board", "head", 200), ("board", "administrator", 200), ("board", "officer", 403)):
        client = client_of(code, role)
        assert client.get(listing).status_code == seen
        assert client.get(one).status_code == seen
    assert client_of("operator", "head").get(one).status_code == 404
    assert hook.secret not in client_of("board", "head").get(one).content.decode()
    made = client_of("board", "head").post(
        reverse("api:make_webhook"), {"url": "https://office.example/x", "events": ""}
    )
    assert Webhook.objects.latest("pk").secret in made.content.decode()
    assert not any(hook.secret in json.dumps(line.changes) for line in AuditLine.objects.all())


def test_bad_addresses_are_refused_beside_the_field(office, settings, client_of) -> None:
    settings.RASANA_DEMO = False
    for language, words in (("fa", "در شبکه همگانی نیست"), ("en", "not on the public network")):
        response = client_of("board", "head", language).post(reverse("api:make_webhook"), {"url": "https://10.0.0.1/"})
        assert response.status_code == 422
        assert words in response.content.decode()
        assert "https://10.0.0.1/" in response.content.decode()
