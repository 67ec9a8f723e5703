"""Start-up of the app."""

from __future__ import annotations

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """See the package."""

    name = "rasana.portal.apps.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"
