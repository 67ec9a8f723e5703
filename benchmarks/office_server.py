"""An office in a folder of its own with a real server on the loopback, and visitors who speak HTTP to it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).resolve().parent.parent
STORY = ROOT / "examples" / "qom" / "story.toml"
START_TIMEOUT_S = 60.0
ANSWER_TIMEOUT_S = 30.0
FORM = "application/x-www-form-urlencoded"
PEER = "benchmarks.office_peer:application"


def password() -> str:
    """That of every person of the example."""
    return str(tomllib.loads(STORY.read_text(encoding="utf-8"))["password"])


def address_of(role: str, organisation: str) -> str:
    """The e-mail address of one of the example's people."""
    return f"{role.replace('_', '-')}@{organisation}.rasana.example"


class Answer:
    """A response that was read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.body = response.read()
        self.headers = response.headers

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def place(self) -> str:
        """Where it sends one; empty when it does not."""
        return self.headers.get("Location", "")


class Visitor:
    """A browser without pictures: it keeps its cookies and its connection."""

    def __init__(self, port: int, cookies: dict[str, str] | None = None) -> None:
        self.port = port
        self.cookies = dict(cookies or {"django_language": "fa"})
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_TIMEOUT_S)

    def get(self, address: str) -> Answer:
        """A page; asked for again where the server had closed a connection that was long idle."""
        try:
            return self._ask("GET", address, None, {})
        except http.client.RemoteDisconnected:
            return self._ask("GET", address, None, {})

    def post(self, address: str, fields: dict[str, Any]) -> Answer:
        """A form of the page: its token comes along as the page would send it."""
        if "csrftoken" not in self.cookies:
            self.get(address)
        body = urlencode(fields | {"csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}, doseq=True)
        return self._ask("POST", address, body.encode(), {"Content-Type": FORM})

    def sign_in(self, email: str) -> None:
        """Through the sign-in page.

        Raises:
            RuntimeError: it does not let the person in.
        """
        self.get("/accounts/login/")
        answer = self.post("/accounts/login/", {"login": email, "password": password()})
        if answer.status != 302 or "sessionid" not in self.cookies:
            raise RuntimeError(f"{email} can't sign in: {answer.status}")

    def close(self) -> None:
        self.connection.close()

    def _ask(self, method: str, address: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Cookie": cookies, "Referer": f"http://127.0.0.1:{self.port}{address}"} | headers
        try:
            self.connection.request(method, address, body, sent)
            answer = Answer(self.connection.getresponse())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return answer


class TemporaryOffice:
    """Its data, its settings, its server. Nothing of it is shared with another office."""

    def __init__(self, folder: Path, database: str = "") -> None:
        """``database``: an address of PostgreSQL under which the office gets one of its own; empty: SQLite."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RASANA_", "DJANGO_"))}
        self.environment = kept | {
            "RASANA_DATA": str(folder),
            "RASANA_DEMO": "1",
            "RASANA_SECRET_KEY": "only for this measurement on this machine " * 2,
            "DJANGO_SETTINGS_MODULE": "rasana.portal.site.settings",
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        }
        if database:
            self.environment["RASANA_DATABASE"] = own_database(database)
        self.server: subprocess.Popen[bytes] | None = None
        self.processes = 1

    @property
    def database(self) -> Path:
        return self.folder / "office.sqlite3"

    def inside(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """What ``office_inside.verb`` says, in a process with this office's settings."""
        command = [sys.executable, "-m", "benchmarks.office_inside", verb, json.dumps(arguments)]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, check=True, stdout=subprocess.PIPE)
        return dict(json.loads(done.stdout))

    def rasana(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the product, as the office's keeper gives it."""
        command = [sys.executable, "-m", "rasana", *words]
        return subprocess.run(command, env=self.environment, cwd=ROOT, check=False, capture_output=True, text=True)

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        """A process with this office's settings and a process group of its own, so that it can be killed whole."""
        log = (self.folder / "log").open("ab")
        return subprocess.Popen(words, env=self.environment, cwd=ROOT, start_new_session=True, stdout=log, stderr=log)

    def start(self, *, processes: int = 2, application: str = "rasana.portal.site.wsgi:application") -> None:
        """The server, ready to answer."""
        self.processes = processes
        served = ("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port), "--workers", str(processes))
        threads = ("--blocking-threads", "8", "--backlog", "256", "--no-ws", "--log-level", "warning", application)
        self.server = self.begin(sys.executable, "-m", "granian", *served, *threads)
        self.wait()

    def wait(self) -> None:
        """Until the sign-in page is there.

        Raises:
            RuntimeError: the server ended, or takes too long.
        """
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end:
            if self.server is None or self.server.poll() is not None:
                break
            visitor = Visitor(self.port)
            with contextlib.suppress(OSError, http.client.HTTPException):
                if visitor.get("/accounts/login/").status < 500:
                    return
            visitor.close()
            time.sleep(0.05)
        raise RuntimeError((self.folder / "log").read_text(encoding="utf-8")[-2000:] or "the server does not answer")

    def kill(self) -> None:
        """kill -9 of all its processes at once."""
        if self.server is not None and self.server.poll() is None:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()

    def stop(self) -> None:
        """The server, in good order."""
        if self.server is not None and self.server.poll() is None:
            os.killpg(self.server.pid, signal.SIGTERM)
            try:
                self.server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()
        self.server = None

    def move_to(self, moment: str) -> None:
        """Let it be another moment in the office, as 2025-11-09T09:00+03:30: its server starts again."""
        self.environment["RASANA_NOW"] = moment
        if self.server is not None:
            self.stop()
            self.start(processes=self.processes)

    def visitor(self, role: str, organisation: str) -> Visitor:
        """Someone who has signed in."""
        visitor = Visitor(self.port)
        visitor.sign_in(address_of(role, organisation))
        return visitor


def own_database(address: str) -> str:
    """A new, empty database on the same PostgreSQL, by its address."""
    import psycopg

    name = f"office_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return urlsplit(address)._replace(path=f"/{name}").geturl()


def number_in(place: str) -> int:
    """The record's number in an address such as /problems/17/."""
    return int(urlsplit(place).path.strip("/").split("/")[1])


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
