"""Studies of an estate's supply, kept as the engine made them; each part has the field class of who may read it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rasana.portal.base.people import Estate, Organisation, Person
from rasana.portal.base.persian import format_number
from rasana.portal.base.record import AppendOnly

WITHHELD = ("company_figures", "findings", "assumptions")
"""Columns that hold what only the electric companies may read; the audit, which partners read, has the hash instead."""


class Study(AppendOnly):
    """One run of the planning engine, brought in from its result folder. What it rests on never changes.

    ``figures`` is for partners (P2): peak, counts, lengths, cost, reliability, substations. ``company_figures`` is for
    the electric companies (P3): loading, voltage, N-1. Each of ``findings`` and ``assumptions`` carries its ``class``.
    """

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="studies")
    number = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=64)
    folder_sha256 = models.CharField(max_length=64)
    effort = models.CharField(max_length=20)
    standard = models.CharField(max_length=60)
    catalogue = models.CharField(max_length=60)
    engine_version = models.CharField(max_length=30)
    currency = models.CharField(max_length=30)
    label_fa = models.CharField(max_length=300, blank=True)
    label_en = models.CharField(max_length=300, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    figures = models.JSONField()
    company_figures = models.JSONField()
    findings = models.JSONField()
    assumptions = models.JSONField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("estate", "number"), name="study_number"),
            models.UniqueConstraint(fields=("estate", "folder_sha256"), name="study_once"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """How lists of cases name the study."""
        return _("Study %(number)s") % {"number": format_number(self.number, get_language() or "fa")}

    def get_absolute_url(self) -> str:
        """The study's page."""
        return reverse("studies:study", args=(self.pk,))

    def snapshot(self) -> dict[str, Any]:
        """Without what not every reader of the audit may read; ``folder_sha256`` stands for all of it."""
        return {key: value for key, value in super().snapshot().items() if key not in WITHHELD}


class FileKind(models.TextChoices):
    """What a file of a study is."""

    RESULT = "result", "result"
    MAP_FA = "map_fa", "map, Persian"
    MAP_EN = "map_en", "map, English"


def _place(file: StudyFile, name: str) -> str:
    return f"studies/{file.study.folder_sha256[:2]}/{file.study.folder_sha256}/{file.sha256[:16]}-{name}"


class StudyFile(AppendOnly):
    """A file of the study's folder, or a map made of it for one field class. Nothing of a higher class is in it."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="+")
    study = models.ForeignKey(Study, models.PROTECT, related_name="files")
    kind = models.CharField(max_length=10, choices=FileKind.choices)
    name = models.CharField(max_length=120)
    field_class = models.CharField(max_length=2)
    file = models.FileField(upload_to=_place, max_length=300)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("study", "kind", "name", "field_class"), name="study_file_once"),
        )
