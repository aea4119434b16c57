"""LPIPS: the distance of two pictures as people see it.

Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", 2018, eq. 1, by the
`lpips` package, version 0.1 of its linear layers. Between a generated picture and its photo it measures
reconstruction (lower is better); between samples of one label map, diversity (higher is more diverse).
"""

from __future__ import annotations

import warnings
from itertools import combinations
from pathlib import Path

import lpips
from torch import Tensor, nn
from torchvision.models import AlexNet_Weights, VGG16_Weights

from evaluation.pictures import PictureMetric
from models.pretrained.weights import PublishedWeights, load_tensors

TRUNKS = {
    "alex": PublishedWeights("AlexNet (torchvision)", AlexNet_Weights.IMAGENET1K_V1.url),
    "vgg": PublishedWeights("VGG-16 (torchvision)", VGG16_Weights.IMAGENET1K_V1.url),
}
"""The networks whose features are compared; the linear layers on top come with the package."""

LEAST_SIDES = {"alex": 31, "vgg": 16}
"""In pixels: smaller pictures are gone before the last of the compared layers."""


class LPIPSNetwork(nn.Module):
    """The distance of pictures one by one. `trunk`: a name in `TRUNKS`; published values use "alex".

    `weights`: the trunk's file, or None for torch's cache, into which it is downloaded where it is absent.
    Raises ValueError, naming the file and its place, where weights cannot be had.
    """

    def __init__(self, trunk: str, weights: Path | None = None) -> None:
        super().__init__()
        self.trunk = trunk
        file, state = TRUNKS[trunk].read(weights, "set lpips=none to skip LPIPS")
        with warnings.catch_warnings():
            # The package asks torchvision for a network in a way that newer versions deprecate.
            warnings.simplefilter("ignore", UserWarning)
            self.network = lpips.LPIPS(net=trunk, pnet_rand=True, verbose=False)
        # Torchvision's `features.3.weight` is `slice2.3.weight` here: the layer's number is the same.
        names = {name: f"features.{name.split('.', 1)[1]}" for name in self.network.net.state_dict()}
        own = {name: state[published] for name, published in names.items() if published in state}
        load_tensors(self.network.net, own, file, TRUNKS[trunk].network)
        self.eval().requires_grad_(False)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Distances (B,) of pictures (B, 3, H, W) in [-1, 1]."""
        return self.network(first.float(), second.float()).flatten()


class LPIPS(PictureMetric):
    """Mean distance over pictures of generated ones to their photos; 0 where they are the same."""

    def __init__(self, network: LPIPSNetwork) -> None:
        super().__init__()
        # In a tuple, so that it is no part of the metric: copies and resets leave it alone.
        self._network = (network,)

    def values(self, generated: Tensor, photo: Tensor) -> Tensor:
        (network,) = self._network
        height, width = photo.shape[-2:]
        if min(height, width) < (least := LEAST_SIDES[network.trunk]):
            raise ValueError(
                f"pictures are {width}×{height}; LPIPS takes at least {least}×{least}: set lpips=none"
            )
        return network(generated, photo).double()  # (B,)


class LPIPSDiversity(LPIPS):
    """Mean distance between samples of one label map, over all pairs of samples and all label maps.

    As Zhu et al., "Toward Multimodal Image-to-Image Translation", 2017, section 5 measure diversity.
    """

    def update_samples(self, samples: list[Tensor]) -> None:
        """Adds two or more samples of a batch of label maps, each (B, 3, H, W) in [-1, 1]."""
        assert len(samples) > 1, "build_diversity has seen to it"
        for first, second in combinations(samples, 2):
            self.update(first.to(self.device), second.to(self.device))

    def named_value(self) -> dict[str, float]:
        """The mean by its name."""
        return {f"lpips_diversity_{self._network[0].trunk}": float(self.compute())}


def choose_lpips(
    trunk: str, weights: Path | None, least_side: int | None
) -> tuple[LPIPSNetwork | None, list[str]]:
    """The network of LPIPS, or None with a note that says why LPIPS is skipped.

    `trunk`: a name in `TRUNKS`, "none", or "auto": AlexNet where its weights are at hand, nothing is
    downloaded; `weights`: its file, where it is not in torch's cache; `least_side`: the shorter side of the
    smallest picture in pixels, None where it is not known. Raises ValueError for weights that are given but
    not used.
    """
    if trunk == "none":
        if weights is not None:
            raise ValueError(f"lpips_weights={weights} does not go with lpips=none; drop one of them")
        return None, []
    if trunk == "auto":
        trunk = "alex"  # that of published values
        published, least = TRUNKS[trunk], LEAST_SIDES[trunk]
        if weights is None and least_side is not None and least_side < least:
            return None, [f"lpips is skipped: it takes at least {least}×{least} pixels"]
        if weights is None and not published.cached.is_file():
            absent = f"the weights of {published.network} are not in {published.cached}"
            return None, [f"lpips is skipped: {absent}; lpips={trunk} downloads them from {published.url}"]
    return LPIPSNetwork(trunk, weights), []
