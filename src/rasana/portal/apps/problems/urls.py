"""Addresses of the app."""

from __future__ import annotations

from django.urls import path

from rasana.portal.apps.problems import letters, views

app_name = "problems"
urlpatterns = [
    path("problems/", views.problem_list, name="list"),
    path("problems/new/<slug:estate>/", views.problem_new, name="new"),
    path("problems/map/<slug:estate>.json", views.problem_points, name="points"),
    path("problems/<int:pk>/", views.problem_page, name="detail"),
    path("problems/<int:pk>/triage/", views.problem_triage, name="triage"),
    path("problems/<int:pk>/assign/", views.problem_assign, name="assign"),
    path("problems/<int:pk>/study/", views.problem_study, name="study"),
    path("problems/<int:pk>/fix/", views.problem_fix, name="fix"),
    path("problems/<int:pk>/confirm/", views.problem_confirm, name="confirm"),
    path("problems/<int:pk>/reopen/", views.problem_reopen, name="reopen"),
    path("problems/<int:pk>/attach/", views.problem_attach, name="attach"),
    path("problems/<int:pk>/link/", views.problem_link, name="link"),
    path("problems/<int:pk>/map.json", views.problem_map, name="map"),
    path("problems/<int:pk>/files/<int:attachment>/", views.problem_file, name="file"),
    path("letters/", letters.letter_list, name="letters"),
    path("letters/new/<slug:estate>/", letters.letter_new, name="letter_new"),
    path("letters/<int:pk>/", letters.letter_page, name="letter"),
    path("letters/<int:pk>/files/<int:attachment>/", letters.letter_file, name="letter_file"),
]
