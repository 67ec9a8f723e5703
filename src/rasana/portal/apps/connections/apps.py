"""Start-up of the app."""

from __future__ import annotations

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    """See the package."""

    name = "rasana.portal.apps.connections"
    label = "connections"
    default_auto_field = "django.db.models.BigAutoField"
