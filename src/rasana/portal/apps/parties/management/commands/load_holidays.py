"""The list of holidays that comes with the program."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from rasana.portal.apps.parties.actions import load_holidays
from rasana.portal.base.actor import SYSTEM


class Command(BaseCommand):
    """Takes over what the office does not have yet; may be run again."""

    help = "Take over the holidays of the years in the program's list."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, say how many."""
        self.stdout.write(f"{load_holidays(SYSTEM)} holidays added")
