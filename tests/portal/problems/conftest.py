"""Plots and a problem to try things with."""

from __future__ import annotations

import pytest

from rasana.portal.apps.estates.models import Plot
from rasana.portal.apps.problems import actions
from rasana.portal.base.actor import SYSTEM
from rasana.portal.base.audit import Act, _current
from rasana.portal.base.clock import now
from rasana.portal.base.persian import search_key


@pytest.fixture
def plots(world):
    """Ten plots of khodro (A-1 to A-10) and one of another estate (Z-1), by number."""
    doing = Act(SYSTEM, "fixture", None, None, now())
    token = _current.set(doing)
    found = {}
    for estate, number in [*((world.khodro, f"A-{n}") for n in range(1, 11)), (world.other, "Z-1")]:
        found[number] = Plot(
            estate=estate, plot_id=number, search_key=search_key(number), longitude=50.85, latitude=34.62
        )
        found[number].save()
    _current.reset(token)
    doing.write()
    return found


@pytest.fixture
def problem(world, actor, plots):
    """Reported by the estate's board; two plots wait behind it."""
    return actions.report(
        actor("board", "officer"),
        world.khodro,
        title="ترانسفورماتور سوخته است",
        kind="transformer",
        severity=3,
        plots=[plots["A-1"], plots["A-2"]],
        longitude=50.85,
        latitude=34.62,
    )
