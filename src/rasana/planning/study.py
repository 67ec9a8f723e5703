"""The one entry: an estate, a standard and a catalogue in, a verified design out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely

import rasana
from rasana.planning.assemble import Assembly, assemble
from rasana.planning.assumptions import study_assumptions
from rasana.planning.catalogue import Catalogue
from rasana.planning.cost import bill_of_quantities, cost_of, losses_present_value
from rasana.planning.demand import Demand, estimate
from rasana.planning.estate import Estate
from rasana.planning.finding import Finding, Refused, Severity
from rasana.planning.hourly import hourly_check
from rasana.planning.losses import yearly_losses_mwh
from rasana.planning.network import Network
from rasana.planning.plan import Plan
from rasana.planning.problem import Problem, pose
from rasana.planning.reinforce import reinforced
from rasana.planning.reliability import Reliability, network_reliability
from rasana.planning.result import Settings, Study
from rasana.planning.search import EFFORTS, Found, Progress, mend, search
from rasana.planning.sizing import Services, classify, peak_current_a, pillar_current_a, size_services
from rasana.planning.standard import Standard
from rasana.planning.streets import TOUCH_M, StreetGraph, build
from rasana.planning.verification import Verification, choose_taps, verify

REDESIGNS_MAX = 3
REINFORCEMENTS_MAX = 6
"""Times that breaches found by AC power flow go back to the design, and to the types of single cables each time."""
Clock = Callable[[], float]


@dataclass(frozen=True)
class _Case:
    """What does not change while a study is worked out."""

    estate: Estate
    standard: Standard
    catalogue: Catalogue
    demand: Demand
    services: Services
    graph: StreetGraph
    problem: Problem


def study(
    estate: Estate,
    standard: Standard,
    catalogue: Catalogue,
    settings: Settings | None = None,
    progress: Progress | None = None,
    clock: Clock | None = None,
) -> Study:
    """Engineer the supply of ``estate``.

    The same input and seed give the same study, ``seconds`` apart. ``progress`` is told stage, share done and best
    cost; where it raises KeyboardInterrupt during the search, the best design so far is verified and handed over.
    Raises ``Refused`` where there is nothing to supply.
    """
    settings = settings or Settings()
    tell = progress or (lambda _stage, _share, _cost: None)
    watch = _Watch(clock or (lambda: 0.0))
    case = _prepare(estate, standard, catalogue)
    watch.lap("demand")
    found = search(case.problem, EFFORTS[settings.effort], settings.seed, settings.jobs, tell)
    watch.lap("search")
    tell("verify", 0.0, found.cost)
    assembly, verification = _verified(case, found.plan, settings, tell)
    watch.lap("verify")
    reliability = network_reliability(assembly.network, case.demand, standard, catalogue)
    losses_mwh = yearly_losses_mwh(estate, standard, catalogue, case.demand, assembly.network)
    watch.lap("year")
    tell("verify", 1.0, found.cost)
    return _study(case, settings, found, assembly, verification, reliability, losses_mwh, watch.seconds)


class _Watch:
    """Seconds by stage."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock()
        self.seconds: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = self._clock()
        self.seconds[stage] = now - self._last
        self._last = now


def _prepare(estate: Estate, standard: Standard, catalogue: Catalogue) -> _Case:
    demand = estimate(estate, standard, catalogue)
    supplied, _, _, _ = classify(demand, standard, catalogue)
    graph = build(estate, standard, supplied, peak_current_a(demand, standard), pillar_current_a(standard, catalogue))
    services = size_services(demand, graph.service_m, standard, catalogue)
    if not (services.supplied & (graph.plot_node >= 0)).any():
        raise Refused([Finding("nothing_to_supply", Severity.ERROR, estate.name)])
    problem = pose(estate, standard, catalogue, demand, services, graph)
    return _Case(estate, standard, catalogue, demand, services, graph, problem)


def _assembled(case: _Case, plan: Plan) -> Assembly:
    assembly = assemble(case.estate, case.standard, case.catalogue, case.services, case.graph, case.problem, plan)
    taps = choose_taps(case.estate, case.standard, case.catalogue, case.demand, assembly.network)
    transformers = assembly.network.transformers.assign(tap_pct=taps)
    return replace(assembly, network=replace(assembly.network, transformers=transformers))


def _verified(case: _Case, plan: Plan, settings: Settings, tell: Progress) -> tuple[Assembly, Verification]:
    """Assemble and verify; the design with fewest breaches is kept.

    What AC power flow finds too thin is thickened; an area that this does not help is designed anew with more margin.
    """
    best = latest = _reinforced(case, _assembled(case, plan))
    for turn in range(REDESIGNS_MAX):
        strained = _strained_areas(latest[0], _errors(latest[1]))
        if not strained:
            break
        mend(case.problem, plan, strained, settings.seed + turn)
        tell("verify", (turn + 1) / (REDESIGNS_MAX + 2), 0.0)
        latest = _reinforced(case, _assembled(case, plan))
        if len(_errors(latest[1])) < len(_errors(best[1])):
            best = latest
    return best


def _errors(verification: Verification) -> list[Finding]:
    return [finding for finding in verification.findings if finding.severity is Severity.ERROR]


def _reinforced(case: _Case, assembly: Assembly) -> tuple[Assembly, Verification]:
    """Verify, and thicken cables in breach until none is left or none can be."""
    network = assembly.network
    verification = verify(case.estate, case.standard, case.catalogue, case.demand, network)
    for _ in range(REINFORCEMENTS_MAX):
        errors = _errors(verification)
        thicker = reinforced(network, errors, case.standard, case.catalogue) if errors else None
        if thicker is None:
            break
        again = verify(case.estate, case.standard, case.catalogue, case.demand, thicker)
        if len(_errors(again)) > len(errors):
            break
        network, verification = thicker, again
    return replace(assembly, network=network), verification


def _strained_areas(assembly: Assembly, errors: list[Finding]) -> list[int]:
    """Graph nodes of the transformers whose areas hold a subject of an error."""
    network = assembly.network
    area_of = dict(zip(network.cables["id"], network.cables["transformer_id"], strict=True))
    area_of |= dict(zip(network.plots["plot_id"], network.plots["transformer_id"], strict=True))
    area_of |= dict(zip(network.cables["feeder_id"], network.cables["transformer_id"], strict=True))
    area_of |= dict(zip(network.cables["to_node"], network.cables["transformer_id"], strict=True))
    area_of |= {name: name for name in network.transformers["id"]}
    area_of |= {f"{name}.lv": name for name in network.transformers["id"]}
    roots = dict(zip(network.transformers["id"], (tree.root for tree in assembly.trees), strict=True))
    names = {area_of.get(error.subject_id, "") for error in errors}
    return sorted(roots[name] for name in names if name in roots)


def _study(
    case: _Case, settings: Settings, found: Found, assembly: Assembly, verification: Verification,
    reliability: Reliability, losses_mwh: float, seconds: dict[str, float],
) -> Study:  # fmt: skip
    network = _with_results(assembly.network, verification)
    bill = bill_of_quantities(network, case.catalogue)
    losses_pv = losses_present_value(network, case.demand, case.standard, case.catalogue)
    facts = verification.facts
    peak = facts.transformers.set_index("id")["peak_kva"]
    rings = assembly.rings.assign(
        peak_kva=[float(sum(peak[name] for name in names)) for names in assembly.rings["transformer_ids"]]
    )
    findings = (
        *case.estate.findings, *case.demand.findings, *hourly_check(case.demand, case.standard), *_study_findings(case),
        *_on_forbidden_ground(case.estate, network), *verification.findings,
    )  # fmt: skip
    return Study(
        estate=case.estate,
        standard=case.standard,
        catalogue=case.catalogue,
        settings=settings,
        fingerprint=fingerprint(case.estate, case.standard, case.catalogue, settings),
        demand=case.demand,
        network=network,
        plots=_plot_results(case, network, verification, reliability),
        rings=rings,
        cost=cost_of(bill, losses_pv, reliability.ens_mwh * 1000.0, case.standard, case.catalogue),
        bill=bill,
        n1=facts.outages,
        busbars=facts.busbars,
        peak_kw=_estate_peak_kw(case),
        losses_kw=verification.losses_kw,
        losses_mwh=losses_mwh,
        voltage_min_pu=verification.voltage_min_pu,
        loading_max_pct=verification.loading_max_pct,
        saifi=reliability.saifi,
        saidi_h=reliability.saidi_h,
        ens_mwh=reliability.ens_mwh,
        findings=findings,
        assumptions=study_assumptions(case.estate, case.standard, case.catalogue, case.demand, network),
        seconds=seconds,
        curve=found.curve,
        interrupted=found.interrupted,
    )


def _estate_peak_kw(case: _Case) -> float:
    """Coincident peak of all supplied plots."""
    fed = case.services.supplied & (case.graph.plot_node >= 0)
    return float(case.demand.a_kw[fed].sum() + np.sqrt((case.demand.b_kw[fed] ** 2).sum()))


def _with_results(network: Network, verification: Verification) -> Network:
    cables, transformers = verification.facts.cables, verification.facts.transformers
    return replace(
        network,
        cables=network.cables.assign(peak_a=cables["peak_a"].to_numpy(), loading_pct=cables["loading_pct"].to_numpy()),
        transformers=network.transformers.assign(
            peak_kva=transformers["peak_kva"].to_numpy(), loading_pct=transformers["loading_pct"].to_numpy()
        ),
    )


def _plot_results(
    case: _Case, network: Network, verification: Verification, reliability: Reliability
) -> gpd.GeoDataFrame:
    facts = verification.facts.plots
    columns = {
        "unit_peak_kw": case.demand.unit_peak_kw,
        "plot_peak_kw": case.demand.peak_kw,
        **{name: network.plots[name].to_numpy() for name in ("transformer_id", "feeder_id", "service_node")},
        **{
            name: facts[name].to_numpy()
            for name in ("load_kw", "load_kvar", "voltage_min_pu", "drop_pct", "fault_min_ka", "clearing_s")
        },
        "phase": facts["phase"].to_numpy(np.int64) + 1,
        "saifi": reliability.plot_saifi,
        "saidi_h": reliability.plot_saidi_h,
    }
    return case.estate.plots.assign(**columns)


def _study_findings(case: _Case) -> list[Finding]:
    """What the study itself has to say: plots that low voltage can't carry, long services, existing equipment."""
    ids = case.estate.plots["plot_id"].astype(str).to_numpy()
    kva = np.hypot(case.demand.peak_kw, case.demand.peak_kvar)
    findings = [
        Finding("plot_too_large", Severity.ERROR, ids[row], float(kva[row]), _largest_kva(case), "kVA")
        for row in np.flatnonzero(case.services.too_large)
    ]
    limit = case.standard.service_length_limit_m
    fed = case.services.supplied & (case.graph.plot_node >= 0)
    findings += [
        Finding("service_long", Severity.WARNING, ids[row], float(case.graph.service_m[row]), limit, "m")
        for row in np.flatnonzero(fed & (case.graph.service_m > limit))
    ]
    existing = len(case.estate.existing_transformers) + len(case.estate.existing_cables)
    if existing:
        findings.append(Finding("existing_not_used", Severity.WARNING, case.estate.name, float(existing), None, ""))
    return findings


def _on_forbidden_ground(estate: Estate, network: Network) -> list[Finding]:
    """Equipment and cables where the plan forbids any: streets are clipped to it, services are not."""
    ground = shapely.buffer(shapely.union_all(estate.no_go.geometry.to_numpy()), -TOUCH_M)
    found = []
    for table in (network.transformers, network.cables):
        inside = shapely.intersects(table.geometry.to_numpy(), ground)
        length_m = shapely.length(shapely.intersection(table.geometry.to_numpy()[inside], ground))
        names = table["id"].to_numpy()[inside]
        found += [
            Finding("no_go_crossed", Severity.ERROR, str(name), float(metres), 0.0, "m")
            for name, metres in zip(names, length_m, strict=True)
        ]
    return found


def _largest_kva(case: _Case) -> float:
    """Largest plot that low voltage carries."""
    kva = np.hypot(case.demand.peak_kw, case.demand.peak_kvar)
    return float(kva[case.services.supplied].max(initial=0.0))


def fingerprint(estate: Estate, standard: Standard, catalogue: Catalogue, settings: Settings) -> str:
    """SHA-256 over everything that decides the design: input, standard, catalogue, settings, version."""
    digest = hashlib.sha256()
    digest.update(f"{rasana.__version__}|{settings.effort}|{settings.seed}|{estate.crs}|".encode())
    for table in (estate.plots, estate.streets, estate.supply_points, estate.transformer_sites, estate.no_go):
        digest.update("|".join(map(str, table.columns)).encode())
        for name in table.columns:
            column = table[name]
            if name == table.geometry.name:
                digest.update(b"".join(shape.wkb for shape in column))
            else:
                digest.update("\n".join(map(str, column)).encode())
    for rows in (standard.rows, catalogue.rows):
        digest.update("\n".join(f"{row.key}={row.value}" for row in rows).encode())
    return digest.hexdigest()
