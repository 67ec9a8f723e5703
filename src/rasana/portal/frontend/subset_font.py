"""Writes generated/vazirmatn.woff2: the variable Vazirmatn with the letters that Persian and English pages need."""

from __future__ import annotations

from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

HERE = Path(__file__).parent
SOURCE = HERE / "node_modules/vazirmatn/fonts/webfonts/Vazirmatn[wght].woff2"
TARGET = HERE / "generated/vazirmatn.woff2"

LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x100)]
PUNCTUATION = [0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2026, 0x2030, 0x2190, 0x2192, 0x2212, 0x2248]
MARKS = [0x2264, 0x2265, 0x200C, 0x200D, 0x200E, 0x200F, 0x2066, 0x2067, 0x2068, 0x2069]
ARABIC = [0x60C, 0x61B, 0x61F, *range(0x621, 0x63B), *range(0x640, 0x656), *range(0x660, 0x66E), 0x670, 0x671]
PERSIAN = [0x67E, 0x686, 0x698, 0x6A9, 0x6AF, 0x6C0, 0x6CC, 0x6D5, *range(0x6F0, 0x6FA), 0xFDFC]
FEATURES = ["ccmp", "init", "medi", "fina", "isol", "rlig", "calt", "liga", "locl", "mark", "mkmk", "kern", "tnum"]


def main() -> None:
    """Subset the font that npm has installed; its licence (OFL 1.1, no reserved name) stays in its name table."""
    options = subset.Options(flavor="woff2", layout_features=FEATURES, hinting=False, name_IDs=[0, 1, 2, 4, 6, 13, 14])
    font = TTFont(SOURCE, recalcTimestamp=False)  # the same letters give the same file
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[*LATIN, *PUNCTUATION, *MARKS, *ARABIC, *PERSIAN])
    subsetter.subset(font)
    font.flavor = "woff2"
    TARGET.parent.mkdir(exist_ok=True)
    font.save(TARGET)


if __name__ == "__main__":
    main()
