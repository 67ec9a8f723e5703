"""What everything speaks in: findings (facts about what is wrong) and assumptions (figures nobody gave)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters: an error breaks a rule, a warning needs a look, a note is information."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Status(StrEnum):
    """How well a figure is known."""

    GIVEN = "given"
    VERIFIED = "verified"
    DERIVED = "derived"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about one subject.

    The sentence a person reads is made outside the libraries from ``code`` (see ``rasana.exchange.words``);
    ``details`` holds further words for that sentence by name.
    """

    code: str
    severity: Severity
    subject_id: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assumption:
    """One figure the study used, with where it came from."""

    subject: str
    property: str
    value: str
    unit: str
    source: str
    status: Status


class Refused(ValueError):
    """Input that can't be worked with. ``faults`` holds one finding a fault; nothing was written."""

    def __init__(self, faults: Iterable[Finding]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.code} {fault.subject_id}" for fault in self.faults))


def count_by_severity(findings: Iterable[Finding]) -> dict[str, int]:
    """Number of findings of each severity, zero included."""
    counts = Counter(finding.severity for finding in findings)
    return {severity.value: counts[severity] for severity in Severity}
