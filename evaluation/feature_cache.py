"""A cache on disk for the features of photos that are measured again and again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from data.atomic_write import write_atomically
from engine.runtime.distributed import Processes, gather
from evaluation.feature_extractors import FeatureNetwork
from evaluation.protocol import Protocol

FOLDER = ".feature_cache"
"""The folder of the caches, beside the results of all runs."""


class CachedFeatures:
    """A feature network that computes each picture of a reference set once, over all runs and sessions.

    A picture is found by a digest of its pixels, so that a photo that was replaced, a label map that is
    painted in other colours, or another file under the same name is never taken for what it was.

    `file`: where they are kept; one that is absent, damaged, or of other weights is made anew.
    """

    def __init__(self, network: FeatureNetwork, file: Path) -> None:
        self.network, self.file = network, file
        self._weights = _digest(*network.state_dict().values())
        self._known = self._read()
        self._used: dict[str, Tensor] = {}

    def __call__(self, pictures: Tensor) -> Tensor:
        """Features (B, C), on the device of `pictures` (B, 3, H, W) in [-1, 1]."""
        digests = [_digest(torch.tensor(picture.shape), picture) for picture in pictures.float().cpu()]
        missing = [index for index, digest in enumerate(digests) if digest not in self._known]
        if missing:
            for index, features in zip(missing, self.network(pictures[missing]).float().cpu()):
                self._known[digests[index]] = features.clone()  # alone in its memory, as a file needs it
        self._used |= {digest: self._known[digest] for digest in digests}
        return torch.stack([self._known[digest] for digest in digests]).to(pictures.device)

    def save(self, processes: Processes) -> None:
        """Writes the features that were asked for, those of all processes; all others are dropped."""
        used = {digest: row for part in gather(self._used, processes) for digest, row in part.items()}
        if not processes.is_main or not used:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        metadata = {"weights": self._weights}
        write_atomically(self.file, lambda partial: safetensors.torch.save_file(used, partial, metadata))

    def _read(self) -> dict[str, Tensor]:
        try:
            with safetensors.safe_open(self.file, framework="pt") as stored:
                if stored.metadata() != {"weights": self._weights}:
                    return {}
                return {digest: stored.get_tensor(digest) for digest in stored.keys()}  # noqa: SIM118
        except (OSError, SafetensorError):
            return {}


@dataclass(frozen=True)
class FeatureCache:
    """The caches of all reference sets, beside the `results` of all runs, which all processes fill."""

    network: FeatureNetwork
    results: Path
    processes: Processes

    @contextmanager
    def of(self, protocol: Protocol) -> Iterator[CachedFeatures]:
        """The network with the cache of a protocol's photos, which is written at the end.

        The file's name only keeps reference sets apart: what is in it is found by pixels.
        """
        of_photos = (protocol.dataset, protocol.split, protocol.count, protocol.width, protocol.height)
        name = re.sub(
            r"\W+", "-", "-".join(map(str, (*of_photos, protocol.resize_filter, self.network.name)))
        )
        features = CachedFeatures(self.network, self.results / FOLDER / f"{name}.safetensors")
        yield features
        features.save(self.processes)


def _digest(*tensors: Tensor) -> str:
    state = hashlib.blake2b(digest_size=16)
    for tensor in tensors:
        state.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return state.hexdigest()
