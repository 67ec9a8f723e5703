"""Start-up of the app."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """See the package."""

    name = "rasana.portal.apps.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The worker delivers webhooks."""
        from rasana.portal.apps.api import webhooks  # noqa: F401 - its job registers itself
