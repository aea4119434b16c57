"""The bars that commands show: over the batches of an iteration, and over a training run."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from tqdm import tqdm

from data.batch import Batch
from engine.progress import Length, Progress

SECONDS_BETWEEN_BARS = 0.1
SECONDS_BETWEEN_BARS_IN_A_FILE = 10.0
"""A file keeps every bar that is drawn."""

Item = TypeVar("Item", bound=Batch | tuple[object, Batch])


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
            total=self.total,
            desc=self.what,
            unit="picture",
            dynamic_ncols=True,
            leave=False,
            disable=not self.visible,
        ) as bar:
            for item in self.items:
                yield item
                bar.update(len(item[1] if isinstance(item, tuple) else item))


class TrainingBar:
    """The bar of a training run: fraction done, time left, images a second, losses."""

    def __init__(self, length: Length, progress: Progress, visible: bool) -> None:
        self._length = length
        self._progress = progress
        self._start = length.done(progress)
        interval = SECONDS_BETWEEN_BARS if sys.stderr.isatty() else SECONDS_BETWEEN_BARS_IN_A_FILE
        self._bar = tqdm(
            total=length.total,
            initial=self._start,
            disable=not visible,
            dynamic_ncols=True,
            mininterval=interval,
            bar_format="{percentage:3.0f}%|{bar}| {n:.5g}/{total:g} "
            + length.unit
            + " [{elapsed}<{remaining}] {postfix}",
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
