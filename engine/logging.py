"""What a run writes down while it trains: log.jsonl, TensorBoard, and a progress bar."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from engine.files import write_whole
from engine.progress import Length, Progress

LOG = "log.jsonl"
SAMPLES = "samples"


class RunLog:
    """Curves and sample pictures, by images seen.

    `images`: where the run resumes; rows beyond it, of a stretch that was lost, are dropped.
    """

    def __init__(self, run: Path, images: int) -> None:
        self.run = run
        _drop_rows_after(run / LOG, images)
        self._tensorboard = SummaryWriter(str(run / "tensorboard"), purge_step=images)

    def write(self, images: int, values: dict[str, float]) -> None:
        """One row of the curves."""
        with (self.run / LOG).open("a") as log:
            log.write(json.dumps({"images": images, **values}) + "\n")
        for name, value in values.items():
            self._tensorboard.add_scalar(name, value, images)

    def write_samples(self, images: int, grid: Tensor) -> None:
        """A picture (H, W, 3) of 8-bit values: to samples/ and TensorBoard."""
        folder = self.run / SAMPLES
        folder.mkdir(exist_ok=True)
        Image.fromarray(grid.cpu().numpy()).save(folder / f"{images:09d}.png")
        self._tensorboard.add_image("labels | fake | real", grid, images, dataformats="HWC")

    def close(self) -> None:
        """Writes what is still held back."""
        self._tensorboard.close()


class TrainingBar:
    """The bar: share of the run, time left, images a second, losses."""

    def __init__(self, length: Length, progress: Progress, visible: bool) -> None:
        self._length = length
        self._progress = progress
        self._bar = tqdm(
            total=length.total,
            initial=length.done(progress),
            disable=not visible,
            dynamic_ncols=True,
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
        """Leaves the bar as it stands."""
        self._bar.close()


def read_log(run: Path) -> list[dict[str, float]]:
    """The rows of log.jsonl, oldest first; none where there is no log."""
    file = run / LOG
    return [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []


def _drop_rows_after(log: Path, images: int) -> None:
    if not log.is_file():
        return
    kept = []
    for line in log.read_text().splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            break  # cut off in the middle when the run was killed
        if row["images"] <= images:
            kept.append(line)
    write_whole(log, lambda file: _write_lines(file, kept))


def _write_lines(file: Path, lines: list[str]) -> None:
    file.write_text("".join(line + "\n" for line in lines))
