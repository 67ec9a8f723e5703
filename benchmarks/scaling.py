"""How time grows with plots, drawn to ``docs/scaling.svg``: reads the lines of ``python -m benchmarks study``.

    python -m benchmarks study grid:250:fast grid:1000:fast grid:4000:fast grid:16000:fast --json |
        python -m benchmarks.scaling

Time is that of the processor, so that other work on the machine does not count; both axes are logarithmic.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "scaling.svg"
EXPONENT_MAX = 1.3
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 560, 340, 60, 20, 36, 46
STYLE = "font-family:sans-serif;font-size:12px;fill:#333"


def points(records: Sequence[Mapping[str, object]]) -> list[tuple[float, float]]:
    """(plots, seconds of the processor) of the grids at ``fast``, ascending."""
    grids = [record for record in records if str(record["instance"]).startswith("grid:")]
    fast = [record for record in grids if str(record["instance"]).endswith(":fast")]
    return sorted((float(str(record["plots"])), float(str(record["cpu_seconds"]))) for record in fast)


def exponent(measured: Sequence[tuple[float, float]]) -> float:
    """Slope of the straight line through the logarithms, by least squares; two points at least."""
    plots, seconds = np.log(np.array(measured)).T
    return float(np.polyfit(plots, seconds, 1)[0])


def drawing(measured: Sequence[tuple[float, float]]) -> str:
    """The picture: measured points, the line fitted to them, and from the first of it the slope that is allowed."""
    plots, seconds = np.array(measured).T
    slope = exponent(measured)
    middle = np.exp(np.log(plots).mean()), np.exp(np.log(seconds).mean())
    ends = np.array([plots[0], plots[-1]])
    fitted = middle[1] * (ends / middle[0]) ** slope
    allowed = fitted[0] * (ends / ends[0]) ** EXPONENT_MAX
    low, high = np.floor(np.log10(min(seconds.min(), fitted[0]))), np.ceil(np.log10(max(seconds.max(), allowed[1])))

    def place(x: float, y: float) -> tuple[float, float]:
        right = np.log(x / ends[0]) / np.log(ends[1] / ends[0])
        up = (np.log10(y) - low) / (high - low)
        return round(LEFT + right * (WIDTH - LEFT - RIGHT), 1), round(HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM), 1)

    def line(of: Sequence[float], style: str) -> str:
        (x1, y1), (x2, y2) = place(ends[0], of[0]), place(ends[1], of[1])
        return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" {style}/>'

    def words(x: float, y: float, text: str, anchor: str) -> str:
        return f'<text x="{x}" y="{y}" style="{STYLE};text-anchor:{anchor}">{text}</text>'

    parts = []
    for power in range(int(low), int(high) + 1):
        value = 10.0**power
        parts.append(line((value, value), 'stroke="#ddd"'))
        parts.append(words(LEFT - 6, place(ends[0], value)[1] + 4, f"{value:g} s", "end"))
    for x, y in measured:
        across, up = place(x, y)
        parts.append(f'<circle cx="{across}" cy="{up}" r="4" fill="#0b6e6e"/>')
        parts.append(words(across + 4, up + 18, f"{y:.2g} s", "start" if x == plots[0] else "middle"))
        parts.append(words(across, HEIGHT - BOTTOM + 18, f"{x:,.0f}", "middle"))
    parts.append(line(fitted, 'stroke="#0b6e6e" stroke-width="1.5"'))
    parts.append(line(allowed, 'stroke="#999" stroke-dasharray="5 4"'))
    parts.append(words(WIDTH - RIGHT, place(*map(float, (ends[1], allowed[1])))[1] - 6, f"slope {EXPONENT_MAX}", "end"))
    parts.append(words(WIDTH / 2, HEIGHT - 8, f"plots (measured: exponent {slope:.2f})", "middle"))
    label = f"Processor time of a study at fast against plots: exponent {slope:.2f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        '<rect width="100%" height="100%" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def main() -> int:
    measured = points([json.loads(line) for line in sys.stdin if line.strip()])
    if len(measured) < 2:
        print("at least two grids at fast are wanted on standard input", file=sys.stderr)
        return 2
    PICTURE.write_text(drawing(measured), encoding="utf-8")
    print(f"{PICTURE}: exponent {exponent(measured):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
