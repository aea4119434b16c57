"""A new metric is a line in its table and a name that its option allows: then it is measured and reported."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from evaluation.feature_extractors import METRIC_NETWORKS
from evaluation.metrics import METRICS, MetricSpec
from evaluation.pictures import PictureMetric
from options.schema import testing
from tests.evaluation.folders import write_photos
from tests.evaluation.made_up import TinyFeatures
from tests.verbs import Verbs


class ToyMetric(PictureMetric):
    """The largest error of a colour, from 0 to 2."""

    def values(self, generated: Tensor, photo: Tensor) -> Tensor:
        return (generated.double() - photo.double()).abs().amax(dim=(1, 2, 3))


def toy_distance(generated: Tensor, photos: Tensor) -> float:
    """Between the means of two sets of features."""
    return float((generated.mean(dim=0) - photos.mean(dim=0)).abs().max())


@pytest.mark.parametrize("kind", ["of_pairs", "of_sets"])
def test_a_toy_metric_is_measured_and_reported(
    kind: str, verbs: Verbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = {"of_pairs": ToyMetric} if kind == "of_pairs" else {"of_sets": toy_distance}
    entry = testing.TestOptions.__dataclass_fields__["metrics"]
    choices = (*entry.metadata["rule"].choices, "toy")
    monkeypatch.setattr(entry, "metadata", {"rule": replace(entry.metadata["rule"], choices=choices)})
    monkeypatch.setitem(METRICS, "toy", MetricSpec("Toy", "the largest error", "lower", 3, **toy))
    monkeypatch.setitem(METRIC_NETWORKS, "efficientnet_lite2", TinyFeatures)
    real = write_photos(tmp_path, 3)
    generated = tmp_path / "generated"
    generated.mkdir()
    for number in range(3):  # each photo under the next one's name, so that sets agree and pairs do not
        (generated / f"p{number}.png").write_bytes((real / f"p{(number + 1) % 3}.png").read_bytes())
    pixels = [np.asarray(Image.open(real / f"p{number}.png")).astype(float) for number in range(3)]
    errors = [np.abs(pixels[number] - pixels[(number + 1) % 3]).max() / 127.5 for number in range(3)]
    folders = (f"generated={generated}", f"real={real}", f"folder={tmp_path / 'out'}", f"out={tmp_path}")
    printed = verbs.succeeds("test", *folders, "features=efficientnet_lite2", "metrics=[toy]")
    model = json.loads((tmp_path / "out" / "metrics.json").read_text())["metrics"]["model"]
    (value,) = (value for name, value in model.items() if name.startswith("toy"))
    assert value == pytest.approx(np.mean(errors) if kind == "of_pairs" else 0, abs=1e-6)
    assert "toy" in printed and "Toy" in (tmp_path / "out" / "index.html").read_text()
