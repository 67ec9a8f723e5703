"""Start-up of the app."""

from __future__ import annotations

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The desk, and the daily digest among the background work."""

    name = "rasana.portal.apps.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The digest is work that comes back each day."""
        from rasana.portal.apps.desk import digest  # noqa: F401
