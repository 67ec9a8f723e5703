"""Who sees and does what: one table (access_table.py), one question (``can``), one gate for pages (``page``)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from rasana.portal.base.access_table import ACCESS, Access
from rasana.portal.base.people import Estate
from rasana.portal.base.record import Record

if TYPE_CHECKING:
    from rasana.portal.base.actor import Actor


class NotThere(Http404):
    """The actor may not know that it exists: answered like what is missing."""


class NotAllowed(PermissionDenied):
    """The actor sees it, but this is for others to do."""


def standing_of(actor: Actor, subject: Record | None) -> set[str]:
    """How the actor's organisation stands to a record: 'party' in its estate, and what the record itself says."""
    if actor.organisation is None or subject is None:
        return set()
    estate = subject.estate_of()
    found = set(subject.standing(actor.organisation))
    if estate is not None and actor.roles(estate):
        found.add("party")
    elif estate is not None:
        return set()
    return found


def can(actor: Actor, action: str, subject: Record | None = None) -> bool:
    """Whether the table lets the actor do this."""
    return _fault(actor, action, subject) is None


def require(actor: Actor, action: str, subject: Record | None = None) -> None:
    """Nothing, or the reason why not.

    Raises:
        NotThere: the actor has no standing to the subject at all.
        NotAllowed: the subject is seen, the action is for others.
        KeyError: the table has no such action.
    """
    fault = _fault(actor, action, subject)
    if fault is not None:
        raise fault


def _fault(actor: Actor, action: str, subject: Record | None) -> Exception | None:
    row = ACCESS[action]
    if actor.is_system or "anyone" in row.roles:
        return None
    if actor.person is None:
        return NotThere()
    standing = standing_of(actor, subject)
    if subject is not None and (not standing or subject.hidden_from(actor)):
        return NotThere()
    if row.standing and subject is not None and not (standing & row.standing):
        return NotAllowed(_("This is for another organisation to do."))
    if _has_role(actor, row, subject):
        return None
    return NotAllowed(_("Your role does not include this."))


def _has_role(actor: Actor, row: Access, subject: Record | None) -> bool:
    if "person" in row.roles:
        return True
    if "administrator" in row.roles and actor.is_administrator:
        return True
    estate = subject.estate_of() if subject is not None else None
    return bool(actor.roles(estate) & row.roles)


def page(
    action: str, kind: type[Record] | None = None, *, methods: tuple[str, ...] = ("GET", "HEAD")
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A page or verb of the office: finds the record that the address names and asks the table before the view runs.

    ``<int:pk>`` names the record of ``kind``; ``<slug:estate>`` names an Estate. Who has not signed in is sent to the
    sign-in page; who may not see it gets the same answer as for what is missing.
    """

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def gate(request: HttpRequest, **names: Any) -> HttpResponse:
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            actor: Actor = request.actor  # type: ignore[attr-defined]
            if actor.person is None and "anyone" not in ACCESS[action].roles:
                return redirect(f"/accounts/login/?next={request.get_full_path()}")
            if kind is None:
                require(actor, action)
                return view(request, **names)
            record = _find(kind, names)
            require(actor, action, record)
            return view(request, record, **names)

        gate.action = action  # type: ignore[attr-defined]
        gate.kind = kind  # type: ignore[attr-defined]
        gate.methods = methods  # type: ignore[attr-defined]
        return gate

    return wrap


def _find(kind: type[Record], names: dict[str, Any]) -> Record:
    where = {"code": names.pop("estate")} if kind is Estate else {"pk": names.pop("pk")}
    related = {"estate"} if any(field.name == "estate" for field in kind._meta.fields) else set()
    related.update(kind.read_with)
    record = kind.objects.select_related(*related).filter(**where).first()
    if record is None:
        raise NotThere
    return record
