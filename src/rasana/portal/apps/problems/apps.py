"""Start-up of the app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class ProblemsConfig(AppConfig):
    """See the package."""

    name = "rasana.portal.apps.problems"
    label = "problems"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the search, the plots' pages and the agendas what this app knows."""
        from rasana.portal.apps.estates import search, threads
        from rasana.portal.apps.problems import selectors
        from rasana.portal.base.registries import suggest_with

        search.register("problems", selectors.find, heading=gettext_lazy("Problems"))
        search.register("letters", selectors.find_letters, heading=gettext_lazy("Letters"))
        threads.register_plot("problems", selectors.threads_of_plot)
        threads.register_estates("problems", selectors.threads_of_estates)
        suggest_with(selectors.suggest)
