"""Settings from the environment. What is wrong or missing stops the start, all faults at once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SECRET_LEAST = 50
NAMES = frozenset(
    {
        "RASANA_DATA",
        "RASANA_DATABASE",
        "RASANA_DEBUG",
        "RASANA_DEMO",
        "RASANA_EMAIL",
        "RASANA_EMAIL_FROM",
        "RASANA_HOSTS",
        "RASANA_HTTPS",
        "RASANA_NOW",
        "RASANA_PROXIES",
        "RASANA_SECRET_KEY",
    }
)
"""Every setting there is: a misspelt one would otherwise be passed over in silence."""


@dataclass(frozen=True)
class Environment:
    """What can be set from outside, checked."""

    debug: bool
    secret_key: str
    hosts: tuple[str, ...]
    data: Path
    database: dict[str, object]
    email_url: str
    email_from: str
    now: datetime | None
    demo: bool
    https: bool
    proxies: int


def read(values: dict[str, str] | None = None) -> Environment:
    """The environment's RASANA_* settings.

    Raises:
        ImproperlyConfigured: with one line for each fault: the name, what is wrong, what would be right.
    """
    given = dict(os.environ) if values is None else values
    faults = [
        f"{name}: there is no such setting; there are {', '.join(sorted(NAMES))}"
        for name in sorted(given)
        if name.startswith("RASANA_") and name not in NAMES
    ]
    debug = _flag(given, "RASANA_DEBUG", faults)
    demo = _flag(given, "RASANA_DEMO", faults)
    data = Path(given.get("RASANA_DATA", "demo/office")).resolve()
    secret = given.get("RASANA_SECRET_KEY", "")
    if not secret and (demo or debug):
        secret = "not secret: only for the demo on this machine " * 2
    if len(secret) < SECRET_LEAST:
        faults.append(f"RASANA_SECRET_KEY: give at least {SECRET_LEAST} random characters (it has {len(secret)})")
    hosts = tuple(host.strip() for host in given.get("RASANA_HOSTS", "").split(",") if host.strip())
    if not hosts and (demo or debug):
        hosts = ("127.0.0.1", "localhost")
    if not hosts or any("*" in host or "/" in host for host in hosts):
        faults.append("RASANA_HOSTS: give the host names by which the office is reached, as a.example,b.example")
    https = _flag(given, "RASANA_HTTPS", faults, default=not (demo or debug))
    environment = Environment(
        debug=debug,
        secret_key=secret,
        hosts=hosts,
        data=data,
        database=_database(given.get("RASANA_DATABASE", ""), data, faults),
        email_url=_email(given, faults),
        email_from=_sender(given.get("RASANA_EMAIL_FROM", "rasana@localhost"), faults),
        now=_moment(given.get("RASANA_NOW", ""), faults),
        demo=demo,
        https=https,
        proxies=_proxies(given.get("RASANA_PROXIES", ""), faults, default=1 if https else 0),
    )
    if faults:
        raise ImproperlyConfigured("the office does not start:\n" + "\n".join(f"  {fault}" for fault in faults))
    return environment


def _flag(given: dict[str, str], name: str, faults: list[str], *, default: bool = False) -> bool:
    text = given.get(name, "").strip().lower()
    if text in {"", "0", "1", "no", "yes"}:
        return default if not text else text in {"1", "yes"}
    faults.append(f"{name}: give 1 or 0 (it is '{text}')")
    return default


def _proxies(text: str, faults: list[str], *, default: int) -> int:
    """How many of the office's own servers pass a request on: so many addresses in X-Forwarded-For are believed."""
    if text and not (text.isascii() and text.isdecimal() and int(text) <= 9):
        faults.append(f"RASANA_PROXIES: give how many proxies stand before the office, 0 to 9 (it is '{text}')")
        return default
    return int(text) if text else default


def _moment(text: str, faults: list[str]) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        faults.append(f"RASANA_NOW: give a moment with its zone, as 2025-11-09T09:00+03:30 (it is '{text}')")
        return None
    return moment


def _email(given: dict[str, str], faults: list[str]) -> str:
    url = given.get("RASANA_EMAIL", "console:")
    parts = urlsplit(url)
    is_server = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and _has_port(parts)
    if not is_server and url != "console:":
        faults.append("RASANA_EMAIL: give console: or smtp://user:password@host:587 or smtps://…:465")
        return "console:"
    return url


def _sender(text: str, faults: list[str]) -> str:
    before, _at, after = text.partition("@")
    if not before or not after or set(text) & set(" <>,\n"):
        faults.append(f"RASANA_EMAIL_FROM: give an e-mail address, as rasana@company.example (it is '{text}')")
    return text


def _has_port(parts: SplitResult) -> bool:
    """Whether the port is one, or is left out."""
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def _database(url: str, data: Path, faults: list[str]) -> dict[str, object]:
    parts = urlsplit(url)
    if not url:
        return sqlite(data / "office.sqlite3")
    if parts.scheme == "sqlite" and parts.path.strip("/"):
        return sqlite(Path(unquote(parts.path)))
    if parts.scheme in {"postgresql", "postgres"} and parts.path.strip("/") and _has_port(parts):
        host = unquote(parts.hostname or "")
        query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.strip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(query.get("host", host)),
            "PORT": str(parts.port or query.get("port", "")),
            "CONN_MAX_AGE": 0,
            "OPTIONS": {"pool": {"min_size": 2, "max_size": 16, "timeout": 20}},
        }
    faults.append("RASANA_DATABASE: give postgresql://user:password@host:5432/name, or leave it out for SQLite")
    return sqlite(data / "office.sqlite3")


def sqlite(path: Path) -> dict[str, object]:
    """SQLite so that an acknowledged write survives: WAL, IMMEDIATE, FULL."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                "PRAGMA mmap_size=134217728; PRAGMA cache_size=-32000;"
            ),
        },
        "TEST": {"NAME": None},
    }
