"""What becomes of a run that hangs: every thread's stack is shown, and the process ends."""

from __future__ import annotations

import faulthandler
import sys
import time

SECONDS_BETWEEN = 1.0


class Watchdog:
    """Ends the process with status 1 after `minutes` without a sign of life, and shows where it stood.

    A process that waits for another in a collective operation, or for a file system that does not answer,
    cannot say so itself: the timer runs outside Python's interpreter. torchrun then restarts all processes.
    Inside a `with` block; `alive` is the sign of life.
    """

    def __init__(self, minutes: float) -> None:
        self._seconds = minutes * 60
        self._since = float("-inf")

    def __enter__(self) -> Watchdog:
        self.alive()
        return self

    def __exit__(self, *_: object) -> None:
        faulthandler.cancel_dump_traceback_later()

    def alive(self) -> None:
        """A sign of life."""
        now = time.monotonic()
        if now - self._since > min(SECONDS_BETWEEN, self._seconds / 10):
            self._since = now
            # The process's own: what stands for it in a program (a test, a notebook) has no descriptor.
            terminal = sys.__stderr__ or sys.stderr
            faulthandler.dump_traceback_later(self._seconds, exit=True, file=terminal)
