"""All addresses of the portal. Each app has its own; a path says what is there."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path
from django.views.i18n import set_language

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("language/", set_language, name="set_language"),
    *(path("", include(f"rasana.portal.apps.{app}.urls")) for app in settings.APPS),
]
if settings.DEBUG:
    from rasana.portal.base.style import style, style_map

    urlpatterns += [path("style/", style), path("style/map.json", style_map)]
