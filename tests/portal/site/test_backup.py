"""What is backed up comes back, to the byte; what is damaged is refused and nothing changes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
MAKE = """
from rasana.portal.site.serve import set_up, migrate
set_up(); migrate()
from rasana.portal.base.audit import act
from rasana.portal.base.actor import SYSTEM
from rasana.portal.base.people import Estate
with act(SYSTEM, "estate.manage"):
    Estate(code="{code}", name_fa="شهرک", name_en="Estate").save()
"""


class Office:
    """An office in a folder of its own, spoken to by commands as its keeper would."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.environment = os.environ | {"RASANA_DATA": str(data), "RASANA_DEMO": "1", "PYTHONPATH": str(ROOT / "src")}
        self.environment.pop("DJANGO_SETTINGS_MODULE", None)
        self.environment.pop("RASANA_DATABASE", None)

    def python(self, text: str) -> None:
        subprocess.run([sys.executable, "-c", text], env=self.environment, check=True)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "rasana", *arguments]
        return subprocess.run(command, env=self.environment, check=False, capture_output=True, text=True)

    def codes(self) -> list[str]:
        with sqlite3.connect(self.data / "office.sqlite3") as database:
            return [row[0] for row in database.execute("SELECT code FROM base_estate ORDER BY id")]


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path / "office")
    made.python(MAKE.format(code="first"))
    place = made.data / "files" / "attachments" / "ab"
    place.mkdir(parents=True)
    (place / "photo.png").write_bytes(b"\x89PNG picture")
    return made


def test_a_backup_comes_back(office, tmp_path):
    target = tmp_path / "kept" / "office.tar"
    assert office.run("backup", str(target)).returncode == 0
    office.python(MAKE.format(code="second"))
    (office.data / "files" / "attachments" / "ab" / "photo.png").unlink()
    assert office.codes() == ["first", "second"]
    done = office.run("restore", str(target))
    assert done.returncode == 0, done.stderr
    assert office.codes() == ["first"]
    assert (office.data / "files" / "attachments" / "ab" / "photo.png").read_bytes() == b"\x89PNG picture"
    audit = office.run("audit", "--json")
    assert audit.returncode == 0
    assert '"fault": null' in audit.stdout


def test_a_damaged_backup_is_refused_and_nothing_changes(office, tmp_path):
    target = tmp_path / "office.tar"
    office.run("backup", str(target))
    with tarfile.open(target) as archive:
        place = archive.getmember("database").offset_data
    damaged = bytearray(target.read_bytes())
    damaged[place + 5000] ^= 0xFF
    target.write_bytes(damaged)
    refused = office.run("restore", str(target))
    assert refused.returncode == 2
    assert "database is missing or damaged" in refused.stderr
    assert office.codes() == ["first"]
    target.write_bytes(b"a text")
    refused = office.run("restore", str(target))
    assert refused.returncode == 2
    assert "not a backup" in refused.stderr
    assert office.codes() == ["first"]


def test_a_changed_line_is_found_by_the_command(office):
    with sqlite3.connect(office.data / "office.sqlite3") as database:
        database.execute("UPDATE base_auditline SET person_label = 'someone else'")
    found = office.run("audit")
    assert found.returncode == 1
    assert "its content was changed" in found.stdout


def test_wrong_settings_stop_the_start_all_at_once(office):
    office.environment |= {"RASANA_DEMO": "perhaps", "RASANA_DATABASE": "oracle://x", "RASANA_NOW": "today"}
    refused = office.run("serve")
    assert refused.returncode == 2
    for name in ("RASANA_DEMO", "RASANA_DATABASE", "RASANA_NOW", "RASANA_SECRET_KEY", "RASANA_HOSTS"):
        assert name in refused.stderr
