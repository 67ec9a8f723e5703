"""Studies in the office: brought in whole, read by field class, compared with the one before."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from rasana.exchange.folder import write_folder
from rasana.portal.apps.estates.loading import plot_key
from rasana.portal.apps.estates.models import Figure, Plot
from rasana.portal.apps.studies import classes, importing
from rasana.portal.apps.studies.importing import import_study
from rasana.portal.apps.studies.models import Study, StudyFile
from rasana.portal.base import clock
from rasana.portal.base.access import NotAllowed
from rasana.portal.base.actor import SYSTEM
from rasana.portal.base.audit import Act, AuditLine, _current
from rasana.portal.base.record import OutsideAct
from tests.planning.grid_estate import grid_study

STATEMENTS_MAX = 12
OTHERS = ("operator", "governor", "board", "contractor")
COMPANIES = ("regional", "distribution")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result folder of a study of 40 plots."""
    target = tmp_path_factory.mktemp("study") / "result"
    write_folder(grid_study(), target, dt.date(2025, 11, 9))
    return target


@pytest.fixture
def marked(folder: Path, tmp_path: Path) -> Path:
    """The same, with markers wherever something is for the electric companies only."""
    target = tmp_path / "marked"
    shutil.copytree(folder, target)
    summary = json.loads((target / "summary.json").read_text())
    summary |= {
        "voltage_min_pu": 0.912345,
        "loading_max_pct": 98.7654,
        "n1": {"states_checked": 7531, "states_failed": 0},
    }
    (target / "summary.json").write_text(json.dumps(summary))
    report = (target / "report.html").read_text().replace("</body>", "<p>MARK-P3</p></body>")
    (target / "report.html").write_text(report)
    return target


@pytest.fixture
def estate(world):
    """Khodro with the plots of the study."""
    doing = Act(SYSTEM, "fixture", None, world.khodro, clock.now())
    token = _current.set(doing)
    try:
        names = [str(name) for name in grid_study().plots["plot_id"]]
        Plot.objects.load(
            [
                Plot(estate=world.khodro, plot_id=name, search_key=plot_key(name, None), created_at=doing.at)
                for name in names
            ]
        )
    finally:
        _current.reset(token)
    doing.write()
    return world.khodro


def text_of(response) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode(errors="replace")


def test_a_study_comes_with_its_figures_files_and_maps(estate, folder):
    study = import_study(SYSTEM, estate, folder)
    summary = json.loads((folder / "summary.json").read_text())
    assert study.number == 1
    assert study.fingerprint == summary["fingerprint"]
    assert study.figures["cost"]["total"] == summary["cost"]["total"]
    assert study.figures["plots_supplied"] == 40
    assert {file.name: file.field_class for file in study.files.filter(kind="result")} == {
        "bill_of_quantities.xlsx": "P2",
        "design.gpkg": "P3",
        "network.pandapower.json": "P3",
        "report.html": "P3",
        "summary.json": "P3",
    }
    assert study.files.exclude(kind="result").count() == 4
    with study.files.get(name="report.html").file.open("rb") as stored:
        assert stored.read() == (folder / "report.html").read_bytes()


def test_the_same_folder_again_is_the_same_study(estate, folder):
    first = import_study(SYSTEM, estate, folder)
    lines = AuditLine.objects.count()
    assert import_study(SYSTEM, estate, folder) == first
    assert AuditLine.objects.count() == lines


def test_an_import_that_fails_leaves_no_file(estate, folder, monkeypatch):
    stored = []

    def refuse(study):
        stored.extend(each.file for each in study.files.all())
        assert all(each.storage.exists(each.name) for each in stored)
        raise ValidationError("refused at the end")

    monkeypatch.setattr(importing, "_note_peak", refuse)
    with pytest.raises(ValidationError):
        import_study(SYSTEM, estate, folder)
    assert len(stored) == 9
    assert not any(each.storage.exists(each.name) for each in stored)
    assert not Study.objects.exists()


def test_a_study_never_changes(estate, folder):
    study = import_study(SYSTEM, estate, folder)
    with pytest.raises(OutsideAct):
        study.save()
    with pytest.raises(OutsideAct):
        study.delete()


def test_the_studys_peak_stands_beside_the_published_need(estate, folder):
    study = import_study(SYSTEM, estate, folder)
    figure = Figure.objects.get(estate=estate, key="power_published_kw")
    assert figure.value == pytest.approx(study.figures["peak_kw"] / 1000, abs=1e-3)
    assert not figure.adopted
    assert figure.status == "derived"


@pytest.mark.parametrize(
    "harm",
    [
        lambda at: (at / "summary.json").unlink(),
        lambda at: (at / "design.gpkg").unlink(),
        lambda at: (at / "summary.json").write_text("{ no json"),
        lambda at: (at / "summary.json").write_text("{}"),
        lambda at: (at / "design.gpkg").write_bytes(b"PK\x03\x04"),
        lambda at: (at / "report.html").write_bytes(b"\x89PNG\r\n\x1a\n"),
        lambda at: (at / "bill_of_quantities.xlsx").write_text("<html>"),
        lambda at: (at / "design.gpkg").write_bytes(b"SQLite format 3\x00" + b"x" * 500),
    ],
)
def test_a_folder_that_is_no_study_is_refused_whole_with_a_sentence(estate, folder, tmp_path, harm):
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    harm(broken)
    with pytest.raises(ValidationError) as refused:
        import_study(SYSTEM, estate, broken)
    assert all(len(sentence) > 10 for sentence in refused.value.message_dict["folder"])
    assert not Study.objects.exists()
    assert not StudyFile.objects.exists()


def test_a_study_of_another_estate_is_refused(world, folder):
    with translation.override("fa"), pytest.raises(ValidationError) as refused:
        import_study(SYSTEM, world.sonuf, folder)
    assert "شهرک صنوف" in refused.value.messages[0]


def test_who_is_no_expert_brings_no_study_in(estate, folder, actor):
    with pytest.raises(NotAllowed):
        import_study(actor("operator", "officer"), estate, folder)


# ------------------------------------------------------------------------------------------------------- field classes


def addresses(study: Study) -> list[str]:
    page = study.get_absolute_url()
    names = study.files.filter(kind="result").values_list("name", flat=True)
    pages = ("", "assumptions/", "assumptions/?format=csv", "map.json", "map/company.json")
    own = [*pages, *(f"files/{each}" for each in names)]
    return [*(f"{page}{each}" for each in own), "/studies/", "/estates/khodro/", "/estates/khodro/figures/"]


MARKERS = (
    *("MARK-P3", "7531", "7,531", "۷٬۵۳۱", "91.2", "۹۱٫۲", "98.8", "۹۸٫۸"),
    *("0.912345", "98.7654", "loading_pct", "fault_min_ka"),
)


@pytest.mark.parametrize("language", ["fa", "en"])
def test_what_is_for_the_companies_is_in_no_response_for_others(estate, marked, client_of, language):
    study = import_study(SYSTEM, estate, marked)
    for organisation in OTHERS:
        client = client_of(organisation, "head", language)
        for address in addresses(study):
            answer = client.get(address)
            text = text_of(answer)
            for marker in MARKERS:
                assert marker not in text, (organisation, address, marker)
    for organisation in COMPANIES:
        page = text_of(client_of(organisation, "viewer", language).get(study.get_absolute_url()))
        assert ("۷٬۵۳۱" if language == "fa" else "7,531") in page


def test_the_files_of_a_study_are_for_those_whose_class_it_is(estate, folder, client_of):
    study = import_study(SYSTEM, estate, folder)
    page = study.get_absolute_url()
    for organisation, allowed in ((OTHERS[0], {"bill_of_quantities.xlsx"}), (COMPANIES[0], None)):
        client = client_of(organisation, "viewer")
        for name in study.files.filter(kind="result").values_list("name", flat=True):
            answer = client.get(f"{page}files/{name}")
            assert answer.status_code == (200 if allowed is None or name in allowed else 404)
            if answer.status_code == 200:
                assert answer["Content-Disposition"].startswith("attachment")
                assert "sandbox" in answer["Content-Security-Policy"]
        assert client.get(f"{page}files/nothing").status_code == 404
        assert client.get(f"{page}map/company.json").status_code == (404 if allowed else 200)


def test_the_audit_holds_the_hash_of_a_study_and_not_its_findings(estate, folder):
    import_study(SYSTEM, estate, folder)
    line = AuditLine.objects.get(action="study.import")
    values = next(change["after"] for change in line.changes if change["type"] == "studies.Study")
    assert "folder_sha256" in values
    assert not {"findings", "assumptions", "company_figures"} & set(values)


def test_what_no_row_names_is_for_the_companies():
    assert classes.of_finding({"code": "new_code"}) == "P3"
    assert classes.of_file("anything.bin") == "P3"
    assert classes.of_assumption({"kind": "plan", "subject": "S1", "property": "fault_mva"}) == "P3"
    assert classes.of_assumption({"kind": "trade", "subject": "trade shop", "property": "connected_kw"}) == "P2"


# --------------------------------------------------------------------------------------------------------------- pages


def test_a_stranger_gets_the_answer_of_what_is_missing(estate, folder, client_of):
    study = import_study(SYSTEM, estate, folder)
    stranger = client_of("stranger", "managing_director")
    for address in addresses(study):
        if address == "/studies/":
            continue
        assert stranger.get(address).status_code == 404, address
    assert study.title not in text_of(stranger.get("/studies/"))
    assert stranger.get("/studies/?estate=khodro").status_code == 404


def test_the_pages_need_few_statements(estate, folder, client_of, django_assert_max_num_queries):
    study = import_study(SYSTEM, estate, folder)
    client = client_of("distribution", "expert")
    for address in [*addresses(study)[:5], "/studies/"]:
        with django_assert_max_num_queries(STATEMENTS_MAX):
            assert client.get(address).status_code == 200, address


def test_the_map_has_cables_substations_and_plots_with_their_pages(estate, folder, client_of):
    study = import_study(SYSTEM, estate, folder)
    client = client_of("operator", "viewer")
    answer = client.get(f"{study.get_absolute_url()}map.json")
    features = json.loads(answer.content)["features"]
    kinds = {each["properties"]["kind"] for each in features}
    assert {"plot", "cable", "transformer", "supply"} <= kinds
    plot = next(each["properties"] for each in features if each["properties"]["kind"] == "plot")
    assert plot["url"] == Plot.objects.get(plot_id=plot["id"]).get_absolute_url()
    assert plot["word"].startswith("پست ")
    again = client.get(f"{study.get_absolute_url()}map.json", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_the_map_comes_compressed_to_who_takes_it(estate, folder, client_of):
    study = import_study(SYSTEM, estate, folder)
    client = client_of("operator", "viewer")
    answer = client.get(f"{study.get_absolute_url()}map.json", headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert answer.content[:2] == b"\x1f\x8b"


def test_a_second_study_is_compared_with_the_first(estate, folder, marked, client_of):
    import_study(SYSTEM, estate, folder)
    second = import_study(SYSTEM, estate, marked)
    page = text_of(client_of("operator", "viewer", "en").get(second.get_absolute_url()))
    assert second.number == 2
    assert "Beside Study 1" in page
    first = text_of(client_of("operator", "viewer", "en").get(f"/studies/{second.pk - 1}/"))
    assert "first study" in first


def test_assumptions_are_filtered(estate, folder, client_of):
    study = import_study(SYSTEM, estate, folder)
    client = client_of("operator", "viewer", "en")
    all_of_them = text_of(client.get(f"{study.get_absolute_url()}assumptions/"))
    assert "each with its source" in all_of_them
    trades = text_of(client.get(f"{study.get_absolute_url()}assumptions/?kind=trade"))
    assert "Carpentry" in trades
    assert "NAYY" not in trades
    assert client.get(f"{study.get_absolute_url()}assumptions/?kind=x&status=y&page=z").status_code == 200


def test_the_list_of_studies_is_a_file_too(estate, folder, client_of):
    study = import_study(SYSTEM, estate, folder)
    told = text_of(client_of("operator", "viewer", "en").get("/studies/", {"format": "csv"}))
    assert study.fingerprint in told
