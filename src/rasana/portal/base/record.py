"""What is written down in the office: records that are versioned, never deleted, and saved only within an act."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.urls import reverse
from django.utils.translation import get_language

if TYPE_CHECKING:
    from rasana.portal.base.actor import Actor
    from rasana.portal.base.audit import AuditLine
    from rasana.portal.base.people import Estate, Organisation


@functools.lru_cache(maxsize=65_536)
def page_address(name: str, key: int) -> str:
    """The address of a record's page by the page's name, kept: in a list of fifty it is asked for fifty times."""
    return reverse(name, args=(key,))


class Stale(Exception):
    """Someone else saved the record after it was read. Both versions are known to the caller."""

    def __init__(self, record: Record) -> None:
        super().__init__(f"{record._meta.label} {record.pk} has been changed meanwhile")
        self.record = record


class OutsideAct(Exception):
    """A record was to be written without anyone acting: no line would say who."""


class RecordQuerySet(models.QuerySet):
    """Questions only. What would write behind the audit's back is refused."""

    def _refuse(self, verb: str) -> None:
        raise OutsideAct(f"{verb}() writes {self.model._meta.label} without an audit line: save() each within an act")

    def update(self, **values: object) -> int:
        """Refused."""
        self._refuse("update")
        return 0

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused: nothing is deleted, a state says that it is over."""
        self._refuse("delete")
        return 0, {}

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Refused: see ``load``."""
        self._refuse("bulk_create")
        return []

    def bulk_update(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> int:
        """Refused."""
        self._refuse("bulk_update")
        return 0

    def load(self, records: list[Any]) -> list[Any]:
        """Insert many new records at once, within an act that writes down each."""
        from rasana.portal.base.audit import current

        act = current()
        made = super().bulk_create(records, batch_size=500)
        for record in made:
            act.saved(record, None)
            record.remember()
        return made


class Record(models.Model):
    """A versioned row. ``estate_of`` and ``standing`` say who may see it and do what with it."""

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(editable=False)

    objects = RecordQuerySet.as_manager()
    append_only: ClassVar[bool] = False
    read_with: ClassVar[tuple[str, ...]] = ()
    """What the record's pages read along with it, in the same statement."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: list[str], values: list[Any]) -> Self:
        """A record as read, with what was read kept for the audit."""
        record = super().from_db(db, field_names, values)
        record._read = (db, field_names, values)
        return record

    def remember(self) -> None:
        """Keep the values as they are in the database."""
        self._stored, self._read = self.snapshot(), None

    def _before(self) -> dict[str, Any]:
        """The values as they were read; worked out only now, for most records are shown and not changed."""
        return super(Record, type(self)).from_db(*self._read).snapshot() if self._read else self._stored

    def snapshot(self) -> dict[str, Any]:
        """Values of all columns that are loaded, ready for JSON (geometry and files by their stored value)."""
        deferred = self.get_deferred_fields()
        fields = [field for field in self._meta.concrete_fields if field.attname not in deferred]
        return {field.attname: _plain(field.value_from_object(self)) for field in fields}

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert or update within an act; a stale version raises Stale.

        Raises:
            OutsideAct: nobody acts.
            Stale: someone else saved it meanwhile.
        """
        from rasana.portal.base.audit import current

        act = current()
        if self._state.adding:
            if self.created_at is None:
                self.created_at = act.at
            super().save(*args, force_insert=True, **kwargs)
            act.saved(self, None)
        else:
            if self.append_only:
                raise OutsideAct(f"{self._meta.label} {self.pk} is kept as it was written")
            self._update(act, kwargs)
        self.remember()

    def _update(self, act: Any, kwargs: dict[str, Any]) -> None:
        before = self._before()
        self._version_read = self.version
        self.version += 1
        kwargs.pop("update_fields", None)
        super().save(force_update=True, **kwargs)
        act.saved(self, before)

    def _do_update(self, base_qs: Any, *args: Any) -> bool:
        """Only the version that was read is replaced."""
        if not super()._do_update(base_qs.filter(version=self._version_read), *args):
            self.version = self._version_read
            raise Stale(type(self).objects.get(pk=self.pk))
        return True

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: nothing is deleted."""
        raise OutsideAct(f"{self._meta.label} is never deleted")

    def estate_of(self) -> Estate | None:
        """The estate in whose case this record stands; None for what belongs to no estate."""
        try:
            self._meta.get_field("estate")
        except FieldDoesNotExist:
            return None
        return self.estate

    def standing(self, organisation: Organisation) -> set[str]:
        """How an organisation stands to this record, beyond being a party in its estate."""
        return set()

    def hidden_from(self, actor: Actor) -> bool:
        """Whether the actor may not know of this record although he is a party in its estate."""
        return False

    def fields_hidden_from(self, actor: Actor) -> frozenset[str]:
        """Fields of this record whose values the actor may not read in its history although he sees the record."""
        return frozenset()

    def hidden_up_to(self, actor: Actor) -> AuditLine | None:
        """The last line of the audit that the actor may not know of although he sees what became of the record."""
        return None


def record_kind(label: str) -> type[Record]:
    """The kind of record that a generic link names, such as ``problems.Problem``, whatever its case.

    Raises:
        LookupError: no kind of record is called so.
    """
    for model in apps.get_models():
        if model._meta.label_lower == label.lower() and issubclass(model, Record):
            return model
    raise LookupError(label)


class AppendOnly(Record):
    """A record that is written once."""

    append_only = True

    class Meta:
        abstract = True


class Told(models.Model):
    """Part of the story: what was invented for the example is marked as such wherever it shows."""

    invented = models.BooleanField(default=False)
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True


class TwoNames(models.Model):
    """Persian and English name; ``name`` is that of the reader's language."""

    name_fa = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)

    class Meta:
        abstract = True

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        return self.name_en if (get_language() or "fa").startswith("en") else self.name_fa

    def __str__(self) -> str:
        return self.name


def _plain(value: Any) -> Any:
    if isinstance(value, models.fields.files.FieldFile):
        return value.name
    return value
