"""SEAN's style encoder against the layers of the paper written plainly and means taken pixel by pixel."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.encoders.region_style import RegionStyleEncoder, region_means
from tests.references import norms as reference

CLASSES = 4
WIDTH = 6


def instance_norm_and_activation(x: Tensor) -> Tensor:
    x = (x - x.mean((2, 3), keepdim=True)) / (x.var((2, 3), correction=0, keepdim=True) + 1e-5).sqrt()
    return torch.where(x > 0, x, 0.2 * x)


def plain_features(encoder: RegionStyleEncoder, photo: Tensor) -> Tensor:
    """The encoder's features before they are averaged, (B, D, h, w)."""
    kernels = [layer.conv.weight for layer in encoder.convs]
    x = F.conv2d(F.pad(photo, (1, 1, 1, 1), mode="reflect"), kernels[0])
    x = instance_norm_and_activation(x)
    x = instance_norm_and_activation(F.conv2d(x, kernels[1], stride=2, padding=1))
    x = instance_norm_and_activation(F.conv2d(x, kernels[2], stride=2, padding=1))
    x = F.conv_transpose2d(x, kernels[3], stride=2, padding=1, output_padding=1)
    x = F.pad(instance_norm_and_activation(x), (1, 1, 1, 1), mode="reflect")
    return F.conv2d(x, encoder.to_codes.weight, encoder.to_codes.bias).tanh()


@pytest.fixture
def encoder() -> RegionStyleEncoder:
    torch.manual_seed(0)
    return RegionStyleEncoder(CLASSES, WIDTH).double()


@pytest.mark.parametrize("size", [(16, 16), (12, 20), (13, 10)])
def test_agrees_with_the_plain_form(encoder: RegionStyleEncoder, size: tuple[int, int]) -> None:
    photo = torch.rand(2, 3, *size, dtype=torch.float64) * 2 - 1
    labels = torch.randint(CLASSES - 1, (2, *size))  # the last class is absent
    codes, posterior = encoder.encode(photo, labels, None)
    features = plain_features(encoder, photo).detach().numpy()
    small = reference.nearest(labels.numpy(), features.shape[-2:])
    expected = torch.from_numpy(reference.region_means(features, small, CLASSES))
    assert codes.shape == (2, CLASSES, WIDTH) and posterior is None
    assert torch.allclose(codes, expected, atol=1e-10)


def test_without_a_label_map_the_whole_photo_is_one_region(encoder: RegionStyleEncoder) -> None:
    photo = torch.rand(2, 3, 12, 20, dtype=torch.float64) * 2 - 1
    codes, _ = encoder.encode(photo, None, None)
    expected = plain_features(encoder, photo).mean((2, 3))
    assert codes.shape == (2, CLASSES, WIDTH) == (2, *encoder.code_shape)
    for label in range(CLASSES):
        assert torch.allclose(codes[:, label], expected, atol=1e-10)


def test_features_are_half_the_size_of_the_photo(encoder: RegionStyleEncoder) -> None:
    assert plain_features(encoder, torch.zeros(1, 3, 16, 24, dtype=torch.float64)).shape[-2:] == (8, 12)


def test_an_absent_class_has_a_zero_code_and_no_other_has(encoder: RegionStyleEncoder) -> None:
    photo = torch.rand(2, 3, 16, 16, dtype=torch.float64)
    labels = torch.zeros(2, 16, 16, dtype=torch.int64)
    labels[1, :, 8:] = 2
    codes, _ = encoder.encode(photo, labels, None)
    assert codes.any(2).tolist() == [[True, False, False, False], [True, False, True, False]]


def test_the_mean_of_a_region_is_its_own() -> None:
    features = torch.randn(1, WIDTH, 8, 8, dtype=torch.float64)
    labels = torch.zeros(1, 16, 16, dtype=torch.int64)
    labels[..., 8:] = 1
    changed = features.clone()
    changed[..., 4:] += 1
    before, after = region_means(features, labels, CLASSES), region_means(changed, labels, CLASSES)
    assert torch.equal(before[:, 0], after[:, 0])
    assert torch.allclose(after[:, 1], before[:, 1] + 1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_means_keep_the_type_and_their_digits(dtype: torch.dtype) -> None:
    """Thousands of pixels a region: neither their sum nor their number may stick where bf16 does (at 256)."""
    torch.manual_seed(0)
    features = (torch.rand(1, WIDTH, 80, 80) + 1).to(dtype)
    labels = torch.zeros(1, 80, 80, dtype=torch.int64)
    labels[:, :10] = 1
    means = region_means(features, labels, 2)
    assert means.dtype == dtype
    expected = torch.stack(
        [features[0, :, 10:].double().mean((1, 2)), features[0, :, :10].double().mean((1, 2))]
    )
    assert torch.allclose(means[0].double(), expected, rtol=1e-2 if dtype == torch.bfloat16 else 1e-5)


def test_gradients_reach_every_parameter(encoder: RegionStyleEncoder) -> None:
    photo = torch.rand(1, 3, 16, 16, dtype=torch.float64)
    encoder(photo, torch.randint(CLASSES, (1, 16, 16))).square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in encoder.parameters())
