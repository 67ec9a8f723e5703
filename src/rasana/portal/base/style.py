"""The living style page: every part in the language of the page, with matter that is invented. Only while developing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import cos, radians
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language

from rasana.portal.base.fields import CleanCharField, CleanTextField, JalaliDateField, NumberField


def _t(fa: str, en: str) -> str:
    return fa if (get_language() or "fa").startswith("fa") else en


@dataclass(frozen=True)
class Party:
    """An organisation for show."""

    kind: str
    name: str
    short: str
    monogram: str


def parties() -> dict[str, Party]:
    """One party of each kind."""
    rows = {
        "operator": ("سازمان ساماندهی مشاغل شهری", "Organisation for Urban Trades", "سازمان ساماندهی", "Urban Trades", "سا"),
        "regional_company": ("شرکت برق منطقه‌ای تهران", "Tehran regional electric company", "برق منطقه‌ای تهران", "Regional company", "من"),
        "distribution_company": ("شرکت توزیع نیروی برق استان قم", "Qom distribution company", "توزیع برق قم", "Qom distribution", "تو"),
        "governor": ("استانداری قم", "Qom governor's office", "استانداری قم", "Governor's office", "اس"),
        "board": ("هیئت امنای شهرک", "Estate's board of trustees", "هیئت امنا", "Board of trustees", "هی"),
        "contractor": ("پیمانکار", "Contractor", "پیمانکار", "Contractor", "پی"),
        "applicant": ("متقاضی", "Applicant", "متقاضی", "Applicant", "مت"),
    }
    return {kind: Party(kind, _t(fa, en), _t(short_fa, short_en), mono) for kind, (fa, en, short_fa, short_en, mono) in rows.items()}


class Sample(forms.Form):
    """One field of each kind."""

    due = JalaliDateField(label=_t("مهلت تازه", "New due date"))
    title = CleanCharField(max_length=80)
    reason = CleanTextField(max_length=400)
    plots = NumberField(min_value=1, max_value=400, required=False)
    kind = forms.ChoiceField(choices=())
    severity = forms.ChoiceField(choices=(), widget=forms.RadioSelect)
    phone = forms.CharField(required=False, widget=forms.TextInput(attrs={"dir": "ltr", "inputmode": "tel"}))
    proof = forms.FileField(required=False)
    shared = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = {
            "due": (_t("مهلت تازه", "New due date"), _t("مانند ۲۵ دی ۱۴۰۴ یا ۱۴۰۴/۱۰/۲۵", "Such as 2026-01-15 or 1404/10/25")),
            "title": (_t("عنوان", "Title"), ""),
            "reason": (_t("علت", "Reason"), _t("در صفحه همگانی هم دیده می‌شود.", "It is shown on the public page too.")),
            "plots": (_t("شمار قطعه", "Number of plots"), ""),
            "kind": (_t("نوع مشکل", "Kind of problem"), ""),
            "severity": (_t("شدت", "Severity"), _t("بر پایه قطعه‌هایی که پشت آن مانده‌اند", "By the plots held up behind it")),
            "phone": (_t("شماره همراه", "Mobile number"), _t("۱۱ رقم، با ۰۹ شروع می‌شود", "11 digits, beginning with 09")),
            "proof": (_t("مدرک", "Evidence"), _t("PDF یا عکس، حداکثر ۱۰ مگابایت", "PDF or picture, 10 MB at most")),
            "shared": (_t("این مدرک همگانی است", "This evidence is public"), ""),
        }
        for name, (label, hint) in said.items():
            self.fields[name].label, self.fields[name].help_text = label, hint
        kinds = (("voltage", _t("افت ولتاژ", "Voltage drop")), ("route", _t("تداخل مسیر", "Conflict of routes")))
        grades = (("high", _t("زیاد", "High")), ("middle", _t("متوسط", "Middle")), ("low", _t("کم", "Low")))
        self.fields["kind"].choices = [("", _t("انتخاب کنید", "Choose")), *kinds]
        self.fields["severity"].choices = list(grades)


def style(request: HttpRequest) -> HttpResponse:
    """Every part, as on real pages."""
    who = parties()
    typed = {"r-due": _t("۳۱ مهر ۱۴۰۴", "31 Mehr 1404"), "r-reason": _t("ترانسفورماتور پست ۶۳/۲۰ هنوز نرسیده است.", "The 63/20 transformer has not arrived.")}
    navigation = [
        {"label": label, "url": f"#{name}", "icon": name, "count": count, "current": name == "desk"}
        for label, name, count in (
            (_t("میز من", "My desk"), "desk", 4),
            (_t("شهرک‌ها", "Estates"), "estate", None),
            (_t("مشکل‌ها", "Problems"), "problem", 14),
            (_t("جلسه‌ها", "Meetings"), "meeting", None),
            (_t("تعهدها", "Commitments"), "commitment", 9),
            (_t("درخواست‌ها", "Requests"), "request", 38),
            (_t("گزارش‌ها", "Reports"), "report", None),
        )
    ]
    if request.GET.get("said"):
        messages.success(request, _t("تأیید شما ثبت شد.", "Your approval is recorded."))
        messages.error(request, _t("این فایل خوانده نشد. فایل DXF یا GeoPackage بدهید.", "This file could not be read. Give a DXF or GeoPackage file."))
    context = {
        "navigation": [] if request.GET.get("public") else navigation,
        "public_navigation": [{"label": _t("وعده‌ها", "Promises"), "url": "#promises", "current": True}, {"label": _t("شهرک‌ها", "Estates"), "url": "#estates", "current": False}],
        "actor": {"person": {"name": _t("کارشناس برنامه‌ریزی", "Planning officer")}, "organisation": who["operator"]},
        "unread": {"count": 3},
        "estate": {"name": _t("شهرک خودرو", "Automotive estate"), "label": _t("بازسازی از شمارهای منتشرشده، نه نقشه‌برداری. رویدادها نمونه است.", "Reconstruction from published counts, not a survey. The events are examples.")},
        "switch": [{"name": _t("شهرک خودرو", "Automotive estate"), "url": "#a", "current": True}, {"name": _t("شهرک صنوف", "Trades estate"), "url": "#b", "current": False}],
        "who": who,
        "org_list": list(who.values()),
        "statuses": ("live", "plan", "risk", "late", "broken", "wait", "hidden"),
        "shares": [(who["applicant"], 9), (who["operator"], 14), (who["regional_company"], 11), (who["distribution_company"], 19), (who["distribution_company"], 8, True)],
        "figures": _figures(),
        "events": _events(who),
        "fresh": Sample(),
        "refused": Sample(typed, prefix="r"),
        "page": Paginator(range(1404), 25).get_page(request.GET.get("page", 7)),
        "tasks": _tasks(who),
        "promises": _promises(who),
    }
    return render(request, "base/style.html", context)


def _figures() -> list[dict[str, Any]]:
    source = {"source": _t("خبرگزاری شهر", "City news agency"), "status": "verified"}
    return [
        {"label": _t("واحد صنفی", "Trade units"), "value": 1404, "provenance": source | {"date": date(2022, 6, 5)}},
        {"label": _t("واحد فعال", "Active units"), "value": 125, "provenance": source | {"date": date(2024, 8, 20)}},
        {"label": _t("مساحت", "Area"), "value": 33, "unit": _t("هکتار", "ha"), "conflict": _t("دو منبع ناهمخوان: ۳۳ و ۲۷", "two sources disagree: 33 and 27")},
        {"label": _t("بار همزمان برآوردی", "Estimated coincident load"), "value": 8.6, "unit": _t("مگاوات", "MW"), "provenance": {"status": "derived", "source": _t("مطالعه ۱۱", "study 11")}},
        {"label": _t("تعهد دیرشده", "Late commitments"), "value": 2, "unit": _t("از ۹", "of 9"), "tone": "late", "provenance": {"status": "invented"}},
    ]


def _events(who: dict[str, Party]) -> list[dict[str, Any]]:
    return [
        {"when": date(2025, 11, 9), "text": _t("به کارگروه استان رفت؛ سکوت: نهاد متعهد پرونده را باز نکرده", "To the provincial group; silence: the debtor has not opened the file"), "status": "broken", "organisation": who["governor"].short},
        {"when": datetime(2025, 10, 28, 6, 30, tzinfo=UTC), "text": _t("مهلت گذشت و مدرکی نرسید", "The date passed without evidence"), "status": "late", "organisation": who["distribution_company"].short},
        {"when": date(2025, 10, 4), "text": _t("تعهد از مصوبه ۳ ساخته شد و دو نهاد پذیرفتند", "The commitment was made of resolution 3 and accepted by both"), "status": "plan", "organisation": who["operator"].short, "invented": True},
    ]


def _tasks(who: dict[str, Party]) -> list[dict[str, Any]]:
    rows = (
        ("distribution_company", _t("نظر درباره گزارش کارشناسی گزینه دوم تأمین برق", "Comment on the expert report on supply option two"), _t("تا نظر ندهید ۳۵۱ قطعه در بلوک‌های ۵ تا ۸ تاریخ قطعی نمی‌گیرند", "until you comment, 351 plots in blocks 5 to 8 get no firm date"), date(2025, 11, 9), "risk", _t("مهلت: امروز", "Due today"), _t("خواندن و پاسخ", "Read, reply")),
        ("board", _t("تأیید صورت‌جلسه ۱۲ آبان", "Approve the minutes of 3 November"), _t("دو نهاد امضا کرده‌اند؛ فقط تأیید شما مانده است", "two organisations have signed; only yours is missing"), date(2025, 11, 10), "plan", _t("یک روز کاری", "1 working day"), _t("تأیید یا اعتراض", "Approve, object")),
        ("applicant", _t("پرونده ناقص درخواست انشعاب", "Incomplete connection request"), _t("پروانه کسب خوانا نیست؛ متقاضی منتظر پاسخ است", "the trade licence is illegible; the applicant awaits an answer"), date(2025, 11, 4), "late", _t("۳ روز کاری دیرکرد", "3 working days late"), _t("برگرداندن پرونده", "Return the file")),
    )
    names = ("kind", "title", "detail", "due", "status", "word", "verb")
    return [dict(zip(names, row, strict=True)) | {"organisation": who[row[0]]} for row in rows]


def _promises(who: dict[str, Party]) -> list[dict[str, Any]]:
    return [
        {"title": _t("مجوز اتصال حلقه ۲۰ کیلوولت", "Permit to connect the 20 kV ring"), "organisation": who["distribution_company"], "days": 27, "status": "late", "step": _t("رئیس اداره، ۲۰ آبان", "Head of office, 11 Nov")},
        {"title": _t("پاسخ نامه ظرفیت حلقه شمالی", "Reply on capacity, north ring"), "organisation": who["regional_company"], "days": 15, "status": "risk", "step": _t("کارشناس، ۲۴ آبان", "Officer, 15 Nov")},
        {"title": _t("صورت‌جلسه کارگروه ۵ آبان", "Minutes of the group, 27 October"), "organisation": who["governor"], "days": 9, "status": "plan", "step": ""},
    ]


def style_map(request: HttpRequest) -> JsonResponse:
    """A small invented estate: four blocks of sixty plots, two streets, two transformers, a ring, a problem."""
    origin = (50.9, 34.6)
    per_metre = (1 / (111_320 * cos(radians(origin[1]))), 1 / 110_950)

    def at(x: float, y: float) -> list[float]:
        return [origin[0] + x * per_metre[0], origin[1] + y * per_metre[1]]

    features: list[dict[str, Any]] = []

    def add(kind: str, shape: str, coordinates: Any, **more: Any) -> None:
        features.append({"type": "Feature", "geometry": {"type": shape, "coordinates": coordinates}, "properties": {"kind": kind} | more})

    def box(x: float, y: float, width: float, depth: float) -> list[list[list[float]]]:
        return [[at(x, y), at(x + width, y), at(x + width, y + depth), at(x, y + depth), at(x, y)]]

    statuses = ("energised", "active", "planned", "built", "unauthorised")
    add("boundary", "Polygon", box(-20, -20, 420, 200))
    for number in range(4):
        x, y = 200 * (number % 2), 90 * (number // 2)
        name = _t(f"ب{number + 1}", f"B{number + 1}")
        add("block", "Point", at(x + 90, y + 35), id=name, label=name)
        for index in range(60):
            left, low = x + 6 * (index % 30), y + 35 * (index // 30)
            status = statuses[0 if index % 7 < 4 - number else (number + index // 23) % 5]
            label = f"{name}-{index + 1}"
            add("plot", "Polygon", box(left, low, 6, 30), id=label, label=label, status=status, block=name, url=f"/style/?plot={label}")
    add("street", "LineString", [at(-15, 80), at(395, 80)], label=_t("خیابان صنعت", "Sanat Street"))
    add("street", "LineString", [at(190, -15), at(190, 175)], label=_t("خیابان کارگر", "Kargar Street"))
    add("cable", "LineString", [at(-15, 84), at(188, 84), at(188, 170)], level="mv")
    for area, (x, y) in enumerate(((60, 77), (320, 77)), start=1):
        add("cable", "LineString", [at(x, y), at(x + 70, y)], level="lv", area=area)
        add("transformer", "Point", at(x, y), id=f"T{area}", label=_t(f"ت{area}", f"T{area}"), area=area)
    add("problem", "Point", at(250, 60), id="p1", label="۱" if _t("fa", "en") == "fa" else "1", url="#problem")
    return JsonResponse(json.loads(json.dumps({"type": "FeatureCollection", "features": features})))
