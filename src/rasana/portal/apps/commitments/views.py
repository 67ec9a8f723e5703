"""Pages that show commitments: the register, one commitment, its files and its dossier as of now."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import Form
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from rasana.portal.apps.commitments import actions, dossier, forms, selectors
from rasana.portal.apps.commitments.models import OPEN_STATES, Commitment, Delivery, State
from rasana.portal.apps.commitments.selectors import OUTCOMES, Filters
from rasana.portal.apps.commitments.story import Story, story_of
from rasana.portal.base import clock
from rasana.portal.base.access import NotThere, can, page
from rasana.portal.base.actor import Actor
from rasana.portal.base.files import Attachment
from rasana.portal.base.ladder import ladder
from rasana.portal.base.people import Estate
from rasana.portal.base.tables import INVENTED, Column, export

PER_PAGE = 25
CONTENT_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
COLUMNS = (
    Column(_("Number"), "number"),
    Column(_("Estate"), "estate.name"),
    Column(_("Promise"), "text"),
    Column(_("Debtor"), "debtor.name"),
    Column(_("Creditor"), "creditor.name"),
    Column(_("Day of the promise"), "promised_on"),
    Column(_("First due date"), "first_due"),
    Column(_("Due date in force"), "due"),
    Column(_("Delivered on"), "delivered_on"),
    Column(_("State"), lambda row: OUTCOMES[row.outcome_key].word),
    Column(_("Days late"), lambda row: row.days_late(clock.today())),
    INVENTED,
)


class CountedPaginator(Paginator):
    """A paginator that was told the count."""

    def __init__(self, rows: QuerySet[Commitment], size: int, total: int) -> None:
        super().__init__(rows, size)
        self._total = total

    @cached_property
    def count(self) -> int:
        """The number of rows."""
        return self._total


@page("commitment.list")
def register(request: HttpRequest) -> HttpResponse:
    """The register with its filters; counts by outcome are links to it."""
    wanted = Filters(**{name: request.GET.get(name, "")[:200] for name in Filters.__dataclass_fields__})
    today = clock.today()
    found = selectors.narrowed(selectors.visible(request.actor), wanted)
    rows = selectors.register(found, wanted.outcome, today)
    whole = selectors.with_outcome(rows, today).select_related("estate", "debtor", "creditor")
    if (file := export(request, whole, COLUMNS, "commitments")) is not None:
        return file
    counts = selectors.counts(found, today)
    total = counts.get(wanted.outcome, sum(counts.values()))
    listed = CountedPaginator(rows, PER_PAGE, total).get_page(request.GET.get("page"))
    estates = list(Estate.objects.filter(pk__in=request.actor.estate_ids))
    context = {
        "wanted": wanted,
        "page": listed,
        "rows": [_row(commitment, today) for commitment in selectors.rows_of(listed.object_list)],
        "counts": [(OUTCOMES[key], count) for key, count in counts.items() if count or key == wanted.outcome],
        "all": sum(counts.values()),
        "late": sum(counts[key] for key in selectors.LATE),
        "estates": estates,
        "organisations": selectors.parties_of(request.actor.estate_ids),
        "outcomes": OUTCOMES.values(),
        "is_filtered": any(vars(wanted).values()),
        "new_in": next((each for each in estates if each.code == wanted.estate), estates[0] if estates else None),
        "can_make": can(request.actor, "commitment.make"),
    }
    return render(request, "commitments/list.html", context)


def _row(commitment: Commitment, today: Any) -> dict[str, Any]:
    outcome = selectors.outcome_of(commitment, today)
    return {"commitment": commitment, "outcome": outcome, "days_late": commitment.days_late(today)}


@page("commitment.view", Commitment)
def detail(request: HttpRequest, commitment: Commitment) -> HttpResponse:
    """One commitment. That an organisation of it looked is written down, once a day."""
    if request.method == "GET":
        actions.opened(request.actor, commitment)
    return show(request, commitment)


def show(
    request: HttpRequest, commitment: Commitment, *, bound: dict[str, Form] | None = None, status: int = 200
) -> HttpResponse:
    """The page of a commitment, with a form that was refused in the place of its empty one."""
    story = story_of(commitment)
    context = {
        "story": story,
        "commitment": story.commitment,
        "estate": story.commitment.estate,
        "forms": next_forms(request.actor, story) | (bound or {}),
        "can_link": can(request.actor, "commitment.link", story.commitment),
        "is_refused": bool(bound),
    }
    return render(request, "commitments/detail.html", context, status=status)


def next_forms(actor: Actor, story: Story) -> dict[str, Form]:
    """The forms of what this reader may do next, and of nothing else."""
    commitment = story.commitment
    seen = {"version": commitment.version}
    found: dict[str, Form] = {}
    side = "debtor" if actor.organisation == commitment.debtor else "creditor"

    def offer(name: str, action: str, form: Form, *, when: bool = True) -> None:
        if when and can(actor, f"commitment.{action}", commitment):
            found[name] = form

    if commitment.state == State.PROPOSED:
        has_agreed = bool(getattr(commitment, f"{side}_agreed_on"))
        offer("agree", "agree", forms.VersionForm(initial=seen), when=not has_agreed)
    if commitment.state in OPEN_STATES:
        today = seen | {"delivered_on": story.today}
        offer("deliver", "deliver", forms.DeliveryForm(initial=today, commitment=commitment, auto_id="deliver_%s"))
        request_form = forms.ExtensionForm(initial=seen, auto_id="extension_%s")
        offer("extension", "request_extension", request_form, when=story.pending is None)
        answer = forms.AnswerForm(initial=seen, auto_id="answer_%s")
        offer("answer", "answer_extension", answer, when=story.pending is not None)
    if commitment.state == State.DELIVERED:
        offer("verdict", "verify", forms.VerdictForm(initial=seen, auto_id="verdict_%s"))
    if commitment.state not in {State.CLOSED, State.VOID}:
        offer("void", "void", forms.VoidForm(initial=seen, commitment=commitment, auto_id="void_%s"))
        offer("link", "link", forms.LinkForm(initial=seen, estate=commitment.estate, auto_id="link_%s"))
    return found


@page("commitment.view", Commitment)
def attachment(request: HttpRequest, commitment: Commitment, attachment: int) -> FileResponse:
    """A file of a commitment or of one of its deliveries, to who may read its class."""
    found = Attachment.objects.filter(pk=attachment, estate=commitment.estate).first()
    if found is None or found.field_class not in request.actor.classes(commitment.estate):
        raise NotThere
    own = found.subject_type == Commitment._meta.label and found.subject_id == commitment.pk
    of_delivery = found.subject_type == Delivery._meta.label
    if not own and not (of_delivery and commitment.deliveries.filter(pk=found.subject_id).exists()):
        raise NotThere
    name = f"commitment-{commitment.number}-{found.pk}.{found.kind}"
    return FileResponse(found.file.open("rb"), content_type=CONTENT_TYPES[found.kind], filename=name)


@page("commitment.view", Commitment)
def dossier_now(request: HttpRequest, commitment: Commitment) -> HttpResponse:
    """The dossier as it would be built today; what the ladder built stands among the files."""
    step = ladder()[max(commitment.step - 1, 0)]
    response = HttpResponse(dossier.draw(commitment, step), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="commitment-{commitment.number}.pdf"'
    return response
