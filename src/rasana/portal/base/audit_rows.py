"""Whether the rows are what the audit says: no row without a line, none changed behind its back."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder

from rasana.portal.base.audit import AuditLine
from rasana.portal.base.record import Record


def record_kinds() -> list[type[Record]]:
    """Every kind of record of the office."""
    return [model for model in apps.get_models() if issubclass(model, Record)]


def rows_unlike_audit() -> Iterator[tuple[str, int, str]]:
    """Kind, key and what is wrong with each row that is not as the audit's lines left it."""
    said: defaultdict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for changes in AuditLine.objects.order_by("number").values_list("changes", flat=True).iterator(chunk_size=2000):
        for change in changes:
            said[change["type"]].setdefault(change["id"], {}).update(change["after"])
    for kind in record_kinds():
        known = said[kind._meta.label]
        for row in kind._base_manager.order_by("pk").iterator(chunk_size=2000):
            values = known.pop(row.pk, None)
            if values is None:
                yield kind._meta.label, row.pk, "no line says who made it"
                continue
            now = json.loads(json.dumps(row.snapshot(), cls=DjangoJSONEncoder))
            other = sorted(name for name, value in now.items() if name in values and values[name] != value)
            if other:
                yield kind._meta.label, row.pk, f"changed without a line: {', '.join(other)}"
        for key in known:
            yield kind._meta.label, key, "the row is gone"
