"""VGG-19's convolutional layers with their ImageNet weights, from torchvision."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import nn
from torchvision.models import VGG19_Weights, vgg19


def load_vgg19_layers() -> nn.Sequential:
    """The layers, frozen and out of place.

    Weights are taken from torch's cache of downloads (TORCH_HOME) or fetched into it; ValueError, naming
    the file and the option that needs none, where neither works.
    """
    weights = VGG19_Weights.IMAGENET1K_V1
    file = Path(torch.hub.get_dir()) / "checkpoints" / os.path.basename(weights.url)
    try:
        layers = vgg19(weights=weights).features
    except (OSError, RuntimeError) as error:
        raise ValueError(
            f"the weights of VGG-19 are not in {file} and cannot be downloaded ({error}); put the file "
            f"{weights.url} there, or set loss.perceptual=efficientnet_lite0, which needs no download"
        ) from error
    for layer in layers:
        if isinstance(layer, nn.ReLU):
            # In place it would overwrite the maps that are compared.
            layer.inplace = False
    return layers.eval().requires_grad_(False)
