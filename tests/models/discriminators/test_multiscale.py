"""The patch discriminators: what they see, their norms, and two images of one label map at once.

(The numbers themselves: `tests/models/official`, against golden results and a slow reference.)
"""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from models.condition import Condition
from models.discriminators.base import DiscriminatorOutput
from models.discriminators.multiscale import MultiscaleDiscriminator
from models.losses.patch import discriminate, discriminate_fake

CLASSES = 3


def blank(height: int, width: int) -> Condition:
    return Condition(torch.zeros(1, height, width, dtype=torch.int64))


def seen_by_one_patch(discriminator: MultiscaleDiscriminator, scale: int) -> tuple[int, int]:
    """Height and width of the pixels that the middle logit depends on, from its gradient."""
    image = torch.rand(1, 3, 256, 256, requires_grad=True)
    logits = discriminator(image, blank(256, 256))[scale].logits[0, 0]
    logits[logits.shape[0] // 2, logits.shape[1] // 2].backward()
    rows, columns = image.grad.abs().sum((0, 1)).nonzero().unbind(1)
    return int(rows.max() - rows.min() + 1), int(columns.max() - columns.min() + 1)


@pytest.mark.parametrize(
    ("layers", "scale", "side"),
    # Isola et al. 2017, appendix 6.1.2: 16 and 70 pixels (34 between them). One scale further, 70 pixels of
    # a picture halved by pooling over three.
    [(2, 0, 16), (3, 0, 34), (4, 0, 70), (4, 1, 2 * 70 + 1)],
)
def test_receptive_field(layers: int, scale: int, side: int) -> None:
    torch.manual_seed(0)
    # Without norm: an instance norm lets every patch feel the whole picture.
    made = MultiscaleDiscriminator(CLASSES, width=4, layers=layers, norm="none", spectral=False)
    assert seen_by_one_patch(made, scale) == (side, side)


def test_layers_of_the_paper() -> None:
    """C64-C128-C256-C512 and one to the logit; no batch norm on the first (appendix 6.1.2)."""
    made = MultiscaleDiscriminator(CLASSES, scales=1, norm="batch", spectral=False)
    convs = [module for module in made.modules() if isinstance(module, nn.Conv2d)]
    assert [conv.out_channels for conv in convs] == [64, 128, 256, 512, 1]
    assert [conv.stride[0] for conv in convs] == [2, 2, 2, 1, 1]
    norms = [module.num_features for module in made.modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms == [128, 256, 512]


@pytest.mark.parametrize("norm", ["instance", "batch", "none"])
@pytest.mark.parametrize("spectral", [True, False])
def test_every_parameter_learns(norm: str, spectral: bool) -> None:
    torch.manual_seed(0)
    made = MultiscaleDiscriminator(CLASSES, True, width=4, layers=3, norm=norm, spectral=spectral)
    seen = Condition(torch.randint(CLASSES, (2, 32, 32)), torch.rand(2, 32, 32) < 0.3)
    outputs = made(torch.randn(2, 3, 32, 32), seen)
    sum(output.logits.square().mean() for output in outputs).backward()
    assert [name for name, p in made.named_parameters() if p.grad is None or not p.grad.any()] == []
    assert any("parametrizations" in name for name, _ in made.named_parameters()) == spectral


def test_two_images_of_one_label_map() -> None:
    """Fake and real in one batch are judged as one after the other."""
    torch.manual_seed(0)
    made = MultiscaleDiscriminator(CLASSES, width=4, layers=3, scales=3).eval()
    seen = Condition(torch.randint(CLASSES, (2, 40, 56)))
    fake, real = torch.randn(2, 3, 40, 56), torch.randn(2, 3, 40, 56)
    results = discriminate(made, fake, real, seen)
    for both, alone in zip(results, (made(fake, seen), made(real, seen)), strict=True):
        assert len(both) == 3
        for ours, wanted in zip(both, alone, strict=True):
            torch.testing.assert_close(maps_of(ours), maps_of(wanted), atol=1e-5, rtol=0)


@pytest.mark.parametrize("edges", [True, False])
@pytest.mark.parametrize("images", [1, 2, 3])
def test_the_first_convolution_is_that_of_label_map_and_image_side_by_side(images: int, edges: bool) -> None:
    torch.manual_seed(0)
    made = MultiscaleDiscriminator(CLASSES, edges, width=4, layers=3, scales=2)
    border = torch.rand(2, 20, 28) < 0.3 if edges else None
    seen = Condition(torch.randint(CLASSES, (2, 20, 28)), border)
    photos = torch.randn(2 * images, 3, 20, 28)
    maps = nn.functional.one_hot(seen.labels, CLASSES).movedim(-1, 1).float()  # (2, K, H, W)
    if border is not None:
        maps = torch.cat([maps, border[:, None].float()], dim=1)
    beside = torch.cat([maps.repeat(images, 1, 1, 1), photos], dim=1)
    pool = nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)
    for output, scale in zip(made(photos, seen), made.scales, strict=True):
        expected = nn.functional.leaky_relu(scale.first(beside), 0.2)
        torch.testing.assert_close(output.features[0], expected, atol=1e-6, rtol=0)
        beside = pool(beside)


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_a_real_image_without_gradient_is_judged_the_same(norm: str) -> None:
    """`discriminate_fake` is `discriminate`, with the same gradient of fakes; spectral vectors move once."""
    torch.manual_seed(0)
    made = MultiscaleDiscriminator(CLASSES, width=4, layers=3, norm=norm)
    twin = copy.deepcopy(made)
    seen = Condition(torch.randint(CLASSES, (2, 40, 56)))
    image, photo = torch.randn(2, 3, 40, 56).requires_grad_(), torch.randn(2, 3, 40, 56)
    gradients, results = [], []
    for network, way in ((made, discriminate), (twin, discriminate_fake)):
        fakes, reals = way(network, image, photo, seen)
        results.append([*fakes, *reals])
        loss = sum(output.logits.square().mean() for output in fakes)
        gradients.append(torch.autograd.grad(loss, image)[0])
    torch.testing.assert_close(gradients[0], gradients[1], atol=1e-6, rtol=1e-4)
    for first, second in zip(*results, strict=True):
        torch.testing.assert_close(maps_of(first), maps_of(second), atol=1e-5, rtol=0)
    for name, buffer in made.named_buffers():
        torch.testing.assert_close(dict(twin.named_buffers())[name], buffer)


def maps_of(output: DiscriminatorOutput) -> list[Tensor]:
    return [*output.features, output.logits]
