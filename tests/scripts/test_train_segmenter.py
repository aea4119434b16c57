"""A segmenter from photos to mIoU, as a person would: train it, then measure with it."""

from __future__ import annotations

import json
import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import evaluation.segmenters.trained
from data.sources.classes import numbered_label_set
from evaluation.segmenters.trained import read_segmenter
from tests.data.trees import write_folder
from tests.verbs import PROJECT, Verbs


def train(folder: Path, *more: str) -> None:
    """Trains on the pairs of `folder` as the script is called, and writes to its segmenters/."""
    script = str(PROJECT / "scripts" / "train_segmenter.py")
    words = [
        "dataset=folder",
        f"dataset.root={folder / 'pairs'}",
        "dataset.num_classes=4",
        "dataset.ignore_id=null",
    ]
    words += ["dataset.height=32", "dataset.width=32", "hardware.num_workers=0", "hardware.device=cpu"]
    words += ["images=240", "batch_size=4", "width=16", "learning_rate=1e-2", *more]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation.segmenters.trained, "SEGMENTERS", folder / "segmenters")
        patch.setattr(sys, "argv", [script, *words])
        runpy.run_path(script, run_name="__main__")


@pytest.fixture(scope="module")
def trained_on(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pairs/ (each class in one colour) and segmenters/folder, trained on them for a moment."""
    folder = tmp_path_factory.mktemp("segmenter")
    for split in ("train", "val"):
        write_folder(folder / "pairs", 4, split, height=32, width=32)
    train(folder)
    return folder


def test_it_learns_and_says_how_well(trained_on: Path) -> None:
    said = json.loads((trained_on / "segmenters" / "folder" / "segmenter.json").read_text())
    assert said["names"] == ["class 0", "class 1", "class 2", "class 3"] and said["images"] == 240
    assert said["val_miou"] > 0.5, "blocks of four flat colours"
    names = {file.name for file in (trained_on / "segmenters" / "folder").iterdir()}
    assert names == {"segmenter.json", "weights.safetensors"}


def test_photos_reach_the_ceiling_and_other_pictures_do_not(
    trained_on: Path, verbs: Verbs, tmp_path: Path
) -> None:
    val, segmenter = trained_on / "pairs" / "val", trained_on / "segmenters" / "folder"
    (tmp_path / "grey").mkdir()
    for file in (val / "photos").iterdir():
        Image.fromarray(np.full((32, 32, 3), 128, np.uint8)).save(tmp_path / "grey" / file.name)
    words = (f"real={val / 'photos'}", f"labels={val / 'labels'}", "pairs.ignore_id=null", "metrics=[psnr]")
    rows = {}
    for name, generated in (("real", val / "photos"), ("grey", tmp_path / "grey")):
        out = tmp_path / name
        verbs.succeeds(
            "test",
            f"generated={generated}",
            *words,
            f"segmenter.path={segmenter}",
            f"folder={out}",
            f"out={out}",
        )
        rows[name] = json.loads((out / "metrics.json").read_text())
    real, grey = rows["real"]["metrics"], rows["grey"]["metrics"]
    said = json.loads((segmenter / "segmenter.json").read_text())
    assert real["model"]["miou_folder"] == pytest.approx(said["val_miou"], rel=1e-6)
    assert real["real_photos"]["miou_folder"] == real["model"]["miou_folder"]
    assert grey["real_photos"] == real["real_photos"]
    assert grey["model"]["miou_folder"] < 0.6 * real["model"]["miou_folder"]
    assert rows["grey"]["names"]["miou_folder"] == "miou_folder_real_4"
    assert set(rows["real"]["class_ious"]) == {"model", "real_photos", "mean_colour_baseline"}


def test_one_from_scratch_measures_beside_it(trained_on: Path, verbs: Verbs, tmp_path: Path) -> None:
    segmenters = tmp_path / "segmenters"
    shutil.copytree(trained_on / "segmenters", segmenters)
    (tmp_path / "pairs").symlink_to(trained_on / "pairs")
    train(tmp_path, "backbone=none")
    said = json.loads((segmenters / "folder_scratch" / "segmenter.json").read_text())
    assert said["backbone"] == "none" and said["val_miou"] > 0.5
    val, out = trained_on / "pairs" / "val", tmp_path / "out"
    words = (f"generated={val / 'photos'}", f"real={val / 'photos'}", f"labels={val / 'labels'}")
    words += ("pairs.ignore_id=null", "metrics=[psnr]", f"segmenter.path={segmenters / 'folder'}")
    verbs.succeeds("test", *words, f"folder={out}", f"out={out}")
    model = json.loads((out / "metrics.json").read_text())["metrics"]["model"]
    assert model["miou_folder_scratch"] == pytest.approx(said["val_miou"], rel=1e-6)
    assert "miou_folder" in model


def test_one_of_other_classes_is_refused(trained_on: Path) -> None:
    with pytest.raises(ValueError, match=r"was trained on folder.*train one on this data set"):
        read_segmenter(trained_on / "segmenters" / "folder", numbered_label_set(5, has_unknown=False))
    with pytest.raises(ValueError, match="train one on this data set"):
        read_segmenter(trained_on / "segmenters" / "folder", numbered_label_set(3, has_unknown=True))
