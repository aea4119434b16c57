"""What a run writes while it trains: log.jsonl, TensorBoard and sample images."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from PIL import Image
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from data.atomic_write import write_atomically, write_text_atomically

LOG = "log.jsonl"
SAMPLES = "samples"


class RunLog:
    """Curves and sample images, by images seen; rows after `images`, where the run resumes, are dropped.

    A method that cannot write raises OSError; the next call writes the missing rows as well.
    """

    def __init__(self, run: Path, images: int) -> None:
        self.run = run
        self._unwritten: list[str] = []
        if (log := run / LOG).is_file():
            kept = [json.dumps(row) + "\n" for row in read_log(run) if row["images"] <= images]
            write_text_atomically(log, "".join(kept))
        self._tensorboard = self._open_tensorboard(images)

    def write(self, images: int, values: dict[str, float]) -> None:
        """Writes a row of the curves and those that could not be written before it, all or none of them."""
        self._unwritten.append(json.dumps({"images": images, **values}) + "\n")
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
        with self._tensorboard_reopened(images):
            for name, value in values.items():
                self._tensorboard.add_scalar(name, value, images)

    def write_samples(self, images: int, grid: Tensor) -> None:
        """Writes an image (H, W, 3) of 8-bit values to samples/ and TensorBoard."""
        folder = self.run / SAMPLES
        folder.mkdir(exist_ok=True)
        image = Image.fromarray(grid.cpu().numpy())
        write_atomically(folder / f"{images:09d}.png", lambda file: image.save(file, "PNG"))
        with self._tensorboard_reopened(images):
            self._tensorboard.add_image("labels | fake | real", grid, images, dataformats="HWC")

    def close(self) -> None:
        """Writes what is still buffered."""
        self._tensorboard.close()

    def _open_tensorboard(self, images: int) -> SummaryWriter:
        return SummaryWriter(str(self.run / "tensorboard"), purge_step=images + 1)

    @contextmanager
    def _tensorboard_reopened(self, images: int) -> Iterator[None]:
        """Opens another writer where one has failed: its thread has ended."""
        try:
            yield
        except OSError:
            self._tensorboard = self._open_tensorboard(images)
            raise


def read_log(run: Path) -> list[dict[str, float]]:
    """The rows of log.jsonl, oldest first; none where there is no log."""
    file = run / LOG
    rows: list[dict[str, float]] = []
    for line in file.read_text().splitlines() if file.is_file() else []:
        with suppress(json.JSONDecodeError):  # cut off: the run was killed, or the line is being written
            rows.append(json.loads(line))
    return rows
