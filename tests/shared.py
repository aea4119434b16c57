"""Where tests find real photographs and golden outputs: beside the project, or at SHARED_DATA."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("SHARED_DATA", Path(__file__).resolve().parents[2] / "shared"))


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent: set SHARED_DATA to the folder that holds data/ and golden/")
    return folder


def shared_data(name: str) -> Path:
    """A folder of real photographs with label maps; skips the test where there is none."""
    return _existing(ROOT / "data" / name)


def golden(name: str) -> Path:
    """A folder of what an original network returns; skips the test where there is none."""
    return _existing(ROOT / "golden" / name)
