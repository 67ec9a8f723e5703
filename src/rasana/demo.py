"""The demonstration: both example estates are made, studied and shown in a browser."""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import subprocess
import sys
from pathlib import Path

from rasana.exchange.index import write_index
from rasana.exchange.words import term

ESTATES = ("khodro", "sonuf")
ADDRESS = ("127.0.0.1", 8000)
BUILDER = Path(__file__).resolve().parents[2] / "examples" / "qom" / "build.py"


def run_demo(options: argparse.Namespace) -> int:
    """Make, study and show both estates; what is up to date is kept. Returns the worst exit code of the studies."""
    from rasana.cli import run_study
    from rasana.exchange.gis import read_estate
    from rasana.planning.catalogue import load_catalogue
    from rasana.planning.finding import Severity
    from rasana.planning.result import Settings
    from rasana.planning.standard import load_standard
    from rasana.planning.study import fingerprint

    folder: Path = options.folder
    plans = folder / "estates"
    plans.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, str(BUILDER), "--out", str(plans)], check=True, stdout=subprocess.DEVNULL)
    standard, catalogue = load_standard("iran"), load_catalogue("iran")
    worst = 0
    for name in ESTATES:
        estate = read_estate(plans / f"{name}.gpkg", standard, catalogue.trades.code)
        target = folder / name
        if _fingerprint(target) != fingerprint(estate, standard, catalogue, Settings()):
            print(f"{term('demo.studying', options.language)}: {estate.name}")
            study = run_study(estate, standard, catalogue, target, options)
            worst = max(worst, int(any(finding.severity is Severity.ERROR for finding in study.findings)))
        print(f"{estate.name}: {target / 'report.html'}")
    write_index([folder / name for name in ESTATES], folder / "index.html")
    if not options.no_serve:
        _serve(folder, options)
    return worst


def _fingerprint(folder: Path) -> str:
    """Fingerprint of the study that stands in a folder; empty where none does."""
    try:
        return str(json.loads((folder / "summary.json").read_text(encoding="utf-8"))["fingerprint"])
    except (OSError, ValueError, KeyError):
        return ""


def _serve(folder: Path, options: argparse.Namespace) -> None:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    try:
        server = http.server.ThreadingHTTPServer(ADDRESS, handler)
    except OSError as error:
        print(term("demo.port_taken", options.language).format(port=ADDRESS[1], reason=error.strerror), file=sys.stderr)
        return
    print(f"{term('demo.open', options.language)}: http://{ADDRESS[0]}:{ADDRESS[1]}/")
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
