"""Any classification network of timm that makes feature maps, with its published weights."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from timm.models.vision_transformer import VisionTransformer, checkpoint_filter_fn
from torch import Tensor, nn

from models.pretrained.weights import load_tensors, read_tensors

ALTERNATIVE = "choose efficientnet_lite0, which needs no download"


class TimmFeatures(nn.Module):
    """The feature maps of timm's network `name`, such as `resnet50.a1_in1k`, frozen.

    `weights`: a file of its tensors (.safetensors, or as `torch.save` writes them); without one they come
    from timm's hub, or from its cache. Takes photos (B, 3, H, W) in [-1, 1]; the network's own mean and
    deviation are applied inside. `channels` and `strides` of the maps, shallow to deep. Raises ValueError
    where the maps do not halve from one to the next, and where the weights cannot be had.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, name: str, weights: str | None = None) -> None:
        super().__init__()
        network: Any = open_timm(name, None if weights is None else Path(weights), ALTERNATIVE)
        self.network = network.eval().requires_grad_(False)
        self.channels: tuple[int, ...] = tuple(stage["num_chs"] for stage in network.feature_info)
        self.strides: tuple[int, ...] = tuple(stage["reduction"] for stage in network.feature_info)
        if any(2 * before != after for before, after in pairwise(self.strides)):
            raise ValueError(
                f"the feature maps of {name} have strides {self.strides}; choose a network whose maps halve "
                "from one to the next, such as efficientnet_lite0, resnet50 or convnext_tiny"
            )
        self.register_buffer("mean", torch.tensor(network.pretrained_cfg["mean"])[:, None, None])
        self.register_buffer("deviation", torch.tensor(network.pretrained_cfg["std"])[:, None, None])

    def forward(self, photo: Tensor) -> list[Tensor]:
        """Maps (B, channels[i], h, w)."""
        x = ((photo + 1) / 2 - self.mean) / self.deviation
        network: Any = self.network
        maps: list[Tensor] = network.forward_intermediates(x, intermediates_only=True)
        return maps


def is_timm_name(name: str) -> bool:
    """Whether timm has a network of this name; a tag of its weights may follow a dot."""
    return timm.is_model(name)


def open_timm(name: str, weights: Path | None, alternative: str, **shape: Any) -> nn.Module:
    """timm's network `name` with the tensors of a file, or, where None, of timm's hub or its cache.

    `alternative`: what users without the weights can do instead; `shape`: of the network, for timm. A vision
    transformer's positions are resampled to its size by timm. Raises ValueError where the weights cannot be
    had or are damaged.
    """
    if weights is not None:
        return _from_file(name, weights, shape)
    try:
        return timm.create_model(name, pretrained=True, **shape)
    except (OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"the weights of {name} are not in timm's cache and cannot be downloaded ({reason}); give their "
            f"file, or {alternative}"
        ) from error


def _from_file(name: str, file: Path, shape: dict[str, Any]) -> nn.Module:
    if not file.is_file():
        raise ValueError(f"{file}: no such file; it should hold the weights of {name}")
    network = timm.create_model(name, pretrained=False, **shape)
    try:
        tensors = load_file(file) if file.suffix == ".safetensors" else read_tensors(file, name)
    except SafetensorError as error:
        raise ValueError(f"{file} is damaged ({error}); it should be the weights of {name}") from error
    if isinstance(network, VisionTransformer):
        tensors = checkpoint_filter_fn(tensors, network)
    load_tensors(network, tensors, file, name)
    return network
