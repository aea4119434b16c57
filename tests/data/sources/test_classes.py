from __future__ import annotations

from pathlib import Path

import pytest

from data.sources.classes import numbered_label_set, read_label_set


def written(folder: Path, text: str) -> Path:
    (folder / "set.csv").write_text(text)
    return folder / "set.csv"


def test_names_and_colours_come_in_the_order_of_their_ids(tmp_path: Path) -> None:
    label_set = read_label_set(written(tmp_path, "name,red,green,blue\nsky,1,2,3\nunknown,0,0,0\n"))
    assert label_set.names == ("sky", "unknown")
    assert label_set.colours == ((1, 2, 3), (0, 0, 0))
    assert label_set.has_unknown and label_set.unknown == 1
    known_only = read_label_set(written(tmp_path, "name,red,green,blue\nsky,1,2,3\n"))
    assert known_only.unknown is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"set\.csv: the first line is ''; it must be 'name,red,green,blue'"),
        ("id,name\n", r"set\.csv: the first line is 'id,name'"),
        ("name,red,green,blue\nsky,1,2,256\n", r"set\.csv, line 2: 'sky,1,2,256'; give a name and three"),
        ("name,red,green,blue\nsky,1,2,3\nsea,1,2\n", r"set\.csv, line 3: 'sea,1,2'"),
        ("name,red,green,blue\nunknown,0,0,0\nsky,1,2,3\n", "'unknown' must be the last row"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_label_set(written(tmp_path, text))


def test_numbered_classes() -> None:
    label_set = numbered_label_set(3, has_unknown=True)
    assert label_set.names == ("class 0", "class 1", "class 2", "unknown")
    assert len(set(label_set.colours)) == len(label_set) == 4
    assert label_set.unknown == 3
    assert numbered_label_set(3, has_unknown=False).colours == label_set.colours[:3]
    with pytest.raises(ValueError, match="num_classes=0: give the number of classes"):
        numbered_label_set(0, has_unknown=True)
