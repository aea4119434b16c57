"""Kept memory: the setting is taken, and a large tensor's place is used again."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
FAULTS = """
import resource, sys
from engine.runtime.allocator import keep_freed_memory
if sys.argv[1] == "kept" and not keep_freed_memory():
    raise SystemExit("unsupported")
import torch
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(12):
    torch.empty(2**24).fill_(1)
before = faults()
for _ in range(5):
    torch.empty(2**24).fill_(1)
print(faults() - before)
"""


def page_faults(how: str) -> int:
    """Of five tensors of 64 MB, one after another, after a dozen of them."""
    done = subprocess.run([sys.executable, "-c", FAULTS, how], cwd=PROJECT, capture_output=True, text=True)
    if "unsupported" in done.stderr:
        pytest.skip("the system's allocator is not glibc")
    return int(done.stdout)


def test_large_tensors_do_not_wait_for_the_kernel() -> None:
    assert page_faults("kept") * 10 < page_faults("given back")
