"""What the report shows beside the study's own fields: counts, classes, and tables cut to what a page can hold."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from rasana.exchange import colours
from rasana.planning.finding import Severity
from rasana.planning.result import Study

TRANSFORMERS_MAX = 60
STATES_MAX = 24
BUSBARS_MAX = 8


def report_facts(study: Study) -> dict[str, Any]:
    """Figures of the report that stand in no single field of the study, by the name its templates use."""
    network, plots = study.network, study.plots
    length = network.cables.groupby("level")["length_m"].sum()
    demanding = plots["plot_peak_kw"].fillna(0.0) > 0.0
    supplied = plots["transformer_id"].fillna("") != ""
    ratings = Counter(float(rating) for rating in network.transformers["rating_kva"])
    errors = [finding for finding in study.findings if finding.severity is Severity.ERROR]
    return {
        "plots_total": len(plots),
        "plots_demanding": int(demanding.sum()),
        "plots_supplied": int((demanding & supplied).sum()),
        "ratings": sorted(ratings.items()),
        "length_m": {level: float(length.get(level, 0.0)) for level in ("service", "lv", "mv")},
        "trench_m": float(network.trenches["length_m"].sum()),
        "capital": float(sum(study.cost.capital.values())),
        "cost_rows": _cost_rows(study),
        "errors": len(errors),
        "warnings": sum(finding.severity is Severity.WARNING for finding in study.findings),
        "broken_rules": len({finding.code for finding in errors}),
        "transformers": _transformers(study),
        "states": _states(study),
        "busbars": _busbars(study),
        "worst": _worst(plots),
        "loading_classes": _loading_classes(network.cables),
        "voltage_classes": _voltage_classes(study),
        "hues": colours,
    }


def _cost_rows(study: Study) -> list[tuple[str, float, bool]]:
    """Item, amount and whether it is paid over the years, the largest first."""
    capital = sorted(((name, amount, False) for name, amount in study.cost.capital.items()), key=lambda row: -row[1])
    later = [("losses_pv", study.cost.losses_pv, True), ("interruptions_pv", study.cost.interruptions_pv, True)]
    return [*capital, *later]


def _transformers(study: Study) -> dict[str, Any]:
    """Rows of the transformers' table: all of them, or the most loaded ones."""
    table = study.network.transformers.drop(columns="geometry")
    by_station = study.plots.groupby("transformer_id")
    table["plots"] = table["id"].map(by_station.size()).fillna(0)
    table["drop_pct"] = table["id"].map(by_station["drop_pct"].max())
    table["voltage_min_pu"] = table["id"].map(by_station["voltage_min_pu"].min())
    feeders = (
        study.network.cables[study.network.cables["level"] == "lv"].groupby("transformer_id")["feeder_id"].nunique()
    )
    table["feeders"] = table["id"].map(feeders).fillna(0)
    shown = table
    if len(table) > TRANSFORMERS_MAX:
        shown = table.sort_values(["loading_pct", "id"], ascending=[False, True]).head(TRANSFORMERS_MAX)
    return {"rows": shown.to_dict("records"), "rest": len(table) - len(shown)}


def _states(study: Study) -> dict[str, Any]:
    """Rows of the N-1 table: failed states first, then the most loaded ones."""
    table = study.n1
    shown = table
    if len(table) > STATES_MAX:
        shown = table.sort_values(["ok", "loading_max_pct", "element"], ascending=[True, False, True]).head(STATES_MAX)
    failed = int((~table["ok"].astype(bool)).sum()) if len(table) else 0
    return {"rows": shown.to_dict("records"), "rest": len(table) - len(shown), "failed": failed, "count": len(table)}


def _busbars(study: Study) -> dict[str, Any]:
    """Busbars by how much of their withstand the largest fault takes."""
    table = study.busbars.assign(share=lambda rows: rows["fault_max_ka"] / rows["rating_ka"])
    shown = table.sort_values(["share", "id"], ascending=[False, True]).head(BUSBARS_MAX)
    return {"rows": shown.to_dict("records"), "rest": len(table) - len(shown)}


def _worst(plots: pd.DataFrame) -> dict[str, dict[str, Any] | None]:
    """The plot with the extreme of each figure, None where nobody has it."""
    found: dict[str, dict[str, Any] | None] = {}
    for name, least in (("voltage_min_pu", True), ("drop_pct", False), ("fault_min_ka", True), ("clearing_s", False)):
        column = plots[name].replace(np.inf, np.nan)
        found[name] = None
        if column.notna().any():
            row = int(np.nanargmin(column) if least else np.nanargmax(column))
            found[name] = {"plot_id": plots["plot_id"].iloc[row], "value": float(column.iloc[row])}
    return found


def _loading_classes(cables: pd.DataFrame) -> list[tuple[float, float, str, float]]:
    """Lower and upper end, colour and length (km) of each class of loading, LV and MV cables together."""
    main = cables[cables["level"] != "service"]
    row = np.array([colours.loading_class(value) for value in main["loading_pct"].fillna(0.0)], dtype=int)
    lower, found = 0.0, []
    for number, (upper, colour) in enumerate(colours.LOADING):
        found.append((lower, upper, colour, float(main["length_m"].to_numpy()[row == number].sum()) / 1000.0))
        lower = upper
    return found


def _voltage_classes(study: Study) -> list[tuple[float | None, float | None, str, int]]:
    """Lower and upper end, colour and number of plots of each class of voltage."""
    steps = colours.voltage_steps(study.standard.lv_voltage_min_pu)
    voltage = study.plots["voltage_min_pu"].dropna().to_numpy(np.float64)
    counts = np.bincount(np.searchsorted(steps, voltage, side="right"), minlength=len(steps) + 1)
    ends = [None, *steps, None]
    return [(ends[row], ends[row + 1], colours.VOLTAGE[row], int(counts[row])) for row in range(len(counts))]
