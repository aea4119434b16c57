"""How far a run is: images seen and seconds spent."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal


@dataclass
class Progress:
    """What a run has done so far, over all its restarts."""

    images: int = 0
    seconds: float = 0.0

    def state_dict(self) -> dict[str, float]:
        """What a checkpoint keeps."""
        return {"images": self.images, "seconds": self.seconds}

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
        self._progress = progress
        self._last = time.monotonic()

    def lap(self) -> None:
        """Counts the time since the last lap."""
        now = time.monotonic()
        self._progress.seconds += now - self._last
        self._last = now


def passed(interval: int, before: int, after: int) -> bool:
    """Whether a multiple of `interval` images lies in (before, after]."""
    return before // interval < after // interval
