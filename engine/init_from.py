"""Starting a run from the weights of another: tensors by name, rows of classes by the classes' names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from data.dataset_info import DatasetInfo
from engine.checkpoint.checkpoint import read_network
from engine.checkpoint.checkpoint_paths import latest_images
from models.conditional_generator import ConditionalGenerator
from models.discriminators.base import Discriminator
from models.discriminators.with_projected import DiscriminatorWithProjected
from models.layers.spectral_norm import SpectralNorm, WeightMatrix

State = dict[str, Tensor]
VECTOR = ".parametrizations.weight.0._v"
WEIGHT = ".parametrizations.weight.original"


@dataclass(frozen=True)
class Transferred:
    """What became of a network's tensors: so many were `taken`; `fresh` stay as initialised."""

    taken: int
    fresh: tuple[str, ...]

    def describe(self, what: str) -> str:
        """A line for the user."""
        named = ", ".join(self.fresh[:4]) + (", ..." if len(self.fresh) > 4 else "")
        fresh = f"; initialised anew: {len(self.fresh)} ({named})" if self.fresh else ""
        return f"{what}: {self.taken} of {self.taken + len(self.fresh)} tensors taken{fresh}"


@dataclass(frozen=True)
class ClassMatch:
    """Which class of the source each class of a run is, by name; None for a new one."""

    names: tuple[str, ...]
    source_names: tuple[str, ...]

    @property
    def sources(self) -> list[int | None]:
        """For each class of the run, the id of the source's class of that name."""
        ids = {_simplified(name): label for label, name in enumerate(self.source_names)}
        return [ids.get(_simplified(name)) for name in self.names]

    def describe(self) -> list[str]:
        """Lines for the user: what was matched, what is new, what is not used."""
        sources = self.sources
        new = [name for name, source in zip(self.names, sources) if source is None]
        unused = [name for label, name in enumerate(self.source_names) if label not in sources]
        lines = [f"classes: {len(self.names) - len(new)} of {len(self.names)} matched by name"]
        lines += [f"new classes, initialised anew: {', '.join(new)}"] if new else []
        return lines + ([f"classes of the source that are not used: {', '.join(unused)}"] if unused else [])


@torch.no_grad()
def transfer(network: nn.Module, state: State, match: ClassMatch) -> Transferred:
    """Gives a network the tensors of `state`, another's state dict, that fit it; the others stay as they are.

    Tensors with something a class (`class_channels` of the modules) are put together class by class.
    """
    own, rows = network.state_dict(), class_tensors(network)
    fresh = []
    for name, tensor in own.items():
        source = state.get(name)
        if name in rows and source is not None:
            source = _matched(tensor, source, *rows[name], match)
        if source is None or source.shape != tensor.shape:
            fresh.append(name)
        else:
            tensor.copy_(source)
    for name in [name for name in fresh if name.endswith(VECTOR)]:
        if name.replace(VECTOR, WEIGHT) not in fresh:
            _renew_vector(network.get_submodule(name.removesuffix(VECTOR)))
            fresh.remove(name)
    return Transferred(len(own) - len(fresh), tuple(fresh))


def class_tensors(network: nn.Module) -> dict[str, tuple[int, int]]:
    """The tensors of a state dict with something a class: axis, and the place of class 0 on it."""
    found = {}
    for path, module in network.named_modules():
        for name, place in getattr(module, "class_channels", {}).items():
            layer, _, parameter = f"{path}.{name}".lstrip(".").rpartition(".")
            if layer and parametrize.is_parametrized(network.get_submodule(layer), parameter):
                parameter = f"parametrizations.{parameter}.original"
            found[f"{layer}.{parameter}".lstrip(".")] = place
    return found


def _matched(own: Tensor, source: Tensor, axis: int, first: int, match: ClassMatch) -> Tensor | None:
    """`own` with the slices of matched classes, and those before and after the classes, taken from `source`.

    What follows the classes (edges, colours) is aligned at its end, as edges, which come first, may be absent
    from one. None where the other axes differ.
    """
    result, own_end, source_end = own.clone(), first + len(match.names), first + len(match.source_names)
    moved, taken = result.movedim(axis, 0), source.to(own).movedim(axis, 0)
    if moved.shape[1:] != taken.shape[1:] or len(taken) < source_end or len(moved) < own_end:
        return None
    moved[:first] = taken[:first]
    for label, theirs in enumerate(match.sources):
        if theirs is not None:
            moved[first + label] = taken[first + theirs]
    after, theirs_after = len(moved) - own_end, len(taken) - source_end
    if abs(after - theirs_after) > 1:  # noise of another width, or of one of the two alone
        return result
    after = min(after, theirs_after)
    if after:
        moved[-after:] = taken[-after:]
    return result


def _renew_vector(layer: nn.Module) -> None:
    """Spectral norm's right singular vector from the left one, where the classes have changed its length."""
    norm, weight = layer.parametrizations.weight[0], layer.parametrizations.weight.original  # type: ignore[index, union-attr]
    assert isinstance(norm, SpectralNorm) and isinstance(weight, Tensor)
    matrix = WeightMatrix(weight, norm.output_axis)
    norm._v.copy_(matrix.published(F.normalize(matrix.rows.mT @ norm._u, dim=0)))


def _simplified(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name.lower()).strip()


def init_from(run: Path, G: ConditionalGenerator, D: Discriminator | None, names: Sequence[str]) -> list[str]:
    """Gives `G` the averaged weights of a run or an imported release, and `D` its discriminator, if any.

    `D`: None where the run's discriminator is another one; `names`: of this run's classes. Returns lines for
    the user: what was matched and what was not. Raises ValueError where the run has no checkpoint, or nothing
    of it fits.
    """
    images = latest_images(run)
    if images is None:
        raise ValueError(f"init_from={run}: it has saved no checkpoint; train on with resume=true")
    match = ClassMatch(tuple(names), DatasetInfo.read(run).label_set.names)
    moved = transfer(G, read_network(run, images, "ema"), match)
    if not moved.taken:
        raise ValueError(
            f"init_from={run}: none of its tensors fits; choose the same generator, norm and widths"
        )
    lines = [f"weights of {run} after {images} images", *match.describe(), moved.describe("generator")]
    if D is None:
        return [*lines, "discriminator: initialised anew (that run has another kind)"]
    try:
        discriminator = read_network(run, images, "D")
    except ValueError as error:
        return [*lines, f"discriminator: initialised anew ({error})"]
    return [*lines, transfer_discriminator(D, discriminator, match).describe("discriminator")]


def transfer_discriminator(D: Discriminator, state: State, match: ClassMatch) -> Transferred:
    """As `transfer`; where projected heads are new, or gone, that of the discriminator beside them."""
    has_heads = any(name.startswith("main.") for name in state)
    if isinstance(D, DiscriminatorWithProjected) == has_heads:
        return transfer(D, state, match)
    state = {name.removeprefix("main."): tensor for name, tensor in state.items()}
    return transfer(D.main if isinstance(D, DiscriminatorWithProjected) else D, state, match)
