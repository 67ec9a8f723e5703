"""Start-up of the app."""

from __future__ import annotations

from django.apps import AppConfig


class EstatesConfig(AppConfig):
    """See the package."""

    name = "rasana.portal.apps.estates"
    label = "estates"
    default_auto_field = "django.db.models.BigAutoField"
