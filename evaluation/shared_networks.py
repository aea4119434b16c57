"""Metrics that look through the same kind of network as training did: they flatter the generator.

A generator learns what satisfies the network of its perceptual loss or discriminator, whether or not it looks
like a photograph; a metric on a network of that family sees alike (Kynkäänniemi et al., "The Role of ImageNet
Classes in Fréchet Inception Distance", 2023).
"""

from __future__ import annotations

from collections.abc import Mapping

from evaluation.metrics import MetricSet

FAMILIES = {
    "efficientnet": "EfficientNet",
    "vgg": "VGG",
    "inception": "Inception",
    "alex": "AlexNet",
    "dinov2": "DINOv2",
}
"""By a part of a network's name, ours or timm's."""


def family(network: str) -> str | None:
    """The family of a network, None where it is of none that metrics use."""
    return next((FAMILIES[part] for part in FAMILIES if part in network.lower()), None)


def shared_network_warnings(trained_with: Mapping[str, str], metrics: MetricSet) -> list[str]:
    """A warning for each family of networks that both `metrics` and training looked through.

    `trained_with`: the pretrained networks of training, by the option that names each.
    """
    flattering: dict[str | None, list[str]] = {}
    for names, network in metrics.networks().items():
        flattering.setdefault(family(network), []).append(names)
    warnings = []
    for shared, flattered in flattering.items():
        sharing = [f"{option}={name}" for option, name in trained_with.items() if family(name) == shared]
        if sharing and shared is not None:
            warnings.append(
                f"{', '.join(flattered)} may flatter: training looked through a network of the same family"
                f" ({shared}), {', '.join(sharing)}; compare by other metrics too: swd, features= of"
                " another family, a segmenter with backbone=none"
            )
    return warnings
