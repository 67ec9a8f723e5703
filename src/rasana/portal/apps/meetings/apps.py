"""Start-up of the app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class MeetingsConfig(AppConfig):
    """See the package."""

    name = "rasana.portal.apps.meetings"
    label = "meetings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the search and the pages of what was talked about what this app knows."""
        from rasana.portal.apps.estates import search
        from rasana.portal.apps.meetings import selectors
        from rasana.portal.base.registries import relate_with

        search.register("meetings", selectors.find, heading=gettext_lazy("Meetings"))
        relate_with(selectors.relate)
