"""Feature extractors of the distances between sets: pictures in, one vector per picture out.

A metric that shares its network with a loss or a discriminator flatters (`evaluation/shared_networks.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn
from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3, FeatureExtractorInceptionV3
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from data.image_range import to_uint8
from models.pretrained.efficientnet_lite import EfficientNetLite
from models.pretrained.weights import PublishedWeights

INCEPTION_WEIGHTS = PublishedWeights("Inception (2015, torch-fidelity)", URL_INCEPTION_V3)


class FeatureNetwork(nn.Module):
    """A frozen network that turns pictures (B, 3, H, W) in [-1, 1], of any size, into (B, `num_features`).

    `name` goes into the metrics' names: distances of different networks cannot be compared.
    """

    name: ClassVar[str]
    num_features: int

    def forward(self, pictures: Tensor) -> Tensor:
        raise NotImplementedError

    def metric_name(self, metric: str) -> str:
        """The name of a metric on these features: fd becomes fd_efficientnet_lite2."""
        return f"{metric}_{self.name}"


class EfficientNetLite2Features(FeatureNetwork):
    """EfficientNet-Lite2 before its classifier, its head averaged over space: 1280 features.

    Pictures are resized to 260×260, the size the network was trained at, by bilinear interpolation with
    antialiasing, whatever their aspect ratio (as FID does with its network's 299×299).
    """

    name = "efficientnet_lite2"

    def __init__(self) -> None:
        super().__init__()
        self.network = EfficientNetLite("lite2")
        self.num_features = self.network.num_features

    def forward(self, pictures: Tensor) -> Tensor:
        side = self.network.image_size
        resized = F.interpolate(
            pictures.float(), (side, side), mode="bilinear", antialias=True, align_corners=False
        )  # (B, 3, 260, 260)
        return self.network.pooled(resized)  # (B, 1280)


class InceptionFeatures(FeatureNetwork):
    """2048 features of the Inception of 2015 that published FIDs use, converted by torch-fidelity.

    Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016; Heusel et al. 2017 for
    its use. Pictures are rounded to 8 bits and resized inside to 299×299. torch-fidelity reproduces
    TensorFlow's resizing and padding: other Inceptions give other values.

    `weights`: the file, or None for torch's cache, into which it is downloaded where it is absent. Raises
    ValueError, naming the file and its place, where it cannot be had or is damaged.
    """

    name = "inception"
    num_features = 2048

    def __init__(self, weights: Path | None = None) -> None:
        super().__init__()
        # Read for the check alone: torch-fidelity would unpickle whatever the file holds.
        alternative = "set features=efficientnet_lite2, which needs no download"
        file, _ = INCEPTION_WEIGHTS.read(weights, alternative)
        try:
            self.network = FeatureExtractorInceptionV3("inception", [str(self.num_features)], str(file))
        except RuntimeError as error:
            raise ValueError(
                f"{file} does not hold the weights of {INCEPTION_WEIGHTS.network}; download"
                f" {INCEPTION_WEIGHTS.url}"
            ) from error

    def forward(self, pictures: Tensor) -> Tensor:
        (features,) = self.network(to_uint8(pictures))  # (B, 2048), of the last average pooling
        return features

    def metric_name(self, metric: str) -> str:
        """Only Inception's Fréchet distance may be called FID."""
        return super().metric_name("fid" if metric == "fd" else metric)


AUTO = "auto"
METRIC_NETWORKS: dict[str, type[FeatureNetwork]] = {
    "inception": InceptionFeatures,
    "efficientnet_lite2": EfficientNetLite2Features,
}


def load_metric_network(name: str, inception_weights: Path | None = None) -> FeatureNetwork:
    """The feature network called `name` in `METRIC_NETWORKS`.

    "auto" is Inception where its weights are at hand (given, or in torch's cache), else EfficientNet-Lite2:
    nothing is downloaded unasked. `inception_weights`: their file, where it is not in the cache.
    Raises ValueError for another name, weights that are given but not used, or weights that cannot be had.
    """
    if name == AUTO:
        at_hand = inception_weights is not None or INCEPTION_WEIGHTS.cached.is_file()
        name = "inception" if at_hand else "efficientnet_lite2"
    if name not in METRIC_NETWORKS:
        raise ValueError(
            f"feature network {name!r} is unknown; choose one of {', '.join([AUTO, *METRIC_NETWORKS])}"
        )
    if name == "inception":
        return InceptionFeatures(inception_weights)
    if inception_weights is not None:
        raise ValueError(f"Inception's weights {inception_weights} go with features=inception, not {name}")
    return METRIC_NETWORKS[name]()


class FeatureVectors(Metric):
    """Collects the features (B, C) of a set of pictures, over all processes: (N, C) float32, in any order.

    A few kilobytes per picture.
    """

    full_state_update = False
    vectors: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("vectors", [], dist_reduce_fx="cat")

    def update(self, features: Tensor) -> None:
        """Adds the features (B, C) of a batch; raises ValueError where they are not finite."""
        if not bool(features.isfinite().all()):
            raise ValueError("features hold NaN or infinity; check the pictures they were computed from")
        self.vectors.append(features.float())

    def compute(self) -> Tensor:
        """All of them."""
        return dim_zero_cat(self.vectors)
