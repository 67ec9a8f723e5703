"""Addresses of the app."""

from __future__ import annotations

from django.urls import path

from rasana.portal.apps.meetings import sealed, views

app_name = "meetings"
urlpatterns = [
    path("meetings/", views.meeting_list, name="list"),
    path("meetings/new/<slug:estate>/", views.meeting_new, name="new"),
    path("meetings/<int:pk>/", views.meeting_page, name="detail"),
    path("meetings/<int:pk>/change/", views.meeting_change, name="change"),
    path("meetings/<int:pk>/invite/", views.meeting_invite, name="invite"),
    path("meetings/<int:pk>/reply/", views.meeting_reply, name="reply"),
    path("meetings/<int:pk>/hold/", views.meeting_hold, name="hold"),
    path("meetings/<int:pk>/minutes/", views.meeting_minutes, name="minutes"),
    path("meetings/<int:pk>/circulate/", views.meeting_circulate, name="circulate"),
    path("meetings/<int:pk>/correct/", views.meeting_correct, name="correct"),
    path("meetings/<int:pk>/countersign/", views.meeting_countersign, name="countersign"),
    path("meetings/<int:pk>/link/", views.meeting_link, name="link"),
    path("meetings/<int:pk>/invitation.ics", views.meeting_calendar, name="calendar"),
    path("meetings/<int:pk>/seal/", sealed.meeting_seal, name="seal"),
    path("meetings/<int:pk>/addendum/", sealed.meeting_addendum, name="addendum"),
    path("meetings/<int:pk>/minutes.pdf", sealed.meeting_pdf, name="pdf"),
    path("meetings/<int:pk>/minutes.json", sealed.meeting_json, name="json"),
    path("meetings/<int:pk>/verify/", sealed.meeting_verify, name="verify"),
]
