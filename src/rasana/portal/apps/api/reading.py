"""Reading: a list and a record of every resource, and the lines of the audit."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_noop
from ninja import Router, Schema

from rasana.portal.apps.api.gate import found, many, one, operation
from rasana.portal.apps.api.resources import RESOURCES, Resource
from rasana.portal.apps.connections.models import Request, sees_confidential
from rasana.portal.apps.connections.stages import CONFIDENTIAL
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import AuditLine
from rasana.portal.base.people import Estate

router = Router()
CONFIDENTIAL_ACTIONS = "unauthorised."
"""Beginning of the actions that only who is entitled may know of, even when the connection has become lawful."""


class Problem(Schema):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: dict[str, list[str]] = {}


class AuditOut(Schema):
    """One line of the audit: who did what, for whom, when. What changed is exported by heads on the office's page."""

    number: int
    at: datetime
    happened_at: datetime | None
    person: str
    organisation: str
    on_behalf_of: str
    action: str
    estate: str
    subject_type: str
    subject_id: int | None
    hash: str


class AuditPage(Schema):
    """A page of the audit."""

    items: list[AuditOut]
    next: str | None


def _page_of(resource: Resource) -> type[Schema]:
    """The schema of a page of a resource."""
    fields = {"__annotations__": {"items": list[resource.out], "next": str | None}, "__module__": __name__}  # type: ignore[name-defined]
    return type(f"{resource.kind.__name__}Page", (Schema,), fields)


def records_of(resource: Resource, actor: Actor) -> QuerySet[Any]:
    """The records of a resource that the actor may see, with what is said of them."""
    return resource.visible(actor).select_related(*resource.related)


def _lister(resource: Resource) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest, after: str = "", limit: int = 50, **wishes: str) -> HttpResponse:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        asked = {resource.filters[name]: value for name, value in wishes.items() if value}
        records = records_of(resource, actor).filter(**asked)
        return many(records, after, limit, lambda record: resource.say(record, actor))

    return _signed(
        view, dict.fromkeys(("after",), (str, "")) | {"limit": (int, 50)} | dict.fromkeys(resource.filters, (str, ""))
    )


def _signed(view: Callable[..., Any], parameters: dict[str, tuple[type, Any]]) -> Callable[..., Any]:
    """The function with the parameters that its resource has."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    named = [
        inspect.Parameter(name, kind, annotation=annotation, default=default)
        for name, (annotation, default) in parameters.items()
    ]
    view.__signature__ = inspect.Signature([inspect.Parameter("request", kind, annotation=HttpRequest), *named])  # type: ignore[attr-defined]
    view.__annotations__ = {name: annotation for name, (annotation, _default) in parameters.items()}
    return view


def _getter(resource: Resource) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        record = found(request, records_of(resource, actor), pk, resource.view_action)
        return one(request, resource.say(record, actor))

    return view


FAULTS = dict.fromkeys((401, 403, 404, 422), Problem)

for each in RESOURCES:
    router.get(
        f"/{each.name}",
        response={200: _page_of(each)} | FAULTS,
        operation_id=f"list_{each.name}",
        summary=f"List {each.name}",
        tags=[each.name],
    )(operation(each.list_action)(_lister(each)))
    router.get(
        f"/{each.name}/{{pk}}",
        response={200: each.out} | FAULTS,
        operation_id=f"get_{each.name}",
        summary=f"One of {each.name}; ETag is its version",
        tags=[each.name],
    )(operation(each.view_action, each.kind)(_getter(each)))


@router.get(
    "/audit",
    response={200: AuditPage} | FAULTS,
    operation_id="list_audit",
    summary=gettext_noop("Lines of the audit"),
    tags=["audit"],
)
@operation("audit.view")
def audit(request: HttpRequest, after: str = "", limit: int = 50, estate: str = "", action: str = "") -> HttpResponse:
    """Lines of the actor's estates, by number; ``action`` is a prefix."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lines = audit_lines(actor)
    if estate:
        lines = lines.filter(estate=estate)
    if action:
        lines = lines.filter(action__startswith=action)
    return many(lines, after, limit, _say_line, key="number")


def audit_lines(actor: Actor) -> QuerySet[AuditLine]:
    """The lines of the actor's estates, without those of what he may not know of."""
    codes = Estate.objects.filter(pk__in=actor.estate_ids).values("code")
    closed = [pk for pk in actor.estate_ids if not sees_confidential(actor, pk)]
    hidden = Request.objects.filter(estate__in=closed, stage__in=CONFIDENTIAL).values("pk")
    lines = AuditLine.objects.filter(estate__in=codes)
    codes_closed = Estate.objects.filter(pk__in=closed).values("code")
    lines = lines.exclude(action__startswith=CONFIDENTIAL_ACTIONS, estate__in=codes_closed)
    return lines.exclude(Q(subject_type=Request._meta.label) & Q(subject_id__in=hidden))


def _say_line(line: AuditLine) -> dict[str, Any]:
    names = ("number", "at", "happened_at", "organisation", "on_behalf_of", "action", "estate", "subject_type",
             "subject_id", "hash")  # fmt: skip
    return {name: getattr(line, name) for name in names} | {"person": line.person_label}
