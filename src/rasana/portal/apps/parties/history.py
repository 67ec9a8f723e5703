"""The audit in the reader's words: who did what, before and after, without what the reader may not know.

Two rules hold on every line, also on those of other records changed in the same act: values of a record of a field
class that the actor may not read are withheld, and people are named to their own organisation only.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rasana.portal.apps.parties.words import DONE, FIELDS, RECORDS
from rasana.portal.base import clock, persian
from rasana.portal.base.access_table import ACCESS
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import AuditLine, as_known
from rasana.portal.base.people import Delegation, Estate, Membership, Organisation, Person
from rasana.portal.base.record import Record, record_kind

PERSONAL = frozenset({Person._meta.label, Membership._meta.label, Delegation._meta.label})
"""Kinds that are shown to their own organisation only."""
SILENT = frozenset({"base.Notice"})
"""Kinds that are no news to anyone but whom they are for."""
PAGELESS = SILENT | {"base.BallEvent", "base.Attachment"}
"""Kinds whose history is that of the record they belong to."""
TECHNICAL = frozenset({"id", "version", "created_at", "search_key", "sort_key", "session_epoch", "sha256"})
LONGEST = 400
HASH = re.compile("[0-9a-f]{64}")
"""What is too secret for the audit, or too long, stands in it by its hash."""
CHANGES_SHOWN = 8
"""Of one line, when lines of many records stand on a page: an estate that is brought in makes thousands of rows."""


@dataclass(frozen=True)
class Difference:
    """One field before and after, in words."""

    label: str
    before: str
    after: str
    is_long: bool = False


@dataclass(frozen=True)
class Change:
    """What became of one record in an act. ``withheld``: why its values are not shown."""

    kind: str
    is_new: bool
    differences: list[Difference]
    withheld: str = ""


@dataclass(frozen=True)
class Entry:
    """One line of the audit as it is read."""

    line: AuditLine
    what: str
    organisation: Organisation | None = None
    person: str = ""
    on_behalf_of: str = ""
    changes: list[Change] = field(default_factory=list)
    others: int = 0
    subject: str = ""
    url: str = ""
    is_secret: bool = False


@lru_cache(maxsize=256)
def kind_of(label: str) -> type[Record] | None:
    """The kind of record that a label such as 'problems.Problem' names, whatever its case."""
    try:
        model = record_kind(label)
    except LookupError:
        return None
    return model if model._meta.label not in SILENT else None


def kind_name(model: type[models.Model] | None, label: str = "") -> str:
    """What a kind of record is called."""
    label = model._meta.label if model is not None else label
    return str(RECORDS.get(label, label))


def field_name(name: str) -> str:
    """What a field is called, in the language of the page."""
    return str(FIELDS.get(name) or FIELDS.get(name.removesuffix("_id")) or name.replace("_", " "))


def done(action: str) -> str:
    """What someone did, in words."""
    return str(DONE.get(action) or (ACCESS[action].what if action in ACCESS else action))


def allowed(actor: Actor, kind: type[Record], record: Record | None) -> bool:
    """Whether the actor may read the values of a record, its field class and its owner considered."""
    if actor.is_system:
        return True
    if record is None:
        return False
    if record.hidden_from(actor):
        return False
    level = getattr(record, "field_class", None)
    if level is not None and level not in actor.classes(record.estate_of()):
        return False
    return kind._meta.label not in PERSONAL or "own" in record.standing(actor.organisation)


@dataclass
class Reader:
    """Reads lines for one actor. What the lines name is fetched once for all of them.

    ``about``: only what became of this record is told in full, the other changes of an act are counted. ``estate``: the
    one that the page is of, which has been read already.
    """

    actor: Actor
    lines: list[AuditLine]
    about: Record | None = None
    is_whole: bool = False
    estate: Estate | None = None
    _names: dict[type[models.Model], dict[int, str]] = field(default_factory=dict)
    _hidden_up_to: dict[tuple[str, int | None], int] = field(default_factory=dict)

    @cached_property
    def organisations(self) -> dict[str, Organisation]:
        """All organisations by code."""
        return {each.code: each for each in Organisation.objects.all()}

    @cached_property
    def records(self) -> dict[str, dict[int, Record]]:
        """Those records named by the lines whose values not everyone may read, by kind and key."""
        keys: defaultdict[str, set[int]] = defaultdict(set)
        for change in self._changes():
            keys[change["type"]].add(change["id"])
        for line in self.lines:
            if line.subject_type and line.subject_id:
                keys[line.subject_type].add(line.subject_id)
        found: dict[str, dict[int, Record]] = {}
        for label, pks in keys.items():
            kind = kind_of(label)
            if kind is not None and _is_guarded(kind):
                related = [name for name in ("estate", "person", "giver", "request") if _has(kind, name)]
                found[label] = kind.objects.select_related(*related).in_bulk(pks)
        return found

    def _changes(self) -> Iterator[dict[str, Any]]:
        return (change for line in self.lines for change in self._shown(line))

    def _shown(self, line: AuditLine) -> list[dict[str, Any]]:
        if self.is_whole:
            return line.changes  # type: ignore[no-any-return]
        if self.about is not None:
            own = self.about._meta.label, self.about.pk
            return [change for change in line.changes if (change["type"], change["id"]) == own]
        return [change for change in line.changes if change["type"] not in SILENT][:CHANGES_SHOWN]

    def entries(self) -> list[Entry]:
        """Every line in words."""
        self.fetch_names()
        return [self._entry(line) for line in self.lines]

    def _entry(self, line: AuditLine) -> Entry:
        if self.is_secret(line):
            return Entry(line, _("Confidential"), is_secret=True)
        own = line.organisation == self.actor.organisation_code or self.actor.is_system
        model = kind_of(line.subject_type) if line.subject_type else None
        return Entry(
            line=line,
            what=done(line.action),
            organisation=self.organisations.get(line.organisation),
            person=self._names[Person].get(line.person, line.person_label) if own and line.person else "",
            on_behalf_of=line.on_behalf_of if own else "",
            changes=[self._change(change) for change in self._shown(line)],
            others=sum(change["type"] not in SILENT for change in line.changes) - len(self._shown(line)),
            subject=f"{kind_name(model)} {line.subject_id}" if model is not None else "",
            url=history_url(line.subject_type, line.subject_id) if model is not None else "",
        )

    def is_secret(self, line: AuditLine) -> bool:
        """Whether the actor may not even know what the line is about."""
        record = self.records.get(line.subject_type, {}).get(line.subject_id)
        if record is not None and record.hidden_from(self.actor):
            return True
        return any(line.number <= self._last_hidden(kind, key) for kind, key in named_by(line))

    def _last_hidden(self, label: str, key: int | None) -> int:
        """Number of the last line about a record that the actor may not know of, 0 if he may know all."""
        if (label, key) not in self._hidden_up_to:
            record = self.records.get(label, {}).get(key) if key else None
            last = record.hidden_up_to(self.actor) if record is not None else None
            self._hidden_up_to[label, key] = last.number if last is not None else 0
        return self._hidden_up_to[label, key]

    def hidden_fields(self, change: dict[str, Any]) -> frozenset[str]:
        """Fields of a change whose values are not for the actor."""
        record = self.records.get(change["type"], {}).get(change["id"])
        return record.fields_hidden_from(self.actor) if record is not None else frozenset()

    def may_read(self, change: dict[str, Any]) -> bool:
        """Whether the actor may know the values of a change."""
        if change["type"] in SILENT:
            return False
        kind = kind_of(change["type"])
        if kind is None or not _is_guarded(kind) or self.actor.is_system:
            return True
        levels = {(change[side] or {}).get("field_class") for side in ("before", "after")} - {None}
        record = self.records[change["type"]].get(change["id"])
        if record is None or not allowed(self.actor, kind, record):
            return False
        return levels <= set(self.actor.classes(record.estate_of()))

    def _change(self, change: dict[str, Any]) -> Change:
        kind = kind_of(change["type"])
        name = kind_name(kind, change["type"])
        is_new = change["before"] is None
        if not self.may_read(change):
            return Change(name, is_new, [], _("Confidential"))
        before, hidden = change["before"] or {}, self.hidden_fields(change)
        rows = []
        for key, after in change["after"].items():
            if key in hidden:
                rows.append(Difference(field_name(key), "", _("Confidential")))
                continue
            if key in TECHNICAL or (is_new and after in (None, "", [], {})):
                continue
            texts = self.text(kind, key, before.get(key)), self.text(kind, key, after)
            rows.append(Difference(field_name(key), *texts, is_long=max(map(len, texts)) > 60))
        return Change(name, is_new, rows)

    # ------------------------------------------------------------------------------------------------ values as words

    def text(self, kind: type[models.Model] | None, name: str, value: Any) -> str:
        """A stored value in words: choices by their names, dates by the calendar, keys by what they stand for."""
        if value is None or value in ("", [], {}):
            return ""
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        column = _column(kind, name)
        if isinstance(column, models.ForeignKey):
            return self._names.get(column.related_model, {}).get(value, f"{kind_name(column.related_model)} {value}")
        if column is not None and column.choices:
            return str(dict(column.flatchoices).get(value, value))
        language = get_language() or "fa"
        if isinstance(column, models.DateField) and isinstance(value, str):
            return _moment(value, language)
        if isinstance(value, int | float):
            return persian.format_number(value, language)
        if not isinstance(value, str):
            return _("data")
        if name.endswith("_type") and (model := kind_of(value)) is not None:
            return kind_name(model)
        if HASH.fullmatch(value):
            return f"{value[:12]}…"
        return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"

    def fetch_names(self) -> None:
        """What the keys in the changes stand for, one statement for each kind."""
        keys: defaultdict[type[models.Model], set[int]] = defaultdict(set)
        keys[Person] = {line.person for line in self.lines if line.person}
        for change in self._changes():
            kind = kind_of(change["type"])
            for side in (change["before"] or {}, change["after"]):
                for name, value in side.items():
                    column = _column(kind, name)
                    if isinstance(column, models.ForeignKey) and value is not None:
                        keys[column.related_model].add(value)
        known = {Organisation: {each.pk: each for each in self.organisations.values()}}
        known[Estate] = {self.estate.pk: self.estate} if self.estate is not None else {}
        for model, pks in keys.items():
            related = ["organisation"] if model is Person else []
            if pks <= known.get(model, {}).keys():
                self._names[model] = {pk: self._name(known[model][pk]) for pk in pks}
                continue
            found = model._base_manager.select_related(*related).in_bulk(pks)
            self._names[model] = {pk: self._name(each) for pk, each in found.items()}

    def _name(self, each: models.Model) -> str:
        if isinstance(each, Person):
            own = self.actor.organisation is not None and each.organisation_id == self.actor.organisation.pk
            return each.name if own or self.actor.is_system else each.organisation.short
        title = getattr(each, "title", None) or getattr(each, "name", None)
        if title:
            return str(title)
        named = type(each).__str__ is not models.Model.__str__
        return str(each) if named else f"{kind_name(type(each))} {each.pk}"


def named_by(line: AuditLine) -> list[tuple[str, int | None]]:
    """Kinds and keys of a line's subject and of what it changed."""
    return [(line.subject_type, line.subject_id), *((change["type"], change["id"]) for change in line.changes)]


def known_then(actor: Actor, record: Record, moment: datetime) -> dict[str, Any]:
    """The record as it was known at a past moment; empty if it was not, or not to this actor."""
    last = record.hidden_up_to(actor)
    return {} if last is not None and moment <= last.at else as_known(record, moment)


def history_url(label: str, key: int | None) -> str:
    """The address of a record's history; empty when it has none."""
    try:
        return reverse("parties:history", args=[label.lower(), key]) if key else ""
    except NoReverseMatch:
        return ""


def as_rows(actor: Actor, record: Record, then: dict[str, Any]) -> list[Difference]:
    """Every field of a record as it was known at a moment and as it is now."""
    now = json.loads(json.dumps(record.snapshot(), cls=DjangoJSONEncoder))
    both = {"type": record._meta.label, "id": record.pk, "before": then, "after": now}
    reader = Reader(actor, [AuditLine(changes=[both])], is_whole=True)
    reader.fetch_names()
    kind, hidden = type(record), record.fields_hidden_from(actor)
    return [
        Difference(field_name(name), reader.text(kind, name, then.get(name)), reader.text(kind, name, value))
        for name, value in now.items()
        if name not in TECHNICAL and name not in hidden
    ]


def exported(actor: Actor, lines: Iterable[AuditLine]) -> Iterator[str]:
    """Lines as JSON, one a line, with what the actor may not read taken out and said to be.

    A line of which nothing was taken out can be checked against its hash.
    """
    for chunk in _chunks(lines, 500):
        reader = Reader(actor, chunk, is_whole=True)
        for line in chunk:
            content = json.loads(line.content())
            if reader.is_secret(line):
                kept = {name: content[name] for name in ("number", "at", "estate", "previous")}
                yield json.dumps(kept | {"hash": line.hash, "complete": False}, ensure_ascii=False) + "\n"
                continue
            withheld = False
            if line.organisation != actor.organisation_code and not actor.is_system and line.person:
                content |= {"person": None, "person_label": "", "on_behalf_of": ""}
                withheld = True
            for position, change in enumerate(line.changes):
                if not reader.may_read(change):
                    content["changes"][position] |= {"before": None, "after": None, "withheld": True}
                    withheld = True
                elif hidden := reader.hidden_fields(change):
                    for side in ("before", "after"):
                        values = content["changes"][position][side] or {}
                        content["changes"][position][side] = {k: v for k, v in values.items() if k not in hidden}
                    withheld = True
            yield json.dumps(content | {"hash": line.hash, "complete": not withheld}, ensure_ascii=False) + "\n"


def _chunks(lines: Iterable[AuditLine], size: int) -> Iterator[list[AuditLine]]:
    chunk: list[AuditLine] = []
    for line in lines:
        chunk.append(line)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _is_guarded(kind: type[Record]) -> bool:
    own_rule = kind.hidden_from is not Record.hidden_from or kind.fields_hidden_from is not Record.fields_hidden_from
    return own_rule or _has(kind, "field_class") or kind._meta.label in PERSONAL


def _has(kind: type[models.Model], name: str) -> bool:
    return any(each.name == name for each in kind._meta.fields)


def _column(kind: type[models.Model] | None, name: str) -> models.Field | None:
    if kind is None:
        return None
    return next((each for each in kind._meta.concrete_fields if each.attname == name), None)


def _moment(value: str, language: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    if len(value) <= 10:
        return persian.format_date(date.fromisoformat(value), language)
    local = moment.astimezone(clock.TEHRAN)
    time = persian.local_digits(local.strftime("%H:%M"), language)
    return f"{persian.format_date(local.date(), language)}{'،' if persian.is_persian(language) else ','} {time}"
