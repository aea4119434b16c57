"""A process that hangs shows where, and ends; one that goes on is left alone."""

import subprocess
import sys

SCRIPT = """
import time
from engine.runtime.watchdog import Watchdog

def waits_for_ever():
    {body}

with Watchdog(minutes={minutes}) as watchdog:
    waits_for_ever()
time.sleep(0.5)
print("whole")
"""


def run(minutes: float, body: str) -> subprocess.CompletedProcess[str]:
    script = SCRIPT.format(minutes=minutes, body=body)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)


def test_a_hang_ends_with_the_stack() -> None:
    done = run(0.005, "time.sleep(50)")
    assert done.returncode == 1 and "Timeout" in done.stderr and "in waits_for_ever" in done.stderr


def test_signs_of_life_keep_it_quiet() -> None:
    done = run(0.05, "[(watchdog.alive(), time.sleep(0.2)) for _ in range(17)]")
    assert (done.returncode, done.stdout, done.stderr) == (0, "whole\n", "")
