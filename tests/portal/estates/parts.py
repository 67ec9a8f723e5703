"""A handful of plots for tests of the office, without a file."""

from __future__ import annotations

from rasana.portal.apps.estates.loading import plot_key
from rasana.portal.apps.estates.models import Block, Figure, PlanLayer, Plot, Trade, Unit
from rasana.portal.base import clock, persian
from rasana.portal.base.actor import SYSTEM
from rasana.portal.base.audit import Act, _current
from rasana.portal.base.people import Estate


def made(estate: Estate, count: int = 3, letter: str = "K", status: str = "built") -> list[Plot]:
    """Plots K01-001 and on in block 1, a unit on each, a boundary, and a supply point that is for partners."""
    doing = Act(SYSTEM, "fixture", None, estate, clock.now())
    token = _current.set(doing)
    try:
        trade = Trade.objects.filter(code="auto_repair").first()
        if trade is None:
            trade = Trade(code="auto_repair", name_fa="تعمیرگاه مکانیکی", name_en="Car repair workshop")
            trade.save()
        block = Block(
            estate=estate, code="1", number=1, name_fa="بلوک ۱", name_en="Block 1", longitude=51.0, latitude=34.7
        )
        block.save()
        plots = []
        for number in range(1, count + 1):
            name = f"{letter}01-{number:03d}"
            square = [[51.0, 34.7], [51.001, 34.7], [51.001, 34.701], [51.0, 34.7]]
            plots.append(
                Plot(
                    estate=estate, block=block, plot_id=name, search_key=plot_key(name, block), status=status,
                    trade=trade, area_m2=120.0, longitude=51.0, latitude=34.7, created_at=doing.at,
                    outline={"type": "Polygon", "coordinates": [square]},
                )
            )  # fmt: skip
        made_plots = Plot.objects.load(plots)
        Unit.objects.load(
            [
                Unit(
                    estate=estate, plot=plot, code=plot.plot_id, trade=trade, name_fa=trade.name_fa,
                    name_en=trade.name_en, search_key=persian.search_key(trade.name_fa, trade.name_en, plot.plot_id),
                    sort_key=persian.sort_key(trade.name_fa), created_at=doing.at,
                )
                for plot in made_plots
            ]
        )  # fmt: skip
        supply = {"type": "Point", "coordinates": [51.0, 34.7]}
        feature = {
            "type": "Feature",
            "properties": {"kind": "supply_point", "supply_id": "MARK-P2"},
            "geometry": supply,
        }
        PlanLayer(estate=estate, kind="supply_point", field_class="P2", features=[feature]).save()
    finally:
        _current.reset(token)
    doing.write()
    return list(Plot.objects.filter(estate=estate))


def figure(estate: Estate, **values: object) -> Figure:
    """A figure of the estate's area."""
    doing = Act(SYSTEM, "fixture", None, estate, clock.now())
    token = _current.set(doing)
    try:
        found = Figure(
            **{
                "estate": estate, "key": "area_m2", "property_fa": "مساحت", "property_en": "Area", "order": 1,
                "value": 33.0, "unit": "ha", "source": "letter 1", "status": "verified", **values,
            }
        )  # fmt: skip
        found.save()
    finally:
        _current.reset(token)
    doing.write()
    return found
