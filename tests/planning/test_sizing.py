"""Services: a fuse that carries the plot, a cable that the fuse protects, and plots that are too much for one cable."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasana.planning.catalogue import derated_ampacity_a, operating_resistance_ohm_per_km, resistance_ohm_per_km
from rasana.planning.sizing import (
    PARALLEL_MAX,
    classify,
    current_margin,
    peak_current_a,
    pillar_current_a,
    size_services,
    usable_fuses,
)
from tests.planning.grid_estate import CATALOGUE, STANDARD
from tests.planning.small_networks import make_demand

PLOTS = st.lists(
    st.tuples(st.floats(0.5, 500.0), st.floats(1.0, 120.0), st.sampled_from([1, 3])), min_size=1, max_size=12
)


def sized(rows):
    """Services of plots given as (kW, m, phases); a single-phase plot is kept within what one phase may have."""
    kw = [min(kw, 6.0) if phases == 1 else kw for kw, _, phases in rows]
    demand = make_demand(kw, phases=[phases for _, _, phases in rows])
    return demand, size_services(demand, np.array([metres for _, metres, _ in rows]), STANDARD, CATALOGUE)


def test_currents_of_three_phases_and_of_one_by_hand():
    demand = make_demand([18.0, 6.0], power_factor=0.9, phases=[3, 1])
    # 20 kVA / (sqrt(3) 400 V), and 6.667 kVA / 230.9 V
    np.testing.assert_allclose(peak_current_a(demand, STANDARD), [28.8675, 28.8675], rtol=1e-5)


@given(PLOTS)
def test_every_supplied_plot_has_a_fuse_that_carries_it_and_a_cable_that_the_fuse_protects(rows):
    _, services = sized(rows)
    cables = CATALOGUE.service_cables
    ampacity = derated_ampacity_a(cables, STANDARD)
    largest = usable_fuses(CATALOGUE, STANDARD)[-1]
    for plot in np.flatnonzero(services.supplied):
        each = services.current_a[plot] / STANDARD.lv_voltage_min_pu / services.parallel[plot]
        fuse, kind = services.fuse_a[plot], services.type_row[plot]
        smaller = [rating for rating in usable_fuses(CATALOGUE, STANDARD) if rating < fuse]
        assert each <= fuse <= largest
        assert not smaller or smaller[-1] < each
        assert ampacity[kind] * CATALOGUE.grouping_factor[services.parallel[plot]] >= fuse
        gate = CATALOGUE.fuses.current_5s_a[list(CATALOGUE.fuses.rating_a).index(fuse)]
        assert cables.withstand_1s_ka[kind] * 1000.0 >= gate * math.sqrt(STANDARD.clearing_time_limit_s)
        rating = ampacity[kind] * CATALOGUE.grouping_factor[services.parallel[plot]] * services.parallel[plot]
        assert services.rating_a[plot] == pytest.approx(rating)


@given(PLOTS)
def test_drop_and_fault_loop_are_those_of_the_cable_by_hand(rows):
    demand, services = sized(rows)
    cables = CATALOGUE.service_cables
    warm = operating_resistance_ohm_per_km(cables, STANDARD)
    hot = resistance_ohm_per_km(cables, STANDARD.conductor_temperature_fault_c)
    for plot, (_, metres, phases) in enumerate(rows):
        kind, km = services.type_row[plot], metres / 1000.0
        r, x = warm[kind] * km / services.parallel[plot], cables.x_ohm_per_km[kind] * km / services.parallel[plot]
        volts = STANDARD.lv_voltage_v
        drop = (
            (demand.peak_kw[plot] * r + demand.peak_kvar[plot] * x) * 1000.0 / volts**2 * (6.0 if phases == 1 else 1.0)
        )
        assert services.drop_pu[plot] == pytest.approx(drop)
        gate = CATALOGUE.fuses.current_5s_a[list(CATALOGUE.fuses.rating_a).index(services.fuse_a[plot])]
        whole = STANDARD.c_min_lv * volts / math.sqrt(3.0) / gate
        own = 2.0 * math.hypot(hot[kind], cables.x_ohm_per_km[kind]) * km
        assert services.loop_limit_ohm[plot] == pytest.approx(max(whole - own, 1e-4))


def test_a_longer_service_is_never_thinner():
    metres = np.array([5.0, 30.0, 80.0, 200.0, 400.0])
    demand = make_demand([20.0] * len(metres))
    services = size_services(demand, metres, STANDARD, CATALOGUE)
    section = CATALOGUE.service_cables.section_mm2[services.type_row]
    assert (np.diff(section) >= 0.0).all()
    assert section[-1] > section[0]


@given(st.lists(st.floats(0.0, 3000.0), min_size=1, max_size=20))
def test_each_plot_with_a_demand_is_supplied_or_too_large_never_both(kw):
    demand = make_demand(kw)
    supplied, too_large, direct, parallel = classify(demand, STANDARD, CATALOGUE)
    has = demand.peak_kw > 0.0
    np.testing.assert_array_equal(supplied ^ too_large, has)
    assert not (direct & ~supplied).any()
    assert (parallel[direct] >= 2).all()
    assert (parallel[supplied & ~direct] == 1).all()
    assert (parallel[supplied] <= PARALLEL_MAX).all()


def test_the_larger_the_plot_the_more_cables_until_it_is_too_large():
    kw = np.arange(5.0, 900.0, 5.0)
    supplied, too_large, direct, parallel = classify(make_demand(kw.tolist()), STANDARD, CATALOGUE)
    assert (np.diff(parallel[supplied]) >= 0).all()
    assert (np.diff(too_large.astype(int)) >= 0).all()
    assert supplied[0]
    assert too_large[-1]
    assert direct.any()


def test_a_pillar_carries_no_more_than_one_feeder_does():
    limit = pillar_current_a(STANDARD, CATALOGUE)
    assert 100.0 < limit * current_margin(STANDARD) <= usable_fuses(CATALOGUE, STANDARD)[-1]
    assert current_margin(STANDARD) == pytest.approx(1.0 + (1.0 - STANDARD.lv_voltage_min_pu) / 2.0)
