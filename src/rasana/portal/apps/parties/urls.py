"""Addresses of the app."""

from __future__ import annotations

from django.urls import URLPattern, path

from rasana.portal.apps.parties.views import account, audit, calendar, organisation, sign_in

app_name = "parties"
urlpatterns: list[URLPattern] = [
    path("me/", account.me, name="me"),
    path("me/delegations/", account.delegate, name="delegate"),
    path("delegations/<int:pk>/end/", account.end_delegation, name="end_delegation"),
    path("me/sessions/end/", account.end_sessions, name="end_sessions"),
    path("me/second-factor/", account.offer_second_factor, name="second_factor"),
    path("people/", organisation.people, name="people"),
    path("people/add/", organisation.add, name="add_person"),
    path("people/<int:pk>/", organisation.person, name="person"),
    path("people/<int:pk>/change/", organisation.change, name="change_person"),
    path("people/<int:pk>/roles/", organisation.give_role, name="give_role"),
    path("people/<int:pk>/close/", organisation.deactivate, name="deactivate"),
    path("people/<int:pk>/open/", organisation.activate, name="activate"),
    path("people/<int:pk>/link/", organisation.new_link, name="new_link"),
    path("roles/<int:pk>/end/", organisation.end_role, name="end_role"),
    path("calendar/", calendar.holidays, name="calendar"),
    path("calendar/add/", calendar.add, name="add_holiday"),
    path("calendar/take-over/", calendar.take_over, name="take_over"),
    path("calendar/holidays.json", calendar.names, name="holidays"),
    path("calendar/<int:pk>/confirm/", calendar.confirm, name="confirm_holiday"),
    path("history/<str:kind>/<int:pk>/", audit.of_record, name="history"),
    path("audit/<slug:estate>/", audit.of_estate, name="audit"),
    path("audit/<slug:estate>/export/", audit.export, name="export"),
    path("welcome/<str:key>/", sign_in.welcome, name="welcome"),
]
