"""Start-up of the app."""

from __future__ import annotations

from django.apps import AppConfig


class CommitmentsConfig(AppConfig):
    """See the package."""

    name = "rasana.portal.apps.commitments"
    label = "commitments"
    default_auto_field = "django.db.models.BigAutoField"
