"""LPIPS: how far two pictures are from each other to the eye.

Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", 2018, eq. 1, by the
`lpips` package, version 0.1 of its linear layers. Between a generated picture and its photo it measures
reconstruction (lower is better); between samples of one label map, diversity (higher is more diverse).
"""

from __future__ import annotations

import warnings
from itertools import combinations
from pathlib import Path

import lpips
import torch
from torch import Tensor, nn
from torchmetrics import Metric
from torchvision.models import AlexNet_Weights, VGG16_Weights

from evaluation.pictures import check_pairs
from models.pretrained.weights import PublishedWeights, read_tensors

TRUNKS = {
    "alex": PublishedWeights("AlexNet (torchvision)", AlexNet_Weights.IMAGENET1K_V1.url),
    "vgg": PublishedWeights("VGG-16 (torchvision)", VGG16_Weights.IMAGENET1K_V1.url),
}
"""The networks whose features are compared; the linear layers on top come with the package."""

LEAST_SIDES = {"alex": 31, "vgg": 16}
"""In pixels: smaller pictures are gone before the last of the compared layers."""


class LPIPSNetwork(nn.Module):
    """The distance of pictures one by one. `trunk`: a name in `TRUNKS`; published figures use "alex".

    `weights`: the trunk's file, or None for torch's cache, into which it is fetched where it is not there.
    Raises ValueError for another trunk, or, saying which file to put where, when weights cannot be had.
    """

    def __init__(self, trunk: str, weights: Path | None = None) -> None:
        super().__init__()
        if trunk not in TRUNKS:
            raise ValueError(f"LPIPS trunk {trunk!r} is unknown; choose one of {', '.join(TRUNKS)}")
        self.trunk = trunk
        published = TRUNKS[trunk]
        file = published.find(weights, "set lpips=none to leave LPIPS out")
        with warnings.catch_warnings():
            # The package asks torchvision for a network in a way that newer versions deprecate.
            warnings.simplefilter("ignore", UserWarning)
            self.network = lpips.LPIPS(net=trunk, pnet_rand=True, verbose=False)
        _load_trunk(self.network.net, read_tensors(file, published.network), file)
        self.eval().requires_grad_(False)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Distances (B,) of pictures (B, 3, H, W) in [-1, 1]."""
        return self.network(first.float(), second.float()).flatten()


def _load_trunk(trunk: nn.Module, state: dict[str, Tensor], file: Path) -> None:
    """Torchvision's `features.3.weight` is `slice2.3.weight` there: the layer's number is the same."""
    own = trunk.state_dict()
    wanted = {name: f"features.{name.split('.', 1)[1]}" for name in own}
    for name, published in wanted.items():
        if published not in state or state[published].shape != own[name].shape:
            raise ValueError(
                f"{file} does not hold the weights LPIPS needs: {published} is absent or different"
            )
    trunk.load_state_dict({name: state[published] for name, published in wanted.items()})


class LPIPS(Metric):
    """Mean distance over pictures of generated ones to their photos; 0 where they are the same.

    `latest`: those of the last batch, (B,).
    """

    full_state_update = False
    total: Tensor
    count: Tensor
    latest: Tensor

    def __init__(self, network: LPIPSNetwork) -> None:
        super().__init__()
        # In a tuple, so that it is no part of the metric: copies and resets leave it alone.
        self._network = (network,)
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, generated: Tensor, photo: Tensor) -> None:
        """Adds a batch, both (B, 3, H, W) in [-1, 1]; raises ValueError for anything else."""
        check_pairs(generated, photo)
        (network,) = self._network
        height, width = photo.shape[-2:]
        if min(height, width) < (least := LEAST_SIDES[network.trunk]):
            raise ValueError(
                f"pictures are {width}×{height}; LPIPS takes at least {least}×{least}: set lpips=none"
            )
        self.latest = network(generated, photo).double()  # (B,)
        self.total += self.latest.sum()
        self.count += len(generated)

    def compute(self) -> Tensor:
        """The mean, a scalar; raises ValueError where no picture was added."""
        if self.count == 0:
            raise ValueError("LPIPS was asked of no pictures; add at least one pair")
        return self.total / self.count


class LPIPSDiversity(LPIPS):
    """Mean distance between samples of one label map, over all pairs of samples and all label maps.

    As Zhu et al., "Toward Multimodal Image-to-Image Translation", 2017, section 5 measure diversity.
    """

    def update_samples(self, samples: list[Tensor]) -> None:
        """Adds two or more samples of a batch of label maps, each (B, 3, H, W) in [-1, 1]."""
        if len(samples) < 2:
            raise ValueError(
                f"diversity was asked of {len(samples)} sample(s); it takes at least 2 a label map"
            )
        for first, second in combinations(samples, 2):
            self.update(first.to(self.total.device), second.to(self.total.device))

    def figures(self) -> dict[str, float]:
        """The figure by its name."""
        return {f"lpips_diversity_{self._network[0].trunk}": float(self.compute())}
