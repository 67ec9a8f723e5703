"""Reinforcement of single cables where AC power flow finds more than the search's sums do: the next thicker type.

A thicker cable in the same trench has more ampacity, less drop and a smaller fault loop, and takes nothing from its
neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rasana.planning.catalogue import Catalogue, derated_ampacity_a
from rasana.planning.finding import Finding
from rasana.planning.network import Network
from rasana.planning.standard import Standard

CABLE_CODES = frozenset(
    {
        "lv_overload", "service_overload", "cable_withstand", "mv_overload", "mv_overload_n1", "fuse_missing",
        "clearing_time",
    }
)  # fmt: skip
"""Breaches that a thicker cable mends where they name one; others concern all from a transformer to their subject."""


def reinforced(network: Network, errors: Iterable[Finding], standard: Standard, catalogue: Catalogue) -> Network | None:
    """``network`` with the cables thickened that ``errors`` ask for; None where none of them can be."""
    cables = network.cables
    wanted = np.zeros(len(cables), bool)
    for error in errors:
        wanted |= _concerned(network, error)
    type_row = cables["type_row"].to_numpy(np.int64).copy()
    rating = cables["rating_a"].to_numpy(float).copy()
    names = cables["type"].to_numpy(object).copy()
    changed = False
    for level in ("lv", "service", "mv"):
        table = getattr(catalogue, f"{level}_cables")
        ampacity = derated_ampacity_a(table, standard)
        for row in np.flatnonzero(wanted & (cables["level"] == level).to_numpy()):
            thicker = np.flatnonzero(ampacity > ampacity[type_row[row]])
            if not len(thicker):
                continue
            better = int(thicker[np.argmin(ampacity[thicker])])
            rating[row] *= ampacity[better] / ampacity[type_row[row]]
            type_row[row], names[row], changed = better, table.name[better], True
    if not changed:
        return None
    return replace(network, cables=cables.assign(type_row=type_row, type=names, rating_a=rating))


def _concerned(network: Network, error: Finding) -> NDArray[np.bool_]:
    """Cables that a breach concerns: itself, its ring, its feeder, or a plot's service and feeder."""
    cables, subject = network.cables, error.subject_id
    itself = np.asarray(cables["id"] == subject)
    if error.code in CABLE_CODES and itself.any():
        ring = cables["ring_id"].to_numpy()[itself][0]
        return np.asarray(cables["ring_id"] == ring) if ring else itself
    plot = network.plots.loc[network.plots["plot_id"] == subject, "feeder_id"]
    if len(plot):
        return np.asarray(
            ((cables["feeder_id"] == plot.iat[0]) & (cables["level"] == "lv")) | (cables["id"] == f"SV-{subject}")
        )
    at_node = cables.loc[cables["to_node"] == subject, "feeder_id"]
    feeder = at_node.iat[0] if len(at_node) else subject
    return np.asarray((cables["feeder_id"] == feeder) & (cables["level"] == "lv"))
