"""Tensors and plain values to files and back; nothing that is read is ever executed."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from data.atomic_write import write_atomically
from engine.checkpoint.checksums import Damaged

VALUES = "values"
"""The entry of a file's metadata that holds the plain values of a state, as JSON."""


class ArchitectureDiffers(ValueError):
    """A whole checkpoint, of a network that the options do not describe."""

    def __init__(self, file: Path, how: str) -> None:
        super().__init__(f"{file} is of another architecture: {how}")


def save_weights(tensors: Mapping[str, Tensor], file: Path, metadata: dict[str, str] | None = None) -> None:
    """Tensors as safetensors, whole or not at all; OSError where they cannot be written."""

    def write(partial: Path) -> None:
        partial.touch()
        mode = partial.stat().st_mode
        try:
            # Written from where the tensors lie: `safetensors.torch.save` takes twice their memory.
            contiguous = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
            save_file(contiguous, partial, metadata)
        except SafetensorError as error:
            raise OSError(str(error)) from error
        partial.chmod(mode)  # `save_file` makes files that only their owner may read

    write_atomically(file, write)


def read_weights(file: Path) -> dict[str, Tensor]:
    """Tensors of a safetensors file; ValueError where it is absent or damaged."""
    try:
        return load_file(file)
    except FileNotFoundError as error:
        raise ValueError(f"{file} is absent; the run has saved no such checkpoint") from error
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{file} is damaged ({error}); use another checkpoint of the run") from error


def save_state(state: Mapping[str, Any], file: Path) -> None:
    """Nested dictionaries as safetensors: tensors by path (`opt_G/state/0/exp_avg`), the rest as JSON."""
    tensors: dict[str, Tensor] = {}
    values = _without_tensors(state, "", tensors)
    save_weights(tensors, file, {VALUES: json.dumps(values)})


def _without_tensors(state: Mapping[str, Any], path: str, tensors: dict[str, Tensor]) -> dict[str, Any]:
    """`state` with None in each tensor's place; the tensors are added to `tensors`, by path."""
    values: dict[str, Any] = {}
    for key, value in state.items():
        assert "/" not in str(key), f"{key}: a slash separates the parts of a path"
        if isinstance(value, Tensor):
            tensors[f"{path}{key}"], values[key] = value, None
        else:
            nested = isinstance(value, Mapping)
            values[key] = _without_tensors(value, f"{path}{key}/", tensors) if nested else value
    return values


def read_state(file: Path) -> dict[str, Any]:
    """What `save_state` wrote, keys as text; or a state of formats 1 and 2. Damaged where it is neither."""
    try:
        state = _read_pickled(file) if file.suffix == ".pt" else _read_state(file)
    except FileNotFoundError as error:
        raise Damaged(f"{file} is absent; the run has saved no such checkpoint") from error
    except Exception as error:  # the readers of damaged files promise no common ancestor
        raise Damaged(f"{file} is damaged, or holds more than tensors ({error})") from error
    if not isinstance(state, dict):
        raise Damaged(f"{file} holds a {type(state).__name__}, not a checkpoint")
    return state


def _read_state(file: Path) -> Any:
    with safe_open(file, framework="pt") as stored:
        state = json.loads(stored.metadata()[VALUES])
        for name in stored.keys():  # noqa: SIM118, it is no dictionary
            *path, key = name.split("/")
            reduce(dict.__getitem__, path, state)[key] = stored.get_tensor(name)
    return state


def _read_pickled(file: Path) -> Any:
    """A file of torch.save, of which tensors and plain values are read and no code is run."""
    with zipfile.ZipFile(file) as archive:
        if sum(record.file_size for record in archive.infolist()) > file.stat().st_size:
            raise ValueError("its records are larger than the file")
    return torch.load(file, map_location="cpu", weights_only=True)


def load_weights(network: nn.Module, state: Mapping[str, Tensor], file: Path) -> None:
    """Loads a state dict; ValueError naming the first tensor that does not fit."""
    own = network.state_dict()
    for name, tensor in own.items():
        if name not in state:
            raise ArchitectureDiffers(file, f"it lacks {name} {tuple(tensor.shape)}")
        _check_shape(name, state[name].shape, tensor.shape, file)
    for name in state:
        if name not in own:
            raise ArchitectureDiffers(file, f"the network has no {name}")
    network.load_state_dict(state)


def load_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any], file: Path) -> None:
    """Loads the moments; rates and the like stay as the options say. ValueError where one does not fit."""
    parameters = [weight for group in optimizer.param_groups for weight in group["params"]]
    stored = {int(index): moments for index, moments in state["state"].items()}
    for index, moments in stored.items():
        for name, tensor in moments.items():
            if tensor.shape != ():
                _check_shape(f"{name} of weight {index}", tensor.shape, parameters[index].shape, file)
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": stored, "param_groups": groups})


def _check_shape(name: str, stored: torch.Size, own: torch.Size, file: Path) -> None:
    if stored != own:
        raise ArchitectureDiffers(
            file,
            f"{name} is {tuple(stored)} there and {tuple(own)} in the network that the options describe",
        )
