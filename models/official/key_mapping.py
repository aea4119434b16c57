"""From official tensors to ours: our network says which there are, a table how they are called officially."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import torch
from torch import Tensor

from models.official.release_files import Shape, TensorFile

State = dict[str, Tensor]

SPECTRAL_NORM = {
    ".parametrizations.weight.original": ".weight_orig",
    ".parametrizations.weight.0._u": ".weight_u",
    ".parametrizations.weight.0._v": ".weight_v",
}


@dataclass(frozen=True)
class KeyMap:
    """The official names of the tensors of `title`, a network.

    `names`: parts of our names and what the official ones have there, replaced in this order. Where that has
    `{gamma,beta}`, our tensor is these two concatenated; where it has `{}`, it is those from 0 on, stacked.

    Tensors that the official network never uses are skipped. `unused`: their names and shapes; `optional`:
    patterns of names that may be missing, and a tensor that is there whenever they are, of the same shape
    (but counters are single numbers).

    `orders`: by the end of our names, an axis and what lies on it officially at each of our places.
    """

    title: str
    names: dict[str, str]
    unused: dict[str, Shape] = field(default_factory=dict)
    optional: dict[str, str] = field(default_factory=dict)
    orders: dict[str, tuple[int, list[int]]] = field(default_factory=dict)

    def parts(self, name: str, shape: Shape) -> dict[str, Shape]:
        """The official tensors that make up ours of that name, and their shape."""
        for ours, theirs in (SPECTRAL_NORM | self.names).items():
            name = name.replace(ours, theirs)
        several = re.search(r"\{(.*)\}", name)
        if several is None:
            return {name: shape}
        places = several[1].split(",") if several[1] else [str(number) for number in range(shape[0])]
        shape = (shape[0] // len(places), *shape[1:]) if several[1] else shape[1:]
        return {name.replace(several[0], place): shape for place in places}

    def ordered(self, name: str, tensor: Tensor) -> Tensor:
        """The tensor of our name with its channels in our order."""
        for end, (axis, order) in self.orders.items():
            if name.endswith(end):
                return tensor.index_select(axis, torch.tensor(order, device=tensor.device))
        return tensor


def translate(file: TensorFile, key_map: KeyMap, own: State) -> State:
    """The tensors of a file under the names of `own`, our network's state dict on any device (also meta).

    Raises ValueError naming the first tensor of the file that does not fit, or else the first missing one.
    """
    parts = {name: key_map.parts(name, tuple(tensor.shape)) for name, tensor in own.items()}
    shapes = {name: shape for part in parts.values() for name, shape in part.items()} | key_map.unused
    needed, title = list(shapes), key_map.title
    for pattern, other in key_map.optional.items():
        for found in filter(None, (re.fullmatch(pattern, name) for name in file.tensors)):
            like = shapes.get(found.expand(other))
            if like is not None:
                shapes.setdefault(found[0], () if found[0].endswith(".num_batches_tracked") else like)
    for name, tensor in file.tensors.items():
        shape, place = tuple(tensor.shape), f"{file.path}: tensor {name!r}"
        if name not in shapes:
            raise ValueError(f"{place} {shape} is no part of an official {title}")
        if shape != shapes[name]:
            raise ValueError(f"{place} has shape {shape}; the rest of this {title} needs {shapes[name]}")
    for name in needed:
        if name not in file.tensors:
            raise ValueError(f"{file.path}: tensor {name!r} {shapes[name]} is missing from this {title}")
    state = {}
    for name, tensor in own.items():
        joined = torch.stack([file.tensors[part] for part in parts[name]]).reshape(tensor.shape)
        state[name] = key_map.ordered(name, joined).to(tensor.dtype)
    return state
