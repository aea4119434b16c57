"""What the options say of sizes is what the networks get."""

from __future__ import annotations

import pytest

from data.batch import Sample
from data.sampler import Position
from options.build.data import training_set
from options.build.sources import build_source
from tests.tiny import tiny_options


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("dataset.resize=fixed",),
        ("dataset.resize=fixed", "dataset.resize_to=80"),
        ("dataset.resize=short_side", "dataset.resize_to=70"),
        ("dataset.resize=width", "dataset.resize_to=100"),
    ],
    ids=" ".join,
)
def test_training_pairs_have_the_size_that_was_checked(words: tuple[str, ...]) -> None:
    options = tiny_options("dataset.height=32", "dataset.width=64", *words).dataset
    sample = training_set(options, build_source(options, "train"), seed=0)[Position(0, 0)]
    assert isinstance(sample, Sample) and sample.photo is not None and sample.instances is not None
    assert sample.photo.shape == (3, 32, 64)
    assert sample.labels.shape == sample.instances.shape == (32, 64)
