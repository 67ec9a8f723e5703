"""The API's documents: OpenAPI for programs, and the same as a page for people, without outside servers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from rasana.portal.apps.api.resources import RESOURCES
from rasana.portal.apps.api.v1 import Operation, api, operations

TITLES = {resource.name: resource.title for resource in RESOURCES}


@cache
def openapi() -> dict[str, Any]:
    """The OpenAPI document."""
    return dict(api.get_openapi_schema(path_prefix="/api/v1/"))


@dataclass(frozen=True)
class Field:
    """A parameter or a field of a body."""

    name: str
    kind: str
    required: bool


@dataclass(frozen=True)
class Entry:
    """One operation as the page shows it."""

    operation: Operation
    title: str
    parameters: list[Field]
    body: list[Field]


@dataclass(frozen=True)
class Group:
    """The operations of one resource."""

    name: str
    title: str
    entries: list[Entry]


def groups() -> list[Group]:
    """Every operation, by resource."""
    found: dict[str, list[Entry]] = {}
    for each in operations():
        found.setdefault(each.tag, []).append(_entry(each))
    return [Group(name, str(TITLES.get(name, pgettext("api", "audit"))), entries) for name, entries in found.items()]


def _entry(operation: Operation) -> Entry:
    said = openapi()["paths"][operation.path][operation.method.lower()]
    parameters = [
        Field(each["name"], _kind(each["schema"]), each.get("required", False)) for each in said.get("parameters", [])
    ]
    body: list[Field] = []
    if "requestBody" in said:
        reference = said["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        schema = openapi()["components"]["schemas"][reference]
        required = set(schema.get("required", ()))
        body = [Field(name, _kind(each), name in required) for name, each in schema["properties"].items()]
    return Entry(operation, _title(operation), parameters, body)


def _title(operation: Operation) -> str:
    what = TITLES.get(operation.tag, operation.tag)
    if operation.name == f"list_{operation.tag}" and operation.tag in TITLES:
        return _("List of %(what)s") % {"what": what}
    if operation.name == f"get_{operation.tag}":
        return _("One of %(what)s, with its version as ETag") % {"what": what}
    return _(operation.summary)


def _kind(schema: dict[str, Any]) -> str:
    """The type of a field in one word."""
    if "anyOf" in schema:
        return " | ".join(_kind(each) for each in schema["anyOf"])
    kind = schema.get("format") or schema.get("type", "object")
    return f"{_kind(schema['items'])}[]" if kind == "array" else str(kind)
