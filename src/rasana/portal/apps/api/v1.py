"""The API, version 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ninja import NinjaAPI

from rasana.portal.apps.api import faults, writing
from rasana.portal.apps.api.gate import TokenAuth

DESCRIPTION = (
    "Reads and writes the records of the office with a token (Authorization: Bearer). Lists are ordered by key and "
    "continue by cursor (next, after). A record's ETag is its version; a change wants it in If-Match. A write with an "
    "Idempotency-Key can be repeated. Faults are problem documents in Persian or English (Accept-Language)."
)

api = NinjaAPI(
    title="Rasana",
    version="1",
    description=DESCRIPTION,
    auth=TokenAuth(),
    docs_url=None,
    openapi_url=None,
    urls_namespace="api-v1",
)
api.add_router("", writing.router)
faults.install(api)


class Operation(NamedTuple):
    """One operation, as the docs page and the test of access see it."""

    method: str
    path: str
    name: str
    summary: str
    tag: str
    action: str
    kind: Any


def operations() -> Iterator[Operation]:
    """Every operation of the API with its row in the table of access."""
    for _prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for each in view.operations:
                function = each.view_func
                for method in each.methods:
                    yield Operation(
                        method,
                        f"/api/v1{path}",
                        each.operation_id,
                        each.summary,
                        each.tags[0],
                        function.action,
                        function.kind,
                    )
