"""Losses of a year: as AC power flow finds them at single hours, and near the rule of the squared load."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rasana.planning.grid_model import make_grid
from rasana.planning.losses import radial_grid, yearly_losses_mwh
from rasana.planning.powerflow import yearly
from rasana.planning.standard import life_present_value
from rasana.planning.verification import verify
from tests.planning.grid_estate import CATALOGUE, STANDARD, grid_estate, grid_study


def test_the_losses_of_a_study_are_those_of_its_network():
    study = grid_study()
    again = yearly_losses_mwh(study.estate, STANDARD, CATALOGUE, study.demand, study.network)
    assert study.losses_mwh == again
    assert study.losses_mwh > 0.0


def test_the_year_is_near_the_rule_that_the_search_prices_losses_by():
    """Loss hours at nominal voltage leave out what lower voltage and charging do to currents: a few per cent."""
    for case in ((), (2, 2, 2, 60.0), (3, 1, 4)):
        study = grid_study(*case)
        priced_mwh = study.cost.losses_pv / life_present_value(STANDARD) / STANDARD.loss_price_per_kwh / 1000.0
        assert study.losses_mwh == pytest.approx(priced_mwh, rel=0.05)


def test_one_hour_of_the_year_is_as_another_power_flow_finds_it():
    """Every plot at its mean load and nothing above it: then the year's hour is the state verified by AC power flow."""
    study = grid_study()
    even = replace(
        study.demand, b_kw=np.zeros_like(study.demand.b_kw), b_kvar=np.zeros_like(study.demand.b_kvar),
        peak_kw=study.demand.a_kw, peak_kvar=study.demand.a_kvar, shapes=np.ones_like(study.demand.shapes),
        phases=np.full_like(study.demand.phases, 3),
    )  # fmt: skip
    hourly_mwh = yearly_losses_mwh(grid_estate(), STANDARD, CATALOGUE, even, study.network) / 8760.0
    verified = verify(grid_estate(), STANDARD, CATALOGUE, even, study.network)
    assert hourly_mwh * 1000.0 == pytest.approx(verified.losses_kw, rel=1e-4)


def test_without_load_transformers_lose_their_iron_losses_and_little_more():
    study = grid_study()
    grid = make_grid(study.estate, STANDARD, CATALOGUE, study.network)
    nothing = np.zeros(grid.nodes)
    hour = yearly(radial_grid(grid), nothing, nothing, np.zeros(grid.nodes, np.int64), np.ones((1, 1)))
    assert float(hour.loss_kw[0]) == pytest.approx(grid.transformer_no_load_loss_kw.sum(), rel=0.02)


def test_more_load_more_losses():
    study = grid_study()
    double = replace(study.demand, a_kw=1.3 * study.demand.a_kw, a_kvar=1.3 * study.demand.a_kvar)
    more = yearly_losses_mwh(study.estate, STANDARD, CATALOGUE, double, study.network)
    iron_mwh = CATALOGUE.transformers.no_load_loss_kw[study.network.transformers["type_row"]].sum() * 8.76
    assert more - iron_mwh == pytest.approx(1.3**2 * (study.losses_mwh - iron_mwh), rel=0.05)
