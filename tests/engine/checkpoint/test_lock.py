"""Of two that want to write in a run folder one does, and no crash leaves it shut."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from engine.checkpoint.lock import LOCK, Owner, RunLock, locked, read_owner

HOLD = """
import sys, time
from pathlib import Path
from engine.checkpoint.lock import RunLock
RunLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
time.sleep(60)
"""


def quick(run: Path) -> RunLock:
    """A beat every 50 milliseconds; one of another host is watched for 400."""
    return RunLock(run, beat_seconds=0.05, watch_seconds=0.4)


def patient(run: Path) -> RunLock:
    """Watches a lock of another host for so long that a test which waits for it is seen to."""
    return RunLock(run, beat_seconds=0.05, watch_seconds=60)


def holder(run: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(run)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_refuses_and_names_the_first(tmp_path: Path) -> None:
    process = holder(tmp_path)
    try:
        with pytest.raises(ValueError, match=f"{tmp_path} is in use by process {process.pid} on "):
            quick(tmp_path).acquire()
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("reaped", [True, False])
def test_after_a_crash_it_is_taken_at_once(reaped: bool, tmp_path: Path) -> None:
    process = holder(tmp_path)
    process.send_signal(signal.SIGKILL)
    if reaped:
        process.wait()
    else:
        time.sleep(0.2)  # a zombie, as containers without an init process leave them
    lock = patient(tmp_path)
    begun = time.monotonic()
    lock.acquire()
    assert time.monotonic() - begun < 30
    assert read_owner(tmp_path / LOCK).pid == os.getpid()
    lock.release()
    process.wait()


def test_another_process_that_has_the_number_of_the_crashed_one_does_not_hold_it(tmp_path: Path) -> None:
    old = replace(Owner.me(), token="old", started="before the last boot")
    (tmp_path / LOCK).write_text(json.dumps(asdict(old)))
    quick(tmp_path).acquire()


def test_a_lock_of_another_host_is_taken_when_it_stands_still(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text(json.dumps(asdict(replace(Owner.me(), token="old", host="elsewhere -"))))
    lock = quick(tmp_path)
    begun = time.monotonic()
    lock.acquire()
    assert time.monotonic() - begun >= 0.4
    lock.release()
    assert not (tmp_path / LOCK).exists()


def test_a_lock_of_another_host_that_beats_is_respected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("engine.checkpoint.lock._host", lambda: "elsewhere -")
        first = quick(tmp_path)
        first.acquire()
    try:
        with pytest.raises(ValueError, match=r"is in use by process \d+ on elsewhere; wait for its end"):
            patient(tmp_path).acquire()
    finally:
        first.release()


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"token": 1}', "[" * 900, "\xff"])
def test_a_damaged_lock_is_watched_and_taken(content: str, tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text(content, encoding="latin-1")
    lock = quick(tmp_path)
    lock.acquire()
    lock.release()


def test_who_has_lost_it_notices_and_leaves_the_other_alone(tmp_path: Path) -> None:
    """It stood still (a laptop that slept) and another has taken over."""
    first = quick(tmp_path)
    first.acquire()
    first.check()
    other = replace(Owner.me(), token="other")
    (tmp_path / LOCK).write_text(json.dumps(asdict(other)))
    first._beating.join(60)  # its next beat finds the other's name there
    with pytest.raises(ValueError, match="taken over by another process while this one stood still"):
        first.check()
    first.release()
    assert read_owner(tmp_path / LOCK) == other


def test_of_two_that_take_over_at_once_one_refuses(tmp_path: Path) -> None:
    """The later one writes last, and has it."""
    run, script = tmp_path, HOLD.replace("RunLock(Path(sys.argv[1]))", "RunLock(Path(sys.argv[1]), 2.0, 0.5)")
    (run / LOCK).write_text(json.dumps(asdict(replace(Owner.me(), token="old", host="elsewhere -"))))
    command = [sys.executable, "-c", script, str(run)]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    try:
        deadline = time.monotonic() + 60
        while all(process.poll() is None for process in both) and time.monotonic() < deadline:
            time.sleep(0.05)
        lost = [process for process in both if process.poll() is not None]
        assert len(lost) == 1 and "is in use by process" in lost[0].stderr.read()
        (held,) = [process for process in both if process.poll() is None]
        assert held.stdout.readline() == "held\n" and read_owner(run / LOCK).pid == held.pid
    finally:
        for process in both:
            process.kill()
            process.wait()


def test_the_block_gives_it_back_and_leaves_no_empty_folder(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with locked(run, wanted=True) as check:
        check()
        assert (run / LOCK).is_file()
    assert not run.exists()
    with locked(run, wanted=False) as check:
        check()
        assert not run.exists()
