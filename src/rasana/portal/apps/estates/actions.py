"""What people do with plots and figures. Estates and published figures come from files: see loading and published."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rasana.portal.apps.estates.data import properties
from rasana.portal.apps.estates.models import Figure, Plot, PlotChange, PlotStatus
from rasana.portal.base import clock
from rasana.portal.base.access import NotThere
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import act, current
from rasana.portal.base.people import Estate


def change_status(
    actor: Actor, plot: Plot, status: str, reason: str, happened_on: date | None = None, *, version: int | None = None
) -> Plot:
    """Say that a plot's supply status is another one, since which day and why.

    Raises:
        ValidationError: the same status, no reason, a day to come, or 'energised' by whom it is not to say.
    """
    with act(actor, "plot.status", plot, version=version) as plot:
        organisation = actor.organisation
        if status == PlotStatus.ENERGISED and organisation and "supplier" not in plot.standing(organisation):
            raise ValidationError({"status": _("That a plot is energised is for the distribution company to say.")})
        note_status(plot, status, reason=reason, happened_on=happened_on)
    return plot


def note_status(plot: Plot, status: str, *, reason: str, happened_on: date | None = None) -> PlotChange:
    """Change a plot's status within the act that is going on (such as a connection that goes live).

    Raises:
        ValidationError: as ``change_status``.
    """
    act_now = current()
    day = happened_on or clock.day_of(act_now.at)
    if status not in PlotStatus.values:
        raise ValidationError({"status": _("Choose a status from the list.")})
    if status == plot.status:
        raise ValidationError({"status": _("The plot has this status already.")})
    if not reason.strip():
        raise ValidationError({"reason": _("Say why, and how it is known.")})
    if day > clock.day_of(act_now.at):
        raise ValidationError({"happened_on": _("This day is still to come. Give the day on which it happened.")})
    change = PlotChange(
        estate=plot.estate,
        plot=plot,
        before=plot.status,
        after=status,
        happened_on=day,
        reason=reason.strip(),
        person=act_now.actor.person,
        organisation=act_now.actor.organisation,
    )
    plot.status = status
    plot.save()
    change.save()
    return change


def add_figure(
    actor: Actor,
    estate: Estate,
    *,
    key: str,
    source: str,
    value: float | None = None,
    said: str = "",
    source_date: date | None = None,
    status: str = "verified",
    field_class: str = "P0",
    note: str = "",
) -> Figure:
    """Write down what a source says of one property, beside what others say.

    Raises:
        ValidationError: no source, neither number nor words, a day to come, a class that the actor may not read, or
            a figure that stands there already.
    """
    with act(actor, "figure.add", None, estate=estate):
        known = properties().get(key)
        faults: dict[str, str] = {}
        if known is None:
            faults["key"] = _("Choose a property from the list.")
        if not source.strip():
            faults["source"] = _("Give the source: a letter with number and date, a page, or who measured it.")
        if value is None and not said.strip():
            faults["value"] = _("Enter a value, or what the source says in words.")
        if source_date and source_date > clock.today():
            faults["source_date"] = _("This day is still to come. Give the date of the source.")
        if field_class not in actor.classes(estate):
            faults["field_class"] = _("Figures of this class are for the electric companies.")
        same = Figure.objects.filter(estate=estate, key=key, source=source.strip(), value=value)
        if any(said.strip() in (each.said_fa, each.said_en) for each in same):
            faults["source"] = _("This figure of the source stands here already.")
        if faults or known is None:
            raise ValidationError(faults)
        suffix = _language()
        figure = Figure(
            estate=estate,
            key=key,
            property_fa=known.name.fa,
            property_en=known.name.en,
            order=known.order,
            unit=known.unit,
            value=value,
            source=source.strip(),
            source_date=source_date,
            status=status,
            field_class=field_class,
            given_for=actor.organisation,
            **{f"said_{suffix}": said.strip(), f"note_{suffix}": note.strip()},
        )
        figure.save()
    return figure


def adopt_figure(actor: Actor, figure: Figure, reason: str, *, version: int | None = None) -> Figure:
    """Choose the figure that is used for a property; the others stay beside it.

    Raises:
        NotThere: a figure of a class that the actor may not read.
        ValidationError: no reason, or it is the adopted one.
    """
    if figure.field_class not in actor.classes(figure.estate):
        raise NotThere
    with act(actor, "figure.adopt", figure, version=version) as figure:
        if figure.adopted:
            raise ValidationError({"reason": _("This figure is the one in use already.")})
        if not reason.strip():
            raise ValidationError({"reason": _("Say why this figure is taken and not another.")})
        for former in Figure.objects.filter(estate=figure.estate, key=figure.key, adopted=True):
            former.adopted = False
            former.save()
        figure.adopted = True
        figure.adopted_by, figure.adopted_for = actor.person, actor.organisation
        figure.adopted_at = current().at
        figure.reason_fa = figure.reason_en = ""
        setattr(figure, f"reason_{_language()}", reason.strip())
        figure.save()
    return figure


def _language() -> str:
    """The language in which something is typed."""
    return "en" if (get_language() or "fa").startswith("en") else "fa"
