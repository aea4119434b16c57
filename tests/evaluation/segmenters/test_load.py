"""Which segmenter is loaded: the one that is named, or the one that was trained for the data set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import evaluation.segmenters.trained
from data.sources.classes import numbered_label_set
from evaluation.segmenters.load import load_segmenter
from evaluation.segmenters.trained import Description, write_segmenter
from models.segmenter import PyramidSegmenter


def test_a_segmenter_trained_for_the_data_set_is_used_for_its_classes_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation.segmenters.trained, "SEGMENTERS", tmp_path)
    own, other = numbered_label_set(3, has_unknown=True), numbered_label_set(4, has_unknown=True)
    assert load_segmenter(own, "streets") is None
    description = Description("streets", own.names, True, 32, 32, channels=4, images=8, val_miou=None)
    write_segmenter(tmp_path / "streets", PyramidSegmenter(4, width=4), description)
    found = load_segmenter(own, "streets")
    assert found is not None and found.name == "streets"
    assert found(torch.zeros(1, 3, 32, 40)).shape == (1, 32, 40)
    assert load_segmenter(other, "streets") is None
    assert load_segmenter(own, "streets", kind="none") is None
    with pytest.raises(ValueError, match="train one on this data set"):
        load_segmenter(other, "streets", path=str(tmp_path / "streets"))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"kind": "torchscript"}, "needs segmenter.path"),
        ({"kind": "none", "path": "x"}, "does not go with"),
        ({"kind": "torchvision", "path": "x"}, "needs segmenter.architecture"),
        ({"path": __file__}, "set what it is"),
    ],
)
def test_options_of_segmenters_that_contradict_are_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        load_segmenter(numbered_label_set(3, has_unknown=False), "streets", **asked)
