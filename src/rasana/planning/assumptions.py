"""Every figure a study used that its input did not give, with source and status."""

from __future__ import annotations

import numpy as np

from rasana.planning.catalogue import Catalogue
from rasana.planning.demand import Demand
from rasana.planning.estate import Estate
from rasana.planning.finding import Assumption, Status
from rasana.planning.network import Network
from rasana.planning.standard import Standard

USED_WHOLE = ("prices", "rates", "fuses", "grouping", "currency")
"""Tables of the catalogue of which every row bears on every design."""


def study_assumptions(
    estate: Estate, standard: Standard, catalogue: Catalogue, demand: Demand, network: Network
) -> tuple[Assumption, ...]:
    """Assumptions of the import, the supply points, demand, the standard and the catalogue's types in use."""
    cables, transformers = network.cables, network.transformers
    used = {f"{level}_cables/{kind}" for level, kind in zip(cables["level"], cables["type"], strict=True)}
    used |= {f"transformers/{catalogue.transformers.name[row]}" for row in np.unique(transformers["type_row"])}
    lines = [row.assumption(f"standard {standard.name}") for row in standard.rows if not row.key.startswith("import_")]
    lines += [
        row.assumption(f"catalogue {catalogue.name}")
        for row in catalogue.rows
        if row.key.split("/")[0] in USED_WHOLE or "/".join(row.key.split("/")[:2]) in used
    ]
    return (*estate.assumptions, *_supply_defaults(estate, standard), *demand.assumptions, *lines)


def _supply_defaults(estate: Estate, standard: Standard) -> list[Assumption]:
    """Figures of supply points that the plan does not give."""
    defaults = {
        "fault_mva": (standard.default_fault_mva, "MVA"),
        "capacity_kva": (standard.default_capacity_kva, "kVA"),
    }
    found: list[Assumption] = []
    for column, (value, unit) in defaults.items():
        missing = ~np.isfinite(estate.supply_points[column].to_numpy(float))
        found += [
            Assumption(str(name), column, f"{value:g}", unit, f"standard {standard.name}", Status.DEFAULT)
            for name in estate.supply_points.loc[missing, "supply_id"]
        ]
    return found
