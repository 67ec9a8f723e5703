"""The folder that compiled kernels are kept in follows the sources of all kernels."""

from __future__ import annotations

from pathlib import Path

import pytest
from numba import config

from rasana.planning import kernel_cache

KERNEL = "from numba import njit\n@njit(cache=True)\ndef f(x):\n    return x + {}\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kernel_cache, "__file__", str(tmp_path / "kernel_cache.py"))
    monkeypatch.setattr(config, "CACHE_DIR", "")
    (tmp_path / "inner.py").write_text(KERNEL.format(1), encoding="utf-8")
    (tmp_path / "outer.py").write_text(KERNEL.format(2), encoding="utf-8")
    return tmp_path


def kept() -> Path:
    kernel_cache.keep_kernels_fresh()
    folder = Path(config.CACHE_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_a_kernel_of_yesterday_is_not_found_after_any_kernel_has_changed(home: Path) -> None:
    before = kept()
    (home / "inner.py").write_text(KERNEL.format(3), encoding="utf-8")
    assert kept() != before
    assert not before.exists()


def test_sources_that_stay_keep_their_kernels_and_modules_without_kernels_do_not_matter(home: Path) -> None:
    before = kept()
    (home / "plain.py").write_text("A = 1\n", encoding="utf-8")
    assert kept() == before


def test_a_place_that_the_user_has_chosen_is_left_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "CACHE_DIR", str(home.parent / "elsewhere"))
    kernel_cache.keep_kernels_fresh()
    assert str(home.parent / "elsewhere") == config.CACHE_DIR
