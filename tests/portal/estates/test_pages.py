"""Pages of estates: who sees what, what is said first, what is refused and how many statements a page needs."""

from __future__ import annotations

import gzip
import json
import re

import pytest

from rasana.portal.apps.estates import search, threads
from rasana.portal.apps.estates.models import Figure, Plot, PlotChange
from rasana.portal.base.audit import AuditLine
from tests.portal.estates import parts

STATEMENTS_MAX = 12
PAGES = (
    "/estates/",
    "/estates/khodro/",
    "/estates/khodro/plots/",
    "/estates/khodro/units/",
    "/estates/khodro/figures/",
    "/search/?q=K01",
)


@pytest.fixture
def plots(world):
    return parts.made(world.khodro)


def text_of(response) -> str:
    return response.content.decode()


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_page_needs_few_statements(plots, client_of, django_assert_max_num_queries, address, language):
    client = client_of("operator", "head", language)
    with django_assert_max_num_queries(STATEMENTS_MAX):
        assert client.get(address).status_code == 200


def test_a_plot_page_needs_few_statements(plots, client_of, django_assert_max_num_queries):
    client = client_of("operator", "head")
    with django_assert_max_num_queries(STATEMENTS_MAX):
        assert client.get(plots[0].get_absolute_url()).status_code == 200


def test_the_list_of_1604_plots_needs_few_statements_and_little_weight(world, client_of, django_assert_max_num_queries):
    parts.made(world.sonuf, 1604, "S")
    client = client_of("operator", "head")
    with django_assert_max_num_queries(STATEMENTS_MAX):
        response = client.get("/estates/sonuf/plots/?page=9")
    assert response.status_code == 200
    assert "۱٬۶۰۴" in text_of(response)
    assert len(response.content) < 100_000


@pytest.mark.parametrize("address", PAGES[1:-1])
def test_a_stranger_gets_the_answer_of_what_is_missing(plots, client_of, address):
    stranger = client_of("stranger", "head")
    assert stranger.get(address).status_code == 404
    missing = stranger.get(address.replace("khodro", "nowhere"))
    assert missing.status_code == 404


def test_a_stranger_sees_no_plot_no_map_and_finds_nothing(plots, client_of):
    stranger = client_of("stranger", "head")
    assert stranger.get(plots[0].get_absolute_url()).status_code == 404
    assert stranger.get("/estates/khodro/map.json").status_code == 404
    assert stranger.get("/estates/khodro/map/partner.json").status_code == 404
    found = text_of(stranger.get("/search/?q=K01-001"))
    assert plots[0].get_absolute_url() not in found


def test_the_list_answers_first_how_many_plots_have_supply(plots, client_of):
    page = text_of(client_of("operator", "head", "en").get("/estates/"))
    assert "<b>0 of 3 plots</b> are recorded as having regular supply" in page
    assert page.count("<h1") == 1


def test_who_holds_it_now_stands_first(world, plots, client_of, monkeypatch):
    held = threads.Thread(
        "Commitment", "Land of the substation", "/x/", world.organisations["regional"], "late", "12 days late", plots=2
    )
    less = threads.Thread("Problem", "A gas pipe", "/y/", None, "risk", "due soon", plots=9)
    monkeypatch.setattr(
        threads, "_of_estates", {"test": lambda _actor, keys: [(key, each) for key in keys for each in (less, held)]}
    )
    monkeypatch.setattr(threads, "_of_plots", {"test": lambda _actor, _plot: [less, held]})
    client = client_of("operator", "head", "en")
    for address in ("/estates/", "/estates/khodro/", plots[0].get_absolute_url()):
        page = text_of(client.get(address))
        assert page.index("Land of the substation") < (page.index("A gas pipe") if "A gas pipe" in page else len(page))
        assert "Regional company" in page


# ----------------------------------------------------------------------------------------------------------------- map


def test_the_map_is_a_file_with_plots_blocks_and_counts(plots, client_of):
    answer = client_of("operator", "head").get("/estates/khodro/map.json")
    file = json.loads(answer.content)
    kinds = {feature["properties"]["kind"] for feature in file["features"]}
    assert kinds == {"plot", "block"}
    assert file["legend"] == [{"status": "built", "label": "ساخته‌شده، بی‌برق", "count": 3}]
    plot = next(each["properties"] for each in file["features"] if each["properties"]["kind"] == "plot")
    assert plot["url"] == plots[0].get_absolute_url()
    assert plot["block"] == "بلوک ۱"


def test_a_layer_for_partners_is_another_file_and_not_hidden_by_style(plots, client_of):
    client = client_of("operator", "head")
    assert "MARK-P2" not in text_of(client.get("/estates/khodro/map.json"))
    assert "MARK-P2" in text_of(client.get("/estates/khodro/map/partner.json"))


def test_the_map_is_sent_again_only_when_it_changed(world, plots, client_of):
    client = client_of("distribution", "expert")
    first = client.get("/estates/khodro/map.json")
    again = client.get("/estates/khodro/map.json", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    post_status(client, plots[0], status="energised")
    changed = client.get("/estates/khodro/map.json", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert '"energised"' in text_of(changed)


def test_the_map_comes_compressed_to_who_takes_it(plots, client_of):
    client = client_of("operator", "head")
    plain = client.get("/estates/khodro/map.json")
    packed = client.get("/estates/khodro/map.json", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.content) == plain.content
    assert packed["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain


# ------------------------------------------------------------------------------------------------------------- status


def post_status(client, plot, **typed):
    plot = Plot.objects.get(pk=plot.pk)
    values = {"status": "active", "happened_on": "1404/08/10", "reason": "بازدید از محل", "version": plot.version}
    return client.post(f"/plots/{plot.pk}/status/", {**values, **typed})


def test_a_status_changes_with_its_reason_and_one_audit_line(plots, client_of):
    before = AuditLine.objects.count()
    answer = post_status(client_of("operator", "officer"), plots[0])
    assert answer.status_code == 302
    change = PlotChange.objects.get()
    assert (change.before, change.after) == ("built", "active")
    assert change.happened_on.isoformat() == "2025-11-01"
    assert change.organisation.code == "operator"
    assert AuditLine.objects.count() == before + 1
    assert "بازدید از محل" in text_of(client_of("board", "viewer").get(plots[0].get_absolute_url()))


def test_only_the_distribution_company_says_that_a_plot_is_energised(plots, client_of):
    refused = post_status(client_of("operator", "head"), plots[0], status="energised")
    assert refused.status_code == 422
    assert "شرکت توزیع" in text_of(refused)
    assert post_status(client_of("distribution", "expert"), plots[0], status="energised").status_code == 302


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"status": "built"}, "قطعه همین وضعیت را دارد"),
        ({"reason": ""}, "این مورد را وارد کنید"),
        ({"happened_on": "1404/07/31"}, "مهر ۳۰ روز دارد"),
        ({"happened_on": "1420/01/01"}, "این روز هنوز نرسیده است"),
        ({"status": "burning"}, ""),
        ({"reason": "ک" * 10_000}, "۱۰٬۰۰۰"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(plots, client_of, typed, told):
    reason = typed.get("reason", "نامه ۱۲")
    answer = post_status(client_of("operator", "head"), plots[0], **{"reason": reason, **typed})
    assert answer.status_code == 422
    page = text_of(answer)
    assert told in page
    assert "aria-invalid" in page
    assert not PlotChange.objects.exists()
    if reason:
        assert reason[:50] in page


def test_a_status_on_an_old_version_is_refused_with_both_versions(plots, client_of):
    post_status(client_of("operator", "head"), plots[0])
    stale = post_status(client_of("operator", "head"), plots[0], version=1, status="planned")
    assert stale.status_code == 409
    assert PlotChange.objects.count() == 1


@pytest.mark.parametrize(("organisation", "role"), [("board", "head"), ("operator", "viewer"), ("governor", "expert")])
def test_who_may_not_change_a_status_sees_no_form_and_gets_403(plots, client_of, organisation, role):
    client = client_of(organisation, role)
    assert 'action="/plots/' not in text_of(client.get(plots[0].get_absolute_url()))
    assert post_status(client, plots[0]).status_code == 403


# ------------------------------------------------------------------------------------------------------------- figures


def post_figure(client, **typed):
    values = {
        "key": "area_m2", "value": "۳۳", "source": "نامه ۱۲", "status": "verified", "field_class": "P0",
        "said": "", "source_date": "", "note": "",
    }  # fmt: skip
    return client.post("/estates/khodro/figures/add/", {**values, **typed})


def test_a_figure_comes_with_its_source(world, client_of):
    assert post_figure(client_of("board", "officer"), value="۲۷٫۵").status_code == 302
    figure = Figure.objects.get()
    assert (figure.value, figure.source, figure.given_for.code) == (27.5, "نامه ۱۲", "board")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"source": ""}, "این مورد را وارد کنید"),
        ({"value": ""}, "مقدار یا نوشته منبع را وارد کنید"),
        ({"value": "بسیار"}, "یک عدد وارد کنید"),
        ({"source_date": "1450/01/01"}, "این روز هنوز نرسیده است"),
        ({"field_class": "P3"}, ""),
        ({"key": "colour"}, ""),
    ],
)
def test_a_figure_without_what_it_needs_is_refused(world, client_of, typed, told):
    answer = post_figure(client_of("board", "officer"), note="یادداشت من", **typed)
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert "یادداشت من" in text_of(answer)
    assert not Figure.objects.exists()


def test_figures_that_disagree_stand_side_by_side_with_who_took_which(world, client_of):
    parts.figure(world.khodro, adopted=True, reason_fa="منبع تازه‌تر", reason_en="newer")
    other = parts.figure(world.khodro, value=27.0, source="letter 2")
    client = client_of("operator", "head")
    page = text_of(client.get("/estates/khodro/figures/"))
    assert "۳۳ هکتار" in page
    assert "۲۷ هکتار" in page
    assert "۲ رقم ناهمخوان" in page
    answer = client.post(f"/figures/{other.pk}/adopt/", {"reason": "نقشه مصوب", "version": other.version})
    assert answer.status_code == 302
    assert list(Figure.objects.filter(adopted=True)) == [other]
    page = text_of(client.get("/estates/khodro/figures/"))
    assert "نقشه مصوب" in page
    assert "مبنا با تصمیم سازمان ساماندهی" in page


def test_taking_a_figure_needs_a_reason_and_a_head(world, client_of):
    figure = parts.figure(world.khodro)
    answer = client_of("operator", "head").post(f"/figures/{figure.pk}/adopt/", {"reason": "", "version": 1})
    assert answer.status_code == 422
    assert client_of("operator", "expert").post(f"/figures/{figure.pk}/adopt/", {"version": 1}).status_code == 403
    assert not Figure.objects.filter(adopted=True).exists()


def test_a_figure_of_the_companies_is_nowhere_for_others(world, client_of):
    figure = parts.figure(
        world.khodro, value=777.25, said_fa="MARK-P3", said_en="MARK-P3", field_class="P3", note_fa="MARK-P3"
    )
    parts.made(world.khodro)
    addresses = [
        *PAGES,
        "/search/?q=MARK",
        "/search/?q=777",
        "/estates/khodro/plots/?format=csv",
        "/estates/khodro/map.json",
    ]
    for organisation in ("operator", "governor", "board", "contractor"):
        client = client_of(organisation, "head")
        for address in addresses:
            page = re.sub(r'value="[^"]*"', "", text_of(client.get(address)))
            assert "MARK-P3" not in page
            assert "777٫25" not in page
            assert "۷۷۷٫۲۵" not in page
        assert client.post(f"/figures/{figure.pk}/adopt/", {"reason": "x", "version": 1}).status_code == 404
    assert "MARK-P3" in text_of(client_of("regional", "viewer").get("/estates/khodro/figures/"))
    for line in AuditLine.objects.all():
        assert "MARK-P3" not in json.dumps(line.changes)


# -------------------------------------------------------------------------------------------------------------- search


@pytest.mark.parametrize(
    "typed", ["K01-002", "k01002", "K1-2", "ک", "K۰۱-۰۰۲", "بلوک 1 k01-002", "بلوك ۱ K01-002", "بلوک‌۱ K01-002"]
)
def test_a_plot_is_found_however_it_is_typed(plots, client_of, typed):
    page = text_of(client_of("operator", "head").get("/search/", {"q": typed}))
    assert (plots[1].get_absolute_url() in page) == (len(typed) > 1)


@pytest.mark.parametrize("typed", ["تعميرگاه", "تعمیرگاه مكانيكي", "Car REPAIR", "مکانیکی تعمیر"])
def test_ye_and_kaf_and_case_are_alike(plots, client_of, typed):
    assert plots[0].get_absolute_url() in text_of(client_of("operator", "head").get("/search/", {"q": typed}))
    units = client_of("operator", "head").get("/estates/khodro/units/", {"q": typed})
    assert plots[0].get_absolute_url() in text_of(units)


def test_the_search_asks_what_other_apps_registered(world, client_of, monkeypatch):
    asked = []

    def provider(actor, key):
        asked.append(key)
        return [search.Result("A problem", "/problems/1/", "detail", "late", "late")]

    monkeypatch.setattr(search, "_providers", {})
    search.register("problems", provider, heading="Problems")
    page = text_of(client_of("operator", "viewer", "en").get("/search/", {"q": "لوله‌ گاز"}))
    assert asked == ["لوله گاز"]
    assert '<a class="strong" href="/problems/1/">A problem</a>' in page


@pytest.mark.parametrize(
    ("typed", "told"),
    [("", "What do you look for?"), ("x", "Write at least two letters"), ("nothing here", "Nothing found")],
)
def test_an_empty_search_says_why(plots, client_of, typed, told):
    assert told in text_of(client_of("operator", "head", "en").get("/search/", {"q": typed}))


def test_what_is_typed_is_never_markup(plots, client_of):
    page = text_of(client_of("operator", "head").get("/search/", {"q": "<script>alert(1)</script>%_'\"\x00"}))
    assert "<script>alert" not in page


# --------------------------------------------------------------------------------------------------------------- lists


def test_the_list_of_plots_is_filtered_and_says_when_nothing_fits(plots, client_of):
    client = client_of("operator", "head", "en")
    post_status(client, plots[2])
    page = text_of(client.get("/estates/khodro/plots/?status=active"))
    assert plots[2].get_absolute_url() in page
    assert plots[0].get_absolute_url() not in page
    assert "No plot fits the filter" in text_of(client.get("/estates/khodro/plots/?q=zzz"))
    assert client.get("/estates/khodro/plots/?status=x&block=abc&page=999").status_code == 200


def test_the_list_of_plots_is_a_file_too(plots, client_of):
    answer = client_of("operator", "head", "en").get("/estates/khodro/plots/?format=csv")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert content.decode("utf-8-sig").splitlines()[1].startswith("K01-001,Block 1,")


@pytest.mark.parametrize("address", ["/estates/", "/estates/khodro/units/", "/estates/khodro/figures/"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_list_is_a_file_too(world, plots, client_of, address, kind):
    parts.figure(world.khodro)
    parts.figure(world.khodro, value=777.25, source="secret", field_class="P3")
    answer = client_of("operator", "head", "en").get(address, {"format": kind})
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert answer.status_code == 200
    assert len(content) > 20
    assert b"777.25" not in content
