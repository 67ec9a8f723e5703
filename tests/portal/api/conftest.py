"""A caller with a token, and something to read."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from rasana.portal.apps.api import actions
from rasana.portal.base.actor import actor_of
from tests.portal.connections.conftest import ask, office, sunday, walk  # noqa: F401 - the same office


class Caller:
    """A program with a token."""

    def __init__(self, secret: str, language: str = "en") -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {secret}", "Accept-Language": language}

    def get(self, path: str, **headers: str):
        return self.client.get(f"/api/v1{path}", headers=self.headers | headers)

    def post(self, path: str, body: Any = None, **headers: str):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        said = body if isinstance(body, bytes) else json.dumps(body or {})
        return self.client.post(f"/api/v1{path}", said, content_type="application/json", headers=self.headers | named)


@pytest.fixture
def caller(office: SimpleNamespace):  # noqa: F811
    """caller("distribution", "officer") -> a program that may write for that person."""

    def make(
        organisation: str, role: str = "expert", *, scope: str = "write", language: str = "en", **more: Any
    ) -> Caller:
        actor = actor_of(office.people[organisation, role])
        _token, secret = actions.make_token(actor, name="test", scope=scope, **more)
        return Caller(secret, language)

    return make
