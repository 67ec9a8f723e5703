"""Pages and verbs of the register of problems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from rasana.portal.apps.estates import maps
from rasana.portal.apps.estates.views import geojson
from rasana.portal.apps.problems import actions, forms, selectors, states
from rasana.portal.apps.problems.models import Problem, Step
from rasana.portal.base import persian
from rasana.portal.base.access import NotThere, can, page
from rasana.portal.base.files import Attachment
from rasana.portal.base.people import Estate
from rasana.portal.base.record import Record
from rasana.portal.base.registries import related
from rasana.portal.base.tables import INVENTED, Column, export

PER_PAGE = 25
BOTH = ("GET", "HEAD", "POST")
COLUMNS = (
    Column(gettext_lazy("Number"), "number"),
    Column(gettext_lazy("Estate"), "estate.name"),
    Column(gettext_lazy("Title"), "title"),
    Column(pgettext_lazy("problem", "Kind"), "get_kind_display"),
    Column(gettext_lazy("How bad is it"), "get_severity_display"),
    Column(gettext_lazy("State"), "get_state_display"),
    Column(gettext_lazy("Since"), "state_since"),
    Column(gettext_lazy("Who must act"), "holder.name"),
    Column(gettext_lazy("Reported by"), "reporter.name"),
    Column(gettext_lazy("Reported on"), "reported_at"),
    Column(gettext_lazy("Plots"), "plots_count"),
    INVENTED,
)


@page("problem.list")
def problem_list(request: HttpRequest) -> HttpResponse:
    """The register: open ones first of all, filtered by state, kind, severity, who must act and text."""
    actor = request.actor
    form = forms.FilterForm(request.GET, estates=actor.estates, organisations=selectors.organisations_of(actor))
    wishes = form.wishes()
    problems = selectors.register(actor, wishes)
    if (file := export(request, problems, COLUMNS, "problems")) is not None:
        return file
    shown = Paginator(problems, PER_PAGE).get_page(request.GET.get("page"))
    for problem in shown:
        problem.tone = states.TONES[problem.state]
    context = {
        "form": form,
        "page": shown,
        "filtered": bool(set(wishes) - {"sort"}),
        "estates": [each for each in actor.estates if can(actor, "problem.report", each)],
        "estate": wishes.get("estate"),
    }
    return render(request, "problems/list.html", context)


@page("problem.report", Estate, methods=BOTH)
def problem_new(request: HttpRequest, estate: Estate) -> HttpResponse:
    """Report a problem."""
    form = forms.ProblemForm(request.POST or None, request.FILES or None, estate=estate)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        upload = data.pop("file")
        for name in ("longitude", "latitude"):
            data[name] = None if data[name] is None else float(data[name])
        try:
            problem = actions.report(request.actor, estate, **data, files=[upload] if upload else [])
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("The problem is on the register."))
            return redirect(problem)
    context = {"form": form, "estate": estate}
    return render(request, "problems/new.html", context, status=422 if form.errors else 200)


# ---------------------------------------------------------------------------------------------------- one problem

WORDS: dict[str, tuple[Any, Any, Any]] = {
    "triage": (gettext_lazy("Sort this report"), pgettext_lazy("button", "Record"), ""),
    "assign": (gettext_lazy("Say who has to solve it"), pgettext_lazy("button", "Assign"), ""),
    "study": (
        gettext_lazy("Write down what was found out"),
        pgettext_lazy("button", "Record"),
        gettext_lazy("Cause, and what would solve it"),
    ),
    "fix": (
        gettext_lazy("Say that it is solved"),
        pgettext_lazy("button", "It is solved"),
        gettext_lazy("What was done"),
    ),
    "confirm": (gettext_lazy("Is it solved?"), pgettext_lazy("button", "Confirm it"), gettext_lazy("Remark")),
    "reopen": (
        gettext_lazy("It is not solved"),
        pgettext_lazy("button", "Reopen"),
        gettext_lazy("What is still wrong"),
    ),
    "attach": (gettext_lazy("Add a photo or document"), pgettext_lazy("button", "Add"), ""),
    "link": (gettext_lazy("Link a letter"), pgettext_lazy("button", "Link"), ""),
}
"""Heading, button and label of the note of each step's form."""
FORMS: dict[str, type[django_forms.Form]] = {
    "triage": forms.TriageForm,
    "assign": forms.AssignForm,
    "attach": forms.FileForm,
}


def _form(action: str, problem: Problem, data: Any = None, files: Any = None) -> django_forms.Form:
    if action == "link":
        return forms.LetterLinkForm(data, record=problem, prefix=action)
    kind = FORMS.get(action, forms.NoteForm)
    extra: dict[str, Any] = {"label": WORDS[action][2], "required": action != "confirm"}
    return kind(data, files, problem=problem, prefix=action, **(extra if kind is forms.NoteForm else {}))


@page("problem.view", Problem)
def problem_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """One problem: who must act next and how, what it holds up, what was done."""
    return _page(request, problem)


def _page(
    request: HttpRequest, problem: Problem, refused: str = "", bound: django_forms.Form | None = None
) -> HttpResponse:
    actor = request.actor
    steps = selectors.steps_of(problem, actor.classes(problem.estate))
    extra = [name for name in ("attach", "link") if can(actor, f"problem.{name}", problem)]
    offered = [
        {
            "name": action,
            "heading": WORDS[action][0],
            "button": WORDS[action][1],
            "form": bound if action == refused else _form(action, problem),
            "refused": action == refused,
        }
        for action in [*selectors.possible(actor, problem), *extra]
    ]
    if bound is not None and refused not in {each["name"] for each in offered}:
        messages.error(request, " ".join(text for texts in bound.errors.values() for text in texts))
    context = {
        "problem": problem,
        "estate": problem.estate,
        "tone": states.TONES[problem.state],
        "is_open": problem.state in states.OPEN,
        "next": [each for each in offered if each["name"] not in extra],
        "extra": [each for each in offered if each["name"] in extra],
        "holds": problem.holder is None or problem.holder == actor.organisation,
        "shares": selectors.shares_of(problem),
        "plots": list(problem.plots.order_by("pk")) if problem.plots_count else [],
        "events": [_event(step) for step in steps],
        "files": [step.attachment for step in steps if step.attachment is not None],
        "letters": [step.letter for step in steps if step.letter is not None],
        "related": related(actor, problem),
    }
    return render(request, "problems/detail.html", context, status=422 if bound is not None else 200)


def _event(step: Step) -> dict[str, Any]:
    url, detail = step.address, step.note
    if step.letter is not None:
        url, detail = step.letter.get_absolute_url(), f"{step.letter.number}: {step.letter.subject}"
    if step.attachment is not None:
        detail = step.attachment.title
    if step.action == "assign" and step.holder is not None:
        detail = " ".join(filter(None, (step.holder.name + ".", detail)))
    return {
        "when": step.happened_at,
        "text": said(step),
        "detail": detail,
        "status": "wait" if step.action in {"attach", "letter", "agenda"} else states.TONES[step.state],
        "organisation": step.organisation.short if step.organisation else "",
        "url": url,
    }


def said(step: Step) -> str:
    """What a step is called in the timeline."""
    words = {
        "report": pgettext("step", "Reported"),
        "accepted": pgettext("step", "Accepted"),
        "duplicate": pgettext("step", "Found to repeat another problem"),
        "referred": pgettext("step", "Not ours: referred"),
        "assign": pgettext("step", "Assigned to"),
        "study": pgettext("step", "Studied"),
        "plan": pgettext("step", "Planned by a commitment"),
        "agenda": pgettext("step", "On the agenda of a meeting"),
        "fix": pgettext("step", "Said to be solved"),
        "confirm": pgettext("step", "Confirmed as solved"),
        "reopen": pgettext("step", "Reopened"),
        "attach": pgettext("step", "File added"),
        "letter": pgettext("step", "Letter linked"),
    }
    return words[step.state if step.action == "triage" else step.action]


def version_of(request: HttpRequest) -> int | None:
    """The version of the record that the form was made for; None where it says none."""
    text = persian.ascii_digits(request.POST.get("version", ""))
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _verb(action: str, do: Callable[..., Any], done: Any) -> Callable[..., HttpResponse]:
    """The address of one step: its form, the action, the page again with what was refused."""

    @page(f"problem.{action}", Problem, methods=("POST",))
    def verb(request: HttpRequest, problem: Problem) -> HttpResponse:
        form = _form(action, problem, request.POST, request.FILES)
        if form.is_valid():
            try:
                do(request, problem, form.cleaned_data)
            except ValidationError as refused:
                known = {key: texts for key, texts in getattr(refused, "error_dict", {}).items() if key in form.fields}
                form.add_error(None, ValidationError(known) if known else refused)
            else:
                messages.success(request, done)
                return redirect(problem)
        return _page(request, problem, action, form)

    verb.__name__ = f"problem_{action}"
    verb.__doc__ = f"Step: {action}."
    return verb


def _noted(action: Callable[..., Any]) -> Callable[..., Any]:
    return lambda request, problem, data: action(request.actor, problem, note=data["note"], version=version_of(request))


problem_triage = _verb(
    "triage",
    lambda request, problem, data: actions.triage(
        request.actor, problem, data.pop("verdict"), version=version_of(request), **data
    ),
    gettext_lazy("Sorted."),
)
problem_assign = _verb(
    "assign",
    lambda request, problem, data: actions.assign(
        request.actor, problem, data["organisation"], note=data["note"], version=version_of(request)
    ),
    gettext_lazy("Assigned."),
)
problem_study = _verb("study", _noted(actions.study), gettext_lazy("Recorded."))
problem_fix = _verb("fix", _noted(actions.fix), gettext_lazy("Recorded. The reporter is asked to confirm."))
problem_confirm = _verb("confirm", _noted(actions.confirm), gettext_lazy("Confirmed. The problem is closed."))
problem_reopen = _verb("reopen", _noted(actions.reopen), gettext_lazy("Reopened."))
problem_attach = _verb(
    "attach",
    lambda request, problem, data: actions.add_file(request.actor, problem, data["file"], title=data["title"]),
    gettext_lazy("The file is kept with the problem."),
)
problem_link = _verb(
    "link",
    lambda request, problem, data: actions.link_letter(request.actor, data["letter"], problem),
    gettext_lazy("The letter is linked."),
)


@page("problem.list", Estate)
def problem_points(request: HttpRequest, estate: Estate) -> HttpResponse:
    """The estate's map with the places of its open problems."""
    found = selectors.placed(estate)
    mark = "-".join(f"{each.pk}.{each.version}" for each in found)
    return _map(request, estate, [_point(each, request) for each in found], f"problems-{mark}")


@page("problem.view", Problem)
def problem_map(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The estate's map with the problem's place on it."""
    if problem.longitude is None:
        raise NotThere
    point = _point(problem, request)
    return _map(request, problem.estate, [point], f"problem-{problem.pk}-{problem.version}")


def _point(problem: Problem, request: HttpRequest) -> dict[str, Any]:
    return maps.point(
        "problem",
        problem.longitude,
        problem.latitude,
        id=f"problem-{problem.pk}",
        label=persian.local_digits(str(problem.number), request.LANGUAGE_CODE),
        title=problem.title,
        word=problem.get_state_display(),
        url=problem.get_absolute_url(),
    )


def _map(request: HttpRequest, estate: Estate, points: list[dict[str, Any]], mark: str) -> HttpResponse:
    classes = ("P0", "P1", "P2") if "P2" in request.actor.classes(estate) else ("P0",)

    def make() -> dict[str, Any]:
        plan = maps.plan(estate, classes)
        return plan | {"features": [*plan["features"], *points]}

    return geojson(request, f"{maps.version_of(estate, classes)}-{mark}", make)


@page("problem.view", Problem)
def problem_file(request: HttpRequest, problem: Problem, attachment: int) -> HttpResponse:
    """A file of the problem, for those whose classes include it."""
    return send_file(request, problem, attachment)


def send_file(request: HttpRequest, record: Record, attachment: int) -> FileResponse:
    """An attachment of a record: pictures to be shown, the rest to be saved.

    Raises:
        NotThere: another record's, or of a class that the reader may not see.
    """
    where = {"pk": attachment, "subject_type": record._meta.label, "subject_id": record.pk}
    found = Attachment.objects.filter(**where).first()
    if found is None or found.field_class not in request.actor.classes(record.estate_of()):
        raise NotThere
    picture = found.kind in {"jpeg", "png"}
    kind = f"image/{found.kind}" if picture else "application/pdf"
    name = f"{found.subject_type.rpartition('.')[2].lower()}-{found.subject_id}-{found.pk}.{found.kind}"
    response = FileResponse(found.file.open("rb"), content_type=kind, filename=name, as_attachment=not picture)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    return response
