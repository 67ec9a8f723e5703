"""Forms of meetings: the call, the minutes with their rows of decisions, the organisations' word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from rasana.portal.apps.meetings.actions import DecisionDraft, MinutesDraft, Point, check_decision
from rasana.portal.apps.meetings.models import (
    AgendaItem,
    Attendance,
    Decision,
    Invitation,
    Meeting,
    MeetingState,
    Reply,
)
from rasana.portal.apps.problems.forms import choices, parties
from rasana.portal.base import clock, persian
from rasana.portal.base.fields import CleanCharField, CleanTextField, JalaliDateField
from rasana.portal.base.people import Estate
from rasana.portal.base.registries import Suggestion

TITLE_MAX, TEXT_MAX, DECISION_MAX = 200, 20_000, 1000
POINTS_MAX = 40
NO_PARTY = gettext_lazy("This organisation is not a party in this estate.")
SPARE_ROWS = 2
"""Empty rows for decisions under each point; one point alone gets as many as a usual meeting decides."""
SPARE_ROWS_ALONE = 6
TIME = re.compile(r"(\d{1,2})(?:[:.٫](\d{2}))?")


class TimeField(CleanCharField):
    """A time of day in any digits: 10, 10:30, ۱۰:۳۰."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs |= {"inputmode": "numeric", "dir": "ltr", "autocomplete": "off"}

    def clean(self, value: Any) -> Any:
        """The time.

        Raises:
            ValidationError: no time of day, with an example.
        """
        text = super().clean(value)
        found = TIME.fullmatch(persian.ascii_digits(text).strip())
        hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
        if hour > 23 or minute > 59:
            raise ValidationError(gettext("The time is not valid. Example: 10:30"))
        return time(hour, minute)

    def prepare_value(self, value: Any) -> Any:
        """A stored time in the reader's digits."""
        return persian.local_digits(value.strftime("%H:%M"), _language()) if isinstance(value, time) else value


class MeetingForm(forms.Form):
    """What a call needs; everything but title and date has a sensible value already."""

    title = CleanCharField(label=_("Title"), max_length=TITLE_MAX)
    date = JalaliDateField(label=_("Date"))
    time = TimeField(label=_("Time"), initial=time(10, 0))
    place = CleanCharField(label=_("Place"), max_length=200)
    chair = CleanCharField(
        label=_("Chair"),
        max_length=120,
        required=False,
        help_text=_("The office, not the person: such as the governor’s deputy."),
    )
    parties = forms.TypedMultipleChoiceField(
        label=_("Who is invited"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": NO_PARTY},
    )
    suggested = forms.MultipleChoiceField(
        label=_("Waits to be talked about"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("One of these points does not wait any more. Choose again.")},
    )
    agenda = CleanTextField(
        label=_("Other points of the agenda"), max_length=8000, required=False, help_text=_("One point a line.")
    )

    def __init__(
        self,
        *args: Any,
        estate: Estate,
        suggestions: Iterable[Suggestion] = (),
        items: Iterable[AgendaItem] = (),
        place: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.suggestions = {f"{each.subject._meta.label}:{each.subject.pk}": each for each in suggestions}
        self.items = list(items)
        self.fields["place"].initial = place
        known = {each.pk: each for each in parties(estate)}
        self.fields["parties"].choices = [(pk, each.name) for pk, each in known.items()]
        self.fields["parties"].coerce = lambda pk: known[int(pk)]
        self.fields["parties"].initial = list(known)
        if self.suggestions:
            self.fields["suggested"].choices = [
                (key, f"{each.title} ({each.why})") for key, each in self.suggestions.items()
            ]
        else:
            del self.fields["suggested"]
        for item in self.items:
            field = CleanCharField(label=item.title, max_length=TITLE_MAX, required=False, initial=item.title)
            self.fields[f"item-{item.pk}"] = field

    def clean_agenda(self) -> list[str]:
        """The lines, each short enough for a title."""
        lines = [line.strip() for line in (self.cleaned_data["agenda"] or "").splitlines() if line.strip()]
        if len(lines) > POINTS_MAX:
            raise ValidationError(gettext("Write at most %(most)s points.") % {"most": _digits(POINTS_MAX)})
        if any(len(line) > TITLE_MAX for line in lines):
            raise ValidationError(gettext("A point has at most %(most)s characters.") % {"most": _digits(TITLE_MAX)})
        return lines

    @property
    def item_fields(self) -> list[Any]:
        """The agenda's points as fields."""
        return [self[f"item-{item.pk}"] for item in self.items]

    def values(self) -> dict[str, Any]:
        """What ``actions.call`` and ``actions.change`` take."""
        data = self.cleaned_data
        points = [
            Point(self.suggestions[key].title, self.suggestions[key].subject) for key in data.get("suggested", ())
        ]
        return {
            "title": data["title"],
            "place": data["place"],
            "chair": data["chair"],
            "starts_at": datetime.combine(data["date"], data["time"], tzinfo=clock.TEHRAN),
            "parties": list(data["parties"]),
            "points": [*points, *(Point(line) for line in data["agenda"])],
        }

    def titles(self) -> dict[int, str]:
        """The agenda's points by key, as they are to be called."""
        return {item.pk: self.cleaned_data[f"item-{item.pk}"] or "" for item in self.items}


class ReplyForm(forms.Form):
    """An organisation's answer to its invitation."""

    answer = forms.ChoiceField(
        label=_("Does your organisation come?"),
        choices=((Reply.COMING, _("will come")), (Reply.DECLINED, _("will not come"))),
        widget=forms.RadioSelect,
        initial=Reply.COMING,
    )
    delegates = CleanCharField(
        label=_("Delegates"), max_length=300, required=False, help_text=_("Their offices, not their names.")
    )


class ObjectionForm(forms.Form):
    """What an organisation objects to."""

    objection = CleanTextField(
        label=_("What you object to"), max_length=4000, help_text=_("It is printed with the minutes, word for word.")
    )


class AddendumForm(forms.Form):
    """What is added to sealed minutes."""

    text = CleanTextField(label=_("What is added"), max_length=8000)


class AttendanceForm(forms.Form):
    """Whether an organisation was there, and who for it."""

    present = forms.BooleanField(label=gettext_lazy("present"), required=False)
    delegates = CleanCharField(label=_("Delegates"), max_length=300, required=False)


class DecisionRow(forms.Form):
    """One line of the minutes: what was decided, who owes it, by when."""

    key = forms.IntegerField(required=False, widget=forms.HiddenInput)
    text = CleanCharField(label=_("Decision"), max_length=DECISION_MAX, required=False, widget=forms.Textarea)
    responsible = forms.TypedChoiceField(
        label=_("Owed by"), required=False, empty_value=None, error_messages={"invalid_choice": NO_PARTY}
    )
    due = JalaliDateField(label=_("Due"), required=False)

    def __init__(self, *args: Any, sheet: MinutesForm, item: AgendaItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet, self.item = sheet, item
        self.fields["text"].widget.attrs |= {"rows": 1, "cols": 40, "data-row": ""}
        self.fields["responsible"].choices = sheet.choices
        self.fields["responsible"].coerce = lambda pk: sheet.parties[int(pk)]

    def clean(self) -> dict[str, Any]:
        """Against the meeting and the estate."""
        data = super().clean() or {}
        if data.get("key") and data["key"] not in self.sheet.keys:
            self.add_error("text", gettext("This decision belongs to other minutes. Load the page again."))
        try:
            check_decision(self.sheet.meeting, self.sheet.parties, self.draft(data))
        except ValidationError as refused:
            for name, faults in refused.error_dict.items():
                if name not in self.errors:
                    self.add_error(name, faults)
        return data

    def draft(self, data: dict[str, Any] | None = None) -> DecisionDraft:
        """What ``actions.save_minutes`` takes."""
        data = self.cleaned_data if data is None else data
        return DecisionDraft(
            self.item.pk, data.get("text") or "", data.get("responsible"), data.get("due"), data.get("key")
        )


class PointForm(forms.Form):
    """What was said about a point of the agenda."""

    said = CleanTextField(label=_("What was said"), max_length=TEXT_MAX, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["said"].widget.attrs |= {"rows": 2}


class MinutesForm(forms.Form):
    """The whole sheet in reading order: attendance; under each point what was said and rows of decisions."""

    new_point = CleanCharField(label=_("Another point"), max_length=TITLE_MAX, required=False)

    def __init__(self, data: Any = None, *, meeting: Meeting) -> None:
        super().__init__(data)
        self.meeting = meeting
        self.parties = {each.pk: each for each in parties(meeting.estate)}
        self.choices = [("", "—"), *((pk, each.short) for pk, each in self.parties.items())]
        self.attendance = [self._attendance(each) for each in invited(meeting)]
        items = list(meeting.items.filter(dropped=False))
        there: dict[int, list[Decision]] = {item.pk: [] for item in items}
        written = list(meeting.decisions.all())
        self.keys = {each.pk for each in written}
        for decision in written:
            if not decision.dropped:
                there.setdefault(decision.item_id, []).append(decision)
        spare = SPARE_ROWS_ALONE if len(items) == 1 else SPARE_ROWS
        self.points = [(item, self._point(item), self._rows(item, there[item.pk], spare)) for item in items]

    def _attendance(self, invitation: Invitation) -> tuple[Invitation, AttendanceForm]:
        initial = {"present": invitation.attendance == Attendance.PRESENT, "delegates": invitation.delegates}
        data = self.data if self.is_bound else None
        return invitation, AttendanceForm(data, prefix=f"a{invitation.pk}", initial=initial)

    def _point(self, item: AgendaItem) -> PointForm:
        return PointForm(self.data if self.is_bound else None, prefix=f"p{item.pk}", initial={"said": item.minutes})

    def _rows(self, item: AgendaItem, there: list[Decision], spare: int) -> list[DecisionRow]:
        if self.is_bound:
            pattern = re.compile(rf"d{item.pk}-(\d{{1,4}})-text")
            found = sorted(int(hit[1]) for name in self.data if (hit := pattern.fullmatch(name)))
            return [DecisionRow(self.data, prefix=f"d{item.pk}-{n}", sheet=self, item=item) for n in found]
        rows = [
            {"key": each.pk, "text": each.text, "responsible": each.responsible_id, "due": each.due} for each in there
        ]
        return [
            DecisionRow(prefix=f"d{item.pk}-{n}", initial=initial, sheet=self, item=item)
            for n, initial in enumerate(rows + [{}] * spare)
        ]

    def parts(self) -> list[forms.Form]:
        """Every form of the sheet, in reading order."""
        found: list[forms.Form] = [form for _invitation, form in self.attendance]
        for _item, point, rows in self.points:
            found += [point, *rows]
        return found

    def is_valid(self) -> bool:
        """Whether every part is."""
        faults = [part.errors for part in [self, *self.parts()] if part.errors]
        return self.is_bound and not faults

    def faults(self) -> list[dict[str, Any]]:
        """What must be put right, with the field that it is about."""
        found = []
        for part in [self, *self.parts()]:
            for bound in part:
                found += [{"anchor": bound.id_for_label, "label": bound.label, "text": text} for text in bound.errors]
            found += [{"anchor": "", "label": "", "text": text} for text in part.non_field_errors()]
        return found

    def draft(self) -> MinutesDraft:
        """What ``actions.save_minutes`` takes."""
        attendance = {
            invitation.pk: (
                Attendance.PRESENT if form.cleaned_data["present"] else Attendance.ABSENT,
                form.cleaned_data["delegates"],
            )
            for invitation, form in self.attendance
        }
        new = self.cleaned_data["new_point"]
        return MinutesDraft(
            attendance=attendance,
            said={item.pk: point.cleaned_data["said"] or "" for item, point, _rows in self.points},
            decisions=[row.draft() for _item, _point, rows in self.points for row in rows],
            new_points=[new] if new else [],
        )


class FilterForm(forms.Form):
    """Which meetings are listed."""

    q = CleanCharField(label=_("Text"), required=False, max_length=200)
    estate = forms.ChoiceField(label=_("Estate"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("all")), *MeetingState.choices])

    def __init__(self, *args: Any, estates: Iterable[Estate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.estates = {each.code: each for each in estates}
        self.fields["estate"].choices = choices(self.estates, gettext("all estates"))

    def wishes(self) -> dict[str, Any]:
        """What was asked for and makes sense."""
        self.is_valid()
        found = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        if "estate" in found:
            found["estate"] = self.estates[found["estate"]]
        return found


def invited(meeting: Meeting) -> list[Invitation]:
    """The invitations that stand, with their organisations, as the page's gate has read them."""
    standing = [each for each in meeting.invitations.all() if not each.withdrawn]
    return sorted(standing, key=lambda each: each.organisation_id)


def opening(meeting: Meeting) -> dict[str, Any]:
    """The values with which the form of an existing meeting begins."""
    starts = meeting.starts_at.astimezone(clock.TEHRAN)
    day: date = starts.date()
    return {
        "title": meeting.title,
        "date": day,
        "time": starts.time().replace(second=0, microsecond=0),
        "place": meeting.place,
        "chair": meeting.chair,
        "parties": [each.organisation_id for each in invited(meeting)],
    }


def _digits(number: int) -> str:
    return persian.format_number(number, _language())


def _language() -> str:
    return get_language() or "fa"
