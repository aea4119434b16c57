"""Networks whose feature maps a loss, a segmenter or a discriminator looks at: by name, with weights."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torchvision.models import VGG19_Weights, vgg19

from models.pretrained.efficientnet_lite import EfficientNetLite
from models.pretrained.timm_features import TimmFeatures, is_timm_name
from models.pretrained.weights import PublishedWeights, load_tensors

VGG19_WEIGHTS = PublishedWeights("VGG-19 (torchvision)", VGG19_Weights.IMAGENET1K_V1.url)


class Vgg19(nn.Module):
    """VGG-19 (Simonyan & Zisserman 2015) after relu1_1, 2_1, 3_1, 4_1 and 5_1, frozen.

    As in pix2pixHD and SPADE, photos are passed as they are, in [-1, 1], without ImageNet's mean and
    deviation. Weights come from torch's download cache (TORCH_HOME), or are downloaded into it. Raises
    ValueError, naming the file and the option that needs none, where they cannot be had or are damaged.
    """

    channels = (64, 128, 256, 512, 512)
    strides = (1, 2, 4, 8, 16)
    ENDS = (2, 7, 12, 21, 30)

    def __init__(self) -> None:
        super().__init__()
        alternative = "set loss.perceptual=efficientnet_lite0, which needs no download"
        file, state = VGG19_WEIGHTS.read(None, alternative)
        with torch.device("meta"):
            network = vgg19()
        load_tensors(network, state, file, VGG19_WEIGHTS.network)
        layers = network.features.eval().requires_grad_(False)
        for layer in layers:
            if isinstance(layer, nn.ReLU):
                layer.inplace = False  # in place it would overwrite the maps that are returned
        self.slices = nn.ModuleList(layers[start:end] for start, end in zip((0, *self.ENDS), self.ENDS))

    def forward(self, photo: Tensor) -> list[Tensor]:
        """Five feature maps of photos (B, 3, H, W), shallow to deep."""
        maps, x = [], photo
        for layers in self.slices:
            x = layers(x)
            maps.append(x)
        return maps


FeatureMaps = Vgg19 | EfficientNetLite | TimmFeatures
"""Photos (B, 3, H, W) in [-1, 1] to feature maps, shallow to deep, of `channels` and `strides`; frozen."""

FEATURE_NETWORKS: dict[str, Callable[[], FeatureMaps]] = {
    "efficientnet_lite0": lambda: EfficientNetLite("lite0"),
    "efficientnet_lite2": lambda: EfficientNetLite("lite2"),
    "vgg19": Vgg19,
}


def load_features(name: str, weights: str | None = None) -> FeatureMaps:
    """The network called `name` in `FEATURE_NETWORKS`, or else in timm.

    `weights`: a file of a timm network's tensors. Raises ValueError for another name, or, naming the file or
    package, where its weights cannot be had.
    """
    if name in FEATURE_NETWORKS and weights is None:
        return FEATURE_NETWORKS[name]()
    if is_timm_name(name):
        return TimmFeatures(name, weights)
    raise ValueError(
        f"feature network {name!r} is unknown; choose one of {', '.join(FEATURE_NETWORKS)}, or one of timm"
    )
