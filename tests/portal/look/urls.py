"""The style page, and addresses that the shell looks for."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from rasana.portal.base.style import style, style_map


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


desk = ([path("search/", nothing, name="search"), path("notices/", nothing, name="notices")], "desk")
urlpatterns = [
    path("style/", style, name="style"),
    path("style/map.json", style_map, name="style_map"),
    path("language/", nothing, name="set_language"),
    path("", include(desk)),
]
