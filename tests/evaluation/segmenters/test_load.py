"""Which segmenter is loaded: the one that is named, or the one that was trained for the data set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import evaluation.segmenters.trained
from data.sources.classes import numbered_label_set
from evaluation.segmenters.load import load_segmenters
from evaluation.segmenters.trained import Description, write_segmenter
from models.segmenter import PyramidSegmenter


def test_a_segmenter_trained_for_the_data_set_is_used_for_its_classes_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation.segmenters.trained, "SEGMENTERS", tmp_path)
    own, other = numbered_label_set(3, has_unknown=True), numbered_label_set(4, has_unknown=True)
    assert load_segmenters(own, "streets") == []
    description = Description("streets", own.names, True, 32, 32, channels=4, images=8, val_miou=None)
    write_segmenter(tmp_path / "streets", PyramidSegmenter(4, width=4), description)
    (found,) = load_segmenters(own, "streets")
    assert found.name == "streets"
    assert found(torch.zeros(1, 3, 32, 40)).shape == (1, 32, 40)
    assert load_segmenters(other, "streets") == []
    assert load_segmenters(own, "streets", kind="none") == []
    with pytest.raises(ValueError, match="train one on this data set"):
        load_segmenters(other, "streets", path=str(tmp_path / "streets"))


def test_one_from_scratch_is_used_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation.segmenters.trained, "SEGMENTERS", tmp_path)
    own, other = numbered_label_set(3, has_unknown=True), numbered_label_set(4, has_unknown=True)
    description = Description("streets", own.names, True, 32, 32, channels=4, images=8, val_miou=None)
    scratch = PyramidSegmenter(4, width=4, backbone="none")
    write_segmenter(tmp_path / "streets_scratch", scratch, replace(description, backbone="none"))
    (found,) = load_segmenters(own, "streets")
    assert found.name == "streets_scratch"
    photo = torch.rand(2, 3, 32, 40, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert torch.equal(found(photo), scratch.eval()(photo).argmax(dim=1))
    with pytest.raises(ValueError, match="make it with scripts/train_segmenter"):
        load_segmenters(own, "streets", kind="trained")
    write_segmenter(tmp_path / "streets", PyramidSegmenter(4, width=4), description)
    for asked in ({}, {"kind": "trained"}, {"path": str(tmp_path / "streets")}):
        assert [each.name for each in load_segmenters(own, "streets", **asked)] == [
            "streets",
            "streets_scratch",
        ]
    (alone,) = load_segmenters(own, "streets", path=str(tmp_path / "streets_scratch"))
    assert alone.name == "streets_scratch"
    write_segmenter(tmp_path / "streets_scratch", scratch, replace(description, names=other.names))
    assert [each.name for each in load_segmenters(own, "streets")] == ["streets"]


def test_an_unknown_backbone_is_refused(tmp_path: Path) -> None:
    own = numbered_label_set(3, has_unknown=True)
    description = Description("streets", own.names, True, 32, 32, 4, 8, None, backbone="os.system")
    write_segmenter(tmp_path, PyramidSegmenter(4, width=4, backbone="none"), description)
    with pytest.raises(ValueError, match=r"segmenter.json names the backbone 'os.system'; this version has"):
        load_segmenters(own, "streets", path=str(tmp_path))


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
        load_segmenters(numbered_label_set(3, has_unknown=False), "streets", **asked)
