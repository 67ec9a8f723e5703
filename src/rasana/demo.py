"""The demonstration: both example estates are made, studied, and loaded with their story into an office of its own."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from rasana.exchange.words import term

ESTATES = ("khodro", "sonuf")
HOST, PORT = "127.0.0.1", 8000
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "qom"
SHOWN_ROLES = ("head", "expert", "secretary")


def run_demo(options: argparse.Namespace) -> int:
    """Make, study, load and serve; what is up to date is kept. Returns the worst exit code of the studies."""
    folder: Path = options.folder
    worst = _study_both(folder, options)
    _open_office(folder, options)
    if not options.no_serve:
        _serve(options)
    return worst


def _study_both(folder: Path, options: argparse.Namespace) -> int:
    from rasana.cli import run_study
    from rasana.exchange.gis import read_estate
    from rasana.planning.catalogue import load_catalogue
    from rasana.planning.finding import Severity
    from rasana.planning.result import Settings
    from rasana.planning.standard import load_standard
    from rasana.planning.study import fingerprint

    plans = folder / "estates"
    plans.mkdir(parents=True, exist_ok=True)
    builder = [sys.executable, str(EXAMPLE / "build.py"), "--out", str(plans)]
    subprocess.run(builder, check=True, stdout=subprocess.DEVNULL)
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
    return worst


def _fingerprint(folder: Path) -> str:
    """Fingerprint of the study that stands in a folder; empty where none does."""
    try:
        return str(json.loads((folder / "summary.json").read_text(encoding="utf-8"))["fingerprint"])
    except (OSError, ValueError, KeyError):
        return ""


def _open_office(folder: Path, options: argparse.Namespace) -> None:
    """The office's tables, and the story in it unless it is there already."""
    os.environ["RASANA_DEMO"] = "1"
    os.environ["RASANA_DATA"] = str((folder / "office").resolve())
    os.environ["RASANA_HOSTS"] = f"{HOST},localhost"
    from rasana.portal.site.serve import migrate, set_up

    set_up()
    migrate()
    from rasana.portal.site.office import is_loaded, load

    if not is_loaded():
        print(term("demo.loading", options.language))
        load(EXAMPLE, folder)


def _serve(options: argparse.Namespace) -> None:
    from rasana.portal.site.serve import is_taken, serve

    if is_taken(HOST, PORT):
        print(term("demo.port_taken", options.language).format(port=PORT), file=sys.stderr)
        return
    print(f"{term('demo.open', options.language)}: http://{HOST}:{PORT}/")
    for email, password in _accounts():
        print(f"  {email}  {password}")
    serve(HOST, PORT, with_worker=True)


def _accounts() -> list[tuple[str, str]]:
    from rasana.portal.site import story

    told = story.read(EXAMPLE / "story.toml")
    return [
        (story.address_of(organisation["code"], role), told["password"])
        for organisation in told["organisations"]
        for role in SHOWN_ROLES
    ]
