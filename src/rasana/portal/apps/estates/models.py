"""What is in an estate: phases, blocks, plots, units, trades, guilds; and figures that say where they come from."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from rasana.portal.base.people import Estate, Organisation, Person
from rasana.portal.base.record import Record, TwoNames


class PlotStatus(models.TextChoices):
    """Whether a plot has supply."""

    PLANNED = "planned", _("planned")
    BUILT = "built", _("built, no supply")
    ACTIVE = "active", _("active, no regular supply")
    ENERGISED = "energised", _("energised")
    UNAUTHORISED = "unauthorised", _("unauthorised connection")


class Phase(Record, TwoNames):
    """A stage in which an estate is built; not a phase of the network."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="phases")
    number = models.PositiveSmallIntegerField()


class Block(Record, TwoNames):
    """A group of plots that is handed over, and energised, together."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="blocks")
    phase = models.ForeignKey(Phase, models.PROTECT, null=True, related_name="blocks")
    code = models.CharField(max_length=30)


class Guild(Record, TwoNames):
    """A union of one or more trades."""

    code = models.SlugField(max_length=60, unique=True)


class Trade(Record, TwoNames):
    """A trade of the engine's catalogue, by its code there."""

    code = models.CharField(max_length=60, unique=True)
    guild = models.ForeignKey(Guild, models.PROTECT, null=True, related_name="trades")


class Plot(Record):
    """A parcel on the estate's plan. ``plot_id`` is that of the estate's file and of the studies."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="plots")
    block = models.ForeignKey(Block, models.PROTECT, null=True, related_name="plots")
    plot_id = models.CharField(max_length=60)
    search_key = models.CharField(max_length=60, db_index=True)
    status = models.CharField(max_length=20, choices=PlotStatus.choices, default=PlotStatus.PLANNED, db_index=True)
    trade = models.ForeignKey(Trade, models.PROTECT, null=True, related_name="plots")
    units_count = models.PositiveIntegerField(default=1)
    area_m2 = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    outline = models.JSONField(null=True)
    """GeoJSON geometry in WGS 84."""

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("estate", "plot_id"), name="plot_once"),)

    def __str__(self) -> str:
        return self.plot_id


class Unit(Record, TwoNames):
    """A business on a plot. Who runs it is told to the parties only (P1)."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="units")
    plot = models.ForeignKey(Plot, models.PROTECT, related_name="units")
    code = models.CharField(max_length=60)
    trade = models.ForeignKey(Trade, models.PROTECT, null=True, related_name="units")
    jobs = models.PositiveIntegerField(null=True)
    search_key = models.CharField(max_length=300, db_index=True)
    sort_key = models.CharField(max_length=300, db_index=True)


class FigureStatus(models.TextChoices):
    """How well a figure is known."""

    VERIFIED = "verified", _("read in its source")
    DERIVED = "derived", _("computed")
    DEFAULT = "default", _("assumed")
    INVENTED = "invented", _("invented for the example")


class Figure(Record):
    """One value of one property, with source and date. Several may disagree; one at most is adopted, by someone."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="figures")
    property_fa = models.CharField(max_length=120)
    property_en = models.CharField(max_length=120)
    key = models.SlugField(max_length=60)
    value = models.FloatField()
    unit = models.CharField(max_length=30, blank=True)
    source = models.CharField(max_length=300)
    source_date = models.DateField(null=True)
    status = models.CharField(max_length=20, choices=FigureStatus.choices)
    field_class = models.CharField(max_length=2, default="P0")
    note_fa = models.CharField(max_length=500, blank=True)
    note_en = models.CharField(max_length=500, blank=True)
    adopted = models.BooleanField(default=False)
    adopted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    adopted_for = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    adopted_at = models.DateTimeField(null=True)
    adopted_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("key", "-source_date", "id")
        constraints = (
            models.UniqueConstraint(fields=("estate", "key"), condition=models.Q(adopted=True), name="adopted_once"),
        )
