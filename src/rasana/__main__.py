"""``python -m rasana``: the same as the command ``rasana``."""

from __future__ import annotations

import sys

from rasana.cli import main

if __name__ == "__main__":
    sys.exit(main())
