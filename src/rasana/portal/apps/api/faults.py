"""What the API answers when it can't: RFC 9457 problem documents in the language that the caller accepts."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as BodyError

from rasana.portal.base.record import Stale

log = logging.getLogger(__name__)
LANGUAGES = ("fa", "en")


class Precondition(Exception):
    """A write on a record came without If-Match."""


class KeyReused(Exception):
    """An Idempotency-Key came again with another request."""


def language_of(request: HttpRequest) -> str:
    """The language that the caller accepts most, of those that there are; Persian when he says nothing."""
    wishes = []
    for place, part in enumerate(request.headers.get("Accept-Language", "")[:200].split(",")):
        name, _semicolon, weight = part.partition(";")
        code = name.strip().lower().partition("-")[0]
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
        except ValueError:
            continue
        if code in LANGUAGES and quality > 0:
            wishes.append((-quality, place, code))
    return min(wishes)[2] if wishes else "fa"


def answer(
    status: int, kind: str, title: str, detail: str = "", headers: dict[str, str] | None = None, **more: Any
) -> HttpResponse:
    """A problem document."""
    body = {"type": f"/api/v1/problems/{kind}", "title": title, "status": status}
    body |= ({"detail": detail} if detail else {}) | more
    return HttpResponse(
        json.dumps(body, ensure_ascii=False, default=str),
        status=status,
        content_type="application/problem+json; charset=utf-8",
        headers=headers,
    )


def field_errors(fault: ValidationError) -> dict[str, list[str]]:
    """Sentences by field; those of the whole under an empty name."""
    if hasattr(fault, "error_dict"):
        return {("" if name == NON_FIELD_ERRORS else name): texts for name, texts in fault.message_dict.items()}
    return {"": fault.messages}


def _refused(_request: HttpRequest, fault: ValidationError) -> HttpResponse:
    errors = field_errors(fault)
    first = next(iter(errors.values()), [""])[0]
    return answer(422, "refused", _("This was refused."), first, errors=errors)


def _body(_request: HttpRequest, fault: BodyError) -> HttpResponse:
    errors: dict[str, list[str]] = {}
    for each in fault.errors:
        place = [str(part) for part in each["loc"] if part not in {"body", "query", "path", "given", "header"}]
        said = _("This field is required.") if each["type"] == "missing" else _("This value is not accepted here.")
        errors.setdefault(".".join(place), []).append(said)
    return answer(422, "malformed", _("The request could not be read."), errors=errors)


def _stale(request: HttpRequest, fault: Stale) -> HttpResponse:
    current = getattr(request, "say_record", lambda record: {"version": record.version})(fault.record)
    return answer(
        412,
        "stale",
        _("Someone else has changed this; look at the new version."),
        headers={"ETag": f'"{fault.record.version}"'},
        current=current,
        current_version=fault.record.version,
        your_version=request.headers.get("If-Match", "").strip('"'),
        yours=_json_of(request),
    )


def _json_of(request: HttpRequest) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:
        return None


def _missing(_request: HttpRequest, _fault: Http404) -> HttpResponse:
    return answer(404, "missing", _("There is no such thing, or it is not for you."))


def _forbidden(_request: HttpRequest, fault: PermissionDenied) -> HttpResponse:
    return answer(403, "forbidden", _("You may not do this."), str(fault))


def _unknown(_request: HttpRequest, _fault: AuthenticationError) -> HttpResponse:
    title = _("Give a valid token: Authorization: Bearer rsn_…")
    return answer(401, "unauthenticated", title, headers={"WWW-Authenticate": "Bearer"})


def _precondition(_request: HttpRequest, _fault: Precondition) -> HttpResponse:
    return answer(428, "precondition", _("Give the version that you read in If-Match."))


def _reused(_request: HttpRequest, _fault: KeyReused) -> HttpResponse:
    return answer(422, "key-reused", _("This Idempotency-Key was used for another request."))


def _http(_request: HttpRequest, fault: HttpError) -> HttpResponse:
    return answer(fault.status_code, "http", _("The request could not be read."))


def _broken(_request: HttpRequest, fault: Exception) -> HttpResponse:
    log.error("api call failed", exc_info=fault)
    return answer(500, "broken", _("Something went wrong. Try again."))


def install(api: NinjaAPI) -> None:
    """Every kind of fault gets its problem document, in the caller's language."""
    kinds: dict[type[Exception], Any] = {
        ValidationError: _refused, BodyError: _body, Stale: _stale, Http404: _missing, PermissionDenied: _forbidden,
        AuthenticationError: _unknown, Precondition: _precondition, KeyReused: _reused, HttpError: _http,
        Exception: _broken,
    }  # fmt: skip
    for kind, handler in kinds.items():
        api.add_exception_handler(kind, _in_language(handler))


def _in_language(handler: Any) -> Any:
    def handle(request: HttpRequest, fault: Exception) -> HttpResponse:
        with translation.override(language_of(request)):
            request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
            return handler(request, fault)  # type: ignore[no-any-return]

    return handle
