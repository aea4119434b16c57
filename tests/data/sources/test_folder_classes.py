"""Users' own files: ids, ids by another numbering, colours, and the number of classes read from the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data.sources import folder
from data.sources.folder import count_classes, open_folder

STORED = np.array([[7, 7, 24], [255, 24, 26]], dtype=np.uint8)
PALETTE = "name,r,g,b\nroad,128,64,128\nsky,70,130,180\nunknown,0,0,0\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def write(root: Path, picture: np.ndarray, name: str = "a", split: str = "train") -> Path:
    for kind in ("labels", "photos"):
        (root / split / kind).mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(root / split / "labels" / f"{name}.png")
    Image.new("RGB", (picture.shape[1], picture.shape[0])).save(root / split / "photos" / f"{name}.png")
    return root


def table(folder: Path, text: str) -> str:
    (folder / "table.csv").write_text(text)
    return str(folder / "table.csv")


def labels(root: Path, **options: Any) -> list[list[int]]:
    return open_folder(root, "train", **options).read(0).labels.tolist()


def test_ids_are_numbered_anew(tmp_path: Path) -> None:
    remap = table(tmp_path, "from,to\n7,0\n24,1\n26,1\n255,255\n")
    root = write(tmp_path, STORED)
    assert labels(root, remap=remap) == [[0, 0, 1], [2, 1, 1]]
    assert open_folder(root, "train", remap=remap).label_set.names == ("class 0", "class 1", "unknown")
    assert count_classes(root, remap=remap) == (2, f"to which {remap} leads")


def test_unlisted_ids_are_an_error_or_unknown(tmp_path: Path) -> None:
    remap = table(tmp_path, "from,to\n7,0\n24,1\n")
    root = write(tmp_path, STORED)
    with pytest.raises(ValueError, match=r"a\.png: label id 26 \(1 pixels\), 255 \(1 pixels\) out of range"):
        labels(root, remap=remap)
    assert labels(root, remap=remap, unlisted="unknown") == [[0, 0, 1], [2, 1, 2]]
    with pytest.raises(ValueError, match="unlisted=unknown needs a class for unknown pixels"):
        labels(root, remap=remap, unlisted="unknown", ignore_id=None, num_classes=2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", r"table\.csv: the first line is 'a,b'; it must be 'from,to'"),
        ("from,to\n1,x\n", r"table\.csv, line 2: '1,x'; give two numbers in 0 to 65535"),
        ("from,to\n1,2\n1,3\n", r"table\.csv, line 3: 1 is listed before"),
        ("from,to\n-1,2\n", r"line 2: '-1,2'; give two numbers"),
        ("from,to\n", r"table\.csv: lists no number"),
        ("from,to\n7,0\n24,9\n", r"table\.csv: 24 leads to 9; classes are 0 to 2, or 255"),
    ],
)
def test_a_wrong_table_is_explained(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        labels(write(tmp_path, STORED), remap=table(tmp_path, text), num_classes=3)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.csv: cannot be read \(No such file"):
        labels(write(tmp_path, STORED), remap=str(tmp_path / "none.csv"))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_colours_are_classes(tmp_path: Path, mode: str) -> None:
    colours = np.array([[[128, 64, 128], [70, 130, 180]], [[0, 0, 0], [128, 64, 128]]], dtype=np.uint8)
    root = write(tmp_path, colours)
    painted = Image.fromarray(colours)
    # `convert` would take a palette of its own, whose colours are others.
    painted = painted.quantize(8) if mode == "P" else painted.convert(mode)
    painted.save(root / "train" / "labels" / "a.png")
    source = open_folder(root, "train", palette=table(tmp_path, PALETTE))
    assert source.read(0).labels.tolist() == [[0, 1], [2, 0]]
    assert source.label_set.names == ("road", "sky", "unknown") and source.label_set.has_unknown
    assert source.label_set.colours[1] == (70, 130, 180)


def test_a_strange_colour_is_named_with_file_and_pixel(tmp_path: Path) -> None:
    colours = np.full((4, 5, 3), (128, 64, 128), dtype=np.uint8)
    colours[2, 3] = (128, 64, 129)
    root, palette = write(tmp_path, colours), table(tmp_path, PALETTE)
    with pytest.raises(
        ValueError, match=r"a\.png: colour \(128, 64, 129\) \(1 pixels\).*first at row 2, column 3"
    ):
        labels(root, palette=palette)


def test_a_palette_and_what_contradicts_it(tmp_path: Path) -> None:
    root, palette = write(tmp_path, np.zeros((2, 2, 3), np.uint8)), table(tmp_path, PALETTE)
    assert count_classes(root, palette=palette) == (2, f"the colours in {palette}")
    with pytest.raises(ValueError, match=r"dataset\.num_classes=5, but .* lists 2 classes beside unknown"):
        labels(root, palette=palette, num_classes=5)
    with pytest.raises(
        ValueError, match=r"dataset\.palette=.* and dataset\.remap=.*give one of them|mean, data"
    ):
        labels(root, palette=palette, remap=palette)
    twice = table(tmp_path, "name,r,g,b\nroad,1,2,3\nsky,1,2,3\n")
    with pytest.raises(ValueError, match=r"colour \(1, 2, 3\) stands for several classes"):
        labels(root, palette=twice)


def test_classes_are_read_from_all_files(tmp_path: Path) -> None:
    root = tmp_path / "pairs"
    for number in range(40):
        write(root, np.full((2, 2), number % 5, dtype=np.uint8), f"a{number}")
    write(root, np.array([[11, 255]], dtype=np.uint8), "z", split="val")  # only here
    count, source = count_classes(root)
    assert count == 12 and "ids 0 to 11 of which 6 are never used, and unknown" in source
    assert len(open_folder(root, "train").label_set) == 13


def test_what_was_read_is_kept_until_a_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(tmp_path / "pairs", np.array([[0, 1]], dtype=np.uint8))
    read: list[object] = []
    usual = folder.in_chunks
    monkeypatch.setattr(folder, "in_chunks", lambda *args: read.append(args) or usual(*args, workers=0))
    for _ in range(2):
        assert count_classes(root)[0] == 2
    assert len(read) == 1
    write(root, np.array([[0, 3, 1]], dtype=np.uint8))
    assert count_classes(root)[0] == 4 and len(read) == 2


def test_what_cannot_be_counted_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such folder; expected train/labels"):
        count_classes(tmp_path / "none")
    root = write(tmp_path / "void", np.full((2, 2), 255, dtype=np.uint8))
    with pytest.raises(ValueError, match="all pixels are 255, unknown"):
        count_classes(root)
    many = np.arange(5000, dtype=np.uint16).reshape(50, 100)
    with pytest.raises(ValueError, match=r"5000 ids, more than 4096: they number something other"):
        count_classes(write(tmp_path / "many", many))
    with pytest.raises(ValueError, match="num_classes=many: give a number, or auto"):
        labels(root, num_classes="many")
