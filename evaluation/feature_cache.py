"""A cache on disk for the features of photos that are measured again and again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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

    A picture is found by a digest of its pixels and of the network's weights, so that none is ever taken for
    another one. `file`: where features are kept; one that is absent or damaged is made anew.
    """

    def __init__(self, network: FeatureNetwork, file: Path) -> None:
        self.network, self.file = network, file
        self._weights = _digest(*network.state_dict().values())
        self._known: dict[str, Tensor] = {}
        self._used: dict[str, Tensor] = {}
        with suppress(OSError, SafetensorError):
            self._known = safetensors.torch.load_file(file)

    def __call__(self, pictures: Tensor) -> Tensor:
        """Features (B, C), on the device of `pictures` (B, 3, H, W) in [-1, 1]."""
        shape = torch.tensor(pictures.shape[1:])
        digests = [self._weights + _digest(shape, picture) for picture in pictures.float().cpu()]
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
        write_atomically(self.file, lambda partial: safetensors.torch.save_file(used, partial))


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
        size = f"{protocol.width}-{protocol.height}-{protocol.resize_filter}"
        name = f"{protocol.dataset}-{protocol.split}-{protocol.count}-{size}-{self.network.name}"
        file = re.sub(r"\W+", "-", name) + ".safetensors"
        features = CachedFeatures(self.network, self.results / FOLDER / file)
        yield features
        features.save(self.processes)


def _digest(*tensors: Tensor) -> str:
    state = hashlib.blake2b(digest_size=16)
    for tensor in tensors:
        state.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return state.hexdigest()
