"""The picture of time against plots: the slope that was measured, every point on it."""

from __future__ import annotations

import re

import pytest

from benchmarks.scaling import drawing, exponent, points

PLOTS = (250.0, 1000.0, 4000.0, 16000.0)


@pytest.mark.parametrize("slope", [0.9, 1.0, 1.6])
def test_the_exponent_of_a_power_law_is_its_own(slope):
    assert exponent([(plots, 3.0 * plots**slope) for plots in PLOTS]) == pytest.approx(slope)


def test_only_grids_at_fast_count_in_order_of_size():
    records = [
        {"instance": name, "plots": plots, "cpu_seconds": plots / 100.0}
        for name, plots in (("grid:1000:fast", 1000), ("khodro:fast", 1404), ("grid:250:fast", 250),
                            ("grid:320:balanced", 320))
    ]  # fmt: skip
    assert points(records) == [(250.0, 2.5), (1000.0, 10.0)]


def test_the_picture_shows_every_point_inside_and_says_the_exponent():
    picture = drawing([(plots, plots / 300.0) for plots in PLOTS])
    width, height = map(float, re.search(r'viewBox="0 0 (\d+) (\d+)"', picture).groups())
    dots = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', picture)
    assert len(dots) == len(PLOTS)
    assert all(0.0 < float(x) < width and 0.0 < float(y) < height for x, y in dots)
    assert "exponent 1.00" in picture
