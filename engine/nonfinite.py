"""Skipped steps, in which a number was not finite, are counted and reported; too many in a row end a run.

`engine/optimizer.py` skips them (`step_unless`).
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor

from data.atomic_write import write_text_atomically
from data.batch import Batch
from engine.checkpoint.checkpoint_paths import latest_images, state_file
from engine.checkpoint.serialization import save_weights
from engine.runtime.distributed import Processes, gather

DUMP = "skipped-step"
"""The folder of the last batch, in the folder of a run that such steps have ended."""


class NonFiniteSteps:
    """Keeps the flags of the steps as tensors until they are read, so that no step waits for one.

    A run ends after `most_in_a_row` of them. `names`: the samples of the skipped steps that were read last.
    """

    def __init__(self, run: Path, most_in_a_row: int, processes: Processes) -> None:
        self.run, self.most_in_a_row, self.processes = run, most_in_a_row, processes
        self.names: list[str] = []
        self._in_a_row = 0
        self._unread: list[tuple[Tensor, tuple[str, ...]]] = []  # flag and samples of a step
        self._last: Batch | None = None

    def count(self, skipped: Tensor, batch: Batch) -> None:
        """Counts a step on `batch`."""
        self._unread.append((skipped, batch.names))
        self._last = batch

    def read(self) -> int:
        """How many steps since the last call were skipped; all processes call it together and wait for it."""
        flags = torch.stack([flag for flag, _ in self._unread]).tolist() if self._unread else []
        for flag in flags:
            self._in_a_row = self._in_a_row + 1 if flag else 0
        own = [name for flag, (_, names) in zip(flags, self._unread) if flag for name in names]
        # All processes skip the same steps, so all come here or none.
        everywhere = gather(own, self.processes) if own else []
        self.names = list(dict.fromkeys(name for names in everywhere for name in names))
        self._unread = []
        return sum(flags)

    @property
    def samples(self) -> str:
        """The first few of `names`."""
        return ", ".join(self.names[:8]) + (f" and {len(self.names) - 8} more" if self.names[8:] else "")

    def stop_if_too_many(self, images: int, losses: dict[str, Tensor]) -> None:
        """Raises ValueError where so many steps in a row were skipped that training is of no use."""
        if self._in_a_row < self.most_in_a_row:
            return
        dump = self._dump(images, losses)
        gather(None, self.processes)  # so that every process has written its own
        latest = latest_images(self.run)
        good = "none was saved" if latest is None else f"{state_file(self.run, latest)} is the last good one"
        raise ValueError(
            f"{self._in_a_row} steps in a row were skipped, since a loss or a gradient was not finite "
            f"(train.max_nonfinite_steps={self.most_in_a_row}); checkpoints: {good}; samples of the steps: "
            f"{self.samples}; the last batch is kept in {dump}. Look at these samples; "
            "if they are sound, lower the learning rates and go on with resume=true"
        )

    def _dump(self, images: int, losses: dict[str, Tensor]) -> Path:
        """Writes the last batch of this process, and what is known of it."""
        assert self._last is not None, "steps were skipped, so there was a batch"
        batch, rank, folder = self._last, self.processes.rank, self.run / DUMP
        folder.mkdir(exist_ok=True)
        maps = {"photo": batch.photo, "labels": batch.labels, "instances": batch.instances}
        tensors = {name: tensor for name, tensor in maps.items() if tensor is not None}
        save_weights(tensors, folder / f"batch-{rank}.safetensors")
        report = {
            "images": images,
            "in_a_row": self._in_a_row,
            "samples_of_skipped_steps": self.names,
            "samples_of_this_batch": batch.names,
            "photo_is_finite": [bool(photo.isfinite().all()) for photo in tensors.get("photo", ())],
            "losses": {name: str(loss.item()) for name, loss in losses.items()},
        }
        write_text_atomically(folder / f"report-{rank}.json", json.dumps(report, indent=1) + "\n")
        return folder
