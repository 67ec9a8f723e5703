"""Start-up of the app."""

from __future__ import annotations

from django.apps import AppConfig


class ProblemsConfig(AppConfig):
    """See the package."""

    name = "rasana.portal.apps.problems"
    label = "problems"
    default_auto_field = "django.db.models.BigAutoField"
