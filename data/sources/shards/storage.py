"""Where shards lie: a folder, or a URL, whose shards are kept in a cache of bounded size while in use."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

from filelock import FileLock

from data.atomic_write import write_atomically

SCHEMES = ("http", "https", "gs", "hf", "ais")
"""What URLs may begin with. The library knows "pipe:" too, which runs commands: stored options must not."""

CHUNK = 2**20


@dataclass(frozen=True)
class FolderStorage:
    """Shards in a folder."""

    folder: Path

    def text(self, name: str) -> str:
        """A small file; FileNotFoundError where there is none."""
        return self.path(name).read_text(encoding="utf-8")

    def path(self, name: str) -> Path:
        """The file on this machine that holds the shard of this name."""
        return self.folder / name

    def __str__(self) -> str:
        return str(self.folder)


@dataclass(frozen=True)
class UrlStorage:
    """Shards behind a URL, fetched by the webdataset library, an optional dependency.

    Those in use are kept in `cache`; where it exceeds `max_bytes`, the shards used longest ago are removed.
    Processes of a machine share the cache: each shard is fetched once.
    """

    url: str
    cache: Path
    max_bytes: int

    def __post_init__(self) -> None:
        scheme = urlparse(self.url).scheme
        if scheme not in SCHEMES:
            raise ValueError(f"{self.url}: shards are fetched by {', '.join(SCHEMES)}, not by {scheme}")
        try:
            import webdataset.gopen  # noqa: F401
        except ImportError as error:
            raise ValueError(
                f"{self.url}: shards behind a URL need the webdataset library; install it with "
                'pip install ".[shards]"'
            ) from error

    def text(self, name: str) -> str:
        return b"".join(self._chunks(name)).decode("utf-8")

    def path(self, name: str) -> Path:
        folder = self.cache / hashlib.sha256(self.url.encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / name

        def fetch(partial: Path) -> None:
            with partial.open("wb") as stream:
                stream.writelines(self._chunks(name))

        with FileLock(folder / f".{name}.lock"):
            if not file.is_file():
                write_atomically(file, fetch)
                self._make_room(spare=file)
            os.utime(file)  # used now
        return file

    def __str__(self) -> str:
        return self.url

    def _chunks(self, name: str) -> Iterator[bytes]:
        from webdataset.gopen import gopen  # optional

        address = f"{self.url}/{name}"
        try:
            with gopen(address) as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
        except (OSError, ValueError) as error:
            # The error of a program that fetches holds its whole command line.
            status = re.search(r"exit \d+", str(error))
            why = f"the program that fetches ended with {status[0]}" if status else str(error)
            raise ValueError(f"{address}: cannot be fetched ({why}); check the address") from error

    def _make_room(self, spare: Path) -> None:
        files = [(file.stat().st_mtime, file.stat().st_size, file) for file in self.cache.glob("*/*.tar")]
        total = sum(size for _, size, _ in files)
        for _, size, file in sorted(files):
            if total <= self.max_bytes:
                break
            if file != spare:
                file.unlink(missing_ok=True)
                total -= size


Storage = FolderStorage | UrlStorage


def storage_of(root: str, split: str, cache: Path, max_bytes: int) -> Storage:
    """ROOT/SPLIT, where ROOT is a folder or a URL."""
    if "://" not in root:
        return FolderStorage(Path(root) / split)
    return UrlStorage(f"{root.rstrip('/')}/{split}", cache, max_bytes)
