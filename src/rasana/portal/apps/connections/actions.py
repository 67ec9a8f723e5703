"""What the company does with a request: steps, checks, waiting, refusal. One function an action, one audit line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from rasana.portal.apps.connections import stages
from rasana.portal.apps.connections.case import Case, load, money
from rasana.portal.apps.connections.models import Request
from rasana.portal.apps.connections.passing import check_day, check_open, enter, moment_of, notice, pass_on, write_step
from rasana.portal.apps.estates.actions import note_status
from rasana.portal.apps.estates.models import Plot, PlotStatus
from rasana.portal.base import clock
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import act, current
from rasana.portal.base.people import OrganisationKind
from rasana.portal.base.persian import persian_digits
from rasana.portal.base.record import Stale

CASE_HOLDERS = frozenset({OrganisationKind.OPERATOR, OrganisationKind.REGIONAL})
"""Who may hold an estate's case while a block has no supply."""


def advance(
    actor: Actor,
    request: Request,
    *,
    facts: Mapping[str, Any],
    happened_on: date | None = None,
    note: str = "",
    version: int | None = None,
) -> Request:
    """Write down the open step as done, with what it asks for; the next one opens.

    Raises:
        ValidationError: something that the step waits for is missing, named; a fact is missing; a receipt used twice.
        Stale: the request is at another step by now.
    """
    read = request.state
    day = happened_on or facts.get(read.day_key) or clock.today()
    action = {"unauthorised_found": "unauthorised.provisional"}.get(read.code)
    action = action or ("request.record" if read.acts == stages.APPLICANT else "request.advance")
    with act(actor, action, request, version=version) as request:
        stage = request.state
        if stage.code != read.code:
            raise Stale(request)
        if not stage.following or not (stage.facts or stage.is_step):
            raise ValidationError(_("There is no step to be written down."))
        case = load(request)
        check_day(day, _earliest(case), stage.day_key)
        _check_facts(case, stage, facts)
        if stage.code == "B10":
            _keep_quotation(case, day)
        write_step(request, stage.code, day, facts, note)
        _take_over(request, facts)
        _go_to(request, stage, day)
    return request


def _earliest(case: Case) -> date:
    days = [step.happened_on for step in case.steps if step.code not in stages.BESIDE]
    return max(days, default=case.request.registered_on)


def _check_facts(case: Case, stage: stages.Stage, facts: Mapping[str, Any]) -> None:
    closed = [gate.sentence for gate in case.gates(stage) if not gate.is_open]
    if closed:
        raise ValidationError(closed)
    known = stages.facts()
    missing = {
        key: _("Give this: the step can't be written down without it.")
        for key in stage.facts
        if known[key].required and facts.get(key) in (None, "")
    }
    if missing:
        raise ValidationError(missing)
    if "power_kw" in stage.facts and float(facts["power_kw"]) < stages.BOUNDARY_KW:
        raise ValidationError({"power_kw": _("This class begins at 30 kW.")})
    if stage.code == "B11":
        _check_payment(case, facts)


def _check_payment(case: Case, facts: Mapping[str, Any]) -> None:
    quotation = case.last("quotation")
    due = quotation.facts["total_rial"] if quotation else 0
    if int(facts["paid_rial"]) < due:
        sentence = _("Less than the payment slip: %(amount)s.") % {"amount": money(due)}
        raise ValidationError({"paid_rial": sentence})
    used = Request.objects.filter(estate=case.request.estate_id, receipt_number=facts["receipt_number"])
    if other := used.exclude(pk=case.request.pk).first():
        sentence = _("This receipt has been recorded for request %(number)s.")
        raise ValidationError({"receipt_number": sentence % {"number": other.number_shown}})


def _keep_quotation(case: Case, day: date) -> None:
    quote = case.quote(day)
    if quote is None:
        raise ValidationError([gate.sentence for gate in case.gates() if gate.key == "quotation"])
    row = quote.row
    lines = [
        {"fa": line.name_fa, "en": line.name_en, "units": float(line.units), "unit": line.unit,
         "rial_per_unit": float(line.rial_per_unit), "rial": line.rial}
        for line in quote.lines
    ]  # fmt: skip
    facts = {
        "company_fa": row.company_fa, "company_en": row.company_en, "valid_from": row.valid_from, "source": row.source,
        "assumed": quote.assumed, "lines": lines, "total_rial": quote.total_rial,
    }  # fmt: skip
    write_step(case.request, "quotation", day, facts)


def _take_over(request: Request, facts: Mapping[str, Any]) -> None:
    if "power_kw" in facts:
        request.power_kw = float(facts["power_kw"])
    if facts.get("receipt_number"):
        request.receipt_number = str(facts["receipt_number"])


def _go_to(request: Request, stage: stages.Stage, day: date) -> None:
    following = stage.following
    if following == "energised":
        request.energised_on = day
        following = "regularised" if request.found else following
    enter(request, following, day)
    pass_on(request, stage.name_fa, stage.name_en, moment_of(day))
    request.save()
    if request.energised_on:
        energise_plot(request, day)


def energise_plot(request: Request, day: date) -> None:
    """The plot has supply since a day, within the act that is going on."""
    plot = Plot.objects.get(pk=request.plot_id)
    if plot.status != PlotStatus.ENERGISED:
        note_status(
            plot, PlotStatus.ENERGISED, reason=f"درخواست {persian_digits(str(request.number))}", happened_on=day
        )


# --------------------------------------------------------------------------------------------------- checks and study


def judge_condition(
    actor: Actor, request: Request, *, letter: str, met: bool, evidence: str, version: int | None = None
) -> Request:
    """The result of a condition of acceptance (item 35-4-1), with its evidence.

    Raises:
        ValidationError: no such condition, or no evidence.
    """
    with act(actor, "request.condition", request, version=version) as request:
        check_open(request)
        if letter not in stages.conditions():
            raise ValidationError({"letter": _("There is no such condition.")})
        if not evidence:
            raise ValidationError({"evidence": _("Say what shows it: a visit, an enquiry, a letter.")})
        write_step(request, "condition", clock.today(), {"letter": letter, "met": met, "evidence": evidence})
        request.save()
    return request


def check(actor: Actor, request: Request, *, facts: Mapping[str, Any], version: int | None = None) -> Request:
    """A technical check: fed_from, headroom_kw, voltage_drop_pct, fits; constraint and relief when it does not fit.

    Raises:
        ValidationError: it does not fit and the binding limit is not named.
    """
    with act(actor, "request.check", request, version=version) as request:
        check_open(request)
        if not facts["fits"] and not facts.get("constraint"):
            raise ValidationError({"constraint": _("Name the limit that binds.")})
        write_step(request, "check", clock.today(), facts)
        request.save()
    return request


def attach_study(actor: Actor, request: Request, *, number: int, version: int | None = None) -> Request:
    """The result of a study of the estate, by its number, stands for the expert study.

    Raises:
        ValidationError: the estate has no study of that number.
    """
    with act(actor, "request.check", request, version=version) as request:
        check_open(request)
        kind = Request._meta.get_field("study").related_model
        study = kind.objects.filter(estate=request.estate_id, number=number).first()
        if study is None:
            raise ValidationError({"number": _("This estate has no study of that number.")})
        request.study = study
        write_step(request, "study", clock.today(), {"number": number, "fingerprint": study.fingerprint})
        request.save()
    return request


# --------------------------------------------------------------------------------------------- waiting, refusal, end


def wait(actor: Actor, request: Request, *, waits_for: str, reason: str, version: int | None = None) -> Request:
    """The estate's block has no supply: the time goes to who holds the estate's case, not to the company.

    ``waits_for``: 'regional_company' or 'operator', whichever of them has to act in the estate's case.

    Raises:
        ValidationError: it waits already, or the estate has no such party.
    """
    with act(actor, "request.wait", request, version=version) as request:
        check_open(request)
        if request.stage == stages.WAITING or request.is_confidential:
            raise ValidationError(_("This request can't be put to wait now."))
        holder = request.estate.parties.filter(kind=waits_for).order_by("pk").first()
        if holder is None or waits_for not in CASE_HOLDERS:
            raise ValidationError({"waits_for": _("This organisation is no party in the estate's case.")})
        before = request.stage
        write_step(request, "waiting", clock.today(), {"waits_for": holder.code}, reason)
        enter(request, stages.WAITING, clock.today())
        request.stage_before = before
        pass_on(request, f"بلوک هنوز برق ندارد: {reason}", f"the block has no supply: {reason}", current().at, holder)
        request.save()
        notice(request, [holder], "در انتظار برق بلوک", "waits for the block's supply")
    return request


def resume(actor: Actor, request: Request, *, reason: str, version: int | None = None) -> Request:
    """The block has supply: the request goes on where it stood.

    Raises:
        ValidationError: it does not wait.
    """
    with act(actor, "request.wait", request, version=version) as request:
        if request.stage != stages.WAITING:
            raise ValidationError(_("This request does not wait."))
        before = request.stage_before
        write_step(request, "resumed", clock.today(), note=reason)
        enter(request, before, clock.today())
        pass_on(request, f"بلوک برق دارد: {reason}", f"the block has supply: {reason}", current().at)
        request.save()
    return request


def refuse(
    actor: Actor, request: Request, *, reason: str, constraint: str, relief: str = "", version: int | None = None
) -> Request:
    """Refuse a request: the limit or condition that binds and the cheapest relief are named.

    Raises:
        ValidationError: the request is closed, or no binding limit is named.
    """
    with act(actor, "request.refuse", request, version=version) as request:
        check_open(request)
        if not constraint:
            raise ValidationError({"constraint": _("Name the condition or limit that binds.")})
        _close(
            request, "refused", f"رد شد: {reason}", f"refused: {reason}", reason, constraint=constraint, relief=relief
        )
    return request


def withdraw(actor: Actor, request: Request, *, reason: str, version: int | None = None) -> Request:
    """The applicant takes the request back.

    Raises:
        ValidationError: the request is closed.
    """
    with act(actor, "request.withdraw", request, version=version) as request:
        check_open(request)
        _close(request, "withdrawn", f"پس گرفته شد: {reason}", f"withdrawn: {reason}", reason)
    return request


def _close(request: Request, code: str, fa: str, en: str, note: str, **facts: str) -> None:
    write_step(request, code, clock.today(), facts, note)
    enter(request, code, clock.today())
    pass_on(request, fa, en, current().at)
    request.save()
