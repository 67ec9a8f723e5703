"""Addresses of the desk."""

from __future__ import annotations

from django.urls import path

from rasana.portal.apps.desk import views

app_name = "desk"
urlpatterns = [
    path("", views.start, name="home"),
    path("story/", views.story, name="story"),
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_all, name="read_all"),
    path("notices/<int:number>/", views.follow, name="follow"),
    path("reports/", views.reports, name="reports"),
]
