"""RMSE against numpy on colours from 0 to 1."""

import numpy as np
import pytest

from evaluation.rmse import RMSE
from tests.evaluation.made_up import pictures


def test_is_the_mean_over_pictures_of_their_own():
    generated, photo = pictures(5, seed=1), pictures(5, seed=2)
    expected = np.mean(
        [
            np.sqrt(np.mean(((g - p) / 2) ** 2))
            for g, p in zip(generated.double().numpy(), photo.double().numpy())
        ]
    )
    metric = RMSE()
    for first, second in zip(generated.split(2), photo.split(2)):
        metric.update(first, second)
    assert float(metric.compute()) == pytest.approx(expected, rel=1e-6)


def test_black_against_white_is_1():
    metric = RMSE()
    metric.update(pictures(2) * 0 - 1, pictures(2) * 0 + 1)
    assert float(metric.compute()) == 1


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_what_cannot_be_measured_is_refused():
    with pytest.raises(ValueError, match="no pictures"):
        RMSE().compute()
    with pytest.raises(ValueError, match=r"reach 3"):
        RMSE().update(pictures(1) * 0 + 3, pictures(1))
