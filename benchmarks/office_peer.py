"""The peer of the load: a plain Django that renders one line of a template, on the same server."""

from __future__ import annotations

from django.conf import settings

if not settings.configured:
    TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {}}]
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], TEMPLATES=TEMPLATES, USE_I18N=False)

from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

application = get_wsgi_application()
LINE = engines["django"].from_string("<!doctype html><title>One line</title><h1>{{ number }}</h1>")


def page(request: HttpRequest, **names: object) -> HttpResponse:
    """One line."""
    return HttpResponse(LINE.render({"number": 1404}, request))


urlpatterns = [path("", page), path("accounts/login/", page)]
