"""From options to data: sizes are those that the networks get, num_classes=auto is counted once."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.batch import Sample
from data.sampler import Position
from options.build.data import build_source, resolve_dataset, training_set
from options.schema.dataset import FolderOptions, ScenesOptions
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
