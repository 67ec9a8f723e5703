"""The office's commands: serve, worker, backup, restore, audit. Django is loaded when one of them runs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

DONE, BROKEN, REFUSED = 0, 1, 2


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the office's commands to the command line's."""
    serve = commands.add_parser("serve", parents=[shared], help="start the office's server (settings: RASANA_*)")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--processes", type=int, default=2)
    serve.set_defaults(run=_guarded(_serve))
    worker = commands.add_parser("worker", parents=[shared], help="do the office's background work")
    worker.set_defaults(run=_guarded(_worker))
    backup = commands.add_parser("backup", parents=[shared], help="write the whole office to one file, while it runs")
    backup.add_argument("file", type=Path)
    backup.set_defaults(run=_guarded(_backup))
    restore = commands.add_parser("restore", parents=[shared], help="put a backup in the office's place")
    restore.add_argument("file", type=Path)
    restore.set_defaults(run=_guarded(_restore))
    audit = commands.add_parser("audit", parents=[shared], help="check that nobody changed what was written down")
    audit.set_defaults(run=_guarded(_audit))


def _guarded(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """Wrong settings and bad backups are said in their own words, with exit code 2."""

    def guarded(options: argparse.Namespace) -> int:
        from django.core.exceptions import ImproperlyConfigured

        try:
            return run(options)
        except ImproperlyConfigured as fault:
            print(fault, file=sys.stderr)
            return REFUSED

    return guarded


def _serve(options: argparse.Namespace) -> int:
    from rasana.portal.site.serve import is_taken, serve

    if is_taken(options.host, options.port):
        print(f"port {options.port} is not free: stop the other program, or give another --port", file=sys.stderr)
        return REFUSED
    return serve(options.host, options.port, processes=options.processes)


def _worker(options: argparse.Namespace) -> int:
    from rasana.portal.site.serve import work

    return work()


def _tell(facts: dict[str, object], options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(facts, ensure_ascii=False))
    else:
        print("\n".join(f"{name}: {value}" for name, value in facts.items()))


def _backup(options: argparse.Namespace) -> int:
    from rasana.portal.site.serve import set_up

    set_up()
    from rasana.portal.site.backup import backup

    _tell(backup(options.file), options)
    return DONE


def _restore(options: argparse.Namespace) -> int:
    from rasana.portal.site.serve import set_up

    set_up()
    from rasana.portal.site.backup import BadBackup, restore

    try:
        _tell(restore(options.file), options)
    except BadBackup as fault:
        print(fault, file=sys.stderr)
        return REFUSED
    return DONE


def _audit(options: argparse.Namespace) -> int:
    from rasana.portal.site.serve import set_up

    set_up()
    from rasana.portal.base.audit import AuditLine, first_fault

    fault = first_fault()
    last = AuditLine.objects.order_by("-number").values_list("number", "hash").first() or (0, "")
    _tell({"lines": last[0], "last_hash": last[1], "fault": f"line {fault[0]}: {fault[1]}" if fault else None}, options)
    return BROKEN if fault else DONE
