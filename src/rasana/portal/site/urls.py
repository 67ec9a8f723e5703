"""All addresses of the portal. Each app has its own; a path says what is there."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path

from rasana.portal.apps.parties.views.account import language

urlpatterns = [
    path("accounts/", include("rasana.portal.apps.parties.account_urls")),
    path("language/", language, name="set_language"),
    *(path("", include(f"rasana.portal.apps.{app}.urls")) for app in settings.APPS),
]
if settings.DEBUG:
    from rasana.portal.base.style import style, style_map

    urlpatterns += [path("style/", style, name="style"), path("style/map.json", style_map, name="style_map")]
