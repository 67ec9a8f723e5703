"""IEC 60909: the standard's own example to its last digit, and the transformer behind a 20 kV supply point."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from rasana.planning.shortcircuit import (
    FaultNetwork,
    driving_ohm,
    fault_ka,
    feeder_ohm,
    generator_factor,
    generator_ohm,
    motor_ohm,
    peak_faults_ka,
    star_ohm,
    three_phase_faults_ka,
    transformer_factor,
    transformer_ohm,
    unit_factor,
)

EXAMPLE = tomllib.loads((Path(__file__).parent / "cases" / "iec_60909_4.toml").read_text(encoding="utf-8"))
EXPECTED = EXAMPLE["expected"]


def fictitious_ohm(rated_kv, rated_mva, subtransient):
    """Resistance of a generator for peak currents (IEC 60909-0, 6.6): 5 % of X''d from 100 MVA, 7 % below."""
    return (0.05 if rated_mva >= 100.0 else 0.07) * subtransient * rated_kv**2 / rated_mva


def generators(for_peak):
    c_max, kv = EXAMPLE["c_max"], EXAMPLE["nodes_kv"]
    for unit in EXAMPLE["unit"]:
        rated = unit["generator_kv"], unit["generator_mva"], unit["subtransient"]
        resistance = fictitious_ohm(*rated) if for_peak else unit["resistance_ohm"]
        high, low = unit["transformer_kv"]
        ratio = high / low
        reactance = np.sqrt(unit["uk_pct"] ** 2 - unit["ukr_pct"] ** 2) / 100.0
        factor = unit_factor(
            c_max, kv[unit["node"] - 1], unit["generator_kv"], ratio, unit["subtransient"], unit["power_factor"],
            reactance if unit["on_load_taps"] else None, unit.get("regulation", 0.0),
        )  # fmt: skip
        own = transformer_ohm(high, unit["transformer_mva"], unit["uk_pct"], unit["ukr_pct"])
        yield unit["node"] - 1, factor * (ratio**2 * generator_ohm(*rated, resistance) + own)
    for machine in EXAMPLE["generator"]:
        rated = machine["rated_kv"], machine["rated_mva"], machine["subtransient"]
        resistance = fictitious_ohm(*rated) if for_peak else machine["resistance_ohm"]
        factor = generator_factor(
            c_max, kv[machine["node"] - 1], machine["rated_kv"], machine["subtransient"], machine["power_factor"]
        )
        yield machine["node"] - 1, factor * generator_ohm(*rated, resistance)


def sources(minimum, motors, for_peak):
    c = EXAMPLE["c_min"] if minimum else EXAMPLE["c_max"]
    for feeder in EXAMPLE["feeder"]:
        kv = EXAMPLE["nodes_kv"][feeder["node"] - 1]
        mva = np.sqrt(3.0) * kv * feeder["fault_ka"] * (EXAMPLE["minimum_fault_share"] if minimum else 1.0)
        yield feeder["node"] - 1, complex(feeder_ohm(c, kv, mva, feeder["rx"]))
    yield from generators(for_peak)
    for motor in EXAMPLE["motor"] if motors else ():
        mva = motor["mechanical_mw"] / (motor["power_factor"] * motor["efficiency"])
        yield motor["node"] - 1, motor_ohm(motor["rated_kv"], mva, motor["starting_ratio"], motor["rx"])


def branches(minimum):
    warmth = EXAMPLE["line_temperature_coefficient_per_k"] * (EXAMPLE["line_end_temperature_c"] - 20.0)
    for line in EXAMPLE["line"]:
        r = line["r_ohm_per_km"] * (1.0 + warmth if minimum else 1.0)
        yield line["from"] - 1, line["to"] - 1, complex(r, line["x_ohm_per_km"]) * line["length_km"], 1.0
    star = len(EXAMPLE["nodes_kv"])
    for transformer in EXAMPLE["three_winding"]:
        high_kv, middle_kv, low_kv = transformer["rated_kv"]
        uk, ukr = transformer["pair_uk_pct"], transformer["pair_ukr_pct"]
        pairs = [
            complex(transformer_ohm(middle_kv, mva, u, r) * transformer_factor(EXAMPLE["c_max"], u, r))
            for mva, u, r in zip(transformer["pair_mva"], uk, ukr, strict=True)
        ]
        high, middle, low = star_ohm(*pairs)
        if "low" not in transformer:
            yield transformer["high"] - 1, transformer["middle"] - 1, high + middle, high_kv / middle_kv
            continue
        ratio = middle_kv / low_kv
        yield transformer["high"] - 1, star, high, high_kv / middle_kv
        yield star, transformer["middle"] - 1, middle, 1.0
        yield star, transformer["low"] - 1, low / ratio**2, ratio
        star += 1


def example(*, minimum=False, motors=True, for_peak=False):
    node, ohm = zip(*sources(minimum, motors, for_peak), strict=True)
    start, end, branch, ratio = zip(*branches(minimum), strict=True)
    count = max(*start, *end) + 1
    kv = np.array(EXAMPLE["nodes_kv"] + [120.0] * (count - len(EXAMPLE["nodes_kv"])))
    return FaultNetwork(*(np.array(column) for column in (kv, node, ohm, start, end, branch, ratio)))


def test_the_standards_example_gives_its_largest_currents_to_the_last_digit():
    current = three_phase_faults_ka(example(), EXAMPLE["c_max"])[:8]
    np.testing.assert_allclose(current, EXPECTED["maximum_ka"], atol=6e-5, rtol=0)


def test_the_standards_example_gives_its_peak_currents_by_method_c():
    initial = three_phase_faults_ka(example(), EXAMPLE["c_max"])
    peak = peak_faults_ka(example(for_peak=True), initial)[:8]
    np.testing.assert_allclose(peak, EXPECTED["peak_ka"], atol=6e-5, rtol=0)


def test_the_standards_example_gives_its_least_currents():
    current = three_phase_faults_ka(example(minimum=True, motors=False), EXAMPLE["c_min"])[:8]
    np.testing.assert_allclose(current, EXPECTED["minimum_ka"], atol=6e-5, rtol=0)


@pytest.mark.parametrize(("c_lv", "expected_ka"), [(1.05, 23.654), (1.10, 23.691)])
def test_630_kva_behind_500_mva_has_the_published_fault_levels(c_lv, expected_ka):
    ukr = 6.5 / 630.0 * 100.0
    source = feeder_ohm(1.1, 20.0, 500.0, 0.1)
    assert fault_ka(20.0, 1.1, source) == pytest.approx(14.434, abs=5e-4)
    behind = source * (0.4 / 20.0) ** 2 + transformer_factor(c_lv, 4.0, ukr) * transformer_ohm(0.4, 0.63, 4.0, ukr)
    assert fault_ka(0.4, c_lv, behind) == pytest.approx(expected_ka, abs=5e-4)


def test_the_node_matrix_agrees_with_impedances_in_series():
    source, line, transformer = 1.2 + 3.1j, 0.4 + 0.2j, 0.003 + 0.012j
    network = FaultNetwork(
        np.array([20.0, 20.0, 0.4]), np.array([0]), np.array([source]), np.array([0, 1]), np.array([1, 2]),
        np.array([line, transformer]), np.array([1.0, 50.0]),
    )  # fmt: skip
    expected = [source, source + line, (source + line) / 2500.0 + transformer]
    np.testing.assert_allclose(driving_ohm(network), expected, rtol=1e-12)


def test_arms_of_a_star_add_up_to_their_pairs():
    high, middle, low = star_ohm(1.0 + 20.0j, 0.5 + 30.0j, 0.7 + 25.0j)
    assert high + middle == pytest.approx(1.0 + 20.0j)
    assert high + low == pytest.approx(0.5 + 30.0j)
    assert middle + low == pytest.approx(0.7 + 25.0j)
