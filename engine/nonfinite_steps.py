"""Steps that were left out since a number was not finite: counted, told, and too many in a row end a run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from data.atomic_write import write_atomically, write_text_atomically
from data.batch import Batch
from engine.checkpoint.checkpoint_paths import latest_images, state_file
from engine.runtime.distributed import Processes, from_all, wait_for_all

DUMP = "bad-step"


@dataclass(frozen=True)
class SkippedSteps:
    """What became of the steps since it was last asked: how many were left out, and what they had seen."""

    steps: int
    in_a_row: int
    names: tuple[str, ...]


class NonFiniteSteps:
    """Keeps the flags of the steps as tensors until they are asked for, so that no step waits for one."""

    def __init__(self, run: Path, most_in_a_row: int, processes: Processes) -> None:
        self.run = run
        self.most_in_a_row = most_in_a_row
        self.processes = processes
        self._flags: list[Tensor] = []
        self._names: list[tuple[str, ...]] = []
        self._in_a_row = 0
        self._last: Batch | None = None

    def count(self, skipped: Tensor, batch: Batch) -> None:
        """Notes a step on `batch`."""
        self._flags.append(skipped)
        self._names.append(batch.names)
        self._last = batch

    def read(self) -> SkippedSteps:
        """Waits for the flags of the steps since the last call; all processes call it together."""
        flags = torch.stack(self._flags).tolist() if self._flags else []
        for flag in flags:
            self._in_a_row = self._in_a_row + 1 if flag else 0
        own = [name for flag, names in zip(flags, self._names) if flag for name in names]
        self._flags, self._names = [], []
        names = dict.fromkeys(name for part in from_all(own, self.processes) for name in part) if own else {}
        return SkippedSteps(sum(flags), self._in_a_row, tuple(names))

    def stop_if_too_many(self, skipped: SkippedSteps, images: int, losses: dict[str, Tensor]) -> None:
        """Raises ValueError where so many steps in a row were left out that training is of no use."""
        if skipped.in_a_row < self.most_in_a_row:
            return
        dump = self._dump(skipped, images, losses)
        wait_for_all(self.processes)
        latest = latest_images(self.run)
        good = "none was saved" if latest is None else f"{state_file(self.run, latest)} is the last good one"
        raise ValueError(
            f"{skipped.in_a_row} steps in a row were left out, since a loss or a gradient was not finite "
            f"(train.max_nonfinite_steps={self.most_in_a_row}); checkpoints: {good}; samples of the steps: "
            f"{listed(skipped.names)}; the last batch is kept in {dump}. StyleBatch at these samples; "
            "if they are sound, lower the learning rates and go on with resume=true"
        )

    def _dump(self, skipped: SkippedSteps, images: int, losses: dict[str, Tensor]) -> Path:
        """The last batch of this process, and what is known of it."""
        assert self._last is not None, "steps were left out, so there was a batch"
        batch, rank = self._last, self.processes.rank
        folder = self.run / DUMP
        folder.mkdir(exist_ok=True)
        maps = {"photo": batch.photo, "labels": batch.labels, "instances": batch.instances}
        tensors = {name: tensor.contiguous().cpu() for name, tensor in maps.items() if tensor is not None}
        write_atomically(folder / f"batch-{rank}.safetensors", lambda file: _write(file, save(tensors)))
        report = {
            "images": images,
            "in_a_row": skipped.in_a_row,
            "samples_of_left_out_steps": skipped.names,
            "samples_of_this_batch": batch.names,
            "photo_is_finite": [bool(photo.isfinite().all()) for photo in tensors.get("photo", ())],
            "losses": {name: str(loss.item()) for name, loss in losses.items()},
        }
        write_text_atomically(folder / f"report-{rank}.json", json.dumps(report, indent=1) + "\n")
        return folder


def listed(names: tuple[str, ...], most: int = 8) -> str:
    """The first few names."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _write(file: Path, content: bytes) -> None:
    file.write_bytes(content)
