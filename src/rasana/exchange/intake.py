"""The only door for files from outside.

A file is let in by steps: its name and its first bytes agree; its size is within bounds; a limited child process
(``child.py``) parses it and sends plain columns back; every geometry is there and every coordinate is finite and
inside the bounds of its coordinate system. What is wrong with the file as a whole is raised, what is wrong with
single features is handed on with the layers, so that a reader can say everything at once.

Limits of the child: 10 s of processor time and 1 s for each MiB of the file up to 120 s; 1 GiB of memory and 16 times
the file up to 4 GiB; no file may be written; 64 handles; GeoPackage and GeoJSON parsers only, no virtual formats.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray

from rasana.planning.finding import Finding, Refused, Severity

Geometries: TypeAlias = NDArray[np.object_]
Box: TypeAlias = tuple[float, float, float, float]

MIB = 1 << 20
FILE_MIB_MAX = 512
CPU_S, CPU_S_MAX = 10, 120
MEMORY_MIB, MEMORY_MIB_MAX = 1024, 4096
MEMORY_OVER_FILE = 16
DRIVERS = ("GPKG", "GeoJSON")
CHILD = Path(__file__).with_name("child.py")
CRS_MARGIN_DEG = 6.0
"""How far data may lie outside the area that a coordinate system is made for: one UTM zone."""

_NUMBER_KINDS: dict[str, np.dtype[Any]] = {
    "integer": np.dtype(np.int64),
    "real": np.dtype(np.float64),
    "flag": np.dtype(np.bool_),
}
_SUFFIXES = {
    ".gpkg": "vector",
    ".geojson": "vector",
    ".json": "vector",
    ".osm.pbf": "osm",
    ".pbf": "osm",
    ".osm": "osm",
}


@dataclass(frozen=True)
class Layer:
    """One layer as columns of equal length: float64, int64, bool or object (text, None where missing).

    ``geometry`` is None for a table without; a geometry that was missing, unreadable or out of bounds is None in it.
    """

    name: str
    crs: str
    fid: NDArray[np.int64]
    columns: dict[str, NDArray[Any]]
    geometry: Geometries | None


@dataclass(frozen=True)
class Source:
    """A file from outside after the door. ``faults`` are those of single features, one each."""

    file: str
    names: tuple[str, ...]
    layers: dict[str, Layer]
    faults: tuple[Finding, ...] = field(default=())


def read_vector(path: Path, layers: Sequence[str] | None = None) -> Source:
    """Layers (all, or those wanted that are there) of a GeoPackage or GeoJSON file.

    Raises ``Refused`` with the fault of the file: missing, empty, of another kind than its name says, too large, too
    costly to read or unreadable.
    """
    return _read(path, "vector", {"layers": None if layers is None else list(layers)})


def read_osm(path: Path, bbox: Box | None = None) -> Source:
    """Layers ``buildings``, ``streets``, ``landuse`` and ``pois`` of an OpenStreetMap extract (.osm.pbf or .osm).

    ``bbox`` is west, south, east, north in degrees. Raises ``Refused`` as ``read_vector`` does.
    """
    return _read(path, "osm", {"bbox": bbox})


def _read(path: Path, reader: str, wishes: dict[str, object]) -> Source:
    size = _checked_file(path, reader)
    cpu_s = min(CPU_S + size // MIB, CPU_S_MAX)
    memory = min(MEMORY_MIB * MIB + MEMORY_OVER_FILE * size, MEMORY_MIB_MAX * MIB)
    request = {"reader": reader, "path": str(path.resolve()), "cpu_s": cpu_s, "memory_bytes": memory, **wishes}
    data, code = _run_child(request, seconds=2 * cpu_s + 10, bytes_max=memory)
    if code != 0:
        raise Refused([file_fault("file_too_costly", path, value=float(cpu_s), unit="s")])
    try:
        names, raw = _decoded(data)
    except (ValueError, KeyError, IndexError, TypeError) as fault:
        raise Refused([file_fault("file_unreadable", path, wrong=str(fault)[:300])]) from fault
    layers: dict[str, Layer] = {}
    faults: list[Finding] = []
    for layer in raw:
        layers[layer.name], found = _checked_layer(layer, path.name)
        faults.extend(found)
    return Source(path.name, names, layers, tuple(faults))


def file_fault(code: str, path: Path, *, value: float | None = None, unit: str = "", **details: str) -> Finding:
    """A fault of a whole file."""
    return Finding(code, Severity.ERROR, path.name, value=value, unit=unit, details={"file": path.name, **details})


def kind_of(path: Path) -> str | None:
    """Which reader a file's name asks for: "vector", "osm" or none."""
    name = path.name.lower()
    return next((reader for suffix, reader in _SUFFIXES.items() if name.endswith(suffix)), None)


def _checked_file(path: Path, reader: str) -> int:
    """Size of the file, after name, first bytes and size were found fit; else ``Refused``."""
    try:
        size = path.stat().st_size if path.is_file() else -1
        with path.open("rb") if size >= 0 else open(os.devnull, "rb") as file:  # noqa: PTH123
            first = file.read(64)
    except OSError as fault:
        raise Refused([file_fault("file_missing", path, wrong=fault.strerror or "")]) from fault
    if size < 0:
        raise Refused([file_fault("file_missing", path)])
    if size == 0:
        raise Refused([file_fault("file_empty", path)])
    if kind_of(path) != reader:
        right = ", ".join(suffix for suffix, kind in _SUFFIXES.items() if kind == reader)
        raise Refused([file_fault("file_kind_unknown", path, wrong=path.suffix, right=right)])
    if not _starts_right(path.name.lower(), first):
        raise Refused([file_fault("file_kind_disagrees", path, wrong=path.suffix)])
    if size > FILE_MIB_MAX * MIB:
        raise Refused([file_fault("file_too_large", path, value=size / MIB, unit="MiB", right=str(FILE_MIB_MAX))])
    return size


def _starts_right(name: str, first: bytes) -> bool:
    """Whether the first bytes are those of the kind that the name says."""
    if name.endswith(".gpkg"):
        return first.startswith(b"SQLite format 3\x00")
    if name.endswith(".pbf"):
        return first[4:15] == b"\x0a\x09OSMHeader"
    text = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith((b"<?xml", b"<osm")) if name.endswith(".osm") else text.startswith(b"{")


def _run_child(request: dict[str, object], seconds: float, bytes_max: int) -> tuple[bytes, int]:
    """Run the child on one request; all it said and its exit code (not 0 too when it was stopped)."""
    environment = {"GDAL_SKIP": _other_drivers(), "OPENBLAS_NUM_THREADS": "1", "OSMIUM_POOL_THREADS": "1"}
    command = [sys.executable, "-I", str(CHILD)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd="/"
    ) as child:
        clock = threading.Timer(seconds, child.kill)
        clock.start()
        try:
            data = _talk(child, json.dumps(request).encode(), bytes_max)
        except BaseException:
            child.kill()
            raise
        finally:
            clock.cancel()
        return data, child.wait()


def _talk(child: subprocess.Popen[bytes], request: bytes, bytes_max: int) -> bytes:
    question, answer = _pipes(child)
    try:
        question.write(request)
        question.close()
    except BrokenPipeError:
        return b""
    data = answer.read(bytes_max)
    if len(data) == bytes_max:
        child.kill()
    return data


def _pipes(child: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if child.stdin is None or child.stdout is None:
        raise RuntimeError("the child was started without pipes")
    return child.stdin, child.stdout


def _other_drivers() -> str:
    return ",".join(sorted(set(pyogrio.list_drivers()) - set(DRIVERS)))


def _decoded(data: bytes) -> tuple[tuple[str, ...], list[Layer]]:
    """Names of all layers and the layers that were read; ``ValueError`` with the parser's words where it gave up."""
    line, _, _ = data.partition(b"\n")
    head: dict[str, Any] = json.loads(line)
    if "fault" in head:
        raise ValueError(head["fault"])
    start = len(line) + 1
    layers = []
    for part in head["layers"]:
        layer, start = _layer(part, data, start)
        layers.append(layer)
    return tuple(str(name) for name in head["names"]), layers


def _layer(part: dict[str, Any], data: bytes, start: int) -> tuple[Layer, int]:
    """One layer from the child's bytes, and where the next begins."""
    columns: dict[str, NDArray[Any]] = {}
    fid = np.zeros(0, np.int64)
    geometry: Geometries | None = None
    for entry in part["columns"]:
        pieces = []
        for length in entry["bytes"]:
            pieces.append(memoryview(data)[start : start + length])
            start += length
        kind, name = entry["kind"], entry["name"]
        if kind == "wkb":
            geometry = shapely.from_wkb(_texts(pieces, decode=False), on_invalid="ignore")
        elif kind == "text":
            columns[name] = _texts(pieces, decode=True)
        else:
            values = np.frombuffer(pieces[0], _NUMBER_KINDS[kind])
            if name:
                columns[name] = values
            else:
                fid = values.astype(np.int64)
    return Layer(part["name"], part["crs"], fid, columns, geometry), start


def _texts(pieces: list[memoryview], *, decode: bool) -> Geometries:
    """Texts or bytes from end offsets, flags and the bytes in a row; None where there is none."""
    ends, there, row = np.frombuffer(pieces[0], np.int64), np.frombuffer(pieces[1], np.bool_), bytes(pieces[2])
    found = np.full(len(ends), None, object)
    for index in np.flatnonzero(there):
        piece = row[ends[index - 1] if index else 0 : ends[index]]
        found[index] = piece.decode("utf-8", "replace") if decode else piece
    return found


def _checked_layer(layer: Layer, file: str) -> tuple[Layer, list[Finding]]:
    """The layer with None for every geometry that is not fit for use, and a finding for each."""
    if layer.geometry is None:
        return layer, []
    geometry = layer.geometry.copy()
    missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    points, owner = shapely.get_coordinates(geometry, return_index=True)
    infinite = np.zeros(len(geometry), bool)
    infinite[owner[~np.isfinite(points).all(axis=1)]] = True
    outside = _outside(layer.crs, points, owner, len(geometry)) & ~infinite
    faults = []
    for code, rows in (
        ("geometry_missing", missing), ("coordinate_not_finite", infinite), ("coordinate_outside_crs", outside)
    ):  # fmt: skip
        for row in np.flatnonzero(rows):
            details = {"file": file, "layer": layer.name, "field": "geometry", "right": layer.crs}
            faults.append(Finding(code, Severity.ERROR, feature_id(layer, int(row)), details=details))
    geometry[missing | infinite | outside] = None
    return Layer(layer.name, layer.crs, layer.fid, layer.columns, geometry), faults


def feature_id(layer: Layer, row: int) -> str:
    """What a feature is called in a finding: its own id, else its number in the file."""
    for name in ("plot_id", "street_id", "supply_id", "site_id", "transformer_id", "cable_id", "osm_id"):
        value = layer.columns[name][row] if name in layer.columns else None
        if value is not None and str(value).strip() not in ("", "nan"):
            return str(value).strip()
    return f"fid {layer.fid[row]}"


def _outside(crs: str, points: NDArray[np.float64], owner: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Features with a coordinate outside the area of their coordinate system, one UTM zone of margin allowed."""
    outside = np.zeros(count, bool)
    finite = np.isfinite(points).all(axis=1)
    if not crs or not finite.any():
        return outside
    try:
        system = pyproj.CRS.from_user_input(crs)
        to_degrees = pyproj.Transformer.from_crs(system, "EPSG:4326", always_xy=True)
    except pyproj.exceptions.ProjError:
        return outside  # the reader refuses the coordinate system itself
    east, north = to_degrees.transform(points[finite, 0], points[finite, 1])
    area = system.area_of_use
    west_limit, south_limit, east_limit, north_limit = area.bounds if area is not None else (-180.0, -90.0, 180.0, 90.0)
    wrong = ~((north >= max(south_limit - CRS_MARGIN_DEG, -90.0)) & (north <= min(north_limit + CRS_MARGIN_DEG, 90.0)))
    if system.is_geographic:
        wrong |= ~((points[finite, 0] >= -180.0) & (points[finite, 0] <= 180.0))
    if west_limit <= east_limit:
        wrong |= ~((east >= west_limit - CRS_MARGIN_DEG) & (east <= east_limit + CRS_MARGIN_DEG))
    outside[owner[finite][wrong]] = True
    return outside
