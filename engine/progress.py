"""How far a run is, in images seen and seconds spent, and the bars that show it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Generic, Literal, TypeVar

from tqdm import tqdm

from data.batch import Batch

SECONDS_BETWEEN_BARS = 0.1
SECONDS_BETWEEN_BARS_IN_A_FILE = 10.0
"""A file keeps every bar that is drawn."""

Item = TypeVar("Item", bound=Batch | tuple[object, Batch])


@dataclass
class Progress:
    """What a run has done so far, over all its restarts."""

    images: int = 0
    seconds: float = 0.0

    def state_dict(self) -> dict[str, float]:
        """What a checkpoint keeps."""
        return asdict(self)

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Restores what `state_dict` returned."""
        images, seconds = int(state["images"]), float(state["seconds"])
        if images < 0 or not seconds >= 0:
            raise ValueError(f"{images} images and {seconds} seconds: neither can be negative")
        self.images, self.seconds = images, seconds


@dataclass(frozen=True)
class Length:
    """When a run ends: after a `total` of images, or of minutes of training."""

    total: float
    unit: Literal["images", "minutes"]

    def done(self, progress: Progress) -> float:
        """How much is done, in `unit`, at most `total`."""
        done = progress.images if self.unit == "images" else progress.seconds / 60
        return min(done, self.total)

    def fraction(self, progress: Progress) -> float:
        """The fraction of the run that is done, 0 to 1."""
        return self.done(progress) / self.total


class Stopwatch:
    """Adds the time of training, not that of pauses, to a progress."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._last = progress, time.monotonic()

    def lap(self) -> None:
        """Counts the time since the last lap."""
        now = time.monotonic()
        self._progress.seconds += now - self._last
        self._last = now


def passed(interval: int, before: int, after: int) -> bool:
    """Whether a multiple of `interval` images lies in (before, after]."""
    return before // interval < after // interval


@dataclass(frozen=True)
class ProgressBar(Generic[Item]):
    """Iterates over `items` with a bar that counts their images, and removes it at the end.

    `items`: batches, or pairs of something and its batch; `what`: the bar's title; `total`: images in all;
    `visible`: in one of several processes.
    """

    items: Iterable[Item]
    what: str
    total: int
    visible: bool

    def __iter__(self) -> Iterator[Item]:
        # The bar is removed with this generator, which must not outlive a loop that failed: hence the class.
        with tqdm(
            None,
            self.what,
            self.total,
            leave=False,
            unit="image",
            dynamic_ncols=True,
            disable=not self.visible,
        ) as bar:
            for item in self.items:
                yield item
                bar.update(len(item[1] if isinstance(item, tuple) else item))


class TrainingBar:
    """The bar of a training run: fraction done, time left, images a second, losses."""

    def __init__(self, length: Length, progress: Progress, visible: bool) -> None:
        self._length, self._progress, self._start = length, progress, length.done(progress)
        self._bar = tqdm(
            total=length.total,
            initial=self._start,
            disable=not visible,
            dynamic_ncols=True,
            mininterval=SECONDS_BETWEEN_BARS if sys.stderr.isatty() else SECONDS_BETWEEN_BARS_IN_A_FILE,
            bar_format=f"{{percentage:3.0f}}%|{{bar}}| {{n:.5g}}/{{total:g}} {length.unit}"
            " [{elapsed}<{remaining}] {postfix}",
        )

    def update(self) -> None:
        """Moves the bar to where the run is."""
        self._bar.update(self._length.done(self._progress) - self._bar.n)

    def show_values(self, images_per_second: float, values: dict[str, float]) -> None:
        """Shows speed and losses beside the bar."""
        losses = " ".join(f"{name.split('/')[1]} {value:.2f}" for name, value in values.items())
        self._bar.set_postfix_str(f"{images_per_second:.1f} images/s {losses}", refresh=False)

    def print(self, line: str) -> None:
        """Prints a line above the bar."""
        if not self._bar.disable:
            self._bar.write(line)

    def close(self) -> None:
        """Leaves the bar as it is, or removes it where it never moved."""
        self._bar.leave = self._bar.n > self._start
        self._bar.close()
