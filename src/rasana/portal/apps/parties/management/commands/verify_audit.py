"""Whether the audit chain holds."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rasana.portal.base.audit import first_fault, last_line
from rasana.portal.base.audit_rows import rows_unlike_audit


class Command(BaseCommand):
    """Reads the whole chain; ends with 1 at the first fault."""

    help = "Check that no line of the audit was changed, added or removed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--noted", metavar="NUMBER:HASH", help="the end of the chain as noted elsewhere")
        parser.add_argument("--rows", action="store_true", help="also check that every row is as the audit left it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, say what was found.

        Raises:
            CommandError: the chain does not hold, or a row differs.
        """
        fault = first_fault(_noted(options["noted"]))
        if fault is not None:
            raise CommandError(f"the chain does not hold at line {fault[0]}: {fault[1]}")
        if options["rows"]:
            differing = list(rows_unlike_audit())
            for kind, key, what in differing[:20]:
                self.stderr.write(f"{kind} {key}: {what}")
            if differing:
                raise CommandError(f"{len(differing)} rows are not as the audit left them")
        number, digest = last_line() or (0, "")
        self.stdout.write(f"the chain of {number} lines holds; note its end: {number}:{digest}")


def _noted(text: str | None) -> tuple[int, str] | None:
    if not text:
        return None
    number, _colon, digest = text.partition(":")
    if not number.isdigit() or len(digest) != 64:
        raise CommandError("--noted: give the number and the hash of a line, as this command prints them")
    return int(number), digest
