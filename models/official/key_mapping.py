"""Rules that turn official tensors into ours: which names, of which shape, become which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from models.official.files import TensorFile

State = dict[str, Tensor]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Rule:
    """Tensors `theirs`, all of one `shape`, become `ours`.

    Several are joined along the first axis; `stacked` makes that a new axis. `ours` is None for what the
    official network carries but never uses: its shape is checked and it is left out. `optional` ones
    may be missing.
    """

    ours: str | None
    theirs: tuple[str, ...]
    shape: Shape
    stacked: bool = False
    optional: bool = False


def same(ours: str, theirs: str, shape: Shape) -> Rule:
    """One tensor under another name."""
    return Rule(ours, (theirs,), shape)


def skipped(theirs: str, shape: Shape, optional: bool = False) -> Rule:
    """A tensor that nothing is computed from."""
    return Rule(None, (theirs,), shape, optional=optional)


def layer(ours: str, theirs: str, shape: Shape, bias: int = 0) -> list[Rule]:
    """A layer without spectral norm: its weight, and its bias of so many numbers, 0 for none."""
    rules = [same(f"{ours}.weight", f"{theirs}.weight", shape)]
    return [*rules, same(f"{ours}.bias", f"{theirs}.bias", (bias,))] if bias else rules


def conv(
    ours: str, theirs: str, shape: Shape, bias: int = 0, spectral: bool = True, transposed: bool = False
) -> list[Rule]:
    """A convolution, under spectral norm where `spectral`; `shape` of its weight as torch stores it.

    Official weights are W / (u^T W v) with u one number for each output and v for each of the others.
    """
    if not spectral:
        return layer(ours, theirs, shape, bias)
    outputs, inputs = (shape[1], shape[0]) if transposed else shape[:2]
    norm = f"{ours}.parametrizations.weight"
    rules = [
        same(f"{norm}.original", f"{theirs}.weight_orig", shape),
        same(f"{norm}.0._u", f"{theirs}.weight_u", (outputs,)),
        same(f"{norm}.0._v", f"{theirs}.weight_v", (inputs * shape[2] * shape[3],)),
    ]
    return [*rules, same(f"{ours}.bias", f"{theirs}.bias", (bias,))] if bias else rules


def normed_conv(
    ours: str, theirs: str, shape: Shape, norm: str, spectral: bool, transposed: bool = False
) -> list[Rule]:
    """A `NormedConv`. Officially: a sequence of convolution and norm, or the convolution alone."""
    outputs = shape[1] if transposed else shape[0]
    if norm == "none":
        return conv(f"{ours}.conv", theirs, shape, outputs, spectral, transposed)
    rules = conv(f"{ours}.conv", f"{theirs}.0", shape, 0, spectral, transposed)
    if norm == "batch":
        rules += layer(f"{ours}.norm", f"{theirs}.1", (outputs,), bias=outputs)
        rules += running_statistics(f"{ours}.norm", f"{theirs}.1", outputs)
        rules.append(same(f"{ours}.norm.num_batches_tracked", f"{theirs}.1.num_batches_tracked", ()))
    return rules


def plain_norm(file: TensorFile, layer: str) -> str:
    """The norm after a convolution that `layer` names: `none`, `batch` or `instance`."""
    if f"{layer}.weight" in file.tensors or file.spectral(layer):
        return "none"
    return "batch" if f"{layer}.1.running_mean" in file.tensors else "instance"


RUNNING = ("running_mean", "running_var")


def running_statistics(ours: str, theirs: str, channels: int) -> list[Rule]:
    """Batch norm's running averages."""
    return [same(f"{ours}.{name}", f"{theirs}.{name}", (channels,)) for name in RUNNING]


def translate(file: TensorFile, rules: Iterable[Rule], family: str) -> State:
    """Our state dict of a file whose every tensor fits a rule.

    Raises ValueError naming the first tensor of the file that fits none, or else the first that is missing.
    """
    rules = list(rules)
    shapes = {name: rule.shape for rule in rules for name in rule.theirs}
    for name, tensor in file.tensors.items():
        if name not in shapes:
            raise ValueError(
                f"{file.path}: tensor {name!r} {tuple(tensor.shape)} "
                f"is no part of this {family} as officially released"
            )
        if tuple(tensor.shape) != shapes[name]:
            raise ValueError(
                f"{file.path}: tensor {name!r} has shape {tuple(tensor.shape)}; "
                f"the rest of this {family} release wants {shapes[name]}"
            )
    for rule in rules:
        for name in rule.theirs:
            if name not in file.tensors and not rule.optional:
                raise ValueError(
                    f"{file.path}: tensor {name!r} {rule.shape} is missing from this {family} release"
                )
    return {rule.ours: _joined(file, rule) for rule in rules if rule.ours is not None}


def _joined(file: TensorFile, rule: Rule) -> Tensor:
    tensors = [file.tensors[name] for name in rule.theirs]
    if rule.stacked:
        return torch.stack(tensors)
    return tensors[0] if len(tensors) == 1 else torch.cat(tensors)
