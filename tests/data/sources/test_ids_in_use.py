"""Classes counted in label maps written by hand."""

import numpy as np
import pytest
from PIL import Image

from data.sources.folder import found_classes


def test_up_to_the_highest_id_of_any_map(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.with_name("cache")))
    for name, ids in {"a": [0, 2], "b": [6, 255]}.items():
        Image.fromarray(np.array([ids], np.uint8)).save(tmp_path / f"{name}.png")
    found = found_classes(tmp_path, ignore_id=255)
    assert (len(found), found.known, found.unknown) == (8, 7, 7)
    assert len(found_classes(tmp_path, ignore_id=None)) == 256
    assert found_classes(tmp_path, ignore_id=9).has_unknown is False
    (tmp_path / "c.png").write_bytes(b"none")
    with pytest.raises(ValueError, match=r"c\.png"):
        found_classes(tmp_path, ignore_id=255)
