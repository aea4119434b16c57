"""OASIS's discriminator, against the official one's logits and the equations of its blocks."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from models.condition import Condition
from models.discriminators.oasis import DownBlock, OasisDiscriminator, most_levels
from models.discriminators.segmentation_decoder import UpBlock
from models.official.key_mapping import translate
from models.official.oasis import DISCRIMINATOR
from models.official.release_files import open_tensors
from tests.shared import golden

CLASSES, UNKNOWN = 151, 150
CHANNELS = [0, *range(2, CLASSES + 1), 1]
"""Official channels in our order: fake, the classes, unknown."""


class Golden(NamedTuple):
    D: OasisDiscriminator
    condition: Condition
    photo: Tensor
    expected: dict[str, Tensor]


def pictures(folder: str) -> Tensor:
    files = sorted((golden("oasis_ade20k") / "inputs" / folder).glob("*.png"))
    return torch.stack([torch.from_numpy(np.array(Image.open(file))) for file in files])


@cache
def oasis() -> Golden:
    """The official discriminator in miniature, its inputs, and what it returns."""
    folder = golden("oasis_ade20k")
    D = OasisDiscriminator(CLASSES, (64, 64), width=4)
    state = translate(open_tensors(folder / "models/best_D.pth"), DISCRIMINATOR, D.state_dict())
    state |= {name: value[CHANNELS] for name, value in state.items() if "to_logits" in name}
    D.load_state_dict(state)
    labels = pictures("label").long()
    photo = pictures("photo").permute(0, 3, 1, 2) / 127.5 - 1
    with np.load(folder / "expected.npz") as arrays:
        expected = {key: torch.from_numpy(arrays[key]) for key in arrays.files}
    return Golden(D.eval(), Condition(torch.where(labels == 0, UNKNOWN, labels - 1)), photo, expected)


@torch.no_grad()
def test_logits_are_the_official_ones() -> None:
    D, condition, photo, expected = oasis()
    mask, fake = expected["labelmix_mask"].bool(), expected["generated_G"]
    for name, images in (("fake", fake), ("real", photo), ("mixed", torch.where(mask, photo, fake))):
        (output,) = D(images, condition)
        logits = output.logits[:, :, ::4, ::4]
        torch.testing.assert_close(logits, expected[f"D_{name}"][:, CHANNELS], rtol=0, atol=1e-4)
        official = torch.tensor(CHANNELS)[output.logits.argmax(1)]
        assert (official == expected[f"D_{name}_argmax"]).float().mean() > 0.999


@pytest.mark.parametrize("in_channels, out_channels", [(3, 6), (6, 6)])
def test_blocks_are_their_equations(in_channels: int, out_channels: int) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, in_channels, 8, 12)

    def applied(layer: nn.Module, maps: Tensor) -> Tensor:
        if isinstance(layer, nn.Identity):
            return maps
        assert isinstance(layer, nn.Conv2d)
        return F.conv2d(maps, layer.weight, layer.bias, padding=layer.padding)

    down = DownBlock(in_channels, out_channels, spectral=False)
    dx = applied(down.conv_1, F.leaky_relu(applied(down.conv_0, F.leaky_relu(x, 0.2)), 0.2))
    expected = F.avg_pool2d(applied(down.shortcut, x), 2) + F.avg_pool2d(dx, 2)
    torch.testing.assert_close(down(x), expected)

    up = UpBlock(in_channels, out_channels, spectral=False)
    doubled = x.repeat_interleave(2, -1).repeat_interleave(2, -2)
    dx = applied(up.conv_1, F.leaky_relu(applied(up.conv_0, F.leaky_relu(doubled, 0.2)), 0.2))
    torch.testing.assert_close(up(x, (16, 24)), applied(up.shortcut, doubled) + dx)


@pytest.mark.parametrize(
    "size, levels", [((256, 256), 6), ((96, 128), 5), ((64, 64), 6), ((48, 80), 4), ((512, 1024), 6)]
)
def test_depth_divides_the_image(size: tuple[int, int], levels: int) -> None:
    assert most_levels(size) == levels
    D = OasisDiscriminator(7, size, width=1)
    assert D.multiple == 2**levels
    images = torch.randn(1, 3, *size)
    (output,) = D(images, Condition(torch.zeros(1, *size).long()))
    assert output.logits.shape == (1, 8, *size)


def test_parameters_are_those_of_the_official_set_up() -> None:
    """As counted from the official class with the 151 label channels of ADE20K."""
    with torch.device("meta"):
        D = OasisDiscriminator(151, (256, 256))
    assert sum(weight.numel() for weight in D.parameters()) == 22_258_904


def test_it_does_not_see_the_label_map() -> None:
    D = OasisDiscriminator(7, (32, 32), width=2).eval()
    images = torch.randn(1, 3, 32, 32)
    zeros, ones = (D(images, Condition(torch.full((1, 32, 32), value)))[0].logits for value in (0, 1))
    assert torch.equal(zeros, ones)
