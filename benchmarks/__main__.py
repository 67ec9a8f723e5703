"""``python -m benchmarks SET FILE... [--seconds S] --json``: one JSON line an instance."""

from __future__ import annotations

import argparse
import json
import math
import pkgutil
import sys
from collections.abc import Mapping

from benchmarks import SETS
from benchmarks.table import row

DEFAULT_SECONDS = 10.0


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Benchmarks of the planning engine")
    parser.add_argument("set", choices=SETS)
    parser.add_argument("names", metavar="FILE", nargs="*", help="instances; the set's own where none is given")
    parser.add_argument("--seconds", type=float, default=DEFAULT_SECONDS, help="time for each instance (%(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line and nothing else")
    return parser.parse_args(words)


def json_line(record: Mapping[str, object]) -> str:
    """One line; what is not a finite number is null, because JSON knows no infinity."""
    finite = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in record.items()}
    return json.dumps(finite, ensure_ascii=False, default=lambda number: number.item())


def main(words: list[str] | None = None) -> int:
    options = arguments(words)
    chosen = pkgutil.resolve_name(f"benchmarks.{options.set}")
    try:
        for record in chosen.run(options.names or list(chosen.INSTANCES), options.seconds):
            print(json_line(record) if options.json else row(options.set, record), flush=True)
    except (OSError, ValueError) as fault:
        print(f"{options.set}: {fault}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
