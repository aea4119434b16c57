"""How long a run is, counted by hand."""

from __future__ import annotations

import pytest

from engine.progress import Length
from options.build.training import build_length
from options.schema.training import LengthOptions


@pytest.mark.parametrize(
    ("options", "pairs", "length"),
    [
        (LengthOptions(images=500), 30, Length(500, "images")),
        (LengthOptions(minutes=1.5), 30, Length(1.5, "minutes")),
        (LengthOptions(epochs=200), 2975, Length(595_000, "images")),
        (LengthOptions(epochs=0.5), 31, Length(16, "images")),
        (LengthOptions(epochs=0.01), 3, Length(1, "images")),  # a run has a step
    ],
)
def test_an_epoch_is_as_many_images_as_there_are_pairs(
    options: LengthOptions, pairs: int, length: Length
) -> None:
    assert build_length(options, pairs) == length
