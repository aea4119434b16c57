"""PSNR against its definition in numpy."""

import math

import numpy as np
import pytest
import torch

from evaluation.psnr import PSNR
from tests.evaluation.made_up import pictures


def measured(generated, photo, batch_size=100):
    metric = PSNR()
    for g, p in zip(generated.split(batch_size), photo.split(batch_size), strict=True):
        metric.update(g, p)
    return float(metric.compute())


def test_is_the_mean_over_pictures_of_the_definition():
    generated, photo = pictures(7, seed=1), pictures(7, seed=2)
    per_picture = []
    for g, p in zip(generated.double().numpy(), photo.double().numpy(), strict=True):
        per_picture.append(10 * np.log10(2**2 / np.mean((g - p) ** 2)))
    assert np.ptp(per_picture) > 0.5
    assert measured(generated, photo) == pytest.approx(np.mean(per_picture), rel=1e-6)


def test_neither_batch_size_nor_order_shows():
    generated, photo = pictures(7, seed=1), pictures(7, seed=2)
    order = torch.tensor([4, 0, 6, 1, 5, 3, 2])
    for batch_size in (1, 3):
        assert measured(generated[order], photo[order], batch_size) == pytest.approx(
            measured(generated, photo), rel=1e-7
        )


def test_a_picture_is_infinitely_close_to_itself():
    assert math.isinf(measured(pictures(2), pictures(2)))


def test_sizes_may_differ_from_batch_to_batch():
    metric = PSNR()
    for size in (12, 16):
        metric.update(pictures(1, size, size, seed=1), pictures(1, size, size, seed=2))
    alone = [measured(pictures(1, s, s, seed=1), pictures(1, s, s, seed=2)) for s in (12, 16)]
    assert float(metric.compute()) == pytest.approx(np.mean(alone), rel=1e-6)


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_no_pictures_are_refused():
    with pytest.raises(ValueError, match="no pictures"):
        PSNR().compute()


def test_bad_pictures_are_refused():
    good = pictures(2)
    with pytest.raises(ValueError, match="NaN"):
        PSNR().update(torch.full_like(good, float("nan")), good)
    with pytest.raises(ValueError, match=r"\[-1, 1\]"):
        PSNR().update(good * 127, good)
    with pytest.raises(ValueError, match="one size"):
        PSNR().update(good, good[..., 1:])
    with pytest.raises(ValueError, match="uint8"):
        PSNR().update(good.byte(), good)
    with pytest.raises(ValueError, match="at least one picture"):
        PSNR().update(good[:0], good[:0])
