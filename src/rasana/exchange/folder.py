"""A study's whole folder, written beside the old one and put in its place in one step.

Whatever goes wrong until that step (a full disk, a kill, a folder that can't be written) leaves the old result whole.
Files in the folder that are not the study's own, such as a QGIS project, go over into the new one.
"""

from __future__ import annotations

import contextlib
import ctypes
import datetime
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rasana.exchange.bill import write_bill
from rasana.exchange.design import write_design, write_summary
from rasana.exchange.pandapower import write_pandapower
from rasana.exchange.report import write_report
from rasana.planning.finding import Finding, Refused, Severity
from rasana.planning.result import Study

Writer = Callable[[Study, Path], None]

REPORT = "report.html"
MARK = "summary.json"
"""A folder that holds this file holds a study."""
WRITERS: dict[str, Writer] = {
    "design.gpkg": write_design,
    "bill_of_quantities.xlsx": write_bill,
    "network.pandapower.json": write_pandapower,
    MARK: write_summary,
}
_EXCHANGE = 2
_HERE = -100
"""RENAME_EXCHANGE and AT_FDCWD of Linux's renameat2."""


def write_folder(study: Study, folder: Path, date: datetime.date) -> None:
    """Write all files of the study into ``folder``, as a whole or not at all. ``date`` stands on the report.

    Raises ``Refused`` where the folder can't be written or holds other things but no study.
    """
    target = check_folder(folder)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _forget_remains(target)
        staging = target.parent / f".{target.name}.new-{os.getpid()}"
        staging.mkdir()
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        for name, write in WRITERS.items():
            write(study, staging / name)
        write_report(study, staging / REPORT, date)
        _keep_others(target, staging)
        _flush(staging)
        _put_in_place(staging, target)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def check_folder(folder: Path) -> Path:
    """The real path of ``folder``, checked before any long work: it may be new, empty, or hold an earlier study.

    Raises ``Refused`` where it is a file, holds other things, can't be written, or is where the program was started
    (it would be swapped away under the feet of whoever is in it).
    """
    target = folder.expanduser().resolve()
    if target.exists() and not target.is_dir():
        raise Refused([_finding("output_not_a_folder", folder)])
    if Path.cwd().resolve().is_relative_to(target):
        raise Refused([_finding("output_is_here", folder)])
    try:
        if target.is_dir() and any(target.iterdir()) and not (target / MARK).exists():
            raise Refused([_finding("output_holds_other_files", folder)])
        if os.path.ismount(target):
            raise _unwritable(folder, OSError("it is a mount point"))
        nearest = next(parent for parent in target.parents if parent.exists())
        Path(tempfile.mkdtemp(dir=nearest, prefix=f".{target.name}.try-")).rmdir()
    except OSError as error:
        raise _unwritable(folder, error) from error
    return target


def _finding(code: str, folder: Path, reason: str = "") -> Finding:
    return Finding(code, Severity.ERROR, str(folder), details={"reason": reason})


def _unwritable(folder: Path, error: OSError) -> Refused:
    return Refused([_finding("output_unwritable", folder, error.strerror or str(error))])


def _forget_remains(target: Path) -> None:
    """Clear away what a killed run left beside the folder; where it had moved the old result aside, bring that back."""
    aside = target.parent / f".{target.name}.old"
    if aside.exists() and not target.exists():
        aside.rename(target)
    for remains in [*target.parent.glob(f".{target.name}.new-*"), aside]:
        shutil.rmtree(remains, ignore_errors=True)


def _keep_others(target: Path, staging: Path) -> None:
    """Link (or copy) into ``staging`` what lies in the old folder and is not the study's own."""
    if not target.is_dir():
        return
    for entry in target.iterdir():
        if entry.name in WRITERS or entry.name == REPORT:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, staging / entry.name, symlinks=True, copy_function=_link)
        else:
            _link(str(entry), str(staging / entry.name))


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
    return target


def _flush(folder: Path) -> None:
    """Have the disk hold the new files before the old ones go."""
    for name in [*WRITERS, REPORT]:
        with (folder / name).open("rb") as file:
            os.fsync(file.fileno())


def _put_in_place(staging: Path, target: Path) -> None:
    """Swap the two folders: in one step where the system can, else by two renames that a later run can mend."""
    if not target.exists():
        staging.rename(target)
        return
    if _swapped(staging, target):
        return
    aside = target.parent / f".{target.name}.old"
    target.rename(aside)
    staging.rename(target)
    shutil.rmtree(aside, ignore_errors=True)


def _swapped(one: Path, other: Path) -> bool:
    """Whether the system could swap the two paths in one step."""
    if not sys.platform.startswith("linux"):
        return False
    with contextlib.suppress(AttributeError, OSError):
        rename = ctypes.CDLL(None, use_errno=True).renameat2
        return bool(rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)
    return False
