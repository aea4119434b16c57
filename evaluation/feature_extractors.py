"""Feature extractors of the distances between sets: pictures in, one vector per picture out.

A metric that shares its network with a loss or a discriminator flatters (`evaluation/shared_networks.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import torch.nn.functional as F
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torch import Tensor, nn
from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3, FeatureExtractorInceptionV3
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2.functional import normalize, resize

from data.image_range import to_uint8
from models.pretrained.efficientnet_lite import EfficientNetLite
from models.pretrained.timm_features import open_timm
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


class DINOv2Features(FeatureNetwork):
    """1024 features of DINOv2 (ViT-L/14): its class token after the last norm, by timm.

    Oquab et al., "DINOv2: Learning Robust Visual Features without Supervision", 2023; for its use Stein et
    al., "Exposing Flaws of Generative Model Evaluation Metrics and Their Unfair Treatment of Diffusion
    Models", 2023. Pictures are rounded to 8 bits, resized to 224×224, bicubic with antialiasing, whatever
    their aspect ratio, and normalised by ImageNet's mean and deviation. timm resamples the positions from
    518×518 with antialiasing, the authors' code without, so that values differ a little from theirs.

    `weights`: timm's file (model.safetensors) or the authors' (.pth), or None for timm's hub or its cache.
    Raises ValueError where they cannot be had or are damaged.
    """

    name = "dinov2"
    ARCHITECTURE = "vit_large_patch14_dinov2.lvd142m"
    SIDE = 224

    def __init__(self, weights: Path | None = None) -> None:
        super().__init__()
        alternative = (
            f"set dinov2_weights=FILE, model.safetensors of huggingface.co/timm/{self.ARCHITECTURE}, or set"
            " features=efficientnet_lite2, which needs no download"
        )
        network: Any = open_timm(self.ARCHITECTURE, weights, alternative, img_size=self.SIDE, num_classes=0)
        self.network = network.eval().requires_grad_(False)
        self.num_features = network.num_features

    def forward(self, pictures: Tensor) -> Tensor:
        resized = resize(
            to_uint8(pictures), [self.SIDE, self.SIDE], InterpolationMode.BICUBIC, antialias=True
        )
        return self.network(normalize(resized.float() / 255, IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD))


AUTO = "auto"
METRIC_NETWORKS: dict[str, type[FeatureNetwork]] = {
    "inception": InceptionFeatures,
    "dinov2": DINOv2Features,
    "efficientnet_lite2": EfficientNetLite2Features,
}


def load_metric_network(
    name: str, inception_weights: Path | None = None, dinov2_weights: Path | None = None
) -> FeatureNetwork:
    """The feature network called `name` in `METRIC_NETWORKS`.

    "auto" is Inception where its weights are at hand (given, or in torch's cache), else EfficientNet-Lite2:
    nothing is downloaded unasked. The weights' files are given where they are not in the caches.
    Raises ValueError for another name, weights that are given but not used, or weights that cannot be had.
    """
    if name == AUTO:
        at_hand = inception_weights is not None or INCEPTION_WEIGHTS.cached.is_file()
        name = "inception" if at_hand else "efficientnet_lite2"
    if name not in METRIC_NETWORKS:
        raise ValueError(
            f"feature network {name!r} is unknown; choose one of {', '.join([AUTO, *METRIC_NETWORKS])}"
        )
    given = {"inception": inception_weights, "dinov2": dinov2_weights}
    for network, file in given.items():
        if file is not None and network != name:
            raise ValueError(f"{network}_weights={file} go with features={network}, not {name}")
    return METRIC_NETWORKS[name](given[name]) if name in given else METRIC_NETWORKS[name]()


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
