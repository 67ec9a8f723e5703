"""The report answers first, in both languages, needs nothing from outside, and stays small."""

from __future__ import annotations

import dataclasses
import datetime
import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, Point, box

from rasana.exchange.diagram import drop_histogram, ring_sections
from rasana.exchange.drawing import make_maps
from rasana.exchange.report import FINDINGS_EACH, finding_groups, render_report
from rasana.exchange.svg import Labels, fit_frame
from rasana.planning.finding import Finding, Severity
from tests.exchange.sample import sample_study

DAY = datetime.date(2026, 11, 24)
VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """Text of each language's article, and whether every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.language = ""
        self.text = {"fa": "", "en": "", "": ""}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "article":
            self.language = dict(attrs)["lang"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)
        if tag == "article":
            self.language = ""

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.text[self.language] += data + " "


@pytest.fixture(scope="module")
def study():
    return sample_study()


@pytest.fixture(scope="module")
def html(study):
    return render_report(study, DAY)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_every_element_is_closed(page):
    assert page.wrong == []
    assert page.open == []


def test_nothing_is_fetched_from_outside_and_no_script_is_needed(html):
    assert "<script" not in html
    assert not re.search(r'(?:src|href)="(?!#|data:,)', html)
    assert "url(" not in html


def test_the_answer_stands_first_in_both_languages(page):
    assert "با ۶ پست توزیع و ۳۱۶٫۵ میلیارد ریال سرمایه‌گذاری" in page.text["fa"][:400]
    assert "6 transformers and 316.5 billion rials of capital supply all 240 plots" in page.text["en"][:400]
    assert page.text["en"].index("2 rules are broken in 2 places") < page.text["en"].index("Cost")


def test_what_the_plan_is_and_whom_it_is_credited_to_is_said_in_both_languages(study, page):
    for language in ("fa", "en"):
        assert study.estate.label in page.text[language]
        assert study.estate.attribution in page.text[language]


def test_a_reconstruction_says_so_in_persian(study):
    label = "reconstruction from published counts, not a survey"
    estate = dataclasses.replace(study.estate, label=label)
    page = Page(render_report(dataclasses.replace(study, estate=estate), DAY))
    assert "بازسازی از روی آمار منتشرشده؛ نقشه‌برداری نیست" in page.text["fa"]
    assert label in page.text["en"]


def test_persian_has_persian_digits_and_a_jalali_date(page):
    assert "۳ آذر ۱۴۰۵" in page.text["fa"]
    assert "24 November 2026" in page.text["en"]
    codes = r"\d+ kVA|[A-Za-z][\w.()+/-]*( \d[\w.]*)?|\d\w*x\w+|\d+\.\d+\.\d+|[0-9a-f]{40,}|A\d+|5 % from"
    assert not re.search("[0-9]", re.sub(codes, "", page.text["fa"]))
    assert not re.search("[۰-۹]", page.text["en"])


def test_every_part_that_was_asked_for_is_there(page):
    for title in ("نقشه", "بارگیری", "ولتاژ", "نمودار تک‌خطی", "فهرست مقادیر", "قطع هر یک بخش", "اتصال کوتاه",
                  "یافته‌ها", "فرض‌ها", "روش"):  # fmt: skip
        assert title in page.text["fa"]


def test_without_errors_it_says_that_every_rule_is_met(study):
    page = Page(render_report(dataclasses.replace(study, findings=()), DAY))
    assert "همه ضوابط رعایت شده است" in page.text["fa"]
    assert "Every rule is met" in page.text["en"]


def test_no_bound_is_printed_before_one_is_proven(page):
    assert "No lower bound of the cost has been proven" in page.text["en"]


def test_long_lists_are_cut_and_the_rest_is_counted(study):
    many = tuple(Finding("lv_overload", Severity.ERROR, f"LV-{n:04d}", 100.0 + n, 100.0, "%") for n in range(1, 31))
    groups = finding_groups(many)
    assert [finding.value for finding in groups[0][:2]] == [130.0, 129.0]
    page = Page(render_report(dataclasses.replace(study, findings=many), DAY))
    assert f"and {30 - FINDINGS_EACH} more in the layer findings" in page.text["en"]
    assert "30 in all" in page.text["en"]


def test_words_from_outside_cannot_become_markup(study):
    estate = dataclasses.replace(study.estate, name="<script>alert(1)</script>", label="<b>x</b>")
    odd = (Finding("<i>code</i>", Severity.ERROR, "<u>A1</u>"),)
    html = render_report(dataclasses.replace(study, estate=estate, findings=odd), DAY)
    assert "<script" not in html
    assert not re.search("<b>x|<i>code|<u>A1", html)


def test_a_study_with_nothing_but_unsupplied_plots_still_has_a_report(study):
    plots = study.plots.assign(transformer_id="", feeder_id="", voltage_min_pu=np.nan, drop_pct=np.nan,
                               fault_min_ka=np.nan, clearing_s=np.nan)  # fmt: skip
    empty = dataclasses.replace(study, plots=plots, rings=study.rings[:0], n1=study.n1[:0], busbars=study.busbars[:0])
    page = Page(render_report(empty, DAY))
    assert "0 of the 240 plots" in page.text["en"]
    assert drop_histogram(empty, "fa") == ""


def test_the_same_study_and_date_give_the_same_bytes(study, html):
    assert render_report(study, DAY) == html


def test_ring_sections_lie_in_order_and_name_the_open_point(study):
    for ring in study.rings.to_dict("records"):
        stops, sections = ring_sections(study, ring)
        assert [stop.removesuffix(".mv") for stop in stops[1:-1]] == list(ring["transformer_ids"])
        assert sum(section.length_m for section in sections) == pytest.approx(ring["length_m"])
        assert [abs(section.open_end) for section in sections].count(1) == 1


def test_ring_sections_are_found_through_joints_and_against_their_direction(study):
    cables = study.network.cables
    row = cables.index[cables["id"] == "MV-0002"][0]
    half = cables.loc[row, "length_m"] / 2
    parts = pd.concat([cables.loc[[row]]] * 2, ignore_index=True)
    parts["id"], parts["length_m"] = ["MV-0002a", "MV-0002b"], half
    parts["from_node"] = ["N9", "N9"]
    parts["to_node"] = [cables.loc[row, "to_node"], cables.loc[row, "from_node"]]
    network = dataclasses.replace(study.network, cables=pd.concat([cables.drop(row), parts], ignore_index=True))
    _, sections = ring_sections(dataclasses.replace(study, network=network), study.rings.to_dict("records")[0])
    assert sections[1].length_m == pytest.approx(2 * half)


def test_maps_keep_shape_and_direction():
    frame = fit_frame((500_000.0, 3_800_000.0, 500_400.0, 3_800_200.0))
    west, east = frame.place(500_000.0, 3_800_000.0), frame.place(500_400.0, 3_800_200.0)
    assert west[0] < east[0]
    assert west[1] > east[1]
    assert (east[0] - west[0]) / (west[1] - east[1]) == pytest.approx(2.0)
    assert min(west[0], east[1]) >= 0.0
    assert max(east[0], west[1]) <= max(frame.width, frame.height)


def test_paths_follow_lines_and_close_areas_to_a_tenth():
    frame = fit_frame((0.0, 0.0, 100.0, 100.0))
    path = frame.path([LineString([(0, 0), (100, 100)])])
    start, step = re.fullmatch(r"M([\d.]+ [\d.]+)l(-?[\d.]+ -?[\d.]+)", path).groups()
    assert tuple(map(float, start.split())) == pytest.approx(frame.place(0, 0), abs=0.06)
    assert tuple(map(float, step.split())) == pytest.approx((100 * frame.scale, -100 * frame.scale), abs=0.1)
    assert frame.path([box(0, 0, 10, 10)]).endswith("z")
    assert frame.path([Point(1, 1), shapely.Polygon()]).count("M") == 1


def test_names_on_the_map_never_cover_each_other():
    labels = Labels(400.0, 400.0)
    for x in range(20, 400, 30):
        labels.block(float(x), 200.0, 6.0)
    for x in range(20, 400, 30):
        labels.put(float(x), 200.0, ["T001", "95%"])
    boxes = [box(*taken) for taken in labels.taken]
    for place, one in enumerate(boxes[13:], start=13):
        assert not any(one.intersection(other).area > 1e-6 for other in boxes[:place])


def test_each_plot_is_drawn_once_in_the_map_of_areas_and_of_voltage(study):
    paths = make_maps(study).paths
    for name in ("area", "volt"):
        drawn = sum(path.count("z") for key, path in paths.items() if key.startswith(name))
        assert drawn == len(study.plots)


@pytest.mark.slow
def test_the_page_fits_a_telephone_and_switches_language_without_a_script(html, tmp_path):
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser_path is None:
        pytest.skip("no Chromium here: the report was not looked at in a browser")
    playwright = pytest.importorskip("playwright.sync_api")
    (tmp_path / "report.html").write_text(html, encoding="utf-8")
    options = {"executable_path": browser_path, "args": ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]}
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(**options)
        page = browser.new_page(viewport={"width": 390, "height": 800}, java_script_enabled=True)
        page.goto((tmp_path / "report.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.locator("article.fa").is_visible()
        page.locator("label[for=show-en]").click()
        assert page.locator("article.en").is_visible()
        assert not page.locator("article.fa").is_visible()
        pdf = page.pdf(prefer_css_page_size=True)
        assert re.search(rb"/MediaBox \[0 0 59[45][.\d]* 84[12]", pdf), "A4"
        browser.close()
