"""A breach: what the second computation found wrong, and which findings would name it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.independent.design import Row

ALSO = {
    "plot_not_supplied": {"plot_not_supplied", "plot_too_large"},
    "ring_missing": {"ring_missing", "n1_unsupplied"},
    "n1_unsupplied": {"n1_unsupplied", "ring_missing", "ring_single_supply"},
    "voltage_low_n1": {"voltage_low_n1", "voltage_low"},
    "mv_drop_n1": {"mv_drop_n1", "mv_drop"},
    "mv_overload_n1": {"mv_overload_n1", "mv_overload"},
    "supply_capacity_n1": {"supply_capacity_n1", "supply_capacity"},
}
"""Findings of another code that say the same or worse."""


@dataclass(frozen=True)
class Breach:
    """One broken rule. ``within`` are ids that the subject belongs to; a finding about one names the breach too.

    Codes that begin with ``written`` are faults of the files themselves: no finding excuses them.
    """

    code: str
    subject: str
    value: float = 0.0
    limit: float = 0.0
    within: frozenset[str] = field(default_factory=frozenset)

    def __str__(self) -> str:
        return f"{self.code} {self.subject}: {self.value:.4g} against {self.limit:.4g}"

    def named_by(self, findings: list[Row]) -> bool:
        """Whether a warning or an error among the study's findings says so."""
        if self.code.startswith("written"):
            return False
        codes = ALSO.get(self.code, {self.code})
        subjects = self.within | {self.subject}
        return any(
            row["code"] in codes and row["subject_id"] in subjects and row["severity"] != "note" for row in findings
        )


def ids_of(row: Row) -> frozenset[str]:
    """What a cable, plot or transformer belongs to."""
    keys = ("id", "transformer_id", "feeder_id", "ring_id", "service_node", "plot_id")
    return frozenset(str(row[key]) for key in keys if row.get(key))
