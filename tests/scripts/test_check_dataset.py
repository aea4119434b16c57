"""A user's first command: what is found in a data set with known faults."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.dataset_checks import check_splits, class_rows
from data.dataset_stats import dataset_stats, duplicates
from data.sources.classes import numbered_label_set
from data.sources.folder import Folder
from data.sources.label_format import StoredIds
from tests.data.trees import write_folder
from tests.verbs import Outcome, Verbs, one_error

FOUR = StoredIds.in_order(numbered_label_set(4, has_unknown=True), unknown=255)


def check(verbs: Verbs, root: Path, *words: str) -> Outcome:
    said = ("dataset=folder", f"dataset.root={root}", "dataset.num_classes=4", "num_workers=0", *words)
    return verbs("scripts/check_dataset", f"out={root.parent / 'out'}", *said)


def folders(root: Path) -> dict[str, Folder]:
    return {
        split: Folder.from_root(root, split, FOUR) for split in ("train", "val") if (root / split).is_dir()
    }


def test_a_good_data_set_is_ready(verbs: Verbs, tmp_path: Path) -> None:
    root = write_folder(tmp_path / "pairs", 5)
    done = check(verbs, root)
    assert done.status == 0, done
    lines = done.out.splitlines()
    assert lines[0] == "train: 5 pairs; 32×24"
    assert lines[1] == "  modes: photos RGB; maps of ids L"
    assert lines[-1].startswith("ready; train with: python train.py name=RUN dataset=folder dataset.root=")
    page = (tmp_path / "out" / "folder" / "index.html").read_text()
    shown = re.findall(r'src="([^"]+)"', page)
    assert len(shown) == 10 and all(address.startswith("data:image/") for address in shown)
    labels = Image.open(io.BytesIO(base64.b64decode(shown[1].partition(",")[2])))
    np.testing.assert_array_equal(np.asarray(labels), folders(root)["train"].read(0).labels)
    assert "http" not in page


def test_every_fault_is_on_the_list(verbs: Verbs, tmp_path: Path) -> None:
    root = write_folder(tmp_path / "pairs", 9)
    write_folder(root, 9, split="val", height=40)
    labels, photos = root / "train" / "labels", root / "train" / "photos"
    (photos / "a1.png").write_bytes((photos / "a1.png").read_bytes()[:70])
    for name, number in (("a2", 9), ("a3", 9), ("a4", 17)):
        Image.fromarray(np.full((24, 32), number, dtype=np.uint8)).save(labels / f"{name}.png")
    Image.new("RGB", (20, 20)).save(photos / "a5.png")
    for kind in ("labels", "photos"):
        (root / "val" / kind / "a0.png").write_bytes((root / "train" / kind / "a0.png").read_bytes())
    done = check(verbs, root)
    assert done.status == 2 and done.err == ""
    items = re.findall(r"^ +(\d+)\. (.*)$", done.out, flags=re.M)
    assert [number for number, _ in items] == ["1", "2", "3", "4"]
    said = dict(items)
    assert said["1"].startswith("train: 1 of 9 records cannot be read") and "a1.png" in said["1"]
    assert said["2"].startswith(
        "train: 3 of 9 records hold label ids that stand for no class: ids 9 (in 2 files), 17 (in 1 file)"
    )
    assert all(f"{name}.png" in said["2"] for name in ("a2", "a3", "a4"))
    assert "train: 1 of 9 records consist of files of different sizes" in said["3"]
    assert said["4"].startswith("1 photos lie in two splits") and "train/a0 = val/a0" in said["4"]
    assert "train: 9 pairs, 5 of them cannot be used" in done.out


def test_what_has_no_partner_is_on_the_list(verbs: Verbs, tmp_path: Path) -> None:
    root = write_folder(tmp_path / "pairs", 3)
    (root / "train" / "photos" / "a1.png").unlink()
    done = check(verbs, root)
    assert done.status == 2
    assert "1. train: 1 of the pictures in" in done.out and "(a1.png)" in done.out


def test_a_crop_larger_than_the_pictures(verbs: Verbs, tmp_path: Path) -> None:
    done = check(verbs, write_folder(tmp_path / "pairs", 3), "dataset.resize=none", "dataset.height=32")
    assert done.status == 2 and "train: 3 pictures are smaller than the crop of 256×32" in done.out


def test_a_mistake_on_the_command_line_is_one_line(verbs: Verbs, tmp_path: Path) -> None:
    assert "rot: no such option; did you mean root?" in one_error(check(verbs, tmp_path, "dataset.rot=x"))
    missing = verbs("scripts/check_dataset", "dataset=camvid")
    assert "dataset.root must be given" in one_error(missing)


@pytest.mark.parametrize("workers", [0, 2])
def test_fractions_are_counted(tmp_path: Path, workers: int) -> None:
    root = write_folder(tmp_path, 70)  # more than two chunks
    source = folders(root)["train"]
    stats = dataset_stats(source, "train", workers)
    every = [source.read(index).labels for index in range(70)]
    for label, _, pixels, records in class_rows(source, {"train": stats}):
        assert pixels == pytest.approx(np.mean([(labels == label).mean() for labels in every]))
        assert records == pytest.approx(np.mean([(labels == label).any() for labels in every]))
    assert stats.sizes == {(32, 24): 70} and stats.readable == 70


def test_photos_are_compared_by_what_they_show(tmp_path: Path) -> None:
    root = write_folder(tmp_path, 6)
    photos = root / "train" / "photos"
    Image.open(photos / "a1.png").save(photos / "a4.bmp")  # another file, the same photo
    (photos / "a4.png").unlink()
    stats = dataset_stats(folders(root)["train"], "train", workers=0)
    assert duplicates({"train": stats}) == [(("train", "a1"), ("train", "a4"))]
    pairs = {(("train", name), ("val", name)) for name in ("a0", "a5")}
    assert set(duplicates({"train": stats, "val": stats})) >= pairs


def test_orientations_are_noted(tmp_path: Path) -> None:
    root = write_folder(tmp_path, 3)
    exif = Image.Exif()
    exif[0x0112] = 3
    photo = root / "train" / "photos" / "a1.png"
    Image.open(photo).save(photo, exif=exif)
    sources = folders(root)
    checks = check_splits(sources, {"train": dataset_stats(sources["train"], "train", workers=0)})
    assert not checks.to_fix
    assert checks.notes[0].startswith(
        "train: 1 photos carry an EXIF orientation and are turned upright; for 1"
    )
