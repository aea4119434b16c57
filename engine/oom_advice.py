"""What to change where a run does not fit in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.checkpoint.checkpoint_paths import latest_images, state_file

EXHAUSTED = ("allocate memory", "not enough memory", "out of memory", "new thread")
"""Parts of torch's messages on the host, where it has no exception of its own."""
LEAST_WIDTH = 2


@dataclass(frozen=True)
class MemorySettings:
    """What a run's use of memory depends on most, by the options' names.

    `processes`: those that share `batch_size`; `multiple`: what `height` and `width` must be multiples of.
    """

    batch_size: int
    grad_accum_steps: int
    processes: int
    height: int
    width: int
    multiple: int
    generator_width: int

    def advice(self) -> list[str]:
        """Settings that take less memory, each of them valid for the run."""
        of_process, parts = self.batch_size // self.processes, self.grad_accum_steps
        more_parts = [count for count in range(parts + 1, of_process + 1) if of_process % count == 0]
        batch_size = self.batch_size // 2 // (self.processes * parts) * self.processes * parts
        sides = self.height, self.width
        height, width = (max(1, side // 2 // self.multiple) * self.multiple for side in sides)
        tries = []
        if more_parts:
            tries.append(f"train.grad_accum_steps={more_parts[0]} (the same batch in smaller parts)")
        if batch_size:
            tries.append(f"train.batch_size={batch_size}")
        if (height, width) != sides:
            tries.append(f"a smaller crop, dataset.height={height} dataset.width={width}")
        if self.generator_width // 2 >= LEAST_WIDTH:
            tries.append(f"in a new run, generator.width={self.generator_width // 2}")
        return tries or ["a device with more memory"]


@contextmanager
def explained_out_of_memory(settings: MemorySettings, run: Path) -> Iterator[None]:
    """Turns exhausted memory, of the host or of a device, into a ValueError with advice."""
    try:
        yield
    except (MemoryError, RuntimeError, OSError) as error:
        known = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if not known and not any(part in str(error) for part in EXHAUSTED):
            raise
        latest = latest_images(run)
        saved = "nothing was saved yet" if latest is None else f"{state_file(run, latest)} is intact"
        raise ValueError(
            f"out of memory with train.batch_size={settings.batch_size}, "
            f"train.grad_accum_steps={settings.grad_accum_steps}, dataset.height={settings.height}, "
            f"dataset.width={settings.width}, generator.width={settings.generator_width}; "
            f"try {', or '.join(settings.advice())}; {saved}"
        ) from error
