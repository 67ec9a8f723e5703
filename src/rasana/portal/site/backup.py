"""The whole office in one file, and back: the database as it was at one moment, and every attached file."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import connection

from rasana import __version__

DATABASE = "database"
MANIFEST = "manifest.json"


class BadBackup(Exception):
    """The file can't be restored; nothing was changed."""


def backup(target: Path) -> dict[str, object]:
    """Write a backup; the office may go on writing. A half-written one never stands under its name.

    Returns:
        Counts: files, bytes, and the database's kind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        database = Path(folder) / DATABASE
        _dump(database)
        files = sorted(path for path in _files().rglob("*") if path.is_file())
        hashes = {DATABASE: _sha256(database)}
        hashes |= {f"files/{path.relative_to(_files())}": _sha256(path) for path in files}
        manifest = {"rasana": __version__, "database": connection.vendor, "sha256": hashes}
        draft = Path(folder) / "backup.tar"
        with tarfile.open(draft, "w") as archive:
            text = json.dumps(manifest, indent=1).encode()
            head = tarfile.TarInfo(MANIFEST)
            head.size = len(text)
            archive.addfile(head, io.BytesIO(text))
            archive.add(database, DATABASE)
            for path in files:
                archive.add(path, f"files/{path.relative_to(_files())}")
        with draft.open("rb") as stream:
            os.fsync(stream.fileno())
        size = draft.stat().st_size
        draft.replace(target)
    return {"files": len(files), "bytes": size, "database": connection.vendor}


def restore(source: Path) -> dict[str, object]:
    """Put a backup in the office's place, after every byte of it has been checked. The office must be stopped.

    The database that stood there is kept beside, as ``office.sqlite3.before-restore``.

    Raises:
        BadBackup: not a backup, damaged, or of another kind of database.
    """
    with tempfile.TemporaryDirectory(dir=_data()) as folder:
        manifest = _unpack(source, Path(folder))
        if manifest.get("database") != connection.vendor:
            raise BadBackup(f"{source.name}: made from {manifest.get('database')}, this office has {connection.vendor}")
        database = Path(folder) / DATABASE
        if connection.vendor == "sqlite":
            _check_sqlite(database, source)
        (Path(folder) / "files").mkdir(exist_ok=True)
        _load(database)
        files = _files()
        if files.exists():
            files.rename(Path(folder) / "files.before")
        (Path(folder) / "files").rename(files)
    return {"files": len(manifest["sha256"]) - 1, "database": connection.vendor}


def _data() -> Path:
    settings.RASANA_DATA.mkdir(parents=True, exist_ok=True)
    return Path(settings.RASANA_DATA)


def _files() -> Path:
    return _data() / "files"


def _dump(target: Path) -> None:
    if connection.vendor == "sqlite":
        source = sqlite3.connect(f"file:{settings.DATABASES['default']['NAME']}?mode=ro", uri=True)
        copy = sqlite3.connect(target)
        with source, copy:
            source.backup(copy)
        source.close()
        copy.close()
        return
    subprocess.run(["pg_dump", "--format=custom", f"--file={target}", *_postgres()], check=True, env=_password())


def _load(database: Path) -> None:
    connection.close()
    if connection.vendor == "sqlite":
        name = Path(settings.DATABASES["default"]["NAME"])
        if name.exists():
            name.replace(name.with_name(name.name + ".before-restore"))
        for tail in ("-wal", "-shm"):
            name.with_name(name.name + tail).unlink(missing_ok=True)
        shutil.copyfile(database, name.with_name(name.name + ".new"))
        name.with_name(name.name + ".new").replace(name)
        return
    clean = ["pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"]
    subprocess.run([*clean, *_postgres(), str(database)], check=True, env=_password())


def _postgres() -> list[str]:
    given = settings.DATABASES["default"]
    return [
        f"--dbname={given['NAME']}",
        f"--username={given['USER']}",
        f"--host={given['HOST']}",
        f"--port={given['PORT'] or 5432}",
    ]


def _password() -> dict[str, str]:
    return {**os.environ, "PGPASSWORD": settings.DATABASES["default"]["PASSWORD"]}


def _unpack(source: Path, folder: Path) -> dict[str, dict[str, str]]:
    try:
        with tarfile.open(source) as archive:
            archive.extractall(folder, filter="data")
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        hashes = manifest["sha256"]
    except (OSError, tarfile.TarError, ValueError, KeyError) as fault:
        raise BadBackup(f"{source.name}: this is not a backup of an office, or it is damaged ({fault})") from fault
    for name, digest in hashes.items():
        path = folder / name
        if not path.is_file() or _sha256(path) != digest:
            raise BadBackup(f"{source.name}: {name} is missing or damaged")
    return manifest


def _check_sqlite(database: Path, source: Path) -> None:
    checked = sqlite3.connect(database)
    verdict = checked.execute("PRAGMA integrity_check").fetchone()[0]
    checked.close()
    if verdict != "ok":
        raise BadBackup(f"{source.name}: the database inside is damaged ({verdict})")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
