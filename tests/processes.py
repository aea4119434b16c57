"""Processes that tests start, and those that torchrun starts for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.verbs import Started


def wait_for(happened: Callable[[], object], process: Started, seconds: float = 400) -> None:
    """Returns when `happened()`; fails where the process ends before."""
    end = time.monotonic() + seconds
    while not happened():
        assert process.poll() is None and time.monotonic() < end, process.said()
        time.sleep(0.05)


def ranks(launcher: int) -> list[int]:
    """The training processes that torchrun has started, in the order of their numbers."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        rank = [word for word in environment if word.startswith(b"RANK=")]
        if parent == launcher and rank:
            found[int(rank[0][5:])] = int(folder.name)
    return [found[rank] for rank in sorted(found)]
