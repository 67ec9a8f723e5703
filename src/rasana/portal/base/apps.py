"""The app that every other app stands on."""

from __future__ import annotations

from django.apps import AppConfig


class BaseConfig(AppConfig):
    """Records, audit, access, people, time."""

    name = "rasana.portal.base"
    label = "base"
    default_auto_field = "django.db.models.BigAutoField"
