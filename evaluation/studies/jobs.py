"""Commands run side by side, each in a process of its own, that stop together when they are asked to."""

from __future__ import annotations

import os
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.runtime.interrupts import StopRequest

POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Job:
    """A command; what it prints goes to the file `log`."""

    title: str
    command: tuple[str, ...]
    log: Path


class Jobs:
    """Runs commands, `at_once` at a time, each with so many `threads`.

    When `stop` is asked, or one of them fails, those that run are asked to end (SIGTERM) and waited for.
    They stay in this process's group, so that Ctrl-C and a terminal's stop reach them as well.
    `say` is given a line when one begins or ends.
    """

    def __init__(
        self, at_once: int, threads: int, stop: StopRequest, say: Callable[[str], None] = print
    ) -> None:
        self._at_once = at_once
        self._environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        self._stop = stop
        self._say = say

    def run(self, jobs: Sequence[Job]) -> bool:
        """Runs them in turn; answers whether all came to their end, False where it was asked to stop.

        Raises ValueError for one that failed, with the last line it printed.
        """
        waiting, running, failed = deque(jobs), dict[Job, subprocess.Popen[bytes]](), list[Job]()
        try:
            while running or (waiting and not self._stop.asked and not failed):
                while waiting and len(running) < self._at_once and not self._stop.asked and not failed:
                    job = waiting.popleft()
                    running[job] = self._start(job, len(jobs) - len(waiting), len(jobs))
                time.sleep(POLL_SECONDS)
                ended = [job for job, process in running.items() if process.poll() is not None]
                for job in ended:
                    if running.pop(job).returncode and not self._stop.asked:
                        failed.append(job)
                if self._stop.asked or failed:
                    _ask_to_end(running)
        finally:
            _ask_to_end(running)
        if failed:
            raise ValueError(
                f"{failed[0].title} failed: {_last_line(failed[0].log)} (all of it: {failed[0].log})"
            )
        return not self._stop.asked

    def _start(self, job: Job, number: int, count: int) -> subprocess.Popen[bytes]:
        self._say(f"{job.title} ({number} of {count})")
        job.log.parent.mkdir(parents=True, exist_ok=True)
        with job.log.open("wb") as log:
            return subprocess.Popen(
                job.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment
            )


def _ask_to_end(running: dict[Job, subprocess.Popen[bytes]]) -> None:
    for process in running.values():
        process.terminate()
    for process in running.values():
        process.wait()
    running.clear()


def _last_line(log: Path) -> str:
    lines = [
        line for line in log.read_text(errors="replace").replace("\r", "\n").splitlines() if line.strip()
    ]
    return lines[-1].strip() if lines else "it printed nothing"
