"""From options to data: sizes are those that the networks get, num_classes=auto is counted once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from data.batch import Sample
from data.sampler import Position
from data.sources import READERS, Reader
from data.sources.classes import numbered_label_set
from data.sources.label_format import LabelFormat, StoredIds
from data.sources.source import LabelSet, Source, Subset
from options.build.data import build_label_format, build_source, resolve_dataset, training_set
from options.schema.dataset import DatasetOptions, FolderOptions, ScenesOptions
from tests.data.trees import write_folder
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


@dataclass
class ToyOptions(DatasetOptions):
    name: str = "toy"
    height: int = 8
    width: int = 16
    count: int = 3
    pairing: str = "sorted"


def test_a_reader_gets_the_options_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new data set is its reader, a line in the table, and its options."""
    asked = []

    def open_toy(split: str, width: int, count: int, pairing: str = "name") -> Source:
        asked.append((split, width, count, pairing))
        return Subset.first(build_source(ScenesOptions(), split), count)

    def label_format(label_set: LabelSet, count: int) -> LabelFormat:
        return StoredIds.in_order(label_set, first=count)

    monkeypatch.setitem(READERS, "toy", Reader(open_toy, label_format))
    assert len(build_source(ToyOptions(), "val")) == 3
    assert asked == [("val", 16, 3, "sorted")]
    two = numbered_label_set(2, has_unknown=False)
    stored = build_label_format(ToyOptions(), two)
    assert isinstance(stored, StoredIds) and stored.as_labels(np.array([[3, 4]]), Path("x")).tolist() == [
        [0, 1]
    ]
    assert build_label_format(ScenesOptions(), two) is READERS["scenes"].label_format


def test_the_number_of_classes_is_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = write_folder(tmp_path / "pairs", 3)
    options, lines = FolderOptions(root=str(root)), []
    resolve_dataset(options, lines.append)
    assert options.num_classes == 4
    assert lines == [f"dataset.num_classes=auto: 4 classes, ids 0 to 3, read from {root}/train/labels"]
    for unchanged in (FolderOptions(root="/absent", num_classes=9), ScenesOptions(), options):
        resolve_dataset(unchanged, lines.append)
    assert len(lines) == 1
