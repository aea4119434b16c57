"""Real signals to this process."""

import os
import signal
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
