"""Start-up of the app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommitmentsConfig(AppConfig):
    """See the package."""

    name = "rasana.portal.apps.commitments"
    label = "commitments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the apps below what this one knows, and the worker what it does every hour."""
        from rasana.portal.apps.commitments import climb, known
        from rasana.portal.apps.estates import search, threads
        from rasana.portal.base.registries import relate_with, suggest_with

        assert climb.hourly  # noqa: S101 - loading it registers the job
        search.register("commitments", known.found, heading=_("Commitments"))
        threads.register_plot("commitments", known.threads_of_plot)
        threads.register_estates("commitments", known.threads_of_estates)
        suggest_with(known.suggestions)
        relate_with(known.related)
