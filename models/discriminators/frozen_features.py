"""A discriminator that segments by the features of a frozen, pretrained network.

After DP-SIMS (Berrada et al. 2024): a U-Net whose encoder is a network trained for classification and whose
decoder alone is trained; what it is trained for is OASIS's objective.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from models.condition import Condition
from models.discriminators.base import Discriminator, DiscriminatorOutput
from models.discriminators.segmentation_decoder import SegmentationDecoder
from models.kernels.standardise import standardise_samples
from models.pretrained.frozen_features import FrozenFeatures

WIDTHS = (1, 2, 2, 4, 4, 8, 8)
"""Of the decoder's blocks at strides 1, 2, 4, ..., in multiples of the width."""


class FrozenFeaturesDiscriminator(Discriminator):
    """Classifies each pixel of an image as fake, or as one of the classes; it does not see the label map.

    Logits as `OasisDiscriminator`'s; images may have any size. `features`: the encoder's; `width`: of the
    decoder at full size; `spectral`: its weights are spectrally normalised.
    """

    objective: ClassVar[str] = "segmentation"
    logits: ClassVar[str] = "classes"
    has_features: ClassVar[bool] = False

    def __init__(
        self, classes: int, features: FrozenFeatures, width: int = 32, spectral: bool = True
    ) -> None:
        super().__init__()
        self.features = features
        doublings = features.strides[-1].bit_length() - 1
        self.decoder = SegmentationDecoder(
            features.channels,
            [multiple * width for multiple in reversed(WIDTHS[:doublings])],
            classes + 1,
            features.strides[0],
            spectral,
        )

    def forward(self, images: Tensor, condition: Condition) -> list[DiscriminatorOutput]:
        """One output of full size."""
        maps = [conditioned(features) for features in self.features(images)]
        return [DiscriminatorOutput(self.decoder(maps, (images.shape[-2], images.shape[-1])), [])]


def conditioned(features: Tensor) -> Tensor:
    """Maps (B, C, H, W) standardised over each image and channel, then a sigmoid.

    In raw features a few channels dominate (Berrada et al. 2024).
    """
    return torch.sigmoid(standardise_samples(features, across_channels=False))
