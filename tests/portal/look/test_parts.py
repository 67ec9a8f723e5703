from __future__ import annotations

import datetime as dt
import re
from types import SimpleNamespace

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from rasana.portal.base.icons import ICONS, SHAPES
from rasana.portal.base.templatetags.parts import extent, share

COMPANY = SimpleNamespace(
    kind="distribution_company",
    name="شرکت توزیع نیروی برق استان قم",
    short="توزیع برق قم",
    monogram="تو",
)
APPLICANT = {"kind": "applicant", "name": "متقاضی", "short": "متقاضی", "monogram": "مت"}


def shown(text: str, language: str = "fa", **context: object) -> str:
    with translation.override(language):
        return Template("{% load parts %}" + text).render(Context(context)).strip()


class Extension(forms.Form):
    due = forms.CharField(label="مهلت تازه", help_text="مانند ۱۴۰۴/۱۰/۲۵")
    grade = forms.ChoiceField(label="شدت", choices=(("a", "زیاد"), ("b", "کم")), widget=forms.RadioSelect)
    shared = forms.BooleanField(label="همگانی", required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def test_an_organisation_has_its_colour_its_letters_and_its_name():
    assert shown("{% org o %}", o=COMPANY) == (
        '<span class="org"><span class="mono distribution" aria-hidden="true">تو</span><span>توزیع برق قم</span></span>'
    )
    assert "شرکت توزیع نیروی برق استان قم" in shown('{% org o "full" %}', o=COMPANY)
    assert ">DC<" in shown("{% mono o %}", "en", o=COMPANY), "letters in the script of the page"
    assert shown("{% org o %}", o=None) == '<span class="muted">هیچ سازمانی</span>'
    assert shown("{% mono o %}", o=None) == ""


@pytest.mark.parametrize(("language", "words"), [("fa", ("دیرکرد", "شکسته")), ("en", ("Late", "Broken"))])
def test_a_status_is_shape_and_word_and_never_colour_alone(language, words):
    late, broken = shown('{% status "late" %}', language), shown('{% status "broken" %}', language)
    assert words[0] in late
    assert words[1] in broken
    drawings = {re.search(r"<svg.*?>(.*)</svg>", shown(f'{{% status "{name}" %}}')).group(1) for name in SHAPES}
    assert len(drawings) == len(SHAPES) == 7
    assert "۱۲ روز دیرکرد" in shown('{% status "late" "۱۲ روز دیرکرد" %}')
    assert 'class="st live"' in shown('{% mark "live" %}')
    assert 'class="chip wait"' in shown('{% status "unheard_of" "x" %}')


def test_every_icon_draws_and_arrows_turn_with_the_direction():
    for name in ICONS:
        assert 'aria-hidden="true"' in shown(f'{{% icon "{name}" %}}')
    assert 'class="ic flip"' in shown('{% icon "next" %}')
    assert 'class="ic big"' in shown('{% icon "bell" "big" %}')
    with pytest.raises(KeyError):
        shown('{% icon "no such" %}')


@pytest.mark.parametrize(
    ("percent", "classes"), [(0, "n0"), (62.3, "n62 f3"), (100, "n100"), (120, "n100"), (-3, "n0"), (99.96, "n100")]
)
def test_a_share_is_classes_because_styles_in_attributes_are_refused(percent, classes):
    assert share(percent) == classes
    assert extent(percent) == classes.replace("n", "l").replace("f", "h")


def test_the_ball_shows_each_holder_by_time_and_sums_up_in_its_key():
    shares = [(APPLICANT, 9), (COMPANY, 19), (COMPANY, 8, True)]
    html = shown("{% ball shares %}", shares=shares)
    assert re.findall(r'class="share grow-n (\S+ [^" ]+)', html) == ["n25 applicant", "n52 f8", "n22 f2"]
    assert html.count("now") == 2, "the last part and its key"
    assert "روی هم ۳۶: متقاضی ۹، توزیع برق قم ۲۷" in html
    assert "<b>۲۷</b>" in html
    assert "style=" not in html
    assert "36 in all: متقاضی 9, توزیع برق قم 27" in shown("{% ball shares %}", "en", shares=shares)
    assert "هنوز دست سازمانی نبوده" in shown("{% ball shares %}", shares=[])
    new = [SimpleNamespace(organisation=COMPANY, working_days=0, now=True)]
    assert "grow-n n100 distribution now" in shown("{% ball shares %}", shares=new), "a day that has just begun"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fa", "منبع: <bdi>خبرگزاری شهر</bdi>، ۳۰ مرداد ۱۴۰۳"),
        ("en", "source: <bdi>خبرگزاری شهر</bdi>, 20 Aug 2024"),
    ],
)
def test_a_figure_says_where_it_is_from(language, expected):
    figure = SimpleNamespace(source="خبرگزاری شهر", source_date=dt.date(2024, 8, 20), status="verified")
    html = shown("{% provenance figure %}", language, figure=figure)
    assert expected in html
    assert 'class="src verified"' in html
    assert shown('{% provenance status="invented" %}') == '<span class="ex">ساختگی</span>'
    assert "محاسبه‌شده" in shown('{% provenance status="derived" %}')
    assert "فرضی" in shown('{% provenance status="default" %}')


def test_a_source_links_to_the_web_only():
    assert '<a class="src verified" href="https://qom.ir/1">' in shown(
        '{% provenance source="x" url="https://qom.ir/1" %}'
    )
    assert "href" not in shown('{% provenance source="x" url="javascript:alert(1)" %}')


def test_a_refused_field_ties_label_hint_error_and_control_together_and_keeps_the_text():
    tags = "".join(f"{{% field form.{name} %}}" for name in ("due", "grade", "shared", "secret", "none"))
    html = shown(tags,
                 form=Extension({"due": "", "shared": "on"}))  # fmt: skip
    assert '<label for="id_due">مهلت تازه' in html
    assert 'aria-describedby="id_due_helptext id_due_error"' in html
    assert 'aria-invalid="true"' in html
    assert html.index("id_due_helptext") < html.index('id="id_due_error"') < html.index('name="due"')
    assert "این مورد را وارد کنید." in html
    assert '<fieldset class="field bad" id="id_grade" aria-describedby="id_grade_error"><legend>شدت' in html
    assert "checked" in html
    assert html.count("<label") == 4, "one a control, none for what is hidden"


def test_the_summary_links_to_every_field_and_takes_the_focus():
    html = shown("{% error_summary form %}", form=Extension({}))
    assert 'tabindex="-1" autofocus' in html
    assert '<a href="#id_due">مهلت تازه: این مورد را وارد کنید.</a>' in html
    assert shown("{% error_summary form %}", form=Extension()) == ""
    assert shown("{% error_summary form %}", form=None) == ""


def test_all_fields_of_a_form_come_with_their_summary():
    html = shown("{% fields form %}", "en", form=Extension({}))
    assert html.count('class="field') == 3
    assert "This must be put right" in html


def test_an_empty_list_says_why_and_what_fills_it():
    html = shown('{% empty "مشکلی ثبت نشده" "نخستین را ثبت کنید." icon="problem" url="/new/" action="ثبت مشکل" %}')
    assert "مشکلی ثبت نشده" in html
    assert '<a class="btn" href="/new/">ثبت مشکل</a>' in html
    assert "btn" not in shown('{% empty "x" "y" %}')


def test_the_pager_keeps_the_filter_and_shows_the_ends():
    request = RequestFactory().get("/problems/?q=ب۵&page=7")
    page = Paginator(range(1404), 25).get_page(7)
    html = shown("{% pager page %}", page=page, request=request)
    assert "۱۵۱ تا ۱۷۵ از ۱٬۴۰۴" in html
    assert 'aria-current="page"' in html
    steps = re.findall(r'href="\?q=%D8%A8%DB%B5&amp;page=(\d+)"', html)
    assert steps == ["6", "1", "6", "7", "8", "57", "8"]
    one = shown("{% pager page %}", "en", page=Paginator(range(3), 25).get_page(1), request=request)
    assert "1 to 3 of 3" in one
    assert "<ul>" not in one
    assert shown("{% pager page %}", page=Paginator([], 25).get_page(1), request=request) == ""


def test_what_happened_stands_with_its_day_its_party_and_whether_it_is_invented():
    moment = dt.datetime(2025, 11, 9, 6, 30, tzinfo=dt.UTC)
    events = [
        {"when": moment, "text": "مهلت گذشت", "status": "late", "invented": True},
        {"when": dt.date(2025, 10, 4), "text": "تعهد ساخته شد", "organisation": "سازمان ساماندهی", "url": "/c/1/"},
    ]  # fmt: skip
    html = shown("{% timeline events %}", events=events)
    assert "۱۸ آبان ۱۴۰۴، ۱۰:۰۰" in html
    assert "۱۲ مهر ۱۴۰۴</time> · سازمان ساماندهی" in html
    assert '<a href="/c/1/">تعهد ساخته شد</a>' in html
    assert html.count("ساختگی") == 1
    assert '<ol class="tl thread">' in shown("{% timeline events True %}", "en", events=events)


def test_headline_figures_show_conflicts_and_sources():
    figures = [
        {"label": "واحد صنفی", "value": 1404, "provenance": {"source": "خبر", "status": "verified"}},
        {"label": "مساحت", "value": 33, "unit": "هکتار", "conflict": "دو منبع ناهمخوان"},
        {"label": "دیرشده", "value": "۲", "tone": "late", "url": "/late/"},
    ]
    html = shown("{% figs figures %}", figures=figures)
    assert "۱٬۴۰۴" in html
    assert "1,404" in shown("{% figs figures %}", "en", figures=figures)
    assert '<span class="conf">دو منبع ناهمخوان</span>' in html
    assert 'class="fig late"' in html
    assert '<a href="/late/">۲</a>' in html


def test_crumbs_end_where_the_page_is():
    html = shown('{% crumbs "شهرک‌ها" "/estates/" "بلوک ۵" %}')
    assert '<a href="/estates/">شهرک‌ها</a>' in html
    assert "<span>بلوک ۵</span>" in html


def test_what_people_typed_is_escaped_in_every_part():
    bad = "<script>alert(1)</script>"
    party = {"kind": bad, "name": bad, "short": bad, "monogram": bad}
    html = shown(
        '{% org p %}{% status "late" b %}{% ball s %}{% provenance source=b %}{% empty b b %}'
        "{% timeline e %}{% figs e %}{% crumbs b b %}",
        p=party, b=bad, s=[(party, 3)], e=[{"when": bad, "text": bad, "label": bad, "value": bad}],
    )  # fmt: skip
    assert "<script" not in html


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("پست <۶>", "fa", "پست &lt;۶&gt;"),
        ("Plot 5", "en", "Plot 5"),
        ("Commitment 4: مجوز «حریم».", "en", 'Commitment 4: <bdi lang="fa" dir="rtl">مجوز «حریم».</bdi>'),
        ("قطعه <b>", "en", '<bdi lang="fa" dir="rtl">قطعه</bdi> &lt;b&gt;'),
        ("", "en", ""),
        (None, "en", ""),
    ],
)
def test_persian_on_an_english_page_says_its_language(text, language, expected):
    assert shown("{% load persian %}{{ said|written }}", language, said=text) == expected


def test_an_element_says_the_language_of_what_people_wrote_in_it():
    paragraph = '{% load persian %}<p dir="auto"{{ said|language }}>{{ said }}</p>'
    assert shown(paragraph, "en", said="پست") == '<p dir="auto" lang="fa">پست</p>'
    assert shown(paragraph, "en", said="post") == '<p dir="auto">post</p>'
    assert shown(paragraph, "fa", said="پست") == '<p dir="auto">پست</p>'
