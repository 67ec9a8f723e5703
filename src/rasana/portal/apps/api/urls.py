"""Addresses of the app."""

from __future__ import annotations

from django.urls import path

from rasana.portal.apps.api import views
from rasana.portal.apps.api.v1 import api

app_name = "api"
urlpatterns = [
    path("api/", views.guide, name="guide"),
    path("api/v1/openapi.json", views.openapi, name="openapi"),
    path("api/v1/", api.urls),
    path("me/api/", views.tokens, name="tokens"),
    path("me/api/new/", views.make_token, name="make_token"),
    path("me/api/<int:pk>/revoke/", views.revoke_token, name="revoke_token"),
    path("webhooks/", views.webhooks, name="webhooks"),
    path("webhooks/new/", views.make_webhook, name="make_webhook"),
    path("webhooks/<int:pk>/", views.webhook, name="webhook"),
    path("webhooks/<int:pk>/switch/", views.switch_webhook, name="switch_webhook"),
    path("webhooks/<int:pk>/retry/", views.retry_webhook, name="retry_webhook"),
]
