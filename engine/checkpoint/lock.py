"""One process writes in a run folder: a lock that outlives no crash, on shared file systems too.

`filelock.SoftFileLease`: a small file, created exclusively, names host and process, and a thread renews its
time; flock is often not seen by other hosts. A holder that died is recognised at once on its own host, on
another when nothing is renewed for `LEASE_SECONDS`, by the clock of the process that waits. A holder that
stood still for so long notices before it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import LeaseSettingsMismatch, SoftFileLease, Timeout

LOCK = "lock"
LEASE_SECONDS = 45.0
RENEWALS = 9
"""In a lease; a second process waits for one before it is refused."""


@contextmanager
def locked(run: Path, wanted: bool, lease_seconds: float = LEASE_SECONDS) -> Iterator[Callable[[], None]]:
    """Holds the lock of a run folder while the block runs, if `wanted`; ValueError naming another holder.

    Yields a function that raises ValueError where another process has taken the lock over.
    """
    if not wanted:
        yield lambda: None
        return
    run.mkdir(parents=True, exist_ok=True)
    interval = lease_seconds / RENEWALS
    lease = SoftFileLease(run / LOCK, lease_duration=lease_seconds, heartbeat_interval=interval)
    _acquire(lease, run / LOCK)

    def check() -> None:
        owner = lease.owner
        if owner is not None and owner.token != lease.token:
            raise ValueError(
                f"{run} has been taken over by another process while this one stood still; "
                "this one stops, and writes nothing more"
            )

    try:
        yield check
    finally:
        with suppress(OSError):
            lease.release()
            run.rmdir()  # where nothing came of the run; a folder with files in it stays


def _acquire(lease: SoftFileLease, file: Path) -> None:
    """Takes the lock, from a holder that is gone if need be; ValueError as soon as the holder renews it."""
    found = _version(file)
    if found is not None and found[2] == 0:
        file.unlink(missing_ok=True)  # its holder died before it wrote its name
    try:
        # Longer than a holder may stand still, since the watch begins with the first look.
        lease.acquire(1.5 * lease.lease_duration, cancel_check=lambda: _version(file) not in (found, None))
    except (Timeout, LeaseSettingsMismatch) as error:
        owner = lease.owner
        # A container's host name is followed by its process table.
        who = f"process {owner.pid} on {owner.hostname.split('?')[0]}" if owner else "another process"
        raise ValueError(
            f"{file.parent} is in use by {who}; wait for its end, or choose another name "
            f"(where no such process exists, remove {file})"
        ) from error


def _version(file: Path) -> tuple[int, int, int] | None:
    """Inode, time and size, of which a renewal or another holder changes one; None where there is no lock."""
    with suppress(FileNotFoundError):
        status = file.stat()
        return status.st_ino, status.st_mtime_ns, status.st_size
    return None
