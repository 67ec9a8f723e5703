"""The peer of the analytic reliability: every fault alone, by searching the network in plain Python."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rasana.planning.reliability import Elements, Interruptions

Floats = NDArray[np.float64]


def flood(start: set[int], neighbours: list[list[int]], passable: Callable[[int, int], bool]) -> set[int]:
    """All elements that can be reached from ``start``."""
    reached, border = set(start), list(start)
    while border:
        element = border.pop()
        for other in neighbours[element]:
            if other not in reached and passable(element, other):
                reached.add(other)
                border.append(other)
    return reached


def enumerate_faults(elements: Elements) -> Interruptions:
    """Interruptions at every element, fault by fault: who is tripped, who is switched back, who waits."""
    parent = [int(row) for row in np.asarray(elements.parent)]
    size = len(parent)
    switching = np.broadcast_to(np.asarray(elements.switching_h, np.float64), size)
    rate, repair = np.asarray(elements.failures_per_year), np.asarray(elements.repair_h)
    protected = [bool(flag) or parent[row] < 0 for row, flag in enumerate(np.asarray(elements.protected))]
    isolated = [bool(flag) or protected[row] for row, flag in enumerate(np.asarray(elements.switched))]
    alternative = {row for row, flag in enumerate(np.asarray(elements.alternative)) if flag}
    roots = {row for row in range(size) if parent[row] < 0}
    children: list[list[int]] = [[] for _ in range(size)]
    for row in range(size):
        if parent[row] >= 0:
            children[parent[row]].append(row)
    neighbours = [children[row] + ([parent[row]] if parent[row] >= 0 else []) for row in range(size)]

    def closed(one: int, other: int) -> bool:
        """Whether no device stands between two neighbours; it stands at the lower one's source side."""
        return not isolated[one if parent[one] == other else other]

    frequency, hours = np.zeros(size), np.zeros(size)
    for fault in range(size):
        device = fault
        while not protected[device]:
            device = parent[device]
        tripped = flood({device}, children, lambda one, other: True)
        zone = flood({fault}, neighbours, closed)
        healthy = flood(roots - zone, neighbours, lambda one, other: other not in zone)  # noqa: B023 - used at once
        fed = healthy | flood(alternative - zone, neighbours, lambda one, other: other not in zone)  # noqa: B023
        for element in tripped:
            frequency[element] += rate[fault]
            hours[element] += rate[fault] * (switching[fault] if element in fed else repair[fault])
    return Interruptions(frequency, hours)
