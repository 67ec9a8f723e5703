"""Published instances run on the engine's own code, with peers beside in the same run.

A set is one module of this package, named in :data:`SETS`, with

- ``run(names: list[str], seconds: float) -> Iterator[dict[str, object]]``: one record an instance, as soon as it is
  solved, with at least ``instance``, ``cost``, ``bound``, ``seconds``, ``optimal`` (``None`` where a key has no
  meaning). ``seconds`` is the time each instance may take. Peers' figures stand in the same record.
- ``INSTANCES``: the names that are run where none is given. A name is a file or says how the instance is made.
- ``goals(records: list[dict[str, Any]]) -> Iterator[Goal]``, where it has any: what it should reach, and what it did.
"""

from __future__ import annotations

from typing import NamedTuple

SETS = ("siting", "feeders", "rings", "powerflow", "reliability", "study", "office")


class Goal(NamedTuple):
    """One line of the last table: what is measured, what is wanted at least, what was reached, whether that will do."""

    what: str
    wanted: str
    reached: str
    met: bool
