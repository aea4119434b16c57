"""What a run knows of its data set: kept and read back, and refused where it is damaged."""

from pathlib import Path

import pytest

from data.dataset_info import FILE, OLD_FILE, DatasetInfo
from data.sources.scenes import Scenes
from data.sources.source import LabelSet

INFO = DatasetInfo(LabelSet(("sky", "straße"), ((1, 2, 3), (0, 0, 0)), True), False, ("day", "night"))


def test_round_trip(tmp_path: Path) -> None:
    for info in (INFO, DatasetInfo.of(Scenes("train", 8, 8), edges=True)):
        info.write(tmp_path)
        assert DatasetInfo.read(tmp_path) == info


def test_a_run_of_an_earlier_version_opens(tmp_path: Path) -> None:
    INFO.write(tmp_path)
    (tmp_path / FILE).rename(tmp_path / OLD_FILE)
    assert (FILE, OLD_FILE) == ("dataset_info.json", "facts.json")
    assert DatasetInfo.read(tmp_path) == INFO


def test_of_a_source() -> None:
    source = Scenes("val", 8, 8)
    info = DatasetInfo.of(source, edges=True)
    assert (info.label_set, info.edges, info.styles) == (source.label_set, True, source.styles)
    assert not DatasetInfo.of(source, edges=False).edges


def test_edges_without_instances_are_refused() -> None:
    source = Scenes("val", 8, 8)
    source.has_instances = False
    with pytest.raises(ValueError, match=r"set dataset\.instances=false"):
        DatasetInfo.of(source, edges=True)


def test_an_absent_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"{FILE} is absent"):
        DatasetInfo.read(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"label_set": {}, "edges": true, "styles": []}', "null", "\ufffd", "3"]
)
def test_a_damaged_file_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ValueError, match=f"{tmp_path / FILE} is damaged"):
        DatasetInfo.read(tmp_path)


def test_a_short_colour_is_damage(tmp_path: Path) -> None:
    INFO.write(tmp_path)
    text = (tmp_path / FILE).read_text().replace(" 3\n", " \n").replace("2,\n", "2\n")
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ValueError, match="is damaged"):
        DatasetInfo.read(tmp_path)
