"""Small data sets on disk in exactly the layout, naming, modes and bit depths in which they are published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CAMVID_COLOURS = {"Sky": (128, 128, 128), "Building": (128, 0, 0), "Car": (64, 0, 128), "Void": (0, 0, 0)}


def save(file: Path, picture: np.ndarray, **options: Any) -> None:
    """Writes a picture of uint8 (H, W), uint16 (H, W) or uint8 (H, W, 3)."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(file, **options)


def save_photo(file: Path, height: int, width: int, colour: tuple[int, int, int] = (180, 90, 30)) -> None:
    """A photo in one colour, which JPEG keeps but for rounding."""
    save(file, np.full((height, width, 3), colour, dtype=np.uint8))


def write_ade20k(
    root: Path, name: str, ids: np.ndarray, split: str = "training", scene: str = "misc"
) -> None:
    """A pair below ROOT/ADEChallengeData2016, ids in 8 bits, and its line in sceneCategories.txt."""
    root = root / "ADEChallengeData2016"
    save(root / "annotations" / split / f"{name}.png", ids.astype(np.uint8))
    save_photo(root / "images" / split / f"{name}.jpg", *ids.shape)
    with (root / "sceneCategories.txt").open("a") as scenes:
        scenes.write(f"{name} {scene}\n")


def write_cityscapes(
    root: Path, name: str, ids: np.ndarray, instances: np.ndarray, split: str = "train"
) -> None:
    """The five files of one picture, with the instances in 16 bits."""
    city = name.split("_")[0]
    save_photo(root / "leftImg8bit" / split / city / f"{name}_leftImg8bit.png", *ids.shape)
    fine = root / "gtFine" / split / city
    save(fine / f"{name}_gtFine_labelIds.png", ids.astype(np.uint8))
    save(fine / f"{name}_gtFine_instanceIds.png", instances.astype(np.uint16))
    save(fine / f"{name}_gtFine_color.png", np.zeros((*ids.shape, 4), dtype=np.uint8))
    (fine / f"{name}_gtFine_polygons.json").write_text("{}")


def write_coco_stuff(root: Path, number: int, ids: np.ndarray, split: str = "train") -> None:
    """Photo and label map as the publisher's archives hold them."""
    save_photo(root / f"{split}2017" / f"{number:012d}.jpg", *ids.shape)
    save(root / "stuffthingmaps_trainval2017" / f"{split}2017" / f"{number:012d}.png", ids.astype(np.uint8))


def write_coco_instances(
    root: Path, sizes: dict[int, tuple[int, int]], annotations: list[dict[str, Any]], split: str = "train"
) -> Path:
    """instances_SPLIT2017.json for images of these numbers and sizes (height, width)."""
    file = root / "annotations" / f"instances_{split}2017.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    images = [
        {"id": number, "file_name": f"{number:012d}.jpg", "height": height, "width": width}
        for number, (height, width) in sizes.items()
    ]
    file.write_text(json.dumps({"info": {}, "images": images, "annotations": annotations, "categories": []}))
    return file


def outline(image: int, polygons: list[list[float]], category: int = 1) -> dict[str, Any]:
    """An annotation of one instance."""
    return {"image_id": image, "category_id": category, "iscrowd": 0, "segmentation": polygons}


def write_spade_coco(
    root: Path, name: str, ids: np.ndarray, instances: np.ndarray, split: str = "train"
) -> None:
    """One picture in the arrangement that SPADE asks for."""
    save_photo(root / f"{split}_img" / f"{name}.jpg", *ids.shape)
    save(root / f"{split}_label" / f"{name}.png", ids.astype(np.uint8))
    save(root / f"{split}_inst" / f"{name}.png", instances.astype(np.uint8))


def write_face(root: Path, number: int, masks: dict[str, np.ndarray], scale: int = 2) -> None:
    """A face's photo, `scale` times as large as its masks, which are black and white in RGB."""
    folder = root / "CelebAMask-HQ-mask-anno" / str(number // 2000)
    for part, inside in masks.items():
        white = np.repeat(255 * (inside != 0).astype(np.uint8)[..., None], 3, axis=-1)
        save(folder / f"{number:05d}_{part}.png", white)
    height, width = next(iter(masks.values())).shape
    save_photo(root / "CelebA-HQ-img" / f"{number}.jpg", scale * height, scale * width)


def write_face_mapping(root: Path, celeba: dict[int, int]) -> None:
    """CelebA-HQ-to-CelebA-mapping.txt: for each face the number in its CelebA picture's name."""
    rows = [f"{face:<12}{number - 1:<12}{number:06d}.jpg" for face, number in celeba.items()]
    (root / "CelebA-HQ-to-CelebA-mapping.txt").write_text(
        "\n".join(["idx         orig_idx    orig_file", *rows]) + "\n"
    )


def write_sean_face(root: Path, name: str, ids: np.ndarray, split: str = "train") -> None:
    """A pair in the arrangement of SEAN's release."""
    save_photo(root / split / "images" / f"{name}.jpg", *ids.shape)
    save(root / split / "labels" / f"{name}.png", ids.astype(np.uint8))


def write_camvid(root: Path, name: str, painted: np.ndarray) -> None:
    """A frame as Cambridge published it: RGB label map (H, W, 3), and label_colors.txt."""
    save_photo(root / "701_StillsRaw_full" / f"{name}.png", *painted.shape[:2])
    save(root / "LabeledApproved_full" / f"{name}_L.png", painted.astype(np.uint8))
    lines = [f"{red} {green} {blue}\t{name}" for name, (red, green, blue) in CAMVID_COLOURS.items()]
    (root / "label_colors.txt").write_text("\n".join(lines) + "\n")
