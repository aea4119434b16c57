"""Mistakes of a person and faults of files: one line on standard error, status 2, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.checkpoint.checkpoint_paths import state_file, weights_file
from tests.data.trees import write_folder
from tests.own_label_maps import own_label_maps
from tests.tiny import tiny_words
from tests.verbs import Verbs


def dataset_in(folder: Path) -> tuple[Path, list[str]]:
    """A data set of two pairs, and the words that train on it."""
    root = write_folder(folder / "pairs", 2, height=32, width=32)
    words = tiny_words("dataset=folder", f"dataset.root={root}", "dataset.num_classes=4", "train.images=4")
    return root / "train", words


def test_what_is_mended_starts_again(verbs: Verbs, tmp_path: Path) -> None:
    split, words = dataset_in(tmp_path)
    photo = (split / "photos" / "a1.png").read_bytes()
    (split / "photos" / "a1.png").write_bytes(photo[:50])
    verbs.refuses("train", "name=x", *words)
    (split / "photos" / "a1.png").write_bytes(photo)
    verbs.succeeds("train", "name=x", *words)


def test_a_missing_root(verbs: Verbs, tmp_path: Path) -> None:
    for dataset in (["dataset=camvid"], ["dataset=folder", "dataset.num_classes=4"]):
        words = tiny_words(*dataset, f"dataset.root={tmp_path / 'absent'}", "train.images=4")
        assert f"{tmp_path / 'absent'}: no such folder; expected" in verbs.refuses("train", "name=x", *words)


def test_a_photo_without_label_map(verbs: Verbs, tmp_path: Path) -> None:
    split, words = dataset_in(tmp_path)
    (split / "labels" / "a1.png").unlink()
    said = verbs.refuses("train", "name=x", *words)
    assert str(split / "photos") in said and "a1.png" in said and str(split / "labels") in said


@pytest.mark.parametrize("workers", [0, 1])
def test_sizes_that_differ(workers: int, verbs: Verbs, tmp_path: Path) -> None:
    split, words = dataset_in(tmp_path)
    Image.new("RGB", (30, 32)).save(split / "photos" / "a1.png")
    said = verbs.refuses("train", "name=x", *words, f"hardware.num_workers={workers}")
    assert f"{split / 'labels' / 'a1.png'} is 32×32" in said
    assert f"{split / 'photos' / 'a1.png'} is 30×32" in said


@pytest.mark.parametrize("workers", [0, 1])
def test_a_label_id_out_of_range(workers: int, verbs: Verbs, tmp_path: Path) -> None:
    split, words = dataset_in(tmp_path)
    file = split / "labels" / "a1.png"
    ids = np.array(Image.open(file))
    ids[3:5, 7] = 9
    Image.fromarray(ids).save(file)
    said = verbs.refuses("train", "name=x", *words, f"hardware.num_workers={workers}")
    assert f"{file}: label id 9 (2 pixels) out of range: allowed ids are 0 to 3, and 255 for unknown" in said


@pytest.mark.parametrize("kind", ["photos", "labels"])
def test_a_truncated_image(kind: str, verbs: Verbs, tmp_path: Path) -> None:
    split, words = dataset_in(tmp_path)
    file = split / kind / "a1.png"
    file.write_bytes(file.read_bytes()[:-30])
    assert f"{file}: cannot be read as a picture" in verbs.refuses("train", "name=x", *words)


def test_a_mistake_in_ones_own_label_maps(trained: Verbs, tmp_path: Path) -> None:
    labels, instances, _ = own_label_maps(tmp_path)
    Image.fromarray(np.full((37, 53), 15, np.uint8)).save(tmp_path / "labels" / "odd.png")
    said = trained.refuses("test", "name=scenes", f"out={tmp_path}", labels, instances)
    assert f"{tmp_path / 'labels' / 'odd.png'}: label id 15" in said and "0 to 14" in said
    assert "give instances" in trained.refuses("test", "name=scenes", f"out={tmp_path}", labels, "images=1")


def test_a_batch_larger_than_the_data_set(verbs: Verbs, tmp_path: Path) -> None:
    _, words = dataset_in(tmp_path)
    said = verbs.refuses("train", "name=x", *words, "train.batch_size=3")
    assert "batch size 3 exceeds the data set of 2 images" in said


def test_a_checkpoint_of_another_architecture(verbs: Verbs) -> None:
    verbs.succeeds("train", "name=a", "train.images=2", *tiny_words())
    said = verbs.refuses("train", "name=a", "resume=true", "train.images=4", "generator.width=4")
    state = state_file(verbs.checkpoints / "a", 2)
    assert f"{state} is of another architecture: generator.stem.conv.weight is (32, " in said
    assert "(64, " in said
    weights, config = weights_file(verbs.checkpoints / "a", 2), verbs.checkpoints / "a" / "config.yaml"
    config.write_text(config.read_text().replace("hidden: 4", "hidden: 8"))
    assert f"{weights} is of another architecture" in verbs.refuses("test", "name=a")
    config.write_text(config.read_text().replace("hidden: 8", "hidden: 4"))
    verbs.succeeds("train", "name=a", "resume=true", "train.images=4")


def test_a_truncated_checkpoint(verbs: Verbs) -> None:
    verbs.succeeds("train", "name=a", "train.images=2", *tiny_words())
    for file, verb in ((state_file, "train"), (weights_file, "test")):
        damaged = file(verbs.checkpoints / "a", 2)
        damaged.write_bytes(damaged.read_bytes()[:-1000])
        words = ["resume=true", "train.images=4"] if verb == "train" else []
        assert f"{damaged} is damaged" in verbs.refuses(verb, "name=a", *words)


def test_instance_maps_for_a_run_without_them(verbs: Verbs, tmp_path: Path) -> None:
    verbs.succeeds("train", "name=x", "train.images=2", *tiny_words("dataset.instances=false"))
    labels, instances, _ = own_label_maps(tmp_path)
    said = verbs.refuses("test", "name=x", f"out={tmp_path}", labels, instances)
    assert f"{instances}: x was trained without instance maps; leave it out" in said


def test_a_name_that_is_taken_and_one_that_is_not(trained: Verbs) -> None:
    words = ("name=scenes", "train.images=4", *tiny_words())
    assert "go on with resume=true, or choose another name" in trained.refuses("train", *words)
    assert "no run in" in trained.refuses("test", "name=nobody")
    assert "there are scenes" in trained.refuses("test", "name=nobody")
    assert "there are scenes" in trained.refuses("train", "name=scene", "resume=true")
