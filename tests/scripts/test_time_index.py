from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from scripts.time_index import open_seconds, private_bytes, worker_memory, write_pairs


def test_pairs_are_made_and_opened(tmp_path: Path) -> None:
    write_pairs(tmp_path, 30)
    write_pairs(tmp_path, 40)
    source, seconds = open_seconds(tmp_path)
    assert len(source) == 40 and seconds > 0
    assert source.read(39).name == "000000000039" and source.read(39).photo is not None


def test_memory_of_ones_own_is_weighed() -> None:
    before = private_bytes(os.getpid())
    block = np.ones(2**27, dtype=np.uint8)  # so large that it is never a place that was freed before
    assert 0.9 < (private_bytes(os.getpid()) - before) / block.size < 1.2


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
