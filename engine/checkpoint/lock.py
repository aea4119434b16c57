"""One process writes in a run folder: a lock that outlives no crash, on shared file systems too.

The lock is a small file that names host, process and a beat, which a thread renews. File systems that hosts
share do not agree on locks of the operating system, and clocks of hosts differ; so whoever finds a lock of
another host watches whether it still beats, and needs no clock but its own.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

LOCK = "lock"
BEAT_SECONDS = 10.0
WATCH_SECONDS = 45.0
"""How long a lock of another host may stand still before it is taken over; four beats."""


@dataclass(frozen=True)
class Owner:
    """Who holds a lock: `token` tells two holders apart, `started` two processes with one number."""

    token: str
    host: str
    pid: int
    started: str
    beat: int = 0

    @classmethod
    def me(cls) -> Owner:
        """This process, under a new token."""
        return cls(uuid.uuid4().hex, _host(), os.getpid(), _started(os.getpid()))

    @property
    def is_dead(self) -> bool:
        """Known to be gone: it was a process of this host, and is none any more."""
        return self.host == _host() and _started(self.pid) != self.started


class RunLock:
    """The right to write in a run folder, from `acquire` to `release`."""

    def __init__(
        self, run: Path, beat_seconds: float = BEAT_SECONDS, watch_seconds: float = WATCH_SECONDS
    ) -> None:
        self.file = run / LOCK
        self.owner = Owner.me()
        self._beat_seconds = beat_seconds
        self._watch_seconds = watch_seconds
        self._lost = False
        self._released = threading.Event()
        self._beating = threading.Thread(target=self._beat, name="lock", daemon=True)

    def acquire(self) -> None:
        """Takes the lock, from a process that is gone if need be; ValueError naming who holds it else."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self.file.open("x") as new:
                new.write(json.dumps(asdict(self.owner)))
        except FileExistsError:
            self._take_over()
        self._beating.start()

    def release(self) -> None:
        """Gives the lock back, if it still is this process's."""
        self._released.set()
        if self._beating.is_alive():
            self._beating.join()
        with suppress(OSError):
            if self._holds():
                self.file.unlink()
            self.file.parent.rmdir()  # where nothing came of the run; a folder with files in it stays

    def check(self) -> None:
        """Raises ValueError where another process has taken the lock over, thinking this one dead."""
        if self._lost:
            raise ValueError(
                f"{self.file.parent} has been taken over by another process while this one stood still; "
                "this one stops, and writes nothing more"
            )

    def _take_over(self) -> None:
        held = read_owner(self.file)
        if held is None or not held.is_dead:
            if held is not None and held.host == _host():
                raise self._taken_by(held)
            self._watch(held)
        self._write(self.owner)
        time.sleep(self._beat_seconds / 10)  # of two that take over at once, the later one has it
        found = read_owner(self.file)
        if found is None or found.token != self.owner.token:
            raise self._taken_by(found)

    def _watch(self, held: Owner | None) -> None:
        """Returns when the lock has stood still for long enough; ValueError as soon as it beats."""
        end = time.monotonic() + self._watch_seconds
        while time.monotonic() < end:
            time.sleep(self._beat_seconds / 4)
            found = read_owner(self.file)
            if found is None and not self.file.exists():
                return  # given back meanwhile
            if found != held:
                raise self._taken_by(found)

    def _taken_by(self, owner: Owner | None) -> ValueError:
        who = "another process" if owner is None else f"process {owner.pid} on {owner.host.split()[0]}"
        return ValueError(
            f"{self.file.parent} is in use by {who}; wait for its end, or choose another name "
            f"(where no such process exists, remove {self.file})"
        )

    def _holds(self) -> bool:
        found = read_owner(self.file)
        return found is not None and found.token == self.owner.token

    def _write(self, owner: Owner) -> None:
        """All of it at once, under a name of this process's own meanwhile: two may be at it."""
        own = self.file.with_name(f".{LOCK}-{self.owner.token}")
        try:
            own.write_text(json.dumps(asdict(owner)))
            os.replace(own, self.file)
        finally:
            own.unlink(missing_ok=True)

    def _beat(self) -> None:
        beat = 0
        while not self._released.wait(self._beat_seconds):
            beat += 1
            with suppress(OSError):  # a full disk or a folder that is gone is for the checkpoint to say
                if self.file.exists() and not self._holds():
                    self._lost = True
                    return
                self._write(replace(self.owner, beat=beat))


@contextmanager
def locked(run: Path, wanted: bool) -> Iterator[Callable[[], None]]:
    """Holds the lock of a run folder while the block runs, and answers its `check`; none unless `wanted`."""
    if not wanted:
        yield lambda: None
        return
    lock = RunLock(run)
    lock.acquire()
    try:
        yield lock.check
    finally:
        lock.release()


def read_owner(file: Path) -> Owner | None:
    """Who holds a lock; None where the file is absent, or still being written."""
    try:
        with file.open("rb") as stream:
            stored = json.loads(stream.read(1000))
        return Owner(
            str(stored["token"]),
            str(stored["host"]),
            int(stored["pid"]),
            str(stored["started"]),
            int(stored["beat"]),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _host() -> str:
    """The host, and which of its process tables counts here: a container has one of its own."""
    try:
        return f"{socket.gethostname()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return f"{socket.gethostname()} -"


def _started(pid: int) -> str:
    """What tells a process from others that had or will have its number; "" where there is none.

    Boot and start of the process in ticks, where the system tells them.
    """
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return ""
    except PermissionError:
        pass  # somebody else's: it lives
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return "" if state in "ZX" else f"{boot} {rest[18]}"  # a zombie is gone
    except (OSError, IndexError):
        return "alive"
