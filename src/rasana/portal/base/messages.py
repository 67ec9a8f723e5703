"""The portal's Persian: catalogues compiled for Django, and what is missing, unused or against the style in them.

python -m rasana.portal.base.messages             compile every catalogue that is newer than its compiled form
python -m rasana.portal.base.messages problems    the same, and what is wrong in the catalogue of an app
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import allauth
import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

from rasana.portal.base import persian_style

PORTAL = Path(__file__).resolve().parents[1]
CATALOGUE = Path("locale/fa/LC_MESSAGES/django.po")

_WITH_CONTEXT = {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}
_WITH_PLURAL = {"ngettext", "ngettext_lazy", "npgettext", "npgettext_lazy"}
_CALLS = dict.fromkeys({"_", "gettext", "gettext_lazy", "gettext_noop"} | _WITH_CONTEXT | _WITH_PLURAL)


@dataclass(frozen=True)
class Use:
    """A message id where the code or a template uses it."""

    where: str
    context: str | None
    singular: str
    plural: str | None

    @property
    def key(self) -> tuple[str | None, str]:
        """What a catalogue finds it by."""
        return self.context, self.singular


@dataclass(frozen=True)
class Fault:
    """What is wrong with a message: its place, its id, and the matter in one sentence."""

    where: str
    message: str
    matter: str

    def __str__(self) -> str:
        return f"{self.where}: {self.matter}: {self.message!r}"


def applications(portal: Path = PORTAL) -> list[Path]:
    """The folders that may carry a catalogue: base, site and every app."""
    apps = sorted(path for path in (portal / "apps").glob("*") if path.is_dir() and path.name != "__pycache__")
    return [path for path in (portal / "base", portal / "site", *apps) if path.is_dir()]


# -------------------------------------------------------------------------------------------------------------- compile


def compile_all(portal: Path = PORTAL) -> list[Path]:
    """Compile every catalogue whose compiled form is missing or older; the files written."""
    written = []
    for app in applications(portal):
        for source in sorted(app.glob("locale/*/LC_MESSAGES/*.po")):
            target = source.with_suffix(".mo")
            if not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns:
                _write(target, read(source))
                written.append(target)
    return written


def _write(target: Path, catalogue: Catalog) -> None:
    """Whole or not at all: servers and tests may read it meanwhile."""
    with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as file:
        write_mo(file, catalogue)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(target)


def read(source: Path) -> Catalog:
    """A catalogue from its file."""
    with source.open("rb") as file:
        return read_po(file, locale=source.parts[-3], abort_invalid=True)


# ----------------------------------------------------------------------------------------------------------------- uses


def uses(app: Path) -> list[Use]:
    """The message ids that an app's Python and templates use, in order of files and lines."""
    found = []
    for path in sorted(app.rglob("*.py")):
        if "migrations" not in path.parts:
            found += list(_extracted(path, path.read_text(encoding="utf-8"), 0))
    for path in sorted(path for path in app.glob("templates/**/*") if path.is_file()):
        # In brackets the tokenizer minds no indentation, which means nothing in a template.
        code = "(\n" + templatize(path.read_text(encoding="utf-8"), origin=str(path)) + "\n)"
        found += list(_extracted(path, code, 1))
    return found


def _extracted(path: Path, code: str, lines_before: int) -> Iterator[Use]:
    for line, function, texts, _comments in extract_python(BytesIO(code.encode()), _CALLS, (), {"encoding": "utf-8"}):
        parts = _parts(texts)
        context, parts = (parts[0], parts[1:]) if function in _WITH_CONTEXT else (None, parts)
        plural = parts[1] if function in _WITH_PLURAL and len(parts) > 1 else None
        if parts and parts[0]:
            yield Use(_place(path, line - lines_before), context, parts[0], plural)


# ---------------------------------------------------------------------------------------------------------------- check


def check(app: Path, portal: Path = PORTAL) -> list[Fault]:
    """Everything wrong with an app's messages: missing, unused, twice, fuzzy, or against the interface's Persian.

    Django has one catalogue in the end, so two apps that say the same English otherwise are a fault of both; a context
    (`pgettext`, `context "…"`) tells them apart.
    """
    source = app / CATALOGUE
    own = read(source) if source.exists() else Catalog(locale="fa")
    base = portal / "base" / CATALOGUE
    shared = read(base) if base.exists() and base != source else own
    needed = uses(app)
    readers = needed if base != source else [use for each in applications(portal) for use in uses(each)]
    faults = list(_missing(needed, own, shared))
    if source.exists():
        others = [each / CATALOGUE for each in applications(portal) if each != app and (each / CATALOGUE).exists()]
        faults += [
            *_unused(source, own, readers),
            *_twice(source),
            *_wrong(source, own),
            *_otherwise(source, own, others),
        ]
    return faults


def _missing(needed: list[Use], own: Catalog, shared: Catalog) -> Iterator[Fault]:
    for use in needed:
        found = own.get(use.singular, use.context) or shared.get(use.singular, use.context)
        if found is None or not all(_strings(found)):
            yield Fault(use.where, use.singular, "no Persian")
        elif use.plural and _parts(found.id) != (use.singular, use.plural):
            yield Fault(use.where, use.singular, "another plural in the catalogue")


def _unused(source: Path, own: Catalog, readers: list[Use]) -> Iterator[Fault]:
    known = {use.key for use in readers} | library_messages()
    for message in own:
        if message.id and (message.context, _singular(message)) not in known:
            yield _fault(source, message, "not used")


def _twice(source: Path) -> Iterator[Fault]:
    text = re.sub(r'"\n"', "", source.read_text(encoding="utf-8"))
    entries = Counter(re.findall(r'^((?:msgctxt ".*"\n)?msgid ".*")$', text, re.MULTILINE))
    for entry, count in entries.items():
        if count > 1:
            yield Fault(_place(source, None), entry, "more than once in the catalogue")


def _otherwise(source: Path, own: Catalog, others: list[Path]) -> Iterator[Fault]:
    for other in others:
        theirs = read(other)
        for message in own:
            found = theirs.get(_singular(message), message.context) if message.id else None
            if found is not None and _strings(found) != _strings(message):
                yield _fault(source, message, f"said otherwise in {_place(other, found.lineno)}")


def _wrong(source: Path, own: Catalog) -> Iterator[Fault]:
    for message in own:
        if not message.id:
            continue
        if message.fuzzy:
            yield _fault(source, message, "fuzzy")
        texts = _strings(message)
        allowed = set().union(*(_placeholders(text) for text in _parts(message.id)))
        for text in texts:
            if unknown := _placeholders(text) - allowed:
                yield _fault(source, message, f"placeholder {', '.join(sorted(unknown))} is not in the English")
            for matter in persian_style.faults(text):
                yield _fault(source, message, matter)
        if forgotten := allowed - set().union(*(_placeholders(text) for text in texts)):
            yield _fault(source, message, f"placeholder {', '.join(sorted(forgotten))} is left out")


def _placeholders(text: str) -> set[str]:
    return set(re.findall(persian_style.PLACEHOLDER, text.replace("%%", "")))


def _parts(texts: Any) -> tuple[Any, ...]:
    """Babel gives one text, or a tuple or list of them."""
    return tuple(texts) if isinstance(texts, tuple | list) else (texts,)


def _singular(message: Message) -> str:
    return str(_parts(message.id)[0])


def _strings(message: Message) -> tuple[str, ...]:
    return tuple(text or "" for text in _parts(message.string))


def _fault(source: Path, message: Message, matter: str) -> Fault:
    return Fault(_place(source, message.lineno), _singular(message), matter)


def _place(source: Path, line: int | None) -> str:
    name = source.relative_to(PORTAL) if source.is_relative_to(PORTAL) else source
    return f"{name}:{line}" if line else str(name)


@cache
def library_messages() -> frozenset[tuple[str | None, str]]:
    """The ids of Django's and allauth's own messages, which a catalogue of the portal may say better."""
    found: set[tuple[str | None, str]] = set()
    for package in (django, allauth):
        for language in ("fa", "de"):
            for compiled in Path(package.__file__ or "").parent.rglob(f"locale/{language}/LC_MESSAGES/django.mo"):
                with compiled.open("rb") as file:
                    found |= {(message.context, _singular(message)) for message in read_mo(file)}
    return frozenset(found)


def main(names: list[str]) -> int:
    """Compile; then print what is wrong in the named apps. The exit code: 1 when anything is."""
    for path in compile_all():
        sys.stdout.write(f"{_place(path, None)} compiled\n")
    faults = [fault for app in applications() if app.name in names for fault in check(app)]
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
