"""A frozen feature network that several parts of a training step share."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from models.layers.frozen import Frozen
from models.pretrained.features import load_features


class FrozenFeatures(Frozen):
    """The feature network called `name` (see `load_features`), which computes an image's maps once.

    A perceptual loss and a discriminator may look at the same tensor of images through it: maps are kept as
    long as that tensor lives. `channels` and `strides` of the maps, shallow to deep; `weights`: the file that
    they come from, None for the published ones.
    """

    def __init__(self, name: str, weights: str | None = None) -> None:
        network = load_features(name, weights)
        super().__init__(network)
        self.name, self.weights = name, weights
        self.channels, self.strides = network.channels, network.strides
        self._seen: WeakTensorKeyDictionary = WeakTensorKeyDictionary()

    @torch.no_grad()
    def check_size(self, size: tuple[int, int]) -> None:
        """Raises ValueError where the network does not take images of a size (height, width)."""
        try:
            self.network(torch.zeros(1, 3, *size))
        except (AssertionError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise ValueError(
                f"{self.name} does not take images of {size[0]}x{size[1]} ({reason}); choose a network that "
                "takes any size, such as efficientnet_lite0, resnet50 or convnext_tiny"
            ) from error

    def forward(self, *inputs: Tensor) -> list[Tensor]:
        """Maps (B, channels[i], h, w) of photos (B, 3, H, W) in [-1, 1]."""
        (photo,) = inputs
        needs_gradient = photo.requires_grad and torch.is_grad_enabled()
        version, maps = self._seen.get(photo, (None, []))
        if version != photo._version or (needs_gradient and not maps[0].requires_grad):
            maps = self.network(photo)
            self._seen[photo] = (photo._version, maps)
        return maps
