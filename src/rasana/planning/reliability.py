"""Reliability of radial networks: how often and how long each element is without supply, by analysis.

Every element may fail. The nearest breaker or fuse towards the source trips and everything behind it is dead. Then
switches isolate the zone of the fault: what lies towards the source comes back after switching; what lies behind comes
back after switching where an alternative supply reaches it, else after the repair; the zone itself waits for the repair
(minimal cuts of first order; Billinton and Allan, Reliability Evaluation of Power Systems).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from rasana.planning.catalogue import Catalogue
from rasana.planning.demand import Demand
from rasana.planning.network import Network
from rasana.planning.standard import Standard
from rasana.planning.tree import depth_first

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

HOURS_PER_YEAR = 8760.0


@dataclass(frozen=True)
class Elements:
    """A radial network's elements (sections, busbars, transformers, load points), one a row, in any order.

    All devices of a row stand at the element's source side; one at its far side stands with the element that follows.

    - ``parent``: (n,) row of the element towards the source, -1 for the first behind a source (a breaker is there).
    - ``failures_per_year``, ``repair_h``: (n,) of the element itself.
    - ``protected``: (n,) a breaker or fuse trips for faults behind it, and isolates them.
    - ``switched``: (n,) a disconnector isolates. ``alternative``: (n,) another source can be connected here.
    - ``switching_h``: (n,) or one number: time until what can be switched is back after a fault in the element.
    """

    parent: ArrayLike
    failures_per_year: ArrayLike
    repair_h: ArrayLike
    protected: ArrayLike
    switched: ArrayLike
    alternative: ArrayLike
    switching_h: ArrayLike


@dataclass(frozen=True)
class Interruptions:
    """Of each element: ``failures_per_year`` of its supply and ``unavailability_h`` (hours a year without it), (n,)."""

    failures_per_year: Floats
    unavailability_h: Floats


@dataclass(frozen=True)
class Indices:
    """Indices of IEEE 1366 for a group of load points; energies of one year."""

    saifi: float
    saidi_h: float
    caidi_h: float
    asai: float
    ens_kwh: float
    aens_kwh: float


def interruptions(elements: Elements) -> Interruptions:
    """Frequency and duration of interruptions at every element, in one pass up and two down the tree.

    Raises ``ValueError`` where columns differ in length, rates are negative or not finite, or the parents form no tree.
    """
    tree = depth_first(elements.parent)

    def column(name: str) -> Floats:
        values = np.asarray(getattr(elements, name), np.float64)
        if values.shape not in ((), tree.order.shape):
            raise ValueError(f"{name} has {values.shape} values for {tree.order.size} elements")
        if not np.all(np.isfinite(values) & (values >= 0)):
            raise ValueError(f"{name} is negative or not finite")
        return np.broadcast_to(values, tree.order.shape)[tree.order]

    rate, repair, switching = (column(name) for name in ("failures_per_year", "repair_h", "switching_h"))
    protected, switched, alternative = (column(name) > 0 for name in ("protected", "switched", "alternative"))
    frequency, hours = _interrupt(
        tree.parent, rate, rate * repair, rate * switching, protected, switched | protected, alternative
    )
    found = Interruptions(np.empty_like(frequency), np.empty_like(hours))
    found.failures_per_year[tree.order] = frequency
    found.unavailability_h[tree.order] = hours
    return found


def indices(found: Interruptions, load_points: ArrayLike, customers: ArrayLike, mean_kw: ArrayLike) -> Indices:
    """Indices over the given load points (rows of elements) with their numbers of customers and mean loads."""
    rows = np.asarray(load_points, np.int64)
    served, load = np.asarray(customers, np.float64), np.asarray(mean_kw, np.float64)
    frequency, hours = found.failures_per_year[rows], found.unavailability_h[rows]
    total = served.sum()
    saifi = float(frequency @ served / total) if total else 0.0
    saidi = float(hours @ served / total) if total else 0.0
    energy = float(hours @ load)
    return Indices(
        saifi=saifi,
        saidi_h=saidi,
        caidi_h=saidi / saifi if saifi else 0.0,
        asai=1.0 - saidi / HOURS_PER_YEAR,
        ens_kwh=energy,
        aens_kwh=energy / float(total) if total else 0.0,
    )


@dataclass(frozen=True)
class Reliability:
    """A design's reliability: system indices over its supplied plots, one customer a unit, and each plot's own.

    ``plot_saifi`` and ``plot_saidi_h``: (plots,), NaN where a plot is not supplied.
    """

    saifi: float
    saidi_h: float
    ens_mwh: float
    plot_saifi: Floats
    plot_saidi_h: Floats


def network_reliability(network: Network, demand: Demand, standard: Standard, catalogue: Catalogue) -> Reliability:
    """Reliability of a designed network under the catalogue's rates; loads are the means of the year."""
    elements, element_of_node = network_elements(network, standard, catalogue)
    found = interruptions(elements)
    node = network.plots["node_row"].to_numpy(np.int64)
    row = np.where(node >= 0, element_of_node[node], -1)
    fed = row >= 0
    mean_kw = demand.energy_mwh * 1000.0 / HOURS_PER_YEAR
    whole = indices(found, row[fed], demand.units[fed], mean_kw[fed])
    saifi, saidi_h = np.full(row.size, np.nan), np.full(row.size, np.nan)
    saifi[fed], saidi_h[fed] = found.failures_per_year[row[fed]], found.unavailability_h[row[fed]]
    return Reliability(whole.saifi, whole.saidi_h, whole.ens_kwh / 1000.0, saifi, saidi_h)


def switching_h(standard: Standard) -> float:
    """Mean time to isolate a ring section and close the open point, with the share of switches worked remotely."""
    remote = standard.remote_switch_share
    return remote * standard.switching_remote_h + (1.0 - remote) * standard.switching_manual_h


def network_elements(network: Network, standard: Standard, catalogue: Catalogue) -> tuple[Elements, Ints]:
    """A design's elements, and the element that stands for each node (-1 at supply points and where nothing leads).

    A breaker at the supply point protects each half of a ring; disconnectors stand at both ends of every ring section;
    the open point is the alternative supply of both halves. Transformers, LV feeders and services have their own fuses.
    Rows: ring sections, their far ends, transformers, LV cables and services.
    """
    cables, transformers = network.cables, network.transformers
    is_mv = (cables["level"] == "mv").to_numpy()
    mv, lv = cables[is_mv], cables[~is_mv]
    sections, units = len(mv), len(transformers)
    element_of_node = np.full(len(network.nodes), -1, np.int64)
    far_end, is_open = mv["to_row"].to_numpy(np.int64), mv["normally_open"].to_numpy(bool)
    element_of_node[far_end[~is_open]] = sections + np.flatnonzero(~is_open)
    element_of_node[transformers["node_lv"].to_numpy(np.int64)] = 2 * sections + np.arange(units)
    element_of_node[lv["to_row"].to_numpy(np.int64)] = 2 * sections + units + np.arange(len(lv))

    alternative = np.zeros(2 * sections + units + len(lv), np.bool_)
    across = element_of_node[far_end[is_open]]
    alternative[across[across >= 0]] = True
    alternative[sections + np.flatnonzero(is_open)] = True
    feeding = element_of_node[lv["from_row"].to_numpy(np.int64)]
    at_board = (feeding >= 2 * sections) & (feeding < 2 * sections + units)
    fused = (lv["level"] == "service").to_numpy() | at_board

    none, rates = np.zeros(sections), catalogue.rates
    unit_rate = np.full(units, rates["transformer"].failures_per_year)
    mv_rate, lv_rate = (
        rates[name].failures_per_year * table["length_m"].to_numpy(np.float64) / 1000.0
        for name, table in (("mv_cable", mv), ("lv_cable", lv))
    )
    sizes = (sections, sections, units, len(lv))
    at_unit = element_of_node[transformers["node_mv"].to_numpy(np.int64)]
    elements = Elements(
        parent=np.concatenate(
            [element_of_node[mv["from_row"].to_numpy(np.int64)], np.arange(sections), at_unit, feeding]
        ),
        failures_per_year=np.concatenate([mv_rate, none, unit_rate, lv_rate]),
        repair_h=np.repeat(
            [rates[name].repair_h for name in ("mv_cable", "mv_cable", "transformer", "lv_cable")], sizes
        ),
        protected=np.concatenate([none > 0, none > 0, unit_rate >= 0, fused]),
        switched=np.repeat([True, True, False, False], sizes),
        alternative=alternative,
        switching_h=switching_h(standard),
    )
    return elements, element_of_node


@njit(cache=True)
def _interrupt(
    parent: Ints,
    rate: Floats,
    repair: Floats,
    switching: Floats,
    protected: Flags,
    isolated: Flags,
    alternative: Flags,
) -> tuple[Floats, Floats]:
    """Interruptions in tree order. ``repair`` and ``switching`` are hours a year: rate times hours.

    A zone is named by its first element, and so is what one breaker protects.
    """
    size = parent.size
    zone, guard = np.arange(size), np.arange(size)
    zone_repair, zone_switching = repair.copy(), switching.copy()
    trips, trip_switching = rate.copy(), switching.copy()
    reached = alternative.copy()
    for element in range(size):
        above = parent[element]
        if above >= 0 and not protected[element]:
            guard[element] = guard[above]
            trips[guard[element]] += rate[element]
            trip_switching[guard[element]] += switching[element]
        if above >= 0 and not isolated[element]:
            zone[element] = zone[above]
            zone_repair[zone[element]] += repair[element]
            zone_switching[zone[element]] += switching[element]
    for element in range(size - 1, -1, -1):
        if zone[element] != element:
            reached[zone[element]] |= reached[element]
        elif parent[element] >= 0:
            reached[zone[parent[element]]] |= reached[element]
    frequency, behind, elsewhere = np.zeros(size), np.zeros(size), np.zeros(size)
    for element in range(size):
        above = parent[element]
        if zone[element] != element:
            frequency[element] = frequency[zone[element]]
            continue
        if above >= 0:
            upper = zone[above]
            frequency[element], elsewhere[element] = frequency[upper], elsewhere[upper]
            behind[element] = behind[upper] + (zone_switching[upper] if reached[element] else zone_repair[upper])
        if guard[element] == element:
            frequency[element] += trips[element]
            elsewhere[element] += trip_switching[element]
        elsewhere[element] -= zone_switching[element]
    return frequency, (behind + elsewhere + zone_repair)[zone]
