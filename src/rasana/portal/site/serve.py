"""Starting the office: its tables, its server, its worker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import FrameType

SETTINGS = "rasana.portal.site.settings"


def set_up() -> None:
    """Django, with the settings of the environment.

    Raises:
        ImproperlyConfigured: a setting is missing or wrong; its text says which and what would be right.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    import django

    django.setup()


def check() -> None:
    """What checks.py looks at, before anything is written.

    Raises:
        ImproperlyConfigured: with every fault.
    """
    from rasana.portal.site.checks import refuse_faults

    refuse_faults()


def migrate() -> None:
    """Tables as this version needs them; the data folder is made."""
    from django.conf import settings
    from django.core.management import call_command

    Path(settings.RASANA_DATA).mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)


def collect() -> None:
    """Style sheets, scripts and font where the server takes them from, compressed: once for each build of them."""
    from django.conf import settings
    from django.core.management import call_command

    root, built = Path(settings.STATIC_ROOT), settings.PORTAL / "static_built" / "manifest.json"
    stamp = f"{version('django-htmx')} {version('rasana')}\n{built.read_text(encoding='utf-8')}"
    kept = root / "collected"
    if kept.is_file() and kept.read_text(encoding="utf-8") == stamp:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    kept.write_text(stamp, encoding="utf-8")


def is_taken(host: str, port: int) -> bool:
    """Whether another program answers there; the server itself would share the port with it, unseen."""
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def serve(host: str, port: int, *, processes: int = 2, with_worker: bool = False) -> int:
    """The server, until it is stopped; ``with_worker``: background work in a process beside it.

    Whoever stops this process stops what it started.
    """
    set_up()
    check()
    migrate()
    collect()
    started = [subprocess.Popen(_granian(host, port, processes))]
    if with_worker:
        started.append(subprocess.Popen([sys.executable, "-m", "rasana", "worker"]))

    def stop(number: int, frame: FrameType | None) -> None:
        for process in started:
            process.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    code = started[0].wait()
    stop(0, None)
    for process in started:
        process.wait()
    return 0 if code in {0, -signal.SIGTERM} else code


def _granian(host: str, port: int, processes: int) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)),
        *("--workers", str(processes), "--blocking-threads", "8", "--backlog", "256", "--respawn-failed-workers"),
        *("--no-ws", "--log-level", "warning", "rasana.portal.site.wsgi:application"),
    ]


def work() -> int:
    """Background work, until it is stopped: the job at hand is finished first."""
    set_up()
    from rasana.portal.base.jobs import Worker

    worker = Worker()

    def stop(number: int, frame: FrameType | None) -> None:
        worker.stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    worker.run()
    return 0
