"""Who calls, what he may do, which version he read, and whether this write was answered before."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
import hashlib
import inspect
import json
import typing
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from rasana.portal.apps.api.faults import KeyReused, Precondition, language_of
from rasana.portal.apps.api.models import Answer, Scope, Token, TokenUse, digest_of
from rasana.portal.base import clock
from rasana.portal.base.access import NotAllowed, NotThere, require
from rasana.portal.base.actor import Actor, actor_of
from rasana.portal.base.people import Estate
from rasana.portal.base.record import Record

USE_NOTED_EVERY = timedelta(minutes=1)
KEY_LENGTH_MAX = 200
ANSWERS_KEPT = timedelta(days=2)
LIMIT_MAX = 200
Kind = TypeVar("Kind", bound=Record)


class TokenAuth(HttpBearer):
    """A token in ``Authorization: Bearer``; the session's cookie does not count here."""

    openapi_name = "token"

    def authenticate(self, request: HttpRequest, token: str) -> Token | None:
        """The token, if it is in force. Sets ``request.actor``.

        Raises:
            NotAllowed: a write with a token for reading.
        """
        found = Token.objects.select_related("person__organisation", "use").filter(digest=digest_of(token)).first()
        if found is None or found.revoked_at is not None or found.expires_on < clock.today():
            return None
        if not found.person.is_active:
            return None
        request.actor = actor_with(found)  # type: ignore[attr-defined]
        if request.method not in {"GET", "HEAD"} and found.scope != Scope.WRITE:
            with translation.override(language_of(request)):
                raise NotAllowed(_("This token is for reading only."))
        _note_use(found)
        return found


def actor_with(token: Token) -> Actor:
    """The token's person, in the token's estate only if it names one."""
    actor = actor_of(token.person)
    if token.only_estate_id is None:
        return actor
    return dataclasses.replace(actor, _estates=actor.estate_ids & {token.only_estate_id})


def _note_use(token: Token) -> None:
    now = clock.machine_now()
    use = getattr(token, "use", None)
    if use is None or now - use.last_used > USE_NOTED_EVERY:
        TokenUse.objects.update_or_create(token=token, defaults={"last_used": now})


def operation(action: str, kind: type[Record] | None = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An operation of the API: its row in the table of access, and the caller's language while it runs.

    The action is found as ``.action`` and the kind of record as ``.kind``, as on pages.
    """

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def run(request: HttpRequest, *args: Any, **names: Any) -> Any:
            with translation.override(language_of(request)):
                request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
                if kind is None:
                    require(request.actor, action)  # type: ignore[attr-defined]
                return _once(request, functools.partial(view, request, *args, **names))

        signature, hints = inspect.signature(view), typing.get_type_hints(view)
        known = [each.replace(annotation=hints.get(name, Any)) for name, each in signature.parameters.items()]
        run.__signature__ = signature.replace(parameters=known)  # type: ignore[attr-defined]
        run.action, run.kind = action, kind  # type: ignore[attr-defined]
        return run

    return wrap


def _once(request: HttpRequest, call: Callable[[], Any]) -> Any:
    """The call, or for an Idempotency-Key that was answered before, that answer.

    Raises:
        KeyReused: the key was used for another request.
        ValidationError: a key that is too long.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key or request.method in {"GET", "HEAD"}:
        return call()
    if len(key) > KEY_LENGTH_MAX:
        raise ValidationError({"Idempotency-Key": _("At most 200 characters.")})
    person = request.actor.person  # type: ignore[attr-defined]
    said = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    digest = hashlib.sha256(said).hexdigest()
    now = clock.machine_now()
    with transaction.atomic():
        Answer.objects.filter(at__lt=now - ANSWERS_KEPT).delete()
        kept, is_new = Answer.objects.select_for_update().get_or_create(
            person=person, key=key, defaults={"request_digest": digest, "at": now}
        )
        if not is_new:
            if kept.request_digest != digest:
                raise KeyReused
            return _again(kept)
        response = call()
        kept.status, kept.body = response.status_code, response.content.decode()
        kept.etag = response.headers.get("ETag", "")
        kept.save()
    return response


def _again(kept: Answer) -> HttpResponse:
    headers = {"Idempotent-Replayed": "true"} | ({"ETag": kept.etag} if kept.etag else {})
    return HttpResponse(kept.body, status=kept.status, content_type="application/json", headers=headers)


def found(request: HttpRequest, records: QuerySet[Kind], pk: int, action: str) -> Kind:
    """The record, if the actor may do this with it.

    Raises:
        NotThere: it is not among ``records``, or the actor may not know of it.
        NotAllowed: it is for others to do.
    """
    record = records.filter(pk=pk).first() if pk < 2**63 else None
    if record is None:
        raise NotThere
    require(request.actor, action, record)  # type: ignore[attr-defined]
    return record


def estate_of(request: HttpRequest, code: str, action: str) -> Estate:
    """An estate of the actor by its code.

    Raises:
        ValidationError: he has none of that code.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    estate = Estate.objects.filter(code=code, pk__in=actor.estate_ids).first()
    if estate is None:
        raise ValidationError({"estate": _("Choose one of your own estates.")})
    require(actor, action, estate)
    return estate


def version_of(request: HttpRequest) -> int:
    """The version that the caller read, from If-Match.

    Raises:
        Precondition: it is not there, or is no version.
    """
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Precondition
    return int(text)


def cleaned(form: Form) -> dict[str, Any]:
    """What the pages' own form makes of the body, so that both refuse the same in the same words.

    Raises:
        ValidationError: by field.
    """
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())  # type: ignore[arg-type]
    return form.cleaned_data


def one(request: HttpRequest, said: dict[str, Any], status: int = 200) -> HttpResponse:
    """A record, with its version as ETag; 304 when the caller has this version."""
    etag = f'"{said["version"]}"' if "version" in said else ""
    if status == 200 and etag and etag in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers={"ETag": etag})
    response = HttpResponse(_text(said), status=status, content_type="application/json")
    if etag:
        response.headers["ETag"] = etag
    if status == 201:
        response.headers["Location"] = said["href"]
    return response


def many(
    records: QuerySet[Any], after: str, limit: int, say: Callable[[Any], dict[str, Any]], key: str = "pk"
) -> HttpResponse:
    """A page of a list in the order of keys, and the cursor that continues it.

    Raises:
        ValidationError: a cursor that was not given here, a limit out of range.
    """
    if not 1 <= limit <= LIMIT_MAX:
        raise ValidationError({"limit": _("Between 1 and 200.")})
    if after:
        records = records.filter(**{f"{key}__gt": _key_of(after)})
    rows = list(records.order_by(key)[: limit + 1])
    more, rows = len(rows) > limit, rows[:limit]
    said = {"items": [say(row) for row in rows], "next": _cursor(getattr(rows[-1], key)) if more else None}
    return HttpResponse(_text(said), content_type="application/json")


def _text(said: dict[str, Any]) -> str:
    return json.dumps(said, cls=DjangoJSONEncoder, ensure_ascii=False)


def _cursor(key: int) -> str:
    return base64.urlsafe_b64encode(f"k{key}".encode()).decode().rstrip("=")


def _key_of(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (ValueError, binascii.Error):
        text = ""
    if text[:1] != "k" or not text[1:].isdigit() or len(text) > 19:
        raise ValidationError({"after": _("This cursor was not given here.")})
    return int(text[1:])
