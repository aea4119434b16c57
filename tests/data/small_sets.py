"""A few pairs of each published data set, as its archive unpacks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.data import published
from tests.data.trees import blocks, write_facade, write_pair

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
