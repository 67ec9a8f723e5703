"""Start-up of the app."""

from __future__ import annotations

from django.apps import AppConfig


class PartiesConfig(AppConfig):
    """See the package."""

    name = "rasana.portal.apps.parties"
    label = "parties"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what allauth does."""
        from rasana.portal.apps.parties import signin  # noqa: F401
