"""Start-up of the app."""

from __future__ import annotations

from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    """See the package."""

    name = "rasana.portal.apps.meetings"
    label = "meetings"
    default_auto_field = "django.db.models.BigAutoField"
