"""Signals that ask a run to stop: it finishes the step, saves and exits."""

from __future__ import annotations

import signal
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
INTERRUPTED = 75
"""Exit status of a run that was asked to stop and can be resumed (EX_TEMPFAIL of sysexits)."""


class StopRequest:
    """`asked` is 1 after the first signal, 0 before; a second Ctrl-C ends the process at once."""

    def __init__(self) -> None:
        self.asked = 0.0
        for number in STOP_SIGNALS:
            signal.signal(number, self._receive)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.asked = 1.0
        signal.signal(signal.SIGINT, signal.default_int_handler)
