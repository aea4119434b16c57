"""Pictures of several runs in one folder: those of the same label map, from all over the split."""

from pathlib import Path

import pytest
from PIL import Image

from evaluation.gallery import GENERATED, LABELS, PHOTOS
from evaluation.studies.pictures import gather_pictures


def results(folder: Path, names: range, differing: int | None = None) -> Path:
    """A folder of test.py with a flat label map and picture a name; one label map unlike the others'."""
    for number in names:
        for part, value in (
            (LABELS, 255 if number == differing else number),
            (GENERATED, number),
            (PHOTOS, 9),
        ):
            file = folder / part / "street" / f"{number:02}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (4, 3), value).save(file)
    return folder


@pytest.mark.parametrize(
    ("count", "wanted"),
    [(1, [2]), (3, [2, 4, 7]), (4, [2, 4, 6, 8]), (8, list(range(2, 10))), (99, list(range(2, 10)))],
)
def test_they_are_spread_over_what_all_have(tmp_path: Path, count: int, wanted: list[int]) -> None:
    folders = [results(tmp_path / "a", range(10)), results(tmp_path / "b", range(2, 12))]
    rows, warnings = gather_pictures(folders, tmp_path / "out", count)
    assert [row.name for row in rows] == [f"street/{number:02}" for number in wanted] and warnings == []
    for row in rows:
        assert len(row.generated) == 2 and (row.width, row.height) == (4, 3) and row.photo is not None
        for file in (row.labels, *row.generated, row.photo):
            assert (tmp_path / "out" / file).is_file()


def test_a_name_with_two_label_maps_is_skipped_with_a_warning(tmp_path: Path) -> None:
    folders = [results(tmp_path / "a", range(4)), results(tmp_path / "b", range(4), differing=2)]
    rows, warnings = gather_pictures(folders, tmp_path / "out", 99)
    assert [row.name for row in rows] == ["street/00", "street/01", "street/03"]
    assert len(warnings) == 1 and warnings[0].startswith("1 label maps of one name differ")
