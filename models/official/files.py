"""Opening the files of a release: tensors only, and no more of them than the file can hold."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

SUFFIX = "_net_G.pth"


@dataclass(frozen=True)
class TensorFile:
    """The tensors of one file by their official names, in the file's order."""

    path: Path
    tensors: dict[str, Tensor]

    def shape(self, name: str, dimensions: int) -> tuple[int, ...]:
        """The shape of a tensor; ValueError where it is missing or has another number of dimensions."""
        if name not in self.tensors:
            raise ValueError(
                f"{self.path}: tensor {name!r} is missing; "
                "only whole releases of SPADE, SEAN and pix2pixHD can be opened"
            )
        shape = tuple(self.tensors[name].shape)
        if len(shape) != dimensions or 0 in shape:
            raise ValueError(
                f"{self.path}: tensor {name!r} has shape {shape}, where a release has {dimensions} dimensions"
            )
        return shape

    def spectral(self, layer: str) -> bool:
        """Whether a layer's weight is under spectral norm."""
        return f"{layer}.weight_orig" in self.tensors

    def weight(self, layer: str, dimensions: int = 4) -> tuple[int, ...]:
        """The shape of a layer's weight, whether or not it is under spectral norm."""
        return self.shape(f"{layer}.weight_orig" if self.spectral(layer) else f"{layer}.weight", dimensions)

    def count(self, name: str) -> int:
        """How many of `name.format(0)`, `name.format(1)`, ... are the beginnings of a tensor's name."""
        number = 0
        while any(tensor.startswith(name.format(number)) for tensor in self.tensors):
            number += 1
        return number


def find_weights(folder: Path) -> dict[str, Path]:
    """The files of generator `G`, discriminator `D` and encoder `E`, the last two only where they exist.

    `latest_net_G.pth`, or the only `<epoch>_net_G.pth` of the folder. Raises ValueError where there is no
    such file, or more than one.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder; give the folder that holds latest{SUFFIX}")
    found = sorted(path.name for path in folder.glob(f"*{SUFFIX}"))
    if f"latest{SUFFIX}" in found:
        found = [f"latest{SUFFIX}"]
    if len(found) != 1:
        raise ValueError(
            f"{folder} holds {', '.join(found) or f'no file *{SUFFIX}'}; one generator is to be opened: "
            f"leave one, or name it latest{SUFFIX}"
        )
    files = {player: folder / found[0].replace(SUFFIX, f"_net_{player}.pth") for player in "GDE"}
    return {player: path for player, path in files.items() if player == "G" or path.is_file()}


def open_tensors(path: Path) -> TensorFile:
    """The tensors of a state dict that `torch.save` wrote; nothing else in the file is ever unpickled.

    Raises ValueError for a file that is damaged, or holds anything but floating-point tensors by name
    (batch norm's counters excepted), or tensors larger than itself.
    """
    try:
        swells = _unpacked_size(path) > path.stat().st_size
        # Every storage stays where it was read to, whatever device it was saved from.
        content = None if swells else torch.load(path, map_location=lambda read, _: read, weights_only=True)
    except Exception as error:  # a damaged file can make zipfile and the unpickler stumble in any way
        raise ValueError(f"{path} is damaged or holds more than tensors, and was not opened") from error
    if swells:
        raise ValueError(f"{path} unpacks to more than its own size, as no release does; it was not opened")
    if not isinstance(content, dict) or not content:
        raise ValueError(f"{path} holds a {type(content).__name__}; a state dict (tensors by name) is wanted")
    size = 0
    for name, tensor in content.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise ValueError(f"{path}: {name!r} is a {type(tensor).__name__}, not a tensor with a name")
        if not tensor.is_floating_point() and not name.endswith(".num_batches_tracked"):
            raise ValueError(f"{path}: tensor {name!r} has type {tensor.dtype}; floating point is wanted")
        size += tensor.numel() * tensor.element_size()
        # A tensor of stride 0 can claim any shape from a few bytes.
        if size > path.stat().st_size:
            raise ValueError(f"{path}: tensor {name!r} {tuple(tensor.shape)} is larger than its file")
    return TensorFile(path, dict(content))


def _unpacked_size(path: Path) -> int:
    """The bytes in a file's archive (`torch.save` packs without compressing); 0 where it is none."""
    if not zipfile.is_zipfile(path):
        return 0
    with zipfile.ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist())
