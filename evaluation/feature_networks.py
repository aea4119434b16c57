"""The feature networks by name, and the choice between them."""

from __future__ import annotations

from pathlib import Path

from evaluation.feature_extractors import EfficientNetLite2Features, FeatureNetwork
from evaluation.inception import INCEPTION_WEIGHTS, InceptionFeatures

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
