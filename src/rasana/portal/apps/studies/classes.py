"""Which part of a study is for whom: the classes of quality.md 2.4, in one place.

P2 (parties in the estate's case): places and sizes of substations, routes of cables, quantities and cost.
P3 (the electric companies): fault levels, protection, switching states, loading and voltage (weak points), N-1 results.
A file is of the highest class of what is in it. What is not named here is P3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PARTNER, COMPANY = "P2", "P3"

PARTNER_FILES = frozenset({"bill_of_quantities.xlsx"})
"""report.html, design.gpkg, summary.json and network.pandapower.json hold loading, fault levels or N-1 results."""
PARTNER_FIGURES = (
    "plots", "peak_kw", "transformers", "length_m", "cost", "losses_kw", "losses_mwh", "saifi", "saidi_h", "ens_mwh",
    "seed", "interrupted", "attribution",
)  # fmt: skip
COMPANY_FIGURES = ("voltage_min_pu", "loading_max_pct", "n1")
PARTNER_CABLE = ("id", "level", "type", "length_m", "transformer_id", "ring_id", "existing", "area")
PARTNER_TRANSFORMER = ("id", "rating_kva", "ring_id", "existing", "area")

PARTNER_FINDINGS = frozenset(
    {
        "plot_not_supplied", "plot_too_large", "service_long", "existing_not_used", "nothing_to_supply",
        "no_go_crossed", "published_power", "coincidence_disagrees", "coincidence_apart", "demand_none",
        "demand_area_unusual", "demand_trade_unknown", "plot_demand_large", "supply_assumed", "trades_guessed",
        "streets_snapped", "streets_clipped", "street_bridged", "street_island", "street_island_left_out",
        "streets_empty_left_out", "streets_closed", "ways_left_out", "buildings_without_supply",
        "buildings_small_left_out", "buildings_small_merged", "plots_far_left_out", "plot_far", "site_far",
        "supply_far", "polygon_repaired", "area_without_polygon",
    }
)  # fmt: skip
"""Findings about the plan, the demand and plots that a partner can do something about."""


def of_file(name: str) -> str:
    """Class of a file of the result folder."""
    return PARTNER if name in PARTNER_FILES else COMPANY


def of_finding(finding: Mapping[str, Any]) -> str:
    """Class of a finding."""
    return PARTNER if finding.get("code") in PARTNER_FINDINGS else COMPANY


def of_assumption(assumption: Mapping[str, Any]) -> str:
    """Class of an assumption: what is assumed of a supply point's fault level is the companies'."""
    told = f"{assumption.get('subject')} {assumption.get('property')}"
    return COMPANY if assumption.get("kind") == "plan" and "fault" in told else PARTNER
