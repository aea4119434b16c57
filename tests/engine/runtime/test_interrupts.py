"""Real signals to this process; a process that hangs is ended, one that goes on is left alone."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from engine.runtime.interrupts import INTERRUPTED, STOP_SIGNALS, StopRequest


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_the_first_signal_asks(number: signal.Signals) -> None:
    request = StopRequest()
    assert request.asked == 0
    os.kill(os.getpid(), number)
    assert request.asked == 1


def test_a_second_ctrl_c_ends_at_once() -> None:
    StopRequest()
    os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_a_second_sigterm_does_not_disturb_the_saving() -> None:
    request = StopRequest()
    for _ in range(3):
        os.kill(os.getpid(), signal.SIGTERM)
    assert request.asked == 1


def test_exit_status_is_the_one_that_says_try_again() -> None:
    assert INTERRUPTED == os.EX_TEMPFAIL == 75


SCRIPT = """
import time
from engine.runtime.interrupts import Watchdog

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
