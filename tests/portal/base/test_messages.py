"""Catalogues: compiled when they are newer, complete in every app, and in the interface's Persian."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from django.utils import translation
from django.utils.translation import gettext, ngettext

from rasana.portal.base import messages, persian_style
from rasana.portal.base.messages import applications, check, compile_all, uses

HEAD = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

"""


@pytest.mark.parametrize("app", applications(), ids=lambda app: app.name)
def test_every_message_of_an_app_is_said_in_good_persian(app):
    assert [str(fault) for fault in check(app)] == []


@pytest.fixture
def portal(tmp_path):
    """A portal of a base and one app with a page."""
    write(tmp_path / "base" / messages.CATALOGUE, HEAD + entry("Save", "ذخیره"))
    write(tmp_path / "base" / "forms.py", "from django.utils.translation import gettext as _\nx = _('Save')\n")
    (tmp_path / "apps" / "estates").mkdir(parents=True)
    return tmp_path


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def entry(english, persian, more=""):
    return f'{more}msgid "{english}"\nmsgstr "{persian}"\n\n'


def matters(portal, catalogue="", python="", template=""):
    app = portal / "apps" / "estates"
    if catalogue:
        write(app / messages.CATALOGUE, HEAD + catalogue)
    write(app / "views.py", python)
    write(app / "templates" / "estates" / "page.html", template)
    return [
        (Path(fault.where).name.split(":")[0], fault.message, fault.matter.split(" (")[0])
        for fault in check(app, portal)
    ]


TEMPLATE = """{% load i18n %}
  <p title="{% translate "Title" %}">{% trans 'Short' %} {{ _("Constant") }}</p>
{% if plot %}
      {% blocktranslate trimmed count n=plots %}
        One plot of {{ total }}
      {% plural %}
        {{ n }} plots of {{ total }}
      {% endblocktranslate %}
{% endif %}
{# a comment with _("Not this") #}
{% translate "Phase" context "network" %} {% translate name %} 100% {% translate "100% done" %}
"""


def test_what_templates_and_python_use_is_found(portal):
    write(portal / "base" / "templates" / "page.html", TEMPLATE)
    write(
        portal / "base" / "words.py",
        "from django.utils.translation import gettext_lazy as _, ngettext, pgettext\n"
        "a = _('One ' 'text')\n"
        "b = ngettext('day', 'days', 3), pgettext('estate', 'Phase'), _(f'no {a}'), _(a)\n",
    )
    found = {(use.context, use.singular, use.plural) for use in uses(portal / "base")}
    assert found == {
        (None, "Title", None),
        (None, "Short", None),
        (None, "Constant", None),
        (None, "One plot of %(total)s", "%(n)s plots of %(total)s"),
        ("network", "Phase", None),
        (None, "100%% done", None),
        (None, "One text", None),
        (None, "day", "days"),
        ("estate", "Phase", None),
        (None, "Save", None),
    }
    lines = {use.singular: int(use.where.rsplit(":", 1)[1]) for use in uses(portal / "base")}
    assert lines["Title"] == 2
    assert lines["One text"] == 2


def test_a_message_without_persian_is_missing_unless_the_base_says_it(portal):
    template = '{% translate "Save" %} {% translate "Estate" %} {% translate "Plot" %}'
    catalogue = entry("Estate", "شهرک") + entry("Plot", "")
    assert matters(portal, catalogue, template=template) == [("page.html", "Plot", "no Persian")]


def test_a_plural_needs_both_forms(portal):
    python = "from django.utils.translation import ngettext\nx = ngettext('day', 'days', 2)\n"
    half = 'msgid "day"\nmsgid_plural "days"\nmsgstr[0] "روز"\nmsgstr[1] ""\n'
    assert matters(portal, half, python) == [("views.py", "day", "no Persian")]
    assert matters(portal, half.replace('[1] ""', '[1] "روز"'), python) == []
    assert matters(portal, entry("day", "روز"), python) == [("views.py", "day", "another plural in the catalogue")]


def test_what_nobody_uses_is_unused_unless_a_library_says_it(portal):
    catalogue = entry("Old", "کهنه") + entry("This field is required.", "این مورد را وارد کنید.")
    assert matters(portal, catalogue) == [("django.po", "Old", "not used")]
    assert matters(portal, catalogue, python="_('Old')") == []


def test_the_base_may_hold_what_only_an_app_uses(portal):
    write(portal / "base" / messages.CATALOGUE, HEAD + entry("Save", "ذخیره") + entry("Estate", "شهرک"))
    assert [fault.matter for fault in check(portal / "base", portal)] == ["not used"]
    assert matters(portal, template='{% translate "Estate" %}') == []
    assert check(portal / "base", portal) == []


def test_fuzzy_and_double_messages_are_named(portal):
    fuzzy = entry("Estate", "شهرک", "#, fuzzy\n")
    assert ("django.po", "Estate", "fuzzy") in matters(portal, fuzzy, template='{% translate "Estate" %}')
    twice = entry("Estate", "شهرک") + entry("Estate", "شهرک صنفی")
    assert "more than once in the catalogue" in [
        matter for _, _, matter in matters(portal, twice, template='{% translate "Estate" %}')
    ]


def test_two_apps_may_not_say_the_same_english_otherwise(portal):
    write(portal / "base" / messages.CATALOGUE, HEAD + entry("Save", "ذخیره"))
    template = '{% translate "Save" %}{% translate "Save" context "file" %}'
    own = entry("Save", "ذخیره", 'msgctxt "file"\n')
    assert matters(portal, own + entry("Save", "ذخیره"), template=template) == []
    assert matters(portal, own + entry("Save", "ثبت"), template=template) == [
        ("django.po", "Save", f"said otherwise in {portal}/base/locale/fa/LC_MESSAGES/django.po:6")
    ]


@pytest.mark.parametrize(
    ("english", "persian", "matter"),
    [
        ("%(n)s plots", "%(m)s قطعه", "placeholder %(m)s is not in the English"),
        ("%(n)s plots", "قطعه‌ها", "placeholder %(n)s is left out"),
        ("{n} plots", "%(n)s قطعه", "placeholder %(n)s is not in the English"),
    ],
)
def test_placeholders_are_the_same_in_both_languages(portal, english, persian, matter):
    assert ("django.po", english, matter) in matters(portal, entry(english, persian), python=f"_('{english}')")


@pytest.mark.parametrize(
    ("text", "matter"),
    [
        ("كابل علي", "an Arabic letter"),
        ("خانۀ شما", "an Arabic letter"),
        ("یک deadline", "a Latin word"),
        ("Cable کابل", "a Latin word"),
        ("قطعه 12", "a digit that is not Persian"),
        ("بله, خیر", "Latin punctuation"),
        ("ذخیره شد؟!", "an exclamation mark"),
        ('نام "شهرک"', "quotes"),
        ("ذخیره شد .", "a space beside punctuation"),
        ("ذخیره می شود", "«می» without"),
        ("نمی شود", "«می» without"),
        ("قطعه ها را ببینید", "a plural or degree"),
        ("برنامه‌ی زمانی", "«ه‌ی»"),
        ("این فایل نامعتبر می‌باشد", "«می‌باشد»"),
        ("این فایل نامعتبر می باشد", "«می‌باشد»"),
        ("ذخیره نمایید", "«نمودن»"),
        ("انجام گردید", "«گردیدن»"),
        ("لطفا صبر کنید", "a word of courtesy"),
        ("اینجا کلیک کنید", "a word of courtesy"),
        ("برق‌دزدی", "a word of blame"),
        ("تامین برق", "a hamza left out"),
        ("کار\u200cها", "a half-space that does nothing"),
        ("متن\u200f", "a half-space that does nothing"),
    ],
)
def test_persian_against_the_style_is_named(text, matter):
    assert any(found.startswith(matter) for found in persian_style.faults(text)), list(persian_style.faults(text))


@pytest.mark.parametrize(
    "text",
    [
        "این مورد را وارد کنید.",
        "مقدار باید بین %(low)s و %(high)s باشد.",
        "این فایل خوانده نشد. فایل DXF یا GeoPackage بدهید.",
        "میانگین قطع برق هر مشترک: ۹۰ دقیقه در سال (SAIDI)",
        "معیار N-1 برقرار است",
        '<a href="/plots/2/?a=b">قطعه‌های شهرک</a>&nbsp;را ببینید',
        "نمودار تک‌خطی را نمایش بده",
        "برمی‌گردد",
        "مشکل %(number)s: %(title)s",
        "فایل DXF، GeoPackage یا PDF.",
        "«شهرک صنوف»، فاز ۲",
        "نشانی: name@example.ir",
        "توان (kVA) و {count} ترانس",
        "تأمین، تأخیر و تأیید هیئت امنا",
    ],
)
def test_good_persian_is_left_alone(text):
    assert list(persian_style.faults(text)) == []


def test_a_catalogue_is_compiled_when_it_is_newer(portal):
    source = portal / "base" / messages.CATALOGUE
    target = source.with_suffix(".mo")
    assert compile_all(portal) == [target]
    assert compile_all(portal) == []
    assert target.stat().st_mode & 0o777 == 0o644
    write(source, HEAD + entry("Save", "ذخیره کنید"))
    os.utime(source, ns=(target.stat().st_mtime_ns + 1,) * 2)
    assert compile_all(portal) == [target]
    with target.open("rb") as file:
        assert read_mo(file).get("Save").string == "ذخیره کنید"
    assert not list(source.parent.glob("*.part"))


def test_django_reads_what_was_compiled():
    compile_all()
    with translation.override("fa"):
        assert gettext("Enter a whole number.") == "یک عدد صحیح وارد کنید."
        assert gettext("This field is required.") == "این مورد را وارد کنید."
        few = ngettext("Enter at most %(places)s decimal.", "Enter at most %(places)s decimals.", 3)
        assert few == "حداکثر %(places)s رقم اعشار وارد کنید."


def test_the_command_compiles_and_names_the_faults(capsys):
    assert messages.main([]) == 0
    capsys.readouterr()
    code = messages.main(["base"])
    printed = capsys.readouterr().out.splitlines()
    assert code == (1 if printed else 0)
