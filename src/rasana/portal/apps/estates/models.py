"""What is in an estate: phases, blocks, plots, units, trades, guilds; and figures that say where they come from."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from rasana.portal.base.people import Estate, Organisation, Person
from rasana.portal.base.record import AppendOnly, Record, TwoNames, page_address

if TYPE_CHECKING:
    from rasana.portal.base.actor import Actor


class PlotStatus(models.TextChoices):
    """Whether a plot has supply."""

    PLANNED = "planned", pgettext_lazy("plot", "planned")
    BUILT = "built", _("built, no supply")
    ACTIVE = "active", _("active, no regular supply")
    ENERGISED = "energised", _("energised")
    UNAUTHORISED = "unauthorised", _("unauthorised connection")


class PlanLayer(Record):
    """What an estate's map shows beside its plots, of one kind: GeoJSON geometries in WGS 84."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="plan_layers")
    kind = models.CharField(max_length=30)
    field_class = models.CharField(max_length=2, default="P0")
    features = models.JSONField()
    """A list of GeoJSON features."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=("estate", "kind"), name="plan_layer_once"),)

    def snapshot(self) -> dict[str, Any]:
        """With the features' hash in place of the features: a map is no text to read in an audit line."""
        values = super().snapshot()
        if "features" in values:
            text = json.dumps(values["features"], sort_keys=True, ensure_ascii=False)
            values["features"] = hashlib.sha256(text.encode()).hexdigest()
        return values


class Phase(Record, TwoNames):
    """A stage in which an estate is built; not a phase of the network."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="phases")
    number = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("number", "id")
        constraints = (models.UniqueConstraint(fields=("estate", "number"), name="phase_once"),)


class Block(Record, TwoNames):
    """A group of plots that is handed over, and energised, together. Its label on the map stands at its middle."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="blocks")
    phase = models.ForeignKey(Phase, models.PROTECT, null=True, related_name="blocks")
    code = models.CharField(max_length=30)
    number = models.PositiveIntegerField(default=0)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)

    class Meta:
        ordering = ("number", "code", "id")
        constraints = (models.UniqueConstraint(fields=("estate", "code"), name="block_once"),)


class Guild(Record, TwoNames):
    """The body of one or more trades."""

    code = models.SlugField(max_length=60, unique=True)

    class Meta:
        ordering = ("code",)


class Trade(Record, TwoNames):
    """A trade of the engine's catalogue, by its code there."""

    code = models.CharField(max_length=60, unique=True)
    guild = models.ForeignKey(Guild, models.PROTECT, null=True, related_name="trades")

    class Meta:
        ordering = ("code",)


class Plot(Record):
    """A parcel on the estate's plan. ``plot_id`` is that of the estate's file and of the studies."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="plots")
    block = models.ForeignKey(Block, models.PROTECT, null=True, related_name="plots")
    plot_id = models.CharField(max_length=60)
    search_key = models.CharField(max_length=200, db_index=True)
    status = models.CharField(max_length=20, choices=PlotStatus.choices, default=PlotStatus.PLANNED, db_index=True)
    trade = models.ForeignKey(Trade, models.PROTECT, null=True, related_name="plots")
    units_count = models.PositiveIntegerField(default=1)
    area_m2 = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    outline = models.JSONField(null=True)
    """GeoJSON geometry in WGS 84."""

    class Meta:
        ordering = ("plot_id", "id")
        constraints = (models.UniqueConstraint(fields=("estate", "plot_id"), name="plot_once"),)

    def __str__(self) -> str:
        return self.plot_id

    @property
    def title(self) -> str:
        """How lists of cases name the plot."""
        return self.plot_id

    def get_absolute_url(self) -> str:
        """The plot's page in the office."""
        return page_address("estates:plot", self.pk)

    def standing(self, organisation: Organisation) -> set[str]:
        """Supplier: the distribution company. Operator: the organisation that runs the estate."""
        kinds = {"distribution_company": "supplier", "operator": "operator"}
        return {kinds[organisation.kind]} if organisation.kind in kinds else set()

    def snapshot(self) -> dict[str, Any]:
        """Without the outline, whose place in the audit is its estate's file."""
        return {key: value for key, value in super().snapshot().items() if key != "outline"}


class PlotChange(AppendOnly):
    """A plot's status changed: from what to what, on which day, why, and who says so."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="+")
    plot = models.ForeignKey(Plot, models.PROTECT, related_name="changes")
    before = models.CharField(max_length=20, choices=PlotStatus.choices)
    after = models.CharField(max_length=20, choices=PlotStatus.choices)
    happened_on = models.DateField()
    reason = models.CharField(max_length=500)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("-happened_on", "-id")


class Unit(Record, TwoNames):
    """A business on a plot. Who runs it is told to the parties only (P1)."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="units")
    plot = models.ForeignKey(Plot, models.PROTECT, related_name="units")
    code = models.CharField(max_length=60)
    trade = models.ForeignKey(Trade, models.PROTECT, null=True, related_name="units")
    jobs = models.PositiveIntegerField(null=True)
    search_key = models.CharField(max_length=500, db_index=True)
    sort_key = models.CharField(max_length=500, db_index=True)

    class Meta:
        ordering = ("sort_key", "code", "id")
        constraints = (models.UniqueConstraint(fields=("estate", "code"), name="unit_once"),)


class FigureStatus(models.TextChoices):
    """How well a figure is known."""

    VERIFIED = "verified", _("read in its source")
    DERIVED = "derived", _("computed")
    DEFAULT = "default", _("assumed")
    INVENTED = "invented", _("invented for the example")


class Figure(Record):
    """One value of one property, with source and date. Several may disagree; one at most is adopted, by someone.

    ``value`` is None where the source says something that is no number; ``said_fa`` and ``said_en`` are its words then,
    and beside a number what belongs to it ("over").
    """

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="figures")
    property_fa = models.CharField(max_length=120)
    property_en = models.CharField(max_length=120)
    key = models.SlugField(max_length=60)
    order = models.PositiveSmallIntegerField(default=100)
    value = models.FloatField(null=True)
    said_fa = models.CharField(max_length=200, blank=True)
    said_en = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=30, blank=True)
    source = models.CharField(max_length=300)
    source_fa = models.CharField(max_length=300, blank=True)
    source_date = models.DateField(null=True)
    status = models.CharField(max_length=20, choices=FigureStatus.choices)
    field_class = models.CharField(max_length=2, default="P0")
    note_fa = models.CharField(max_length=500, blank=True)
    note_en = models.CharField(max_length=500, blank=True)
    given_for = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    adopted = models.BooleanField(default=False)
    adopted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    adopted_for = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    adopted_at = models.DateTimeField(null=True)
    reason_fa = models.CharField(max_length=500, blank=True)
    reason_en = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("order", "key", "-adopted", "-source_date", "id")
        constraints = (
            models.UniqueConstraint(fields=("estate", "key"), condition=models.Q(adopted=True), name="adopted_once"),
        )

    def _told(self, name: str) -> str:
        """A text in the page's language; what is kept in one language only is shown as it is."""
        own, other = ("en", "fa") if (get_language() or "fa").startswith("en") else ("fa", "en")
        return getattr(self, f"{name}_{own}") or getattr(self, f"{name}_{other}")

    @property
    def property_name(self) -> str:
        """Name of the property in the page's language."""
        return self._told("property")

    @property
    def source_name(self) -> str:
        """The source in the page's language; most are names of pages and letters, the same in both."""
        return self.source if (get_language() or "fa").startswith("en") else self.source_fa or self.source

    @property
    def said(self) -> str:
        """The source's words in the page's language."""
        return self._told("said")

    @property
    def note(self) -> str:
        """The note in the page's language."""
        return self._told("note")

    @property
    def reason(self) -> str:
        """Why it was adopted, in the page's language."""
        return self._told("reason")

    def hidden_from(self, actor: Actor) -> bool:
        """A figure of a class that the actor may not read."""
        return self.field_class not in actor.classes(self.estate)

    def snapshot(self) -> dict[str, Any]:
        """A company's figure (P3) is in the audit by its hash: partners read the audit too."""
        values = super().snapshot()
        if values.get("field_class") == "P3":
            for name in ("value", "said_fa", "said_en", "note_fa", "note_en"):
                if values.get(name) not in (None, ""):
                    values[name] = hashlib.sha256(f"{self.pk} {values[name]}".encode()).hexdigest()
        return values
