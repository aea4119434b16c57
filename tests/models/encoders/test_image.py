"""The image encoder: any size in, a distribution out. (Its numbers: tests/models/official.)"""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models.encoders.encoder import Posterior
from models.encoders.image import ImageEncoder


def encoder() -> ImageEncoder:
    torch.manual_seed(0)
    return ImageEncoder(width=2, style_width=5).eval()


@pytest.mark.parametrize("size", [(256, 256), (32, 48), (300, 500), (5, 1000)])
def test_any_size(size: tuple[int, int]) -> None:
    network, photo = encoder(), torch.rand(2, 3, *size) * 2 - 1
    posterior = network(photo)
    assert posterior.mean.shape == posterior.log_var.shape == (2, 5)
    resized = photo if size == (256, 256) else F.interpolate(photo, (256, 256), mode="bilinear")
    torch.testing.assert_close(posterior.mean, network(resized).mean)
    torch.testing.assert_close(posterior.mean[1:], network(photo[1:]).mean)


def test_layers_of_the_paper() -> None:
    """Figure 14: 3x3-stride-2 convolutions to 64, 128, 256, 512, 512, 512; two layers of 8192 to 256."""
    layers = [m for m in ImageEncoder().modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert [m.out_channels for m in layers if isinstance(m, nn.Conv2d)] == [64, 128, 256, 512, 512, 512]
    assert {(m.kernel_size, m.stride) for m in layers if isinstance(m, nn.Conv2d)} == {((3, 3), (2, 2))}
    assert [(m.in_features, m.out_features) for m in layers if isinstance(m, nn.Linear)] == [(8192, 256)] * 2


def test_codes_are_drawn_from_the_posterior() -> None:
    """Their mean and deviation over many draws; without noise the mean itself."""
    network, photo = encoder(), torch.rand(1, 3, 32, 32)
    labels = torch.zeros(1, 32, 32, dtype=torch.long)
    with torch.no_grad():
        assert torch.equal(network.encode(photo, labels, None).codes, network(photo).mean)
        mean, log_var = network(photo)
        posterior = Posterior(mean.expand(20_000, -1), (log_var + 1).expand(20_000, -1))
        codes = posterior.sample(torch.Generator().manual_seed(0))
    torch.testing.assert_close(codes.mean(0), mean[0], atol=0.05, rtol=0)
    torch.testing.assert_close(codes.std(0), (0.5 * (log_var[0] + 1)).exp(), atol=0.05, rtol=0)


def test_the_prior_is_standard_normal_and_repeats_with_its_seed() -> None:
    network = encoder()
    codes, again = (network.prior(20_000, torch.Generator().manual_seed(3)) for _ in range(2))
    assert codes.shape == (20_000, 5) and torch.equal(codes, again)
    torch.testing.assert_close(codes.mean(0), torch.zeros(5), atol=0.05, rtol=0)
    torch.testing.assert_close(codes.std(0), torch.ones(5), atol=0.05, rtol=0)
