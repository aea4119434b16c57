"""Commands side by side: in turn, no more than asked for, and ended together."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runtime.interrupts import STOP_SIGNALS, StopRequest
from evaluation.studies.jobs import Job, run_jobs


@pytest.fixture
def stop() -> Iterator[StopRequest]:
    handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    yield StopRequest()
    for number, handler in handlers.items():
        signal.signal(number, handler)


def job(folder: Path, title: str, program: str) -> Job:
    return Job(title, (sys.executable, "-S", "-c", program), folder / "logs" / f"{title}.txt")


def interval(folder: Path, title: str) -> Job:
    """Writes when it began and ended."""
    return job(folder, title, "import time; print(time.time()); time.sleep(0.3); print(time.time())")


@pytest.mark.parametrize("at_once", [1, 2])
def test_no_more_run_at_a_time_than_asked_for(tmp_path: Path, stop: StopRequest, at_once: int) -> None:
    logged: list[str] = []
    jobs = [interval(tmp_path, title) for title in "abc"]
    assert run_jobs(jobs, at_once, 1, stop, logged.append)
    assert logged == ["a (1 of 3)", "b (2 of 3)", "c (3 of 3)"]
    spans = [tuple(map(float, each.log.read_text().split())) for each in jobs]
    most = max(sum(begin <= moment < end for begin, end in spans) for moment, _ in spans)
    assert most == at_once


def test_each_has_its_threads_and_nothing_to_read(tmp_path: Path, stop: StopRequest) -> None:
    asks = job(tmp_path, "a", "import os, sys; print(os.environ['OMP_NUM_THREADS'], repr(sys.stdin.read()))")
    assert run_jobs([asks], 1, 3, stop)
    assert asks.log.read_text() == "3 ''\n"


def test_one_that_fails_ends_the_others_and_is_named(tmp_path: Path, stop: StopRequest) -> None:
    waits = job(tmp_path, "waits", "import time; time.sleep(60)")
    fails = job(tmp_path, "fails", "print('1%\\r2%\\nerror: no room\\n'); raise SystemExit(2)")
    never = job(tmp_path, "never", "")
    before = time.monotonic()
    with pytest.raises(ValueError, match=r"^fails failed: error: no room \(all of it: .*fails.txt\)$"):
        run_jobs([waits, fails, never], 2, 1, stop)
    assert time.monotonic() - before < 30 and not never.log.exists()


def test_a_request_to_stop_lets_those_that_run_save(tmp_path: Path, stop: StopRequest) -> None:
    saves = job(
        tmp_path,
        "saves",
        "import os, signal, time\n"
        "def save(*_): print('saved', flush=True); raise SystemExit(75)\n"
        "signal.signal(signal.SIGTERM, save); os.kill(os.getppid(), signal.SIGTERM); time.sleep(60)",
    )
    never = job(tmp_path, "never", "")
    assert not run_jobs([saves, never], 1, 1, stop)
    assert saves.log.read_text() == "saved\n" and not never.log.exists()
    assert not run_jobs([never], 1, 1, stop) and not never.log.exists()


def test_nothing_to_do_is_done(stop: StopRequest) -> None:
    assert run_jobs([], 2, 1, stop)
