"""The files of a release: tensors only, no more of them than a file can hold, and the options beside them."""

from __future__ import annotations

import json
import re
import zipfile
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

Options = dict[str, Any]
Shape = tuple[int, ...]
SUFFIX = "_net_G.pth"
# "              label_nc: 182                \t[default: 13]"
OPTION_LINE = re.compile(r"^\s*(\w+): (.*?)\s*(?:\[default: .*\])?\s*$")


class Layer(NamedTuple):
    """A convolution: its weight's official name and shape; the norm after it (none, batch or instance)."""

    weight: str
    shape: Shape
    norm: str
    spectral: bool


@dataclass(frozen=True)
class TensorFile:
    """The tensors of one file by their official names, in the file's order."""

    path: Path
    tensors: dict[str, Tensor]

    def has(self, pattern: str) -> bool:
        """Whether the beginning of a tensor's name matches a regular expression."""
        return any(re.match(pattern, name) for name in self.tensors)

    def shape(self, name: str, dimensions: int = 4) -> Shape:
        """The shape of a tensor; ValueError where it is missing or has another number of dimensions."""
        shape = tuple(self.tensors[name].shape) if name in self.tensors else None
        if shape is None or len(shape) != dimensions or 0 in shape:
            found = "is missing" if shape is None else f"has shape {shape}"
            raise ValueError(f"{self.path}: tensor {name!r} {found}; a release has {dimensions} axes here")
        return shape

    def layer(self, name: str) -> Layer:
        """The convolution of a layer, which stands alone or is the first of a pair with its norm."""
        is_alone = f"{name}.weight" in self.tensors or f"{name}.weight_orig" in self.tensors
        norm = "batch" if f"{name}.1.running_mean" in self.tensors else "instance"
        weight = f"{name}.weight" if is_alone else f"{name}.0.weight"
        is_spectral = f"{weight}_orig" in self.tensors
        weight += "_orig" * is_spectral
        return Layer(weight, self.shape(weight), "none" if is_alone else norm, is_spectral)


def find_weights(folder: Path) -> dict[str, Path]:
    """The files of generator `G`, discriminator `D` and encoder `E`, the last two only where they exist.

    What OASIS saves, in the folder or in `models/` there: the average `best_EMA.pth`, or `best_G.pth`. Else
    `latest_net_G.pth`, or the only `<epoch>_net_G.pth`. ValueError where there is not one.
    """
    if oasis := _oasis_weights(folder):
        return oasis
    names = sorted(path.name for path in folder.glob(f"*{SUFFIX}") if path.is_file())
    chosen = [f"latest{SUFFIX}"] if f"latest{SUFFIX}" in names else names
    if len(chosen) != 1:
        found = f"holds {', '.join(names) or f'no file *{SUFFIX}'}" if folder.is_dir() else "is not a folder"
        raise ValueError(f"{folder} {found}; give a folder with one generator, or name it latest{SUFFIX}")
    files = {network: folder / chosen[0].replace(SUFFIX, f"_net_{network}.pth") for network in "GDE"}
    return {network: path for network, path in files.items() if path.is_file()}


def _oasis_weights(folder: Path) -> dict[str, Path]:
    """OASIS's generator and discriminator; empty where there is none."""
    for place in (folder / "models", folder):
        for generator in ("EMA", "G"):
            files = {"G": place / f"best_{generator}.pth", "D": place / "best_D.pth"}
            if files["G"].is_file():
                return {network: path for network, path in files.items() if path.is_file()}
    return {}


def open_tensors(path: Path) -> TensorFile:
    """The tensors of a state dict that `torch.save` wrote; nothing else in the file is ever unpickled.

    Raises ValueError for a file that is damaged, or holds anything but floating-point tensors by name
    (batch norm's counters excepted), or tensors larger than itself.
    """
    size = path.stat().st_size
    try:
        # `torch.save` packs without compressing; its older format is no archive.
        with zipfile.ZipFile(path) if zipfile.is_zipfile(path) else nullcontext() as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist()) if archive else 0
        content = torch.load(path, map_location="cpu", weights_only=True) if unpacked <= size else None
    except Exception as error:  # a damaged file can make zipfile and the unpickler stumble in any way
        raise ValueError(f"{path} is damaged or holds more than tensors, and was not opened") from error
    if unpacked > size:
        raise ValueError(f"{path} unpacks to more than its own size, as no release does; it was not opened")
    if not isinstance(content, dict) or not content:
        raise ValueError(f"{path} holds a {type(content).__name__}, not a state dict (tensors by name)")
    for name, tensor in content.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise ValueError(f"{path}: {name!r} is a {type(tensor).__name__}, not a tensor with a name")
        if not tensor.is_floating_point() and not name.endswith(".num_batches_tracked"):
            raise ValueError(f"{path}: tensor {name!r} has type {tensor.dtype}, which is not floating point")
        size -= tensor.numel() * tensor.element_size()
        if size < 0:  # a tensor of stride 0 can claim any shape from a few bytes
            raise ValueError(f"{path}: tensor {name!r} {tuple(tensor.shape)} is larger than its file")
    return TensorFile(path, content)


def read_options(folder: Path) -> Options:
    """The official options of a release, from options.json, else opt.txt, else none.

    `opt.pkl` is never opened: a pickle is a program.
    """
    path = next((folder / name for name in ("options.json", "opt.txt") if (folder / name).is_file()), None)
    if path is None:
        return {}
    try:
        if path.stat().st_size > 10**6:
            raise ValueError("it is larger than a megabyte")
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix == ".json" else _options_in(text.splitlines())
        if not isinstance(found, dict):
            raise ValueError("no 'name: value' in it")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} holds no options ({error}); correct it, or remove it") from error
    return found


def _options_in(lines: list[str]) -> Options | None:
    """The options of opt.txt, their values as `str()` wrote them; None where no line is one."""
    found: Options = {match[1]: match[2] for line in lines if (match := OPTION_LINE.match(line))}
    for name, text in found.items():
        with suppress(ValueError, RecursionError):  # a plain text stays as it is
            found[name] = json.loads("null" if text == "None" else text.lower())
    return found or None
