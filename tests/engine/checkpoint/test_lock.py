"""Of two processes that want to write in a run folder one does, and no crash leaves it locked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.checkpoint.lock import LOCK, locked

LEASE = 3.0
HOLD = """
import sys, time
from pathlib import Path
from engine.checkpoint.lock import locked
with locked(Path(sys.argv[1]), True, float(sys.argv[2])):
    print("held", flush=True)
    time.sleep(60)
"""
ELSEWHERE = "filelock/2\npid=7\nhost=elsewhere\nmode=lease\ntoken=00ff\nduration={}\n"
"""The file of a holder on another host."""
FORMER = '{"token": "0f", "host": "elsewhere -", "pid": 7, "started": "alive", "beat": 3}'
"""The file of a version that kept its locks itself."""


def start_holder(run: Path, lease: float = 45.0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLD, str(run), str(lease)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def holder(run: Path, lease: float = 45.0) -> subprocess.Popen[str]:
    process = start_holder(run, lease)
    assert process.stdout.readline() == "held\n", process.stderr.read()
    return process


def pid_in(file: Path) -> int:
    (line,) = [line for line in file.read_text().splitlines() if line.startswith("pid=")]
    return int(line[4:])


def test_the_second_is_refused_and_names_the_first(tmp_path: Path) -> None:
    process = holder(tmp_path, LEASE)
    message = rf"{tmp_path} is in use by process {process.pid} on .*remove {tmp_path / LOCK}"
    try:
        with pytest.raises(ValueError, match=message), locked(tmp_path, True, LEASE):
            pass
        assert pid_in(tmp_path / LOCK) == process.pid
    finally:
        process.kill()
        process.wait()


def test_after_a_crash_it_is_taken_at_once(tmp_path: Path) -> None:
    process = holder(tmp_path)
    process.kill()
    process.wait()
    begun = time.monotonic()
    with locked(tmp_path, True) as check:
        assert time.monotonic() - begun < 30
        assert pid_in(tmp_path / LOCK) == os.getpid()
        check()


def test_a_zombie_holds_it_no_longer_than_its_lease(tmp_path: Path) -> None:
    """Containers without an init process leave them."""
    process = holder(tmp_path, LEASE)
    process.kill()
    with locked(tmp_path, True, LEASE):
        assert pid_in(tmp_path / LOCK) == os.getpid()
    process.wait()


def test_another_process_that_has_the_number_of_the_crashed_one_does_not_hold_it(tmp_path: Path) -> None:
    process = holder(tmp_path)
    lines = (tmp_path / LOCK).read_text().splitlines()
    process.kill()
    process.wait()
    assert any(line.startswith("start=") for line in lines)
    ours = [f"pid={os.getpid()}" if line.startswith("pid=") else line for line in lines]
    (tmp_path / LOCK).write_text("\n".join(ours) + "\n")
    begun = time.monotonic()
    with locked(tmp_path, True):
        assert time.monotonic() - begun < 30


def test_a_lock_of_another_host_is_taken_when_it_stands_still(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text(ELSEWHERE.format(LEASE))
    begun = time.monotonic()
    with locked(tmp_path, True, LEASE):
        assert time.monotonic() - begun >= LEASE
        assert pid_in(tmp_path / LOCK) == os.getpid()
    assert not (tmp_path / LOCK).exists()


def test_a_lock_of_another_host_that_is_renewed_is_respected(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text(ELSEWHERE.format(45.0))
    renew = [sys.executable, "-c", "import os, sys, time; time.sleep(2); os.utime(sys.argv[1])"]
    renewing = subprocess.Popen([*renew, str(tmp_path / LOCK)])
    begun = time.monotonic()
    with (
        pytest.raises(ValueError, match=r"is in use by process 7 on elsewhere; wait for its end"),
        locked(tmp_path, True),
    ):
        pass
    assert time.monotonic() - begun < 30
    renewing.wait()


@pytest.mark.parametrize("content", ["", "{", "\xff", FORMER, ELSEWHERE.format(45)[:-4]])
def test_a_damaged_lock_and_one_of_a_former_version_are_taken(content: str, tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text(content, encoding="latin-1")
    with locked(tmp_path, True, LEASE) as check:
        check()


def test_a_holder_that_has_lost_it_notices_and_leaves_the_other_alone(tmp_path: Path) -> None:
    """It stood still (a laptop that slept) and another has taken over."""
    other = ELSEWHERE.format(45.0)
    with locked(tmp_path, True) as check:
        check()
        (tmp_path / LOCK).unlink()
        check()
        (tmp_path / LOCK).write_text(other)
        with pytest.raises(ValueError, match="taken over by another process while this one stood still"):
            check()
    assert (tmp_path / LOCK).read_text() == other


def test_a_run_folder_that_is_gone_is_no_lost_lock(tmp_path: Path) -> None:
    """The next checkpoint makes the folder again."""
    with locked(tmp_path / "run", True) as check:
        shutil.rmtree(tmp_path / "run")
        check()


def test_of_two_that_take_over_at_once_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text(ELSEWHERE.format(LEASE))
    both = [start_holder(tmp_path, LEASE) for _ in range(2)]
    try:
        deadline = time.monotonic() + 60
        while all(process.poll() is None for process in both) and time.monotonic() < deadline:
            time.sleep(0.05)
        (lost,) = [process for process in both if process.poll() is not None]
        assert "is in use by process" in lost.stderr.read()
        (held,) = [process for process in both if process.poll() is None]
        assert held.stdout.readline() == "held\n" and pid_in(tmp_path / LOCK) == held.pid
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
