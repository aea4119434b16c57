"""Tensors and plain values to files and back, with checksums; nothing that is read is ever executed."""

from __future__ import annotations

import hashlib
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

from data.atomic_write import write_atomically, write_text_atomically

VALUES = "values"
"""The entry of a file's metadata that holds the plain values of a state, as JSON."""


class Damaged(ValueError):
    """A file that is not what was written; the message names it."""


class ArchitectureDiffers(ValueError):
    """A whole checkpoint, of a network that the options do not describe."""

    def __init__(self, file: Path, how: str) -> None:
        super().__init__(f"{file} is of another architecture: {how}")


def save_weights(tensors: Mapping[str, Tensor], file: Path, metadata: dict[str, str] | None = None) -> None:
    """Tensors as safetensors, whole or not at all; OSError where they cannot be written."""

    def write(partial: Path) -> None:
        partial.touch()
        mode = partial.stat().st_mode
        # Written from where the tensors lie: `safetensors.torch.save` takes twice their memory.
        save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, partial, metadata)
        partial.chmod(mode)  # `save_file` makes files that only their owner may read

    try:
        write_atomically(file, write)
    except SafetensorError as error:
        raise OSError(str(error)) from error


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
        elif isinstance(value, Mapping):
            values[key] = _without_tensors(value, f"{path}{key}/", tensors)
        else:
            values[key] = value
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
    for name, tensor in load_file(file).items():
        *path, key = name.split("/")
        reduce(dict.__getitem__, path, state)[key] = tensor
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
    if others := state.keys() - own.keys():
        raise ArchitectureDiffers(file, f"the network has no {min(others)}")
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
        how = f"{name} is {tuple(stored)} there and {tuple(own)} in the network that the options describe"
        raise ArchitectureDiffers(file, how)


def write_manifest(manifest: Path, files: list[Path]) -> None:
    """Writes size and SHA-256 of `files`, which lie beside it."""
    rows = {file.name: {"bytes": file.stat().st_size, "sha256": _sha256(file)} for file in files}
    write_text_atomically(manifest, json.dumps({"files": rows}, indent=1) + "\n")


def check_file(file: Path, manifest: Path) -> None:
    """Raises Damaged where `file` is absent or differs from its row in `manifest`.

    Checkpoints of format 1 and imported releases have no manifest: then only presence is checked.
    """
    if not file.is_file():  # a pipe or a device, which would never end, is none
        raise Damaged(f"{file} is absent; the run has no such checkpoint")
    if not manifest.is_file():
        return
    try:
        row = json.loads(manifest.read_bytes())["files"][file.name]
        size, digest = int(row["bytes"]), str(row["sha256"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Damaged(f"{manifest} is damaged ({type(error).__name__}: {error})") from error
    found = file.stat().st_size
    if found != size:
        raise Damaged(f"{file} is damaged: it has {found:,} bytes where {size:,} were written")
    if _sha256(file) != digest:
        raise Damaged(f"{file} is damaged: its bytes are not those that were written (SHA-256 differs)")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
