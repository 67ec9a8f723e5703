"""Estates and figures from files: whole or not at all, and twice is the same as once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from rasana.portal.apps.estates.loading import load_estate
from rasana.portal.apps.estates.models import Block, Figure, Guild, Phase, PlanLayer, Plot, Trade, Unit
from rasana.portal.apps.estates.published import load_figures
from rasana.portal.base.access import NotAllowed
from rasana.portal.base.actor import SYSTEM
from rasana.portal.base.audit import AuditLine
from rasana.portal.base.people import Estate

QOM = Path(__file__).parents[3] / "examples" / "qom"


@pytest.fixture(scope="session")
def qom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("qom")
    subprocess.run([sys.executable, str(QOM / "build.py"), "--out", str(folder)], check=True, capture_output=True)
    return folder


def load(world, qom: Path, code: str = "khodro"):
    parties = [organisation for name, organisation in world.organisations.items() if name != "stranger"]
    return load_estate(SYSTEM, qom / f"{code}.gpkg", code, parties)


def test_an_estate_comes_with_its_parts_and_says_what_it_is(world, qom):
    loaded = load(world, qom)
    assert loaded.new["plot"] == 1404 == Plot.objects.filter(estate=world.khodro).count()
    assert Unit.objects.filter(estate=world.khodro).count() == 1404
    assert Phase.objects.filter(estate=world.khodro).count() == 5
    assert Block.objects.filter(estate=world.khodro).count() == 16
    assert Guild.objects.count() == 3
    assert Trade.objects.get(code="auto_repair").name_fa == "تعمیرگاه مکانیکی"
    assert Plot.objects.filter(estate=world.khodro, status="active").count() == 125
    plot = Plot.objects.get(plot_id="K05-017")
    assert plot.outline["type"] == "Polygon"
    assert 50 < plot.longitude < 52
    assert 34 < plot.latitude < 35
    assert PlanLayer.objects.get(estate=world.khodro, kind="supply_point").field_class == "P2"


def test_a_new_estate_gets_its_names_and_label_from_the_file(world, qom):
    loaded = load_estate(SYSTEM, qom / "sonuf.gpkg", "guilds", [world.organisations["operator"]])
    assert loaded.estate.name_fa == "شهرک صنوف"
    assert loaded.estate.label_en.startswith("reconstruction")
    assert "بازسازی" in loaded.estate.label_fa
    assert AuditLine.objects.filter(action="estate.create", estate="guilds").count() == 1


def test_the_same_file_twice_changes_nothing(world, qom):
    load(world, qom)
    lines = AuditLine.objects.count()
    again = load(world, qom)
    assert sum(again.new.values()) == 0
    assert sum(again.changed.values()) == 0
    assert AuditLine.objects.count() == lines + 1
    assert AuditLine.objects.last().changes == []


def test_what_the_office_says_of_a_plot_stays_when_the_file_comes_again(world, qom):
    from rasana.portal.base.audit import act

    load(world, qom)
    plot = Plot.objects.get(plot_id="K01-001")
    with act(SYSTEM, "plot.status", plot) as plot:
        plot.status, plot.area_m2 = "energised", 1.0
        plot.save()
    again = load(world, qom)
    plot.refresh_from_db()
    assert again.changed["plot"] == 1
    assert plot.status == "energised"
    assert plot.area_m2 == pytest.approx(266.4, abs=0.2)


def test_a_file_that_is_not_what_its_name_says_is_refused_whole(world, tmp_path):
    false = tmp_path / "estate.gpkg"
    false.write_bytes(b"PK\x03\x04 no estate")
    with pytest.raises(ValidationError) as refused:
        load_estate(SYSTEM, false, "new", [])
    assert "file" in refused.value.message_dict
    assert not Estate.objects.filter(code="new").exists()


def test_who_is_no_head_brings_in_no_estate(world, qom, actor):
    with pytest.raises(NotAllowed):
        load_estate(actor("operator", "expert"), qom / "khodro.gpkg", "khodro", [])


def test_figures_keep_what_disagrees_beside_what_is_used(world):
    assert load_figures(SYSTEM, world.sonuf, QOM / "figures.toml") > 15
    areas = {figure.value: figure for figure in Figure.objects.filter(estate=world.sonuf, key="area_m2")}
    assert set(areas) == {136.0, 44.0}
    assert areas[136].adopted
    assert not areas[44].adopted
    assert "114.5" in areas[136].reason_en
    assert "۱۱۴٫۵" in areas[136].reason_fa
    assert areas[44].source_date.isoformat() == "2024-08-20"
    power = Figure.objects.get(estate=world.sonuf, key="power_published_kw")
    assert (power.value, power.unit, power.adopted) == (10.0, "MW", False)
    makers = Figure.objects.filter(estate=world.sonuf, key="units_door_window")
    assert {(figure.value, figure.adopted) for figure in makers} == {(915.0, True), (976.0, False)}


def test_every_figure_of_the_example_has_persian_words(world):
    for estate in (world.khodro, world.sonuf):
        load_figures(SYSTEM, estate, QOM / "figures.toml")
    for figure in Figure.objects.all():
        for english, persian in ((figure.note_en, figure.note_fa), (figure.reason_en, figure.reason_fa)):
            assert (english == "") == (persian == "")
            assert english != persian or not english, english
        assert figure.source


def test_figures_twice_are_the_same_as_once(world):
    load_figures(SYSTEM, world.khodro, QOM / "figures.toml")
    count = Figure.objects.count()
    assert load_figures(SYSTEM, world.khodro, QOM / "figures.toml") == 0
    assert Figure.objects.count() == count


def test_a_figure_without_source_is_refused_and_nothing_is_written(world, tmp_path):
    table = tmp_path / "figures.toml"
    table.write_text('[khodro.area_m2]\nadopted = 5\nstatus = "verified"\n', encoding="utf-8")
    with pytest.raises(ValidationError):
        load_figures(SYSTEM, world.khodro, table)
    assert not Figure.objects.exists()
