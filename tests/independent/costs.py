"""Capital counted again: every item of the written design at the price of its row."""

from __future__ import annotations

from collections.abc import Iterator

from tests.independent.breach import Breach
from tests.independent.design import Design, Row, number
from tests.independent.structure import differ
from tests.independent.tables import Tables


def capital(design: Design, tables: Tables) -> float:
    """What everything in the design costs to buy and build."""
    prices = tables.prices
    total = sum(tables.transformers[float(row["rating_kva"])]["price"] for row in design.transformers)
    total += len(design.transformers) * (prices["station"] + prices["rmu"])
    total += 2 * len({cable["ring_id"] for cable in design.of_level("mv")}) * prices["supply_cubicle"]
    total += sum(ways_of(design, row["lv"]) for row in design.transformers) * prices["feeder_way"]
    services = design.of_level("service")
    total += (
        len({cable["from_node"] for cable in services if not cable["from_node"].endswith(".lv")}) * prices["pillar"]
    )
    total += len(services) * prices["service_connection"]
    for cable in design.cables:
        metres = cable["length_m"]
        total += metres * _parallel(cable) * tables.cables[cable["level"]][cable["type"]]["price_per_m"]
        total += metres * prices["cable_laying_per_m"] if cable["level"] != "service" else 0.0
    for trench in design.trenches:
        in_street = trench["levels"] != "service"
        price = prices["trench_per_m"] * number(trench["trench_factor"], 1.0)
        total += trench["length_m"] * (price if in_street else prices["service_trench_per_m"])
    return total * tables.money_per_eur


def _parallel(cable: Row) -> int:
    return int(number(cable.get("parallel"), 1.0))


def ways_of(design: Design, board: str) -> int:
    """Fused ways of an LV board: one a cable that leaves it; the single services beside it share one."""
    leaving = [cable for cable in design.of_level("lv", "service") if cable["from_node"] == board]
    feeders = {cable["feeder_id"] for cable in leaving if cable["level"] == "lv" or _parallel(cable) == 1}
    return len(feeders) + sum(_parallel(cable) for cable in leaving if _parallel(cable) > 1)


def costs(design: Design, tables: Tables) -> Iterator[Breach]:
    """The summary's capital against the count."""
    written, counted = sum(design.summary["cost"]["capital"].values()), capital(design, tables)
    if differ(written, counted, relative=1e-4, absolute=0.5):
        yield Breach("written_capital", "cost.capital", written, counted)
