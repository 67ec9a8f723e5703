"""Addresses of the app."""

from __future__ import annotations

from django.urls import path

from rasana.portal.apps.estates import views

app_name = "estates"
urlpatterns = [
    path("estates/", views.estate_list, name="list"),
    path("estates/<slug:estate>/", views.estate_page, name="estate"),
    path("estates/<slug:estate>/map.json", views.map_public, name="map"),
    path("estates/<slug:estate>/map/partner.json", views.map_partner, name="map_partner"),
    path("estates/<slug:estate>/plots/", views.plot_list, name="plots"),
    path("estates/<slug:estate>/units/", views.unit_list, name="units"),
    path("estates/<slug:estate>/figures/", views.figures_page, name="figures"),
    path("estates/<slug:estate>/figures/add/", views.figure_add, name="figure_add"),
    path("figures/<int:pk>/adopt/", views.figure_adopt, name="figure_adopt"),
    path("plots/<int:pk>/", views.plot_page, name="plot"),
    path("plots/<int:pk>/status/", views.plot_status, name="plot_status"),
    path("search/", views.search_page, name="search"),
]
