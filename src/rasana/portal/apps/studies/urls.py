"""Addresses of the app."""

from __future__ import annotations

from django.urls import path

from rasana.portal.apps.studies import views

app_name = "studies"
urlpatterns = [
    path("studies/", views.study_list, name="list"),
    path("studies/<int:pk>/", views.study_page, name="study"),
    path("studies/<int:pk>/assumptions/", views.assumptions_page, name="assumptions"),
    path("studies/<int:pk>/map.json", views.map_partner, name="map"),
    path("studies/<int:pk>/map/company.json", views.map_company, name="map_company"),
    path("studies/<int:pk>/files/<str:name>", views.study_file, name="file"),
]
