from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from data.parallel import AHEAD, in_processes
from tests.verbs import PROJECT


def square(number: int) -> int:
    time.sleep(0.01 * (number % 3))  # later items are often done before earlier ones
    return number**2


def own_process(number: int) -> int:
    return os.getpid()


def refuse_seven(number: int) -> int:
    if number == 7:
        raise ValueError("seven is not to be squared")
    return number


def be_killed(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    assert list(in_processes(square, range(30), workers)) == [number**2 for number in range(30)]


def test_processes_other_than_this_one_compute() -> None:
    found = set(in_processes(own_process, range(30), 2))
    assert 1 <= len(found) <= 2 and os.getpid() not in found
    assert set(in_processes(own_process, range(3), 0)) == {os.getpid()}


def test_items_are_taken_as_they_are_needed() -> None:
    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    results = in_processes(square, endless(), 2)
    assert [next(results) for _ in range(3)] == [1, 4, 9]
    assert taken <= 3 + 2 * AHEAD
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("workers", [0, 2])
def test_what_the_function_raises_is_raised_here(workers: int) -> None:
    with pytest.raises(ValueError, match="seven is not to be squared"):
        list(in_processes(refuse_seven, range(20), workers))


def test_a_killed_process_is_explained() -> None:
    with pytest.raises(ValueError, match="one of 1 processes was killed, probably for lack of memory"):
        list(in_processes(be_killed, range(3), 1))


ORPHANS = """
import os, time
from data.parallel import in_processes

def slow(number):
    os.write(1, f"{os.getpid()}\\n".encode())  # one write a line: two processes share the pipe
    time.sleep(0.2)

for _ in in_processes(slow, range(1000), 2):
    pass
"""


def test_processes_end_with_a_killed_main_process() -> None:
    main = subprocess.Popen([sys.executable, "-c", ORPHANS], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert main.stdout is not None
    workers = {int(main.stdout.readline()) for _ in range(4)}
    main.kill()
    main.wait()
    end = time.monotonic() + 120
    while workers and time.monotonic() < end:
        workers = {worker for worker in workers if alive(worker)}
        time.sleep(0.1)
    assert not workers


def alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
