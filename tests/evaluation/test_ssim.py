"""SSIM against scikit-image."""

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from evaluation.ssim import SSIM
from tests.evaluation.made_up import pictures


def measured(generated, photo, batch_size=100):
    metric = SSIM()
    for g, p in zip(generated.split(batch_size), photo.split(batch_size), strict=True):
        metric.update(g, p)
    return float(metric.compute())


def similar(photo, amount, seed=3):
    noise = torch.randn(photo.shape, generator=torch.Generator().manual_seed(seed))
    return (photo + amount * noise).clamp(-1, 1)


def as_levels(pictures):
    """In the levels of 8-bit files, 0 to 255, but unrounded."""
    return (pictures.double().numpy() + 1) * 127.5


def test_agrees_with_scikit_image():
    photo = pictures(5, 24, 31)
    generated = similar(photo, 0.1)
    expected = [
        structural_similarity(
            g,
            p,
            data_range=255,
            channel_axis=0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        for g, p in zip(as_levels(generated), as_levels(photo), strict=True)
    ]
    assert 0.1 < np.mean(expected) < 0.99
    assert measured(generated, photo) == pytest.approx(np.mean(expected), rel=1e-6)


def test_neither_batch_size_nor_order_shows():
    photo = pictures(7)
    generated = similar(photo, 0.2)
    order = torch.tensor([4, 0, 6, 1, 5, 3, 2])
    for batch_size in (1, 3):
        assert measured(generated[order], photo[order], batch_size) == pytest.approx(
            measured(generated, photo), rel=1e-10
        )


def test_a_picture_is_most_similar_to_itself():
    assert measured(pictures(2), pictures(2)) == pytest.approx(1, abs=1e-12)


def test_black_is_nothing_like_white():
    black = torch.full((1, 3, 12, 12), -1.0)
    luminance = 0.01**2 / (1 + 0.01**2)  # of means 0 and 1: C1 / (1 + C1)
    assert measured(black, -black) == pytest.approx(luminance, rel=1e-6)


def test_more_noise_is_less_similar():
    photo = pictures(3)
    found = [measured(similar(photo, amount), photo) for amount in (0.05, 0.1, 0.3, 0.6)]
    assert found == sorted(found, reverse=True)


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_no_pictures_and_pictures_under_the_window_are_refused():
    with pytest.raises(ValueError, match="no pictures"):
        SSIM().compute()
    with pytest.raises(ValueError, match=r"20×10.*11×11"):
        SSIM().update(pictures(1, 10, 20), pictures(1, 10, 20))
