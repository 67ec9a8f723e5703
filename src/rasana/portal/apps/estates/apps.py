"""Start-up of the app."""

from __future__ import annotations

from django.apps import AppConfig


class EstatesConfig(AppConfig):
    """See the package."""

    name = "rasana.portal.apps.estates"
    label = "estates"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the search what this app knows."""
        from rasana.portal.apps.estates import search, selectors

        for name, provider in selectors.PROVIDERS.items():
            search.register(name, provider, heading=selectors.HEADINGS[name])
