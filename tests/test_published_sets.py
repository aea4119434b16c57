"""Each published data set, as its archive unpacks, trains from the command line on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.sources import READERS
from engine.run_log import read_log
from tests.data import small_sets
from tests.tiny import tiny_words
from tests.verbs import Verbs

TREES: list[tuple[str, Callable[[Path], None], tuple[str, ...]]] = [
    ("ade20k", small_sets.ade20k, ()),
    ("ade20k_outdoor", small_sets.ade20k, ()),
    ("camvid", small_sets.camvid, ()),
    ("camvid", small_sets.cambridge, ("dataset.classes=32",)),
    ("celebamask_hq", small_sets.celebamask_hq, ("dataset.cache={cache}",)),
    ("celebamask_hq", small_sets.sean, ()),
    ("cityscapes", small_sets.cityscapes, ()),
    ("coco_stuff", small_sets.coco_stuff, ("dataset.cache={cache}",)),
    ("coco_stuff", small_sets.spade, ("dataset.instances=false",)),
    ("facades", small_sets.facades, ()),
]
QUICK = [
    tree if tree[1] is small_sets.coco_stuff else pytest.param(*tree, marks=pytest.mark.slow)
    for tree in TREES
]


@pytest.mark.parametrize(("word", "write", "words"), QUICK)
def test_trains_two_steps_and_generates(
    word: str, write: Callable[[Path], None], words: tuple[str, ...], verbs: Verbs, tmp_path: Path
) -> None:
    root = tmp_path / "published"
    root.mkdir()
    write(root)
    before = sorted(root.rglob("*"))
    said = [
        f"dataset={word}",
        f"dataset.root={root}",
        *(each.format(cache=tmp_path / "cache") for each in words),
    ]
    verbs.succeeds("train", "name=x", "train.images=4", *tiny_words(*said))
    rows = read_log(verbs.checkpoints / "x")
    assert len(rows) == 2 and all(np.isfinite(list(row.values())).all() for row in rows)
    assert sorted(root.rglob("*")) == before, "the data set is left as it is"
    folder = tmp_path / "results"
    generate = ("test", "name=x", "split=train", "images=2", "train_images=2", "hardware.num_workers=0")
    verbs.succeeds(*generate, f"folder={folder}")
    images = list(folder.rglob("images/*.png"))
    assert len(images) == 2 and all(Image.open(image).size == (32, 32) for image in images)


def test_a_damaged_mask_is_named_in_one_line(verbs: Verbs, tmp_path: Path) -> None:
    root = tmp_path / "published"
    small_sets.celebamask_hq(root)
    mask = root / "CelebAMask-HQ-mask-anno" / "0" / "00001_skin.png"
    mask.write_bytes(mask.read_bytes()[:60])
    words = ["dataset=celebamask_hq", f"dataset.root={root}", f"dataset.cache={tmp_path / 'cache'}"]
    said = verbs.refuses("train", "name=x", "train.images=4", *tiny_words(*words))
    assert f"{mask}: cannot be read as a picture" in said
    inside = [*words[:2], f"dataset.cache={root / 'cache'}"]
    said = verbs.refuses("train", "name=x", "train.images=4", *tiny_words(*inside))
    assert "lies inside the data set" in said and not (root / "cache").exists()


def test_every_published_set_is_tested() -> None:
    assert {word for word, _, _ in TREES} | {"folder", "scenes", "webdataset"} >= set(READERS)
