"""Files that belong to a record. What a file is, its first bytes say; its name is only a label."""

from __future__ import annotations

import hashlib

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.utils.translation import gettext as _

from rasana.portal.base.people import Estate
from rasana.portal.base.record import AppendOnly, Record

SIZE_MAX_BYTES = 20 * 2**20
KINDS: dict[str, tuple[bytes, ...]] = {
    "jpeg": (b"\xff\xd8\xff",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "pdf": (b"%PDF-",),
}
"""File kinds taken, with the bytes they begin with."""
SUFFIXES = {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "pdf": "pdf"}


def _place(attachment: Attachment, name: str) -> str:
    return f"attachments/{attachment.sha256[:2]}/{attachment.sha256}.{attachment.kind}"


class Attachment(AppendOnly):
    """A photo or document, stored under its own hash."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="+")
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=10)
    file = models.FileField(upload_to=_place)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    field_class = models.CharField(max_length=2, default="P2")

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("subject_type", "subject_id"), name="attachment_subject"),)


def kind_of(upload: UploadedFile) -> str:
    """What the file is, by its first bytes.

    Raises:
        ValidationError: too big, empty, a kind that is not taken, or not what its name says.
    """
    if not upload.size:
        raise ValidationError(_("This file is empty. Choose another one."))
    if upload.size > SIZE_MAX_BYTES:
        raise ValidationError(_("This file is larger than 20 MB. Make it smaller or split it."))
    upload.seek(0)
    head = upload.read(16)
    upload.seek(0)
    kind = next((kind for kind, starts in KINDS.items() if head.startswith(starts)), None)
    suffix = (upload.name or "").rpartition(".")[2].lower()
    if kind is None:
        raise ValidationError(_("This file could not be read. Give a JPEG or PNG picture, or a PDF."))
    if SUFFIXES.get(suffix) != kind:
        raise ValidationError(_("This file is not what its name says. Save it again as a picture or a PDF."))
    return kind


def attach(subject: Record, upload: UploadedFile, *, title: str = "", field_class: str = "P2") -> Attachment:
    """Keep a file with a record, within the act that is going on.

    Raises:
        ValidationError: see ``kind_of``.
    """
    kind = kind_of(upload)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    attachment = Attachment(
        estate=subject.estate_of(),
        subject_type=subject._meta.label,
        subject_id=subject.pk,
        title=title or (upload.name or kind)[:200],
        kind=kind,
        size_bytes=upload.size,
        sha256=digest.hexdigest(),
        field_class=field_class,
    )
    attachment.file = upload
    attachment.save()
    return attachment


def attachments_of(subject: Record) -> models.QuerySet[Attachment]:
    """The files of a record, oldest first."""
    return Attachment.objects.filter(subject_type=subject._meta.label, subject_id=subject.pk)
