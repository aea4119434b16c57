"""Sample and Batch: what travels from a data set to the networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter

import torch
from torch import Tensor


@dataclass(frozen=True)
class Unreadable:
    """A record that cannot be read: its number in the data set, and what is wrong with it."""

    index: int
    message: str


@dataclass(frozen=True)
class Sample:
    """One label map with its photograph, ready for the networks.

    `photo` is float in [-1, 1] of shape (3, H, W), or None where only a label map is given; `labels` are
    class ids, int64 (H, W); `instances` are instance ids, int64 (H, W), or None where the data set has none;
    `style_id` is the id of the style (film, time of day), 0 where there is only one; `name` is the file's
    name without its ending; `replaced` are the records in whose place this one stands.
    """

    photo: Tensor | None
    labels: Tensor
    instances: Tensor | None
    style_id: int
    name: str
    replaced: tuple[Unreadable, ...] = ()


@dataclass(frozen=True)
class Batch:
    """Samples of one size, stacked: `photo` (B, 3, H, W), `labels` (B, H, W), `style_id` (B,)."""

    photo: Tensor | None
    labels: Tensor
    instances: Tensor | None
    style_id: Tensor
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def to(self, device: torch.device) -> Batch:
        """The same batch on `device`; copies from pinned memory do not make the host wait."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=True), self.names)

    def pin_memory(self) -> Batch:
        """The same batch in page-locked memory; a data loader that pins calls this."""
        return self._each(Tensor.pin_memory, self.names)

    def split(self, parts: int) -> list[Batch]:
        """`parts` batches of equal size, in order."""
        size = len(self) // parts
        assert size * parts == len(self), f"{len(self)} samples in {parts} equal parts"
        slices = [slice(first, first + size) for first in range(0, len(self), size)]
        return [self._each(itemgetter(part), self.names[part]) for part in slices]

    def _each(self, change: Callable[[Tensor], Tensor], names: tuple[str, ...]) -> Batch:
        return Batch(
            None if self.photo is None else change(self.photo),
            change(self.labels),
            None if self.instances is None else change(self.instances),
            change(self.style_id),
            names,
        )


def collate(samples: list[Sample]) -> Batch:
    """Stacks samples; ValueError where they differ in size, or not all have photos, or instances."""

    def stack(tensors: list[Tensor | None]) -> Tensor | None:
        given = [tensor for tensor in tensors if tensor is not None]
        if len(given) not in (0, len(tensors)):
            raise ValueError("a batch mixes samples with and without photo or instance map; give one kind")
        return torch.stack(given) if given else None

    first = samples[0]
    for sample in samples:
        if sample.labels.shape != first.labels.shape:
            raise ValueError(
                f"height and width of {first.name} are {tuple(first.labels.shape)}, of {sample.name} "
                f"{tuple(sample.labels.shape)}: the pictures of a batch have one size; "
                "resize to a fixed size, crop, or set the batch size to 1"
            )
    return Batch(
        stack([sample.photo for sample in samples]),
        torch.stack([sample.labels for sample in samples]),
        stack([sample.instances for sample in samples]),
        torch.tensor([sample.style_id for sample in samples]),
        tuple(sample.name for sample in samples),
    )
