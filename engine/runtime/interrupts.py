"""How a run ends before its time: a signal asks it to stop, a watchdog ends it where it hangs."""

from __future__ import annotations

import faulthandler
import signal
import sys
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


class Watchdog:
    """Ends the process with status 1 after `minutes` without a call of `alive`, and prints every stack.

    A process that waits for another one or for a file system cannot do so itself: the timer runs outside
    Python's interpreter, within a `with` block. torchrun then restarts all processes.
    """

    def __init__(self, minutes: float) -> None:
        self._seconds = minutes * 60

    def __enter__(self) -> Watchdog:
        self.alive()
        return self

    def __exit__(self, *_: object) -> None:
        faulthandler.cancel_dump_traceback_later()

    def alive(self) -> None:
        """Starts the minutes anew."""
        # The process's own stream: what replaces it in a test or a notebook has no descriptor.
        faulthandler.dump_traceback_later(self._seconds, exit=True, file=sys.__stderr__ or sys.stderr)
