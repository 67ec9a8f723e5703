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
    wanted = _concerned(network, errors)
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


def _concerned(network: Network, errors: Iterable[Finding]) -> NDArray[np.bool_]:
    """Cables that breaches concern: each itself, its ring, its feeder, or a plot's service and feeder."""
    cables = network.cables
    row_of = {name: row for row, name in enumerate(cables["id"])}
    feeder_at = dict(zip(cables["to_node"][::-1], cables["feeder_id"][::-1], strict=True))
    feeder_of_plot = dict(zip(network.plots["plot_id"], network.plots["feeder_id"], strict=True))
    ring = cables["ring_id"].to_numpy(object)
    rows: set[int] = set()
    rings: set[str] = set()
    feeders: set[str] = set()
    for error in errors:
        subject = error.subject_id
        if error.code in CABLE_CODES and subject in row_of:
            row = row_of[subject]
            rings.add(ring[row]) if ring[row] else rows.add(row)
        elif subject in feeder_of_plot:
            feeders.add(feeder_of_plot[subject])
            rows.update({row_of[f"SV-{subject}"]} if f"SV-{subject}" in row_of else ())
        else:
            feeders.add(feeder_at.get(subject, subject))
    wanted = np.isin(np.arange(len(cables)), list(rows)) | cables["ring_id"].isin(rings).to_numpy()
    return np.asarray(wanted | (cables["feeder_id"].isin(feeders) & (cables["level"] == "lv")).to_numpy())
