"""The portal as a whole: its checks at the start."""

from __future__ import annotations

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Registers the checks."""

    name = "rasana.portal.site"
    label = "site"

    def ready(self) -> None:
        """See checks.py."""
        from rasana.portal.site import checks  # noqa: F401
