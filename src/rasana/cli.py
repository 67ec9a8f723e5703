"""The command line: estates in, studies out.

Exit codes: 0 done and every rule is met; 1 done, with error findings; 2 the input is refused and nothing is written.
"""

from __future__ import annotations

import argparse
import datetime
import json
import locale
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rasana import __version__
from rasana.exchange.words import Language, money, quantity, sentence, term
from rasana.planning.finding import Finding, Refused, Severity, count_by_severity
from rasana.portal.site.command import add_commands

if TYPE_CHECKING:
    from rasana.planning.catalogue import Catalogue
    from rasana.planning.estate import Estate
    from rasana.planning.result import Study
    from rasana.planning.standard import Standard

DONE, BREACHES, REFUSED = 0, 1, 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except Refused as refusal:
        return _refuse(refusal.faults, options)
    except KeyboardInterrupt:
        print(term("cli.stopped", options.language), file=sys.stderr)
        return INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    shared.add_argument("--language", choices=("en", "fa"), default=_system_language(), help="language of messages")
    figures = argparse.ArgumentParser(add_help=False)
    figures.add_argument("--standard", default="iran", metavar="iran|europe|FILE.csv", help="limits and settings")
    figures.add_argument("--catalogue", default="", metavar="FILE.csv", help="your own equipment and prices")
    parser = argparse.ArgumentParser(prog="rasana", description="Engineer the electricity supply of a trade estate.")
    parser.add_argument("--version", action="version", version=f"rasana {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_estate(commands.add_parser("estate", help="make and check estate files"), [shared, figures])
    study = commands.add_parser("study", parents=[shared, figures], help="design and verify the supply of an estate")
    study.add_argument("estate", type=Path, metavar="ESTATE.gpkg")
    study.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    study.add_argument("--effort", choices=("fast", "balanced", "best"), default="balanced")
    study.add_argument("--seed", type=int, default=1)
    study.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, help="processes; the result is the same")
    study.set_defaults(run=_study)
    add_commands(commands, shared)
    demo = commands.add_parser("demo", parents=[shared], help="study both example estates and show the results")
    demo.add_argument("--no-serve", action="store_true", help="do not stay")
    demo.add_argument("--folder", type=Path, default=Path("demo"))
    demo.set_defaults(run=_demo)
    return parser


def _add_estate(parser: argparse.ArgumentParser, parents: list[argparse.ArgumentParser]) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    osm = verbs.add_parser("from-osm", parents=parents, help="from an OpenStreetMap extract (.osm.pbf, .osm)")
    osm.add_argument("file", type=Path)
    part = osm.add_mutually_exclusive_group()
    part.add_argument("--bbox", type=_box, metavar="W,S,E,N", help="degrees")
    part.add_argument("--area", type=Path, metavar="AREA.geojson")
    osm.add_argument("--out", type=Path, required=True, metavar="ESTATE.gpkg")
    osm.set_defaults(run=_from_osm)
    gis = verbs.add_parser("from-gis", parents=parents, help="from layers of a GeoPackage or GeoJSON file")
    gis.add_argument("file", type=Path)
    gis.add_argument("--plots", required=True, metavar="LAYER")
    gis.add_argument("--streets", required=True, metavar="LAYER")
    gis.add_argument("--supply", metavar="LAYER")
    gis.add_argument("--field", action="append", type=_pair, default=[], metavar="NAME=COLUMN")
    gis.add_argument("--out", type=Path, required=True, metavar="ESTATE.gpkg")
    gis.set_defaults(run=_from_gis)
    check = verbs.add_parser("check", parents=parents, help="every finding about an estate file")
    check.add_argument("estate", type=Path, metavar="ESTATE.gpkg")
    check.set_defaults(run=_check)


def _system_language() -> Language:
    name = locale.getlocale()[0] or ""
    return "fa" if name.startswith("fa") else "en"


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError("must be four numbers: W,S,E,N") from None
    return west, south, east, north


def _pair(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if not (name and equals and column):
        raise argparse.ArgumentTypeError("must be NAME=COLUMN")
    return name, column


def _figures(options: argparse.Namespace) -> tuple[Standard, Catalogue]:
    """Standard and catalogue, each the packaged one with the user's rows in its place; catalogues follow standards."""
    from rasana.exchange.rows import read_rows
    from rasana.planning.catalogue import load_catalogue
    from rasana.planning.standard import STANDARD_NAMES, load_standard

    if options.standard in STANDARD_NAMES:
        standard = load_standard(options.standard)
    else:
        standard = load_standard("iran", read_rows(Path(options.standard)), Path(options.standard).name)
    if not options.catalogue:
        return standard, load_catalogue(standard.name)
    path = Path(options.catalogue)
    return standard, load_catalogue(standard.name, read_rows(path), path.name)


def _from_osm(options: argparse.Namespace) -> int:
    from rasana.exchange.osm import from_osm

    standard, _ = _figures(options)
    return _write_estate(from_osm(options.file, standard, options.bbox, options.area), options)


def _from_gis(options: argparse.Namespace) -> int:
    from rasana.exchange.gis import from_gis

    standard, catalogue = _figures(options)
    estate = from_gis(
        options.file,
        options.plots,
        options.streets,
        standard,
        options.supply,
        dict(options.field),
        catalogue.trades.code,
    )
    return _write_estate(estate, options)


def _write_estate(estate: Estate, options: argparse.Namespace) -> int:
    from rasana.exchange.estate_file import write_estate

    try:
        write_estate(estate, options.out)
    except OSError as error:
        details = {"reason": str(error.strerror or error)}
        raise Refused([Finding("output_unwritable", Severity.ERROR, str(options.out), details=details)]) from error
    facts = {
        "estate": estate.name,
        "plots": len(estate.plots),
        "streets": len(estate.streets),
        "street_km": round(float(estate.streets.length.sum()) / 1000.0, 3),
        "supply_points": len(estate.supply_points),
        "attribution": estate.attribution,
        "out": str(options.out),
    }
    return _tell(facts, estate.findings, options)


def _check(options: argparse.Namespace) -> int:
    from rasana.exchange.gis import check_estate

    standard, catalogue = _figures(options)
    findings = check_estate(options.estate, standard, catalogue.trades.code)
    return _tell({"estate": str(options.estate), "findings": count_by_severity(findings)}, findings, options)


def _study(options: argparse.Namespace) -> int:
    from rasana.exchange.folder import check_folder
    from rasana.exchange.gis import read_estate

    standard, catalogue = _figures(options)
    check_folder(options.out)
    estate = read_estate(options.estate, standard, catalogue.trades.code)
    study = run_study(estate, standard, catalogue, options.out, options)
    return _report(study, options.out, options)


def run_study(
    estate: Estate, standard: Standard, catalogue: Catalogue, folder: Path, options: argparse.Namespace
) -> Study:
    """Study an estate with a progress bar on a terminal and write its folder."""
    from rasana.exchange.folder import write_folder
    from rasana.planning.result import Settings
    from rasana.planning.study import study

    settings = Settings(
        getattr(options, "effort", "balanced"),
        getattr(options, "seed", 1),
        getattr(options, "jobs", os.cpu_count() or 1),
    )
    with _Bar(catalogue.currency, options.language, quiet=options.json) as bar:
        result = study(estate, standard, catalogue, settings, bar.tell, time.perf_counter)
    if result.interrupted:
        print(term("cli.interrupted", options.language), file=sys.stderr)
    write_folder(result, folder, datetime.datetime.now(tz=datetime.UTC).astimezone().date())
    return result


class _Bar:
    """A progress bar with the best cost so far; nothing where standard error is not a terminal."""

    def __init__(self, currency: str, language: Language, *, quiet: bool) -> None:
        self._currency, self._language = currency, language
        self._shown = sys.stderr.isatty() and not quiet
        self._bar: Any = None

    def __enter__(self) -> Self:
        if self._shown:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[best]}"),
                TimeElapsedColumn(),
            )
            self._bar = Progress(*columns, console=Console(stderr=True))
            self._bar.start()
            self._task = self._bar.add_task(term("cli.stage.start", self._language), total=1.0, best="")
        return self

    def tell(self, stage: str, share: float, cost: float) -> None:
        """Move the bar."""
        if self._bar is not None:
            best = (
                f"{term('cli.best', self._language)} {money(cost, self._currency, self._language)}"
                if cost > 0.0
                else ""
            )
            name = term(f"cli.stage.{stage}", self._language)
            self._bar.update(self._task, completed=share, description=name, **({"best": best} if best else {}))

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


def _report(study: Study, folder: Path, options: argparse.Namespace) -> int:
    """Say what came out, in a few lines; the rest stands in the report."""
    language: Language = options.language
    errors = [finding for finding in study.findings if finding.severity is Severity.ERROR]
    code = BREACHES if errors else DONE
    if options.json:
        print(json.dumps(json.loads((folder / "summary.json").read_text(encoding="utf-8")), ensure_ascii=False))
        return code
    facts = (
        ("cli.transformers", quantity(float(len(study.network.transformers)), "", language)),
        ("cli.peak", quantity(study.peak_kw, "kW", language)),
        ("cli.cost", money(study.cost.total, study.cost.currency, language)),
    )
    print(study.estate.name + (f" ({study.estate.label})" if study.estate.label else ""))
    for code_name, text in facts:
        print(f"  {term(code_name, language)}: {text}")
    if errors:
        print(term("cli.breaches", language).format(count=quantity(float(len(errors)), "", language)))
        _print_findings(errors, language)
    else:
        print(term("cli.every_rule", language))
    print(f"{term('cli.written', language)}: {folder / 'report.html'}")
    return code


SHOWN_PER_CODE = 5


def _print_findings(findings: Iterable[Finding], language: Language, write: Callable[[str], None] = print) -> None:
    """Findings as sentences, a few of each kind."""
    shown: dict[str, int] = {}
    for finding in findings:
        shown[finding.code] = shown.get(finding.code, 0) + 1
        if shown[finding.code] <= SHOWN_PER_CODE:
            severity = term(f"severity.{finding.severity.value}", language, finding.severity.value)
            write(f"  {severity}: {sentence(finding, language)}")
    for code, count in shown.items():
        if count > SHOWN_PER_CODE:
            write("  " + term("cli.more", language).format(count=count - SHOWN_PER_CODE, code=code))


def _as_json(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code, "severity": finding.severity.value, "subject_id": finding.subject_id,
        "value": finding.value, "limit": finding.limit, "unit": finding.unit,
        **({"details": finding.details} if finding.details else {}),
        "message_en": sentence(finding, "en"), "message_fa": sentence(finding, "fa"),
    }  # fmt: skip


def _tell(facts: dict[str, Any], findings: Sequence[Finding], options: argparse.Namespace) -> int:
    """Print facts and findings; the exit code says whether an error is among them."""
    if options.json:
        print(json.dumps(facts | {"messages": [_as_json(finding) for finding in findings]}, ensure_ascii=False))
    else:
        for name, value in facts.items():
            if value not in ("", None) and not isinstance(value, dict):
                print(f"{term(f'cli.fact.{name}', options.language, name)}: {value}")
        _print_findings(findings, options.language)
    return BREACHES if any(finding.severity is Severity.ERROR for finding in findings) else DONE


def _refuse(faults: Sequence[Finding], options: argparse.Namespace) -> int:
    """One line a fault, on standard error."""
    if options.json:
        print(json.dumps({"refused": [_as_json(fault) for fault in faults]}, ensure_ascii=False))
    else:
        for fault in faults:
            print(sentence(fault, options.language), file=sys.stderr)
    return REFUSED


def _demo(options: argparse.Namespace) -> int:
    from rasana.demo import run_demo

    return run_demo(options)


if __name__ == "__main__":
    sys.exit(main())
