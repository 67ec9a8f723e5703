"""The limited process that parses files from outside; started by ``intake`` alone, as a script, never imported.

It reads one request (JSON) from its standard input and answers on its standard output with one line of JSON and the
columns behind it as plain bytes, so that the parent never has to trust an object that this process made. Before it
touches the file it gives up what a parser does not need: time, memory, files to write, further handles. It imports
nothing of the package, so that it starts fast and can be run isolated from the user's environment.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

Column: TypeAlias = tuple[str, str, list[np.ndarray[Any, Any]]]
"""Name, kind (text, real, integer, flag, wkb) and the arrays it is made of."""

VECTOR_DRIVERS = ("GPKG", "GeoJSON")
HANDLES = 64
AREA_KEYS = ("building", "landuse", "leisure", "amenity", "shop")
POINT_KEYS = ("shop", "craft", "office", "amenity", "industrial")
TAGS = {
    "buildings": ("building", "building:levels", "name", "shop", "craft", "office", "amenity", "industrial"),
    "streets": ("highway", "name", "service", "bridge", "tunnel"),
    "landuse": ("landuse", "leisure", "amenity", "name", "industrial"),
    "pois": ("shop", "craft", "office", "amenity", "industrial", "name"),
}


class UnfitFileError(Exception):
    """A file that can't be read, with the parser's words."""


def limit_process(cpu_s: int, memory_bytes: int) -> None:
    """Give up processor time, memory, written files, core dumps and handles beyond what reading needs."""
    limits = (
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, HANDLES),
    )
    for kind, value in limits:
        resource.setrlimit(kind, (value, value))


def text_parts(values: list[str | None]) -> list[np.ndarray[Any, Any]]:
    """Texts as end offsets, a flag where one is there, and all bytes in a row."""
    encoded = [b"" if value is None else value.encode("utf-8", "replace") for value in values]
    ends = np.cumsum([len(piece) for piece in encoded], dtype=np.int64)
    return [ends, np.array([value is not None for value in values], bool), np.frombuffer(b"".join(encoded), np.uint8)]


def wkb_parts(values: list[bytes | None]) -> list[np.ndarray[Any, Any]]:
    """Geometries in well-known binary, coded like texts."""
    pieces = [value or b"" for value in values]
    ends = np.cumsum([len(piece) for piece in pieces], dtype=np.int64)
    return [ends, np.array([bool(piece) for piece in pieces], bool), np.frombuffer(b"".join(pieces), np.uint8)]


def column(name: str, values: np.ndarray[Any, Any]) -> Column | None:
    """A column as the parent takes it; None for kinds that no reader uses (binary, lists)."""
    if values.dtype.kind == "b":
        return name, "flag", [values.astype(bool)]
    if values.dtype.kind in "iu":
        return name, "integer", [values.astype(np.int64)]
    if values.dtype.kind == "f":
        return name, "real", [values.astype(np.float64)]
    if values.dtype.kind == "M":
        return name, "text", text_parts([None if np.isnat(value) else str(value) for value in values])
    if values.dtype.kind == "O" and all(value is None or isinstance(value, str) for value in values):
        return name, "text", text_parts(list(values))
    return None


def read_vector(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Wanted layers of a GeoPackage or GeoJSON file; all layers' names first."""
    import pyogrio  # noqa: PLC0415 - each reader loads its own parser only
    import pyogrio.raw  # noqa: PLC0415

    unlisted = set(pyogrio.list_drivers()) - set(VECTOR_DRIVERS)
    if unlisted:
        raise UnfitFileError(f"parsers that are not listed: {sorted(unlisted)}")
    limit_process(request["cpu_s"], request["memory_bytes"])
    path, wanted = request["path"], request["layers"]
    listed = pyogrio.list_layers(path)
    yield {"names": [str(name) for name, _ in listed]}
    for name, kind in listed:
        if wanted is not None and name not in wanted:
            continue
        meta, fids, geometry, values = pyogrio.raw.read(
            path, layer=name, force_2d=True, return_fids=True, read_geometry=kind is not None, datetime_as_string=True
        )
        if path.lower().endswith(".gpkg"):
            check_count(path, str(name), len(fids))
        columns = [column(str(field), data) for field, data in zip(meta["fields"], values, strict=True)]
        columns.append(("", "integer", [np.asarray(fids, np.int64)]))
        if geometry is not None:
            columns.append(("", "wkb", wkb_parts(list(geometry))))
        yield {"name": str(name), "crs": meta["crs"] or "", "columns": [each for each in columns if each is not None]}


def check_count(path: str, layer: str, read: int) -> None:
    """Refuse a layer that has more rows than the file's summary, which parsers trust, says: they would be lost."""
    import pyogrio.raw  # noqa: PLC0415

    table = layer.replace('"', '""')
    _, _, _, (rows,) = pyogrio.raw.read(path, sql=f'SELECT COUNT(*) AS n FROM "{table}"')  # noqa: S608
    if int(rows[0]) != read:
        raise UnfitFileError(f"layer {layer} has {int(rows[0])} rows, {read} of them can be read")


class _Collector:
    """Rows of one layer while an OpenStreetMap file is read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ids: list[str] = []
        self.wkb: list[bytes] = []
        self.tags: dict[str, list[str | None]] = {key: [] for key in TAGS[name]}

    def add(self, identity: str, tags: Mapping[str, str], wkb: str) -> None:
        self.ids.append(identity)
        self.wkb.append(bytes.fromhex(wkb))
        for key, values in self.tags.items():
            values.append(tags.get(key))

    def layer(self) -> dict[str, Any]:
        columns: list[Column] = [(key, "text", text_parts(values)) for key, values in self.tags.items()]
        columns.append(("osm_id", "text", text_parts(list(self.ids))))
        columns.append(("", "integer", [np.arange(len(self.ids), dtype=np.int64)]))
        columns.append(("", "wkb", wkb_parts(list(self.wkb))))
        return {"name": self.name, "crs": "EPSG:4326", "columns": columns}


def read_osm(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Buildings, streets, land use and points of an OpenStreetMap extract; with ``bbox`` what lies inside it."""
    import osmium  # noqa: PLC0415 - each reader loads its own parser only

    limit_process(request["cpu_s"], request["memory_bytes"])
    layers = {name: _Collector(name) for name in TAGS}
    make = osmium.geom.WKBFactory()
    inside = _inside(request["bbox"])
    areas = osmium.filter.KeyFilter(*AREA_KEYS)
    tagged = osmium.filter.KeyFilter("highway", *AREA_KEYS, *POINT_KEYS)
    file = osmium.FileProcessor(request["path"]).with_locations("sparse_mem_array").with_areas(areas)
    for item in file.with_filter(tagged):
        tags: Mapping[str, str] = item.tags  # type: ignore[assignment]
        try:
            if isinstance(item, osmium.osm.Node):
                if any(key in tags for key in POINT_KEYS) and inside(item.location):
                    layers["pois"].add(f"n{item.id}", tags, make.create_point(item))
            elif isinstance(item, osmium.osm.Way):
                is_street = "highway" in tags and tags.get("area") != "yes"
                if is_street and any(inside(node.location) for node in item.nodes):
                    layers["streets"].add(f"w{item.id}", tags, make.create_linestring(item))
            elif isinstance(item, osmium.osm.Area) and inside(next(iter(next(iter(item.outer_rings())))).location):
                identity = f"{'w' if item.from_way() else 'r'}{item.orig_id()}"
                layers["buildings" if "building" in tags else "landuse"].add(
                    identity, tags, make.create_multipolygon(item)
                )
        except (RuntimeError, osmium.InvalidLocationError):
            continue  # a way whose nodes the extract has cut off
    yield {"names": list(TAGS)}
    for name in TAGS:
        yield layers[name].layer()


def _inside(bbox: list[float] | None) -> Callable[[Any], bool]:
    if bbox is None:
        return lambda location: bool(location.valid())
    west, south, east, north = bbox
    return lambda at: bool(at.valid()) and west <= at.lon <= east and south <= at.lat <= north


def answer(parts: Iterator[dict[str, Any]]) -> None:
    """Write one line that says what follows, then the bytes of all arrays."""
    head: dict[str, Any] = {"names": next(parts)["names"], "layers": []}
    arrays: list[np.ndarray[Any, Any]] = []
    for part in parts:
        columns = []
        for name, kind, pieces in part["columns"]:
            columns.append({"name": name, "kind": kind, "bytes": [piece.nbytes for piece in pieces]})
            arrays.extend(pieces)
        head["layers"].append({"name": part["name"], "crs": part["crs"], "columns": columns})
    out = sys.stdout.buffer
    out.write(json.dumps(head).encode() + b"\n")
    for array in arrays:
        out.write(array.tobytes())
    out.flush()


def main() -> None:
    """Answer one request."""
    for unneeded in ("geopandas", "pandas", "pyarrow", "shapely"):
        sys.modules[unneeded] = None  # type: ignore[assignment]
    request = json.loads(sys.stdin.buffer.read())
    reader = {"vector": read_vector, "osm": read_osm}[request["reader"]]
    try:
        answer(reader(request))
    except MemoryError:
        os._exit(137)
    except Exception as fault:  # noqa: BLE001 - whatever a parser throws is told, not passed on
        sys.stdout.buffer.write(json.dumps({"fault": f"{fault}"[:300]}).encode() + b"\n")


if __name__ == "__main__":
    main()
