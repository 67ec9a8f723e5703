"""Numbers out of published text files, whatever their line breaks."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def read_text(path: Path) -> str:
    """The file as text; bytes that some published files carry by mistake (NUL) count as blanks."""
    return path.read_bytes().decode("latin-1").replace("\0", " ")


def numbers(text: str) -> NDArray[np.float64]:
    """All words that are numbers, in order; a file of several instances may name them in words between."""
    return np.array([float(word) for word in text.split() if NUMBER.fullmatch(word)])
