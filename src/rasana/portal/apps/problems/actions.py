"""What people do about problems: report, triage, assign, study, fix, confirm, reopen; files and letters."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Max
from django.utils.translation import gettext as _

from rasana.portal.apps.estates.models import Plot
from rasana.portal.apps.problems import states
from rasana.portal.apps.problems.models import (
    TRIAGERS,
    Letter,
    LetterLink,
    Problem,
    ProblemPlot,
    ProblemState,
    Severity,
    Step,
)
from rasana.portal.base import persian
from rasana.portal.base.actor import Actor
from rasana.portal.base.audit import act, current
from rasana.portal.base.ball import pass_ball
from rasana.portal.base.files import Attachment, attach, kind_of
from rasana.portal.base.notify import notify
from rasana.portal.base.people import Estate, Organisation
from rasana.portal.base.record import Record

WORDS = {
    "report": ("گزارش شد", "reported"),
    "accepted": ("پذیرفته شد", "accepted"),
    "duplicate": ("تکراری بود", "found to be a duplicate"),
    "referred": ("به دستگاه دیگری ارجاع شد", "referred to another body"),
    "assign": ("برای رفع واگذار شد", "assigned"),
    "study": ("مطالعه شد", "studied"),
    "plan": ("در برنامه یک تعهد آمد", "planned by a commitment"),
    "fix": ("رفع آن اعلام شد", "said to be fixed"),
    "confirm": ("رفع آن تأیید شد", "confirmed as fixed"),
    "reopen": ("دوباره باز شد", "reopened"),
}
"""What each step is called in the ball clock and in notices, Persian and English."""


def next_number(kind: type[Record], estate: Estate) -> int:
    """The next number of a kind of record within its estate, kept from others until the act ends."""
    Estate.objects.select_for_update().get(pk=estate.pk)
    return (kind.objects.filter(estate=estate).aggregate(last=Max("number"))["last"] or 0) + 1


def report(
    actor: Actor,
    estate: Estate,
    *,
    title: str,
    kind: str,
    description: str = "",
    severity: int = Severity.MEDIUM,
    effect: str = "",
    longitude: float | None = None,
    latitude: float | None = None,
    plots: Iterable[Plot] = (),
    files: Iterable[UploadedFile] = (),
    reporter: Organisation | None = None,
    happened_at: datetime | None = None,
    invented: bool = False,
    source: str = "",
) -> Problem:
    """Put a problem on the register; the ball goes to whoever sorts reports in this estate.

    Raises:
        ValidationError: a plot of another estate, a file that is not what its name says.
    """
    plots = list(plots)
    if any(plot.estate_id != estate.pk for plot in plots):
        raise ValidationError({"plots": _("This plot is not in this estate. Choose from the list.")})
    with act(actor, "problem.report", None, estate=estate, happened_at=happened_at):
        moment = happened_at or current().at
        problem = Problem(
            estate=estate,
            number=next_number(Problem, estate),
            title=title,
            description=description,
            kind=kind,
            severity=severity,
            effect=effect,
            longitude=longitude,
            latitude=latitude,
            reporter_person=actor.person,
            reporter=reporter or actor.organisation,
            holder=triager_of(estate),
            state_since=moment,
            reported_at=moment,
            plots_count=len(plots),
            search_key=persian.search_key(title, effect, *(plot.plot_id for plot in plots))[:600],
            invented=invented,
            source=source,
        )
        problem.save()
        ProblemPlot.objects.load([ProblemPlot(problem=problem, plot=plot, created_at=moment) for plot in plots])
        _write_step(problem, "report", "", moment)
        for upload in files:
            _add_file(problem, upload, "")
        _pass(problem, "report", moment)
        _tell(problem, "report")
    return problem


def triager_of(estate: Estate) -> Organisation | None:
    """Who sorts what is reported: the estate's operator, else the governor's office."""
    found = Organisation.objects.filter(party_rows__estate=estate, kind__in=TRIAGERS)
    return min(found, key=lambda each: (each.kind != "operator", each.pk), default=None)


def triage(
    actor: Actor,
    problem: Problem,
    verdict: str,
    *,
    version: int | None = None,
    severity: int | None = None,
    duplicate_of: Problem | None = None,
    referred_to: str = "",
    note: str = "",
    happened_at: datetime | None = None,
) -> Problem:
    """Accept what was reported, or name the problem that it repeats, or the body whose business it is.

    Raises:
        ValidationError: no or a wrong duplicate, nobody referred to, another state.
    """
    if verdict == ProblemState.DUPLICATE:
        if duplicate_of is None:
            raise ValidationError({"duplicate_of": _("Choose the problem that this one repeats.")})
        if duplicate_of.pk == problem.pk or duplicate_of.estate_id != problem.estate_id:
            raise ValidationError({"duplicate_of": _("Choose another problem of this estate.")})
    if verdict == ProblemState.REFERRED and not referred_to:
        raise ValidationError({"referred_to": _("Write whose business it is.")})
    with act(actor, "problem.triage", problem, version=version, happened_at=happened_at) as fresh:
        ends = verdict != ProblemState.ACCEPTED
        fresh.severity = severity or fresh.severity
        fresh.duplicate_of = duplicate_of if verdict == ProblemState.DUPLICATE else None
        fresh.referred_to = referred_to if verdict == ProblemState.REFERRED else ""
        _move(fresh, "triage", verdict, None if ends else fresh.holder, note, happened_at, words=verdict)
    return fresh


def assign(
    actor: Actor,
    problem: Problem,
    organisation: Organisation,
    *,
    version: int | None = None,
    note: str = "",
    happened_at: datetime | None = None,
) -> Problem:
    """Say which party has to solve it; the ball passes there.

    Raises:
        ValidationError: an organisation that is no party in the estate, another state.
    """
    if not organisation.party_rows.filter(estate=problem.estate_id).exists():
        raise ValidationError({"organisation": _("This organisation is not a party in this estate.")})
    with act(actor, "problem.assign", problem, version=version, happened_at=happened_at) as fresh:
        fresh.assigned = organisation
        _move(fresh, "assign", ProblemState.ASSIGNED, organisation, note, happened_at)
    return fresh


def study(
    actor: Actor, problem: Problem, note: str, *, version: int | None = None, happened_at: datetime | None = None
) -> Problem:
    """Write down what was found out: the cause, and what would solve it."""
    with act(actor, "problem.study", problem, version=version, happened_at=happened_at) as fresh:
        _move(fresh, "study", ProblemState.STUDIED, fresh.assigned, note, happened_at)
    return fresh


def planned(
    problem: Problem,
    debtor: Organisation,
    *,
    note: str = "",
    address: str = "",
    happened_at: datetime | None = None,
) -> None:
    """A commitment names the problem: called within the act that makes it, with its words and address.

    A problem that is past planning (fixed, confirmed) keeps its state; the step is written in any case.
    """
    fresh = Problem.objects.select_related("estate", "reporter", "holder").get(pk=problem.pk)
    if fresh.state in states.MOVES["plan"].sources:
        fresh.assigned = debtor
        _move(fresh, "plan", ProblemState.PLANNED, debtor, note, happened_at, address=address)
    else:
        _write_step(fresh, "plan", note, happened_at or current().at, address=address)


def talked_about(problem: Problem, note: str, address: str) -> None:
    """It is on the agenda of a meeting: called within the act that puts it there."""
    _write_step(problem, "agenda", note, current().at, address=address)


def fix(
    actor: Actor, problem: Problem, note: str, *, version: int | None = None, happened_at: datetime | None = None
) -> Problem:
    """Say that it is solved, and how; the ball passes to the reporter, who confirms or not."""
    with act(actor, "problem.fix", problem, version=version, happened_at=happened_at) as fresh:
        _move(fresh, "fix", ProblemState.FIXED, fresh.reporter, note, happened_at)
    return fresh


def confirm(
    actor: Actor, problem: Problem, *, version: int | None = None, note: str = "", happened_at: datetime | None = None
) -> Problem:
    """The reporter's organisation says that it is solved: nobody holds it any more."""
    with act(actor, "problem.confirm", problem, version=version, happened_at=happened_at) as fresh:
        _move(fresh, "confirm", ProblemState.CONFIRMED, None, note, happened_at)
    return fresh


def reopen(
    actor: Actor, problem: Problem, note: str, *, version: int | None = None, happened_at: datetime | None = None
) -> Problem:
    """It is not solved: back to who was to solve it, or else to who sorts reports."""
    with act(actor, "problem.reopen", problem, version=version, happened_at=happened_at) as fresh:
        fresh.duplicate_of, fresh.referred_to = None, ""
        holder = fresh.assigned or triager_of(fresh.estate)
        _move(fresh, "reopen", ProblemState.REOPENED, holder, note, happened_at)
    return fresh


def add_file(actor: Actor, problem: Problem, upload: UploadedFile, *, title: str = "") -> Attachment:
    """Keep a photo or document with a problem.

    Raises:
        ValidationError: a file that is not what its name says.
    """
    with act(actor, "problem.attach", problem) as fresh:
        return _add_file(fresh, upload, title)


def record_letter(
    actor: Actor,
    estate: Estate,
    *,
    number: str,
    date: date,
    subject: str,
    sender: Organisation | None = None,
    sender_other: str = "",
    recipient: Organisation | None = None,
    recipient_other: str = "",
    scan: UploadedFile | None = None,
    about: Iterable[Record] = (),
    invented: bool = False,
    source: str = "",
) -> Letter:
    """Record an official letter with its scan, as evidence about some records.

    Raises:
        ValidationError: a side missing or named twice, a party of another estate, a wrong file.
    """
    _check_side("sender", sender, sender_other, estate)
    _check_side("recipient", recipient, recipient_other, estate)
    with act(actor, "letter.record", None, estate=estate):
        letter = Letter(
            estate=estate,
            number=number,
            date=date,
            subject=subject,
            sender=sender,
            sender_other=sender_other,
            recipient=recipient,
            recipient_other=recipient_other,
            search_key=persian.search_key(number, subject, sender_other, recipient_other)[:700],
            invented=invented,
            source=source,
        )
        letter.save()
        if scan is not None:
            _attach(letter, scan, "", name="scan")
        for record in about:
            _link(letter, record)
    return letter


def link_letter(actor: Actor, letter: Letter, record: Record) -> None:
    """Say that a letter bears on a record. Linking twice changes nothing.

    Raises:
        ValidationError: a letter of another estate.
    """
    with act(actor, "problem.link", record) as fresh:
        _link(letter, fresh)


def _link(letter: Letter, record: Record) -> None:
    estate = record.estate_of()
    if estate is None or estate.pk != letter.estate_id:
        raise ValidationError({"letter": _("This letter belongs to another estate.")})
    where = {"letter": letter, "subject_type": record._meta.label, "subject_id": record.pk}
    if not LetterLink.objects.filter(**where).exists():
        LetterLink(**where).save()
        if isinstance(record, Problem):
            _write_step(record, "letter", "", current().at, letter=letter)


def _check_side(name: str, organisation: Organisation | None, other: str, estate: Estate) -> None:
    if organisation is None and not other:
        raise ValidationError({name: _("Choose an organisation, or write the name of another body.")})
    if organisation is not None and other:
        raise ValidationError({f"{name}_other": _("Choose an organisation or write a name, not both.")})
    if organisation is not None and not organisation.party_rows.filter(estate=estate).exists():
        raise ValidationError({name: _("This organisation is not a party in this estate.")})


def _attach(record: Record, upload: UploadedFile, title: str, name: str = "file") -> Attachment:
    try:
        kind_of(upload)
        return attach(record, upload, title=title)
    except ValidationError as refused:
        raise ValidationError({name: refused.messages}) from None


def _add_file(problem: Problem, upload: UploadedFile, title: str) -> Attachment:
    attachment = _attach(problem, upload, title)
    _write_step(problem, "attach", "", current().at, attachment=attachment)
    return attachment


def _move(
    problem: Problem,
    action: str,
    target: str,
    holder: Organisation | None,
    note: str,
    happened_at: datetime | None,
    *,
    words: str = "",
    address: str = "",
) -> None:
    """The new state, its step, the ball and the notices, within the act that is going on."""
    states.check(problem, action)
    passes = holder != problem.holder
    problem.state = target
    problem.state_since = happened_at or current().at
    problem.holder = holder
    problem.save()
    _write_step(problem, action, note, problem.state_since, address=address)
    if passes:
        _pass(problem, words or action, problem.state_since)
    _tell(problem, words or action)


def _write_step(
    problem: Problem,
    action: str,
    note: str,
    moment: datetime,
    *,
    address: str = "",
    attachment: Attachment | None = None,
    letter: Letter | None = None,
) -> None:
    actor = current().actor
    Step(
        problem=problem,
        action=action,
        state=problem.state,
        person=actor.person,
        organisation=actor.organisation or (problem.reporter if action == "report" else None),
        holder=problem.holder,
        note=note,
        address=address,
        attachment=attachment,
        letter=letter,
        happened_at=moment,
    ).save()


def _pass(problem: Problem, words: str, moment: datetime) -> None:
    reason_fa, reason_en = WORDS[words]
    pass_ball(problem, problem.holder, reason_fa=reason_fa, reason_en=reason_en, happened_at=moment)


def _tell(problem: Problem, words: str) -> None:
    """Who holds it now and who reported it are told."""
    reason_fa, reason_en = WORDS[words]
    told = {each.pk: each for each in (problem.holder, problem.reporter) if each is not None}
    number = persian.local_digits(str(problem.number), "fa")
    notify(
        told.values(),
        problem,
        address=problem.get_absolute_url(),
        text_fa=f"مشکل {number} {problem.estate.name_fa} {reason_fa}: {_short(problem.title)}",
        text_en=f"Problem {problem.number}, {problem.estate.name_en}, was {reason_en}: {_short(problem.title)}",
    )


def _short(text: str, length: int = 160) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
