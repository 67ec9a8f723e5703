"""Who acts in this request; and what happens when a record was changed by someone else meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import translation

from rasana.portal.base.actor import Actor, actor_of
from rasana.portal.base.record import Stale

Next = Callable[[HttpRequest], HttpResponse]
COOKIE = "django_language"
COMPRESSED = frozenset({"text/html", "application/geo+json"})


class PageCompression(GZipMiddleware):
    """Pages and maps come compressed; answers for machines as they are, for their ETag is the version to the letter."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """One answer."""
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        return super().process_response(request, response) if kind in COMPRESSED else response


class ActorMiddleware:
    """Sets ``request.actor``, and the language of the person where the browser has not chosen one."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """One request."""
        person = request.user if request.user.is_authenticated else None
        request.actor = actor_of(person) if person else Actor()  # type: ignore[attr-defined]
        language = request.COOKIES.get(COOKIE) or (person.language if person else "fa")
        with translation.override(language if language in {"fa", "en"} else "fa"):
            request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
            response = self.get_response(request)
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()
        response.headers["Content-Language"] = request.LANGUAGE_CODE  # type: ignore[attr-defined]
        return response


class StaleMiddleware:
    """A save on an old version: both versions are shown, nothing is lost."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """One request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """409: see stale.py."""
        if not isinstance(exception, Stale):
            return None
        from rasana.portal.site.stale import conflict

        return conflict(request, exception.record)
