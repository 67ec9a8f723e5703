"""What every page's shell shows: navigation, the current estate, unread notices."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _


def shell(request: HttpRequest) -> dict[str, Any]:
    """Names for base.html."""
    actor = getattr(request, "actor", None)
    if actor is None or actor.person is None:
        return {"navigation": [], "actor": actor}
    places = [
        (_("My desk"), "desk:home", "desk"),
        (_("Estates"), "estates:list", "estate"),
        (_("Problems"), "problems:list", "problem"),
        (_("Meetings"), "meetings:list", "meeting"),
        (_("Commitments"), "commitments:list", "commitment"),
        (_("Requests"), "connections:list", "request"),
        (_("Studies"), "studies:list", "study"),
        (_("Reports"), "desk:reports", "report"),
    ]
    if not actor.roles():  # an administrator sees people, not cases
        places = [(_("People"), "parties:people", "people"), (_("My account"), "parties:me", "settings")]
    navigation = []
    for label, name, icon in places:
        try:
            address = reverse(name)
        except NoReverseMatch:
            continue
        current = request.path == address or (address != "/" and request.path.startswith(address))
        navigation.append({"label": label, "url": address, "icon": icon, "count": None, "current": current})
    return {"navigation": navigation, "actor": actor, "unread": Unread(request, actor.person.pk)}


class Unread:
    """Number of unread notices, counted when the page asks."""

    def __init__(self, request: HttpRequest, person: int) -> None:
        self.request, self.person = request, person

    def count(self) -> int:
        """Notices not read yet; a page that has counted them already says so in ``request.unread``."""
        if hasattr(self.request, "unread"):
            return int(self.request.unread)
        from rasana.portal.base.notify import Notice

        return Notice.objects.filter(person=self.person, read_at__isnull=True).count()
