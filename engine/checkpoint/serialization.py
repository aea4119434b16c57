"""Tensors to files and back; nothing that is read is ever executed."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from engine.checkpoint.checksums import Damaged
from engine.checkpoint.state_archive import Unsafe, check_archive, check_shapes

BROKEN_PICKLE = (AttributeError, LookupError, TypeError, ValueError, OverflowError, MemoryError)
"""What a pickle may raise that is damaged where it still can be read."""


def save_state(state: dict[str, Any], file: Path) -> None:
    """`torch.save`; OSError in the file system's own words where it refuses."""
    try:
        with file.open("wb") as stream:
            torch.save(state, stream)
    except RuntimeError as error:
        # torch closes its archive after the refusal and complains about that instead.
        if isinstance(error.__context__, OSError):
            raise error.__context__ from error
        raise


def save_weights(tensors: dict[str, Tensor], file: Path) -> None:
    """A network's tensors as safetensors."""
    # `save_file` would hide the file from everybody but its owner.
    file.write_bytes(safetensors.torch.save({name: tensor.contiguous() for name, tensor in tensors.items()}))


def read_weights(file: Path) -> dict[str, Tensor]:
    """Tensors of a safetensors file; ValueError where it is absent or damaged."""
    try:
        return safetensors.torch.load_file(file)
    except FileNotFoundError as error:
        raise ValueError(f"{file} is absent; the run has saved no such checkpoint") from error
    except (safetensors.SafetensorError, OSError) as error:
        raise ValueError(f"{file} is damaged ({error}); use another checkpoint of the run") from error


def load_tensors(file: Path) -> dict[str, Any]:
    """A file of `torch.save` that holds tensors and plain values; Damaged where it holds others."""
    try:
        check_archive(file)
        loaded = torch.load(file, map_location="cpu", weights_only=True)
        check_shapes(loaded)
    except FileNotFoundError as error:
        raise Damaged(f"{file} is absent; the run has saved no such checkpoint") from error
    except (Unsafe, RuntimeError, EOFError, pickle.UnpicklingError, OSError, *BROKEN_PICKLE) as error:
        raise Damaged(f"{file} is damaged, or holds more than tensors ({error})") from error
    if not isinstance(loaded, dict):
        raise Damaged(f"{file} holds a {type(loaded).__name__}, not a checkpoint")
    return loaded


class ArchitectureDiffers(ValueError):
    """A whole checkpoint, of a network that the options do not describe."""


def load_weights(network: nn.Module, state: dict[str, Tensor], file: Path) -> None:
    """Loads a state dict; ValueError naming the first tensor that does not fit."""
    own = network.state_dict()
    for name, tensor in own.items():
        if name not in state:
            raise ArchitectureDiffers(
                f"{file} is of another architecture: it lacks {name} {tuple(tensor.shape)}"
            )
        if state[name].shape != tensor.shape:
            raise ArchitectureDiffers(
                f"{file} is of another architecture: {name} is {tuple(state[name].shape)} there and "
                f"{tuple(tensor.shape)} in the network that the options describe"
            )
    for name in state:
        if name not in own:
            raise ArchitectureDiffers(f"{file} is of another architecture: the network has no {name}")
    network.load_state_dict(state)


def load_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any], file: Path) -> None:
    """Loads the moments; rates and the like stay as the options say. ValueError where one does not fit."""
    own = optimizer.state_dict()
    parameters = [weight for group in optimizer.param_groups for weight in group["params"]]
    for index, moments in state["state"].items():
        shape = parameters[index].shape
        for name, tensor in moments.items():
            if tensor.shape not in (shape, ()):
                raise ArchitectureDiffers(
                    f"{file} is of another architecture: {name} of weight {index} is {tuple(tensor.shape)} "
                    f"there and {tuple(shape)} in the network that the options describe"
                )
    optimizer.load_state_dict({"state": state["state"], "param_groups": own["param_groups"]})
