from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.time_index import open_seconds, worker_memory, write_pairs

PROJECT = Path(__file__).resolve().parents[2]


def test_pairs_are_made_and_opened(tmp_path: Path) -> None:
    write_pairs(tmp_path, 30)
    write_pairs(tmp_path, 40)
    source, seconds = open_seconds(tmp_path)
    assert len(source) == 40 and seconds > 0
    assert source.read(39).name == "000000000039" and source.read(39).photo is not None


WEIGHED = """
import os
import numpy as np
from scripts.time_index import private_bytes
before = private_bytes(os.getpid())
block = np.ones(2**25, dtype=np.uint8)
print((private_bytes(os.getpid()) - before) / block.size)
"""


def test_memory_of_ones_own_is_weighed() -> None:
    """In a new process: in an old one a block may come to lie where memory was freed before."""
    done = subprocess.run([sys.executable, "-c", WEIGHED], cwd=PROJECT, capture_output=True, text=True)
    assert 0.9 < float(done.stdout) < 1.2, done.stderr


@pytest.mark.slow
def test_a_hundred_thousand_pairs(tmp_path: Path) -> None:
    write_pairs(tmp_path / "few", 100)
    write_pairs(tmp_path / "many", 100_000)
    few, _ = open_seconds(tmp_path / "few")
    many, _ = open_seconds(tmp_path / "many")
    start = time.process_time()  # that of the clock would be other programs' as well
    open_seconds(tmp_path / "many")
    assert time.process_time() - start < 1
    # Lists of strings would cost the two workers 30 MB; what they read differs by some MB from time to time.
    assert worker_memory(many, 2, batches=100) - worker_memory(few, 2, batches=100) < 2**24
