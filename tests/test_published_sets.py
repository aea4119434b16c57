"""Each published data set, as its archive unpacks, trains from the command line on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.logging import read_log
from options.build_sources import READERS
from tests.data import published
from tests.data.trees import blocks, write_facade, write_pair
from tests.tiny import tiny_words
from tests.verbs import Verbs

COUNT = 3
SIDE = 40  # so that there is something to crop


def maps() -> list[np.ndarray]:
    return [blocks(SIDE, SIDE, seed=seed) for seed in range(COUNT)]


def ade20k(root: Path) -> None:
    for number, ids in enumerate(maps()):
        published.write_ade20k(root, f"ADE_train_{number:08d}", ids, scene="street")


def camvid(root: Path) -> None:
    for number, ids in enumerate(maps()):
        write_pair(root / "trainannot", root / "train", f"0001TP_{number}", ids)


def cambridge(root: Path) -> None:
    painted = np.array(list(published.CAMVID_COLOURS.values()))
    for number, ids in enumerate(maps()):
        published.write_camvid(root, f"0001TP_{number:06d}", painted[ids])


def celebamask_hq(root: Path) -> None:
    for number, ids in enumerate(maps()):
        published.write_face(root, number, {"skin": ids, "hair": ids // 2}, scale=1)
    published.write_face_mapping(root, {number: number + 1 for number in range(COUNT)})


def sean(root: Path) -> None:
    for number, ids in enumerate(maps()):
        published.write_sean_face(root, str(number), ids)


def cityscapes(root: Path) -> None:
    for number, ids in enumerate(maps()):
        published.write_cityscapes(root, f"ulm_{number:06d}_000019", ids + 23, 1000 * ids.astype(int))


def coco_stuff(root: Path) -> None:
    for number, ids in enumerate(maps()):
        published.write_coco_stuff(root, number, ids)
    person = published.outline(1, [[2, 2, 30, 2, 30, 30]])
    published.write_coco_instances(root, dict.fromkeys(range(COUNT), (SIDE, SIDE)), [person])


def spade(root: Path) -> None:
    for number, ids in enumerate(maps()):
        published.write_spade_coco(root, f"{number:012d}", ids, ids)


def facades(root: Path) -> None:
    for number, ids in enumerate(maps(), start=1):
        write_facade(root / "base", f"cmp_b{number:04d}", ids + 1)


TREES: list[tuple[str, Callable[[Path], None], tuple[str, ...]]] = [
    ("ade20k", ade20k, ()),
    ("ade20k_outdoor", ade20k, ()),
    ("camvid", camvid, ()),
    ("camvid", cambridge, ("dataset.classes=32",)),
    ("celebamask_hq", celebamask_hq, ("dataset.cache={cache}",)),
    ("celebamask_hq", sean, ()),
    ("cityscapes", cityscapes, ()),
    ("coco_stuff", coco_stuff, ("dataset.cache={cache}",)),
    ("coco_stuff", spade, ("dataset.instances=false",)),
    ("facades", facades, ()),
]
QUICK = [tree if tree[1] is coco_stuff else pytest.param(*tree, marks=pytest.mark.slow) for tree in TREES]


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
    generate = ("test", "name=x", "split=train", "images=2", "train_images=2", "hardware.workers=0")
    verbs.succeeds(*generate, f"folder={folder}")
    images = list(folder.rglob("images/*.png"))
    assert len(images) == 2 and all(Image.open(image).size == (32, 32) for image in images)


def test_a_damaged_mask_is_named_in_one_line(verbs: Verbs, tmp_path: Path) -> None:
    root = tmp_path / "published"
    celebamask_hq(root)
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
