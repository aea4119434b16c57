"""Makes a large data set of tiny pairs, times how long it takes to open, and weighs the workers that read it.

`python scripts/time_index.py FOLDER [--pairs 100000] [--workers 1 2 4]`: the pairs are made in FOLDER, where
they are left for the next time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from itertools import islice
from multiprocessing.process import BaseProcess
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from PIL import Image
from torch.utils.data import DataLoader

from data.dataset import PairedDataset
from data.sampler import StreamSampler
from data.sources.classes import numbered_label_set
from data.sources.folder import Folder
from data.sources.label_format import StoredIds
from data.transforms import JointTransform

SIZE = 8
FORMAT = StoredIds.in_order(numbered_label_set(4, has_unknown=False))


def write_pairs(root: Path, pairs: int) -> None:
    """`pairs` label maps and photos: names of their own, for one content, since only names are looked at."""
    for kind, mode in (("labels", "L"), ("photos", "RGB")):
        folder = root / "train" / kind
        folder.mkdir(parents=True, exist_ok=True)
        first = folder / f"{0:012d}.png"
        if not first.exists():
            Image.new(mode, (SIZE, SIZE)).save(first)
        data = first.read_bytes()
        for number in range(len(os.listdir(folder)), pairs):
            (folder / f"{number:012d}.png").write_bytes(data)


def forget_files() -> bool:
    """Has the system drop what it holds of folders and files, so that they are read anew; needs its owner."""
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3\n")
    except OSError:
        return False
    return True


def open_seconds(root: Path) -> tuple[Folder, float]:
    """The data set, and the seconds it took to open."""
    start = time.perf_counter()
    source = Folder.from_root(root, "train", FORMAT)
    return source, time.perf_counter() - start


def worker_memory(source: Folder, workers: int, batches: int = 400) -> int:
    """Bytes that `workers` processes have to themselves after reading, all together."""
    dataset = PairedDataset(source, JointTransform(SIZE, SIZE, "none"))
    sampler = StreamSampler(len(dataset), batch_size=16)
    loader = DataLoader(dataset, batch_sampler=sampler, num_workers=workers, collate_fn=len)
    reading = iter(loader)
    for _ in islice(reading, batches):
        pass
    processes: list[BaseProcess] = getattr(reading, "_workers")  # noqa: B009
    return sum(private_bytes(process.pid or 0) for process in processes)


def private_bytes(process: int) -> int:
    """Memory that a process shares with no other."""
    rows = (line.split() for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines())
    return sum(1024 * int(row[1]) for row in rows if row[0] in ("Private_Clean:", "Private_Dirty:"))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Time the opening of a large data set.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    given = parser.parse_args()
    torch.set_num_threads(1)
    write_pairs(given.folder, given.pairs)
    cold = forget_files()
    source, first = open_seconds(given.folder)
    source, second = open_seconds(given.folder)
    known = "cold" if cold else "(perhaps not cold)"
    print(f"{len(source)} pairs: {first:.2f} s {known}, {second:.2f} s warm")
    for workers in given.num_workers:
        each = worker_memory(source, workers) / workers
        print(f"{workers} workers: {each / 2**20:.1f} MiB of its own each")


if __name__ == "__main__":
    main()
