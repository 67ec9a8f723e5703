"""Start-up of the app."""

from __future__ import annotations

from django.apps import AppConfig


class StudiesConfig(AppConfig):
    """See the package."""

    name = "rasana.portal.apps.studies"
    label = "studies"
    default_auto_field = "django.db.models.BigAutoField"
