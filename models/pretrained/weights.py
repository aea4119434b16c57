"""Weights of published networks: from a file, from torch's download cache, or downloaded into it."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class PublishedWeights:
    """The weights of `network` (its name in messages), a file of tensors published at `url`."""

    network: str
    url: str

    @property
    def cached(self) -> Path:
        """The file's place in torch's cache (TORCH_HOME), whether or not it exists."""
        return Path(torch.hub.get_dir()) / "checkpoints" / os.path.basename(self.url)

    def read(self, given: Path | None, alternative: str) -> tuple[Path, dict[str, Tensor]]:
        """`given`, or else the cached file, which is downloaded where it is absent; and its tensors.

        `alternative`: what users without the file can do instead. Raises ValueError, naming the file and its
        place, where it cannot be had or is damaged.
        """
        if given is not None and not given.is_file():
            raise ValueError(f"{given}: no such file; it should hold the weights of {self.network}")
        if given is None and not self.cached.is_file():
            self._download(alternative)
        file = given or self.cached
        return file, read_tensors(file, self.network)

    def _download(self, alternative: str) -> None:
        hash_prefix = Path(self.url).stem.rsplit("-", 1)[-1]  # as torch names its published files
        self.cached.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(self.url, str(self.cached), hash_prefix, progress=False)
        except (OSError, RuntimeError) as error:
            raise ValueError(
                f"the weights of {self.network} are not in {self.cached} and cannot be downloaded ({error});"
                f" put the file {self.url} there, or {alternative}"
            ) from error


def read_tensors(file: Path, network: str) -> dict[str, Tensor]:
    """Reads a state dict that `torch.save` wrote; nothing in the file is executed.

    Raises ValueError where the file is damaged or holds anything but tensors by name.
    """
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError, OSError) as error:
        raise ValueError(
            f"{file} is damaged, or holds more than tensors ({type(error).__name__}); it should be the"
            f" weights of {network}: download it again"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError(f"{file} is no table of tensors; it should be the weights of {network}")
    return state


def load_tensors(network: nn.Module, state: dict[str, Tensor], file: Path, name: str) -> None:
    """Makes the tensors of `file` those of the network, called `name`; ValueError where they do not fit."""
    try:
        network.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise ValueError(f"{file} does not hold the weights of {name}: {error}") from error
