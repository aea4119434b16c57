"""Weights of published networks: from a file, from torch's cache of downloads, or fetched into it."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor


@dataclass(frozen=True)
class PublishedWeights:
    """A file of tensors that is published at `url`; `network` is what people call it."""

    network: str
    url: str

    @property
    def cached(self) -> Path:
        """Where torch keeps it (TORCH_HOME), whether or not it is there."""
        return Path(torch.hub.get_dir()) / "checkpoints" / os.path.basename(self.url)

    def find(self, given: Path | None, otherwise: str) -> Path:
        """The file: `given`, or the cached one, fetched where it is not there yet.

        `otherwise`: what a person can do who has no such file. Raises ValueError, saying which file to put
        where, when it cannot be had.
        """
        if given is not None:
            if not given.is_file():
                raise ValueError(f"{given}: no such file; it should hold the weights of {self.network}")
            return given
        if not self.cached.is_file():
            self._fetch(otherwise)
        return self.cached

    def _fetch(self, otherwise: str) -> None:
        hash_prefix = Path(self.url).stem.rsplit("-", 1)[-1]  # as torch names its published files
        self.cached.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(self.url, str(self.cached), hash_prefix, progress=False)
        except (OSError, RuntimeError) as error:
            raise ValueError(
                f"the weights of {self.network} are not in {self.cached} and cannot be downloaded ({error});"
                f" put the file {self.url} there, or {otherwise}"
            ) from error


def read_tensors(file: Path, network: str) -> dict[str, Tensor]:
    """A state dict from a file of `torch.save`; nothing in it is executed.

    Raises ValueError where the file is damaged or holds anything but tensors by name.
    """
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError, OSError) as error:
        raise ValueError(
            f"{file} is damaged, or holds more than tensors ({type(error).__name__}); it should be the"
            f" weights of {network}: fetch it again"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError(f"{file} is no table of tensors; it should be the weights of {network}")
    return state
