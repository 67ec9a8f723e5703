"""A study's folder as an office keeps it: figures, findings, assumptions and layers, read through the intake."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from rasana.exchange import words
from rasana.exchange.colours import area_colours
from rasana.exchange.columns import TableReader
from rasana.exchange.ground import metric_crs, moved
from rasana.exchange.intake import Layer, Source, file_fault, read_vector
from rasana.exchange.plan import DEGREES, Feature, geometry_of, plain, point_of
from rasana.exchange.words import Language
from rasana.planning.catalogue import load_catalogue
from rasana.planning.finding import Finding, Refused, Severity

SUMMARY = "summary.json"
DESIGN = "design.gpkg"
FIRST_BYTES: dict[str, tuple[bytes, ...]] = {
    DESIGN: (b"SQLite format 3\x00",),
    SUMMARY: (b"{",),
    "report.html": (b"<!doctype html", b"<!DOCTYPE html"),
    "bill_of_quantities.xlsx": (b"PK\x03\x04",),
    "network.pandapower.json": (b"{",),
}
"""Files of a study's folder with the bytes they begin with."""
NEEDED = (SUMMARY, DESIGN)
FIGURES = ("plots", "peak_kw", "transformers", "length_m", "cost", "findings", "fingerprint", "estate")
LAYERS = ("plots", "cables", "transformers", "nodes", "findings", "assumptions")
FILE_BYTES_MAX = 64 * 2**20
KINDS = ("trade", "coincidence", "standard", "catalogue")


@dataclass(frozen=True)
class ResultFolder:
    """What a study's folder holds, geometry as GeoJSON features in degrees with what is known of each."""

    summary: Mapping[str, Any]
    findings: tuple[dict[str, Any], ...]
    assumptions: tuple[dict[str, Any], ...]
    plots: tuple[Feature, ...]
    cables: tuple[Feature, ...]
    transformers: tuple[Feature, ...]
    supply: tuple[Feature, ...]
    files: Mapping[str, Path]

    @property
    def sha256(self) -> str:
        """One hash over names and contents of all files."""
        digest = hashlib.sha256()
        for name, path in sorted(self.files.items()):
            digest.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
        return digest.hexdigest()


def read_result_folder(folder: Path) -> ResultFolder:
    """The study in a folder that ``rasana study`` wrote (contract, section 4).

    Raises ``Refused`` with every fault: a file that is missing, too large or not what its name says, a summary
    without its figures, a design without its layers.
    """
    files, faults = _files(Path(folder))
    summary = _summary(files[SUMMARY], faults) if SUMMARY in files else {}
    if faults:
        raise Refused(faults)
    source = read_vector(files[DESIGN], LAYERS)
    missing = [name for name in LAYERS if name not in source.layers]
    if missing:
        details = {"file": DESIGN, "right": ", ".join(LAYERS)}
        raise Refused([Finding("layer_missing", Severity.ERROR, n, details={**details, "layer": n}) for n in missing])
    areas = _areas(source.layers["plots"])
    nodes = _features(source.layers["nodes"])
    return ResultFolder(
        summary=summary,
        findings=_findings(source),
        assumptions=_assumptions(source, str(summary.get("catalogue") or "")),
        plots=_features(source.layers["plots"]),
        cables=_with_area(_features(source.layers["cables"]), areas, "transformer_id"),
        transformers=_with_area(_features(source.layers["transformers"]), areas, "id"),
        supply=tuple(node for node in nodes if node["properties"].get("kind") == "supply"),
        files=files,
    )


def _files(folder: Path) -> tuple[dict[str, Path], list[Finding]]:
    found, faults = {}, []
    for name, starts in FIRST_BYTES.items():
        path = folder / name
        if not path.is_file():
            if name in NEEDED:
                faults.append(file_fault("file_missing", path))
            continue
        with path.open("rb") as file:
            first = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
        if path.stat().st_size > FILE_BYTES_MAX:
            size = path.stat().st_size / 2**20
            faults.append(file_fault("file_too_large", path, value=size, unit="MiB", right=str(FILE_BYTES_MAX >> 20)))
        elif not first.startswith(starts):
            faults.append(file_fault("file_kind_disagrees", path, wrong=path.suffix))
        else:
            found[name] = path
    return found, faults


def _summary(path: Path, faults: list[Finding]) -> dict[str, Any]:
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as wrong:
        faults.append(file_fault("file_unreadable", path, wrong=str(wrong)[:200]))
        return {}
    missing = [name for name in FIGURES if not isinstance(summary, dict) or name not in summary]
    if missing:
        faults.append(file_fault("file_unreadable", path, wrong=", ".join(missing)))
    return summary if isinstance(summary, dict) else {}


def _features(layer: Layer) -> tuple[Feature, ...]:
    """Features with all columns of the layer; those without a place are left out."""
    found = []
    for row, shape in enumerate(moved(layer, DEGREES)):
        if shape is None:
            continue
        properties = {name: plain(values[row]) for name, values in layer.columns.items()}
        found.append({"type": "Feature", "properties": properties, "geometry": geometry_of(shape)})
    return tuple(found)


def _areas(layer: Layer) -> dict[str, int]:
    """For each transformer one of four colours, 1 to 4, so that areas side by side differ."""
    system = metric_crs(layer)
    table = gpd.GeoDataFrame(
        {"transformer_id": layer.columns["transformer_id"]}, geometry=moved(layer, system), crs=system
    )
    return {name: row + 1 for name, row in area_colours(table[~table.geometry.isna()]).items()}


def _with_area(features: Iterable[Feature], areas: Mapping[str, int], key: str) -> tuple[Feature, ...]:
    for feature in features:
        feature["properties"]["area"] = areas.get(str(feature["properties"].get(key)), 0)
    return tuple(features)


def _findings(source: Source) -> tuple[dict[str, Any], ...]:
    layer = source.layers["findings"]
    shapes = moved(layer, DEGREES) if layer.crs else [None] * len(layer.fid)
    found = []
    for row, shape in enumerate(shapes):
        values = {name: plain(column[row]) for name, column in layer.columns.items()}
        values["longitude"], values["latitude"] = (None, None) if shape is None else point_of(shapely.centroid(shape))
        code = str(values.get("code"))
        for language in words.LANGUAGES:
            values[f"name_{language}"] = words.term(f"finding.{code}", language, code.replace("_", " "))
        found.append(values)
    return tuple(found)


def _assumptions(source: Source, catalogue: str) -> tuple[dict[str, Any], ...]:
    layer = source.layers["assumptions"]
    table = TableReader(layer, source.file)
    columns = {name: table.whole_texts(name) for name in ("subject", "property", "value", "unit", "source", "status")}
    trades = load_catalogue(catalogue if catalogue in ("iran", "europe") else "iran").trades
    names = {
        "fa": dict(zip(trades.code, trades.name_fa, strict=True)),
        "en": dict(zip(trades.code, trades.name_en, strict=True)),
    }
    found = []
    for row in range(len(layer.fid)):
        values: dict[str, Any] = {name: texts[row] for name, texts in columns.items()}
        kind = values["subject"].partition(" ")[0]
        values["kind"] = kind if kind in KINDS else "plan"
        for language in words.LANGUAGES:
            values[f"name_{language}"] = _name(values, names[language], language)
            values[f"unit_{language}"] = words.unit_sign(values["unit"], language)
        found.append(values)
    return tuple(found)


def _name(values: Mapping[str, Any], trades: Mapping[str, str], language: Language) -> str:
    """What an assumption is about, in words."""
    rest = values["subject"].partition(" ")[2]
    parts = str(values["property"]).split("/")
    last = words.term(f"key.{parts[-1]}", language, parts[-1].replace("_", " "))
    if values["kind"] == "trade":
        return f"{trades.get(rest, rest)}: {last}"
    if values["kind"] == "coincidence":
        return f"{words.term(f'class.{rest}', language, rest.replace('_', ' '))}: {last}"
    if values["kind"] == "catalogue" and len(parts) > 1:
        return f"{words.term(f'key.{parts[-2]}', language, parts[-2])}: {last}"
    if values["kind"] == "plan":
        subject = words.term(f"key.{values['subject']}", language, values["subject"].replace("_", " "))
        return f"{subject}: {last}"
    return last
