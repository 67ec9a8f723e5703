"""Initial short-circuit currents by IEC 60909-0: impedances of elements, faults in any network by its node matrix.

Impedances are complex, in ohm. Resistances and reactances of one element stay in one number, so that the peak
current's equivalent frequency (method C) can scale the reactances of the whole network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Phasors = NDArray[np.complex128]
SQRT3 = float(np.sqrt(3.0))

EQUIVALENT_FREQUENCY = 0.4
"""Method C of IEC 60909-0: 20 Hz in a 50 Hz network."""


@dataclass(frozen=True)
class FaultNetwork:
    """A network of positive sequence, as columns.

    - ``voltage_kv`` (n,): nominal voltage of each node.
    - ``source_node``, ``source_ohm``: what feeds a fault from behind its own impedance (network feeders, generators,
      motors).
    - ``branch_start``, ``branch_end``, ``branch_ohm``, ``branch_ratio``: lines (ratio 1) and transformers; the
      impedance is that at ``branch_end``, the ratio is rated voltage of the start over that of the end.
    """

    voltage_kv: Floats
    source_node: Ints
    source_ohm: Phasors
    branch_start: Ints
    branch_end: Ints
    branch_ohm: Phasors
    branch_ratio: Floats


def as_ohm(resistance: ArrayLike, reactance: ArrayLike) -> Phasors:
    """Impedance from its parts."""
    return np.asarray(np.asarray(resistance) + 1j * np.asarray(reactance), dtype=np.complex128)


def feeder_ohm(c: float, voltage_kv: ArrayLike, fault_mva: ArrayLike, rx: ArrayLike) -> Phasors:
    """Network feeder behind a fault level S''k: Z = c Un^2 / S''k (IEC 60909-0, 6.2); ``rx`` is R over X."""
    size = c * np.square(np.asarray(voltage_kv, dtype=np.float64)) / np.asarray(fault_mva, dtype=np.float64)
    reactance = size / np.sqrt(1.0 + np.square(rx))
    return as_ohm(reactance * np.asarray(rx), reactance)


def transformer_ohm(rated_kv: ArrayLike, rated_mva: ArrayLike, uk_pct: ArrayLike, ukr_pct: ArrayLike) -> Phasors:
    """Nameplate impedance of a transformer at the side of ``rated_kv``; ``ukr_pct`` is its resistive part."""
    base = np.square(np.asarray(rated_kv, dtype=np.float64)) / np.asarray(rated_mva, dtype=np.float64) / 100.0
    reactive = np.sqrt(np.square(uk_pct) - np.square(ukr_pct))
    return as_ohm(base * np.asarray(ukr_pct), base * reactive)


def transformer_factor(c_max: float, uk_pct: ArrayLike, ukr_pct: ArrayLike) -> Floats:
    """K_T = 0.95 c_max / (1 + 0.6 x_T) for the largest currents (IEC 60909-0, 6.3.3)."""
    reactive = np.sqrt(np.square(uk_pct) - np.square(ukr_pct)) / 100.0
    return np.asarray(0.95 * c_max / (1.0 + 0.6 * reactive), dtype=np.float64)


def star_ohm(high_middle: complex, high_low: complex, middle_low: complex) -> tuple[complex, complex, complex]:
    """Arms (high, middle, low) of a three-winding transformer from its three pairs, all at the same side."""
    half = (high_middle + high_low + middle_low) / 2.0
    return half - middle_low, half - high_low, half - high_middle


def generator_ohm(rated_kv: float, rated_mva: float, subtransient: float, resistance_ohm: float) -> complex:
    """Subtransient impedance R + j X''d of a synchronous generator; ``subtransient`` is x''d per unit of its rating."""
    return complex(resistance_ohm, subtransient * rated_kv**2 / rated_mva)


def generator_factor(
    c_max: float, nominal_kv: float, rated_kv: float, subtransient: float, power_factor: float
) -> float:
    """K_G of a generator without unit transformer (IEC 60909-0, 6.6.1)."""
    return nominal_kv / rated_kv * c_max / (1.0 + subtransient * float(np.sqrt(1.0 - power_factor**2)))


def unit_factor(
    c_max: float,
    nominal_kv: float,
    generator_kv: float,
    ratio: float,
    subtransient: float,
    power_factor: float,
    transformer_reactance: float | None = None,
    regulation: float = 0.0,
) -> float:
    """Factor of a power station unit seen from its high side: K_S with on-load taps, K_SO without (IEC 60909-0, 6.7).

    ``ratio`` is the rated one, high over low. ``transformer_reactance`` (per unit) is given where the transformer has
    on-load taps; ``regulation`` is the generator's voltage range p_G where it has none.
    """
    sine = float(np.sqrt(1.0 - power_factor**2))
    if transformer_reactance is not None:
        lift = (nominal_kv / generator_kv / ratio) ** 2
        return lift * c_max / (1.0 + abs(subtransient - transformer_reactance) * sine)
    return nominal_kv / (generator_kv * (1.0 + regulation)) / ratio * c_max / (1.0 + subtransient * sine)


def motor_ohm(rated_kv: float, rated_mva: float, starting_ratio: float, rx: float) -> complex:
    """Asynchronous motor (or a group): Z = U^2 / S over its starting current in rated currents (IEC 60909-0, 6.10)."""
    reactance = rated_kv**2 / rated_mva / starting_ratio / float(np.sqrt(1.0 + rx**2))
    return complex(reactance * rx, reactance)


def driving_ohm(network: FaultNetwork, frequency_share: float = 1.0) -> Phasors:
    """Impedance seen from each node (n,), the diagonal of the inverse node admittance matrix.

    ``frequency_share`` scales every reactance. Raises ``numpy.linalg.LinAlgError`` where a node has no source.
    """
    count = len(network.voltage_kv)
    admittance = np.zeros((count, count), dtype=np.complex128)
    source = 1.0 / _at_frequency(network.source_ohm, frequency_share)
    np.add.at(admittance, (network.source_node, network.source_node), source)
    branch = 1.0 / _at_frequency(network.branch_ohm, frequency_share)
    start, end, ratio = network.branch_start, network.branch_end, network.branch_ratio
    np.add.at(admittance, (start, start), branch / ratio**2)
    np.add.at(admittance, (end, end), branch)
    np.add.at(admittance, (start, end), -branch / ratio)
    np.add.at(admittance, (end, start), -branch / ratio)
    return np.asarray(np.diag(np.linalg.inv(admittance)), dtype=np.complex128)


def _at_frequency(impedance: Phasors, share: float) -> Phasors:
    return as_ohm(impedance.real, impedance.imag * share)


def fault_ka(voltage_kv: ArrayLike, c: ArrayLike, impedance: NDArray[Any]) -> Floats:
    """Three-phase fault current I''k3 = c Un / (sqrt(3) |Z|) in kA."""
    return np.asarray(np.asarray(c) * np.asarray(voltage_kv) / (SQRT3 * np.abs(impedance)), dtype=np.float64)


def three_phase_faults_ka(network: FaultNetwork, c: ArrayLike) -> Floats:
    """I''k3 at every node, one fault at a time; ``c`` is the voltage factor of the nodes or of all."""
    return fault_ka(network.voltage_kv, c, driving_ohm(network))


def peak_factor(rx: Floats) -> Floats:
    """Kappa = 1.02 + 0.98 exp(-3 R/X) (IEC 60909-0, 8.1)."""
    return np.asarray(1.02 + 0.98 * np.exp(-3.0 * rx), dtype=np.float64)


def peak_faults_ka(network: FaultNetwork, initial_ka: Floats) -> Floats:
    """Peak current ip by method C from the initial current: kappa from the R/X that the node shows at 20 Hz.

    Generators of ``network`` carry their fictitious resistance here (IEC 60909-0, 6.6).
    """
    slow = driving_ohm(network, EQUIVALENT_FREQUENCY)
    return np.asarray(
        peak_factor(slow.real / slow.imag * EQUIVALENT_FREQUENCY) * np.sqrt(2.0) * initial_ka, dtype=np.float64
    )
