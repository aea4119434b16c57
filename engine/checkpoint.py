"""Checkpoints: all that resuming needs, and apart from it all that generation needs.

A run folder holds `state-<images>.pt` (parts' state dicts), `weights-<images>.safetensors` (the averaged
generator and its encoder) and `latest` (the images of the newest complete pair); beside them, where a
generator takes a style a region, `mean_styles-<images>.safetensors`. They hold tensors and plain values
only: nothing read from them is ever executed.
"""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any, Protocol

import safetensors.torch
import torch
from torch import Tensor, nn

from engine.files import write_text_whole, write_whole

FORMAT = 2
"""1 lacked `threads`."""
SINCE = {"threads": 2}
"""Parts that older formats lack: they stay as they are built."""
LATEST = "latest"
STATE = re.compile(r"state-(\d+)\.pt")


class Stateful(Protocol):
    """What a checkpoint can keep."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> object: ...


class Checkpoint:
    """Saves and restores the named parts of a run, in its folder; keeps the newest `keep`."""

    def __init__(self, run: Path, parts: dict[str, Stateful], weights: nn.Module, keep: int) -> None:
        self.run = run
        self.parts = parts
        self.weights = weights
        self.keep = keep

    def save(self, images: int) -> None:
        """Writes the state and the weights after `images`; `latest` names them once both are whole.

        Raises OSError where they cannot be written; the previous checkpoint is then as it was.
        """
        state = {"format": FORMAT, **{name: part.state_dict() for name, part in self.parts.items()}}
        try:
            tensors = self.weights.state_dict()
            # Those of other weights, where a run was taken back and has come here again.
            mean_styles_file(self.run, images).unlink(missing_ok=True)
            write_whole(weights_file(self.run, images), lambda file: save_weights(tensors, file))
            write_whole(state_file(self.run, images), lambda file: save_state(state, file))
            write_text_whole(self.run / LATEST, f"{images}\n")
        except OSError as error:
            raise OSError(f"{self.run}: {error.strerror or error}") from error
        self._prune(images)

    def restore(self) -> int | None:
        """Restores every part from the newest checkpoint; its images, or None where there is none.

        Raises ValueError where the file is damaged or of another architecture.
        """
        images = latest_images(self.run)
        if images is None:
            return None
        file = state_file(self.run, images)
        state = load_tensors(file)
        stored = int(state.get("format", 0))
        if stored not in range(1, FORMAT + 1):
            raise ValueError(
                f"{file} has format {stored}; this version reads formats 1 to {FORMAT}: "
                "use the version that wrote it, or a newer one"
            )
        for name, part in self.parts.items():
            if SINCE.get(name, 1) > stored:
                continue
            if name not in state:
                raise ValueError(f"{file} holds no {name}: it was saved by another kind of run; train anew")
            if isinstance(part, nn.Module):
                load_weights(part, state[name], file)
            else:
                part.load_state_dict(state[name])
        return images

    def _prune(self, saved: int) -> None:
        # Newer ones are no concern of a run that was taken back to an older one.
        older = [images for images in complete_checkpoints(self.run) if images <= saved]
        for images in older[: -self.keep]:
            state_file(self.run, images).unlink(missing_ok=True)
            weights_file(self.run, images).unlink(missing_ok=True)
            mean_styles_file(self.run, images).unlink(missing_ok=True)


def state_file(run: Path, images: int) -> Path:
    """The file of all that resuming needs."""
    return run / f"state-{images:09d}.pt"


def weights_file(run: Path, images: int) -> Path:
    """The file of all that generation needs."""
    return run / f"weights-{images:09d}.safetensors"


def mean_styles_file(run: Path, images: int) -> Path:
    """The file of the mean style of each class, encoded by those weights."""
    return run / f"mean_styles-{images:09d}.safetensors"


def complete_checkpoints(run: Path) -> list[int]:
    """Images of the checkpoints whose two files are there, oldest first."""
    found = [int(match[1]) for file in run.glob("state-*.pt") if (match := STATE.fullmatch(file.name))]
    return sorted(images for images in found if weights_file(run, images).is_file())


def latest_images(run: Path) -> int | None:
    """Images of the newest checkpoint, or None where there is none."""
    try:
        return int((run / LATEST).read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"{run / LATEST} holds no number; write the images of a state file there") from error


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
    """A file of `torch.save` that holds tensors and plain values; ValueError where it holds others."""
    try:
        loaded = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise ValueError(f"{file} is absent; the run has saved no such checkpoint") from error
    except (RuntimeError, EOFError, pickle.UnpicklingError, OSError) as error:
        raise ValueError(
            f"{file} is damaged, or holds more than tensors ({type(error).__name__}); use another checkpoint"
        ) from error
    if not isinstance(loaded, dict):
        raise ValueError(f"{file} holds a {type(loaded).__name__}, not a checkpoint")
    return loaded


def load_weights(network: nn.Module, state: dict[str, Tensor], file: Path) -> None:
    """Loads a state dict; ValueError naming the first tensor that does not fit."""
    own = network.state_dict()
    for name, tensor in own.items():
        if name not in state:
            raise ValueError(f"{file} is of another architecture: it lacks {name} {tuple(tensor.shape)}")
        if state[name].shape != tensor.shape:
            raise ValueError(
                f"{file} is of another architecture: {name} is {tuple(state[name].shape)} there and "
                f"{tuple(tensor.shape)} in the network that the options describe"
            )
    for name in state:
        if name not in own:
            raise ValueError(f"{file} is of another architecture: the network has no {name}")
    network.load_state_dict(state)
