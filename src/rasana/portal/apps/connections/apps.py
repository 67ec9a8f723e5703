"""Start-up of the app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConnectionsConfig(AppConfig):
    """See the package."""

    name = "rasana.portal.apps.connections"
    label = "connections"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the apps below what is known about requests."""
        from rasana.portal.apps.connections import selectors
        from rasana.portal.apps.estates import search, threads
        from rasana.portal.base.registries import suggest_with

        search.register("requests", selectors.found_by_search, heading=_("Requests"))
        threads.register_plot("requests", selectors.threads_of_plot)
        suggest_with(selectors.suggestions)
