"""Run a command against a private PostgreSQL cluster: ``python -m tests.portal.cluster pytest tests/portal``.

The cluster lives in a folder of its own, listens on a socket there only, and ends with the command. PostgreSQL refuses
to run as root, so root starts it as Debian's ``postgres``. Exit code 77: there is no PostgreSQL here.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MISSING = 77


def _binaries() -> Path | None:
    """Folder of the newest server installed; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def _owner() -> list[str]:
    """How to start a program as someone who is not root."""
    if os.geteuid() != 0:
        return []
    pwd.getpwnam("postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _quiet(command: list[str | Path]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


def main(command: list[str]) -> int:
    """Start, run, end."""
    binaries = _binaries()
    if binaries is None:
        print("SKIPPED: PostgreSQL is not installed (apt-get install postgresql)", file=sys.stderr)
        return MISSING
    with tempfile.TemporaryDirectory(prefix="rasana-pg-") as name:
        folder = Path(name)
        owner = _owner()
        if owner:
            shutil.chown(folder, "postgres", "postgres")
        folder.chmod(0o700 if not owner else 0o755)
        data = folder / "data"
        init = ["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=office"]
        _quiet([*owner, binaries / "initdb", *init, "--pgdata", data])
        settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=200"
        control = [*owner, binaries / "pg_ctl", "--pgdata", str(data), "--log", str(folder / "log"), "--wait"]
        _quiet([*control, "--options", settings, "start"])
        try:
            _quiet([*owner, binaries / "createdb", "-h", folder, "-U", "office", "office"])
            address = f"postgresql://office@/office?host={folder}"
            return subprocess.run(command, env=os.environ | {"RASANA_DATABASE": address}, check=False).returncode
        finally:
            _quiet([*control, "--mode", "immediate", "stop"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
