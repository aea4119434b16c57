"""What to change where a run does not fit in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from engine.checkpoint.checkpoint_paths import latest_images, state_file
from options.schema import TrainOptions
from options.validation import is_valid

SIGNS = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "Cannot allocate memory",
    "new thread",
)
"""What torch says on the host, where it has no exception of its own for it."""


@contextmanager
def explained_out_of_memory(options: TrainOptions, run: Path) -> Iterator[None]:
    """Turns an exhausted memory, of the host or of a device, into a ValueError that says what to try."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise ValueError(advice(options, run)) from error
    except (RuntimeError, OSError) as error:
        if not any(sign in str(error) for sign in SIGNS):
            raise
        raise ValueError(advice(options, run)) from error


def advice(options: TrainOptions, run: Path) -> str:
    """Batch, crop and width to try, each of which the options' rules accept, and where the run stands."""
    train, data = options.train, options.dataset
    batch, parts = train.batch_size, train.grad_accum_steps
    tries = []

    def propose(change: dict[str, int], text: str = "{}") -> None:
        if is_valid(options, change):
            tries.append(text.format(" ".join(f"{name}={value}" for name, value in change.items())))

    if batch > parts:
        more_parts = next(more for more in range(parts + 1, batch + 1) if batch % more == 0)
        propose({"train.grad_accum_steps": more_parts}, "{} (the same batch in smaller parts)")
        propose({"train.batch_size": batch // 2 // parts * parts})
    multiple, _ = options.generator.size_multiple()
    height, width = (max(multiple, side // 2 // multiple * multiple) for side in (data.height, data.width))
    if (height, width) != (data.height, data.width):
        propose({"dataset.height": height, "dataset.width": width}, "a smaller crop, {}")
    propose({"generator.width": options.generator.width // 2}, "in a new run, {}")
    latest = latest_images(run)
    saved = "nothing was saved yet" if latest is None else f"{state_file(run, latest)} is intact"
    return (
        f"out of memory with train.batch_size={train.batch_size}, "
        f"train.grad_accum_steps={train.grad_accum_steps}, dataset.height={data.height}, "
        f"dataset.width={data.width}, generator.width={options.generator.width}; "
        f"try {', or '.join(tries or ['a machine with more'])}; {saved}"
    )
