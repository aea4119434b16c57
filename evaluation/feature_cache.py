"""Features of photos that are measured again and again, kept on disk."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from data.atomic_write import write_atomically
from engine.runtime.distributed import Processes, gather
from evaluation.feature_extractors import FeatureNetwork

DIGEST_BYTES = 16
ALONE = Processes(rank=0, count=1)


@dataclass(frozen=True)
class ReferenceKey:
    """All that the features of a reference set depend on; the file is called after it.

    `root`: where the data set lies, None for one that is drawn; `height`, `width`: None where every picture
    keeps its own size.
    """

    dataset: str
    root: str | None
    split: str
    count: int
    height: int | None
    width: int | None
    resize_filter: str
    network: str

    def file_name(self) -> str:
        """Readable at its beginning, distinct by its end."""
        words = json.dumps(asdict(self), sort_keys=True)
        readable = re.sub(r"\W+", "-", f"{self.dataset}-{self.split}-{self.count}-{self.network}")
        return f"{readable}-{hashlib.blake2b(words.encode(), digest_size=8).hexdigest()}.safetensors"


class CachedFeatures:
    """A feature network that computes each picture of a reference set once, over all runs and all days.

    A picture is found by a digest of its pixels, so that a photo that was replaced, a label map that is
    painted in other colours, or another file under the same name is never taken for what it was.

    `file`: where they are kept; one that is absent or damaged is made anew.
    """

    def __init__(self, network: FeatureNetwork, file: Path) -> None:
        self.network = network
        self.file = file
        self._weights = weights_digest(network)
        self._known = _read(file, self._weights, network.num_features)
        self._used: dict[bytes, Tensor] = {}

    def __call__(self, pictures: Tensor) -> Tensor:
        """Features (B, C), on the device of `pictures` (B, 3, H, W) in [-1, 1]."""
        digests = [_digest(picture) for picture in pictures.cpu()]
        missing = [index for index, digest in enumerate(digests) if digest not in self._known]
        if missing:
            for index, features in zip(missing, self.network(pictures[missing]).float().cpu()):
                self._known[digests[index]] = features
        self._used |= {digest: self._known[digest] for digest in digests}
        return torch.stack([self._known[digest] for digest in digests]).to(pictures.device)

    def save(self, processes: Processes = ALONE) -> None:
        """Writes the features that were asked for, those of all processes; what was not is forgotten."""
        used: dict[bytes, Tensor] = {}
        for share in gather(self._used, processes):
            used |= share
        if not processes.is_main or not used:
            return
        digests = np.frombuffer(b"".join(used), dtype=np.uint8).reshape(len(used), DIGEST_BYTES)
        tensors = {"digests": torch.from_numpy(digests.copy()), "features": torch.stack(list(used.values()))}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        content = safetensors.torch.save(tensors, metadata={"weights": self._weights})
        write_atomically(self.file, lambda partial: _write(partial, content))


def weights_digest(network: nn.Module) -> str:
    """Distinct for other weights: features of one file must not be taken for those of another."""
    return _hash(tensor.detach().cpu().contiguous().numpy() for tensor in network.state_dict().values()).hex()


def _digest(picture: Tensor) -> bytes:
    return _hash([np.array(picture.shape), picture.float().contiguous().numpy()])


def _hash(arrays: Iterable[np.ndarray]) -> bytes:
    state = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for array in arrays:
        state.update(array.tobytes())
    return state.digest()


def _read(file: Path, weights: str, num_features: int) -> dict[bytes, Tensor]:
    try:
        with safetensors.safe_open(file, framework="pt") as stored:
            if stored.metadata() != {"weights": weights}:
                return {}
            digests, features = stored.get_tensor("digests"), stored.get_tensor("features")
    except (OSError, SafetensorError):
        return {}
    if features.shape != (len(digests), num_features):
        return {}
    return dict(zip((bytes(row) for row in digests.numpy()), features))


def _write(file: Path, content: bytes) -> None:
    file.write_bytes(content)
