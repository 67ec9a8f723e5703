"""Addresses of the app."""

from __future__ import annotations

from django.urls import path

from rasana.portal.apps.connections import views

app_name = "connections"
urlpatterns = [
    path("requests/", views.register, name="list"),
    path("requests/new/", views.new, name="new"),
    path("requests/unauthorised/", views.unauthorised, name="unauthorised"),
    path("requests/unauthorised/new/", views.find, name="find"),
    path("requests/<int:pk>/", views.detail, name="detail"),
    path("requests/<int:pk>/advance/", views.advance, name="advance"),
    path("requests/<int:pk>/record/", views.record_step, name="record"),
    path("requests/<int:pk>/provisional/", views.provisional, name="provisional"),
    path("requests/<int:pk>/regularise/", views.regularise, name="regularise"),
    path("requests/<int:pk>/files/<int:attachment>/", views.file, name="file"),
    path("requests/<int:pk>/paper/", views.paper, name="paper"),
    path("requests/<int:pk>/return/", views.give_back, name="return"),
    path("requests/<int:pk>/condition/", views.condition, name="condition"),
    path("requests/<int:pk>/check/", views.check, name="check"),
    path("requests/<int:pk>/study/", views.study, name="study"),
    path("requests/<int:pk>/wait/", views.wait, name="wait"),
    path("requests/<int:pk>/resume/", views.resume, name="resume"),
    path("requests/<int:pk>/refuse/", views.refuse, name="refuse"),
    path("requests/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
]
