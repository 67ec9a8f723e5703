"""What a network costs: the bill of quantities, and the present value of its losses and interruptions.

The search minimises the same figures from its own flat arrays; a test holds the two together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rasana.planning.catalogue import Catalogue, operating_resistance_ohm_per_km
from rasana.planning.demand import Demand
from rasana.planning.diversity import downstream, radial_tree
from rasana.planning.network import Network
from rasana.planning.problem import loss_hours
from rasana.planning.result import Cost
from rasana.planning.sizing import peak_current_a
from rasana.planning.standard import Standard, life_present_value

Floats = NDArray[np.float64]

BILL_COLUMNS = ["item", "type", "unit", "quantity", "unit_price", "amount"]


def bill_of_quantities(network: Network, catalogue: Catalogue) -> pd.DataFrame:
    """Every item that is bought or built: ``item``, ``type``, ``unit``, ``quantity``, ``unit_price``, ``amount``.

    Cables are counted with their parallels; what exists already costs nothing and is not in it.
    """
    prices = catalogue.prices
    new = network.transformers[~network.transformers["existing"].astype(bool)]
    cables = network.cables[~network.cables["existing"].astype(bool)]
    lv, services, mv = (cables[cables["level"] == level] for level in ("lv", "service", "mv"))
    rows: list[tuple[str, str, str, float, float]] = []
    for row, count in new.groupby("type_row").size().items():
        rows.append(
            ("transformer", catalogue.transformers.name[row], "piece", count, catalogue.transformers.price[row])
        )
    rows += [
        ("station", "", "piece", len(new), prices["station"]),
        ("rmu", "", "piece", len(new), prices["rmu"]),
        ("supply_cubicle", "", "piece", 2 * mv["ring_id"].nunique(), prices["supply_cubicle"]),
        ("feeder_way", "", "piece", _ways(lv, services), prices["feeder_way"]),
        (
            "pillar",
            "",
            "piece",
            services.loc[services["from_node"].str.startswith("N"), "from_node"].nunique(),
            prices["pillar"],
        ),
        ("service_connection", "", "piece", len(services), prices["service_connection"]),
    ]
    for level, part, table in (
        ("mv", mv, catalogue.mv_cables),
        ("lv", lv, catalogue.lv_cables),
        ("service", services, catalogue.service_cables),
    ):
        metres = (part["length_m"] * part["parallel"]).groupby(part["type_row"]).sum()
        rows += [
            (f"{level}_cable", table.name[row], "m", length, table.price_per_m[row]) for row, length in metres.items()
        ]
    rows.append(("cable_laying", "", "m", mv["length_m"].sum() + lv["length_m"].sum(), prices["cable_laying_per_m"]))
    trenches = network.trenches
    in_street = trenches["levels"] != "service"
    for factor, length in trenches[in_street].groupby("trench_factor")["length_m"].sum().items():
        rows.append(("trench", f"× {factor:g}" if factor != 1.0 else "", "m", length, prices["trench_per_m"] * factor))
    rows.append(("service_trench", "", "m", trenches.loc[~in_street, "length_m"].sum(), prices["service_trench_per_m"]))
    bill = pd.DataFrame(rows, columns=BILL_COLUMNS[:-1]).astype({"quantity": float, "unit_price": float})
    bill = bill[bill["quantity"] > 0.0].reset_index(drop=True)
    bill["amount"] = bill["quantity"] * bill["unit_price"]
    return bill


def _ways(lv: pd.DataFrame, services: pd.DataFrame) -> int:
    """Fused ways of all LV boards: one a feeder, one for plots beside a transformer, one a parallel service from it."""
    at_board = services["from_node"].str.endswith(".lv")
    direct = services[at_board & (services["parallel"] > 1)]
    beside = services[at_board & (services["parallel"] == 1)]
    return int(lv["feeder_id"].nunique() + beside["feeder_id"].nunique() + direct["parallel"].sum())


def losses_present_value(network: Network, demand: Demand, standard: Standard, catalogue: Catalogue) -> float:
    """Present value of a life's losses: standing losses of transformers and load losses of everything.

    Load losses are those of the mean load (``a_kw``) at the estate's loss hours, at nominal voltage.
    """
    worth = standard.loss_price_per_kwh * life_present_value(standard)
    rows = network.transformers["type_row"].to_numpy(np.int64)
    standing = catalogue.transformers.no_load_loss_kw[rows].sum() * 8760.0
    return float((standing + _recurring_kw(network, demand, standard, catalogue) * loss_hours(demand)) * worth)


def _recurring_kw(network: Network, demand: Demand, standard: Standard, catalogue: Catalogue) -> float:
    """Load losses (kW) of the mean load at its peak: LV trees, transformers, rings as they are switched."""
    cables, transformers = network.cables, network.transformers
    nodes = len(network.nodes)
    start = np.concatenate([cables["from_row"].to_numpy(np.int64), transformers["node_mv"].to_numpy(np.int64)])
    end = np.concatenate([cables["to_row"].to_numpy(np.int64), transformers["node_lv"].to_numpy(np.int64)])
    closed = np.concatenate([~cables["normally_open"].to_numpy(bool), np.ones(len(transformers), bool)])
    supplies = np.flatnonzero((network.nodes["kind"] == "supply").to_numpy())
    tree = radial_tree(nodes, start, end, closed, supplies)
    own = np.zeros((nodes, 2))
    plot_node = network.plots["node_row"].to_numpy(np.int64)
    fed = plot_node >= 0
    np.add.at(own, plot_node[fed], np.column_stack([demand.a_kw, demand.a_kvar])[fed])
    through = downstream(tree.order, tree.parent, own)
    branch_kva2 = np.zeros(len(start))
    has = tree.branch >= 0
    branch_kva2[tree.branch[has]] = (through[has] ** 2).sum(axis=1)
    level = cables["level"].to_numpy()
    volts = np.where(level == "mv", standard.mv_voltage_kv * 1000.0, standard.lv_voltage_v)
    ohm = np.zeros(len(cables))
    for name in ("mv", "lv", "service"):
        here = level == name
        table = getattr(catalogue, f"{name}_cables")
        row = cables.loc[here, "type_row"].to_numpy(np.int64)
        ohm[here] = (
            operating_resistance_ohm_per_km(table, standard)[row]
            * (cables.loc[here, "length_m"] / cables.loc[here, "parallel"])
            / 1000.0
        )
    # Services carry one plot: its own peak, and in one conductor and back where single-phase.
    loss = branch_kva2[: len(cables)] * 1e3 / volts**2 * ohm
    loss[level == "service"] = _service_loss_kw(network, demand, standard, ohm)[level == "service"]
    kva = catalogue.transformers.rating_kva[transformers["type_row"].to_numpy(np.int64)]
    copper = catalogue.transformers.load_loss_kw[transformers["type_row"].to_numpy(np.int64)]
    return float(loss.sum() + (branch_kva2[len(cables) :] / kva**2 * copper).sum())


def _service_loss_kw(network: Network, demand: Demand, standard: Standard, ohm: Floats) -> Floats:
    plot_of = np.full(len(network.nodes), -1, np.int64)
    node = network.plots["node_row"].to_numpy(np.int64)
    plot_of[node[node >= 0]] = np.flatnonzero(node >= 0)
    plot = plot_of[network.cables["to_row"].to_numpy(np.int64)]
    share = np.divide(demand.a_kw, demand.peak_kw, out=np.zeros_like(demand.a_kw), where=demand.peak_kw > 0)
    current = (peak_current_a(demand, standard) * share)[plot]
    conductors = np.where(demand.phases[plot] == 1, 2.0, 3.0)
    return np.asarray(np.where(plot >= 0, conductors * current**2 * ohm / 1000.0, 0.0))


def cost_of(bill: pd.DataFrame, losses_pv: float, ens_kwh: float, standard: Standard, catalogue: Catalogue) -> Cost:
    """Capital by item of ``bill``, present values of losses and of ``ens_kwh`` not supplied in a year."""
    capital = bill.groupby("item", sort=False)["amount"].sum().to_dict()
    interruptions = ens_kwh * standard.interruption_price_per_kwh * life_present_value(standard)
    return Cost(
        {str(item): float(amount) for item, amount in capital.items()},
        losses_pv,
        float(interruptions),
        catalogue.currency,
    )
