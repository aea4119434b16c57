"""Commands run side by side, each in a process of its own, that stop together when they are asked to.

Hydra's multirun would run trainings in this process, in turn; those of a study are independent of each other.
"""

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


def run_jobs(
    jobs: Sequence[Job], at_once: int, threads: int, stop: StopRequest, log: Callable[[str], None] = print
) -> bool:
    """Runs jobs in turn, `at_once` at a time; returns whether all ended, False where it was asked to stop.

    When `stop` is asked, or a job fails, those that run are asked to end (SIGTERM) and waited for. They stay
    in this process's group, so that Ctrl-C and a terminal's stop reach them as well. `threads`: of each job;
    `log` gets a line when one begins. Raises ValueError for a job that failed, with the last line it printed.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    waiting, running = deque(jobs), dict[Job, subprocess.Popen[bytes]]()
    try:
        while (waiting or running) and not stop.asked:
            while waiting and len(running) < at_once:
                job = waiting.popleft()
                log(f"{job.title} ({len(jobs) - len(waiting)} of {len(jobs)})")
                running[job] = _start(job, environment)
            time.sleep(POLL_SECONDS)
            for job in [job for job, process in running.items() if process.poll() is not None]:
                if running.pop(job).returncode and not stop.asked:
                    raise ValueError(f"{job.title} failed: {_last_line(job.log)} (all of it: {job.log})")
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait()
    return not stop.asked


def _start(job: Job, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    job.log.parent.mkdir(parents=True, exist_ok=True)
    with job.log.open("wb") as log:
        return subprocess.Popen(
            job.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
        )


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").replace("\r", "\n").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")
