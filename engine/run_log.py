"""What a run writes down while it trains: log.jsonl, TensorBoard, and a progress bar."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from PIL import Image
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from data.atomic_write import write_atomically, write_text_atomically
from engine.progress import Length, Progress

LOG = "log.jsonl"
SAMPLES = "samples"
SECONDS_BETWEEN_BARS = 0.1
SECONDS_BETWEEN_BARS_IN_A_FILE = 10.0
"""A file keeps every bar that is drawn."""


class RunLog:
    """Curves and sample pictures, by images seen.

    `images`: where the run resumes; rows beyond it, of a stretch that was lost, are dropped.
    What cannot be written raises OSError, and what comes later is written again.
    """

    def __init__(self, run: Path, images: int) -> None:
        self.run = run
        _drop_rows_after(run / LOG, images)
        self._unwritten: list[str] = []
        self._tensorboard = self._open_tensorboard(images)

    def write(self, images: int, values: dict[str, float]) -> None:
        """One row of the curves, and those before it that could not be written."""
        self._unwritten.append(json.dumps({"images": images, **values}) + "\n")
        self._append()
        with self._tensorboard_reopened(images):
            for name, value in values.items():
                self._tensorboard.add_scalar(name, value, images)

    def write_samples(self, images: int, grid: Tensor) -> None:
        """A picture (H, W, 3) of 8-bit values: to samples/ and TensorBoard."""
        folder = self.run / SAMPLES
        folder.mkdir(exist_ok=True)
        picture = Image.fromarray(grid.cpu().numpy())
        write_atomically(folder / f"{images:09d}.png", lambda file: picture.save(file, "PNG"))
        with self._tensorboard_reopened(images):
            self._tensorboard.add_image("labels | fake | real", grid, images, dataformats="HWC")

    def close(self) -> None:
        """Writes what is still held back."""
        self._tensorboard.close()

    def _append(self) -> None:
        """All of the unwritten rows or, on a full disk, none: they are written later."""
        file = self.run / LOG
        whole = file.stat().st_size if file.exists() else 0
        try:
            with file.open("a") as log:
                log.writelines(self._unwritten)
        except OSError:
            with suppress(OSError):
                os.truncate(file, whole)
            raise
        self._unwritten = []

    def _open_tensorboard(self, images: int) -> SummaryWriter:
        return SummaryWriter(str(self.run / "tensorboard"), purge_step=images + 1)

    @contextmanager
    def _tensorboard_reopened(self, images: int) -> Iterator[None]:
        """Another writer follows one that failed: its thread has ended."""
        try:
            yield
        except OSError:
            self._tensorboard = self._open_tensorboard(images)
            raise


class TrainingBar:
    """The bar: share of the run, time left, images a second, losses."""

    def __init__(self, length: Length, progress: Progress, visible: bool) -> None:
        self._length = length
        self._progress = progress
        self._begun = length.done(progress)
        interval = SECONDS_BETWEEN_BARS if sys.stderr.isatty() else SECONDS_BETWEEN_BARS_IN_A_FILE
        self._bar = tqdm(
            total=length.total,
            initial=self._begun,
            disable=not visible,
            dynamic_ncols=True,
            mininterval=interval,
            bar_format="{percentage:3.0f}%|{bar}| {n:.5g}/{total:g} "
            + length.unit
            + " [{elapsed}<{remaining}] {postfix}",
        )

    def show(self) -> None:
        """Moves the bar to where the run is."""
        self._bar.update(self._length.done(self._progress) - self._bar.n)

    def show_values(self, images_per_second: float, values: dict[str, float]) -> None:
        """Shows speed and losses beside the bar."""
        losses = " ".join(f"{name.split('/')[1]} {value:.2f}" for name, value in values.items())
        self._bar.set_postfix_str(f"{images_per_second:.1f} images/s {losses}", refresh=False)

    def say(self, line: str) -> None:
        """Prints a line above the bar."""
        if not self._bar.disable:
            self._bar.write(line)

    def close(self) -> None:
        """Leaves the bar as it stands, and nothing where it never moved."""
        self._bar.leave = self._bar.n > self._begun
        self._bar.close()


def read_log(run: Path) -> list[dict[str, float]]:
    """The rows of log.jsonl, oldest first; none where there is no log."""
    file = run / LOG
    rows: list[dict[str, float]] = []
    for line in file.read_text().splitlines() if file.is_file() else []:
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue  # cut off in the middle: the run was killed, the disk was full, or it is being written
    return rows


def _drop_rows_after(log: Path, images: int) -> None:
    kept = [row for row in read_log(log.parent) if row["images"] <= images]
    if log.is_file():
        write_text_atomically(log, "".join(json.dumps(row) + "\n" for row in kept))
