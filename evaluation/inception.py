"""The Inception network of 2015 that published FIDs use, as torch-fidelity converted it from TensorFlow.

Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016; Heusel et al. 2017 for its
use. torch-fidelity reproduces TensorFlow's resizing and padding: other Inceptions give other numbers.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor
from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3, FeatureExtractorInceptionV3

from data.image_range import to_uint8
from evaluation.feature_extractors import FeatureNetwork
from models.pretrained.weights import PublishedWeights, read_tensors

INCEPTION_WEIGHTS = PublishedWeights("Inception (2015, torch-fidelity)", URL_INCEPTION_V3)
FEATURES = "2048"  # the last average pooling, as in FID


class InceptionFeatures(FeatureNetwork):
    """2048 features of pictures as 8-bit files hold them, resized inside to 299×299 as TensorFlow did.

    `weights`: the file, or None for torch's cache, into which it is fetched where it is not there. Raises
    ValueError, saying which file to put where, when it cannot be had or is damaged.
    """

    name = "inception"
    frechet_name = "fid_inception"
    num_features = 2048

    def __init__(self, weights: Path | None = None) -> None:
        super().__init__()
        file = INCEPTION_WEIGHTS.find(weights, "set features=efficientnet_lite2, which needs no download")
        # torch-fidelity would unpickle whatever the file holds; after this it is known to be tensors.
        read_tensors(file, INCEPTION_WEIGHTS.network)
        try:
            self.network = FeatureExtractorInceptionV3("inception", [FEATURES], str(file))
        except RuntimeError as error:
            raise ValueError(
                f"{file} does not hold the weights of {INCEPTION_WEIGHTS.network}; fetch"
                f" {INCEPTION_WEIGHTS.url}"
            ) from error

    def forward(self, pictures: Tensor) -> Tensor:
        (features,) = self.network(to_uint8(pictures))  # (B, 2048)
        return features
