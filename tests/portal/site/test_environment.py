"""Settings that refuse to start: each one missing or wrong stops the office with its sentence, all at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from rasana.portal.site import environment

GOOD = {
    "RASANA_SECRET_KEY": "k3Jd8-this-is-long-enough-and-only-for-a-test-0123456789-abcdefghij",
    "RASANA_HOSTS": "office.example,rasana.example",
    "RASANA_DATA": "/var/lib/rasana",
}


def sentence(**wrong: str | None) -> str:
    """What stops the start when these are wrong (None: missing)."""
    values = {name: value for name, value in (GOOD | wrong).items() if value is not None}
    with pytest.raises(ImproperlyConfigured) as stopped:
        environment.read(values)
    return str(stopped.value)


def test_a_good_environment_starts_closed():
    read = environment.read(GOOD)
    assert (read.debug, read.demo, read.https, read.proxies) == (False, False, True, 1)
    assert read.hosts == ("office.example", "rasana.example")
    assert read.database["ENGINE"] == "django.db.backends.sqlite3"


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("RASANA_SECRET_KEY", None, "RASANA_SECRET_KEY: give at least 50 random characters (it has 0)"),
        ("RASANA_SECRET_KEY", "short", "RASANA_SECRET_KEY: give at least 50 random characters (it has 5)"),
        ("RASANA_HOSTS", None, "RASANA_HOSTS: give the host names"),
        ("RASANA_HOSTS", "*", "RASANA_HOSTS: give the host names"),
        ("RASANA_HOSTS", "https://office.example/", "RASANA_HOSTS: give the host names"),
        ("RASANA_DEBUG", "maybe", "RASANA_DEBUG: give 1 or 0 (it is 'maybe')"),
        ("RASANA_DEMO", "2", "RASANA_DEMO: give 1 or 0 (it is '2')"),
        ("RASANA_HTTPS", "on", "RASANA_HTTPS: give 1 or 0 (it is 'on')"),
        ("RASANA_PROXIES", "one", "RASANA_PROXIES: give how many proxies"),
        ("RASANA_PROXIES", "-1", "RASANA_PROXIES: give how many proxies"),
        ("RASANA_PROXIES", "10", "RASANA_PROXIES: give how many proxies"),
        ("RASANA_NOW", "yesterday", "RASANA_NOW: give a moment with its zone"),
        ("RASANA_NOW", "2025-11-09T09:00", "RASANA_NOW: give a moment with its zone"),
        ("RASANA_EMAIL", "pigeon://roof", "RASANA_EMAIL: give console: or smtp://"),
        ("RASANA_EMAIL", "smtp://", "RASANA_EMAIL: give console: or smtp://"),
        ("RASANA_EMAIL", "smtp://host:x", "RASANA_EMAIL: give console: or smtp://"),
        ("RASANA_EMAIL_FROM", "nobody", "RASANA_EMAIL_FROM: give an e-mail address"),
        ("RASANA_DATABASE", "mysql://x/y", "RASANA_DATABASE: give postgresql://"),
        ("RASANA_DATABASE", "postgresql://host", "RASANA_DATABASE: give postgresql://"),
        ("RASANA_DATABASE", "postgresql://host:port/name", "RASANA_DATABASE: give postgresql://"),
        ("RASANA_DATABASE", "sqlite://", "RASANA_DATABASE: give postgresql://"),
    ],
)
def test_each_setting_missing_or_wrong_stops_the_start_with_its_sentence(name, value, part):
    assert part in sentence(**{name: value})


def test_all_faults_are_told_at_once():
    said = sentence(RASANA_SECRET_KEY=None, RASANA_HOSTS=None, RASANA_NOW="x")
    assert [line.split(":")[0].strip() for line in said.splitlines()[1:]] == [
        "RASANA_SECRET_KEY",
        "RASANA_HOSTS",
        "RASANA_NOW",
    ]


def test_every_setting_that_is_read_is_tried_here():
    source = Path(environment.__file__).read_text(encoding="utf-8")
    import re

    read = set(re.findall(r'"(RASANA_[A-Z_]+)"', source))
    tried = set(re.findall(r'\("(RASANA_[A-Z_]+)", ', Path(__file__).read_text(encoding="utf-8")))
    assert read - {"RASANA_DATA"} <= tried


def test_an_unknown_setting_stops_the_start():
    assert "RASANA_HOST: there is no such setting" in sentence(RASANA_HOST="office.example")


def run(*arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
    """Django's manager with only these settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("RASANA_", "DJANGO_"))}
    clean |= {"DJANGO_SETTINGS_MODULE": "rasana.portal.site.settings", "PYTHONPATH": os.pathsep.join(sys.path)} | values
    command = [sys.executable, "-m", "django", *arguments]
    return subprocess.run(command, env=clean, capture_output=True, text=True, timeout=120, check=False)


def test_the_production_settings_have_no_deploy_warning(tmp_path):
    done = run("check", "--deploy", "--fail-level", "WARNING", **GOOD | {"RASANA_DATA": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_a_wrong_environment_stops_the_program_itself():
    done = run("check", RASANA_HOSTS="office.example")
    assert done.returncode != 0
    assert "RASANA_SECRET_KEY: give at least 50 random characters" in done.stderr


def test_a_folder_that_cannot_be_written_to_stops_the_start(tmp_path):
    (tmp_path / "file").write_text("")
    done = run("check", **GOOD | {"RASANA_DATA": str(tmp_path / "file" / "office")})
    assert done.returncode != 0
    assert "rasana.E003" in done.stderr


def test_the_server_does_not_start_with_a_fault(tmp_path):
    (tmp_path / "file").write_text("")
    values = GOOD | {"RASANA_DATA": str(tmp_path / "file" / "office")}
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("RASANA_", "DJANGO_"))}
    command = [sys.executable, "-m", "rasana", "serve", "--port", "8999"]
    environment_of = clean | {"PYTHONPATH": os.pathsep.join(sys.path)} | values
    done = subprocess.run(command, env=environment_of, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert "rasana.E003: RASANA_DATA" in done.stderr
