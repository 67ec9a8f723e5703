"""Pages of the register of letters."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from rasana.portal.apps.problems import actions, forms, selectors
from rasana.portal.apps.problems.models import Letter
from rasana.portal.apps.problems.views import BOTH, PER_PAGE, send_file
from rasana.portal.base.access import can, page
from rasana.portal.base.files import attachments_of
from rasana.portal.base.people import Estate
from rasana.portal.base.tables import INVENTED, Column, export

COLUMNS = (
    Column(gettext_lazy("Number of the letter"), "number"),
    Column(gettext_lazy("Date of the letter"), "date"),
    Column(pgettext_lazy("letter", "From"), "sender_name"),
    Column(pgettext_lazy("letter", "To"), "recipient_name"),
    Column(gettext_lazy("Subject"), "subject"),
    Column(gettext_lazy("Estate"), "estate.name"),
    INVENTED,
)


@page("letter.list")
def letter_list(request: HttpRequest) -> HttpResponse:
    """Official letters, newest first."""
    actor = request.actor
    estates = actor.estates
    chosen = next((each for each in estates if each.code == request.GET.get("estate")), None)
    letters = selectors.letters(actor, request.GET.get("q", "")[:200], chosen)
    if (file := export(request, letters, COLUMNS, "letters")) is not None:
        return file
    context = {
        "page": Paginator(letters, PER_PAGE).get_page(request.GET.get("page")),
        "q": request.GET.get("q", "")[:200],
        "all_estates": estates,
        "chosen": chosen,
        "estates": [each for each in estates if can(actor, "letter.record", each)],
    }
    return render(request, "problems/letters.html", context)


@page("letter.record", Estate, methods=BOTH)
def letter_new(request: HttpRequest, estate: Estate) -> HttpResponse:
    """Record a letter."""
    form = forms.LetterForm(request.POST or None, request.FILES or None, estate=estate)
    if request.method == "POST" and form.is_valid():
        try:
            letter = actions.record_letter(request.actor, estate, **form.cleaned_data)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("The letter is recorded."))
            return redirect(letter)
    context = {"form": form, "estate": estate}
    return render(request, "problems/letter_new.html", context, status=422 if form.errors else 200)


@page("letter.view", Letter)
def letter_page(request: HttpRequest, letter: Letter) -> HttpResponse:
    """One letter, its scan, and what it bears on."""
    classes = request.actor.classes(letter.estate)
    context = {
        "letter": letter,
        "estate": letter.estate,
        "files": [each for each in attachments_of(letter) if each.field_class in classes],
        "bearings": selectors.bears_on(letter),
    }
    return render(request, "problems/letter.html", context)


@page("letter.view", Letter)
def letter_file(request: HttpRequest, letter: Letter, attachment: int) -> HttpResponse:
    """The scan of a letter."""
    return send_file(request, letter, attachment)
