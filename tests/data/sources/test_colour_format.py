from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.sources.classes import numbered_label_set
from data.sources.label_format import IdsOrColours, StoredColours, StoredIds

THREE = numbered_label_set(3, has_unknown=False)
COLOURS = StoredColours(THREE, {(255, 0, 0): 0, (0, 0, 255): 1, (0, 0, 254): 1, (1, 0, 0): 2})
PAINTED = np.array([[(255, 0, 0), (0, 0, 254)], [(1, 0, 0), (0, 0, 255)]], dtype=np.uint8)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_colours_become_classes(mode: str, tmp_path: Path) -> None:
    picture = Image.fromarray(PAINTED)
    picture = picture.quantize(256) if mode == "P" else picture.convert(mode)
    picture.save(tmp_path / "a.png")
    labels = pickle.loads(pickle.dumps(COLOURS)).read(tmp_path / "a.png")
    assert labels.tolist() == [[0, 1], [2, 1]] and labels.dtype == np.int32


def test_colours_of_no_class_are_named(tmp_path: Path) -> None:
    strange = [(255, 255, 255), (0, 0, 0), (0, 0, 0), (9, 9, 9), (0, 0, 253), (255, 0, 0)]
    Image.fromarray(np.array([strange], dtype=np.uint8)).save(tmp_path / "a.png")
    named = (
        r"colour \(0, 0, 0\) \(2 pixels\), \(0, 0, 253\) \(1 pixels\), \(9, 9, 9\) \(1 pixels\) and 1 more"
    )
    with pytest.raises(ValueError, match=r"a\.png: " + named + " is that of no class"):
        COLOURS.read(tmp_path / "a.png")


def test_a_file_says_whether_it_is_painted(tmp_path: Path) -> None:
    either = IdsOrColours(StoredIds.in_order(THREE), COLOURS)
    Image.fromarray(PAINTED).save(tmp_path / "painted.png")
    Image.fromarray(np.array([[0, 1], [2, 1]], dtype=np.uint8)).save(tmp_path / "ids.png")
    assert either.read(tmp_path / "painted.png").tolist() == either.read(tmp_path / "ids.png").tolist()
    (tmp_path / "broken.png").write_bytes(b"none")
    with pytest.raises(ValueError, match=r"broken\.png: cannot be read as a picture"):
        either.read(tmp_path / "broken.png")
