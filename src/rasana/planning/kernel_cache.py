"""Where compiled kernels are kept.

Numba keys a cached kernel by the file it stands in, not by the kernels it calls; so the cache of each state of the
kernels' sources has a folder of its own, and a kernel of yesterday is never run today.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from numba import config


def keep_kernels_fresh() -> None:
    """Point numba's cache to the folder of these sources, and remove those of earlier ones."""
    home = Path(__file__).parent
    digest = hashlib.sha256()
    for source in sorted(home.glob("*.py")):
        content = source.read_bytes()
        if b"@njit" in content:
            digest.update(content)
    cache = home / "__pycache__"
    folder = cache / f"kernels-{digest.hexdigest()[:16]}"
    chosen = getattr(config, "CACHE_DIR", "")
    if chosen and Path(chosen).parent != cache:
        return  # the user's own choice
    for old in cache.glob("kernels-*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)
    setattr(config, "CACHE_DIR", str(folder))  # noqa: B010
