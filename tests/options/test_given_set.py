"""Label maps of people's own, with the numbers or colours that each data set's own files hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.batch import Sample
from data.dataset_info import DatasetInfo
from data.sampler import Position
from data.sources.classes import numbered_label_set
from data.sources.source import LabelSet
from options.build.data import build_label_format, given_set
from options.schema.dataset import (
    Ade20kOptions,
    Ade20kOutdoorOptions,
    CamVidOptions,
    CelebAMaskHQOptions,
    CityscapesOptions,
    CocoStuffOptions,
    DatasetOptions,
    FolderOptions,
    ScenesOptions,
)

ROOT = "/absent"  # generating needs no data set
SKY, CHILD = [128, 128, 128], [192, 128, 64]

STORED = [
    (Ade20kOptions(root=ROOT), [[0, 1, 150]], ["unknown", "wall", "flag"]),
    (Ade20kOutdoorOptions(root=ROOT), [[0, 1, 150]], ["unknown", "wall", "flag"]),
    (CamVidOptions(root=ROOT), [[11, 0, 10]], ["unknown", "sky", "bicyclist"]),
    (CamVidOptions(root=ROOT), [[[0, 0, 0], SKY, CHILD]], ["unknown", "sky", "pedestrian"]),
    (CamVidOptions(root=ROOT, classes=32), [[[0, 0, 0], SKY, CHILD]], ["unknown", "Sky", "Child"]),
    (CamVidOptions(root=ROOT, classes=32), [[31, 21, 7]], ["unknown", "Sky", "Child"]),
    (CelebAMaskHQOptions(root=ROOT), [[0, 1, 18]], ["background", "skin", "cloth"]),
    (CityscapesOptions(root=ROOT), [[7, 255, 34]], ["road", "license plate", "license plate"]),
    (CocoStuffOptions(root=ROOT), [[255, 0, 181]], ["unknown", "person", "wood"]),
    (FolderOptions(root=ROOT, num_classes=9, ignore_id=77), [[77, 0, 8]], ["unknown", "class 0", "class 8"]),
    (ScenesOptions(), [[0, 1, 2]], None),
]
CLASSES_OF_A_RUN = {"folder": numbered_label_set(9, has_unknown=True)}


def label_set_of(options: DatasetOptions) -> LabelSet:
    kept = CLASSES_OF_A_RUN.get(options.name, numbered_label_set(1, has_unknown=False))
    return build_label_format(options, kept).label_set


@pytest.mark.parametrize(
    ("options", "stored", "names"), STORED, ids=lambda value: getattr(value, "name", None)
)
def test_stored_maps_become_class_ids(
    options: DatasetOptions, stored: list, names: list[str] | None, tmp_path: Path
) -> None:
    label_set = label_set_of(options)
    Image.fromarray(np.array(stored, dtype=np.uint8)).save(tmp_path / "a.png")
    info = DatasetInfo(label_set, edges=False, styles=("default",))
    sample = given_set(options, info, tmp_path, None, None, None)[Position(0, 0)]
    assert isinstance(sample, Sample)
    labels = sample.labels[0].tolist()
    assert labels == stored[0] if names is None else [label_set.names[label] for label in labels] == names
